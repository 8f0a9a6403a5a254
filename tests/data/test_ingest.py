"""No line and no money is lost: each line ends in one of two files, the faulty ones with their reason."""

import datetime as dt
import io
from collections import Counter
from decimal import Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.data.conftest import COLUMNS, GOOD, HEADER, TODAY

from clv.config import TransactionsTable
from clv.data.ingest import ingest
from clv.data.schema import QUARANTINE, REASONS, TRANSACTIONS
from clv.errors import DataError

WITH_ORDER = COLUMNS | {"order_id": "order"}


def parquet(**columns) -> bytes:
    """Return a Parquet file; id, date and amount are good unless given, four lines of 1, 2, 3 and 4."""
    n = len(next(iter(columns.values()), range(4)))
    good = {"id": ["a", "b", "c", "d"][:n], "date": [dt.date(2017, 1, 31)] * n, "amount": [1.0, 2.0, 3.0, 4.0][:n]}
    buffer = io.BytesIO()
    pq.write_table(pa.table(good | columns), buffer)
    return buffer.getvalue()


FAULTS = {
    "no_customer_id": [",2017-01-31,1", "  ,2017-01-31,1", "\t,2017-01-31,1", "\xa0,2017-01-31,1", "NaN,2017-01-31,1"],
    "no_date": ["x,,1", "x, ,1", "x,NaT,1"],
    "date_not_readable": ["x,2017-02-30,1", "x,soon,1", "x,31/31/2017,1", "x,0000-00-00,1"],
    "date_in_future": ["x,2026-01-02,1", "x,9999-12-31,1"],
    "date_implausible": ["x,1969-12-31,1", "x,0001-01-01,1"],
    "no_amount": ["x,2017-01-31,", "x,2017-01-31,nan"],
    "amount_not_a_number": ["x,2017-01-31,free", 'x,2017-01-31,"1,2,5"', "x,2017-01-31,$1"],
    "malformed_line": ["x", "x,2017-01-31", "x,2017-01-31,1,1"],
}
CASES = [(reason, line) for reason, lines in FAULTS.items() for line in lines]


def test_each_fault_ends_in_the_quarantine_under_its_own_reason(take):
    taken = take(HEADER + "".join(line + "\n" for _, line in CASES) + GOOD)
    assert taken.intake.reasons == Counter(reason for reason, _ in CASES)
    assert list(taken.intake.reasons.values()) == sorted(taken.intake.reasons.values(), reverse=True)
    assert taken.ids == ["c1", "c2", "c3", "c4", "c5", "c6"]
    found = taken.quarantine[taken.quarantine["reason"] != "malformed_line"]
    as_found = Counter(line.split(",")[1] for reason, line in CASES if reason != "malformed_line")
    assert Counter(found["ordered_at"].fillna("")) == as_found
    assert set(taken.quarantine["reason"]) | {"duplicate_line", "date_far_from_rest"} == set(REASONS)


@pytest.mark.parametrize(
    ("line", "reason"), [(",soon,free", "no_customer_id"), ("x,soon,free", "date_not_readable"), ("x,,", "no_date")]
)
def test_a_line_with_several_faults_has_the_first_reason(take, line, reason):
    assert take(f"{HEADER}{line}\n{GOOD}").reasons == [reason]


def test_a_line_of_today_is_not_in_the_future(take):
    assert take(f"{HEADER}x,{TODAY},1.5\n").days == [str(TODAY)]


def test_both_files_have_the_columns_of_the_schema(take):
    taken = take(HEADER + GOOD + "bad\n")
    assert (list(taken.clean), list(taken.quarantine)) == (list(TRANSACTIONS), list(QUARANTINE))


def test_readable_money_in_the_quarantine_is_counted(take):
    taken = take(HEADER + GOOD + ",2017-01-31,7.25\nx,soon,-0.25\nx,2017-01-31,free\n")
    assert (taken.intake.amount_clean, taken.intake.amount_quarantined) == (Decimal(63), Decimal(7))


ORDERS_ONLY = {"customer_id": "id", "ordered_at": "date"}


def test_a_log_without_amounts_is_read_and_says_nothing_of_money(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("id,date,note\na,2017-01-31,x\nb,2017-02-01,\n,2017-02-01,\nc,soon,\na,31/12,\n")
    intake = ingest(
        TransactionsTable(path=str(file), columns=ORDERS_ONLY), tmp_path, today=TODAY, max_unreadable_share=1
    )
    clean, quarantine = (pq.read_table(tmp_path / f"{part}.parquet") for part in ("transactions", "quarantine"))
    assert (intake.rows_read, intake.rows_clean) == (5, 2)
    assert intake.reasons == {"date_not_readable": 2, "no_customer_id": 1}
    assert (intake.amount_clean, intake.amount_quarantined) == (None, None)
    assert (clean["customer_id"].to_pylist(), clean["amount"].to_pylist()) == (["a", "b"], [None, None])
    assert clean.schema.names == list(TRANSACTIONS)
    assert clean.schema.field("amount").type == pa.decimal128(18, 4)  # as in a log with amounts
    assert quarantine["amount"].to_pylist() == [None] * 3


def test_a_column_of_amounts_that_the_map_leaves_out_is_not_looked_at(take, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + "a,2017-01-31,free\nb,2017-01-31,\n")
    intake = ingest(TransactionsTable(path=str(file), columns=ORDERS_ONLY), tmp_path, today=TODAY)
    assert (intake.rows_clean, intake.reasons) == (2, {})


def test_a_missing_column_of_amounts_says_how_to_do_without(take):
    with pytest.raises(
        DataError, match=r"'amount' \(for amount\); no amounts at all\? leave .* or score with --no-amount"
    ):
        take("id,date\na,2017-01-31\n")


rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "007", "", " ", "ñ", '"q', "#"]),
        st.sampled_from(["2017-01-31", "2017-02-28", "2030-01-01", "1900-01-01", "2017-02-30", ""]),
        st.one_of(st.decimals(-10_000, 10_000, places=4).map(str), st.sampled_from(["", "free", "1e400"])),
        st.sampled_from(["1", "2", ""]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows)
@example([("a", "2017-01-31", "0.0001", "1")] * 3 + [("a", "2017-01-31", "0.0001", "")] * 3)
def test_lines_and_money_are_conserved_whatever_is_wrong(take, rows):
    good = ("z", "2017-01-01", "0.5", "0")
    cells = [("id", "date", "amount", "order"), good, *rows]
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in cells)
    taken = take(text + "malformed\n", columns=WITH_ORDER)
    assert taken.intake.rows_read == len(rows) + 2
    assert taken.intake.amount_clean + taken.intake.amount_quarantined == sum(
        (Decimal(row[2]) for row in [good, *rows] if row[2] not in {"", "free", "1e400"}), Decimal(0)
    )
    copies = sum(n - 1 for row, n in Counter(rows).items() if row[3])
    assert taken.intake.reasons.get("duplicate_line", 0) <= copies
    assert set(taken.ids) <= {"z", "a", "007", "ñ", '"q', "#"}


def test_exact_copies_with_the_same_order_id_are_set_aside_and_their_money_counted(take):
    line = "c,2017-01-31,1.5,{}\n"
    text = "id,date,amount,order\n" + line.format(1) * 3 + line.format(2) + "c,2017-01-31,1.75,1\n"
    taken = take(text, columns=WITH_ORDER)
    assert taken.intake.reasons == {"duplicate_line": 2}
    assert (taken.intake.amount_clean, taken.intake.amount_quarantined) == (Decimal("4.75"), Decimal(3))


def test_equal_lines_without_an_order_id_are_all_kept(take):
    assert take(HEADER + "c,2017-01-31,1.5\n" * 3).intake.rows_clean == 3
    empty = take("id,date,amount,order\n" + "c,2017-01-31,1.5,\n" * 3, columns=WITH_ORDER)
    assert (empty.intake.rows_clean, empty.reasons) == (3, [])


def test_too_many_unreadable_lines_refuse_the_file_and_leave_nothing(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + GOOD * 3 + "x,soon,1\nx,2017-01-31,free\n")
    source = TransactionsTable(path=str(file), columns=COLUMNS)
    message = r"orders\.csv: 2 of 20 lines cannot be read: .*\(1\), .*\(1\); state delimiter, date_format, decimal"
    with pytest.raises(DataError, match=message):
        ingest(source, tmp_path, today=TODAY, max_unreadable_share=0.09)
    assert [path.name for path in tmp_path.iterdir()] == ["orders.csv"]
    assert ingest(source, tmp_path, today=TODAY, max_unreadable_share=0.1).rows_clean == 18


def test_missing_values_are_no_reason_to_refuse_a_file(take):
    assert take(HEADER + GOOD + ",2017-01-31,1\n" * 6, limit=0.0).intake.rows_quarantined == 6


def test_a_file_without_a_usable_line_says_why(take):
    with pytest.raises(DataError, match=r"none of 2 lines can be used: no customer id \(2\); check the columns map"):
        take(HEADER + ",2017-01-31,1\n,2017-01-31,1\n")


def test_all_missing_columns_are_named_with_the_nearest_that_exist(take):
    with pytest.raises(DataError) as error:
        take("ids,fecha,amounts\na,2017-01-31,1\n", columns=WITH_ORDER)
    assert "orders.csv: 4 of 4 columns are missing" in str(error.value)
    assert "'id' (for customer_id; did you mean 'ids'?)" in str(error.value)
    assert "'amount' (for amount; did you mean 'amounts'?)" in str(error.value)
    assert str(error.value).endswith("the file has: 'ids', 'fecha', 'amounts'")


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([7, 8, 2**60, -1], ["7", "8", str(2**60), "-1"]),
        ([7.0, 2.5, 2.0**40, 0.0], ["7", "2.5", str(2**40), "0"]),
        (pa.array([Decimal("7.00"), Decimal("2.50"), Decimal(10**24), Decimal(0)], pa.decimal128(30, 2)),
         ["7", "2.50", str(10**24), "0"]),
        (["007", "7", " 7", "7.0"], ["007", "7", " 7", "7.0"]),
        (pa.array(["007", "a", "A", "a"]).dictionary_encode(), ["007", "a", "A", "a"]),
        (pa.array(["007", "a", "A", "a"], pa.large_string()), ["007", "a", "A", "a"]),
    ],
)  # fmt: skip
def test_ids_of_any_type_become_the_text_a_reader_expects(take, ids, text):
    assert take(parquet(id=ids), name="orders.parquet").ids == text


def test_a_missing_id_of_any_type_is_set_aside(take):
    for ids in ([1.0, float("nan"), None, 2.0], [1, None, None, 2], ["1", None, "", "2"]):
        taken = take(parquet(id=ids), name="orders.parquet")
        assert (taken.ids, taken.intake.reasons) == (["1", "2"], {"no_customer_id": 2})


def test_ids_that_are_bytes_are_refused(take):
    with pytest.raises(DataError, match=r"orders\.parquet: id: ids are of type binary; give text or numbers"):
        take(parquet(id=[b"\xf1", b"b", b"c", b"d"]), name="orders.parquet")


def test_amounts_that_are_no_finite_number_of_money_are_set_aside(take):
    taken = take(parquet(amount=[1.5, float("nan"), float("inf"), 1e20]), name="orders.parquet")
    assert taken.amounts == [Decimal("1.5")]
    assert taken.intake.reasons == {"amount_not_a_number": 2, "no_amount": 1}


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ([dt.date(2017, 1, 31)] * 4, "2017-01-31"),
        ([dt.datetime(2017, 1, 31, 23, 59)] * 4, "2017-01-31"),
        (pa.array([dt.datetime(2017, 1, 31, 23)] * 4, pa.timestamp("ns")), "2017-01-31"),
        ([20170131] * 4, "2017-01-31"),
        (["31/01/2017"] * 4, "2017-01-31"),
    ],
)
def test_dates_of_any_type_are_read(take, dates, day):
    assert set(take(parquet(date=dates), name="orders.parquet").days) == {day}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"date": [2017.5] * 4}, r"date: dates are of type float64; give dates, timestamps or text"),
        ({"amount": [True] * 4}, r"amount: amounts are of type boolean; give numbers"),
    ],
)
def test_columns_of_an_impossible_type_are_refused(take, columns, message):
    with pytest.raises(DataError, match=rf"orders\.parquet: {message}"):
        take(parquet(**columns), name="orders.parquet")


def test_several_parquet_files_are_read_as_one(take, tmp_path):
    for name in ("a.parquet", "b.parquet"):
        (tmp_path / name).write_bytes(parquet())
    taken = take(tmp_path / "*.parquet")
    assert (taken.intake.rows_read, taken.intake.amount_clean) == (8, Decimal(20))


@pytest.fixture
def database(tmp_path):
    """Return a function that makes a DuckDB file with so many equal tables."""

    def database(*tables):
        file = tmp_path / "o'brien.duckdb"
        with duckdb.connect(str(file)) as connection:
            for table in tables:
                connection.execute(f"CREATE TABLE {table} AS SELECT '007' id, DATE '2017-01-31' date, 1.5 amount")
        return file

    return database


def test_the_only_table_of_a_database_is_read(take, database):
    assert take(database("sales")).ids == ["007"]


def test_a_database_keeps_moments_without_their_place_and_asks_for_it(take, tmp_path):
    with duckdb.connect(str(tmp_path / "zone.duckdb")) as connection:
        connection.execute("SET TimeZone = 'America/Mexico_City'")
        at = "TIMESTAMPTZ '2024-01-05 21:30:00'"
        connection.execute(f"CREATE TABLE sales AS SELECT 'a' id, {at} date, 1.5 amount")
    with pytest.raises(DataError, match=r"date: holds moments in UTC, e\.g\. 2024-01-06 03:30:00, .*state timezone"):
        take(tmp_path / "zone.duckdb")
    assert take(tmp_path / "zone.duckdb", timezone="America/Mexico_City").days == ["2024-01-05"]


def test_a_database_with_several_tables_asks_for_a_name(take, database):
    file = database("sales", "returns")
    with pytest.raises(DataError, match=r"holds 2 tables \(returns, sales\); name one with 'table'"):
        take(file)
    with pytest.raises(DataError, match=r"holds 2 tables"):
        take(file, table="sale")
    assert take(file, table="sales").ids == ["007"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("orders.docx", b"x", r"unknown kind of file; its name must end in one of \.csv"),
        ("orders.parquet", b"PAR1 and no more", r"cannot be read as parquet: .*or export it again$"),
        ("orders.duckdb", b"x" * 5000, r"cannot be read as database: .*not a valid DuckDB"),
        ("orders.parquet", parquet(id=[], date=pa.array([], pa.date32()), amount=[]), r"no line of data"),
    ],
)
def test_a_source_that_cannot_be_read_is_one_clear_line(take, name, content, message):
    with pytest.raises(DataError, match=message) as error:
        take(content, name=name)
    assert "\n" not in str(error.value)


def test_a_missing_file_or_a_folder_is_refused(take, tmp_path):
    with pytest.raises(DataError, match=r"none\.csv: no such file; check the path"):
        take(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"\*\.csv: no such file"):
        take(tmp_path / "*.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder\.csv: is not a file; give a file, or a pattern"):
        take(tmp_path / "folder.csv")
    packaged = TransactionsTable(path="package:no_such_package/x.csv", columns=COLUMNS)
    with pytest.raises(DataError, match=r"the package 'no_such_package' is not installed"):
        ingest(packaged, tmp_path, today=TODAY)


STAMPS = ["2017-06-01 03:30:00", "2017-06-01 04:30:00", "2017-12-01 04:30:00", "2017-12-01 05:30:00"]
LOCAL = ["2017-05-31", "2017-06-01", "2017-11-30", "2017-12-01"]  # New York: four hours in summer, five in winter


@pytest.mark.parametrize("kind", ["text", "timestamp", "zoned"])
def test_an_evening_in_utc_falls_on_the_local_day_in_summer_and_winter(take, kind):
    moments = [dt.datetime.fromisoformat(text) for text in STAMPS]
    zoned = pa.array([moment.replace(tzinfo=dt.UTC) for moment in moments], pa.timestamp("us", "UTC"))
    dates = {"text": STAMPS, "timestamp": moments, "zoned": zoned}[kind]
    taken = take(parquet(date=dates), name="orders.parquet", timezone="America/New_York")
    assert taken.days == LOCAL


def test_a_written_offset_counts_when_a_time_zone_is_stated(take):
    hours = ["03:30:00+00:00", "00:30:00-04:00", "08:30:00+05:00", "03:30:00Z"]
    dates = [f"2017-06-01T{hour}" for hour in hours]
    taken = take(parquet(date=dates), name="orders.parquet", timezone="America/New_York")
    assert taken.days == ["2017-05-31", "2017-06-01", "2017-05-31", "2017-05-31"]


def test_placeholders_far_away_do_not_disturb_the_time_zone(take):
    moments = [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23), dt.datetime(2017, 6, 1, 3, 30), None]
    taken = take(parquet(date=moments), name="orders.parquet", timezone="America/New_York")
    assert taken.days == ["2017-05-31"]
    assert sorted(taken.reasons) == ["date_implausible", "date_in_future", "no_date"]


@pytest.mark.parametrize("dates", [[dt.date(2017, 1, 31)] * 4, ["2017-01-31"] * 4])
def test_dates_without_a_time_have_no_time_zone(take, dates):
    with pytest.raises(DataError, match=r"date: holds dates without a time of day.*remove timezone"):
        take(parquet(date=dates), name="orders.parquet", timezone="America/New_York")


def test_a_line_dated_far_from_all_others_is_set_aside_or_kept_as_stated(take):
    days = pd.date_range("2023-01-02", "2023-12-31")
    steady = "".join(f"c{day.day},{day:%Y-%m-%d},2\n" for day in days)
    text = f"{HEADER}{steady}x,2024-01-04,7\nlate,{TODAY - dt.timedelta(days=1)},5\n"
    taken = take(text)
    assert taken.reasons == ["date_far_from_rest"]
    assert taken.intake.last_day == dt.date(2024, 1, 4)
    assert taken.intake.rows_read == taken.intake.rows_clean + 1
    assert taken.intake.amount_quarantined == 5
    (said,) = [decision for decision in taken.intake.decisions if decision.topic == "far_dates"]
    assert (said.n, said.setting) == (1, "keep_far_dates")
    kept = take(text, keep_far_dates=True)
    assert kept.intake.rows_quarantined == 0
    assert any(decision.topic == "gap" for decision in kept.intake.decisions) == ((TODAY - days[-1].date()).days > 366)
