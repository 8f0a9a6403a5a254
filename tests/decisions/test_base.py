"""Figures of the base as a whole: whole months, change, classes of buyers, pace."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.decisions.base import change, every_month, months_in_full, order_classes, pace_quantile

MONTHS = pd.DataFrame({"month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"])})


@pytest.mark.parametrize(
    ("first", "last", "whole"),
    [
        ("2024-01-01", "2024-03-31", [1, 2, 3]),
        ("2024-01-02", "2024-03-30", [2]),
        ("2024-01-01", "2024-02-29", [1, 2]),
        ("2024-01-31", "2024-02-28", []),
    ],
)
def test_only_months_seen_from_the_first_to_the_last_day_are_whole(first, last, whole):
    found = months_in_full(MONTHS, dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert found["month"].dt.month.tolist() == whole


def test_change_compares_the_last_span_with_the_one_before():
    assert change(pd.Series([9.0, 10.0, 10.0, 12.0, 13.0]), span=2) == 0.25
    assert change(pd.Series([1.0, 2.0, 3.0]), span=2) is None
    assert change(pd.Series([0.0, 0.0, 5.0, 5.0]), span=2) is None


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_order_classes_hold_every_customer_once(orders):
    table = order_classes(pd.Series(orders))
    assert table["customers"].sum() == len(orders)
    assert len(table) <= 11
    assert table["orders"].is_unique


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_each_class_counts_the_customers_its_label_says(orders):
    for label, n in order_classes(pd.Series(orders)).itertuples(index=False):
        low, _, high = label.rstrip("+").partition("–")
        top = 10**6 if label.endswith("+") else int(high or low)
        assert sum(int(low) <= number <= top for number in orders) == n, label


def test_pace_counts_each_returning_customer_once():
    customers = pd.DataFrame({"frequency": [0, 1, 2, 10], "recency": [0.0, 1.0, 4.0, 10.0]})
    assert pace_quantile(customers, 0.5) == pytest.approx(7)
    assert pace_quantile(customers, 1.0) == pytest.approx(14)


def test_a_month_without_an_order_is_a_row_of_zeros():
    months = pd.DataFrame(
        {"month": pd.to_datetime(["2024-01-01", "2024-04-01"]), "revenue": [5.0, 7.0], "orders": [1, 2]}
    )
    whole = every_month(months)
    assert list(whole["month"].dt.month) == [1, 2, 3, 4]
    assert list(whole["revenue"]) == [5, 0, 0, 7]
    assert whole["orders"].sum() == 3
