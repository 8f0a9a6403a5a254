"""Integrals over the moment of dropout in the Pareto/NBD, for many customers at once and without special functions.

The likelihood of a customer who may have left between t_x and T needs ∫ (α+t)^−a (β+t)^−b dt over that interval. Its
closed form is a hypergeometric function that overflows for heavy buyers. But all customers with as many purchases
share one integrand, and their times are whole days: one pass of Gauss–Legendre over the gaps between the distinct
times serves them all, and an interval is a difference of two sums. The cost grows with the distinct pairs of
purchases and times, not with the customers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dtbtrs

from clv.models.fitting.counts import Positions, distinct

FloatArray = npt.NDArray[np.float64]

_NODES = 8  # per panel
_ROOTS, _LENGTHS = np.polynomial.legendre.leggauss(_NODES)
_STEEPEST = 4.0  # nats that the integrand may fall by in a panel: eight nodes are then exact to 1e-13
_WIDEST = 1.0  # of a panel, in the logarithm of time: the nearest singularity is π away
_NEGLIGIBLE = 40.0  # nats below its start at which the integrand no longer counts
_NEWTON_STEPS = 8  # towards that place; stopping short of it costs panels, not digits


class Grid(NamedTuple):
    """The distinct points (curve, time) of a set of intervals; a curve is one integrand, e.g. one number of purchases.

    Parameters
    ----------
    curve : list of ndarray, shape (m,)
        What the integrand depends on, at each point.
    time, gap : ndarray, shape (m,)
        Times, ascending within a curve, and the distance to the next; 0 at the last of a curve.
    start, end : ndarray of int, shape (n,)
        Points where each row's interval starts and ends.
    """

    curve: list[FloatArray]
    time: FloatArray
    gap: FloatArray
    start: Positions
    end: Positions


class Powers(NamedTuple):
    """The integrand seen from m points, (1 + τ/alpha)^−a (1 + τ/beta)^−b at a time τ after each; all of shape (m,).

    The logarithms of alpha and beta, each in a unit of its own, are those that moments are wanted of: in a unit close
    to alpha, differences of them lose no digits.
    """

    a: FloatArray
    alpha: FloatArray
    b: FloatArray
    beta: FloatArray
    log_alpha: FloatArray
    log_beta: FloatArray


def grid(start: FloatArray, end: FloatArray, *curve: FloatArray) -> Grid:
    """Return the distinct points of n ≥ 1 intervals; rows with equal values of `curve`, shape (n,), share an integrand.

    Examples
    --------
    >>> points = grid(np.array([3.0, 1.0]), np.array([9.0, 3.0]), np.array([2.0, 2.0]))
    >>> points.time.tolist(), points.gap.tolist(), points.start.tolist(), points.end.tolist()
    ([1.0, 3.0, 9.0], [2.0, 6.0, 0.0], [1, 0], [2, 1])
    """
    (*curves, time), position = distinct(*(np.tile(c, 2) for c in curve), np.concatenate([start, end]))
    same = np.logical_and.reduce([np.diff(c) == 0 for c in curves])
    gap = np.append(np.where(same, np.diff(time), 0.0), 0.0)
    return Grid(curves, time, gap, position[: start.size], position[start.size :])


def tails(gap: FloatArray, powers: Powers, *, moments: bool) -> FloatArray:
    """Return the integral from each point to the last of its curve, in units of the integrand at the point.

    Parameters
    ----------
    gap : ndarray, shape (m,)
        Of a `Grid`.
    powers : Powers
        The integrand seen from each point, equal along a curve but for the shift of time; all > 0.
    moments : bool
        Whether to integrate too what derivatives by a, alpha, b and beta need.

    Returns
    -------
    ndarray, shape (m, 5) or (m, 1)
        ∫ w(τ) (1 + τ/alpha)^−a (1 + τ/beta)^−b dτ for the weights w of 1, ln(alpha + τ), 1 / (alpha + τ),
        ln(beta + τ), 1 / (beta + τ); without moments only the first. Relative error of the first below 1e-12.

    Notes
    -----
    Everything is relative to the value at the left, so that nothing overflows: what a point adds to the integral from
    the next, J_i = c_i + q_i·J_(i+1) with q_i ≤ 1, is a bidiagonal system with positive terms.

    Examples
    --------
    From 0 to 1, ∫ (1 + t)^−2 dt is 1/2:

    >>> one = np.ones(2)
    >>> since_1 = Powers(one, one, one, one, 0 * one, 0 * one)
    >>> tails(np.array([1.0, 0.0]), since_1, moments=False).ravel().round(12).tolist()
    [0.5, 0.0]
    """
    reach = _reach(gap, powers)
    panels = np.ceil(reach * np.maximum(1 / _WIDEST, _slope(reach, powers) / _STEEPEST)).clip(1).astype(np.intp)
    first = np.cumsum(panels) - panels
    cells = np.add.reduceat(_over_panels(reach / panels, panels, powers, moments=moments), first, axis=0)
    passed_on = np.where(gap > 0, np.exp(-_fall(gap, powers)), 0.0)
    system = np.stack([-np.roll(passed_on, 1), np.ones_like(gap)])
    total, _ = dtbtrs(system, cells, uplo="U")
    return np.asarray(total)


def _fall(tau: FloatArray, powers: Powers) -> FloatArray:
    """Return how far the integrand falls over a time tau, in nats."""
    fall: FloatArray = powers.a * np.log1p(tau / powers.alpha) + powers.b * np.log1p(tau / powers.beta)
    return fall


def _slope(u: FloatArray, powers: Powers) -> FloatArray:
    """Return the derivative of the fall by u = ln(1 + τ / min(alpha, beta)); it rises with u."""
    origin = np.minimum(powers.alpha, powers.beta)
    tau = origin * np.expm1(u)
    slope: FloatArray = (origin + tau) * (powers.a / (powers.alpha + tau) + powers.b / (powers.beta + tau))
    return slope


def _reach(gap: FloatArray, powers: Powers) -> FloatArray:
    """Return the width of each gap in u, or of its part in which the integrand counts; Newton on a convex function."""
    origin = np.minimum(powers.alpha, powers.beta)
    reach = np.log1p(gap / origin)
    far = np.flatnonzero(_fall(gap, powers) > _NEGLIGIBLE)
    steep, origin, u = Powers(*(values[far] for values in powers)), origin[far], reach[far]
    for _ in range(_NEWTON_STEPS):
        u = u - (_fall(origin * np.expm1(u), steep) - _NEGLIGIBLE) / _slope(u, steep)
    reach[far] = u
    return reach


def _over_panels(width: FloatArray, panels: Positions, powers: Powers, *, moments: bool) -> FloatArray:
    """Return the weighted integrals over each panel, of equal width within a gap; shape (sum of panels, weights)."""
    each, width, before = Powers(*(np.repeat(v, panels) for v in powers)), np.repeat(width, panels), _before(panels)
    origin = np.minimum(each.alpha, each.beta)
    total = np.zeros((width.size, 5 if moments else 1))
    for node, length in zip((1 + _ROOTS) / 2, _LENGTHS / 2, strict=True):
        u = width * (before + node)
        tau = origin * np.expm1(u)
        by_alpha, by_beta = np.log1p(tau / each.alpha), np.log1p(tau / each.beta)
        mass = np.exp(u - each.a * by_alpha - each.b * by_beta) * origin * width * length
        total[:, 0] += mass
        if moments:
            total[:, 1] += mass * (each.log_alpha + by_alpha)
            total[:, 2] += mass / (each.alpha + tau)
            total[:, 3] += mass * (each.log_beta + by_beta)
            total[:, 4] += mass / (each.beta + tau)
    return total


def _before(panels: Positions) -> Positions:
    """Return for each panel the number of panels before it in its gap."""
    return np.arange(panels.sum()) - np.repeat(np.cumsum(panels) - panels, panels)
