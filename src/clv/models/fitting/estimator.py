"""What every model fitted by maximum likelihood carries after its fit; a model adds its formulas and its start."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from copy import copy
from typing import Any, Generic, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import ConfigError
from clv.models.fitting.search import LOG_PARAMETER_LIMIT, Fit

P = TypeVar("P", bound=NamedTuple)


class Estimator(Generic[P]):
    """Base of the models: fitted parameters with their uncertainty, and how the fit went.

    Attributes
    ----------
    params_ : NamedTuple
        Fitted parameters. A model given its params_ by hand predicts without a fit.
    log_likelihood_ : float
        Total over the customers of the fit.
    n_customers_ : float
        Customers behind the fit (the sum of weights).
    standard_errors_, covariance_ : Series and DataFrame
        By parameter name, in natural units; missing for a parameter at the boundary.
    at_boundary_ : tuple of str
        Parameters that ran to the edge of what can be told apart.
    fit_ : Fit
        Gradient norm, Hessian and number of agreeing starts.
    """

    _params_type: type[P]

    params_: P
    log_likelihood_: float
    n_customers_: float
    standard_errors_: pd.Series
    covariance_: pd.DataFrame
    at_boundary_: tuple[str, ...] = ()
    fit_: Fit

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the arguments of the constructor by name: what `sklearn.base.clone` makes an unfitted copy from."""
        return {
            name: getattr(self, name) for name in inspect.signature(type(self).__init__).parameters if name != "self"
        }

    def set_params(self, **params: Any) -> Self:
        """Set arguments of the constructor; an unknown one is an error."""
        unknown = params.keys() - self.get_params().keys()
        if unknown:
            known = ", ".join(self.get_params()) or "none"
            raise ConfigError(f"{type(self).__name__} has no parameter {sorted(unknown)}; it has {known}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Name the model and its parameters, so that a notebook shows what was fitted."""
        if not hasattr(self, "params_"):
            return f"{type(self).__name__}(not fitted)"
        found = ", ".join(f"{name}={value:.4g}" for name, value in self.params_._asdict().items())
        return f"{type(self).__name__}({found})"

    def draw_params(self, n: int, rng: np.random.Generator) -> list[P]:
        """Return the `params_` of `draw_models`."""
        return [model.params_ for model in self.draw_models(n, rng)]

    def draw_models(self, n: int, rng: np.random.Generator) -> list[Self]:
        """Return n copies of the model with parameters that the data could equally have come from.

        What they predict differently is what the fit does not know.

        Parameters
        ----------
        n : int
            Number of draws.
        rng : Generator
            Source of randomness, e.g. ``np.random.default_rng(seed)``.

        Returns
        -------
        list of the same class
            Their parameters are draws from the asymptotic distribution: normal in the log-parameters, with covariance
            (−H)⁻¹. A parameter without a standard error (at the boundary, or flat) stays at its estimate.

        Raises
        ------
        ConfigError
            If the model is not fitted: parameters given by hand have no uncertainty.

        Examples
        --------
        >>> from clv.models import BGNBD
        >>> customers = pd.DataFrame({"frequency": [3, 1, 0, 7], "recency": [20.0, 2.0, 0.0, 36.0], "T": [39.0] * 4})
        >>> model = BGNBD().fit(customers)
        >>> len(model.draw_models(3, np.random.default_rng(1)))
        3
        """
        if not hasattr(self, "fit_"):
            raise ConfigError(f"{type(self).__name__} is not fitted: call fit(customers) before drawing parameters")
        drawn = rng.multivariate_normal(self.fit_.log_params, self.fit_.log_covariance, size=n, method="eigh")
        inside = np.clip(drawn, -LOG_PARAMETER_LIMIT, LOG_PARAMETER_LIMIT)  # a flat direction would leave the numbers
        models = [copy(self) for _ in range(n)]
        for model, row in zip(models, inside, strict=True):
            model._take(self.fit_.space.natural(row))
        return models

    def _take(self, values: npt.NDArray[np.float64]) -> None:
        """Set what the model predicts with."""
        self.params_ = self._params(values.tolist())

    def _names(self) -> tuple[str, ...]:
        """Return the parameters that are fitted: fields without a default, which is for settings."""
        kind = self._params_type
        return tuple(name for name in kind._fields if name not in kind._field_defaults)

    def _params(self, values: Sequence[float]) -> P:
        """Return fitted values as the model's parameters."""
        return self._params_type._make(values)

    def _fitted(self) -> P:
        """Return the parameters, or say that there are none yet."""
        if not hasattr(self, "params_"):
            raise ConfigError(f"{type(self).__name__} is not fitted: call fit(customers) before a prediction")
        return self.params_

    def _keep(self, fit: Fit, n_customers: float) -> None:
        """Set the attributes that a fit leaves behind."""
        names = list(fit.space.names)
        self.fit_, self.at_boundary_ = fit, fit.at_boundary
        self._take(fit.params)
        self.log_likelihood_, self.n_customers_ = fit.log_likelihood, float(n_customers)
        self.covariance_ = pd.DataFrame(fit.covariance, index=names, columns=names)
        self.standard_errors_ = pd.Series(np.sqrt(np.diag(fit.covariance)), index=names, name="standard_error")
