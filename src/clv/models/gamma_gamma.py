"""The gamma-gamma model: what a customer spends per purchase, apart from how often.

Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, note 025; cited below as note 025. It assumes that spend
does not depend on frequency; `spend_frequency_correlation` shows how far that holds. Functions take arrays that
broadcast: x repeat purchases of mean value z; the class `GammaGamma` takes frames.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import digamma, gammainccinv, gammaln
from scipy.stats import rankdata

from clv.errors import DataError
from clv.models.counts import FloatArray, Mask, as_floats, compress, numbers, refuse, require_columns, row_weights
from clv.models.estimator import Estimator
from clv.models.fitting import Objective, Space, maximise
from clv.models.special import log_rising

_LOWEST_Q = 1.0  # at or below, the population mean p·gamma / (q − 1) does not exist
# p, q − 1 and gamma in mean spend: narrow, middling and wide spreads of spend
_STARTS = ((1.0, 1.0, 1.0), (6.0, 2.5, 0.5), (2.0, 0.2, 0.5))


class Params(NamedTuple):
    """Parameters of the gamma-gamma model.

    Parameters
    ----------
    p : float
        Shape of a customer's spend per purchase, > 0; no unit.
    q : float
        Shape of the spread between customers, kept above 1 so that the population has a mean; no unit.
    gamma : float
        Scale of the spread between customers, > 0; currency.
    """

    p: float
    q: float
    gamma: float


class Association(NamedTuple):
    """Correlations of spend with frequency among repeat buyers, −1 to 1, and their number."""

    pearson: float
    spearman: float
    n_customers: int


def log_likelihood(params: Params, x: FloatArray, z: FloatArray) -> FloatArray:
    """Return the log-density of a mean spend z (currency, > 0) over x > 0 purchases; note 025, equation (1a).

    Examples
    --------
    >>> log_likelihood(Params(6.25, 3.74, 15.44), np.array([2.0]), np.array([22.35])).round(4)
    array([-3.5513])
    """
    p, q, gamma = params
    shape, total = p * x, gamma + x * z
    share = shape * np.log(x * z / total) + q * np.log(gamma / total)
    return log_rising(shape, np.float64(q)) - gammaln(q) + share - np.log(z)


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
    p, q, gamma = params
    spent = x * np.where(x > 0, z, 0.0)
    return p * (gamma + spent) / (p * x + q - 1)


def spend_frequency_correlation(customers: pd.DataFrame) -> Association:
    """Return how spend and frequency go together among repeat buyers; the model assumes that they do not.

    Parameters
    ----------
    customers : DataFrame
        Columns frequency and monetary_value (currency per repeat purchase), one row per customer.

    Returns
    -------
    Association
        Pearson's and Spearman's coefficient and the number of repeat buyers. A coefficient is nan where frequency or
        spend do not vary.

    Raises
    ------
    DataError
        If the frame breaks a rule of `GammaGamma.fit`.

    Examples
    --------
    >>> repeats = pd.DataFrame({"frequency": [1, 2, 3, 0], "monetary_value": [10.0, 40.0, 20.0, float("nan")]})
    >>> spend_frequency_correlation(repeats)
    Association(pearson=0.3273268353539886, spearman=0.5, n_customers=3)
    """
    x, z = _spend(customers)
    x, z = x[x > 0], z[x > 0]
    return Association(_correlation(x, z), _correlation(rankdata(x), rankdata(z)), x.size)


class GammaGamma(Estimator[Params]):
    """Gamma-gamma model of spend per purchase, fitted by maximum likelihood to repeat buyers.

    Attributes
    ----------
    params_ : Params
        Fitted p, q, gamma; the other attributes are those of `clv.models.estimator.Estimator`, over repeat buyers.
    at_boundary_ : tuple of str
        Parameters at the edge. With "q" in it the spread of spend is too wide for a mean: use the median.
    population_mean_, population_median_ : float
        Mean and median over customers of their mean spend, currency per purchase.

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

    def fit(self, customers: pd.DataFrame, weights: str | None = None) -> GammaGamma:
        """Fit the three parameters to the repeat buyers and return the model.

        Parameters
        ----------
        customers : DataFrame
            One row per customer: frequency (whole repeat purchases, ≥ 0) and monetary_value (mean value of the repeat
            purchases, currency, > 0; it may be missing where frequency is 0).
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
        x, z = _spend(customers)
        weight = row_weights(customers, weights)
        repeat = x > 0
        if not repeat.any():
            raise DataError("customers: every customer bought once; the spend of repeat purchases is unknown")
        (x, z), counts = compress({"x": x[repeat], "z": z[repeat]}, None if weight is None else weight[repeat])
        unit = float(z @ counts / counts.sum())
        space = Space(Params._fields, scale=np.array([1.0, 1.0, unit]), lower=np.array([0.0, _LOWEST_Q, 0.0]))
        objective = _mean_log_likelihood(x, z, counts, space)
        self._keep(
            maximise(objective, space, np.log(_STARTS).tolist(), counts.sum(), model="gamma-gamma"), counts.sum()
        )
        return self

    @property
    def population_mean_(self) -> float:
        """Mean spend per purchase over all customers, currency; note 025, equation (2)."""
        p, q, gamma = self._fitted()
        return p * gamma / (q - 1)

    @property
    def population_median_(self) -> float:
        """Spend per purchase that half of the customers exceed on average, currency; it exists for any q."""
        p, q, gamma = self._fitted()
        return p * gamma / float(gammainccinv(q, 0.5))

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
            If the frame breaks a rule, or the population has no mean (q at the boundary) and it is needed.
        ConfigError
            If the model is not fitted.
        """
        params, (x, z) = self._fitted(), _spend(customers)
        new = x == 0
        if one_time == "mean" and new.any() and "q" in self.at_boundary_:
            raise DataError(_no_population_mean(int(new.sum())))
        values = conditional_mean_spend(params, x, z)
        if one_time == "median":
            values[new] = self.population_median_
        return pd.Series(values, index=customers.index, name="expected_spend")

    def predict(self, customers: pd.DataFrame, one_time: Literal["mean", "median"] = "mean") -> pd.DataFrame:
        """Return `expected_spend` as a frame of one column, on the index of customers."""
        return self.expected_spend(customers, one_time).to_frame()


def _spend(customers: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return frequency and monetary_value, checked; where frequency is 0 the value is not looked at."""
    require_columns(customers, ("frequency", "monetary_value"))
    (x,), z = numbers(customers, ("frequency",)), as_floats(customers["monetary_value"])
    repeat = x > 0
    problems: dict[str, Mask] = {
        "frequency below 0 or not whole: count the purchase days after the first": (x < 0) | (x != np.floor(x)),
        "monetary_value missing though frequency > 0: give the mean of the repeat purchases": repeat & ~np.isfinite(z),
        "monetary_value not above 0 though frequency > 0: net refunds, or leave these customers out": repeat & (z <= 0),
    }
    refuse(customers, problems)
    return x, z


def _mean_log_likelihood(x: FloatArray, z: FloatArray, weight: FloatArray, space: Space) -> Objective:
    """Return the mean log-likelihood per repeat buyer and its gradient as a function of the log-parameters."""
    share = weight / weight.sum()

    def objective(log_params: FloatArray) -> tuple[float, FloatArray]:
        params = Params(*space.natural(log_params).tolist())
        slope = gradient(params, x, z) @ share
        return float(log_likelihood(params, x, z) @ share), slope * space.jacobian(log_params)

    return objective


def _correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return Pearson's coefficient, or nan where one side does not vary."""
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.size < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _no_population_mean(n_new: int) -> str:
    """Say why the mean is refused and what to use."""
    return (
        f"gamma-gamma: q is at its limit of 1, so the population has no mean spend, and {n_new:,} customers "
        'without a repeat purchase need it. Use one_time="median", or cap outliers of monetary_value and fit again'
    )
