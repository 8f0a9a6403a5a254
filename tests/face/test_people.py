"""Customers of a log and of a table counted elsewhere; a table that cannot be is refused in one line."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clv
from clv.errors import ClvError, ConfigError, DataError

COUNTED = pd.DataFrame(
    {"frequency": [2, 1, 0], "recency": [30.43, 1.71, 0.0], "T": [38.86] * 3, "monetary_value": [22.35, 11.77, 0.0]},
    index=["a", "b", "c"],
)


def test_customers_of_a_log_are_counted_as_by_hand(log):
    days = log.table[log.table["is_purchase"]].groupby("customer_id")["ordered_on"]
    table = clv.customers(log).table
    end = pd.Timestamp(log.as_of)
    assert table["frequency"].equals((days.size() - 1).reindex(table.index))
    np.testing.assert_allclose(table["recency"], (days.max() - days.min()).dt.days.reindex(table.index) / 7)
    np.testing.assert_allclose(table["T"], (end - days.min()).dt.days.reindex(table.index) / 7)
    net = log.table.groupby("customer_id")["net"]
    np.testing.assert_allclose(table["mean_purchase"], net.mean().reindex(table.index))
    assert table["value_to_date"].sum() == pytest.approx(log.table["net"].sum())


def test_customers_describe_themselves(log):
    found = clv.customers(log)
    came_back = int((found.table["frequency"] > 0).sum())
    n = len(found.table)
    said = f"<{n} customers as of 2025-06-29: {came_back} of {n} buyers came back, with amounts>"
    assert repr(found) == said


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 300), st.integers(0, 100)), min_size=1, max_size=20))
def test_days_and_weeks_are_the_same_customers(rows):
    frequency, span, after = (np.array(column) for column in zip(*rows, strict=True))
    recency = np.where(frequency > 0, span, 0)
    in_days = pd.DataFrame({"frequency": frequency, "recency": recency, "T": recency + after})
    in_weeks = in_days.assign(recency=in_days["recency"] / 7, T=in_days["T"] / 7)
    left, right = (clv.customers(frame, unit=unit).table for frame, unit in ((in_days, "day"), (in_weeks, "week")))
    pd.testing.assert_frame_equal(left, right)


def test_a_table_keeps_its_order_and_its_caller_keeps_it():
    before = COUNTED.copy(deep=True)
    found = clv.customers(COUNTED.loc[["c", "a", "b"]], unit="week")
    assert found.table.index.tolist() == ["c", "a", "b"]
    assert np.isnan(found.table.loc["c", "monetary_value"])  # zero is no mean of nothing
    pd.testing.assert_frame_equal(COUNTED, before)
    assert clv.customers(COUNTED.reset_index(names="customer_id"), unit="week").table.index.tolist() == list("abc")


FAULTS = [
    (lambda c: c.rename(columns={"frequency": "frequncy"}), {}, DataError, "'frequency' (did you mean 'frequncy'?)"),
    (lambda c: c.rename(columns={"T": "t"}), {}, DataError, "'T' (did you mean 't'?)"),
    (lambda c: c.astype({"recency": str}), {}, DataError, "recency is of type str, e.g. '30.43'; give numbers"),
    (lambda c: c.set_axis(["a", "b", "a"]), {}, DataError, "1 customers have several rows, e.g. 'a'; give"),
    (lambda c: c.set_axis(["a", None, "c"]), {}, DataError, "customers: 1 of 3 rows have no customer_id"),
    (lambda c: c.assign(recency=99.0), {}, DataError, "recency > T"),
    (lambda c: c.assign(monetary_value=np.nan), {}, DataError, "2 of 2 with repeat purchases have no"),
    (lambda c: c.iloc[:0], {}, DataError, "customers: has no rows"),
    (lambda c: c, {"unit": None}, ConfigError, 'say the unit of recency and T, unit="week" or unit="day"; got None'),
    (lambda c: c, {"unit": "month"}, ConfigError, "got 'month'"),
    (lambda c: c.to_numpy(), {}, ConfigError, "customers must come from clv.read or in a DataFrame; got ndarray"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "arguments", "kind", "said"), FAULTS)
def test_a_table_that_cannot_be_is_refused_in_one_line(change, arguments, kind, said):
    with pytest.raises(ClvError) as raised:
        clv.customers(change(COUNTED), **{"unit": "week", **arguments})
    assert type(raised.value) is kind
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_log_knows_its_own_unit_and_day(log):
    with pytest.raises(ConfigError, match="a log knows both"):
        clv.customers(log, as_of=dt.date(2025, 1, 1))
