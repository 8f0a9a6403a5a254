"""What a customer's days say as of a date: counted by hand, against pandas, and blind to what comes after."""

import datetime as dt
import itertools
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.reference import companies

from clv.data.behaviour import ACTIVITY, HALF_LIVES, MONEY_WINDOWS, WINDOWS, behaviour, log_gaps
from clv.data.customers import customer_days
from clv.data.schema import CUSTOMERS, MONEY

AS_OF = dt.date(2024, 6, 30)
SPAN = 40
LINES = [
    # first 120 days before the as-of date, then 45, 15 and 0
    ("four", "2024-03-02", 100), ("four", "2024-05-16", 20), ("four", "2024-06-15", 30), ("four", "2024-06-30", 50),
    ("once", "2024-06-24", 8),
    ("refunded", "2024-05-31", 40), ("refunded", "2024-06-20", -15),
    ("only refunds", "2024-06-10", -5),
    ("edge", "2024-06-02", 10), ("edge", "2024-06-23", 1), ("edge", "2024-06-24", 2), ("edge", "2024-07-01", 999),
    ("tomorrow", "2024-07-01", 7),
]  # fmt: skip
numbered = itertools.count()


def described(days: ibis.Table, as_of: dt.date = AS_OF, span_days: int = SPAN) -> pd.DataFrame:
    return behaviour(days, as_of, span_days).execute().set_index("customer_id").sort_index()


@pytest.fixture
def rows(lines):
    return described(customer_days(lines(LINES), dt.date(2024, 7, 1)))


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("four", {"n_orders": 4, "frequency": 3, "recency": 120 / 7, "T": 120 / 7, "value_to_date": 200}),
        ("four", {"monetary_value": 100 / 3, "mean_purchase": 50, "orders_in_span": 2}),
        (
            "four",
            {"orders_7d": 1, "orders_14d": 1, "orders_28d": 2, "orders_56d": 3, "orders_91d": 3, "orders_364d": 3},
        ),
        ("four", {"fading_orders_15d": 1 + 0.5 + 0.5**3 + 0.5**8, "net_28d": 80, "net_91d": 100, "net_182d": 200}),
        ("four", {"fading_orders_45d": 1 + 0.5 ** (1 / 3) + 0.5 + 0.5 ** (120 / 45)}),
        ("four", {"fading_orders_120d": 1 + 0.5 ** (1 / 8) + 0.5 ** (3 / 8) + 0.5}),
        ("once", {"n_orders": 1, "frequency": 0, "orders_7d": 0, "orders_364d": 0, "orders_in_span": 0}),
        ("once", {"fading_orders_15d": 0.5 ** (6 / 15), "net_28d": 8, "mean_purchase": 8, "T": 6 / 7}),
        ("refunded", {"n_orders": 1, "mean_purchase": 40, "value_to_date": 25, "net_28d": -15, "net_91d": 25}),
        # windows of w days end with the as-of day: the seventh day back counts for 14 days, not for 7
        ("edge", {"orders_7d": 1, "orders_14d": 2, "orders_28d": 2, "net_28d": 3, "net_91d": 13, "value_to_date": 13}),
    ],
)
def test_every_column_is_as_counted_by_hand(rows, name, columns):
    assert rows.loc[name, list(columns)].astype(float).to_dict() == pytest.approx(columns)


def test_who_only_had_refunds_keeps_the_money_and_has_no_counts(rows):
    refunds = rows.loc["only refunds"]
    assert refunds[["value_to_date", "net_28d", "net_91d", "net_182d"]].tolist() == [-5] * 4
    assert (
        refunds[["first_order", "T", "mean_purchase", "orders_in_span", "orders_7d", "fading_orders_45d"]].isna().all()
    )


def test_who_comes_later_is_not_there(rows):
    assert rows.index.tolist() == ["edge", "four", "once", "only refunds", "refunded"]


def test_the_columns_are_those_announced_in_their_order(lines):
    table = behaviour(customer_days(lines(LINES), AS_OF), AS_OF, SPAN)
    assert list(table.columns) == [*CUSTOMERS.names, "mean_purchase", "returned", *ACTIVITY]
    assert len(ACTIVITY) == 1 + len(WINDOWS) + len(HALF_LIVES) + len(MONEY_WINDOWS)


def test_without_amounts_money_is_missing_and_counts_are_not(lines):
    unpriced = customer_days(lines(LINES).mutate(amount=ibis.null(MONEY)), AS_OF)
    table = described(unpriced)
    money = ["monetary_value", "value_to_date", "mean_purchase", "returned"]
    money += [f"net_{window}d" for window in MONEY_WINDOWS]
    assert table[money].isna().all(axis=None)
    assert table[money].dtypes.eq(float).all()
    assert table.drop(columns=money).notna().all(axis=None)
    assert table.loc["refunded", "orders_28d"] == 1


@pytest.fixture
def as_table(engine, tmp_path):
    """Return a function that makes the days of an engine from those of a frame."""

    def as_table(rows: pd.DataFrame) -> ibis.Table:
        file = tmp_path / f"days_{next(numbered)}.parquet"
        rows.assign(ordered_on=rows["ordered_on"].dt.date, net=rows["net"].map(Decimal)).to_parquet(file)
        table = engine.read_parquet(file)
        return table.mutate(net=table.net.cast("decimal(38, 4)"))

    return as_table


histories = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 400), st.integers(-50, 100)),
    min_size=1,
    max_size=60,
    unique_by=lambda line: line[:2],
)
in_engine = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def frame_of(history: list[tuple[str, int, int]]) -> pd.DataFrame:
    """Return purchase days: those that net above zero are purchases."""
    frame = pd.DataFrame(history, columns=["customer_id", "number", "net"])
    ordered_on = pd.Timestamp(companies.START) + pd.to_timedelta(frame["number"], unit="D")
    return frame.assign(ordered_on=ordered_on, is_purchase=frame["net"] > 0).drop(columns="number")


@in_engine
@given(history=histories, cut=st.integers(0, 400), span=st.integers(1, 200))
def test_any_history_is_described_as_pandas_describes_it(as_table, history, cut, span):
    rows, as_of = frame_of(history), companies.day(cut)
    assume((rows["is_purchase"] & (rows["ordered_on"] <= pd.Timestamp(as_of))).any())
    found = described(as_table(rows), as_of, span).dropna(subset="first_order")
    expected = companies.known(rows, as_of, span)
    assert found.index.tolist() == expected.index.tolist()
    for name in expected.columns.drop(["first_order", "last_order"]):
        np.testing.assert_allclose(found[name].astype(float), expected[name].astype(float), rtol=1e-12, err_msg=name)


@in_engine
@given(history=histories, cut=st.integers(0, 400), shift=st.integers(0, 100), times=st.integers(-3, 9))
def test_the_future_never_reaches_a_column(as_table, history, cut, shift, times):
    rows, as_of = frame_of(history), companies.day(cut)
    after = rows["ordered_on"] > pd.Timestamp(as_of)
    past, future = rows[~after], rows[after]
    shifted = future.assign(ordered_on=future["ordered_on"] + pd.Timedelta(days=shift))
    multiplied = future.assign(net=future["net"] * times, is_purchase=future["net"] * times > 0)
    worlds = [rows, past, pd.concat([past, shifted]), pd.concat([multiplied, past])]
    together = pd.concat([rows.assign(customer_id=f"{i}" + rows["customer_id"]) for i, rows in enumerate(worlds)])
    table = described(as_table(together), as_of)
    actual, *others = (table[table.index.str.startswith(f"{i}")] for i in range(len(worlds)))
    for other in others:
        assert other.index.str[1:].tolist() == actual.index.str[1:].tolist()
        pd.testing.assert_frame_equal(other.set_axis(actual.index), actual, check_exact=False, rtol=1e-13)


def test_gaps_are_counted_between_purchase_days_up_to_the_as_of_date(lines):
    gaps = log_gaps(customer_days(lines(LINES), dt.date(2024, 7, 1)), AS_OF).execute().set_index("customer_id")
    expected = {"four": np.log([75 / 7, 30 / 7, 15 / 7]).sum(), "edge": np.log([21 / 7, 1 / 7]).sum()}
    assert gaps["log_gaps"].to_dict() == pytest.approx(expected, rel=1e-12)
