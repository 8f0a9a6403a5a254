"""Months, cohorts and gaps reconcile with the days they are made of."""

import datetime as dt

import pytest

from clv.data.customers import customer_days
from clv.data.history import cohort_activity, days_between_orders, first_orders, monthly_activity, repeat_orders

LINES = [
    ("a", "2023-11-30", 10), ("a", "2023-12-01", 5), ("a", "2024-01-31", 2), ("a", "2024-02-01", -4),
    ("b", "2023-12-31", 20), ("b", "2024-03-31", 7), ("b", "2024-04-01", 3), ("b", "2024-04-01", 1),
    ("c", "2024-02-29", 6),
    ("refund", "2024-02-10", -9),
    ("d", "2024-02-01", -1), ("d", "2024-04-30", 8),
]  # fmt: skip


@pytest.fixture
def days(lines):
    return customer_days(lines(LINES), dt.date(2024, 4, 30))


def test_months_add_up_to_the_money_and_the_purchase_days(days):
    months = monthly_activity(days).execute()
    months["month"] = months["month"].astype(str).str[:7]
    found = months.set_index("month").T.to_dict("list")
    assert found == {  # revenue, orders, customers, new customers
        "2023-11": [10, 1, 1, 1],
        "2023-12": [25, 2, 2, 1],
        "2024-01": [2, 1, 1, 0],
        "2024-02": [-8, 1, 1, 1],
        "2024-03": [7, 1, 1, 0],
        "2024-04": [12, 2, 2, 1],
    }
    assert months["revenue"].sum() == sum(amount for _, _, amount in LINES)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (1, {("2023-11", 0): 1, ("2023-11", 1): 1, ("2023-11", 2): 1, ("2023-12", 0): 1, ("2023-12", 3): 1,
             ("2023-12", 4): 1, ("2024-02", 0): 1, ("2024-04", 0): 1}),
        (3, {("2023-10", 0): 2, ("2023-10", 1): 2, ("2023-10", 2): 1, ("2024-01", 0): 1, ("2024-04", 0): 1}),
        (12, {("2023-01", 0): 2, ("2023-01", 1): 2, ("2024-01", 0): 2}),
    ],
)  # fmt: skip
def test_cohorts_are_counted_by_month_quarter_and_year(days, period, expected):
    found = cohort_activity(days, period).execute()
    keys = zip(found["cohort"].astype(str).str[:7], found["age"], strict=True)
    assert dict(zip(keys, found["customers"], strict=True)) == expected
    assert found["revenue"].sum() == sum(amount for _, _, amount in LINES if amount > 0)


def test_first_and_repeat_purchases_are_all_purchases(days):
    everyone = dt.date(2024, 4, 30)
    firsts, repeats = first_orders(days, everyone).execute(), repeat_orders(days, everyone).execute()
    assert firsts["first_order"].astype(str).str[:10].tolist() == [
        "2023-11-30", "2023-12-31", "2024-02-29", "2024-04-30",
    ]  # fmt: skip
    assert firsts["n"].tolist() == [1, 1, 1, 1]
    assert firsts["n"].sum() + repeats["n"].sum() == days.is_purchase.sum().execute()


def test_only_customers_known_by_the_day_are_followed(days):
    on_the_day = dt.date(2023, 11, 30)
    assert first_orders(days, on_the_day).n.sum().execute() == 1
    assert repeat_orders(days, on_the_day).execute()["ordered_on"].astype(str).str[:10].tolist() == [
        "2023-12-01", "2024-01-31",
    ]  # fmt: skip


def test_gaps_are_whole_days_between_purchases_that_follow_each_other(days):
    gaps = days_between_orders(days).execute()
    assert dict(zip(gaps["gap_days"], gaps["n"], strict=True)) == {1: 2, 61: 1, 91: 1}
