"""What probability models alone expect of each customer: orders, silence, spend. The ground that learning builds on."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd

from clv.errors import ConvergenceError
from clv.models.purchases.family import ModelFamily
from clv.models.spend.gamma_gamma import GammaGamma, conditional_mean_spend
from clv.models.spend.mean_spend import MeanSpend
from clv.units import Horizon, weeks


class Spend:
    """Expected net of a future purchase: ranked by all purchases, at the level of the repeat purchases.

    A first purchase tells something of its customer, and is the only one that most customers have made; but first
    purchases are often smaller or larger than those to come. So a gamma-gamma of all purchases ranks the customers and
    one of the repeat purchases (the published model) sets the mean. Where customers spend alike or too few came back,
    the mean of the repeat purchases serves for all.

    Attributes
    ----------
    repeat_ : GammaGamma or MeanSpend or None
        Of the repeat purchases; None where the log holds no amounts.
    """

    repeat_: GammaGamma | MeanSpend | None = None

    def fit(self, known: pd.DataFrame) -> Self:
        """Fit on frequency, monetary_value, n_orders and mean_purchase, one row per customer."""
        self._all: GammaGamma | None = None
        self._scale = 1.0
        returned = known[(known["frequency"] > 0) & (known["monetary_value"] > 0)]
        if returned.empty:
            return self
        self.repeat_ = fit_spend(returned)
        bought = known[known["mean_purchase"] > 0]
        by_all = fit_spend(bought.assign(frequency=bought["n_orders"], monetary_value=bought["mean_purchase"]))
        if isinstance(self.repeat_, GammaGamma) and isinstance(by_all, GammaGamma):
            self._all = by_all
            # among returning customers, weighted by their purchases, both must bring the same
            weight = returned["frequency"].to_numpy(dtype=float)
            level = weight @ _of_repeats(self.repeat_, returned) / (weight @ self._of_all(by_all, returned))
            self._scale = float(level)
        return self

    def predict(self, known: pd.DataFrame) -> pd.Series:
        """Return spend (currency per future purchase) on the index of `known`; missing where there are no amounts."""
        if self.repeat_ is None:
            values = np.full(len(known), np.nan)
        elif self._all is not None:
            values = self._scale * self._of_all(self._all, known)
        else:
            values = _of_repeats(self.repeat_, known)
        return pd.Series(values, index=known.index, name="spend")

    @property
    def variation_(self) -> float:
        """Return the coefficient of variation of one customer's purchases."""
        if isinstance(self.repeat_, GammaGamma):
            return float(self.repeat_.params_.p**-0.5)
        return 0.0 if self.repeat_ is None else self.repeat_.coefficient_of_variation_

    @staticmethod
    def _of_all(model: GammaGamma, known: pd.DataFrame) -> np.ndarray:
        z = known["mean_purchase"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=float)
        return conditional_mean_spend(model.params_, known["n_orders"].to_numpy(dtype=float), z)


class Baseline:
    """The family of probability models and the spend model, fitted on the customers of one day.

    Attributes
    ----------
    family_ : ModelFamily
    spend_ : Spend
    """

    def fit(self, known: pd.DataFrame, triples: pd.DataFrame | None = None, stages: int = 1) -> Self:
        """Fit on customers as of a date.

        Parameters
        ----------
        known : DataFrame
            From `clv.data.behaviour.behaviour`; perhaps a sample of the customers.
        triples : DataFrame, optional
            All customers as distinct (frequency, recency, T) with their number n_customers, from
            `clv.data.customers.distinct_counts`; without it the purchase models are fitted on `known`.
        stages : int, default 1
            Of a gap between purchases, see `clv.models.purchases.family.ModelFamily.fit`.

        Raises
        ------
        DataError, ConvergenceError
            As for `clv.models.purchases.family.ModelFamily.fit`.
        """
        counts, weights = (known, None) if triples is None else (triples, "n_customers")
        self.family_ = ModelFamily().fit(counts, weights, stages)
        self.stages_ = stages
        self.spend_ = Spend().fit(known)
        self._mean_spend = float(self.spend_.predict(known).mean())
        return self

    def predict(self, known: pd.DataFrame, horizon: Horizon) -> pd.DataFrame:
        """Return what is expected within the horizon.

        Returns
        -------
        DataFrame
            p_alive (0–1), expected_orders (purchase days), p_no_order (0–1), spend (currency per purchase),
            mean_spend (that of the customers of the fit, the same for all), on the index of `known`.
        """
        expected = self.family_.predict(known, horizon)
        return pd.DataFrame(
            {
                "p_alive": expected["p_alive"],
                "expected_orders": expected["expected_purchases"],
                "p_no_order": expected["p_no_purchase"],
                "spend": self.spend_.predict(known),
                "mean_spend": self._mean_spend,
            }
        )

    def evidence(self, known: pd.DataFrame) -> np.ndarray:
        """Return the shape r + k·x of what the best model knows of each customer's own purchase rate, > 0."""
        r = self.family_.models_[self.family_.best_].params_.r
        return np.asarray(r + self.stages_ * known["frequency"], dtype=float)

    def time_to_next_order(self, known: pd.DataFrame) -> pd.Series:
        """Return the days within which half of such customers order again, if they have not left.

        The purchase rate of one who is active is Gamma(r + x, alpha + T) in every model here, and the time to the next
        purchase therefore Pareto of the second kind: its median is (alpha + T)·(2^(1 / (r + x)) − 1). Of customers with
        a rhythm the median gap, so many stages long, begins at the last purchase, and one stage is left at least.
        """
        model = self.family_.models_[self.family_.best_]
        alpha, k = model.params_.alpha, self.stages_
        stage = (alpha + known["T"]) * np.expm1(np.log(2.0) / self.evidence(known))
        median = np.maximum(k * stage - (known["T"] - known["recency"]), stage) if k > 1 else stage
        next_order: pd.Series = (median * weeks(1).days).rename("days_to_next_order")
        return next_order


def fit_spend(spenders: pd.DataFrame) -> GammaGamma | MeanSpend:
    """Fit a gamma-gamma to positive mean spends; one mean for all where customers spend alike or are too few."""
    try:
        model = GammaGamma().fit(spenders)
    except ConvergenceError:
        return MeanSpend().fit(spenders)
    return MeanSpend().fit(spenders) if model.at_boundary_ else model


def _of_repeats(model: GammaGamma | MeanSpend, known: pd.DataFrame) -> np.ndarray:
    if isinstance(model, MeanSpend):
        return model.expected_spend(known).to_numpy()
    z = known["monetary_value"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=float)
    return conditional_mean_spend(model.params_, known["frequency"].to_numpy(dtype=float), z)
