"""What every model fitted by maximum likelihood carries after its fit; a model adds its formulas and its start."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from clv.errors import ConfigError
from clv.models.fitting import Fit

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

    def __repr__(self) -> str:
        """Name the model and its parameters, so that a notebook shows what was fitted."""
        if not hasattr(self, "params_"):
            return f"{type(self).__name__}(not fitted)"
        found = ", ".join(f"{name}={value:.4g}" for name, value in self.params_._asdict().items())
        return f"{type(self).__name__}({found})"

    def _fitted(self) -> P:
        """Return the parameters, or say that there are none yet."""
        if not hasattr(self, "params_"):
            raise ConfigError(f"{type(self).__name__} is not fitted: call fit(customers) before a prediction")
        return self.params_

    def _keep(self, fit: Fit, n_customers: float) -> None:
        """Set the attributes that a fit leaves behind."""
        names = list(self._params_type._fields)
        self.fit_, self.at_boundary_ = fit, fit.at_boundary
        self.params_ = self._params_type._make(fit.params.tolist())
        self.log_likelihood_, self.n_customers_ = fit.log_likelihood, float(n_customers)
        self.covariance_ = pd.DataFrame(fit.covariance, index=names, columns=names)
        self.standard_errors_ = pd.Series(np.sqrt(np.diag(fit.covariance)), index=names, name="standard_error")
