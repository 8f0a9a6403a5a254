"""Files beside the tables of a page: CSV as the spreadsheets of a language read it, and a workbook with a dictionary.

XlsxWriter writes the workbooks, row by row in constant memory and in a third of the time of openpyxl, with which the
tests read them. Text from data is never a formula: its cell in a workbook is of type text, in CSV it carries an
apostrophe.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pandas as pd
from markupsafe import Markup
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from clv.decisions.export import neutralise
from clv.report.sheets import Kind, Sheet, SheetColumn
from clv.report.text import Text

FOLDER: Final = "tables"

_SEPARATORS: Final = {"en": (",", "."), "es": (";", ",")}  # between fields, of decimals
_NARROWEST, _WIDEST, _LOOKED_AT = 8, 60, 200  # letters of a column, and rows that settle its width
_NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_TITLE_LENGTH: Final = 31  # letters that the title of a sheet may have
_CELL_LENGTH: Final = 32_767  # letters that a cell may have


def write_files(sheet: Sheet, folder: Path, stem: str, text: Text) -> list[Path]:
    """Write a table as CSV and as a workbook into a folder, which is made; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{stem}.csv", folder / f"{stem}.xlsx"]
    write_csv(sheet, files[0], text)
    write_workbook(sheet, files[1], text)
    return files


def links(title: str, addresses: Sequence[str], text: Text, *, named: bool = False) -> Markup:
    """Return the line below a table that leads to its files; `named` lines begin with the title."""
    _ = text
    kinds = {".csv": "CSV", ".xlsx": "Excel"}
    each = [
        Markup('<a href="{}" download aria-label="{}">{}</a>').format(
            address, _("{kind}: download “{title}”", kind=kind, title=title), kind
        )
        for address in addresses
        for ending, kind in kinds.items()
        if address.endswith(ending)
    ]
    begin = f"{title}:" if named else _("Download:")
    return Markup('<p class="downloads">{} {}</p>').format(begin, Markup(" · ").join(each))


def write_csv(sheet: Sheet, file: Path, text: Text) -> None:
    """Write a table so that a spreadsheet in the reader's language opens it by a double click.

    Dates are ISO 8601 and shares are written per hundred, as their heading says; a missing value is an empty field.
    """
    separator, decimal = _SEPARATORS[text.language]
    columns = sheet["columns"]
    rows = [*sheet["rows"], *sheet["totals"]]
    content = {
        str(number): [_in_csv(row[number], column, decimal) for row in rows] for number, column in enumerate(columns)
    }
    of_data = [str(number) for number, column in enumerate(columns) if column["kind"] == "text"]
    frame = pd.DataFrame(content, dtype=object)
    frame[of_data] = neutralise(frame[of_data])[0]
    frame.to_csv(
        file,
        sep=separator,
        index=False,
        header=[_heading(column) for column in columns],
        encoding="utf-8-sig",  # without the mark, spreadsheets take accents for something else
        lineterminator="\r\n",
    )


def write_workbook(sheet: Sheet, file: Path, text: Text) -> None:
    """Write a table as a workbook: typed cells, a frozen head, and a sheet that says what each column means."""
    settings = {"constant_memory": True, "default_date_format": "d mmm yyyy"}
    with Workbook(file, settings) as book:
        _write_table(book, sheet, text)
        _write_dictionary(book, sheet["columns"], text)


def _write_table(book: Workbook, sheet: Sheet, text: Text) -> None:
    columns, rows, totals = sheet["columns"], sheet["rows"], sheet["totals"]
    page = book.add_worksheet(_title(sheet["title"]))
    page.freeze_panes(1, 1)
    for place, column in enumerate(columns):
        page.set_column(place, place, _width(column, rows[:_LOOKED_AT], place, text))
    page.autofilter(0, 0, len(rows), len(columns) - 1)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for place, column in enumerate(columns):
        page.write_string(0, place, column["label"], head)
    forms = [book.add_format({"num_format": _number_format(column)}) for column in columns]
    bold = [book.add_format({"num_format": _number_format(column), "bold": True}) for column in columns]
    for line, row in enumerate([*rows, *totals], start=1):
        _write_row(page, line, row, columns, forms if line <= len(rows) else bold)


def _write_row(
    page: Worksheet, line: int, row: Sequence[Any], columns: Sequence[SheetColumn], forms: Sequence[Format]
) -> None:
    """Write a row of cells, each of the type of its column: text stays text, whatever it begins with."""
    for place, (value, column, form) in enumerate(zip(row, columns, forms, strict=True)):
        if value is None:
            continue
        if column["kind"] in {"text", "written"}:
            page.write_string(line, place, value[:_CELL_LENGTH], form)
        elif column["kind"] in {"date", "month"}:
            page.write_datetime(line, place, dt.datetime.fromisoformat(value), form)
        else:
            page.write_number(line, place, value, form)


def _write_dictionary(book: Workbook, columns: Sequence[SheetColumn], text: Text) -> None:
    _ = text
    page, bold = book.add_worksheet(_title(_("Dictionary"))), book.add_format({"bold": True})
    page.freeze_panes(1, 0)
    for place, (heading, width) in enumerate([(_("Column"), 40), (_("Unit"), 14), (_("Meaning"), 90)]):
        page.set_column(place, place, width)
        page.write_string(0, place, heading, bold)
    for line, column in enumerate(columns, start=1):
        for place, words in enumerate((column["label"], column["unit"], column["meaning"])):
            if words:
                page.write_string(line, place, words)


def _number_format(column: SheetColumn) -> str:
    """Return how a spreadsheet shows a value; it takes separators and names of months from the reader's settings."""
    decimals = "." + "0" * column["decimals"] if column["decimals"] else ""
    forms: dict[Kind, str] = {"percent": f"0{decimals}%", "date": "d mmm yyyy", "month": "mmm yyyy", "text": "@"}
    return forms.get(column["kind"], f"#,##0{decimals}")


def _width(column: SheetColumn, rows: Sequence[Sequence[Any]], number: int, text: Text) -> float:
    """Return the width of a column in letters: that of its longest word or value, within bounds."""
    shown = [_shown(row[number], column, text) for row in rows if row[number] is not None]
    longest = max([*map(len, shown), *map(len, column["label"].split())], default=0)
    return min(max(longest, len(column["label"]) / 2, _NARROWEST) + 2, _WIDEST)


def _shown(value: Any, column: SheetColumn, text: Text) -> str:
    return value if isinstance(value, str) else text.number(value, column["decimals"])


def _title(words: str) -> str:
    return words.translate(_NOT_IN_TITLES).strip(" '")[:_TITLE_LENGTH].strip(" '") or "1"


def _heading(column: SheetColumn) -> str:
    return (
        f"{column['label']} ({column['unit']})" if column["kind"] in {"money", "percent", "days"} else column["label"]
    )


def _in_csv(value: Any, column: SheetColumn, decimal: str) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    shown = value * 100 if column["kind"] == "percent" else value
    return f"{Decimal(f'{shown:.10g}') + 0:f}".replace(".", decimal)  # digits beyond are noise of the computer
