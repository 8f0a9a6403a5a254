"""Keys that have no partner in the table that they speak of: counted for each pair of tables, and kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from ibis.util import gen_name

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
    def own(self) -> tuple[str, str, str]:
        """Return table and column of the key, and the name by which it is joined."""
        return self.table, self.column, self.key

    @property
    def partner(self) -> tuple[str, str, str]:
        """Return the same of where it is looked for."""
        return self.target, self.key, self.key


def count_orphans(engine: Backend, folder: Path, mapped: dict[str, tuple[str, ...]]) -> list[Orphans]:
    """Look for the partner of every key.

    Parameters
    ----------
    engine
        Reads the files.
    folder
        Holds `<table>.parquet` for each table.
    mapped
        Columns of each table that was read, the transactions' among them.

    Returns
    -------
    list of Orphans
        One for each pair of tables of which both are there. Customers are looked for among the cards and among those
        who ever bought.
    """
    pairs = [pair for name in mapped for pair in _pairs(name, mapped)]
    if not pairs:
        return []
    keys = {
        place: _keys(engine, folder, *place)
        for place in dict.fromkeys(place for pair in pairs for place in (pair.own, pair.partner))
    }
    counted = [_count(keys, pair).mutate(place=ibis.literal(place)) for place, pair in enumerate(pairs)]
    frame = (ibis.union(*counted) if len(counted) > 1 else counted[0]).order_by("place").execute()
    return [
        Orphans(pair.table, pair.column, pair.target, int(rows), int(values))
        for pair, rows, values in zip(pairs, frame["rows"], frame["values"], strict=True)
    ]


def _pairs(name: str, mapped: dict[str, tuple[str, ...]]) -> list[_Pair]:
    pairs = []
    for column in TABLES[name].columns:
        if column.refers_to is not None:
            pairs.append(_Pair(name, column.name, *column.refers_to))
        if column.name == CUSTOMER[1] and name != TRANSACTIONS:
            pairs.append(_Pair(name, column.name, TRANSACTIONS, column.name))
    return [pair for pair in pairs if pair.target in mapped and pair.column in mapped[name]]


def _keys(engine: Backend, folder: Path, table: str, column: str, key: str) -> Table:
    """Return the distinct keys of a table with their rows; of customers, who are known by register and id, both."""
    rows = engine.read_parquet(folder / f"{table}.parquet")
    register = {REGISTER: rows[REGISTER]} if key == CUSTOMER[1] else {}
    named = rows.select(**register, **{key: rows[column]}).filter(_[key].notnull())
    counted = named.group_by(*register, key).aggregate(n=_.count())
    # each is needed several times, and the transactions are long
    return engine.create_table(gen_name("keys"), counted, temp=True) if table == TRANSACTIONS else counted


def _count(keys: dict[tuple[str, str, str], Table], pair: _Pair) -> Table:
    own, partner = keys[pair.own], keys[pair.partner]
    alone = own.anti_join(partner, [name for name in own.columns if name != "n"])
    return alone.aggregate(rows=alone.n.sum().fill_null(0), values=alone.count())
