"""The learners that ship: smooth ones of counts and probabilities, and trees of these, in the habits of scikit-learn.

Imported where something is learned, and not before: scikit-learn takes longer to import than most forecasts to make.
"""

from __future__ import annotations

import warnings
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

FloatArray = npt.NDArray[np.float64]

SEED: Final = 20_050_517  # any; stated so that a forecast is the same again
# chosen by tests/benchmarks/choices.py: penalties of the squared standardised coefficients where the mean outcome is 1,
# and of the logistic regression over all rows (1 / C); and what the trees may do
_PENALTY = 0.05
_SILENCE_PENALTY = 10.0
_BOOSTING: Final[dict[str, Any]] = {
    # large leaves, slowly: what there is to learn beyond the ground is little and noisy
    "max_iter": 100,
    "learning_rate": 0.04,
    "min_samples_leaf": 100,
    "early_stopping": False,
    "random_state": SEED,
}


class Within(TransformerMixin, BaseEstimator):
    """Keeps features within the range seen in the fit: an exponential must not be extrapolated."""

    def fit(self, X: pd.DataFrame, y: FloatArray | None = None) -> Self:
        """Learn the range of each column."""
        values = np.asarray(X, dtype=float)
        self.low_, self.high_ = values.min(axis=0), values.max(axis=0)
        return self

    def transform(self, X: pd.DataFrame) -> FloatArray:
        """Return the columns, none outside its range."""
        inside: FloatArray = np.clip(np.asarray(X, dtype=float), self.low_, self.high_)
        return inside


class UnitMeanPoisson(PoissonRegressor):
    """Poisson regression of a count or a non-negative amount whose penalty does not depend on the unit of y."""

    def fit(self, X: FloatArray, y: FloatArray, sample_weight: FloatArray | None = None) -> Self:
        """Fit to y over its mean, which must be positive."""
        self.unit_ = float(np.mean(y))
        super().fit(X, np.asarray(y) / self.unit_, sample_weight)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the expected value of each row, shape (n,)."""
        return np.asarray(self.unit_ * super().predict(X), dtype=float)


def smooth_count() -> Pipeline:
    """Return a regression of counts or amounts: smooth, and right on average."""
    smooth = UnitMeanPoisson(alpha=_PENALTY, solver="newton-cholesky", max_iter=200)
    return make_pipeline(Within(), StandardScaler(), smooth)


def smooth_probability() -> Pipeline:
    """Return a regression of a probability."""
    smooth = LogisticRegression(C=1 / _SILENCE_PENALTY, solver="newton-cholesky", max_iter=200)
    return make_pipeline(Within(), StandardScaler(), smooth)


def boosted_probability() -> HistGradientBoostingClassifier:
    """Return trees of a probability."""
    return HistGradientBoostingClassifier(**_BOOSTING)


def fitted_copy(estimator: Any, X: pd.DataFrame, y: npt.NDArray[Any]) -> Any:
    """Fit a copy, also of what has fit and predict but no other habit of scikit-learn."""
    return quietly(clone(estimator, safe=False), X, y)


def quietly(estimator: Any, X: Any, y: Any) -> Any:
    """Fit without a warning when the last steps no longer gain: the penalty has one minimum, and we are at it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The inner solver")
        return estimator.fit(X, y)
