"""Files beside the tables of a page: CSV as the spreadsheets of a language read it, and a workbook with a dictionary.

openpyxl writes the workbooks: it is the reader that the tests check them with, so one library serves both ends, and it
lets a cell be text whatever it begins with. Text from data is never a formula: in a workbook its cell is of type text,
in CSV it carries an apostrophe.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pandas as pd
from markupsafe import Markup
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from clv.decisions.export import neutralise
from clv.report.sheets import Kind, Sheet, SheetColumn
from clv.report.text import Text

FOLDER: Final = "tables"
MOST_IN_WORKBOOK: Final = 100_000  # rows: a workbook of more takes minutes to write and to open; CSV holds all

_SEPARATORS: Final = {"en": (",", "."), "es": (";", ",")}  # between fields, of decimals
_NARROWEST, _WIDEST, _LOOKED_AT = 8, 60, 200  # letters of a column, and rows that settle its width
_NOT_IN_TITLES: Final = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_TITLE_LENGTH: Final = 31  # letters that the title of a sheet may have
_BOLD: Final = Font(bold=True)
_HEAD: Final = Alignment(wrap_text=True, vertical="top")


def write_files(sheet: Sheet, folder: Path, stem: str, text: Text) -> list[Path]:
    """Write a table as CSV and as a workbook into a folder, which is made; returns the files.

    A workbook that would be too large to open is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{stem}.csv"]
    write_csv(sheet, files[0], text)
    if len(sheet["rows"]) <= MOST_IN_WORKBOOK:
        files.append(folder / f"{stem}.xlsx")
        write_workbook(sheet, files[1], text)
    return files


def links(title: str, addresses: Sequence[str], text: Text) -> Markup:
    """Return the line below a table that leads to its files."""
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
    return Markup('<p class="downloads">{} {}</p>').format(_("Download:"), Markup(" · ").join(each))


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
    book = Workbook(write_only=True)
    _write_table(book, sheet, text)
    _write_dictionary(book, sheet["columns"], text)
    book.save(file)


def _write_table(book: Workbook, sheet: Sheet, text: Text) -> None:
    columns, rows, totals = sheet["columns"], sheet["rows"], sheet["totals"]
    page = book.create_sheet(_title(sheet["title"]))
    page.freeze_panes = "B2"
    for number, column in enumerate(columns):
        page.column_dimensions[get_column_letter(number + 1)].width = _width(column, rows[:_LOOKED_AT], number, text)
    page.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(rows) + 1}"
    formats = [_number_format(column) for column in columns]
    page.append([_text_cell(page, column["label"], _BOLD, _HEAD) for column in columns])
    for row in rows:
        page.append(list(_cells(page, row, columns, formats)))
    for row in totals:
        page.append(list(_cells(page, row, columns, formats, _BOLD)))


def _write_dictionary(book: Workbook, columns: Sequence[SheetColumn], text: Text) -> None:
    _ = text
    page = book.create_sheet(_title(_("Dictionary")))
    page.freeze_panes = "A2"
    for letter, width in zip("ABC", (40, 14, 90), strict=True):
        page.column_dimensions[letter].width = width
    page.append([_text_cell(page, words, _BOLD) for words in (_("Column"), _("Unit"), _("Meaning"))])
    for column in columns:
        page.append([_text_cell(page, column[part]) for part in ("label", "unit", "meaning")])


def _cells(
    page: Any, row: Sequence[Any], columns: Sequence[SheetColumn], formats: Sequence[str], font: Font | None = None
) -> Iterator[WriteOnlyCell | None]:
    for value, column, form in zip(row, columns, formats, strict=True):
        if value is None:
            yield None
        elif column["kind"] in {"text", "written"}:
            yield _text_cell(page, value, font)
        else:
            cell = WriteOnlyCell(page, dt.date.fromisoformat(value) if column["kind"] in {"date", "month"} else value)
            cell.number_format = form
            if font is not None:
                cell.font = font
            yield cell


def _text_cell(page: Any, value: str, font: Font | None = None, alignment: Alignment | None = None) -> WriteOnlyCell:
    """Return a cell that is text, even where it begins like a formula or looks like a number."""
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    if font is not None:
        cell.font = font
    if alignment is not None:
        cell.alignment = alignment
    return cell


def _number_format(column: SheetColumn) -> str:
    """Return how a spreadsheet shows a value; it takes separators and names of months from the reader's settings."""
    decimals = "." + "0" * column["decimals"] if column["decimals"] else ""
    forms: dict[Kind, str] = {"percent": f"0{decimals}%", "date": "d mmm yyyy", "month": "mmm yyyy"}
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
