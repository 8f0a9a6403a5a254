"""Who may forecast: probability models, rules of thumb, learners, and whatever a data scientist brings.

A candidate is fitted at one origin, `now`, with the origins whose outcome was known by then, and gives a forecast: a
function from what is known of customers (`View`) to one number each. Models and rules look at the customers of the
origin alone, learners at what came of customers before. What is shipped has no privilege over what comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import ConfigError
from clv.learning.features import features
from clv.models.purchases.base import PurchaseModel
from clv.models.purchases.family import ModelFamily
from clv.models.spend.expected_spend import Spend
from clv.units import Horizon, weeks

FloatArray = npt.NDArray[np.float64]

PROBABILITY, REGRESSION, BOOSTING, EXPECTED = "probability models", "regression", "boosting", "expected orders"
NAIVE, HIATUS, LAST_PERIOD = "naive rate", "hiatus", "last period again"
RULES: Final = (NAIVE, HIATUS, LAST_PERIOD)
PATIENT_SHARE = 0.90  # of the returning customers keep a shorter mean interval than the hiatus
_LEAST_LIKELY = 1e-9  # probability of an order, below which rounding is all that is left


class Ground:
    """Probability models and spend, fitted on the customers of one day: what all learning starts from.

    Attributes
    ----------
    family_ : ModelFamily
    spend_ : Spend
    hiatus_ : float
        Weeks of silence after which a customer counts as gone by the rule of that name, see `patience`.
    """

    def fit(
        self,
        known: pd.DataFrame,
        triples: pd.DataFrame | None = None,
        stages: int = 1,
        opportunities: Sequence[float] | None = None,
    ) -> Self:
        """Fit on customers as of a date.

        Parameters
        ----------
        known : DataFrame
            From `clv.data.behaviour.behaviour`; perhaps a sample of the customers.
        triples : DataFrame, optional
            All customers as distinct (frequency, recency, T) with their number n_customers, from
            `clv.data.customers.distinct_counts`; without it the purchase models are fitted on `known`.
        stages, opportunities
            How customers buy, see `clv.models.purchases.family.ModelFamily.fit`.

        Raises
        ------
        DataError, ConvergenceError
            As for `clv.models.purchases.family.ModelFamily.fit`.
        """
        counts, weights = (known, None) if triples is None else (triples, "n_customers")
        self.family_ = ModelFamily().fit(counts, weights, stages, opportunities)
        self.hiatus_ = patience(known)
        self.spend_ = Spend().fit(known)
        self._mean_spend = float(self.spend_.predict(known).mean())
        return self

    @property
    def priced(self) -> bool:
        """Return whether there is money to forecast: some purchase up to that day has brought any."""
        return self.spend_.repeat_ is not None

    def over(self, known: pd.DataFrame, length: Horizon) -> pd.DataFrame:
        """Return what is expected within a length of time.

        Returns
        -------
        DataFrame
            p_alive (0–1), expected_orders (purchase days), p_no_order (0–1), spend (currency per purchase), mean_spend
            (that of the customers of the fit, the same for all: a part of them must not be measured by itself), on
            the index of `known`.
        """
        expected = self.family_.predict(known, length)
        return pd.DataFrame(
            {
                "p_alive": expected["p_alive"],
                "expected_orders": expected["expected_purchases"],
                "p_no_order": expected["p_no_purchase"],
                "spend": self.spend_.predict(known),
                "mean_spend": self._mean_spend,
            }
        )

    def evidence(self, known: pd.DataFrame) -> FloatArray:
        """Return how much the best model knows of each customer's own purchase rate: its shape, > 0."""
        best = self.family_.models_[self.family_.best_]
        return np.asarray(best.evidence(known), dtype=float)


@dataclass(frozen=True)
class View:
    """What a forecast may look at: customers as of a day, and what the ground says of them over a length of time.

    Attributes
    ----------
    known
        From `clv.data.behaviour.behaviour`, with orders_in_span of the last `span`.
    ground
        From `Ground.over`, over `length`.
    length, span
        Of the outcome that is forecast, and of the last period that orders_in_span counts.
    """

    known: pd.DataFrame
    ground: pd.DataFrame
    length: Horizon
    span: Horizon

    @cached_property
    def X(self) -> pd.DataFrame:
        """Return what learners see, from `clv.learning.features.features`."""
        return features(self.known, self.ground)

    @property
    def orders_if_any(self) -> FloatArray:
        """Return the orders that the ground expects of those who order at all, at least 1."""
        return np.maximum(self["expected_orders"] / np.maximum(1 - self["p_no_order"], _LEAST_LIKELY), 1.0)

    def __getitem__(self, name: str) -> FloatArray:
        """Return a column of the ground."""
        return self.ground[name].to_numpy(dtype=float)


Forecast = Callable[[View], FloatArray]


class Candidate(Protocol):
    """What competes: fitted at an origin, it gives a forecast of customers as of that day."""

    def fit(self, X: pd.DataFrame, y: FloatArray, now: View, ground: Ground) -> Forecast:
        """Return the forecast.

        Parameters
        ----------
        X, y
            Features and outcomes (in the target's unit) of the customers of earlier origins.
        now
            Customers of this origin.
        ground
            Fitted at this origin.
        """
        ...


@dataclass(frozen=True)
class Rule:
    """A candidate that learns nothing: a formula of what is known, and of the ground of the origin."""

    formula: Callable[[View, Ground], FloatArray]

    def fit(self, X: pd.DataFrame, y: FloatArray, now: View, ground: Ground) -> Forecast:
        """Return the formula with the origin's ground."""
        return lambda view: self.formula(view, ground)


@dataclass(frozen=True)
class OfModel:
    """A purchase model, fitted to the customers of the origin; `column` of its prediction is the forecast."""

    model: PurchaseModel[Any]
    column: str

    def fit(self, X: pd.DataFrame, y: FloatArray, now: View, ground: Ground) -> Forecast:
        """Fit a copy to the customers of the origin."""
        model = type(self.model)(**deepcopy(self.model.get_params())).fit(now.known)
        return lambda view: model.predict(view.known, view.length)[self.column].to_numpy(dtype=float)


@dataclass(frozen=True)
class Learner:
    """A regressor or classifier in the habits of scikit-learn, fitted to what came of customers before."""

    estimator: Any

    def fit(self, X: pd.DataFrame, y: FloatArray, now: View, ground: Ground) -> Forecast:
        """Fit a copy; a classifier forecasts the probability that y is 1."""
        from clv.learning.learners import fitted_copy  # scikit-learn takes longer to import than most fits

        if hasattr(self.estimator, "predict_proba"):
            fitted = fitted_copy(self.estimator, X, y > 0)
            return lambda view: np.asarray(fitted.predict_proba(view.X)[:, 1], dtype=float)
        fitted = fitted_copy(self.estimator, X, y)
        return lambda view: np.maximum(np.asarray(fitted.predict(view.X), dtype=float), 0.0)


@dataclass(frozen=True)
class Shipped:
    """A learner of `clv.learning.learners`, by the name of its function: made where there is something to learn."""

    name: str

    @property
    def estimator(self) -> Any:
        """Return it unfitted."""
        from clv.learning import learners

        return getattr(learners, self.name)()

    def fit(self, X: pd.DataFrame, y: FloatArray, now: View, ground: Ground) -> Forecast:
        """Fit as any `Learner`."""
        return Learner(self.estimator).fit(X, y, now, ground)


def count_learners() -> dict[str, Candidate]:
    """Return what learns counts, and amounts in the customer's own purchases: smooth, and right on average.

    It starts from what the probability models say, so that it needs to learn only what those miss. Trees beside it made
    no forecast of orders better (tests/benchmarks/CHOICES.md).
    """
    return {REGRESSION: Shipped("smooth_count")}


def probability_learners() -> dict[str, Candidate]:
    """Return two learners of probabilities with different faults: one smooth, and trees, which find thresholds."""
    return {REGRESSION: Shipped("smooth_probability"), BOOSTING: Shipped("boosted_probability")}


def from_outside(candidates: Sequence[Any] | Mapping[str, Any], kind: str) -> dict[str, Candidate]:
    """Return those of a data scientist's candidates that can forecast targets of a kind.

    Parameters
    ----------
    candidates
        scikit-learn regressors (counts and amounts), classifiers (probabilities), pipelines ending in one, or purchase
        models (counts, and the probability of no order); by name, or named by their class.
    kind
        "count", "amount" or "probability".

    Raises
    ------
    ConfigError
        If one is neither.
    """
    named = candidates if isinstance(candidates, Mapping) else {_name(one): one for one in candidates}
    found: dict[str, Candidate] = {}
    for name, one in named.items():
        if isinstance(one, PurchaseModel):
            column = {"count": "expected_purchases", "probability": "p_no_purchase"}.get(kind)
            if column is not None:
                found[name] = OfModel(one, column)
        elif isinstance(one, type) or not (hasattr(one, "fit") and hasattr(one, "predict")):
            raise ConfigError(f"candidate {name!r} must be a regressor, a classifier or a purchase model; got {one!r}")
        elif hasattr(one, "predict_proba") == (kind == "probability"):
            found[name] = Learner(one)
    return found


def rules_of_thumb() -> dict[str, Candidate]:
    """Return three simple rules of counts.

    naive rate (frequency / T goes on), hiatus (the same, but 0 for who has been silent for longer than nine of ten
    returning customers' mean interval), last period again (the orders of the last span).

    Notes
    -----
    Wübben & von Wangenheim (2008), Instant Customer Base Analysis: Managerial Heuristics Often "Get It Right", Journal
    of Marketing 72(3), 82–93.
    """
    return {NAIVE: Rule(_naive), HIATUS: Rule(_awake), LAST_PERIOD: Rule(_again)}


def patience(counts: pd.DataFrame) -> float:
    """Return the mean interval between orders (weeks) that nine of ten returning customers keep; inf without any.

    Parameters
    ----------
    counts : DataFrame
        frequency and recency (weeks), one row per customer, or per distinct value with n_customers.

    Examples
    --------
    >>> patience(pd.DataFrame({"frequency": [4, 1, 0], "recency": [8.0, 1.0, 0.0]}))
    1.9
    """
    returned = counts[counts["frequency"] > 0]
    interval = (returned["recency"] / returned["frequency"]).to_numpy(dtype=float)
    if "n_customers" in returned:
        interval = np.repeat(interval, returned["n_customers"].to_numpy(dtype=np.int64))
    return float(np.quantile(interval, PATIENT_SHARE)) if interval.size else float("inf")


def _naive(view: View, ground: Ground) -> FloatArray:
    x, tenure = (view.known[name].to_numpy(dtype=float) for name in ("frequency", "T"))
    rate: FloatArray = np.divide(x, tenure, out=np.zeros_like(x), where=tenure > 0)
    return rate * (view.length.days / weeks(1).days)


def _awake(view: View, ground: Ground) -> FloatArray:
    silence = (view.known["T"] - view.known["recency"]).to_numpy(dtype=float)
    return np.where(silence <= ground.hiatus_, _naive(view, ground), 0.0)


def _again(view: View, ground: Ground) -> FloatArray:
    return view.known["orders_in_span"].to_numpy(dtype=float) * view.length.days / view.span.days


def _name(candidate: Any) -> str:
    last = candidate.steps[-1][1] if hasattr(candidate, "steps") else candidate
    return type(last).__name__
