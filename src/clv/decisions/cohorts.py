"""Cohorts over their life, as a grid of the share that still buys."""

from __future__ import annotations

import datetime as dt

import pandas as pd


def months_per_period(first_day: dt.date, as_of: dt.date, most_cohorts: int) -> int:
    """Return 1, 3 or 12: the shortest calendar period that cuts the span into no more than `most_cohorts`.

    Examples
    --------
    >>> months_per_period(dt.date(2017, 1, 1), dt.date(2017, 12, 31), most_cohorts=18)
    1
    """
    months = (as_of.year - first_day.year) * 12 + as_of.month - first_day.month + 1
    return next((period for period in (1, 3) if months / period <= most_cohorts), 12)


def retention_grid(activity: pd.DataFrame, as_of: dt.date, period_months: int) -> pd.DataFrame:
    """Return the share of each cohort that bought in each period of its life.

    Parameters
    ----------
    activity
        cohort, age and customers, from `clv.data.history.cohort_activity`.
    as_of
        Last day of the data; periods that end later are left out, for they are not whole.
    period_months
        Length of a period in months.

    Returns
    -------
    pandas.DataFrame
        Index cohort (timestamps, oldest first), columns age from 0, values 0 to 1; missing where the period lies in
        the future and 0 where nobody of the cohort bought.
    """
    counts = activity.pivot_table(index="cohort", columns="age", values="customers", aggfunc="sum")
    counts = counts.reindex(columns=range(int(counts.columns.max()) + 1)).fillna(0.0)
    counts.index = pd.to_datetime(counts.index)
    began = (counts.index.year * 12 + counts.index.month).to_numpy()
    ends = began[:, None] + period_months * (counts.columns.to_numpy()[None, :] + 1)
    tomorrow = as_of + dt.timedelta(days=1)
    whole = ends <= tomorrow.year * 12 + tomorrow.month
    shares = counts.div(counts[0], axis="index").where(whole)
    return shares.dropna(axis="index", how="all").dropna(axis="columns", how="all")


def cohort_sizes(activity: pd.DataFrame) -> pd.Series:
    """Return the customers of each cohort, from the activity that `retention_grid` takes."""
    first = activity[activity["age"] == 0]
    return pd.Series(first["customers"].to_numpy(), index=pd.to_datetime(first["cohort"]), name="customers")


def reached_age(grid: pd.DataFrame, sizes: pd.Series) -> pd.Series:
    """Return the customers whose cohort has lived each age of `retention_grid` in full."""
    return grid.notna().mul(sizes.reindex(grid.index), axis="index").sum()


def pooled_retention(grid: pd.DataFrame, sizes: pd.Series) -> pd.Series:
    """Return the share of all customers who bought at each age, each counting once, of those who have reached it.

    Examples
    --------
    >>> grid = pd.DataFrame({0: [1.0, 1.0], 1: [0.5, None]}, index=["old", "new"])
    >>> pooled_retention(grid, pd.Series({"old": 30, "new": 10})).to_dict()
    {0: 1.0, 1: 0.5}
    """
    bought = grid.mul(sizes.reindex(grid.index), axis="index").sum()
    return bought / reached_age(grid, sizes)
