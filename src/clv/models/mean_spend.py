"""One spend for everybody: the answer where customers do not differ enough, or are too few, to model their spend."""

from __future__ import annotations

import pandas as pd

from clv.errors import DataError


class MeanSpend:
    """The mean value of all repeat purchases, for every customer.

    Attributes
    ----------
    mean_ : float
        Currency per purchase.
    n_customers_ : int
        Returning customers behind it.

    Examples
    --------
    >>> customers = pd.DataFrame({"frequency": [3, 1], "monetary_value": [10.0, 30.0]}, index=["A", "D"])
    >>> MeanSpend().fit(customers).expected_spend(customers).to_dict()
    {'A': 15.0, 'D': 15.0}
    """

    mean_: float
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
        spent = returned["frequency"] * returned["monetary_value"]
        self.mean_ = float(spent.sum() / returned["frequency"].sum())
        self.n_customers_ = len(returned)
        return self

    def expected_spend(self, customers: pd.DataFrame) -> pd.Series:
        """Return the mean for each customer (currency per purchase), on the index of customers."""
        return pd.Series(self.mean_, index=customers.index, name="expected_spend")
