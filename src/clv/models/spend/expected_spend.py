"""What a future purchase is expected to bring: by all purchases, at the level of the repeat ones, net of returns."""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import pandas as pd

from clv.errors import ConvergenceError
from clv.models.spend.gamma_gamma import GammaGamma, conditional_mean_spend
from clv.models.spend.mean_spend import MeanSpend
from clv.models.spend.returns import Returns

_NO_VARIATION: Final = 1e-9  # rounding
_HEAVY_BUYER: Final = 0.99  # quantile of the repeat purchases above which a customer weighs no more than one there


class Spend:
    """Expected net of a future purchase: ranked by all purchases, at the level of the repeat purchases.

    A first purchase tells something of its customer, and is the only one that most customers have made; but first
    purchases are often smaller or larger than those to come. So a gamma-gamma of all purchases ranks the customers and
    one of the repeat purchases (the published model) sets the mean. Where customers spend alike or too few came back,
    the mean of the repeat purchases serves for all. What refunds on other days take back is left out.

    Attributes
    ----------
    repeat_ : GammaGamma or MeanSpend or None
        Of the repeat purchases, or of all where none of these brought money; None where no purchase did.
    returns_ : Returns
        The share of their money that comes back.
    """

    repeat_: GammaGamma | MeanSpend | None = None

    def fit(self, known: pd.DataFrame) -> Self:
        """Fit on frequency, monetary_value, n_orders, mean_purchase and perhaps returned, one row per customer.

        Without mean_purchase nothing is known of first purchases, and the repeat ones stand alone.
        """
        self._all: GammaGamma | None = None
        self._scale = 1.0
        self.returns_ = Returns().fit(known)
        returned = known[(known["frequency"] > 0) & (known["monetary_value"] > 0)]
        if "mean_purchase" not in known:
            self.repeat_ = None if returned.empty else fit_spend(returned)
            return self
        bought = known[known["mean_purchase"] > 0]
        all_purchases = bought.assign(frequency=bought["n_orders"], monetary_value=bought["mean_purchase"])
        if returned.empty:
            self.repeat_ = None if bought.empty else MeanSpend().fit(all_purchases)
            return self
        self.repeat_ = fit_spend(returned)
        by_all = fit_spend(all_purchases)
        if isinstance(self.repeat_, GammaGamma) and isinstance(by_all, GammaGamma):
            self._all = by_all
            # among returning customers, weighted by their purchases, both must bring the same; a single one who buys
            # every day must not settle it for all
            purchases = returned["frequency"].to_numpy(dtype=float)
            weight = np.minimum(purchases, np.quantile(purchases, _HEAVY_BUYER))
            level = weight @ _of_repeats(self.repeat_, returned) / (weight @ self._of_all(by_all, returned))
            self._scale = float(level)
        return self

    def predict(self, known: pd.DataFrame) -> pd.Series:
        """Return spend (currency per purchase, net of returns) on the index of `known`; missing without amounts."""
        if self.repeat_ is None:
            values = np.full(len(known), np.nan)
        elif self._all is not None:
            values = self._scale * self._of_all(self._all, known)
        else:
            values = _of_repeats(self.repeat_, known)
        return pd.Series(values * (1 - self.returns_.predict(known)), index=known.index, name="spend")

    @property
    def is_constant_(self) -> bool:
        """Return whether all purchases brought the same, so that there is nothing to learn of their money."""
        return self.repeat_ is not None and self.variation_ < _NO_VARIATION

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
