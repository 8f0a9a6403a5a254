"""What is said of cohorts: which part of customers buys again, and for how long it can be followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from clv.checks.claim import Claim
from clv.checks.value import TOTAL
from clv.decisions.cohorts import pooled_retention, reached_age

LEAST_FOLLOWED: Final = 30  # customers of a cohort, below which a share is off by nine points or more (standard error)
HARDLY: Final = 0.02  # share of customers who bought again, below which it is hardly anyone
MOST_AGES: Final = 12  # periods since the first order that a reader follows
PERIODS: Final = {1: "month", 3: "quarter", 12: "year"}


def stay(grid: pd.DataFrame, sizes: pd.Series, period_months: int) -> Claim:
    """Say which part of customers bought how long after their first order, all cohorts together.

    The age is the last one, up to `MOST_AGES`, that half of the customers have reached, so that the share rests on most
    of the base; a single cohort would not.

    Parameters
    ----------
    grid
        From `clv.decisions.cohorts.retention_grid`.
    sizes
        Customers of each of its cohorts.
    period_months
        1, 3 or 12.

    Returns
    -------
    Claim
        ``too_short`` (no cohort has a whole period after its first), ``too_few`` (customers to say a share of),
        ``hardly`` (anyone buys again), or ``by_month``, ``by_quarter``, ``by_year``. Facts: age, share, small
        (cohorts too small to be drawn), least. n: customers who have reached the age.
    """
    reached, shares = reached_age(grid, sizes), pooled_retention(grid, sizes)
    ages = _ages(grid)
    small = int(sizes.reindex(grid.index).lt(LEAST_FOLLOWED).sum())
    facts: dict[str, Any] = {"small": small, "least": LEAST_FOLLOWED}
    if not ages:
        return Claim("stay", "too_short", facts, n=0)
    enough = [age for age in ages if reached[age] >= LEAST_FOLLOWED]
    if not enough:
        return Claim("stay", "too_few", facts, n=int(reached[1]))
    half = [age for age in enough if 2 * reached[age] >= reached[0]]
    age = half[-1] if half else enough[0]
    facts |= {"age": age, "share": float(shares[age])}
    verdict = "hardly" if facts["share"] < HARDLY else f"by_{PERIODS[period_months]}"
    return Claim("stay", verdict, facts, n=int(reached[age]))


def _ages(grid: pd.DataFrame) -> list[int]:
    return [age for age in map(int, grid.columns) if 1 <= age <= MOST_AGES]


def followed(grid: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    """Return what a reader follows of each cohort, and of all in a last row `TOTAL`.

    Columns: n_customers, after_1 to after_12 as far as known (shares, missing where the period is not over).
    """
    ages = _ages(grid)
    rows = grid[ages].dropna(axis="index", how="all")
    total = pooled_retention(grid, sizes)[ages].to_frame(TOTAL).T
    found = pd.concat([rows.set_axis(rows.index.astype(object), axis="index"), total])
    found.columns = [f"after_{age}" for age in ages]
    customers = [*sizes.reindex(rows.index), sizes.reindex(rows.index).sum()]
    found.insert(0, "n_customers", np.asarray(customers, dtype="int64"))
    return found


def drawn(followed: pd.DataFrame, written: Callable[[Any], str]) -> pd.DataFrame:
    """Return the rows that are large enough to draw, each named by its cohort and its customers as `written`.

    Parameters
    ----------
    followed
        From `followed`, with the names of the rows in ``cohort``.
    """
    large = followed[followed["n_customers"] >= LEAST_FOLLOWED]
    names = [f"{name} ({written(n)})" for name, n in zip(large["cohort"], large["n_customers"], strict=True)]
    shares = large.drop(columns=["cohort", "n_customers"]).set_axis(names, axis="index")
    return shares.rename(columns=lambda name: name.removeprefix("after_"))
