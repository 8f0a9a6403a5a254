"""The gamma-gamma likelihood in bounded size: a million customers become a few hundred points, to rounding error.

Apart from sums, the likelihood sees a customer's total spend s = x·z only through ln(1 + gamma / s). That is a smooth
function of ln s, the same for all. Within a narrow cell of ln s it equals its Chebyshev interpolation, so that the
customers of a cell can be handed over to the few points of the interpolation once and for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, expit

from clv.models.fitting.counts import FloatArray, Positions, codes
from clv.models.fitting.search import Objective, Space
from clv.models.special import log_beta

_CELL = 0.125  # width of a cell of ln s; ln(1 + gamma / s) is analytic up to ±πi
_POINTS = 8  # per cell; each lowers the error by 4π / _CELL, 100 times, and so to 1e-16
_BLOCK = 1 << 15  # rows at a time
_SEARCHED = 5_000  # points at most that a search runs on
_LEVELS_TRIED = 12  # of the typical spend, from the smallest mean spend to the largest


class Ledger(NamedTuple):
    """What a fit sees of the repeat buyers; shares are of their number.

    Parameters
    ----------
    x, share : ndarray, shape (k,)
        Distinct numbers of repeat purchases and the share of buyers with each.
    level : ndarray, shape (m,)
        ln of total spend at each point.
    buyers, purchases : ndarray, shape (m,)
        Share of the buyers that a point stands for, and their purchases; interpolation makes some negative.
    profile : ndarray, shape (m, c)
        Covariates at each point.
    log_z : float
        Mean of the logarithm of mean spend.
    lowest, highest : float
        Smallest and largest logarithm of mean spend.
    """

    x: FloatArray
    share: FloatArray
    level: FloatArray
    buyers: FloatArray
    purchases: FloatArray
    profile: FloatArray
    log_z: float
    lowest: float
    highest: float


def condense(x: FloatArray, z: FloatArray, weight: FloatArray, profile: FloatArray) -> Ledger:
    """Return repeat buyers as a ledger whose size does not grow with their number.

    Parameters
    ----------
    x, z : ndarray, shape (n,)
        Repeat purchases, ≥ 1, and their mean value, > 0.
    weight : ndarray, shape (n,)
        Customers each row stands for.
    profile : ndarray, shape (n, c)
        Covariates; c may be 0. With about as many distinct profiles as rows nothing is condensed.

    Returns
    -------
    Ledger

    Examples
    --------
    >>> z = np.linspace(20, 40, 10_001)
    >>> ledger = condense(np.full(z.size, 2.0), z, np.ones(z.size), np.empty((z.size, 0)))
    >>> ledger.level.size
    56
    >>> abs(float(ledger.buyers @ np.log1p(np.exp(-ledger.level)) - np.log1p(1 / (2 * z)).mean())) < 1e-15
    True
    """
    n, log_z = weight.sum(), np.log(z)
    counts, position = codes(x)
    level, buyers, purchases, profiles = _interpolated(np.log(x) + log_z, (weight, weight * x), profile)
    return Ledger(
        x=counts,
        share=np.bincount(position, weight) / n,
        level=level,
        buyers=buyers / n,
        purchases=purchases / n,
        profile=profiles,
        log_z=float(weight @ log_z / n),
        lowest=float(log_z.min()),
        highest=float(log_z.max()),
    )


def thinned(ledger: Ledger) -> Ledger:
    """Return a ledger of a few thousand points to search for a maximum on: the same one if it has no more than that.

    Every k-th customer in order of spend stands for its neighbours, where customers with covariates of their own make
    a ledger large. Points of an interpolation, some of them negative, do not stand for one another and are all kept.
    """
    if ledger.level.size <= _SEARCHED or ledger.buyers.min() < 0:
        return ledger
    stride = -(-ledger.level.size // _SEARCHED)
    kept = np.lexsort((*ledger.profile.T, ledger.level))[::stride]
    buyers, purchases = ledger.buyers[kept], ledger.purchases[kept]
    return ledger._replace(
        level=ledger.level[kept],
        buyers=buyers / buyers.sum(),
        purchases=purchases * (ledger.purchases.sum() / purchases.sum()),
        profile=ledger.profile[kept],
    )


def coordinates(unit: float, coefficients: Sequence[str] = ()) -> Space:
    """Return the space that the likelihood is climbed in: p, q above 1, the typical spend p·gamma / q, coefficients.

    The typical spend keeps its meaning where p or q grow without limit (a customer's purchases, or customers, all
    alike), while gamma would vanish or grow with them.

    Parameters
    ----------
    unit : float
        Currency in which the typical spend is near 1.
    coefficients : sequence of str, optional
        Names of the coefficients of covariates, which follow.
    """
    names = ("p", "q", "gamma")
    scale, lower = np.ones(3 + len(coefficients)), np.zeros(3 + len(coefficients))
    scale[2], lower[1] = unit, 1.0
    return Space((*names, *coefficients), scale, lower, positive=names)


def mean_log_likelihood(ledger: Ledger, space: Space) -> Objective:
    """Return the mean log-likelihood per buyer and its gradient as a function of the coordinates.

    The likelihood is that of `clv.models.spend.gamma_gamma.log_likelihood`, with gamma·exp(coefficients · covariates).
    """

    def objective(point: FloatArray) -> tuple[float, FloatArray]:
        p, q, typical, *coefficients = space.natural(point)
        shape, log_gamma = p * ledger.x, np.log(typical * q / p)
        offset = log_gamma + ledger.profile @ np.array(coefficients) - ledger.level  # ln(gamma / s) at each point
        spent, kept = np.logaddexp(0.0, offset), np.logaddexp(0.0, -offset)  # −ln(s / (gamma + s)), −ln(gamma / (…))
        value = -ledger.log_z - ledger.share @ log_beta(shape, q)
        value += -p * (ledger.purchases @ spent) - q * (ledger.buyers @ kept)
        rising = digamma(shape + q)
        by_p = ledger.share @ (ledger.x * (rising - digamma(shape))) - ledger.purchases @ spent
        by_q = ledger.share @ rising - digamma(q) - ledger.buyers @ kept
        by_log_gamma = q * ledger.buyers - (p * ledger.purchases + q * ledger.buyers) * expit(offset)
        total = by_log_gamma.sum()
        slope = [p * by_p - total, (q - 1) * (by_q + total / q), total, *(by_log_gamma @ ledger.profile)]
        return float(value), np.array(slope)

    return objective


def starts(ledger: Ledger, shapes: npt.ArrayLike) -> tuple[list[FloatArray], float]:
    """Return points to start from, one for each pair (p, q − 1) of `shapes`, and the unit of typical spend.

    Each pair starts at the typical spend that suits it best, covariates without effect; the unit is that of the best.
    """
    no_effect = [0.0] * ledger.profile.shape[1]
    objective = mean_log_likelihood(ledger, coordinates(1.0, [""] * len(no_effect)))
    levels = np.linspace(ledger.lowest, ledger.highest, _LEVELS_TRIED)
    tried = [[np.array([*pair, level, *no_effect]) for level in levels] for pair in np.log(shapes)]
    best = [max(points, key=lambda point: objective(point)[0]) for points in tried]
    log_unit = max(best, key=lambda point: objective(point)[0])[2]
    return [point - log_unit * (np.arange(point.size) == 2) for point in best], float(np.exp(log_unit))


def _interpolated(
    level: FloatArray, weights: tuple[FloatArray, FloatArray], profile: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return points of ln s, their weights (two kinds) and profiles; the rows themselves where they are few."""
    cell = np.floor(level / _CELL)
    lowest = cell.min()
    key = cell - lowest
    width = key.max() + 1
    for column in profile.T:  # cells of unlike customers are kept apart
        kinds, rank = codes(key + width * codes(column)[1])
        key, width = rank.astype(float), kinds.size
    found, position = codes(key)
    if found.size * _POINTS >= level.size:
        return level, *weights, profile
    first = np.zeros(found.size, dtype=np.intp)
    first[position] = np.arange(level.size)
    left = cell[first] * _CELL
    points = (left[:, np.newaxis] + (_nodes() + 1) / 2 * _CELL).ravel()
    buyers, purchases = _moments(2 * (level / _CELL - cell) - 1, position, weights, found.size) @ _to_nodes()
    return points, buyers.ravel(), purchases.ravel(), np.repeat(profile[first], _POINTS, axis=0)


def _moments(inside: FloatArray, cell: Positions, weights: tuple[FloatArray, FloatArray], n_cells: int) -> FloatArray:
    """Return the sums of weight · T_k over each cell for both weights: shape (2, cells, k).

    T_k are the Chebyshev polynomials on a cell, whose places run from −1 to 1. Rows pass in blocks that fit a cache.
    """
    sums = np.zeros((2, n_cells, _POINTS))
    for start in range(0, inside.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        place, where = inside[rows], cell[rows]
        before, now = place, np.ones_like(place)  # T_1 is also T_−1
        for k in range(_POINTS):
            for kind, weight in enumerate(weights):
                sums[kind, :, k] += np.bincount(where, weight[rows] * now, n_cells)
            before, now = now, 2 * place * now - before
    return sums


def _nodes() -> FloatArray:
    """Return the Chebyshev points of a cell, in places from −1 to 1."""
    nodes: FloatArray = np.cos((np.arange(_POINTS) + 0.5) * np.pi / _POINTS)
    return nodes


def _to_nodes() -> FloatArray:
    """Return the matrix from Chebyshev moments to weights at the Chebyshev points, by discrete orthogonality."""
    k = np.arange(_POINTS)
    matrix: FloatArray = np.cos(np.outer(k, np.arccos(_nodes()))) * np.where(k > 0, 2, 1)[:, np.newaxis] / _POINTS
    return matrix
