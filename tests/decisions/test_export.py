"""A table that other systems read: its columns, its harmlessness in a spreadsheet, and all of it or nothing."""

import csv
import itertools

import pandas as pd
import pyarrow.parquet as pq
import pytest

from clv.decisions.export import DICTIONARY, TableWriter, export_table, neutralise, write_table
from clv.errors import DataError

RUN = ["=1+1", '=HYPERLINK("x")', "@SUM(A1)", "+1+cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "+A1", "-x"]
HARMLESS = [
    "007",
    "-5",
    "-5.25",
    "+34600123456",
    "+34 600 123 456",
    "1,234",
    "a=b",
    " =1",
    "'=1",
    "-",
    "",
    "ñ€",
    "a\nb",
]


@pytest.mark.parametrize("text", RUN)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    safe, n = neutralise(pd.DataFrame({"id": [text]}))
    assert (safe["id"].tolist(), n) == (["'" + text], 1)


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_byte_for_byte(text):
    safe, n = neutralise(pd.DataFrame({"id": [text]}))
    assert (safe["id"].tolist(), n) == ([text], 0)


def test_numbers_missing_values_and_the_argument_stay_as_they_are():
    table = pd.DataFrame({"id": ["=1", None], "clv": [-1.5, float("nan")], "n": [-1, 2]})
    before = table.copy()
    safe, n = neutralise(table)
    assert n == 1
    assert pd.isna(safe["id"][1])
    pd.testing.assert_frame_equal(safe[["clv", "n"]], before[["clv", "n"]])
    pd.testing.assert_frame_equal(table, before)


def customers() -> pd.DataFrame:
    frame = {
        "clv": [1.0, 2.0],
        "n_orders": [1, 2],
        "first_order": pd.to_datetime(["2024-01-01", None]),
        "note": ["", ""],
    }
    return pd.DataFrame(frame, index=pd.Index(["b", "a"], name="customer_id"))


def test_columns_come_in_the_order_of_the_dictionary_and_no_others():
    part = pd.DataFrame({"portfolio": ["A_steady", "C_leaving"], "abc": ["A", "C"]}, index=["a", "b"])
    table = export_table(customers(), part)
    assert list(table) == ["customer_id", "first_order", "n_orders", "clv", "abc", "portfolio"]
    assert list(table) == [name for name in DICTIONARY if name in list(table)]
    assert table["customer_id"].tolist() == ["b", "a"]
    assert table["abc"].tolist() == ["C", "A"]


@pytest.mark.parametrize("index", [["a"], ["a", "b", "c"], ["a", "c"], ["a", "a"]])
def test_parts_about_other_customers_are_refused(index):
    part = pd.DataFrame({"abc": "A"}, index=index)
    with pytest.raises(DataError, match=rf"export: {len(index)} rows do not match the 2 customers one to one"):
        export_table(customers(), part)


def test_csv_and_parquet_hold_the_same(tmp_path):
    table = export_table(customers())
    assert write_table(table, tmp_path / "t.csv") == write_table(table, tmp_path / "t.parquet") == []
    assert (tmp_path / "t.csv").read_bytes() == (
        b"customer_id,first_order,n_orders,clv\r\nb,2024-01-01,1,1\r\na,,2,2\r\n"
    )
    written = pd.read_parquet(tmp_path / "t.parquet")
    assert str(written["first_order"].dtype) == "date32[day][pyarrow]", "a purchase day has no hour"
    pd.testing.assert_frame_equal(written.astype({"first_order": table["first_order"].dtype}), table)


def test_every_id_survives_csv_but_for_the_apostrophe_that_is_announced(tmp_path):
    ids = [*HARMLESS, *RUN, "cr\rinside", 'q"q', "a,b", "a\r\nb"]
    table = pd.DataFrame({"customer_id": ids, "clv": 1.0})
    notes = write_table(table, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        found = [row[0] for row in csv.reader(file)][1:]
    assert found == [*HARMLESS, *("'" + text for text in RUN), "cr\rinside", 'q"q', "a,b", "a\r\nb"]
    assert notes == [
        f"{len(RUN)} values begin like a formula and carry a leading apostrophe in t.csv; "
        "write .parquet to have them unchanged"
    ]


@pytest.mark.parametrize("name", ["t.xlsx", "t", "t.CSV"])
def test_an_unknown_kind_of_table_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=r"unknown kind of table; the name must end in \.csv or \.parquet"):
        write_table(export_table(customers()), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def fail(*args, **options):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_write_that_fails_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch, name, after):
    old, table = tmp_path / name, export_table(customers())
    old.write_text("old")

    def write():
        with TableWriter(old) as writer:
            for _ in range(after):
                writer.write(table)
            monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
            monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
            writer.write(table)

    message = rf"{name}: cannot be written: No space left on device; choose another place with --out"
    with pytest.raises(DataError, match=message):
        write()
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_an_error_between_the_parts_leaves_the_old_file_and_no_half_one(tmp_path, name):
    old = tmp_path / name
    old.write_text("old")

    def write():
        with TableWriter(old) as writer:
            writer.write(export_table(customers()))
            writer.write(1 / 0)

    with pytest.raises(ZeroDivisionError):
        write()
    assert old.read_text() == "old"
    assert list(tmp_path.iterdir()) == [old]


def test_a_disk_that_is_full_at_the_foot_of_the_file_leaves_nothing_behind(tmp_path, monkeypatch):
    close, calls = pq.ParquetWriter.close, []

    def full(writer):
        close(writer)
        calls.append(writer)
        if len(calls) == 1:  # the writer is closed once more when it is forgotten
            fail()

    monkeypatch.setattr(pq.ParquetWriter, "close", full)
    with pytest.raises(DataError, match=r"t\.parquet: cannot be written: No space left on device"):
        write_table(export_table(customers()), tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_the_file_appears_when_all_parts_are_written(tmp_path, name):
    file, table = tmp_path / name, export_table(customers())
    with TableWriter(file) as writer:
        writer.write(table)
        assert not file.exists()
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("cuts", [[1], [0], [0, 1], [2]])
def test_parts_make_the_file_of_the_whole(tmp_path, name, cuts):
    table = export_table(customers())
    whole, parts = tmp_path / f"whole_{name}", tmp_path / name
    write_table(table, whole)
    with TableWriter(parts) as writer:
        for start, end in itertools.pairwise([0, *cuts, len(table)]):
            writer.write(table.iloc[start:end])
    assert writer.n_rows == len(table)
    if name == "t.csv":
        assert parts.read_bytes() == whole.read_bytes()
    else:
        pd.testing.assert_frame_equal(pd.read_parquet(parts), pd.read_parquet(whole))


def test_formulas_are_counted_over_all_parts(tmp_path):
    table = pd.DataFrame({"customer_id": ["=1", "ok"], "clv": 1.0})
    with TableWriter(tmp_path / "t.csv") as writer:
        writer.write(table)
        writer.write(table)
    assert writer.notes[0].startswith("2 values begin like a formula")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_folder_that_does_not_exist_is_named(tmp_path, name):
    with pytest.raises(DataError, match=r"none is no folder; make it, or choose another place with --out"):
        write_table(export_table(customers()), tmp_path / "none" / name)
