"""Forecasts learned from the company's own past: what customers who looked like this went on to do.

Two learners with different faults, each for counts and for silence: a regression on logarithms, which is smooth and
right on average, and gradient boosting, which finds thresholds and interactions. Both start from what the probability
models say, so that they need to learn only what those miss.
"""

from __future__ import annotations

import warnings
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.preprocessing import StandardScaler

FloatArray = npt.NDArray[np.float64]

SEED: Final = 20_050_517
_PENALTY = 0.05  # of the squared standardised coefficients, where the mean outcome is 1
_SILENCE_PENALTY = 10.0  # the same for the logistic regression, over all rows (1 / C)
_LEAST_EXPECTED = 1e-3  # orders; smaller expectations would make ratios to them wild
_BOOSTING: Final[dict[str, Any]] = {
    # few small trees on half of the columns each: what there is to learn beyond the baseline is little and noisy
    "max_iter": 100,
    "learning_rate": 0.04,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 100,
    "l2_regularization": 20.0,
    "max_features": 0.5,
    "max_bins": 63,
    "early_stopping": False,
    "random_state": SEED,
}


class CountRegression:
    """Poisson regression of a count (or a non-negative amount) on standardised features.

    Features are kept within the range seen in the fit: an exponential must not be extrapolated.
    """

    def fit(self, X: FloatArray, y: FloatArray) -> Self:
        """Fit; X of shape (n, k), y ≥ 0 of shape (n,) with a positive mean."""
        self._low, self._high = X.min(axis=0), X.max(axis=0)
        self._scaler = StandardScaler().fit(X)
        self._unit = float(y.mean())  # the penalty must not depend on the unit of y
        model = PoissonRegressor(alpha=_PENALTY, solver="newton-cholesky", max_iter=200)
        self._model = _quietly(model.fit, self._scaler.transform(X), y / self._unit)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return the expected value of each row, shape (n,)."""
        inside = self._scaler.transform(np.clip(X, self._low, self._high))
        return np.asarray(self._unit * self._model.predict(inside), dtype=float)


class BoostedCounts:
    """Gradient boosting of the ratio of a count to what the baseline expects, with Poisson loss."""

    def fit(self, X: FloatArray, y: FloatArray, expected: FloatArray) -> Self:
        """Fit; `expected` of shape (n,) is the baseline's expectation of y. Weighting ratios by it is an offset."""
        offset = np.maximum(expected, _LEAST_EXPECTED)
        self._model = HistGradientBoostingRegressor(loss="poisson", **_BOOSTING)
        self._model.fit(X, y / offset, sample_weight=offset)
        return self

    def predict(self, X: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the expected value of each row, shape (n,)."""
        return np.asarray(self._model.predict(X) * np.maximum(expected, _LEAST_EXPECTED), dtype=float)


class SilenceRegression:
    """Logistic regression of silence (no order in the span) on standardised features."""

    def fit(self, X: FloatArray, silent: npt.NDArray[np.bool_]) -> Self:
        """Fit; `silent` of shape (n,) holds both kinds."""
        self._low, self._high = X.min(axis=0), X.max(axis=0)
        self._scaler = StandardScaler().fit(X)
        model = LogisticRegression(C=1 / _SILENCE_PENALTY, solver="newton-cholesky", max_iter=200)
        self._model = _quietly(model.fit, self._scaler.transform(X), silent)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return P(silent) of each row, shape (n,)."""
        inside = self._scaler.transform(np.clip(X, self._low, self._high))
        return np.asarray(self._model.predict_proba(inside)[:, 1], dtype=float)


class BoostedSilence:
    """Gradient boosting of silence (no order in the span)."""

    def fit(self, X: FloatArray, silent: npt.NDArray[np.bool_]) -> Self:
        """Fit; `silent` of shape (n,) holds both kinds."""
        self._model = HistGradientBoostingClassifier(**_BOOSTING).fit(X, silent)
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        """Return P(silent) of each row, shape (n,)."""
        return np.asarray(self._model.predict_proba(X)[:, 1], dtype=float)


def _quietly(fit: Any, X: FloatArray, y: npt.NDArray[Any]) -> Any:
    """Fit without a warning when the last steps no longer gain: the penalty has one minimum, and we are at it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The inner solver")
        return fit(X, y)
