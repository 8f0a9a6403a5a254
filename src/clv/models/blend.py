"""The blend: probability models and learned forecasts of the same orders, weighted by how they did at past origins.

The learners decide who will order more than whom; the total stays that of the probability models, since a level seen in
one season misleads in the next. Weights start equal and move as far as the evidence carries them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import LinearConstraint, minimize

from clv.models.baseline import Baseline
from clv.models.features import features
from clv.models.learned import BoostedCounts, CountRegression
from clv.models.silence import Silence, SilenceLearners
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]

MEMBERS: Final = ("probability", "regression", "boosting")
_EQUAL_WEIGHT_PRIOR = 50.0  # customers' worth of belief in equal weights; in the unit of their squared errors
_LIKELY = 1e-9


@dataclass(frozen=True)
class Case:
    """One origin as the learners see it.

    Attributes
    ----------
    as_of
        Last day that counts as known.
    known
        From `clv.data.behaviour.behaviour`.
    baseline
        From `Baseline.predict` over the span, fitted on that day's customers alone.
    X
        From `features`.
    orders, revenue
        What happened in the span; revenue is missing where the log holds no amounts. Both are missing for today.
    """

    as_of: dt.date
    known: pd.DataFrame
    baseline: pd.DataFrame
    X: FloatArray
    orders: FloatArray
    revenue: FloatArray

    @classmethod
    def at(cls, as_of: dt.date, known: pd.DataFrame, outcome: pd.DataFrame, span: Horizon, stages: int = 1) -> Self:
        """Fit the baseline on the customers known at an origin and put features and outcome beside it."""
        baseline = Baseline().fit(known, stages=stages).predict(known, span)
        happened = (outcome[name].to_numpy(dtype=float) for name in ("orders", "revenue"))
        return cls(as_of, known, baseline, features(known, baseline), *happened)


class Lessons(NamedTuple):
    """What the learners expect of each customer in the span.

    Parameters
    ----------
    orders : ndarray, shape (n, 3)
        The members' expected orders, in the order of `MEMBERS`, each at its own level.
    silence : Silence or None
        None where silence could not be learned.
    revenue : ndarray, shape (n,), or None
        Expected net sales (currency) at its own level; None without amounts.
    """

    orders: FloatArray
    silence: Silence | None
    revenue: FloatArray | None


class Learned:
    """What the learners took from a set of cases: orders, silence and money of the span after an origin."""

    def fit(self, cases: Sequence[Case]) -> Self:
        """Fit all learners; silence is learned only where some customers came back and some did not."""
        X = np.concatenate([case.X for case in cases])
        orders = np.concatenate([case.orders for case in cases])
        expected = np.concatenate([case.baseline["expected_orders"].to_numpy() for case in cases])
        self._regression = CountRegression().fit(X, orders)
        self._boosting = BoostedCounts().fit(X, orders, expected)
        silent = orders == 0
        both = bool(silent.any() and not silent.all())
        self._silence = SilenceLearners().fit(X, silent) if both else None
        spend = np.concatenate([case.baseline["spend"].to_numpy() for case in cases])
        relative = np.clip(np.concatenate([case.revenue for case in cases]) / spend, 0.0, None)
        paid = np.isfinite(relative).all() and relative.sum() > 0
        self._money = CountRegression().fit(X, relative) if paid else None
        return self

    def says(self, X: FloatArray, baseline: pd.DataFrame) -> Lessons:
        """Return what was learned of each customer, from `features` and the baseline over the span."""
        expected, spend = (baseline[name].to_numpy(dtype=float) for name in ("expected_orders", "spend"))
        orders = np.column_stack([expected, self._regression.predict(X), self._boosting.predict(X, expected)])
        silence = None if self._silence is None else self._silence.says(X, baseline["p_no_order"].to_numpy(dtype=float))
        return Lessons(orders, silence, None if self._money is None else self._money.predict(X) * spend)


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
