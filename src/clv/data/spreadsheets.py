"""Sheets of a workbook as a table: the first row names the columns, and nothing stands above it."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from python_calamine import CalamineSheet, CalamineWorkbook

from clv.config import SourceTable
from clv.data.layout import distinct_names
from clv.definitions import TABLES
from clv.errors import DataError

REMEDY: Final = "delete what stands above the names of the columns, one name to a column, or export the sheet as CSV"
AMOUNTS: Final = frozenset(
    column.name for table in TABLES.values() for column in table.columns if column.kind in {"money", "number"}
)
UNCLEAR: Final = re.compile(r"\s*[-+]?[0-9]{1,3}[.,][0-9]{3}\s*")  # thousands or decimals
TITLE_SHARE: Final = 0.5  # of the columns: a first row that names fewer is a title


def read(engine: Backend, files: list[Path], source: SourceTable, staging: Path) -> Table:
    """Copy the sheet of each workbook, one below the other, into Parquet.

    Parameters
    ----------
    engine
        Reads the copy.
    files
        Workbooks with the same columns.
    source
        `table` names the sheet, by default the only one with the mapped columns; `header`, `column_names` as for text.
    staging
        Folder of the copy.

    Raises
    ------
    DataError
        If there is no such sheet, it is empty, its header is merged or below a title, or the files differ.
    """
    header: list[str] = []
    rows: list[list[Any]] = []
    for file in files:
        names, found = _read_sheet(file, source)
        if header and names != header:
            raise DataError(f"{file}: its header is not that of {files[0].name}; give all files the same columns")
        header = names
        rows += found
    mark = source.decimal or "."
    columns = [
        _column([row[place] if place < len(row) else None for row in rows], mark) for place in range(len(header))
    ]
    copy = staging / "sheet.parquet"
    pq.write_table(pa.table(columns, names=header), copy)
    return engine.read_parquet(copy, table_name="sheet")


def _read_sheet(file: Path, source: SourceTable) -> tuple[list[str], list[list[Any]]]:
    with CalamineWorkbook.from_path(file) as book:
        sheet = _sheet(book, file, source)
        rows = [row for row in sheet.to_python() if any(value != "" for value in row)]
        where = f"{file}: sheet {sheet.name!r}"
        if not rows:
            raise DataError(f"{where} is empty; name another with 'table': {', '.join(book.sheet_names)}")
        if source.column_names:
            return list(source.column_names), rows[1:] if source.header else rows
        _refuse_titles(where, rows, sheet)
        found = [str(_whole(name)) for name in rows[0]]
        if twice := sorted(name for name in source.mapped.values() if found.count(name) > 1):
            raise DataError(f"{where} names {', '.join(map(repr, twice))} twice; rename one of the columns")
    names = list(distinct_names(found))
    if source.decimal is None:
        _refuse_unclear_text(where, names, rows, source)
    return names, rows[1:]


def _refuse_unclear_text(where: str, names: list[str], rows: list[list[Any]], source: SourceTable) -> None:
    """Refuse text such as 1.017 among the numbers of a column of amounts: they cannot tell what its mark means."""
    for ours, theirs in source.columns.items():
        if ours not in AMOUNTS or theirs not in names:
            continue
        place = names.index(theirs)
        cells = [row[place] if place < len(row) else None for row in rows[1:]]
        texts = [(at, cell) for at, cell in enumerate(cells) if isinstance(cell, str) and UNCLEAR.fullmatch(cell)]
        if texts and any(isinstance(cell, float) for cell in cells):
            at, cell = texts[0]
            raise DataError(
                f"{where}: {theirs}: {len(texts):,} of {len(cells):,} cells hold text among numbers, e.g. {cell!r} in "
                f"row {at + 2:,} of those with values, which can mean thousands or decimals; make them numbers, or "
                "state decimal: '.' or ','"
            )


def _sheet(book: CalamineWorkbook, file: Path, source: SourceTable) -> CalamineSheet:
    """Return the sheet that is named, else the only one that can be meant: rows of another would be lost unseen."""
    if source.table is not None:
        if source.table not in book.sheet_names:
            raise DataError(
                f"{file}: has no sheet {source.table!r}; name one with 'table': {', '.join(book.sheet_names)}"
            )
        return book.get_sheet_by_name(source.table)
    sheets = [book.get_sheet_by_index(place) for place in range(len(book.sheet_names))]
    if len(sheets) > 1:
        tops = [next((row for row in sheet.to_python() if any(value != "" for value in row)), []) for sheet in sheets]
        wanted = set() if source.column_names else set(source.mapped.values())
        meant = [sheet for sheet, top in zip(sheets, tops, strict=True) if top and wanted <= {*map(str, top)}]
        if len(meant) > 1:
            names = ", ".join(repr(sheet.name) for sheet in meant)
            raise DataError(f"{file}: {len(meant)} sheets hold the mapped columns, {names}; name one with 'table'")
        return meant[0] if meant else sheets[0]
    return sheets[0]


def _refuse_titles(where: str, rows: list[list[Any]], sheet: CalamineSheet) -> None:
    """Refuse cells that are merged over several columns in the first row, and a first row that names few columns."""
    top = 0 if sheet.start is None else sheet.start[0]
    wide = [area for area in sheet.merged_cell_ranges or [] if area[0][0] <= top and area[0][1] < area[1][1]]
    if wide:
        raise DataError(f"{where} has merged cells in its first row, e.g. {str(rows[0][0])[:40]!r}; {REMEDY}")
    used = [
        place for place in range(max(map(len, rows))) if any(row[place : place + 1] not in ([], [""]) for row in rows)
    ]
    named = [place for place in used if rows[0][place : place + 1] not in ([], [""])]
    if any(not isinstance(rows[0][place], str) for place in named):
        value = _whole(next(rows[0][place] for place in named if not isinstance(rows[0][place], str)))
        raise DataError(f"{where}: its first row holds values, e.g. {value}; state header: false and column_names")
    if len(named) <= TITLE_SHARE * len(used):
        raise DataError(
            f"{where} has no name for {len(used) - len(named)} of {len(used)} columns in its first row "
            f"({', '.join(repr(str(rows[0][place])[:30]) for place in named[:3])}); {REMEDY}"
        )


def _column(values: list[Any], mark: str) -> pa.Array:
    """Return the values of a column in the one type that they share, else as text with this decimal mark."""
    found = [None if value == "" else _whole(value) for value in values]
    kinds = {type(value) for value in found if value is not None}
    if kinds <= {int, float} and kinds:
        return pa.array(found, pa.float64() if float in kinds else pa.int64())
    if kinds <= {dt.date, dt.datetime} and kinds:
        return pa.array(
            [None if day is None else dt.datetime(day.year, day.month, day.day) if type(day) is dt.date else day
             for day in found],
            pa.timestamp("us"),
        )  # fmt: skip
    if kinds == {bool}:
        return pa.array(found, pa.bool_())
    return pa.array([None if value is None else _as_text(value, mark) for value in found], pa.string())


def _as_text(value: Any, mark: str) -> str:
    return str(value).replace(".", mark) if isinstance(value, float) else str(value)


def _whole(value: Any) -> Any:
    """Return a number of a sheet, which are all floats, as the whole number that the sheet shows."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
