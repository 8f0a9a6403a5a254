"""One base for models of repeat purchases and silent dropout: a model is its formulas and its starts.

Fit, forecasts, discounting, whole-number outcomes and their quantiles come from here. Everything is computed once per
distinct row (x, t_x, T), and a base of millions of customers has a few hundred thousand of those at most.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import ConfigError
from clv.models.fitting.counts import (
    Counts,
    Positions,
    coarsen,
    compress,
    distinct,
    purchase_counts,
    require_repeat_purchase,
    row_weights,
)
from clv.models.fitting.covariates import Covariates, Design, Effects, of_rows, require_known
from clv.models.fitting.estimator import Estimator
from clv.models.fitting.search import Fit, Objective, Space, maximise
from clv.models.purchases.discounting import discounted
from clv.models.purchases.quantiles import least_count
from clv.units import DiscountRate, Horizon, TimeUnit, require_horizon, require_rate, weeks

FloatArray = npt.NDArray[np.float64]
P = TypeVar("P", bound=NamedTuple)
Score = Callable[[P], tuple[float, FloatArray]]

DEFAULT_HORIZON = weeks(39)  # the holdout of the papers on CDNOW


class PurchaseModel(Estimator[P]):
    """A model of (x, t_x, T): x repeat purchases, the last at t_x, observed until T.

    A subclass names `_params_type`, `_name`, `_time_params`, `_starts` and its formulas, module-level functions of
    arrays that broadcast, as static attributes: ``_log_likelihood = staticmethod(log_likelihood)``. Needed are
    `_log_likelihood`, `_gradient`, `_p_alive`, `_expected_purchases`, `_p_at_least`, `_expected_purchases_new_customer`
    and `_pmf_new_customer`; `_p_no_purchase`, `_discounted_purchases` and `_score` have defaults that hold for every
    such model, to be replaced where a formula is more exact or faster.

    Parameters
    ----------
    time_unit : {"week", "day"}, default "week"
        Unit of recency and T in the frames given to it. It only scales the parameters that carry time.
    covariates : dict from process to list of column names, optional
        Columns of the customer frame that shift a process, e.g. ``{"purchase": ["channel", "age"], "dropout":
        ["channel"]}``. Words become one indicator per level but the most frequent; numbers are standardised.

    Attributes
    ----------
    params_ : NamedTuple
        Fitted parameters, with covariates those of a customer of all base levels and mean numbers; the other attributes
        are those of `clv.models.fitting.estimator.Estimator`.
    coefficients_ : DataFrame
        With covariates: coefficient and standard_error by (parameter, covariate), see `clv.models.fitting.covariates`.
    log_likelihood_ : float
        Total over customers; depends on the time unit, so never compare it across units.
    """

    _name: ClassVar[str]  # in messages
    _time_params: ClassVar[tuple[str, ...]]  # parameters in time units; searched for in units of the longest T
    _starts: ClassVar[Sequence[Sequence[float]]]  # natural parameters, those in time units as shares of the longest T
    _effects: ClassVar[Effects] = {}  # by process: the parameters that its covariates shift, with their sign

    design_: Design | None = None
    coefficients_: pd.DataFrame

    def __init__(self, time_unit: TimeUnit = "week", covariates: Covariates | None = None) -> None:
        self.time_unit: TimeUnit = time_unit
        self.covariates = covariates

    # --- the formulas of a model

    @staticmethod
    @abstractmethod
    def _log_likelihood(p: Any, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Return the log-likelihood of each history, a density in time."""

    @staticmethod
    @abstractmethod
    def _gradient(p: Any, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Return its derivatives by the k parameters along the first axis: shape (k, n)."""

    @staticmethod
    @abstractmethod
    def _p_alive(p: Any, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
        """Return P(not dropped out at T | history), 0–1."""

    @staticmethod
    @abstractmethod
    def _expected_purchases(p: Any, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
        """Return E[purchases in (T, T + horizon] | history]."""

    @staticmethod
    @abstractmethod
    def _p_at_least(
        p: Any, n: npt.ArrayLike, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float
    ) -> FloatArray:
        """Return P(at least n purchases in (T, T + horizon] | history), 0–1, for whole n ≥ 0 that broadcast."""

    @staticmethod
    @abstractmethod
    def _expected_purchases_new_customer(p: Any, t: npt.ArrayLike) -> FloatArray:
        """Return E[repeat purchases in (0, t]] of a new customer."""

    @staticmethod
    @abstractmethod
    def _pmf_new_customer(p: Any, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
        """Return P(n repeat purchases in (0, t]) of a new customer."""

    # --- what follows from them for any model

    def _p_no_purchase(self, p: Any, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
        """Return P(no purchase in (T, T + horizon] | history): the history without one up to T + horizon, over it."""
        ratio = self._log_likelihood(p, x, t_x, T + horizon) - self._log_likelihood(p, x, t_x, T)
        return np.exp(np.minimum(ratio, 0.0))

    def _discounted_purchases(
        self, p: Any, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float
    ) -> FloatArray:
        """Return ∫ e^(−rate·t) dE[purchases in (T, T + t]] over (0, horizon]."""
        return discounted(lambda t: self._expected_purchases(p, x, t_x, T, t), horizon, rate)

    def _score(self, counts: Counts, share: FloatArray) -> Score[Any]:
        """Return a function from parameters to the sums of share times log-likelihood, and times gradient (k,).

        What depends on the data alone can be prepared here, once for all evaluations.
        """

        def score(p: Any) -> tuple[float, FloatArray]:
            return float(self._log_likelihood(p, *counts) @ share), self._gradient(p, *counts) @ share

        return score

    # --- frames in, frames out

    def fit(self, customers: pd.DataFrame, weights: str | None = None) -> Self:
        """Fit the parameters by maximum likelihood and return the model.

        Parameters
        ----------
        customers : DataFrame
            One row per customer with columns frequency, recency and T, see `clv.models.fitting.counts.purchase_counts`.
        weights : str, optional
            Column with the number of customers a row stands for. Identical rows are merged in any case.

        Returns
        -------
        PurchaseModel
            The same model, with its attributes ending in _ set.

        Raises
        ------
        DataError
            If the frame breaks a rule, or no customer has a repeat purchase.
        ConvergenceError
            If no maximum is found.
        """
        covariates = self.covariates or {}
        require_known(covariates, self._effects, self._name)
        columns, rows_stand_for = list(purchase_counts(customers)), row_weights(customers, weights)
        if covariates:
            self.design_ = Design.learn(customers, rows_stand_for, covariates, self._effects)
            columns += self.design_.columns(customers)
        (x, t_x, T, *z), weight = compress({str(i): column for i, column in enumerate(columns)}, rows_stand_for)
        counts, n = Counts(x, t_x, T), float(weight.sum())
        require_repeat_purchase(x, n)
        space, merged = self._space(float(T.max())), coarsen(counts, weight, z)
        objective = self._objective(counts, z, weight / n, space)
        coarse = None if merged is None else self._objective(*merged, space)
        self._keep(maximise(objective, space, self._log_starts(space), n, model=self._name, coarse=coarse), n)
        return self

    def predict(self, customers: pd.DataFrame, horizon: Horizon = DEFAULT_HORIZON) -> pd.DataFrame:
        """Return what each customer is expected to do in the horizon after T.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`; it need not be the frame of the fit.
        horizon : Horizon, default weeks(39)
            Length of the forecast; a bare number is refused.

        Returns
        -------
        DataFrame
            On the index of customers, in its order: p_alive (0–1), expected_purchases (transactions in the horizon),
            p_no_purchase (0–1, probability of none in the horizon).

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If horizon carries no unit, or the model is not fitted.
        """
        length = require_horizon(horizon).in_units(self.time_unit)
        p, counts, position = self._rows(customers)
        columns = {
            "p_alive": self._p_alive(p, *counts),
            "expected_purchases": self._expected_purchases(p, *counts, length),
            "p_no_purchase": self._p_no_purchase(p, *counts, length),
        }
        return pd.DataFrame({name: value[position] for name, value in columns.items()}, index=customers.index)

    def discounted_purchases(self, customers: pd.DataFrame, horizon: Horizon, rate: DiscountRate) -> pd.Series:
        """Return each customer's expected purchases in the horizon, discounted to T.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`.
        horizon : Horizon
            Length of the forecast, e.g. weeks(52).
        rate : DiscountRate
            Annual rate, e.g. annual(0.10), applied continuously.

        Returns
        -------
        Series
            discounted_purchases (transactions at present value), on the index of customers.

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If horizon or rate carry no unit, or the model is not fitted.
        """
        length, per_unit = require_horizon(horizon).in_units(self.time_unit), require_rate(rate).per(self.time_unit)
        p, counts, position = self._rows(customers)
        values = self._discounted_purchases(p, *counts, length, per_unit)
        return pd.Series(values[position], index=customers.index, name="discounted_purchases")

    def outcome_quantiles(self, customers: pd.DataFrame, horizon: Horizon, levels: Sequence[float]) -> pd.DataFrame:
        """Return for each level the least number n of purchases with P(purchases in the horizon ≤ n) ≥ level.

        These are quantiles of what a customer will do, at the fitted parameters; those of an expectation are narrower.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`.
        horizon : Horizon
            Length of the forecast, e.g. weeks(52).
        levels : sequence of float
            Each above 0 and below 1, e.g. (0.05, 0.5, 0.95).

        Returns
        -------
        DataFrame
            Whole numbers (int64), on the index of customers, one column per level.

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If horizon carries no unit, a level is not between 0 and 1, or the model is not fitted.
        """
        length = require_horizon(horizon).in_units(self.time_unit)
        if not all(0 < level < 1 for level in levels):
            raise ConfigError(f"levels of quantiles must be above 0 and below 1; got {list(levels)}")
        p, counts, position = self._rows(customers)

        def exceeds(n: FloatArray, rows: Positions) -> FloatArray:
            x, t_x, T = (column[rows] for column in counts)
            return self._p_at_least(of_rows(p, rows), n + 1, x, t_x, T, length)

        found = {level: least_count(exceeds, 1 - level, counts.x.size)[position] for level in levels}
        return pd.DataFrame(found, index=customers.index)

    def evidence(self, customers: pd.DataFrame) -> pd.Series:
        """Return the shape r + x of the gamma distribution of each customer's own purchase rate, > 0."""
        shape: float = self._fitted()[0]  # r is the first parameter of each of them
        evidence: pd.Series = (shape + customers["frequency"]).rename("evidence")
        return evidence

    def expected_purchases(self, customers: pd.DataFrame, horizon: Horizon) -> pd.Series:
        """Return each customer's expected purchases in the horizon alone, on the index of customers."""
        length = require_horizon(horizon).in_units(self.time_unit)
        p, counts, position = self._rows(customers)
        values = self._expected_purchases(p, *counts, length)
        return pd.Series(values[position], index=customers.index, name="expected_purchases")

    def p_no_purchase(self, customers: pd.DataFrame, horizon: Horizon) -> pd.Series:
        """Return each customer's probability of no purchase in the horizon alone, on the index of customers."""
        length = require_horizon(horizon).in_units(self.time_unit)
        p, counts, position = self._rows(customers)
        values = self._p_no_purchase(p, *counts, length)
        return pd.Series(values[position], index=customers.index, name="p_no_purchase")

    def p_at_least(self, customers: pd.DataFrame, horizon: Horizon, n: int) -> pd.Series:
        """Return each customer's probability of n or more purchases in the horizon, on the index of customers."""
        length = require_horizon(horizon).in_units(self.time_unit)
        p, counts, position = self._rows(customers)
        values = np.broadcast_to(self._p_at_least(p, n, *counts, length), counts.x.shape)
        return pd.Series(values[position], index=customers.index, name=f"p_at_least_{n}")

    def expected_purchases_new_customer(self, t: npt.ArrayLike) -> FloatArray:
        """Return E[repeat purchases in (0, t]] of a new customer; t in the model's time unit."""
        times, position = np.unique(np.asarray(t, dtype=float), return_inverse=True)
        return self._expected_purchases_new_customer(self._fitted(), times)[position]

    def pmf_new_customer(self, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
        """Return P(n repeat purchases in (0, t]) of a new customer; n and t broadcast, t in the model's time unit."""
        return self._pmf_new_customer(self._fitted(), n, t)

    # --- below the surface

    def _rows(self, customers: pd.DataFrame) -> tuple[P, Counts, Positions]:
        """Return the distinct rows with their parameters, and the position of each customer's among them."""
        p, columns = self._fitted(), list(purchase_counts(customers))
        if self.design_ is not None:
            columns += self.design_.columns(customers)
        (x, t_x, T, *z), position = distinct(*columns)
        if self.design_ is not None:
            p = self.design_.shift(p, self.coefficients_["coefficient"].to_numpy(), z)
        return p, Counts(x, t_x, T), position

    def _space(self, longest: float) -> Space:
        """Return the parameters' scales: time in units of the longest observation, the rest as it is."""
        names = self._names()
        scale = np.array([longest if name in self._time_params else 1.0 for name in names])
        space = Space(names, scale, lower=np.zeros(len(names)))
        return space if self.design_ is None else self.design_.space(space)

    def _log_starts(self, space: Space) -> list[FloatArray]:
        """Return the starts as the maximiser sees them; covariates start without effect."""
        starts = np.log(self._starts)
        return list(np.pad(starts, ((0, 0), (0, space.scale.size - starts.shape[1]))))

    def _objective(self, counts: Counts, z: list[FloatArray], share: FloatArray, space: Space) -> Objective:
        """Return the mean log-likelihood per customer and its gradient as a function of the log-parameters."""
        if self.design_ is not None:
            rows = counts, z, share
            return self.design_.objective(self._log_likelihood, self._gradient, self._params, rows, space)
        score = self._score(counts, share)

        def objective(log_params: FloatArray) -> tuple[float, FloatArray]:
            value, slope = score(self._params(space.natural(log_params).tolist()))
            return value, slope * space.jacobian(log_params)

        return objective

    def _take(self, values: FloatArray) -> None:
        """Set the parameters, and after them the coefficients of the covariates."""
        k = len(self._names())
        super()._take(values[:k])
        if self.design_ is not None:
            index = pd.MultiIndex.from_tuples(self.design_.labels, names=["parameter", "covariate"])
            self.coefficients_ = pd.DataFrame({"coefficient": values[k:]}, index=index)

    def _keep(self, fit: Fit, n_customers: float) -> None:
        """Set the attributes that a fit leaves behind; coefficients stand beside their standard errors."""
        super()._keep(fit, n_customers)
        if self.design_ is not None:
            k = len(self._names())
            self.coefficients_["standard_error"] = self.standard_errors_.to_numpy()[k:]
