"""Read one place of a table – a file, a sheet, a table of a database – into typed rows with their faults."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import StringColumn, Table

from clv.config import SourceTable
from clv.data.columns import require_columns
from clv.data.connect import read_source
from clv.data.engine import open_engine
from clv.data.reading import ORDINAL, Reading, line_of
from clv.data.tables.values import OUT_OF_RANGE, UNREADABLE, as_attribute, can_be_faulty, fault_of, read_value
from clv.definitions import Column as Defined
from clv.definitions import Definition
from clv.errors import DataError

MALFORMED: Final = "the line does not have the columns of its table"
FOUND: Final = "found "  # before the name of a column that can be faulty: the value as it stood in the source
FAULT: Final = "fault "  # before the name of a column: what is wrong with its value
ROW, REASON, LINE = "row number", "row fault", "malformed line"  # with a space, as no column of a table has
REGISTER: Final = "register"


@dataclass(frozen=True)
class PlaceRead:
    """One place as read.

    Attributes
    ----------
    file
        Rows in Parquet: position, first reason why a row cannot be used, the mapped columns, typed, and the attributes,
        values as found where they can be faulty, and malformed lines.
    rows
        Number of rows, malformed lines included.
    values_set_aside
        Faulty values of optional columns, which do not cost their row, by column and fault.
    """

    file: Path
    rows: int
    values_set_aside: dict[str, int]


def read_place(
    table: Definition, source: SourceTable, staging: Path, today: dt.date, max_unreadable_share: float
) -> PlaceRead:
    """Read a place of a table into `staging/rows.parquet`.

    Raises
    ------
    DataError
        If it cannot be read, lacks a mapped column, or is mostly unreadable.
    """
    staging.mkdir()
    engine = open_engine(spill=staging)  # of its own: it counts the malformed lines of all that it has read
    try:
        return _read_place(engine, table, source, staging, today, max_unreadable_share)
    finally:
        engine.disconnect()


def _read_place(
    engine: Backend, table: Definition, source: SourceTable, staging: Path, today: dt.date, limit: float
) -> PlaceRead:
    reading = read_source(engine, source, staging)
    malformed = reading.malformed
    require_columns(reading.columns, source)
    position = [] if reading.locate is None else [ORDINAL]
    rows = engine.create_table("as_found", reading.rows.select(*source.mapped.values(), *position), temp=True)
    typed = _typed(engine, replace(reading, rows=rows), table, source, today)
    counted = _count_faults(typed)
    n_rows = counted.pop("")
    _refuse_if_misread(reading, typed, table, source, counted, n_rows, limit)
    reason = _reason(typed, table, list(source.columns))
    faults = [name for name in typed.columns if name.startswith(FAULT)]
    whole = typed.mutate(**{REASON: reason, LINE: ibis.null(str)}).drop(*faults)
    whole = whole.mutate(**{REGISTER: ibis.literal(source.register_name)})
    lines = 0
    if malformed is not None:
        lines = int(malformed.count().execute())
        if lines:
            whole = whole.union(_malformed(malformed, whole))
    if lines > limit * (n_rows + lines):
        raise DataError(f"{source.path}: {lines:,} of {n_rows + lines:,} lines do not have the columns of their table; "
                        "state delimiter in the config, or raise max_unreadable_share")  # fmt: skip
    file = staging / "rows.parquet"
    whole.to_parquet(file)
    optional = {name: n for name, n in counted.items() if name.partition(" ")[0] not in table.required}
    return PlaceRead(file, n_rows + lines, optional)


def _typed(engine: Backend, reading: Reading, table: Definition, source: SourceTable, today: dt.date) -> Table:
    """Give each column its type and, where a value of it can be faulty, its fault, and how it stood in the source."""
    rows = reading.rows
    mapped = [column for column in table.columns if column.name in source.columns]
    judged = [column for column in mapped if can_be_faulty(column)]
    read = rows.select(
        **{ROW: rows.rowid()},
        **{column.name: read_value(reading, column, source) for column in mapped},
        **{name: as_attribute(rows[theirs], f"{source.path}: {theirs}") for name, theirs in source.attributes.items()},
        **{FOUND + column.name: rows[source.columns[column.name]].cast("string") for column in judged},
    )
    read = engine.create_view("read_once", read)  # keeps the engine from reading a value once a fault
    found = {column.name: fault_of(column, read[column.name], read[FOUND + column.name], today) for column in judged}
    right = {
        name: ibis.ifelse(fault.isnull(), read[name], ibis.null(read[name].type())) for name, fault in found.items()
    }
    faults = {FAULT + name: fault for name, fault in found.items()}
    return engine.create_table("typed", read.mutate(**right, **faults), temp=True)


def _reason(typed: Table, table: Definition, present: list[str]) -> StringColumn:
    """Return the first reason why a row cannot be used; null if it can, but for keys that occur twice."""
    cases = []
    for name in table.required:
        if FAULT + name in typed.columns:
            fault = typed[FAULT + name]
            cases.append((fault.notnull(), ibis.literal(f"{name} ") + fault))
        cases.append((typed[name].isnull(), ibis.literal(f"no {name}")))
    named = [name for name in table.one_of if name in present]
    if named:
        nothing = ibis.and_(*(typed[name].isnull() for name in named))
        cases.append((nothing, ibis.literal(f"neither {' nor '.join(table.one_of)}")))
    for first, then in table.in_order:
        if first in present and then in present:
            cases.append((typed[then] < typed[first], ibis.literal(f"{then} before {first}")))
    return ibis.cases(*cases, else_=ibis.null(str)) if cases else ibis.null(str)


def _count_faults(typed: Table) -> dict[str, int]:
    """Count faulty values by column and fault; the rows under an empty name."""
    parts = [typed.aggregate(column=ibis.literal(""), fault=ibis.literal(""), n=_.count())]
    parts += [
        typed.filter(typed[name].notnull())
        .group_by(fault=typed[name])
        .aggregate(n=_.count())
        .select(column=ibis.literal(name.removeprefix(FAULT)), fault=_.fault, n=_.n)
        for name in typed.columns
        if name.startswith(FAULT)
    ]
    frame = ibis.union(*parts).order_by("column", "fault").execute() if len(parts) > 1 else parts[0].execute()
    return {f"{row.column} {row.fault}".strip(): int(row.n) for row in frame.itertuples()}


def _refuse_if_misread(
    reading: Reading,
    typed: Table,
    table: Definition,
    source: SourceTable,
    counted: dict[str, int],
    n_rows: int,
    limit: float,
) -> None:
    for name, n in counted.items():
        column, _space, fault = name.partition(" ")
        if fault not in {UNREADABLE, OUT_OF_RANGE} or n <= limit * n_rows:
            continue
        low, high = table[column].range
        remedy = "state date_format, decimal or currency_sign in the config, or leave the column out"
        if fault == OUT_OF_RANGE:
            remedy = f"values go from {low:g} {'upwards' if high is None else f'to {high:g}'}; convert them"
        raise DataError(
            f"{source.path}: {source.columns[column]} (for {table.name}.{column}): {n:,} of {n_rows:,} values "
            f"{'cannot be read' if fault == UNREADABLE else 'are out of range'}"
            f"{_example(reading, typed, table[column], source, fault)}; {remedy}"
        )


def _example(reading: Reading, typed: Table, column: Defined, source: SourceTable, fault: str) -> str:
    """Return the first value of a column with a fault, unless it is personal, and its line where it has one."""
    first = typed.filter(typed[FAULT + column.name] == fault).order_by(ROW).limit(1)[FOUND + column.name].execute()[0]
    line = line_of(reading, source.columns[column.name], str(first))
    place = "" if line is None else f" in line {line:,}"
    return place if column.personal else f", e.g. {str(first)[:40]!r}{place}"


def _malformed(lines: Table, like: Table) -> Table:
    known = {REASON: ibis.literal(MALFORMED), LINE: lines.line}
    return lines.select(**{name: known.get(name, ibis.null(kind)).cast(kind) for name, kind in like.schema().items()})
