"""Read the tables of a company beside its transactions: clean rows, a quarantine, and a record of both.

Rows read = rows clean + rows quarantined. A faulty value of an optional column does not cost its row: it is set aside
and counted. Keys without a partner in another table are counted, and kept.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.datatypes import DataType, float64, int64, string
from ibis.expr.types import Column, Table
from ibis.util import gen_name

from clv.config import Config
from clv.data.tables.orphans import Orphans, count_orphans
from clv.data.tables.place import FOUND, LINE, REASON, REGISTER, ROW, PlaceRead, read_place
from clv.data.tables.values import TYPES
from clv.definitions import TABLES, Definition

PLACE = "place number"


@dataclass(frozen=True)
class TableRecord:
    """What came in of a table, and what did not.

    Attributes
    ----------
    table
        Name, as in the config.
    rows_read, rows_clean, rows_quarantined
        The first is the sum of the other two.
    reasons
        Quarantined rows by reason, most frequent first.
    values_set_aside
        Faulty values of optional columns, by column and fault; their rows are clean.
    columns, attributes
        That the clean table has.
    missing_columns
        Optional columns that no place maps.
    personal_columns
        That were read, and dropped from the clean table unless the config keeps them.
    """

    table: str
    rows_read: int
    rows_clean: int
    rows_quarantined: int
    reasons: dict[str, int]
    values_set_aside: dict[str, int]
    columns: tuple[str, ...]
    attributes: tuple[str, ...]
    missing_columns: tuple[str, ...]
    personal_columns: tuple[str, ...]


class TablesRead(NamedTuple):
    """All tables beside the transactions, and the keys between any two of them."""

    tables: tuple[TableRecord, ...]
    orphans: tuple[Orphans, ...]


class _Read(NamedTuple):
    """A table with all its columns, each row with the reason why it cannot be used, null if it can."""

    definition: Definition
    rows: Table
    attributes: tuple[str, ...]
    places: tuple[PlaceRead, ...]


def read_tables(config: Config, engine: Backend, folder: Path, today: dt.date) -> TablesRead:
    """Read every table that a config maps beside the transactions.

    Parameters
    ----------
    config
        Maps the tables; `personal_columns` says whether columns marked personal are written.
    engine
        Reads and writes the files.
    folder
        Existing folder. `<table>.parquet` and, where rows cannot be used, `<table>_quarantine.parquet` are written into
        it; a `transactions.parquet` that lies there is looked into for customers, products and stores.
    today
        Days that must be past cannot lie after it.

    Returns
    -------
    TablesRead
        In the order of `clv.definitions.TABLES`; empty where the config maps none.

    Raises
    ------
    DataError
        If a table cannot be read or was most likely misread.
    """
    records = tuple(_write(config, engine, folder, name, today) for name in config.source.tables)
    mapped = {record.table: record.columns for record in records}
    if (folder / "transactions.parquet").exists():
        mapped = {"transactions": tuple({name for log in config.source.transactions for name in log.columns}), **mapped}
    return TablesRead(records, tuple(count_orphans(engine, folder, mapped)))


def read_register(config: Config, engine: Backend, folder: Path, today: dt.date) -> Table | None:
    """Return the customer cards with their personal columns, for who decides which of them are one person.

    Parameters
    ----------
    config, today
        As for `read_tables`.
    engine
        Holds the result, as a temporary table.
    folder
        Existing folder; what is written into it is gone when the function returns.

    Returns
    -------
    Table or None
        register, customer_id, all other columns of the definition (null where no register maps them) and the
        attributes, one row per usable card in the order of the registers; None where the config maps no customers.
    """
    if not config.source.customers:
        return None
    staging = folder / ".register"
    try:
        read = _read(config, engine, staging, "customers", today)
        clean = read.rows.filter(_[REASON].isnull()).order_by(PLACE, ROW)
        return engine.create_table(gen_name("register"), clean.select(**_columns(read, keep_personal=True)), temp=True)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write(config: Config, engine: Backend, folder: Path, name: str, today: dt.date) -> TableRecord:
    staging, keep = folder / f".{name}", config.personal_columns == "keep"
    try:
        read = _read(config, engine, staging, name, today)
        clean = read.rows.filter(_[REASON].isnull()).order_by(PLACE, ROW)
        clean.select(**_columns(read, keep)).to_parquet(folder / f"{name}.parquet")
        n_read = sum(place.rows for place in read.places)
        reasons: dict[str, int] = {}
        n_clean = int(engine.read_parquet(folder / f"{name}.parquet").count().execute())
        if n_clean < n_read:
            faulty = read.rows.filter(_[REASON].notnull()).order_by(PLACE, ROW)
            faulty.select(**_as_found(read, keep)).to_parquet(folder / f"{name}_quarantine.parquet")
            reasons = _counted(engine.read_parquet(folder / f"{name}_quarantine.parquet"))
        return _record(config, read, n_read, reasons, n_clean)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _read(config: Config, engine: Backend, staging: Path, name: str, today: dt.date) -> _Read:
    definition, sources = TABLES[name], config.source.tables[name]
    staging.mkdir()
    places = tuple(
        read_place(definition, source, staging / str(number), today, config.max_unreadable_share)
        for number, source in enumerate(sources)
    )
    attributes = tuple(dict.fromkeys(name for source in sources for name in source.attributes))
    rows = _below_each_other(engine, definition, places, attributes)
    return _Read(definition, _with_repeated(rows, definition), attributes, places)


def _below_each_other(
    engine: Backend, definition: Definition, places: tuple[PlaceRead, ...], attributes: tuple[str, ...]
) -> Table:
    """Put the rows of all places together; an attribute that is text in one of them is text in all."""
    tables = [engine.read_parquet(place.file) for place in places]
    kinds: dict[str, DataType] = {REGISTER: string, ROW: int64, REASON: string, LINE: string}
    for column in definition.columns:
        kinds |= {column.name: TYPES[column.kind], FOUND + column.name: string}
    for name in attributes:
        given = {table[name].type() for table in tables if name in table.columns}
        kinds[name] = (
            given.pop() if len(given) == 1 else float64 if all(kind.is_numeric() for kind in given) else string
        )
    found = {name for table in tables for name in table.columns}
    typed = [
        table.select(
            **{PLACE: ibis.literal(number)},
            **{
                name: table[name].cast(kind) if name in table.columns else ibis.null(kind)
                for name, kind in kinds.items()
                if name in found
            },
        )
        for number, table in enumerate(tables)
    ]
    return ibis.union(*typed) if len(typed) > 1 else typed[0]


def _with_repeated(rows: Table, definition: Definition) -> Table:
    """Give the second and later usable rows of a key their reason."""
    if not definition.key:
        return rows
    usable = rows[REASON].isnull()
    keys = [usable, *(rows[name] for name in definition.key)]
    number = ibis.row_number().over(ibis.window(group_by=keys, order_by=[rows[PLACE], rows[ROW]]))
    repeated = f"{definition.key[-1]} given before"
    return rows.mutate(**{REASON: ibis.ifelse(usable & (number > 0), repeated, rows[REASON])})


def _columns(read: _Read, keep_personal: bool) -> dict[str, Column]:
    """Return the columns of the clean table: whose ids they are, all of its definition, and the attributes.

    Those that no place has are null, so that who reads a table need not ask which columns it has.
    """
    named = [column for column in read.definition.columns if keep_personal or not column.personal]
    rows = read.rows
    register = {REGISTER: rows[REGISTER]} if read.definition.speaks_of_customers else {}
    defined = {
        column.name: rows[column.name] if column.name in rows.columns else ibis.null(TYPES[column.kind])
        for column in named
    }
    return {**register, **defined, **{name: rows[name] for name in read.attributes}}


def _as_found(read: _Read, keep_personal: bool) -> dict[str, Column]:
    """Return the columns of the quarantine: values as they stood; a whole line may hold personal ones."""
    rows, definition = read.rows, read.definition
    hidden = not keep_personal and bool(definition.personal)
    found = {}
    for column in definition.columns:
        as_found = FOUND + column.name if FOUND + column.name in rows.columns else column.name
        if (keep_personal or not column.personal) and as_found in rows.columns:
            found[column.name] = rows[as_found]
    return {"fault": rows[REASON], REGISTER: rows[REGISTER], **found, "line": ibis.null(str) if hidden else rows[LINE]}


def _counted(quarantine: Table) -> dict[str, int]:
    counted = quarantine.group_by("fault").aggregate(n=_.count()).order_by(ibis.desc("n"), "fault").execute()
    return dict(zip(counted["fault"], counted["n"].astype(int), strict=True))


def _record(config: Config, read: _Read, n_read: int, reasons: dict[str, int], n_clean: int) -> TableRecord:
    name, keep = read.definition.name, config.personal_columns == "keep"
    n_faulty = sum(reasons.values())
    if n_read != n_clean + n_faulty:
        raise AssertionError(f"{name}: {n_read} rows read, {n_clean} usable and {n_faulty} quarantined")
    mapped = {column for source in config.source.tables[name] for column in source.columns}
    kept = [column for column in read.definition.columns if column.name in mapped and (keep or not column.personal)]
    aside = sum((Counter(place.values_set_aside) for place in read.places), Counter[str]())
    return TableRecord(
        table=name,
        rows_read=n_read,
        rows_clean=n_clean,
        rows_quarantined=n_faulty,
        reasons=reasons,
        values_set_aside=dict(sorted(aside.items())),
        columns=tuple(column.name for column in kept),
        attributes=read.attributes,
        missing_columns=tuple(column for column in read.definition.optional if column not in mapped),
        personal_columns=tuple(column for column in read.definition.personal if column in mapped),
    )
