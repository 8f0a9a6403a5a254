"""Integrals over the future of a customer whose rates of buying and of leaving are gamma-distributed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clv.models.fitting.counts import distinct

FloatArray = npt.NDArray[np.float64]

_NEGLIGIBLE = 30.0  # nats below its top at which the integrand no longer counts
_NEWTON_STEPS = 6  # towards that place; stopping short of it only widens the range
_BEYOND = 45.0  # nats of a Laplace transform after which nothing follows
_NODES = 40  # per panel
_WIDEST = 8.0  # of a panel, in the logarithm of v


class _Integrand(NamedTuple):
    """v^m (1 + v)^−a (1 + ratio·v)^−b, arrays of one shape (n,)."""

    m: FloatArray
    a: FloatArray
    b: FloatArray
    ratio: FloatArray


def log_power_integral(
    m: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike, ratio: npt.ArrayLike, limit: npt.ArrayLike
) -> FloatArray:
    """Return ln ∫ v^m (1 + v)^−a (1 + ratio·v)^−b dv from 0 to limit.

    Parameters
    ----------
    m, a, b : array-like
        m ≥ 0, a and b > 0, a + b > m + 1.
    ratio, limit : array-like, > 0
        All five broadcast.

    Returns
    -------
    ndarray
        Of the broadcast shape; the integral's relative error is below 1e-10.

    Notes
    -----
    By ln v the integrand is log-concave, and its top solves a quadratic equation. Gauss–Legendre runs over what lies
    within 30 nats of the top, in ln(1 + v / scale): straight where v is small, logarithmic where it is large.

    Examples
    --------
    The integral of (1 + v)^−3 from 0 to 1 is 3/8:

    >>> float(np.exp(log_power_integral(0.0, 1.0, 2.0, 1.0, 1.0)).round(12))
    0.375
    """
    broadcast = np.broadcast_arrays(m, a, b, ratio, limit)
    # customers differ in far fewer of these than in all they did
    (*integrand, end), position = distinct(*(np.ravel(values).astype(float) for values in broadcast))
    return _integrate(_Integrand(*integrand), end)[position].reshape(broadcast[0].shape)


def _integrate(f: _Integrand, limit: FloatArray) -> FloatArray:
    """Return the logarithm of the integral, shape (n,), with as many panels as the widest range needs."""
    top = np.minimum(_mode(f), limit)
    scale = np.minimum(np.minimum(1.0, 1 / f.ratio), top / (f.m + 1))
    low, high = (np.log1p(v / scale) for v in _range(f, top, limit))
    height, total = _log_density(f, top), np.zeros_like(limit)
    for place, share in _panels(float((high - low).max(initial=0))):
        y = low + (high - low) * place
        v = scale * np.expm1(y)
        total += share * np.exp(_log_density(f, v) - height) * (v + scale) / v
    result: FloatArray = height + np.log(total * (high - low))
    return result


def _log_density(f: _Integrand, v: FloatArray) -> FloatArray:
    """Return the logarithm of the integrand by ln v."""
    density: FloatArray = (f.m + 1) * np.log(v) - f.a * np.log1p(v) - f.b * np.log1p(f.ratio * v)
    return density


def _slope(f: _Integrand, v: FloatArray) -> FloatArray:
    """Return the derivative of `_log_density` by ln v; it falls from m + 1 to m + 1 − a − b."""
    slope: FloatArray = f.m + 1 - f.a * v / (1 + v) - f.b * f.ratio * v / (1 + f.ratio * v)
    return slope


def _mode(f: _Integrand) -> FloatArray:
    """Return where the slope vanishes: the positive root of a quadratic equation."""
    square = f.ratio * (f.a + f.b - f.m - 1)
    linear = f.a + f.b * f.ratio - (f.m + 1) * (1 + f.ratio)
    root = np.sqrt(linear**2 + 4 * square * (f.m + 1))
    # the one of two equal forms that does not cancel
    mode: FloatArray = np.where(linear > 0, 2 * (f.m + 1) / (root + np.abs(linear)), (root - linear) / (2 * square))
    return mode


def _range(f: _Integrand, top: FloatArray, limit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the v below and above the top between which the integrand counts, the upper one at most the limit."""
    floor = _log_density(f, top) - _NEGLIGIBLE
    # by concavity no step towards the floor is shorter than these, and from the outside Newton never crosses it
    first = np.maximum(_NEGLIGIBLE / (f.m + 1), np.sqrt(8 * _NEGLIGIBLE / (f.a + f.b)))
    low = _towards(f, np.log(top) - first, floor)
    # from the limit, which may lie above the floor and then stands still
    high = _towards(f, np.log(limit), np.maximum(floor, _log_density(f, limit)))
    return np.exp(low), np.minimum(np.exp(high), limit)


def _towards(f: _Integrand, log_v: FloatArray, floor: FloatArray) -> FloatArray:
    """Return Newton steps of ln v to where the log-density meets the floor."""
    for _ in range(_NEWTON_STEPS):
        v = np.exp(log_v)
        slope = _slope(f, v)
        log_v = log_v - np.divide(_log_density(f, v) - floor, slope, out=np.zeros_like(v), where=slope != 0)
    return log_v


def log_laplace_integral(s: npt.ArrayLike, rate: npt.ArrayLike, limit: npt.ArrayLike) -> FloatArray:
    """Return ln ∫ e^(−rate·v) (1 + v)^−s dv from 0 to limit, which may be infinite where rate > 0 or s > 1.

    All > 0 (rate may be 0) and broadcast. With no limit it is Tricomi's U(1, 2 − s, rate), NIST DLMF 13.4.4.

    Examples
    --------
    Without rate and s = 2 it is limit / (1 + limit):

    >>> float(np.exp(log_laplace_integral(2.0, 0.0, 3.0)).round(12))
    0.75
    """
    broadcast = np.broadcast_arrays(s, rate, limit)
    (power, per, end), position = distinct(*(np.ravel(values).astype(float) for values in broadcast))
    with np.errstate(divide="ignore"):
        ends = np.log1p(end), np.log1p(_BEYOND / per), np.where(power > 1, _BEYOND / np.maximum(power - 1, 0), np.inf)
    length = np.minimum.reduce(ends)
    total = np.zeros_like(length)
    for place, share in _panels(float(length.max(initial=0))):
        y = length * place
        total += share * np.exp(y * (1 - power) - per * np.expm1(y))
    result: FloatArray = np.log(length * total)[position].reshape(broadcast[0].shape)
    return result


def _panels(widest: float) -> Iterator[tuple[float, float]]:
    """Yield Gauss–Legendre's places and weights on (0, 1), in as many panels as the widest range needs."""
    n_panels = int(np.ceil(widest / _WIDEST).clip(1))
    nodes, lengths = np.polynomial.legendre.leggauss(_NODES)
    for panel in range(n_panels):
        for node, length in zip(nodes, lengths, strict=True):
            yield (panel + (1 + node) / 2) / n_panels, length / 2 / n_panels
