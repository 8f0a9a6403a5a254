"""Files beside tables open as what they are: the numbers of the page, typed, in the reader's form, never a formula."""

import csv
import datetime as dt

import openpyxl
import pandas as pd
import pytest

from clv.report.downloads import links, write_files
from clv.report.tables import Column, sheet, with_total
from clv.report.text import Text

COLUMNS = [
    Column("customer_id", "Cliente"),
    Column("revenue", "Ventas", "money", decimals=2, meaning="Ventas netas"),
    Column("risk", "Riesgo", "percent"),
    Column("last_order", "Último pedido", "date"),
    Column("off", "Desvío", "written"),
]
HOSTILE = ["=1+1", "@SUM(A1)", "+1+cmd|' /C calc'!A0", "007", "1e5", "a\x00b", "<b>", "\t=1"]


def of(language: str, frame: pd.DataFrame, folder):
    text = Text(language, "EUR")
    files = write_files(sheet(frame, COLUMNS, "A quién llamar: [lista]", text, "calls"), folder, "07_calls", text)
    assert [file.name for file in files] == ["07_calls.csv", "07_calls.xlsx"]
    return files


@pytest.fixture
def frame() -> pd.DataFrame:
    n = len(HOSTILE)
    return pd.DataFrame(
        {
            "customer_id": HOSTILE,
            "revenue": [1234.5, 0.1 + 0.2, None, *[-2.0] * (n - 3)],
            "risk": 0.125,
            "last_order": [pd.Timestamp("2024-03-01"), pd.NaT, *[pd.Timestamp("2024-03-01")] * (n - 2)],
            "off": "+0.6%",
        }
    )


def test_spanish_csv_is_what_a_spanish_spreadsheet_opens(frame, tmp_path):
    file = of("es", frame, tmp_path)[0]
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    head, first, second, *_ = csv.reader(file.read_text("utf-8-sig").splitlines(), delimiter=";")
    assert head == ["Cliente", "Ventas (EUR)", "Riesgo (%)", "Último pedido", "Desvío"]
    assert first == ["'=1+1", "1234,5", "12,5", "2024-03-01", "+0.6%"]
    assert second[1:4] == ["0,3", "12,5", ""]


def test_english_csv_has_commas_and_points(frame, tmp_path):
    _head, first, *_ = csv.reader(of("en", frame, tmp_path)[0].read_text("utf-8-sig").splitlines())
    assert first[:3] == ["'=1+1", "1234.5", "12.5"]


def test_cells_of_a_workbook_are_typed_and_text_from_data_is_text(frame, tmp_path):
    page = openpyxl.load_workbook(of("es", frame, tmp_path)[1]).worksheets[0]
    rows = list(page.iter_rows(min_row=2))
    assert [row[0].data_type for row in rows] == ["s"] * len(HOSTILE)
    assert [row[0].value for row in rows] == [name.replace("\x00", "_x0000_") for name in HOSTILE]
    assert [cell.data_type for cell in rows[0]] == ["s", "n", "n", "d", "s"]
    assert rows[0][1].value == 1234.5
    assert rows[2][1].value is None
    assert rows[0][3].value == dt.datetime(2024, 3, 1)
    assert (rows[0][1].number_format, rows[0][2].number_format) == ("#,##0.00", "0%")


def test_a_workbook_keeps_its_head_in_sight_and_says_what_columns_mean(frame, tmp_path):
    table, dictionary = openpyxl.load_workbook(of("es", frame, tmp_path)[1]).worksheets
    assert table.freeze_panes == "B2"
    assert table.column_dimensions["A"].width > 10
    assert [[cell.value for cell in row] for row in dictionary.iter_rows(max_row=3)] == [
        ["Columna", "Unidad", "Significado"],
        ["Cliente", None, None],
        ["Ventas", "EUR", "Ventas netas"],
    ]


def test_a_total_stands_below_all_rows(tmp_path):
    rows = pd.DataFrame({"customer_id": ["a", "b"], "revenue": [1.0, 2.0]})
    columns, text = COLUMNS[:2], Text("en", "EUR")
    both = write_files(sheet(with_total(rows, customer_id="All"), columns, "T", text, "t"), tmp_path, "t", text)
    assert list(csv.reader(both[0].read_text("utf-8-sig").splitlines()))[-1] == ["All", "3"]
    assert [cell.value for cell in list(openpyxl.load_workbook(both[1]).worksheets[0])[-1]] == ["All", 3]


def test_links_name_what_they_lead_to(hostile, read):
    page = read(str(links(hostile, ["tables/07_calls.csv", "tables/07_calls.xlsx"], Text("en", "EUR"))))
    assert [link.text for link in page.all("a")] == ["CSV", "Excel"]
    assert all(hostile in link.attrs["aria-label"] for link in page.all("a"))
    assert not page.all("script")
