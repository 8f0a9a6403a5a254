"""The likelihood of a whole base at once, for models in which any purchase can be the last.

A sum over the rows needs logarithms of times and gamma functions of counts; both are computed once per distinct value
and looked up. Per row there remains the one term that mixes all three numbers, the chance of having left.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from clv.models.fitting.counts import Counts, codes
from clv.models.special import log_beta_ratio, log_rising

FloatArray = npt.NDArray[np.float64]
Part = Callable[[float, float, float, float], tuple[float, FloatArray]]
_BLOCK = 1 << 15  # rows at a time: what is computed for them stays in the processor's cache


def beta_geometric_score(
    counts: Counts, share: FloatArray, at_start: int
) -> Callable[[tuple[float, float, float, float]], tuple[float, FloatArray]]:
    """Return the function from (r, alpha, a, b) to the sums of share · log-likelihood and share · gradient.

    It equals ``log_likelihood(p, *counts) @ share`` and ``gradient(p, *counts) @ share`` of
    `clv.models.purchases.bgnbd`, whose formulas it rearranges.

    Parameters
    ----------
    counts : Counts
        Distinct rows, shape (n,).
    share : ndarray, shape (n,)
        Weight of each row; the weights sum to 1.
    at_start : int
        Chances to leave before the first repeat purchase: 0 in the BG/NBD, 1 in the MBG/NBD.

    Returns
    -------
    callable
        From four floats to a float and an array of shape (4,).

    Examples
    --------
    >>> one = Counts(np.array([3.0]), np.array([30.0]), np.array([40.0]))
    >>> value, slope = beta_geometric_score(one, np.ones(1), 0)((0.25, 4.0, 0.8, 2.5))
    >>> round(value, 4), slope.round(3)
    (-12.6071, array([ 2.922, -0.018, -0.36 ,  0.119]))
    """
    n, count = codes(counts.x)
    times, position = codes(np.concatenate([counts.t_x, counts.T]))
    last, end = np.split(position, 2)
    by_end, purchases = (_sums(end, weight, times.size) for weight in (share, share * counts.x))
    stayed = _stayed(n, _sums(count, share, n.size), times, by_end, purchases, at_start)
    could_leave = counts.x + at_start > 0
    left = _left(n, times, [column[could_leave] for column in (share, count, last, end)], at_start)

    def score(p: tuple[float, float, float, float]) -> tuple[float, FloatArray]:
        (value, slope), (more, steeper) = stayed(*p), left(*p)
        return value + more, slope + steeper

    return score


def _sums(group: npt.NDArray[np.intp], weight: FloatArray, size: int) -> FloatArray:
    """Return the sum of weight over the rows of each group."""
    return np.bincount(group, weight, size).astype(float)


def _stayed(
    n: FloatArray, by_count: FloatArray, T: FloatArray, by_end: FloatArray, purchases: FloatArray, at_start: int
) -> Part:
    """Return the sum of the logarithms of having bought and stayed: one over the counts n plus one over the ends T.

    Shares are summed by count and by end; purchases are those of the customers with an end.
    """
    chances, all_purchases = n + at_start, purchases.sum()

    def total(r: float, alpha: float, a: float, b: float) -> tuple[float, FloatArray]:
        shape, waited = r * by_end + purchases, np.log1p(T / alpha)
        value = by_count @ (log_rising(r, n) + log_beta_ratio(a, b, chances))
        value -= all_purchases * np.log(alpha) + shape @ waited
        any_stay = by_count @ (digamma(a + b) - digamma(a + b + chances))
        slope = [
            by_count @ (digamma(r + n) - digamma(r)) - by_end @ waited,
            (shape @ (T / (alpha + T)) - all_purchases) / alpha,
            any_stay,
            any_stay + by_count @ (digamma(b + chances) - digamma(b)),
        ]
        return float(value), np.array(slope)

    return total


def _left(n: FloatArray, times: FloatArray, rows: list[npt.NDArray[Any]], at_start: int) -> Part:
    """Return the sum of ln(1 + odds of having left) over rows: share, and where x, t_x, T stand among the values."""
    blocks = [tuple(column[start : start + _BLOCK] for column in rows) for start in range(0, rows[0].size, _BLOCK)]

    def total(r: float, alpha: float, a: float, b: float) -> tuple[float, FloatArray]:
        waited, fresh, shape = np.log1p(times / alpha), 1 / (alpha + times), r + n
        leave = 1 / (b + np.maximum(n + at_start, 1) - 1)
        prior = np.log(a * leave)
        value, slope = 0.0, np.zeros(4)
        for share, x, t_x, T in blocks:
            idle, rate = waited.take(T) - waited.take(t_x), shape.take(x)
            log_odds = prior.take(x) + rate * idle
            small = np.exp(-np.abs(log_odds))
            value += share @ np.maximum(log_odds, 0.0) + share @ np.log(1 + small)
            gone = share * np.where(log_odds > 0, 1.0, small) / (1 + small)
            slope[0] += gone @ idle
            slope[1] += (gone * rate) @ (fresh.take(T) - fresh.take(t_x))
            slope[2] += gone.sum()
            slope[3] -= gone @ leave.take(x)
        return float(value), slope / [1.0, 1.0, a, 1.0]

    return total
