"""Text files as companies have them: read to the right table, or refused in one line that leads on."""

import gzip
import os
import sqlite3
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.conftest import COLUMNS, GOOD, HEADER

from clv.config import TransactionsTable
from clv.data import encodings, ingest
from clv.data.missing import MISSING_IDS
from clv.errors import DataError

NAMES = ["José Núñez", "María Muñoz", "Ñandú", "Peña Gómez", "Ángel Íñiguez", "Óscar Ibáñez", "MUÑOZ PEÑA"]


def decided(taken, topic):
    return [decision for decision in taken.intake.decisions if decision.topic == topic]


def named(names):
    return HEADER + "".join(f"{name},2017-01-{number + 1:02d},1.5\n" for number, name in enumerate(names))


def test_one_bad_byte_spoils_its_line_and_not_the_file(take):
    content = (named(NAMES)).encode() + b"Mu\xf1oz,2017-01-09,7.5\n" + GOOD.encode()
    taken = take(content)
    assert taken.ids[:7] == NAMES
    assert (taken.reasons, taken.quarantine["line_number"].tolist()) == (["malformed_line"], [9])
    (said,) = decided(taken, "encoding")
    assert (said.value, said.n) == ("utf-8", 1)
    assert "line 9" in said.because
    assert taken.intake.n_unreadable_amounts == 1  # its worth is unknown, not zero


def test_a_file_in_two_encodings_is_refused_with_a_line_of_each(take):
    content = named(NAMES[:2]).encode() + "".join(f"Muñoz {n},2017-01-09,1\n" for n in range(9)).encode("cp1252")
    with pytest.raises(DataError, match=r"2 lines .* are UTF-8 \(line 2\) and 9 are not \(line 4\); export"):
        take(content)


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_an_old_code_page_is_told_by_the_names_that_it_makes_and_said(take, encoding):
    taken = take(named(NAMES).encode(encoding))
    assert taken.ids == NAMES
    (said,) = decided(taken, "encoding")
    assert (said.value, said.setting, said.n) == (encoding, "encoding", 7)
    assert said.examples[0] == "José Núñez"


def test_the_rest_of_a_large_file_counts_as_its_beginning_does(take):
    content = (HEADER + "c,2017-01-01,1.5\n" * 70_000 + "Páez,2017-01-02,1.5\n").encode("mac_roman")
    with pytest.raises(DataError, match=r"two encodings, e\.g\. the id 'Páez' in mac_roman and 'Pçez' in cp850; state"):
        take(content)
    assert take(content, encoding="mac_roman").ids.count("Páez") == 1


def test_where_two_encodings_fit_and_no_id_differs_the_file_is_read(take):
    content = "id,date,amount,note\n" + "".join(f"c{n},2017-01-0{n},1.5,Páez\n" for n in range(1, 8))
    assert take(content.encode("mac_roman")).intake.rows_clean == 7


def test_the_names_of_mapped_columns_tell_the_encoding(take):
    columns = {"customer_id": "código", "ordered_at": "día", "amount": "importe"}
    content = "código,día,importe\nMuñoz,2017-01-31,1.5\n".encode("mac_roman")
    assert take(content, columns=columns).ids == ["Muñoz"]


def test_letters_that_make_words_in_no_encoding_are_refused(take):
    with pytest.raises(
        DataError, match=r"line 2 is no UTF-8, and in no encoding tried .* make words.*state 'encoding'"
    ):
        take(HEADER.encode() + b"a\xdb\xb2\xb0b,2017-01-01,1\nc\xb1\xb2d,2017-01-01,1\n")


@pytest.mark.parametrize(
    ("above", "mark"),
    [("sep=;\n", ";"), ('"sep=;"\r\n', ";"), ("SEP=|\n", "|"),
     ("Ventas 2017, todas las tiendas\n\nFiltro;ninguno\n", ";"),
     ("Report\nfrom 2017-01-01\nto 2017-12-31\n\n", ","), ("\ufeffsep=\t\n", "\t")],
)  # fmt: skip
def test_lines_above_the_header_are_skipped_and_said(take, above, mark):
    end = "\r\n" if "\r" in above else "\n"
    table = (HEADER + GOOD).replace(",", mark).replace("\n", end)
    taken = take(above + table + f"x{mark}soon{mark}1{end}")
    assert taken.ids == ["c1", "c2", "c3", "c4", "c5", "c6"]
    (said,) = decided(taken, "lines_above_header")
    assert said.n == len([line for line in above.splitlines() if line.strip()])
    assert taken.quarantine["line_number"].tolist() == [len(above.splitlines()) + 8]


def test_a_file_without_header_says_so_with_a_value_and_the_setting(take):
    with pytest.raises(
        DataError, match=r"first line holds values, e\.g\. '2017-01-01', .*; state header: false and col"
    ):
        take(GOOD)


def test_row_names_of_r_are_no_column(take):
    taken = take('"id","date","amount"\n' + "".join(f'"{n}","c{n}","2017-01-0{n}",10.5\n' for n in range(1, 7)))
    assert taken.ids == ["c1", "c2", "c3", "c4", "c5", "c6"]
    assert taken.intake.amount_clean == 63
    assert decided(taken, "row_names")
    spaced = "id date amount\n" + "".join(f"{n} c{n} 2017-01-0{n} 10.5\n" for n in range(1, 7))
    assert take(spaced, delimiter="whitespace").ids == taken.ids


def sqlite(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sales (id)")
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("begin", "kind", "ending"),
    [(b"PK\x03\x04....", "Excel workbook", r"\.xlsx"), (b"PAR1....", "a Parquet file", r"\.parquet"),
     (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", r"\.xlsx"),
     (b"12345678DUCK", "DuckDB", r"\.duckdb"),
     (gzip.compress(GOOD.encode()), "a gzip archive", r"\.csv\.gz"), (None, "an SQLite database", r"\.sqlite")],
)  # fmt: skip
def test_a_file_of_another_kind_under_the_name_of_a_text_is_named(take, tmp_path, begin, kind, ending):
    with pytest.raises(DataError, match=rf"orders\.csv: is .*{kind}.*, not text; give it a name that ends in {ending}"):
        take(begin if begin is not None else sqlite(tmp_path / "x.sqlite"))


def test_totals_on_the_first_line_of_an_order_count_once_and_no_line_is_lost(take):
    text = "id,date,amount,order\n" + "".join(
        f"c{n},2017-01-0{n},10.5,{n}\nc{n},2017-01-0{n},,{n}\nc{n},2017-01-0{n},NULL,{n}\n" for n in range(1, 7)
    )
    taken = take(text + "c9,2017-01-09,,9\n", columns=COLUMNS | {"order_id": "order"}, limit=0.0)
    assert (taken.intake.rows_clean, taken.intake.amount_clean) == (18, Decimal(63))
    assert taken.intake.reasons == {"no_amount": 1}
    assert [said.n for said in decided(taken, "order_totals")] == [12]


def test_an_amount_that_is_missing_here_and_there_is_no_total(take):
    text = "id,date,amount,order\n" + "".join(
        f"c,2017-01-0{n},10.5,{n}\nd,2017-01-0{n},1,{n}\n" * 2 for n in range(1, 7)
    )
    taken = take(text.replace("d,2017-01-03,1,3", "d,2017-01-03,,3", 1), columns=COLUMNS | {"order_id": "order"})
    assert taken.intake.reasons["no_amount"] == 1
    assert not decided(taken, "order_totals")


@pytest.mark.parametrize("word", MISSING_IDS)
def test_what_exports_write_for_no_customer_is_set_aside_and_counted(take, word):
    taken = take(HEADER + f"{word},2017-01-31,1.5\n {word} ,2017-01-31,2.5\n,2017-01-31,3\n" + GOOD)
    assert (taken.intake.reasons, taken.intake.amount_quarantined) == ({"no_customer_id": 3}, 7)
    (said,) = decided(taken, "missing_ids")
    assert said.n == 3
    assert f"{word} (2)" in said.because


def test_customers_whose_names_look_like_missing_values_are_customers(take):
    ids = ["Nat", "Na", "NAT", "Nan", "Nil", "Null Island", "None Such", "0", "none-1", "anonymous", "N"]
    assert take(named(ids)).ids == ids


def test_the_words_for_no_customer_are_a_setting(take):
    text = named(["guest", "NULL", "\\N", "", "c1"])
    assert take(text, missing_ids=["guest"]).ids == ["NULL", "\\N", "c1"]
    assert take(text, missing_ids=[]).ids == ["guest", "NULL", "\\N", "c1"]


def test_one_id_that_holds_a_tenth_of_the_lines_is_said(take):
    many = "".join(f"c{n},2017-01-31,1.{n}\n" for n in range(90))
    (said,) = decided(take(HEADER + many + "guest,2017-01-31,1\n" * 10), "one_id")
    assert (said.n, said.examples, said.setting) == (10, ("guest",), "missing_ids")
    assert not decided(take(HEADER + many + "guest,2017-01-31,1\n" * 9), "one_id")


def test_ids_that_look_alike_are_said_and_kept_apart(take):
    ids = ["A1", "a1", " a1", "007", "7", "7.0", "e\u0301", "\u00e9", "x  y", "x y", "b", "70", "0"]
    taken = take(named(ids))
    assert taken.ids == ids
    (said,) = decided(taken, "look_alike_ids")
    assert (said.n, said.because[:27]) == (10, "10 ids would be 4 without c")
    assert any("'007' and '7" in example for example in said.examples)
    assert not decided(take(named(["a", "b", "70", "700"])), "look_alike_ids")


def test_an_order_of_two_customers_is_said(take):
    lines = ["c1,2017-01-01,1,1", "c2,2017-01-02,2,1", "c2,2017-01-02,3,2", "c2,2017-01-03,3,", "c1,2017-01-03,3,"]
    text = "\n".join(["id,date,amount,order", *lines, ""])
    taken = take(text, columns=COLUMNS | {"order_id": "order"})
    (said,) = decided(taken, "shared_orders")
    assert (said.n, said.examples, taken.intake.rows_clean) == (1, ("1",), 5)


def test_copies_without_an_order_id_are_counted_with_their_money_and_kept(take):
    taken = take(HEADER + GOOD + "c1,2017-01-01,10.5\n" * 2)
    (said,) = decided(taken, "copies")
    assert (said.n, taken.intake.rows_clean, taken.intake.amount_clean) == (2, 8, 84)
    assert "2 lines, worth 21.00, repeat another" in said.because


def test_a_line_that_no_table_has_is_refused_with_its_number(take):
    with pytest.raises(DataError, match=r"line 8 is longer than 16 MB, .*remove it, close its quote, or export"):
        take(HEADER + GOOD + "x" * (17 << 20) + ",2017-01-01,1.5\n" + GOOD)


def test_an_archive_that_unpacks_without_end_is_refused_before_the_disk_is_full(take, monkeypatch):
    monkeypatch.setattr(encodings, "UNPACKED_BYTES", 1 << 20)
    with pytest.raises(
        DataError, match=r"orders\.csv\.gz: [\d,]+ bytes unpack to more than 200 times as many.*unpack it"
    ):
        take(gzip.compress((HEADER + "c1,2017-01-01,1.5\n" * 400_000).encode(), 9), name="orders.csv.gz")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + GOOD)
    reads = ingest.read_source

    def replaced(*arguments):
        found = reads(*arguments)
        (tmp_path / "new.csv").write_text(HEADER + GOOD)
        os.replace(tmp_path / "new.csv", file)  # the same size, another file
        return found

    monkeypatch.setattr(ingest, "read_source", replaced)
    with pytest.raises(DataError, match=r"orders\.csv: changed while it was read; run again"):
        ingest.ingest(
            TransactionsTable(path=str(file), columns=COLUMNS), tmp_path, today=pd.Timestamp("2026-01-01").date()
        )
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]


MIXED = "id,date,amount,currency\n" + "".join(
    f"c{n},2017-01-0{n},10,{'CLP' if n % 3 else 'USD'}\n" for n in range(1, 8)
)


@pytest.mark.parametrize("name", ["currency", "Moneda", "order_currency", "cur"])
def test_lines_in_two_currencies_are_refused_with_their_counts(take, name):
    with pytest.raises(
        DataError, match=rf"{name} names 2 currencies, CLP \(5\), USD \(2\), whose amounts do not add up"
    ):
        take(MIXED.replace("currency", name))


def test_a_mapped_column_of_currencies_may_hold_signs(take):
    text = MIXED.replace("CLP", "$").replace("USD", "€")
    with pytest.raises(DataError, match=r"currency names 2 currencies, \$ \(5\), € \(2\)"):
        take(text, columns=COLUMNS | {"currency": "currency"})


def test_one_currency_is_said_and_a_column_of_other_words_is_none(take):
    one = take(MIXED.replace("USD", "CLP"))
    assert [said.value for said in decided(one, "currency")] == ["CLP"]
    other = take(MIXED.replace("USD", "USB").replace("currency", "unit"))
    assert (other.intake.rows_clean, decided(other, "currency")) == (7, [])


def test_negative_amounts_that_cannot_be_read_are_not_lost_alone(take):
    with pytest.raises(
        DataError, match=r"3 negative amounts cannot be read, e\.g\. '-\$1' in line 8, .*state decimal or currency_sign"
    ):
        take(HEADER + GOOD + "".join(f"c1,2017-01-0{n},-${n}\n" for n in range(1, 4)))
    assert take(HEADER + GOOD + "c1,2017-01-01,-$1\nc1,2017-01-01,free\n").intake.n_unreadable_amounts == 2


cells = st.text(st.sampled_from('aé"\n,\r '), max_size=4)
faults = st.sampled_from(["ok", "blank", "bad date", "short", "long"])


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(faults, cells), max_size=12))
def test_every_line_set_aside_keeps_its_number(take, rows):
    text, expected, line = HEADER, [], 2
    for fault, cell in rows:
        quoted = '"' + ("x" + cell).replace('"', '""').replace("\r", "") + '"'
        written = {
            "ok": f"{quoted},2017-01-31,1\n", "blank": "\n", "bad date": f"{quoted},soon,1\n",
            "short": "x\n", "long": "x,2017-01-31,1,2,3\n",
        }[fault]  # fmt: skip
        if fault in ("bad date", "short", "long"):
            expected.append(line)
        text, line = text + written, line + written.count("\n")
    taken = take(text + GOOD)
    assert sorted(taken.quarantine["line_number"].tolist()) == expected
    assert set(taken.quarantine["file"]) <= {"orders.csv"}


def test_line_numbers_begin_anew_in_each_file(take, tmp_path):
    (tmp_path / "a.csv").write_text("title\n" + HEADER + GOOD + "x,soon,1\n\n")
    (tmp_path / "b.csv").write_text(HEADER + "broken\n" + GOOD + "y,soon,1\n")
    found = take(tmp_path / "?.csv").quarantine
    assert list(zip(found["file"], found["line_number"], strict=True)) == [("a.csv", 9), ("b.csv", 2), ("b.csv", 9)]
