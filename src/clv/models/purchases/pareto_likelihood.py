"""The likelihood of the Pareto/NBD and its gradient, without special functions.

Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related Expressions (note 009 of brucehardie.com),
cited below as FH. Functions take arrays in the paper's symbols, which broadcast: x repeat purchases, t_x the time of
the last, T the end of observation; parameters may be arrays too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, expit

from clv.models.fitting.counts import Counts
from clv.models.purchases.dropout_integral import Grid, Powers, grid, tails
from clv.models.special import log_rising

FloatArray = npt.NDArray[np.float64]


class Params(NamedTuple):
    """Parameters of the Pareto/NBD, all > 0.

    Parameters
    ----------
    r, alpha : float
        Shape (no unit) and rate (time units) of the gamma distribution of purchase rates.
    s, beta : float
        Shape (no unit) and rate (time units) of the gamma distribution of dropout rates.
    """

    r: float
    alpha: float
    s: float
    beta: float


def log_odds_dropped(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return log P(dropped out) / P(alive) at T; −inf where t_x = T.

    Parameters
    ----------
    p : Params
    x, t_x, T : ndarray
        Repeat purchases, time of the last and end of observation (time units); they broadcast.

    Returns
    -------
    ndarray
        Log-odds, of the broadcast shape. FH equation (18) as a ratio: s ∫ (α+t)^−(r+x) (β+t)^−(s+1) dt from t_x to T,
        over (α+T)^−(r+x) (β+T)^−s.

    Examples
    --------
    >>> cdnow = Params(0.553, 10.578, 0.606, 11.669)
    >>> log_odds_dropped(cdnow, np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86).round(4)
    array([ 0.8698, -1.8936])
    """
    points, parameters, shape = _points(p, x, t_x, T)
    return _dropout(parameters, points, moments=False).log_odds.reshape(shape)


def log_likelihood(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the log-likelihood of each history (x, t_x, T), arrays that broadcast; FH equation (18).

    It is a density in time: in days instead of weeks it falls by x·ln 7.

    Examples
    --------
    >>> cdnow = Params(0.553, 10.578, 0.606, 11.669)
    >>> log_likelihood(cdnow, np.array([0.0, 200.0]), np.array([0.0, 38.0]), 40.0).round(4)
    array([-0.5247, 76.3026])
    """
    points, parameters, shape = _points(p, x, t_x, T)
    dropout = _dropout(parameters, points, moments=False)
    alive = _log_alive(parameters, points, dropout)[points.end]
    return np.reshape(alive + np.logaddexp(0.0, dropout.log_odds), shape)


def gradient(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the derivatives of `log_likelihood` by r, alpha, s, beta along the first axis: shape (4, n).

    The derivatives of the integral are integrals of the derivative, on the same nodes.

    Examples
    --------
    >>> gradient(Params(0.553, 10.578, 0.606, 11.669), np.array([3.0]), np.array([30.0]), np.array([40.0])).round(3).T
    array([[ 1.301, -0.02 , -1.177,  0.036]])
    """
    points, parameters, shape = _points(p, x, t_x, T)
    dropout, end = _dropout(parameters, points, moments=True), points.end
    alive, until_T, at_dropout = _slopes(parameters, points, dropout)
    passed = at_dropout[:, points.start] - dropout.remaining * at_dropout[:, end]
    slopes = alive[:, end] + expit(dropout.log_odds) * until_T[:, end] - dropout.weight * passed
    return slopes.reshape((4, *shape))


def summed(counts: Counts, share: FloatArray) -> Callable[[Params], tuple[float, FloatArray]]:
    """Return a function from parameters to the sums of share times log-likelihood, and times its gradient, shape (4,).

    What a customer's T alone decides is summed at the points, so that a customer costs a few operations: a million in
    whole days take some ten milliseconds.

    Examples
    --------
    >>> history = Counts(np.array([3.0]), np.array([30.0]), np.array([40.0]))
    >>> value, slope = summed(history, np.array([2.0]))(Params(0.553, 10.578, 0.606, 11.669))
    >>> round(value, 3), slope.round(3)
    (-25.119, array([ 2.603, -0.039, -2.353,  0.072]))
    """
    points = grid(counts.t_x, counts.T, counts.x)
    start, end, size = points.start, points.end, points.time.size
    ending = np.bincount(end, share, size)

    def score(p: Params) -> tuple[float, FloatArray]:
        dropout = _dropout(p, points, moments=True)
        alive, until_T, at_dropout = _slopes(p, points, dropout)
        dropped, weight = share * expit(dropout.log_odds), share * dropout.weight
        passed = np.bincount(start, weight, size) - np.bincount(end, weight * dropout.remaining, size)
        slope = alive @ ending + until_T @ np.bincount(end, dropped, size) - at_dropout @ passed
        value = _log_alive(p, points, dropout) @ ending + np.logaddexp(0.0, dropout.log_odds) @ share
        return float(value), slope

    return score


class _Dropout(NamedTuple):
    """When n customers may have left: sums over the m distinct points, and what follows for each customer."""

    silent: FloatArray  # (m,), log-probability up to a point of neither leaving nor buying, but for the x times
    tails: FloatArray  # (m, 1 or 5), as of `dropout_integral.tails`, times the hazard of dropout at the point
    remaining: FloatArray  # (n,), e^silent at T over e^silent at t_x
    log_odds: FloatArray  # (n,), log P(dropped) / P(alive) at T
    weight: FloatArray  # (n,), turns a difference of tails into P(dropped) times a mean over the moment of dropout


def _points(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> tuple[Grid, Params, tuple[int, ...]]:
    """Return the distinct points, the parameters at them, and the shape of the arguments.

    Customers share an integrand if they have as many purchases and equal parameters, which may be arrays.
    """
    arrays = [value for value in p if np.ndim(value)]
    broadcast = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (x, t_x, T, *arrays)))
    counts, start, end, *own = (np.ravel(values) for values in broadcast)
    points = grid(start, end, counts, *own)
    at = iter(points.curve[1:])
    parameters = [next(at) if np.ndim(value) else value for value in p]
    return points, Params(*parameters), broadcast[0].shape  # type: ignore[arg-type]  # the formulas take arrays too


def _dropout(p: Params, points: Grid, *, moments: bool) -> _Dropout:
    """Return what the points say on the customers' dropout; p at the points."""
    x, time = points.curve[0], points.time
    later = p.r + x, p.alpha + time, p.s + 1, p.beta + time, np.log1p(time / p.alpha), np.log1p(time / p.beta)
    powers = Powers(*np.broadcast_arrays(*later))
    sums = (p.s / powers.beta)[:, np.newaxis] * tails(points.gap, powers, moments=moments)
    silent = -powers.a * powers.log_alpha - p.s * powers.log_beta
    fall = silent[points.start] - silent[points.end]
    remaining = np.exp(-fall)
    between = sums[points.start, 0] - remaining * sums[points.end, 0]
    with np.errstate(divide="ignore"):  # nobody can have left where t_x = T
        log_odds = fall + np.log(np.maximum(between, 0.0))
    return _Dropout(silent, sums, remaining, log_odds, np.exp(fall - np.logaddexp(0.0, log_odds)))


def _log_alive(p: Params, points: Grid, dropout: _Dropout) -> FloatArray:
    """Return ln of the density of x purchases by a customer who is alive at T, for T at each point."""
    x = points.curve[0]
    alive: FloatArray = log_rising(p.r, x) - x * np.log(p.alpha) + dropout.silent
    return alive


def _slopes(p: Params, points: Grid, dropout: _Dropout) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return by r, alpha, s, beta, shape (4, m): slopes of `_log_alive`, of its part that dropout ends, and at dropout.

    Someone who dropped out was exposed until then and not until T: P(dropped) times the second, taken at T, is undone,
    and the mean of the third over the moment of dropout takes its place.
    """
    x, time = points.curve[0], points.time
    shape, at_alpha, at_beta = p.r + x, p.alpha + time, p.beta + time
    log_alpha, per_alpha, log_beta, per_beta = dropout.tails[:, 1:].T
    since_alpha, since_beta = np.log1p(time / p.alpha), np.log1p(time / p.beta)
    alive = [
        digamma(shape) - digamma(p.r) - since_alpha,
        p.r / p.alpha - shape / at_alpha,
        -since_beta,
        p.s * time / (p.beta * at_beta),
    ]
    until_T = [since_alpha, shape / at_alpha, since_beta + 1 / p.s, p.s / at_beta]
    at_dropout = [log_alpha, shape * per_alpha, log_beta, (p.s + 1) * per_beta]
    return np.stack(alive), np.stack(until_T), np.stack(at_dropout)
