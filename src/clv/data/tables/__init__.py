"""Tables beside the transactions, as `clv.definitions` declares them: read, checked and joined by their keys."""

from __future__ import annotations

from clv.data.tables.orphans import Orphans
from clv.data.tables.read import TableRecord, TablesRead, read_register, read_tables

__all__ = ["Orphans", "TableRecord", "TablesRead", "read_register", "read_tables"]
