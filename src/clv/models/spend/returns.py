"""What part of the money of purchases comes back later: refunds on other days, which no purchase shows.

Counted in a customer's own purchases, so that a company's many small refunds and a large customer's weigh alike. The
share of all, ρ, is pooled; a customer's own is drawn to it as far as customers differ no more than chance would have
them.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd

from clv.models.fitting.counts import FloatArray


class Returns:
    """Share of the money of purchases that refunds take back, for all and for each customer.

    Attributes
    ----------
    share_ : float
        Of the money of all purchases, 0–1.
    weight_ : float
        Purchases that the share of all counts beside a customer's own; inf where customers do not differ.

    Notes
    -----
    With n purchases of a customer and r of them taken back (money returned over mean purchase, at most n), r has mean
    nρ and variance nρ(1 − ρ)(1 + (n − 1)/(k + 1)) if each is taken back whole and customers' shares are beta with
    weight k; k follows from the variance seen (method of moments).

    Examples
    --------
    >>> known = pd.DataFrame({"n_orders": [4, 6], "mean_purchase": [10.0, 20.0], "returned": [0.0, 16.0]})
    >>> round(Returns().fit(known).share_, 3)
    0.1
    """

    share_: float = 0.0
    weight_: float = float("inf")

    def fit(self, known: pd.DataFrame) -> Self:
        """Fit on n_orders, mean_purchase and returned (currency), one row per customer."""
        paid, back, bought = _counted(known)
        total = float((paid * bought).sum())
        self.share_ = float((back * paid).sum()) / total if total > 0 else 0.0
        self.weight_ = _weight(self.share_, back, bought)
        return self

    def predict(self, known: pd.DataFrame) -> pd.Series:
        """Return the share of future purchases that is expected to come back, 0–1, on the index of `known`."""
        if self.share_ == 0 or np.isinf(self.weight_):
            return pd.Series(self.share_, index=known.index, name="returned_share")
        _, back, bought = _counted(known)
        own = (self.weight_ * self.share_ + back) / (self.weight_ + bought)
        return pd.Series(own, index=known.index, name="returned_share")


def _counted(known: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean purchase, the purchases taken back and all purchases; more cannot come back than was bought."""
    if "returned" not in known:
        nothing = np.zeros(len(known))
        return nothing, nothing, nothing
    paid = known["mean_purchase"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=float)
    bought = np.where(paid > 0, known["n_orders"].to_numpy(dtype=float), 0.0)
    money = known["returned"].fillna(0.0).to_numpy(dtype=float)
    back = np.minimum(np.divide(money, paid, out=np.zeros_like(paid), where=paid > 0), bought)
    return paid, back, bought


def _weight(share: float, back: FloatArray, bought: FloatArray) -> float:
    """Return the beta weight k of the moments, at least 1; inf where customers differ no more than by chance."""
    pairs = float((bought * (bought - 1)).sum())
    one = share * (1 - share)
    if one <= 0 or pairs <= 0:
        return float("inf")
    # E Σ (r − nρ)² = ρ(1 − ρ) Σ [n + n(n − 1) / (k + 1)]
    alike = (float(((back - share * bought) ** 2).sum()) / one - float(bought.sum())) / pairs
    return max(1 / alike - 1, 1.0) if alike > 0 else float("inf")
