"""The columns that a config maps: those that are missing from a source, and those whose values nobody is to see."""

from __future__ import annotations

import difflib
from typing import Final

from clv.config import SourceTable
from clv.definitions import TABLES
from clv.errors import DataError

PERSONAL: Final = frozenset(name for table in TABLES.values() for name in table.personal)
MOST_SHOWN: Final = 20  # names of columns in one line


def holds_personal(source: SourceTable) -> bool:
    """Tell whether a config maps a column marked personal: then no value of the source is shown as an example."""
    return bool(PERSONAL & source.columns.keys())


def require_columns(found: list[str], source: SourceTable) -> None:
    """Refuse a source that lacks a mapped column.

    Parameters
    ----------
    found
        Names of the source's columns.
    source
        Names the columns that are wanted.

    Raises
    ------
    DataError
        Naming all that are missing, what they may be called instead, and what there is.
    """
    mapped = source.mapped
    missing = {ours: theirs for ours, theirs in mapped.items() if theirs not in found}
    if not missing:
        return
    named = []
    for ours, theirs in missing.items():
        near = difflib.get_close_matches(theirs, found, n=1)
        named.append(f"{theirs!r} (for {ours}" + (f"; did you mean {near[0]!r}?)" if near else ")"))
    moneyless = "no amounts at all? leave amount out of columns, or score with --no-amount; "
    listed = f"the file has: {', '.join(map(repr, found[:MOST_SHOWN]))}"
    if len(missing) == len(mapped) and holds_personal(source):
        listed = "its first line may hold values; then state header: false and column_names"  # perhaps of a person
    raise DataError(
        f"{source.path}: {len(missing)} of {len(mapped)} columns are missing: {', '.join(named)}; "
        f"{moneyless if missing.keys() & {'amount'} and 'ordered_at' in mapped else ''}{listed}"
    )
