"""The MBG/CNBD-k: the MBG/NBD for customers with a rhythm, and the choice of how regular it is.

Platzer & Reutterer (2016), Marketing Science 35(5), 779–799. The formulas are in `clv.models.purchases.stages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np
import pandas as pd

from clv.errors import ConfigError
from clv.models.fitting.counts import as_floats, compress, purchase_counts, refuse, require_columns, row_weights
from clv.models.purchases import stages as purchase_stages
from clv.models.purchases.base import PurchaseModel
from clv.models.purchases.stages import Params
from clv.units import TimeUnit

MOST_STAGES = 12  # Platzer & Reutterer (2016) search up to here; the likelihood hardly tells 12 from more
_ROUNDING = 1e-6  # of a sum of logarithms, per purchase


class MBGCNBD(PurchaseModel[Params]):
    """MBG/CNBD-k model: gaps are sums of k exponential stages, and any purchase can be the last.

    Parameters
    ----------
    k : int from 1 to 12, optional
        Stages in a gap. 1 is the MBG/NBD; the larger, the more regular. None chooses the k of the highest likelihood,
        for which `fit` needs a column log_gaps.
    time_unit : {"week", "day"}, default "week"
        Unit of recency and T in the frames given to it. It only scales alpha.

    Attributes
    ----------
    params_ : Params
        Fitted r, alpha (time units), a, b and the k of the fit; methods and other attributes are those of
        `clv.models.purchases.base.PurchaseModel`.
    k_ : int
        Stages in a gap.
    log_likelihood_ : float
        Total over customers. Without the column log_gaps the term (k − 1)·Σ ln(gap) is missing: do not compare it with
        that of another k.
    log_likelihoods_ : Series
        Where k was chosen: the log-likelihood by k tried.

    Examples
    --------
    >>> from clv.units import weeks
    >>> customers = pd.DataFrame({"frequency": [9, 0], "recency": [18.0, 0], "T": [24.0] * 2}, index=["A", "D"])
    >>> model = MBGCNBD()
    >>> model.params_ = Params(0.6, 2.0, 1.0, 2.0, k=3)  # or model.fit(customers)
    >>> model.predict(customers, horizon=weeks(24)).round(3)
       p_alive  expected_purchases  p_no_purchase
    A    0.183               1.279          0.817
    D    0.457               0.168          0.860
    """

    _params_type, _name, _time_params = Params, "MBG/CNBD-k", ("alpha",)
    _starts = ((1.0, 1.0, 1.0, 3.0), (0.5, 0.05, 0.8, 1.5), (2.0, 0.1, 0.1, 2.0), (1.5, 0.5, 0.1, 0.1))

    k_: int
    log_likelihoods_: pd.Series

    def __init__(self, k: int | None = None, time_unit: TimeUnit = "week") -> None:
        if k is not None and not 1 <= k <= MOST_STAGES:
            raise ConfigError(f"k must be from 1 to {MOST_STAGES}, or None to choose it; got {k!r}")
        super().__init__(time_unit)
        self.k = k

    def fit(self, customers: pd.DataFrame, weights: str | None = None) -> Self:
        """Fit the four parameters, and choose k if it was not given, by maximum likelihood.

        Parameters
        ----------
        customers : DataFrame
            One row per customer with columns frequency, recency and T, see `clv.models.fitting.counts.purchase_counts`,
            and to choose k log_gaps: the sum of the natural logarithms of the times between purchases (time units; not
            read where frequency is 0).
        weights : str, optional
            Column with the number of customers a row stands for. log_gaps is then each one's, or their mean.

        Returns
        -------
        MBGCNBD
            The same model, with its attributes ending in _ set.

        Raises
        ------
        DataError
            If the frame breaks a rule, no customer has a repeat purchase, or log_gaps is missing or impossible.
        ConvergenceError
            If no maximum is found.
        """
        with_gaps = self.k is None or "log_gaps" in customers.columns
        gaps = _total_log_gaps(customers, weights) if with_gaps else 0.0
        (x, t_x, T), n = compress(purchase_counts(customers)._asdict(), row_weights(customers, weights))
        rows = pd.DataFrame({"frequency": x, "recency": t_x, "T": T, "customers": n})
        if self.k is not None:
            return self._fit_at(self.k, rows, gaps)
        tried = self._tried(rows, gaps)
        heights = {k: model.log_likelihood_ for k, model in tried.items()}
        self.__dict__ |= tried[max(heights, key=heights.__getitem__)].__dict__
        self.log_likelihoods_ = pd.Series(heights, name="log_likelihood")
        return self

    def evidence(self, customers: pd.DataFrame) -> pd.Series:
        """Return the shape r + k·x of the gamma distribution of the rate at which a customer passes stages, > 0."""
        p = self._fitted()
        return (p.r + p.k * customers["frequency"]).rename("evidence")

    def _fit_at(self, k: int, rows: pd.DataFrame, gaps: float) -> Self:
        """Fit with k stages."""
        self.k_ = k
        super().fit(rows, weights="customers")
        self.log_likelihood_ += (k - 1) * gaps
        return self

    def _tried(self, rows: pd.DataFrame, gaps: float) -> dict[int, Self]:
        """Return the model fitted with k = 1, 2, … stages, until the log-likelihood has fallen twice in a row."""
        tried: dict[int, Self] = {}
        for k in range(1, MOST_STAGES + 1):
            tried[k] = copy(self)._fit_at(k, rows, gaps)
            if k - max(tried, key=lambda k: tried[k].log_likelihood_) >= 2:
                break
        return tried

    def _params(self, values: Sequence[float]) -> Params:
        """Return the fitted parameters with the k they were fitted for."""
        r, alpha, a, b = values
        return Params(r, alpha, a, b, self.k_)

    _log_likelihood = staticmethod(purchase_stages.log_likelihood)
    _gradient = staticmethod(purchase_stages.gradient)
    _p_alive = staticmethod(purchase_stages.p_alive)
    _expected_purchases = staticmethod(purchase_stages.expected_purchases)
    _p_no_purchase = staticmethod(purchase_stages.p_no_purchase)
    _p_at_least = staticmethod(purchase_stages.p_at_least)
    _discounted_purchases = staticmethod(purchase_stages.discounted_purchases)
    _expected_purchases_new_customer = staticmethod(purchase_stages.expected_purchases_new_customer)
    _pmf_new_customer = staticmethod(purchase_stages.pmf_new_customer)


def _total_log_gaps(customers: pd.DataFrame, weights: str | None) -> float:
    """Return the sum of log_gaps over the customers, checked against the most that their times allow."""
    require_columns(customers, ("log_gaps",))
    x, t_x, _ = purchase_counts(customers)
    gaps = np.where(x > 0, as_floats(customers["log_gaps"]), 0.0)
    most = x * (np.log(np.where(x > 0, t_x, 1.0)) - np.log(np.maximum(x, 1)))  # equal gaps have the largest product
    problems = {
        "log_gaps missing though frequency > 0: sum ln of the times between purchases": ~np.isfinite(gaps),
        "log_gaps above frequency·ln(recency / frequency): use the time unit of recency": gaps > most + _ROUNDING * x,
    }
    refuse(customers, problems)
    weight = row_weights(customers, weights)
    return float(gaps.sum() if weight is None else gaps @ weight)
