"""Whether one forecast was better than another, or only luckier: the difference of their errors with its interval."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import DataError
from clv.models.evaluation.pairs import INTERVAL_LEVEL, paired

FloatArray = npt.NDArray[np.float64]
Metric = Literal["rmse", "mae"]

N_REPLICATES = 1000

_MOST_UNITS = 10_000  # customers, or groups of them, that are drawn; the interval's width is then known to 1 %
_BLOCK = 1 << 21  # draws held at once (16 MB)


class Difference(NamedTuple):
    """Error of forecast a less that of forecast b: below zero where a is better.

    Attributes
    ----------
    estimate
        On the customers as they are, in the unit of the outcome.
    low, high
        Ends of the interval over repeated samples of customers.
    share_a_better
        Share of the samples in which a has the smaller error, 0–1; a tie counts half.
    """

    estimate: float
    low: float
    high: float
    share_a_better: float


def bootstrap_difference(
    forecast_a: pd.Series,
    forecast_b: pd.Series,
    actual: pd.Series,
    metric: Metric,
    rng: np.random.Generator,
    n: int = N_REPLICATES,
    level: float = INTERVAL_LEVEL,
) -> Difference:
    """Return the difference of two forecasts' errors on the same customers, with its interval by paired bootstrap.

    Parameters
    ----------
    forecast_a, forecast_b, actual : Series
        Index customer_id, same unit.
    metric : {"rmse", "mae"}
        Error to compare: rmse for means, mae for medians.
    rng : numpy.random.Generator
        Source of the samples.
    n : int, default 1000
        Samples of customers, drawn with replacement; each judges both forecasts.
    level : float, default 0.90
        Level of the interval, 0–1. "Better" is a statement where it leaves out zero, else a tie within noise.

    Returns
    -------
    Difference
        Error of a less error of b.

    Raises
    ------
    DataError
        If customers differ, ids repeat or values are missing, or metric is neither rmse nor mae.

    Notes
    -----
    Percentile bootstrap, Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. More than 10,000
    customers are put into 10,000 groups at random and the groups are drawn: the mean error of a random group varies as
    that of its customers does, so the interval is the same and its cost stops growing with their number.

    Examples
    --------
    >>> actual = pd.Series([0.0, 2.0, 1.0, 4.0])
    >>> bootstrap_difference(actual + 1, actual - 3, actual, "mae", np.random.default_rng(1), n=50)
    Difference(estimate=-2.0, low=-2.0, high=-2.0, share_a_better=1.0)
    """
    if metric not in ("rmse", "mae"):
        raise DataError(f"metric must be 'rmse' or 'mae'; got {metric!r}")
    both = [paired(forecast.to_frame(), actual) for forecast in (forecast_a, forecast_b)]
    error = np.column_stack([pairs.forecasts[:, 0] - pairs.actual for pairs in both])
    loss = error**2 if metric == "rmse" else np.abs(error)
    return _compared(*_grouped(loss, np.ones(len(loss)), rng), metric, rng, n, level)


def resampled_difference(
    losses: pd.DataFrame, unit: pd.Index, rng: np.random.Generator, n: int = N_REPLICATES, level: float = INTERVAL_LEVEL
) -> Difference:
    """Return the difference of two mean losses over rows of which several may be of one customer.

    Parameters
    ----------
    losses : DataFrame, two columns
        Loss of forecast a and of forecast b, one row per case.
    unit : Index
        Whose case each row is: customers are drawn, with all their rows.
    rng, n, level
        As for `bootstrap_difference`.

    Returns
    -------
    Difference
        Mean loss of a less that of b.

    Examples
    --------
    >>> losses = pd.DataFrame({"a": [1.0, 1.0, 2.0], "b": [2.0, 2.0, 3.0]})
    >>> found = resampled_difference(losses, pd.Index(["A", "A", "B"]), np.random.default_rng(1), n=50)
    >>> round(found.estimate, 6), found.share_a_better
    (-1.0, 1.0)
    """
    codes, found = pd.factorize(unit)
    columns = [np.bincount(codes, losses[name], len(found)) for name in losses]
    sums = np.column_stack(columns).astype(float)
    sizes = np.bincount(codes, minlength=len(found)).astype(float)
    return _compared(*_grouped(sums, sizes, rng), "mae", rng, n, level)


def _compared(
    sums: FloatArray, sizes: FloatArray, metric: Metric, rng: np.random.Generator, n: int, level: float
) -> Difference:
    """Return the difference of errors from losses summed by unit, and how it varies over samples of units."""
    apart = _difference(_resampled_means(sums, sizes, rng, n), metric)
    low, high = np.quantile(apart, [(1 - level) / 2, (1 + level) / 2])
    better = float(np.mean(apart < 0) + np.mean(apart == 0) / 2)
    return Difference(float(_difference(sums.sum(axis=0) / sizes.sum(), metric)), float(low), float(high), better)


def _difference(mean_loss: FloatArray, metric: Metric) -> FloatArray:
    """Return the error of a less that of b, from mean losses in the last axis."""
    errors = np.sqrt(mean_loss) if metric == "rmse" else mean_loss
    return np.asarray(errors[..., 0] - errors[..., 1])


def _grouped(loss: FloatArray, sizes: FloatArray, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return sums of losses, shape (m, 2), and numbers of rows, shape (m,), of at most _MOST_UNITS groups."""
    n = len(loss)
    if n <= _MOST_UNITS:
        return loss, sizes
    group = rng.permutation(np.arange(n) % _MOST_UNITS)
    sums = np.column_stack([np.bincount(group, column) for column in loss.T])
    return sums.astype(float), np.bincount(group, sizes).astype(float)


def _resampled_means(sums: FloatArray, sizes: FloatArray, rng: np.random.Generator, n: int) -> FloatArray:
    """Return the mean losses of n samples of groups drawn with replacement, shape (n, 2)."""
    m = len(sums)
    rows = max(_BLOCK // m, 1)
    parts = (rng.integers(m, size=(min(rows, n - start), m)) for start in range(0, n, rows))
    return np.concatenate([_means(sums, sizes, drawn) for drawn in parts])


def _means(sums: FloatArray, sizes: FloatArray, drawn: npt.NDArray[np.int64]) -> FloatArray:
    """Return the mean losses of the samples, one per row of drawn positions."""
    times = np.stack([np.bincount(row, minlength=len(sums)) for row in drawn]).astype(float)
    return (times @ sums) / (times @ sizes)[:, None]
