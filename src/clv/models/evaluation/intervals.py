"""How good forecast intervals and whole forecast distributions were: coverage, width, score and PIT."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import DataError
from clv.models.evaluation.pairs import INTERVAL_LEVEL, paired

FloatArray = npt.NDArray[np.float64]

N_BINS = 10


def interval_metrics(
    intervals: Mapping[str, pd.DataFrame], actual: pd.Series, level: float = INTERVAL_LEVEL
) -> pd.DataFrame:
    """Return one row of metrics for each forecast that gives an interval per customer.

    Parameters
    ----------
    intervals : mapping of str to DataFrame
        Forecast to its columns low and high, indexed by customer_id, in the unit of actual.
    actual : Series
        Index customer_id: what happened.
    level : float, default 0.90
        Level that the intervals claim, 0–1: (1 − level) / 2 of the outcomes are to lie on either side.

    Returns
    -------
    DataFrame
        Index forecast; columns n_customers, coverage, mean_width (unit of actual), interval_score (unit of actual, the
        smaller the better), share_below and share_above (share of customers below and above their interval).

    Raises
    ------
    DataError
        If customers differ, ids repeat, values are missing, low is above high, or level is not between 0 and 1.

    Notes
    -----
    Intervals between whole numbers cover more than their level where the outcome is a count, because an end has a
    probability of its own: a customer who buys nothing with probability 0.97 has the interval [0, 0]. Whether the
    distribution behind them is right shows in the share of `randomised_pit` inside (0.05, 0.95), which is 90 % exactly.

    Examples
    --------
    >>> ids = list("ABCD")
    >>> model = pd.DataFrame({"low": [0, 0, 1, 2], "high": [1, 2, 4, 9]}, index=ids)
    >>> interval_metrics({"model": model}, pd.Series([0, 3, 2, 9], index=ids)).loc["model"].to_dict()
    ... # doctest: +NORMALIZE_WHITESPACE
    {'n_customers': 4.0, 'coverage': 0.75, 'mean_width': 3.25, 'interval_score': 8.25, 'share_below': 0.0,
     'share_above': 0.25}
    """
    rows = {str(name): _metrics(frame, actual, level) for name, frame in intervals.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index="forecast").astype({"n_customers": int})


def interval_coverage(low: npt.ArrayLike, high: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """Return the share of outcomes inside their interval, both ends included, 0–1.

    Examples
    --------
    >>> interval_coverage([0, 0, 1, 2], [1, 2, 4, 9], [1, 3, 2, 9])
    0.75
    """
    a, b, y = _checked(low, high, actual)
    return float(np.mean((a <= y) & (y <= b)))


def interval_score(
    low: npt.ArrayLike, high: npt.ArrayLike, actual: npt.ArrayLike, level: float = INTERVAL_LEVEL
) -> FloatArray:
    """Return what each interval costs: its width, and 2/(1 − level) times the distance of an outcome outside it.

    Parameters
    ----------
    low, high : array-like, shape (n,)
        Ends of central intervals: the quantiles at (1 − level)/2 and (1 + level)/2.
    actual : array-like, shape (n,)
        What happened, in the same unit.
    level : float, default 0.90
        Level that the intervals claim, between 0 and 1.

    Returns
    -------
    ndarray, shape (n,)
        Scores in the unit of actual, the smaller the better. Their mean is least for the true quantiles, so that
        neither too wide nor too narrow an interval pays.

    Raises
    ------
    DataError
        If a low is above its high, or level is not between 0 and 1.

    Notes
    -----
    Winkler (1972), Journal of the American Statistical Association 67(337); Gneiting & Raftery (2007), Journal of the
    American Statistical Association 102(477), equation (43).

    Examples
    --------
    >>> interval_score([0, 0], [2, 2], [1, 5], level=0.90).round(9)
    array([ 2., 62.])
    """
    if not 0 < level < 1:
        raise DataError(f"evaluation: level of an interval must be between 0 and 1, e.g. 0.90; got {level}")
    a, b, y = _checked(low, high, actual)
    return (b - a) + 2 / (1 - level) * (np.maximum(a - y, 0) + np.maximum(y - b, 0))


def randomised_pit(cdf_below: npt.ArrayLike, cdf_at: npt.ArrayLike, rng: np.random.Generator) -> FloatArray:
    """Return the probability integral transform of counts: uniform on 0–1 where the forecast distributions are right.

    u = F(y − 1) + v·(F(y) − F(y − 1)) with v uniform: where a count's probability is a step of F, u falls anywhere on
    that step.

    Parameters
    ----------
    cdf_below, cdf_at : array-like, shape (n,)
        Forecast probabilities of an outcome below, and at or below, what happened: F(y − 1) and F(y), 0–1.
    rng : numpy.random.Generator
        Source of v.

    Returns
    -------
    ndarray, shape (n,)
        u, 0–1. Heaped at 0 and 1: forecasts too sure; heaped in the middle: too wide; rising: too low.

    Raises
    ------
    DataError
        If 0 ≤ cdf_below ≤ cdf_at ≤ 1 does not hold.

    Notes
    -----
    Czado, Gneiting & Held (2009), Predictive Model Assessment for Count Data, Biometrics 65(4), 1254–1261.

    Examples
    --------
    >>> u = randomised_pit([0.0, 0.75], [0.75, 0.9375], np.random.default_rng(5))
    >>> bool(0 <= u[0] <= 0.75 <= u[1] <= 0.9375)
    True
    """
    below, at = np.asarray(cdf_below, dtype=float), np.asarray(cdf_at, dtype=float)
    wrong = int((~((below >= 0) & (below <= at) & (at <= 1))).sum())
    if wrong:
        raise DataError(f"evaluation: {wrong:,} customers break 0 ≤ P(Y < y) ≤ P(Y ≤ y) ≤ 1; were the two swapped?")
    return np.asarray(below + rng.random(below.shape) * (at - below))


def pit_histogram(pit: npt.ArrayLike, n_bins: int = N_BINS, level: float = INTERVAL_LEVEL) -> pd.DataFrame:
    """Return the histogram of PIT values, with the band in which a bin of a right forecast lies.

    Parameters
    ----------
    pit : array-like, shape (n,)
        Values of `randomised_pit`, 0–1.
    n_bins : int, default 10
        Bins of equal width.
    level : float, default 0.90
        Probability with which each bin by itself lies in the band if the values are uniform.

    Returns
    -------
    DataFrame
        Index bin (from 1); columns low and high (ends of the bin, 0–1), n_customers, share, and band_low and band_high,
        binomial quantiles of the share.

    Examples
    --------
    >>> pit_histogram(np.arange(0.05, 1, 0.1), n_bins=2)[["n_customers", "share", "band_low", "band_high"]]
    ...  # doctest: +NORMALIZE_WHITESPACE
         n_customers  share  band_low  band_high
    bin
    1              5    0.5       0.2        0.8
    2              5    0.5       0.2        0.8
    """
    from scipy.stats import binom  # takes longer to import than a forecast to make, as everywhere

    values = np.asarray(pit, dtype=float)
    count, edges = np.histogram(values, bins=n_bins, range=(0.0, 1.0))
    ends = [binom.ppf((1 + side * level) / 2, values.size, 1 / n_bins) / values.size for side in (-1, 1)]
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "n_customers": count,
            "share": count / values.size,
            "band_low": ends[0],
            "band_high": ends[1],
        },
        index=pd.RangeIndex(1, n_bins + 1, name="bin"),
    )


def _metrics(interval: pd.DataFrame, actual: pd.Series, level: float) -> dict[str, float]:
    """Return the metrics of one forecast's intervals."""
    pairs = paired(interval[["low", "high"]], actual)
    (low, high), y = pairs.forecasts.T, pairs.actual
    return {
        "n_customers": y.size,
        "coverage": interval_coverage(low, high, y),
        "mean_width": float(np.mean(high - low)),
        "interval_score": float(interval_score(low, high, y, level).mean()),
        "share_below": float(np.mean(y < low)),
        "share_above": float(np.mean(y > high)),
    }


def _checked(low: npt.ArrayLike, high: npt.ArrayLike, actual: npt.ArrayLike) -> tuple[FloatArray, ...]:
    """Return the arrays as floats, or say how many intervals are upside down."""
    a, b, y = (np.asarray(values, dtype=float) for values in (low, high, actual))
    crossed = int((~(a <= b)).sum())
    if crossed:
        raise DataError(f"evaluation: {crossed:,} intervals have a low above their high or a missing end")
    return a, b, y
