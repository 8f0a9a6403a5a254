"""Workbooks of several sheets, packed files, databases and Parquet as they should not be: right, or one line."""

import bz2
import gzip
import sqlite3

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.conftest import GOOD, HEADER

from clv.errors import DataError

ROWS = [(f"c{day}", f"2017-01-{day:02d}", 10.5) for day in range(1, 7)]
NAMES = ("id", "date", "amount")


@pytest.fixture
def book(tmp_path):
    """Write a workbook: name of the sheet to its rows."""

    def book(**sheets):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(row)
        workbook.save(tmp_path / "orders.xlsx")
        return tmp_path / "orders.xlsx"

    return book


def test_sheets_that_both_hold_the_table_are_named_and_none_is_lost_unseen(take, book):
    file = book(spring=[NAMES, *ROWS[:3]], autumn=[NAMES, *ROWS[3:]])
    with pytest.raises(DataError, match="2 sheets hold the mapped columns, 'spring', 'autumn'; name one with 'table'"):
        take(file)
    assert take(file, table="autumn").ids == ["c4", "c5", "c6"]


def test_the_one_sheet_that_names_the_columns_is_read_wherever_it_stands(take, book):
    assert take(book(cover=[("Sales of 2017",)], data=[NAMES, *ROWS], notes=[("a", "b")])).ids == [r[0] for r in ROWS]


def test_a_sheet_that_names_a_mapped_column_twice_is_refused(take, book):
    with pytest.raises(DataError, match="'a' names 'amount' twice"):
        take(book(a=[(*NAMES, "amount"), *[(*row, 1) for row in ROWS]]))


def test_a_parquet_file_that_names_a_column_twice_or_holds_longer_decimals_is_refused(take, tmp_path):
    columns = [pa.array(values) for values in zip(*ROWS, strict=True)]
    pq.write_table(pa.Table.from_arrays([*columns, columns[2]], [*NAMES, "amount"]), tmp_path / "twice.parquet")
    with pytest.raises(DataError, match="names the column 'amount' twice"):
        take(tmp_path / "twice.parquet")
    columns[2] = columns[2].cast(pa.decimal256(60, 2))
    pq.write_table(pa.Table.from_arrays(columns, NAMES), tmp_path / "long.parquet")
    with pytest.raises(DataError, match="more than 38 digits"):
        take(tmp_path / "long.parquet")


@pytest.mark.parametrize(
    ("values", "message"),
    [([1e17, 1e17 + 16, 3.0], "cannot tell apart"), ([True, False, True], "type boolean"),
     ([pa.scalar(n, pa.timestamp("us")) for n in range(3)], "type timestamp")],
)  # fmt: skip
def test_ids_that_lost_digits_or_are_no_ids_are_refused(take, tmp_path, values, message):
    table = pa.table({"id": values, "date": ["2017-01-01"] * 3, "amount": [1.0] * 3})
    pq.write_table(table, tmp_path / "orders.parquet")
    with pytest.raises(DataError, match=message):
        take(tmp_path / "orders.parquet")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [((HEADER + GOOD).encode(), "a.csv.gz", "is no gzip archive"),
     (gzip.compress(gzip.compress((HEADER + GOOD).encode())), "a.csv.gz", "is a gzip archive"),
     (bz2.compress((HEADER + GOOD).encode()), "a.csv", "is a bzip2 archive"),
     ((HEADER[:-1] + "".join(f",c{n}" for n in range(100_000)) + "\n").encode(), "a.csv", "names 100,003 columns")],
)  # fmt: skip
def test_what_is_no_table_of_text_is_called_by_its_name(take, content, name, message):
    with pytest.raises(DataError, match=message):
        take(content, name=name)


def test_ids_of_an_sqlite_file_stay_apart_and_computed_columns_count(take, tmp_path):
    with sqlite3.connect(tmp_path / "a.sqlite") as shop:
        shop.execute("create table o(id, date text, net real, amount real generated always as (net * 2) virtual)")
        days = ["2017-01-01"] * 4
        rows = zip([b"\xff", b"\xfe", 7.0, "x"], days, [1.0, 2.0, 3.0, 4.0], strict=True)
        shop.executemany("insert into o(id, date, net) values(?, ?, ?)", rows)
    taken = take(tmp_path / "a.sqlite")
    assert (taken.ids, taken.intake.amount_clean) == ([r"\xff", r"\xfe", "7", "x"], 20)
