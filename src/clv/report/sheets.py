"""What a table holds as typed values: it travels beside the HTML of its block, and files are written from it.

A sheet is plain data, so that it lies in the executed notebook and outlives the run that computed it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, TypedDict

import pandas as pd
from nbformat import NotebookNode

from clv.report.blocks import SHEETS, bare
from clv.report.text import Text, message

MOST_ROWS: Final = 10_000
"""Rows of a file for people: more than anyone works through by hand, written in seconds; the export holds all."""

Kind = Literal["text", "number", "money", "percent", "date", "month", "days", "written"]

_UNITS: Final = {"percent": "%", "days": message("days"), "date": message("date"), "month": message("month")}


class SheetColumn(TypedDict):
    """A column: its name in the frame, what readers call it, its form, its unit in words, and what it means."""

    name: str
    label: str
    kind: Kind
    decimals: int
    unit: str
    meaning: str


class Sheet(TypedDict):
    """A table: the name it has on its page, what it holds, its columns, rows and totals.

    Values are text, numbers or None; a share runs from 0 to 1, a date is ISO 8601.
    """

    name: str
    title: str
    columns: list[SheetColumn]
    rows: list[list[Any]]
    totals: list[list[Any]]


def unit_of(kind: Kind, text: Text) -> str:
    """Return the unit of a form in words; nothing for text and bare numbers."""
    return text.currency if kind == "money" else text(_UNITS[kind]) if kind in _UNITS else ""


def values_of(series: Sequence[pd.Series], kinds: Sequence[Kind]) -> list[list[Any]]:
    """Return the rows of some columns of like length as plain data."""
    columns = [[_value(value, kind) for value in values] for values, kind in zip(series, kinds, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def sheets_of(notebook: NotebookNode, hidden: Iterable[str]) -> list[Sheet]:
    """Return the sheets of an executed notebook in their order, without those of cells tagged as hidden."""
    tags = set(hidden)
    found: dict[str, Sheet] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not tags & set(cell.metadata.get("tags", [])):
            for output in cell.outputs:
                found |= {sheet["name"]: sheet for sheet in output.get("data", {}).get(SHEETS, [])}
    return list(found.values())


def _value(value: Any, kind: Kind) -> Any:
    if pd.isna(value):
        return None
    if kind in {"date", "month"}:
        return pd.Timestamp(value).date().isoformat()
    if kind in {"text", "written"}:
        return bare(value)
    return float(value) if math.isfinite(value) else None
