"""One spend for everybody: the answer where customers are too few to model their spend apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaincinv

from clv.errors import DataError
from clv.models.fitting.counts import FloatArray


class MeanSpend:
    """The mean value of all repeat purchases, for every customer, and how far single purchases lie from it.

    It has the methods of `clv.models.GammaGamma` that a forecast needs. Purchases are drawn as gamma variables of this
    mean and variation, one independent of the other, whoever buys.

    Attributes
    ----------
    mean_ : float
        Currency per purchase.
    coefficient_of_variation_ : float
        Standard deviation of a single purchase over the mean, ≥ 0, seen in the means of customers: a mean over x
        purchases varies by 1 / x of the variance. 0 with one customer.
    n_customers_ : int
        Returning customers behind it.

    Examples
    --------
    >>> customers = pd.DataFrame({"frequency": [3, 1], "monetary_value": [10.0, 30.0]}, index=["A", "D"])
    >>> model = MeanSpend().fit(customers)
    >>> model.expected_spend(customers).to_dict(), round(model.coefficient_of_variation_, 3)
    ({'A': 15.0, 'D': 15.0}, 1.155)
    """

    mean_: float
    coefficient_of_variation_: float
    n_customers_: int

    def fit(self, customers: pd.DataFrame) -> MeanSpend:
        """Average over purchases of the returning customers: frequency and monetary_value, one row each.

        Raises
        ------
        DataError
            If nobody came back.
        """
        returned = customers[customers["frequency"] > 0]
        if returned.empty:
            raise DataError("customers: every customer bought once; the spend of repeat purchases is unknown")
        x, z = (returned[name].to_numpy(dtype=float) for name in ("frequency", "monetary_value"))
        self.mean_, self.n_customers_ = float(x @ z / x.sum()), len(returned)
        variance = float(x @ (z - self.mean_) ** 2) / max(1, self.n_customers_ - 1)
        self.coefficient_of_variation_ = variance**0.5 / self.mean_
        return self

    def expected_spend(self, customers: pd.DataFrame) -> pd.Series:
        """Return the mean for each customer (currency per purchase), on the index of customers."""
        return pd.Series(self.mean_, index=customers.index, name="expected_spend")

    def spend_total(self, customers: pd.DataFrame, n_purchases: npt.ArrayLike, rng: np.random.Generator) -> FloatArray:
        """Return draws of what n_purchases, of shape (…, n customers), bring together: currency, of that shape."""
        count = np.broadcast_arrays(np.asarray(n_purchases, dtype=float), np.empty(len(customers)))[0]
        if self.coefficient_of_variation_ == 0:
            return count * self.mean_
        shape, scale = self._gamma()
        return scale * rng.gamma(shape * count)

    def spend_quantiles(
        self, customers: pd.DataFrame, levels: Sequence[float], n_purchases: npt.ArrayLike = 1
    ) -> pd.DataFrame:
        """Return quantiles of what n_purchases (a number, or one per customer) bring together, a column per level."""
        count = np.asarray(n_purchases, dtype=float)
        if self.coefficient_of_variation_ == 0:
            return pd.DataFrame(dict.fromkeys(levels, count * self.mean_), index=customers.index)
        shape, scale = self._gamma()
        found = {p: np.where(count > 0, scale * gammaincinv(shape * np.maximum(count, 1), p), 0.0) for p in levels}
        return pd.DataFrame(found, index=customers.index)

    def _gamma(self) -> tuple[float, float]:
        """Return shape and scale (currency) of the value of one purchase."""
        variation = self.coefficient_of_variation_**2
        return 1 / variation, self.mean_ * variation
