"""A forecast that looks far beyond its history is said to, and from some multiple on refused."""

import datetime as dt

import ibis
import pandas as pd
import pytest

from clv.decisions.reach import Reach, reach_of, require_reach
from clv.errors import DataError

END = dt.date(2024, 6, 29)


def days(n_days: int, n_customers: int = 200, returning: int = 200):
    """Return purchase days of customers who come on the first and, if they return, on the last of so many days."""
    first, last = END - dt.timedelta(days=n_days - 1), END
    rows = [
        (f"C{i:03d}", day, True) for i in range(n_customers) for day in ((first, last) if i < returning else (first,))
    ]
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_on", "is_purchase"]).drop_duplicates()
    return ibis.memtable(frame, schema={"customer_id": "string", "ordered_on": "date", "is_purchase": "boolean"})


@pytest.mark.parametrize(
    ("history", "horizon", "is_far"),
    [(23, 365, True), (180, 365, True), (183, 365, False), (365, 365, False), (273, 273, False), (23, 46, True)],
)
def test_twice_the_history_is_far(history, horizon, is_far):
    reach = reach_of(days(history), END, horizon)
    assert reach == Reach(horizon, history)
    assert reach.is_far is is_far


def test_one_misdated_line_makes_no_history():
    early = ibis.memtable(
        pd.DataFrame([("C999", dt.date(2001, 1, 1), True)], columns=["customer_id", "ordered_on", "is_purchase"]),
        schema={"customer_id": "string", "ordered_on": "date", "is_purchase": "boolean"},
    )
    assert reach_of(days(23).union(early), END, 365).history_days == 23


def test_where_too_few_bought_to_forecast_there_is_no_reach():
    assert reach_of(days(23, n_customers=9), END, 365) is None
    assert reach_of(days(23, returning=2), END, 365) is None


def test_beyond_the_stated_multiple_both_lengths_the_setting_and_the_longest_horizon_are_named():
    require_reach(Reach(184, 23), 8.0)
    with pytest.raises(DataError) as error:
        require_reach(Reach(365, 23), 8.0)
    for part in ("horizon_days = 365 is 15.9 times the 23 days", "max_horizon_multiple = 8", "of 184 days or fewer"):
        assert part in str(error.value)
    require_reach(Reach(365, 23), 16.0)
