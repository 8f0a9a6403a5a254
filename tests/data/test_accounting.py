"""As of a date every line is used, later or set aside, and once; whether money is known is one fact."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.config import TransactionsTable
from clv.data.accounting import Accounts, accounts_as_of, valued
from clv.data.engine import open_engine
from clv.data.ingest import ingest

COLUMNS = {"customer_id": "id", "ordered_at": "day", "amount": "net"}
TODAY = dt.date(2026, 1, 1)
LINES = [
    ("a", "2024-01-10", "10.00"),
    ("b", "2024-01-20", "5.50"),
    ("a", "2024-02-10", "20.00"),  # later
    ("", "2024-01-15", "3.00"),  # set aside, with its money
    ("c", "2024-01-16", "ten"),  # of unknown worth
    ("c", "soon", "4.00"),  # without a day: set aside as of every date
    ("d", "2031-01-01", "7.00"),  # in the future: its date is the fault
    ("", "2024-02-15", "100.00"),  # later, and set aside
]


@pytest.fixture
def account(tmp_path):
    """Return a function that takes lines in and counts them as of a date; also the lines as they are valued."""

    def account(lines, as_of, columns=COLUMNS):
        folder = tmp_path / f"case{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        text = "\n".join(",".join(line) for line in [("id", "day", "net"), *lines])
        (folder / "orders.csv").write_text(text + "\n", encoding="utf-8")
        source = TransactionsTable(path=str(folder / "orders.csv"), columns=columns, decimal=".")
        intake = ingest(source, folder, today=TODAY, max_unreadable_share=1.0)
        engine = open_engine(spill=folder)
        accounts = accounts_as_of(folder, engine, intake, as_of)
        amounts = valued(engine.read_parquet(folder / "transactions.parquet"), accounts).amount.execute()
        engine.disconnect()
        return accounts, amounts

    return account


def test_lines_and_money_as_of_a_date(account):
    accounts, _ = account(LINES, dt.date(2024, 1, 31))
    assert accounts == Accounts(
        rows_read=8,
        rows_used=2,
        rows_later=1,
        rows_set_aside=4,
        rows_set_aside_later=1,
        reasons={"amount_not_a_number": 1, "date_in_future": 1, "date_not_readable": 1, "no_customer_id": 1},
        rows_of_unknown_worth=1,
        amount_used=Decimal("15.50"),
        amount_later=Decimal("20.00"),
        amount_set_aside=Decimal("14.00"),
        has_amounts=True,
    )


def test_as_of_the_last_day_nothing_is_later(account):
    accounts, _ = account(LINES, dt.date(2024, 12, 31))
    assert (accounts.rows_used, accounts.rows_later, accounts.rows_set_aside_later) == (3, 0, 0)
    assert accounts.amount_set_aside == Decimal("114.00")


@pytest.mark.parametrize(
    ("amounts", "known"),
    [
        (["1", "2"], True),
        (["0", "0.01"], True),
        (["5", "-5"], True),  # what they sum to says nothing
        (["5", "-500"], True),
        (["0", "0.00"], False),
    ],
)
def test_money_is_known_where_one_amount_is_not_zero(account, amounts, known):
    lines = [("a", f"2024-01-{day:02d}", amount) for day, amount in enumerate(amounts, 1)]
    accounts, valued_at = account(lines, dt.date(2024, 1, 31))
    assert accounts.has_amounts is known
    assert valued_at.notna().all() if known else valued_at.isna().all()


def test_an_amount_after_the_date_makes_no_money_known(account):
    lines = [("a", "2024-01-01", "0"), ("a", "2024-03-01", "9")]
    assert not account(lines, dt.date(2024, 1, 31))[0].has_amounts
    assert account(lines, dt.date(2024, 3, 1))[0].has_amounts


def test_a_log_without_amounts_has_no_money_to_account_for(account):
    columns = {name: column for name, column in COLUMNS.items() if name != "amount"}
    accounts, _ = account(LINES, dt.date(2024, 1, 31), columns=columns)
    assert accounts.amount_used is accounts.amount_later is accounts.amount_set_aside is None
    assert not accounts.has_amounts
    assert accounts.rows_used == 3  # "ten" is not looked at


DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2024, 3, 31)).map(str)
AMOUNTS = st.integers(-5_000, 50_000).map(lambda cents: f"{cents / 100:.2f}")
ANY_LINE = st.tuples(
    st.sampled_from(["a", "b", "c", ""]),
    st.one_of(DAYS, st.sampled_from(["soon", "1901-01-01", "2999-01-01", ""])),
    st.one_of(AMOUNTS, st.sampled_from(["ten", ""])),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_LINE, max_size=12), st.dates(dt.date(2024, 1, 2), dt.date(2024, 4, 1)))
def test_no_line_and_no_money_is_lost_or_counted_twice(account, lines, as_of):
    lines = [("a", "2024-01-01", "1.00"), *lines]
    accounts, _ = account(lines, as_of)
    parts = (accounts.rows_used, accounts.rows_later, accounts.rows_set_aside, accounts.rows_set_aside_later)
    assert sum(parts) == accounts.rows_read == len(lines)
    assert sum(accounts.reasons.values()) == accounts.rows_set_aside
    used = [line for line in lines if line[0] and "2024" in line[1] and line[2] not in ("ten", "")]
    by_then = [Decimal(line[2]) for line in used if line[1] <= str(as_of)]
    assert (accounts.rows_used, accounts.amount_used) == (len(by_then), sum(by_then))
    assert accounts.amount_later == sum(Decimal(line[2]) for line in used if line[1] > str(as_of))
