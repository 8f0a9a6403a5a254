"""What many customers bring together: their own luck averages out, the error of the level does not.

A total is the sum of independent outcomes times a level that all share. The level's error is the one that past origins
showed (see `clv.learning.forecaster.Forecaster.level_error_`); it rules large bases, chance rules small portfolios.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammaincinv, ndtri

LOW, HIGH = 0.05, 0.95
_STRATA = 401  # of the level, and of a total given the level; odd, so that the median is one of them
_LARGEST_SHAPE = 1e12  # a total without chance


class Total(NamedTuple):
    """Distribution of a total, in the unit of the outcome.

    Attributes
    ----------
    expected
        Mean.
    low, high
        5th and 95th percentile.
    at_risk
        Value at risk: how far the total lies below its mean on average in the lowest 5 % of cases, ≥ 0.
    """

    expected: float
    low: float
    high: float
    at_risk: float


def total(mean: float, variance: float, level_error: float) -> Total:
    """Return the distribution of a sum of independent outcomes under an uncertain common level.

    Parameters
    ----------
    mean, variance : float
        Sums over the customers of the expected outcomes and of their variances given the level.
    level_error : float
        Relative standard error of the level, ≥ 0; the level is log-normal with mean 1.

    Returns
    -------
    Total

    Examples
    --------
    >>> [round(value, 1) for value in total(100.0, 25.0, 0.0)]
    [100.0, 92.0, 108.3, 10.0]
    """
    if mean <= 0:
        return Total(0.0, 0.0, 0.0, 0.0)
    spread = np.sqrt(np.log1p(level_error**2))
    middles = (np.arange(_STRATA) + 0.5) / _STRATA
    level = np.exp(spread * ndtri(middles) - spread**2 / 2)
    # gamma: a sum of non-negative outcomes is normal for a large base, but of a few customers it leans and ends at 0
    shape = mean**2 / max(variance, mean**2 / _LARGEST_SHAPE)
    outcomes = np.outer(level / level.mean(), gammaincinv(shape, middles))
    ordered = np.sort(outcomes, axis=None) * (mean / outcomes.mean())
    low, high = np.quantile(ordered, [LOW, HIGH])
    lowest = ordered[: max(1, int(LOW * ordered.size))].mean()
    return Total(float(mean), float(low), float(high), max(0.0, float(mean - lowest)))


def totals_by_group(expected: pd.Series, variance: pd.Series, group: pd.Series, level_error: float) -> pd.DataFrame:
    """Return the distribution of each group's total; the expected values add up to the base's, the percentiles do not.

    Parameters
    ----------
    expected, variance, group : Series
        One row per customer on one index; who has no forecast (missing) brings nothing.
    level_error : float
        As for `total`.

    Returns
    -------
    DataFrame
        Index group; columns expected, low, high, at_risk.

    Examples
    --------
    >>> expected, variance = pd.Series([1.0, 2.0, 3.0]), pd.Series([1.0, 1.0, 1.0])
    >>> totals_by_group(expected, variance, pd.Series(["a", "a", "b"]), 0.1)["expected"].to_dict()
    {'a': 3.0, 'b': 3.0}
    """
    sums = pd.DataFrame({"mean": expected.fillna(0.0), "variance": variance.fillna(0.0)}).groupby(group).sum()
    rows = [total(mean, spread, level_error) for mean, spread in sums.to_numpy(dtype=float)]
    return pd.DataFrame(rows, index=sums.index, columns=list(Total._fields))
