"""Keys that have no partner in the table that they speak of: counted for each pair of tables, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.data.tables.place import REGISTER
from clv.definitions import TABLES
from clv.definitions.column import CUSTOMER

TRANSACTIONS: Final = "transactions"


@dataclass(frozen=True)
class Orphans:
    """Rows of a table whose key has no partner in another one.

    Attributes
    ----------
    table, column
        Where the key stands.
    target
        Table in which it was looked for.
    rows, values
        Number of rows without a partner, and of the distinct keys on them; zero says that all have one.
    """

    table: str
    column: str
    target: str
    rows: int
    values: int


class _Pair(NamedTuple):
    table: str
    column: str
    target: str
    key: str

    @property
    def keys(self) -> list[str]:
        """Return what a partner shares: customers are known by their register and id."""
        return [REGISTER, self.key] if self.key == CUSTOMER[1] else [self.key]


def count_orphans(engine: Backend, folder: Path, names: list[str]) -> list[Orphans]:
    """Look for the partner of every key.

    Parameters
    ----------
    engine
        Reads the files.
    folder
        Holds `<table>.parquet` for each name, and perhaps transactions.parquet.
    names
        Tables that were read.

    Returns
    -------
    list of Orphans
        One for each pair of tables of which both are there. Customers are looked for among the cards and among those
        who ever bought.
    """
    has_log = (folder / f"{TRANSACTIONS}.parquet").exists()
    held = [*([TRANSACTIONS] if has_log else []), *names]
    tables = {name: engine.read_parquet(folder / f"{name}.parquet") for name in held}
    pairs = [pair for name in held for pair in _pairs(name, tables)]
    if not pairs:
        return []
    counted = [_count(tables, pair).mutate(place=ibis.literal(place)) for place, pair in enumerate(pairs)]
    frame = (ibis.union(*counted) if len(counted) > 1 else counted[0]).order_by("place").execute()
    return [
        Orphans(pair.table, pair.column, pair.target, int(rows), int(values))
        for pair, rows, values in zip(pairs, frame["rows"], frame["values"], strict=True)
    ]


def _pairs(name: str, tables: dict[str, Table]) -> list[_Pair]:
    pairs = []
    for column in TABLES[name].columns:
        if column.refers_to is not None:
            pairs.append(_Pair(name, column.name, *column.refers_to))
        if column.name == CUSTOMER[1] and name != TRANSACTIONS:
            pairs.append(_Pair(name, column.name, TRANSACTIONS, column.name))
    return [pair for pair in pairs if pair.target in tables and pair.column in tables[name].columns]


def _count(tables: dict[str, Table], pair: _Pair) -> Table:
    own = tables[pair.table]
    named = own.select(*pair.keys[:-1], **{pair.key: own[pair.column]}).filter(_[pair.key].notnull())
    rows = named.group_by(pair.keys).aggregate(n=_.count())
    alone = rows.anti_join(tables[pair.target].select(pair.keys).distinct(), pair.keys)
    return alone.aggregate(rows=alone.n.sum().fill_null(0), values=alone.count())
