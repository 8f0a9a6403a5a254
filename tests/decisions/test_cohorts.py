"""The grid of cohorts shows whole periods only, and a silent period as zero."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from clv.decisions.cohorts import months_per_period, retention_grid

ACTIVITY = pd.DataFrame(
    [("2024-01-01", 0, 10), ("2024-01-01", 1, 4), ("2024-01-01", 3, 2), ("2024-02-01", 0, 5), ("2024-02-01", 1, 1),
     ("2024-03-01", 0, 8), ("2024-04-01", 0, 3)],
    columns=["cohort", "age", "customers"],
)  # fmt: skip
NA = np.nan


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (dt.date(2024, 4, 30), [[1, 0.4, 0, 0.2], [1, 0.2, 0, NA], [1, 0, NA, NA], [1, NA, NA, NA]]),
        (dt.date(2024, 4, 29), [[1, 0.4, 0], [1, 0.2, NA], [1, NA, NA]]),
        (dt.date(2024, 2, 29), [[1, 0.4], [1, NA]]),
    ],
)
def test_a_period_that_is_not_over_is_missing_and_one_without_buyers_zero(as_of, expected):
    grid = retention_grid(ACTIVITY, as_of, 1)
    assert np.array_equal(grid.to_numpy(), np.array(expected, dtype=float), equal_nan=True)
    assert grid.columns.tolist() == list(range(len(expected[0])))


def test_quarters_and_years_are_whole_on_their_last_day_only():
    quarters = pd.DataFrame(
        {"cohort": ["2023-10-01", "2023-10-01", "2024-01-01"], "age": [0, 1, 0], "customers": [4, 1, 3]}
    )
    assert retention_grid(quarters, dt.date(2024, 3, 31), 3).to_numpy().tolist()[0] == [1, 0.25]
    assert retention_grid(quarters, dt.date(2024, 3, 30), 3).shape == (1, 1)
    years = pd.DataFrame({"cohort": ["2023-01-01"] * 2, "age": [0, 1], "customers": [4, 1]})
    assert retention_grid(years, dt.date(2024, 12, 31), 12).to_numpy().tolist() == [[1, 0.25]]
    assert retention_grid(years, dt.date(2024, 12, 30), 12).to_numpy().tolist() == [[1]]


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [("2017-01-01", "2017-12-31", 1), ("2016-01-01", "2017-06-30", 1), ("2016-01-01", "2017-07-01", 3),
     ("2010-01-15", "2018-01-15", 12)],
)  # fmt: skip
def test_periods_are_the_shortest_that_leave_few_cohorts(first, last, months):
    span = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    assert months_per_period(*span, most_cohorts=18) == months
