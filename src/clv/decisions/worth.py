"""What is to come in total and by tenth of customers, with ranges: sums of a forecast of single customers."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from clv.models.outcomes.totals import Total, total, totals_by_group

LONGEST_LIST_SHARE: Final = 0.10  # of the customers: a list of the best is not the whole base


def totals_of(forecast: pd.DataFrame, level_error: float) -> dict[str, Total]:
    """Return the totals of the base with their ranges: orders, revenue and clv (zero where there is no money)."""
    by = {"orders": ("expected_orders", forecast["orders_variance"])}
    by |= {"revenue": ("expected_revenue", forecast["revenue_variance"]), "clv": ("clv", clv_variance(forecast))}
    return {name: total(forecast[mean].sum(), spread.sum(), level_error) for name, (mean, spread) in by.items()}


def clv_variance(forecast: pd.DataFrame) -> pd.Series:
    """Return the variance of each lifetime value given the level: that of sales, times the square of what is kept."""
    kept = (forecast["clv"] / forecast["expected_revenue"]).where(forecast["expected_revenue"] > 0, 0.0)
    return kept**2 * forecast["revenue_variance"]


def by_tenth(forecast: pd.DataFrame, tenth: pd.Series, by: str, level_error: float) -> pd.DataFrame:
    """Return what each tenth of customers is worth, with ranges.

    Parameters
    ----------
    forecast
        From `clv.decisions.lifetime_value.forecast`.
    tenth
        Of each customer, 1 = highest.
    by
        ``clv`` or ``expected_orders``.
    level_error
        As for `clv.models.outcomes.totals.total`.

    Returns
    -------
    pandas.DataFrame
        tenth, n_customers, value_mean, value_low, value_high (per customer), in_all, share.
    """
    spread = clv_variance(forecast) if by == "clv" else forecast["orders_variance"]
    table = totals_by_group(forecast[by], spread, tenth, level_error)
    n = tenth.value_counts().reindex(table.index)
    return pd.DataFrame(
        {
            "tenth": table.index,
            "n_customers": n.to_numpy(),
            "value_mean": (table["expected"] / n).to_numpy(),
            "value_low": (table["low"] / n).to_numpy(),
            "value_high": (table["high"] / n).to_numpy(),
            "in_all": table["expected"].to_numpy(),
            "share": (table["expected"] / max(table["expected"].sum(), np.finfo(float).tiny)).to_numpy(),
        }
    )


def best_listed(most: int, n: int) -> int:
    """Return how many customers a list of the best holds: no more than a tenth of them, at least one.

    Examples
    --------
    >>> best_listed(20, 2469), best_listed(20, 80), best_listed(20, 3)
    (20, 8, 1)
    """
    return max(1, min(most, int(LONGEST_LIST_SHARE * n)))
