"""Formulas of the MBG/CNBD-k: customers who buy at a regular pace, and may drop out after any purchase.

Platzer & Reutterer (2016), Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity,
Marketing Science 35(5), 779–799; and Reutterer, Platzer & Schröder (2021), Leveraging purchase regularity for
predicting customer behavior the easy way, International Journal of Research in Marketing 38(1), 194–215. A gap between
purchases is the sum of k exponential stages, so k = 1 is the MBG/NBD, and the larger k the more regular the rhythm and
the sooner silence tells. Stages are passed at a gamma-distributed rate; everything follows by counting stages.

Functions take arrays that broadcast, symbols as in `clv.models.purchases.bgnbd`.
The class is `clv.models.purchases.mbgcnbd.MBGCNBD`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincc, digamma, expit, gammaln

from clv.models.purchases.discounting import discounted
from clv.models.purchases.interpolation import smooth_in_time
from clv.models.special import at_counts, log_beta_ratio, log_rising

FloatArray = npt.NDArray[np.float64]

_TERMS = 64  # of the series over future purchases that are added one by one
_PANEL = np.polynomial.legendre.leggauss(12)  # beyond, an integral over the root of their number, panels of length 1
_NEGLIGIBLE = 1e-14


class Params(NamedTuple):
    """Parameters of the MBG/CNBD-k.

    Parameters
    ----------
    r, alpha : float
        Shape (no unit) and rate (time units) of the gamma distribution of the rate at which stages are passed, > 0.
    a, b : float
        Parameters of the beta distribution of the probability to drop out after a purchase, > 0; no unit.
    k : int
        Stages in a gap, ≥ 1; chosen, not fitted.
    """

    r: float
    alpha: float
    a: float
    b: float
    k: int = 1


def log_likelihood(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the log-likelihood of each history but for the term (k − 1)·Σ ln(gap) that no parameter changes.

    Add that term to compare k; within one k it is a constant. Platzer & Reutterer (2016), appendix, with the dropout
    probabilities integrated out.

    Examples
    --------
    >>> p = Params(0.58, 2.288, 1.135, 1.585, k=2)
    >>> log_likelihood(p, np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86).round(4)
    array([ -0.5343, -14.543 ])
    """
    counts = np.asarray(x, dtype=float)
    shape = p.r + p.k * counts
    bought = at_counts(lambda n, r: log_rising(r, p.k * n) - n * gammaln(p.k), counts, p.r)
    survived = at_counts(lambda n, a, b: log_beta_ratio(a, b, n + 1), counts, p.a, p.b)
    in_time = p.r * np.log(p.alpha / (p.alpha + T)) - p.k * counts * np.log(p.alpha + T)
    log_weights = _log_stages(p, shape, t_x, T)
    alive = np.logaddexp.reduce(log_weights, axis=0)
    total: FloatArray = bought + survived + in_time + np.logaddexp(alive, _log_left(p, counts, t_x, T))
    return total


def gradient(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the derivatives of `log_likelihood` by r, alpha, a, b along the first axis: shape (4, n)."""
    shape, chances, stage = p.r + p.k * x, x + 1, np.arange(p.k)[:, np.newaxis]
    weights, left = _stages(p, x, t_x, T), expit(log_odds_dropped(p, x, t_x, T))
    by_total = at_counts(lambda n, total: digamma(total) - digamma(total + n), chances, np.add(p.a, p.b))
    by_b = at_counts(lambda n, b: digamma(b + n) - digamma(b), chances, p.b) + by_total
    by_r = at_counts(lambda n, r: digamma(r + p.k * n) - digamma(r), x, p.r) + np.log(p.alpha / (p.alpha + T))
    more_stages = (weights * (digamma(shape + stage) - digamma(shape))).sum(axis=0)
    fewer_in_time = -(weights * stage).sum(axis=0) / (p.alpha + T)
    return np.stack(
        [
            by_r + left * np.log((p.alpha + T) / (p.alpha + t_x)) + (1 - left) * more_stages,
            p.r / p.alpha
            - shape / (p.alpha + T)
            + left * shape * (1 / (p.alpha + T) - 1 / (p.alpha + t_x))
            + (1 - left) * fewer_in_time,
            by_total + left / p.a,
            by_b - left / (p.b + x),
        ]
    )


def log_odds_dropped(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return log P(dropped out) / P(alive) at T, summing over the stage an alive customer has reached."""
    alive: FloatArray = np.logaddexp.reduce(_log_stages(p, p.r + p.k * np.asarray(x), t_x, T), axis=0)
    return _log_left(p, x, t_x, T) - alive


def p_alive(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return P(not dropped out at T | x, t_x, T), 0–1.

    Examples
    --------
    A regular customer's silence says more: the same history with k = 1 and k = 3.

    >>> history = np.array([9.0]), np.array([18.0]), np.array([24.0])
    >>> [float(p_alive(Params(0.6, 2.0, 1.0, 2.0, k), *history).round(3)[0]) for k in (1, 3)]
    [0.47, 0.183]
    """
    alive: FloatArray = expit(-log_odds_dropped(p, x, t_x, T))
    return alive


def p_no_purchase(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return P(no purchase in (T, T + horizon] | x, t_x, T), 0–1: left, or too few stages are passed in time."""
    odds, stage, bought = log_odds_dropped(p, x, t_x, T), *_stage_columns(p, T, horizon)
    waits = (_stages(p, x, t_x, T) * betaincc(p.k - stage, p.r + p.k * x + stage, bought)).sum(axis=0)
    result: FloatArray = expit(odds) + expit(-odds) * waits
    return result


def p_at_least(
    p: Params, n: npt.ArrayLike, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float
) -> FloatArray:
    """Return P(at least n purchases in (T, T + horizon] | x, t_x, T), 0–1, for whole n ≥ 0; arrays that broadcast.

    Examples
    --------
    >>> at_least = p_at_least(Params(0.6, 2.0, 1.0, 2.0, 2), np.array([0, 1, 2]), 2.0, 30.0, 39.0, 39.0)
    >>> at_least.round(3)
    array([1.   , 0.658, 0.41 ])
    """
    n, x, t_x, T = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (n, x, t_x, T)))
    first, stage, bought = np.maximum(n, 1), *_stage_columns(p, T, horizon)
    in_time = (_stages(p, x, t_x, T) * betainc(p.k * first - stage, p.r + p.k * x + stage, bought)).sum(axis=0)
    stays = np.exp(log_beta_ratio(p.a, p.b + x + 1, first - 1))
    result: FloatArray = np.where(n > 0, p_alive(p, x, t_x, T) * stays * in_time, 1.0)
    return result


def expected_purchases(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return E[purchases in (T, T + horizon] | x, t_x, T], the sum of P(at least n) over n; relative error below 1e-8.

    Examples
    --------
    >>> p = Params(0.6, 2.0, 1.0, 2.0, k=2)
    >>> expected_purchases(p, np.array([0.0, 2.0]), np.array([0.0, 30.0]), np.full(2, 39.0), 39.0).round(3)
    array([0.141, 1.455])
    """
    return _by_stage(p, x, t_x, T, lambda expected: expected(horizon))


def discounted_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float
) -> FloatArray:
    """Return ∫ e^(−rate·t) dE[purchases in (T, T + t]] over (0, horizon]; the rate is continuous, per time unit."""
    return _by_stage(p, x, t_x, T, lambda expected: discounted(expected, horizon, rate))


def expected_purchases_new_customer(p: Params, t: npt.ArrayLike) -> FloatArray:
    """Return E[repeat purchases in (0, t]] of a new customer, who may leave after the first purchase.

    Examples
    --------
    >>> expected_purchases_new_customer(Params(0.6, 2.0, 1.0, 2.0, 2), [39.0, 52.0]).round(3)
    array([1.715, 2.027])
    """
    time = np.asarray(t, dtype=float)
    stays = np.float64(p.b / (p.a + p.b))
    return stays * _purchases_from_stage(p, 0, np.zeros_like(time), np.zeros_like(time), time)


def pmf_new_customer(p: Params, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
    """Return P(X(t) = n), the probability of n repeat purchases in (0, t]; arrays that broadcast.

    At least n purchases need n chances survived and n·k stages passed; the probability is the difference to n + 1.

    Examples
    --------
    >>> pmf_new_customer(Params(0.6, 2.0, 1.0, 2.0, 2), [0, 1, 5], 39.0).round(4)
    array([0.5043, 0.1886, 0.0263])
    """
    count, time = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(t, dtype=float))
    bought = time / (p.alpha + time)

    def at_least(number: FloatArray) -> FloatArray:
        passed = np.where(number > 0, betainc(p.k * np.maximum(number, 1), p.r, bought), 1.0)
        reached: FloatArray = np.exp(log_beta_ratio(p.a, p.b, number)) * passed
        return reached

    return np.maximum(at_least(count) - at_least(count + 1), 0.0)


def _log_left(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the logarithm of having left after the last purchase, relative to having stayed at stage 0 until T."""
    left: FloatArray = np.log(p.a) - np.log(p.b + x) + (p.r + p.k * x) * np.log((p.alpha + T) / (p.alpha + t_x))
    return left


def _log_stages(p: Params, shape: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the logarithm of having passed j = 0..k−1 stages since t_x, relative to none, along the first axis."""
    stage = np.arange(p.k).reshape((p.k,) + (1,) * np.broadcast(shape, t_x, T).ndim)
    with np.errstate(divide="ignore"):  # nothing is passed in no time: −inf is right
        log_share = np.log((T - t_x) / (p.alpha + T))
    passed = np.where(stage > 0, stage * np.where(stage > 0, log_share, 0.0), 0.0)
    weights: FloatArray = log_rising(shape, stage) - gammaln(stage + 1) + passed
    return weights


def _stages(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return P(j stages passed since t_x | alive, history) for j = 0..k−1, along the first axis."""
    log_weights = _log_stages(p, p.r + p.k * np.asarray(x), t_x, T)
    weights: FloatArray = np.exp(log_weights - np.logaddexp.reduce(log_weights, axis=0))
    return weights


def _stage_columns(p: Params, T: FloatArray, horizon: float) -> tuple[FloatArray, FloatArray]:
    """Return the stages along a new first axis, and the share of the horizon in the time that the rate spreads over."""
    stage = np.arange(p.k, dtype=float).reshape((p.k,) + (1,) * np.ndim(T))
    return stage, horizon / (p.alpha + T + horizon)


def _by_stage(
    p: Params,
    x: FloatArray,
    t_x: FloatArray,
    T: FloatArray,
    over: Callable[[Callable[[float], FloatArray]], FloatArray],
) -> FloatArray:
    """Return P(alive) times the mean over stages of what `over` makes of the expectation by horizon from that stage."""
    x, t_x, T = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (x, t_x, T)))
    weights, total = _stages(p, x, t_x, T), np.zeros(x.shape)
    for stage in range(p.k):

        def value(n: FloatArray, times: FloatArray, stage: int = stage) -> FloatArray:
            return over(lambda horizon: _purchases_from_stage(p, stage, n, times, np.full(n.shape, horizon)))

        total = total + weights[stage] * smooth_in_time(value, x, T, p.alpha, strip=np.pi / max(p.k, 2))
    return p_alive(p, x, t_x, T) * total


def _purchases_from_stage(p: Params, stage: int, x: FloatArray, T: FloatArray, horizon: FloatArray) -> FloatArray:
    """Return E[purchases in the horizon] of someone alive at a stage: Σ over n of P(n stays and stages in time).

    The first terms are added; the rest, smooth in n by then, is the integral from half a step before (Euler–Maclaurin).
    """
    flat = [np.ravel(values) for values in np.broadcast_arrays(x, T, horizon)]
    total, rows = np.zeros(flat[0].size), np.arange(flat[0].size)

    def term(n: float) -> FloatArray:
        counts, times, length = (values[rows] for values in flat)
        bought = length / (p.alpha + times + length)
        stays = np.exp(log_beta_ratio(p.a, p.b + counts + 1, n - 1))
        reached: FloatArray = stays * betainc(p.k * n - stage, p.r + p.k * counts + stage, bought)
        return reached

    for n in range(1, _TERMS + 1):
        added = term(float(n))
        total[rows] += added
        rows = rows[added > _NEGLIGIBLE * total[rows] / _TERMS]
    root = np.sqrt(_TERMS + 0.5)
    if rows.size:
        total[rows] += (term(_TERMS + 1.0) - term(float(_TERMS))) / 24  # slope half a step before the first left out
    while rows.size:
        added = _panel(term, root)
        total[rows] += added
        rows, root = rows[added > _NEGLIGIBLE * total[rows]], root + 1
    return total.reshape(np.broadcast(x, T, horizon).shape)


def _panel(term: Callable[[float], FloatArray], root: float) -> FloatArray:
    """Return the integral of term(n) over n from root² to (root + 1)²."""
    nodes, lengths = _PANEL
    roots = root + (nodes + 1) / 2
    total: FloatArray = np.sum([term(v * v) * v * length for v, length in zip(roots, lengths, strict=True)], axis=0)
    return total
