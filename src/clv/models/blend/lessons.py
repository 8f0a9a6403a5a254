"""What learners take from past origins, beside the probability models: orders, silence and money of a span."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.models.blend.baseline import Baseline
from clv.models.blend.features import features
from clv.models.blend.learned import BoostedCounts, CountRegression
from clv.models.blend.silence import Silence, SilenceLearners
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]


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
        What happened in the span; revenue is missing where the log holds no amounts.
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
        The members' expected orders, in the order of `clv.models.blend.weights.MEMBERS`, each at its own level.
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
