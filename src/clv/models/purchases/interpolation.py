"""A forecast changes smoothly with the time observed: compute it at a few times per count, look up the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from clv.models.fitting.counts import codes

FloatArray = npt.NDArray[np.float64]

_NATS = 36.0  # the interpolation's error is below exp(-36) of the function's size where it is analytic
_BLOCK = 1 << 13  # rows interpolated at once


def smooth_in_time(
    function: Callable[[FloatArray, FloatArray], FloatArray],
    x: FloatArray,
    T: FloatArray,
    alpha: float,
    strip: float = np.pi / 2,
) -> FloatArray:
    """Return function(x, T) for whole numbers x, evaluating it only at a few T for each frequent x.

    Meant for expected purchases of someone alive, whose rate is gamma-distributed with denominator alpha + T: analytic
    in ln(alpha + T) up to ±πi/2, where its size is still bounded by the rate times the horizon, so that Chebyshev
    interpolation converges geometrically and the number of points follows from the spread of T alone.

    Parameters
    ----------
    function : callable
        From x and T of one shape to values of that shape.
    x, T : ndarray, shape (n,)
        Counts and times.
    alpha : float
        Denominator of the rate at T = 0, > 0, in the unit of T.
    strip : float, default π/2
        Distance from the real ln(alpha + T) up to which the function is analytic and bounded.

    Returns
    -------
    ndarray, shape (n,)
        Relative error below 1e-10, 1e-13 typically.

    Notes
    -----
    Trefethen (2013), Approximation Theory and Approximation Practice, theorem 8.2: on an interval of
    half-length h the error falls like (s/h + √(1 + (s/h)²))^−points for a strip of s on either side.

    Examples
    --------
    >>> T = np.linspace(1.0, 50.0, 3000)
    >>> rate = smooth_in_time(lambda x, T: x / (4.0 + T), np.ones(3000), T, 4.0)
    >>> bool(np.abs(rate * (4.0 + T) - 1).max() < 1e-12)
    True
    """
    if x.size < _BLOCK // 32:
        return function(x, T)
    u = np.log(alpha + T)
    centre, half = (u.max() + u.min()) / 2, max((u.max() - u.min()) / 2, 1e-9)
    n_points = int(np.ceil(_NATS / np.arcsinh(strip / half))) + 1
    n, count = codes(x)
    frequent = np.bincount(count) > n_points
    rank = np.cumsum(frequent) - 1
    coefficients = _coefficients(function, n[frequent], centre, half, n_points, alpha)
    result = np.empty_like(u)
    rows = frequent[count]
    result[~rows] = function(x[~rows], T[~rows])
    result[rows] = _interpolate(coefficients, rank[count[rows]], (u[rows] - centre) / half)
    return result


def _coefficients(
    function: Callable[[FloatArray, FloatArray], FloatArray],
    n: FloatArray,
    centre: float,
    half: float,
    n_points: int,
    alpha: float,
) -> FloatArray:
    """Return the Chebyshev coefficients in ln(alpha + T) for each count: shape (n_points, counts)."""
    points = chebyshev.chebpts1(n_points)
    T = np.maximum(np.exp(centre + half * points) - alpha, 0.0)
    x, times = (grid.ravel() for grid in np.meshgrid(n, T))
    values = function(x, times).reshape(n_points, n.size)
    coefficients: FloatArray = chebyshev.chebvander(points, n_points - 1).T @ values * (2 / n_points)
    coefficients[0] /= 2
    return coefficients


def _interpolate(coefficients: FloatArray, column: npt.NDArray[np.intp], u: FloatArray) -> FloatArray:
    """Return the series of each row's column at its u in [−1, 1], in blocks that stay in the cache."""
    result = np.empty_like(u)
    for start in range(0, u.size, _BLOCK):
        i = slice(start, start + _BLOCK)
        result[i] = chebyshev.chebval(u[i], coefficients[:, column[i]], tensor=False)
    return result
