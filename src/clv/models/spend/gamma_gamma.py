"""The gamma-gamma model: what a customer spends per purchase, apart from how often.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, note 025; cited below as note 025. Purchases of one
customer are worth Gamma(p, nu), and nu ~ Gamma(q, gamma) differs between customers. It assumes that spend does not
depend on frequency; `clv.models.spend.repeat_spend.spend_frequency_correlation` shows how far that holds. Functions
take arrays that broadcast: x repeat purchases of mean value z; the class `GammaGamma` takes frames.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import digamma, gammainccinv

from clv.errors import DataError
from clv.models.fitting.counts import FloatArray, row_weights
from clv.models.fitting.covariates import Design, require_known
from clv.models.fitting.estimator import Estimator
from clv.models.fitting.search import LOG_PARAMETER_LIMIT, Fit, maximise
from clv.models.special import log_beta
from clv.models.spend.future import draw_totals, total_quantile
from clv.models.spend.likelihood import condense, coordinates, mean_log_likelihood, starts, thinned
from clv.models.spend.repeat_spend import repeat_spend

# p and q − 1: narrow, middling and wide spreads of spend, and customers who hardly differ
_STARTS = ((6.0, 2.5), (1.0, 1.0), (0.2, 0.2), (50.0, 20.0))
_EFFECTS = {"spend": {"gamma": 1.0}}  # who spends more has a larger gamma
_LEAST_Q = 1 + 2 * math.exp(-LOG_PARAMETER_LIMIT)  # the fit seeks q above 1; from here down it stands at that edge


class Params(NamedTuple):
    """Parameters of the gamma-gamma model.

    Parameters
    ----------
    p : float
        Shape of a customer's spend per purchase, > 0; no unit.
    q : float
        Shape of the spread between customers, fitted above 1 so that the population has a mean; no unit.
    gamma : float or ndarray, shape (n,)
        Scale of the spread between customers, > 0; currency. It differs by customer where there are covariates.
    """

    p: float
    q: float
    gamma: float | FloatArray


def log_likelihood(params: Params, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the log-density of a mean spend z (currency, > 0) over x > 0 purchases; note 025, equation (1a).

    Examples
    --------
    >>> log_likelihood(Params(6.25, 3.74, 15.44), np.array([2.0]), np.array([22.35])).round(4)
    array([-3.5513])
    """
    p, q, gamma = params
    shape, total = p * x, gamma + x * z
    result: FloatArray = shape * np.log(x * z / total) + q * np.log(gamma / total) - np.log(z) - log_beta(shape, q)
    return result


def gradient(params: Params, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the derivatives of `log_likelihood` by p, q, gamma along the first axis: shape (3, n).

    Examples
    --------
    >>> gradient(Params(6.25, 3.74, 15.44), np.array([2.0]), np.array([22.35])).round(4).T
    array([[-0.051 ,  0.2172, -0.0278]])
    """
    p, q, gamma = params
    shape, total = p * x, gamma + x * z
    by_p = x * (digamma(shape + q) - digamma(shape) + np.log(x * z / total))
    by_q = digamma(shape + q) - digamma(q) + np.log(gamma / total)
    return np.stack([by_p, by_q, q / gamma - (shape + q) / total])


def conditional_mean_spend(params: Params, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return E[spend per purchase | x, z] in currency: the customer's mean drawn towards all; note 025, equation (5).

    With x = 0 it is the population mean and z is not read (it may be missing).

    Examples
    --------
    >>> conditional_mean_spend(Params(6.25, 3.74, 15.44), np.array([2.0, 0.0]), np.array([22.35, np.nan])).round(3)
    array([24.664, 35.219])
    """
    shape, rate = posterior(params, x, z)
    return params.p * rate / (shape - 1)


def posterior(params: Params, x: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return shape and rate (currency) of the gamma distribution of nu given the history; note 025, section 2.

    Examples
    --------
    >>> shape, rate = posterior(Params(6.25, 3.74, 15.44), np.array([2.0, 0.0]), np.array([22.35, np.nan]))
    >>> shape, rate
    (array([16.24,  3.74]), array([60.14, 15.44]))
    """
    return params.p * x + params.q, params.gamma + x * np.where(x > 0, z, 0.0)


def spend_total(
    params: Params, x: FloatArray, z: FloatArray, n_purchases: npt.ArrayLike, rng: np.random.Generator
) -> FloatArray:
    """Return draws of what n future purchases bring together (currency), see `clv.models.spend.future.draw_totals`.

    Examples
    --------
    >>> paper, none = Params(6.25, 3.74, 15.44), np.zeros(2)
    >>> spend_total(paper, none, none, [[0, 3]] * 4, np.random.default_rng(1)).shape
    (4, 2)
    """
    return draw_totals(params.p, *posterior(params, x, z), n_purchases, rng)


class GammaGamma(Estimator[Params]):
    """Gamma-gamma model of spend per purchase, fitted by maximum likelihood to repeat buyers.

    Parameters
    ----------
    covariates : sequence of str, optional
        Columns of the customer frame that shift spend: a customer with covariates c has gamma·exp(coefficients · c) for
        gamma, and so exp(…) times the mean. Words become one indicator per level but the most frequent; numbers are
        standardised; both over repeat buyers.

    Attributes
    ----------
    params_ : Params
        Fitted p, q, gamma, with covariates those of a customer of all base levels and mean numbers; the other
        attributes are those of `clv.models.fitting.estimator.Estimator`, over repeat buyers.
    coefficients_ : DataFrame
        With covariates: coefficient and standard_error by (parameter, covariate).
    at_boundary_ : tuple of str
        Parameters at the edge: "p" where a customer's purchases are all alike, "q" where customers are all alike, or
        at its lower edge where their spread is too wide for a mean (see `has_population_mean_`).
    has_population_mean_ : bool
        Whether the mean of spend over customers exists; if not, use the median.
    population_mean_, population_median_ : float
        Mean and median over customers of their mean spend, currency per purchase.
    fit_ : Fit
        How the fit went, in the coordinates of `clv.models.spend.likelihood`.

    Examples
    --------
    >>> customers = pd.DataFrame({"frequency": [2, 0], "monetary_value": [22.35, float("nan")]}, index=["A", "D"])
    >>> model = GammaGamma()
    >>> model.params_ = Params(6.25, 3.74, 15.44)  # the note's; or model.fit(customers)
    >>> model.predict(customers).round(2)
       expected_spend
    A           24.66
    D           35.22
    """

    _params_type = Params

    design_: Design | None = None
    coefficients_: pd.DataFrame

    def __init__(self, covariates: Sequence[str] = ()) -> None:
        self.covariates = covariates

    def fit(self, customers: pd.DataFrame, weights: str | None = None) -> GammaGamma:
        """Fit the parameters to the repeat buyers and return the model.

        Parameters
        ----------
        customers : DataFrame
            One row per customer with columns frequency and monetary_value, see `clv.models.spend.repeat_spend`, and
            the covariates.
        weights : str, optional
            Column with the number of customers a row stands for.

        Returns
        -------
        GammaGamma
            The same model, with its attributes ending in _ set.

        Raises
        ------
        DataError
            If the frame breaks a rule, or has no repeat buyer.
        ConvergenceError
            If no maximum is found.
        """
        x, z = repeat_spend(customers)
        weight, repeat = row_weights(customers, weights), x > 0
        if not repeat.any():
            raise DataError("customers: every customer bought once; the spend of repeat purchases is unknown")
        n = np.ones(int(repeat.sum())) if weight is None else weight[repeat]
        profile = self._learn(customers[repeat], n) if self.covariates else np.empty((n.size, 0))
        ledger = condense(x[repeat], z[repeat], n, profile)
        likeness = thinned(ledger)
        begin, unit = starts(likeness, _STARTS)
        space = coordinates(unit, [label for _, label in self.design_.labels] if self.design_ else [])
        # mostly the objective is its own likeness; steps by slope alone then get past the rounding of large p and q
        objective, coarse = mean_log_likelihood(ledger, space), mean_log_likelihood(likeness, space)
        self._keep(maximise(objective, space, begin, n.sum(), model="gamma-gamma", coarse=coarse), n.sum())
        return self

    @property
    def has_population_mean_(self) -> bool:
        """Whether q stands clear of 1, so that spend has a mean over customers."""
        return self._fitted().q > _LEAST_Q

    @property
    def population_mean_(self) -> float:
        """Mean spend per purchase over all customers, currency, infinite for q ≤ 1; note 025, equation (2)."""
        p, q, gamma = self._fitted()
        return float(p * gamma / (q - 1)) if self.has_population_mean_ else math.inf

    @property
    def population_median_(self) -> float:
        """Spend per purchase that half of the customers exceed on average, currency; it exists for any q."""
        return float(_median(self._fitted()))

    def expected_spend(self, customers: pd.DataFrame, one_time: Literal["mean", "median"] = "mean") -> pd.Series:
        """Return each customer's expected spend per future purchase.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`; it need not be the frame of the fit.
        one_time : {"mean", "median"}, default "mean"
            What customers without a repeat purchase are expected to spend: the population's mean or median.

        Returns
        -------
        Series
            expected_spend (currency per purchase), on the index of customers.

        Raises
        ------
        DataError
            If the frame breaks a rule, or the population has no mean (q at its lower edge) and it is needed.
        ConfigError
            If the model is not fitted.
        """
        params, x, z = self._rows(customers)
        new = x == 0
        if one_time == "mean" and new.any() and not self.has_population_mean_:
            raise DataError(_no_population_mean(int(new.sum())))
        values = conditional_mean_spend(params, x, z)
        if one_time == "median":
            values = np.where(new, _median(params), values)
        return pd.Series(values, index=customers.index, name="expected_spend")

    def predict(self, customers: pd.DataFrame, one_time: Literal["mean", "median"] = "mean") -> pd.DataFrame:
        """Return `expected_spend` as a frame of one column, on the index of customers."""
        return self.expected_spend(customers, one_time).to_frame()

    def spend_total(self, customers: pd.DataFrame, n_purchases: npt.ArrayLike, rng: np.random.Generator) -> FloatArray:
        """Return draws of what n_purchases, of shape (…, n customers), bring together: currency, of that shape."""
        return spend_total(*self._rows(customers), n_purchases, rng)

    def spend_quantiles(
        self, customers: pd.DataFrame, levels: Sequence[float], n_purchases: npt.ArrayLike = 1
    ) -> pd.DataFrame:
        """Return quantiles of what n_purchases (a number, or one per customer) bring together, a column per level."""
        params, x, z = self._rows(customers)
        shape, rate = posterior(params, x, z)
        found = {level: total_quantile(params.p, shape, rate, n_purchases, level) for level in levels}
        return pd.DataFrame(found, index=customers.index)

    def _rows(self, customers: pd.DataFrame) -> tuple[Params, FloatArray, FloatArray]:
        """Return the parameters, by customer where there are covariates, and x and z."""
        params, (x, z) = self._fitted(), repeat_spend(customers)
        if self.design_ is not None:
            coefficients = self.coefficients_["coefficient"].to_numpy()
            params = self.design_.shift(params, coefficients, self.design_.columns(customers))
        return params, x, z

    def _learn(self, returned: pd.DataFrame, weight: FloatArray) -> FloatArray:
        """Set the design of the covariates and return their columns for those who came back."""
        covariates = {"spend": self.covariates}
        require_known(covariates, _EFFECTS, "gamma-gamma")
        self.design_ = Design.learn(returned, weight, covariates, _EFFECTS)
        return np.stack(self.design_.columns(returned), axis=1)

    def _take(self, values: FloatArray) -> None:
        """Set the parameters from p, q, the typical spend and the coefficients."""
        p, q, typical = values[:3].tolist()
        self.params_ = Params(p, q, typical * q / p)
        if self.design_ is not None:
            index = pd.MultiIndex.from_tuples(self.design_.labels, names=["parameter", "covariate"])
            self.coefficients_ = pd.DataFrame({"coefficient": values[3:]}, index=index)

    def _keep(self, fit: Fit, n_customers: float) -> None:
        """Set the attributes of a fit, with the covariance of gamma in place of that of the typical spend."""
        p, q, typical = fit.params[:3]
        slopes = np.eye(fit.params.size)
        slopes[2, :3] = typical * q / p * np.array([-1 / p, 1 / q, 1 / typical])
        unknown = np.isnan(np.diag(fit.covariance))
        covariance = slopes @ np.nan_to_num(fit.covariance) @ slopes.T
        unknown[2] = unknown[:3].any()  # gamma follows from all three
        covariance[unknown] = covariance[:, unknown] = np.nan
        super()._keep(replace(fit, covariance=covariance), n_customers)
        self.fit_ = fit
        if self.design_ is not None:
            self.coefficients_["standard_error"] = self.standard_errors_.to_numpy()[3:]


def _median(params: Params) -> FloatArray:
    """Return the median over customers of their mean spend."""
    return np.asarray(params.p * params.gamma / gammainccinv(params.q, 0.5))


def _no_population_mean(n_new: int) -> str:
    """Say why the mean is refused and what to use."""
    return (
        f"gamma-gamma: q is at its limit of 1, so the population has no mean spend, and {n_new:,} customers "
        'without a repeat purchase need it. Use one_time="median", or cap outliers of monetary_value and fit again'
    )
