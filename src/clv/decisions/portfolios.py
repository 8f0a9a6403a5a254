"""Portfolios (carteras): the whole base cut into a grid of value and risk, each customer in exactly one cell."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd

from clv.errors import DataError
from clv.models.outcomes.totals import totals_by_group

Measure = Literal["orders", "revenue"]

MEASURES: Final[tuple[Measure, ...]] = ("orders", "revenue")
VALUE_CLASSES: Final = ("A", "B", "C")
RISK_BANDS: Final = ("steady", "at_risk", "leaving")
NO_PURCHASE: Final = "no_purchase"
_LEAST_LIKELY: Final = 1e-9  # probability of an order, below which there is no money either
PORTFOLIOS: Final = (*(f"{value}_{risk}" for value in VALUE_CLASSES for risk in RISK_BANDS), NO_PURCHASE)
"""All portfolios, by value and then by risk; the last holds who never had a purchase day, e.g. refunds only."""


def risk_bands(p_churn: pd.Series, cuts: tuple[float, float]) -> pd.Series:
    """Call a customer steady below the first cut of P(no purchase in the window), leaving from the second on.

    Examples
    --------
    >>> risk_bands(pd.Series([0.1, 0.3, 0.7]), (0.3, 0.7)).tolist()
    ['steady', 'at_risk', 'leaving']
    """
    bands = np.select([p_churn < cuts[0], p_churn < cuts[1]], RISK_BANDS[:2], RISK_BANDS[2])
    return pd.Series(bands, index=p_churn.index)


def assign_portfolios(value_class: pd.Series, p_churn: pd.Series, cuts: tuple[float, float]) -> pd.DataFrame:
    """Put each customer in one portfolio of the value × risk grid.

    Parameters
    ----------
    value_class
        "A", "B" or "C" per customer, indexed by customer_id.
    p_churn
        Probability of no purchase in the churn window, 0–1; missing for who never purchased.
    cuts
        Risk from which a customer is at risk, and from which leaving.

    Returns
    -------
    pandas.DataFrame
        risk (missing where there was no purchase) and portfolio, on the index of `value_class`.

    Raises
    ------
    DataError
        If the two are not about the same customers.
    """
    if not value_class.index.equals(p_churn.index):
        raise DataError(
            f"portfolios: {len(value_class):,} value classes and {len(p_churn):,} risks are not of the same customers "
            "in the same order; build both from one customer table"
        )
    known = p_churn.notna()
    risk = risk_bands(p_churn.fillna(1.0), cuts).where(known)
    portfolio = (value_class + "_" + risk).where(known, NO_PURCHASE)
    return pd.DataFrame({"risk": risk, "portfolio": portfolio})


def summarise_portfolios(customers: pd.DataFrame, level_error: float) -> pd.DataFrame:
    """Total customers, orders and money per portfolio; the totals over portfolios are those of the base.

    Parameters
    ----------
    customers
        portfolio, value_to_date, expected_orders, orders_variance, expected_revenue, revenue_variance, clv, p_churn,
        window_orders and window_revenue per customer; money is missing in a log without amounts.
    level_error
        Relative standard error of the base's total, from `clv.learning.forecaster.Forecaster.level_error_`.

    Returns
    -------
    pandas.DataFrame
        Indexed by portfolio, in the order of `PORTFOLIOS`, empty ones left out: n_customers, value_to_date,
        expected_orders, expected_revenue, clv, expected_silent (customers expected not to buy in the churn window),
        orders_at_risk and revenue_at_risk (of the window, see `at_risk`), and orders_low, orders_high, revenue_low,
        revenue_high, the 5th and 95th percentile of the portfolio's total; percentiles do not add up.
    """
    weighed = customers.assign(**{f"{of}_at_risk": at_risk(customers, of) for of in MEASURES})
    groups = weighed.groupby("portfolio")
    added = ["value_to_date", "expected_orders", "expected_revenue", "clv", "orders_at_risk", "revenue_at_risk"]
    ranges = [_ranges(customers, of, level_error) for of in MEASURES]
    sums = groups[added].sum().assign(n_customers=groups.size(), expected_silent=groups["p_churn"].sum())
    table = pd.concat([sums, *ranges], axis="columns")
    return table.reindex([name for name in PORTFOLIOS if name in table.index]).rename_axis("portfolio")


def at_risk(customers: pd.DataFrame, of: Measure) -> pd.Series:
    """Return what is expected to be lost to silence within the churn window: risk and money of one length of time.

    What a customer who orders at all would bring in the window, window_revenue / (1 − p_churn), times the probability
    that no order comes in it.

    Examples
    --------
    >>> at_risk(pd.DataFrame({"p_churn": [0.5], "window_revenue": [40.0]}), "revenue").tolist()
    [40.0]
    """
    return customers["p_churn"] * _if_any(customers, of)


def portfolio_grid(customers: pd.DataFrame) -> pd.DataFrame:
    """Count customers by value class (rows A, B, C) and risk (columns); who never purchased is not in it."""
    known = customers[customers["portfolio"] != NO_PURCHASE]
    counts = pd.crosstab(known["abc"], known["risk"])
    return counts.reindex(index=VALUE_CLASSES, columns=RISK_BANDS, fill_value=0)


def _if_any(customers: pd.DataFrame, of: Measure) -> pd.Series:
    """Return what a customer who orders within the churn window brings in it."""
    return customers[f"window_{of}"] / (1 - customers["p_churn"]).clip(lower=_LEAST_LIKELY)


def _ranges(customers: pd.DataFrame, of: Measure, level_error: float) -> pd.DataFrame:
    expected, variance = customers[f"expected_{of}"], customers[f"{of}_variance"]
    totals = totals_by_group(expected, variance, customers["portfolio"], level_error)
    return totals[["low", "high"]].rename(columns={end: f"{of}_{end}" for end in ("low", "high")})
