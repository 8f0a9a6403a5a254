"""The blend: forecasts of the same orders, weighted by how they did at past origins.

The members decide who will order more than whom; the total stays that of the first, the probability models, since a
level seen in one season misleads in the next. Weights start equal and move as far as the evidence carries them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import LinearConstraint, minimize

FloatArray = npt.NDArray[np.float64]

MEMBERS: Final = ("probability", "regression", "boosting")
_EQUAL_WEIGHT_PRIOR = 50.0  # customers' worth of belief in equal weights; in the unit of their squared errors
_LIKELY = 1e-9


def levelled(members: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the members, shape (n, k), each scaled to the total of the first, and the k factors."""
    totals = members.sum(axis=0)
    factors = np.divide(totals[0], totals, out=np.ones_like(totals), where=totals > 0)
    return members * factors, factors


def stack_weights(trials: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """Return non-negative weights that sum to 1: least squares at past origins, drawn towards equal weights.

    Parameters
    ----------
    trials : sequence of (ndarray of shape (n, k), ndarray of shape (n,))
        Levelled members and the orders that were made, at origins that the members had not seen.

    Returns
    -------
    ndarray, shape (k,)
        Equal weights where there is no trial.

    Examples
    --------
    >>> good, bad = np.arange(1000.0), np.full(1000, 499.5)
    >>> stack_weights([(np.column_stack([good, bad]), good)]).round(2).tolist()
    [0.98, 0.02]
    """
    k = trials[0][0].shape[1] if trials else len(MEMBERS)
    equal = np.full(k, 1 / k)
    gram, moment = np.zeros((k, k)), np.zeros(k)
    for members, orders in trials:
        total = members[:, 0].sum()
        level = members * (orders.sum() / total if total > 0 else 1.0)  # who orders more, not how many in all
        variance = max(float(np.mean((orders - level @ equal) ** 2)), _LIKELY)
        gram, moment = gram + level.T @ level / variance, moment + level.T @ orders / variance
    if not trials:
        return equal

    scale = max(1.0, float(np.abs(gram).max()))

    def cost(w: FloatArray) -> float:
        prior = _EQUAL_WEIGHT_PRIOR * k * float((w - equal) @ (w - equal))
        return (0.5 * (float(w @ gram @ w) + prior) - float(moment @ w)) / scale

    def slope(w: FloatArray) -> FloatArray:
        return np.asarray(gram @ w + _EQUAL_WEIGHT_PRIOR * k * (w - equal) - moment, dtype=float) / scale

    found = minimize(
        cost,
        equal,
        jac=slope,
        bounds=[(0.0, 1.0)] * k,
        constraints=LinearConstraint(np.ones((1, k)), 1.0, 1.0),
        method="SLSQP",
        options={"ftol": 1e-12},
    ).x
    weights = np.clip(np.asarray(found, dtype=float), 0.0, None)
    return np.asarray(weights / weights.sum(), dtype=float)
