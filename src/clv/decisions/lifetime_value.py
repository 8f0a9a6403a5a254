"""Lifetime value: how often a customer will buy, what each purchase brings, and what that is worth today.

CLV here is the contribution margin of the purchases expected within a finite horizon, discounted to the as-of date:
margin × expected spend per purchase × discounted expected purchases. It excludes what was spent before and the cost
of winning the customer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from clv.errors import ConvergenceError, DataError
from clv.models import BGNBD, GammaGamma
from clv.models.gamma_gamma import conditional_mean_spend, spend_frequency_correlation
from clv.models.mean_spend import MeanSpend
from clv.units import DAYS_PER_WEEK, DiscountRate, Horizon, days, require_horizon, require_rate

PATIENT_SHARE = 0.90  # of the returning customers, whose own pace fits into the churn window
FEWEST_BUYERS, FEWEST_RETURNED = 10, 3  # with fewer, four parameters fit anything

FORECAST_COLUMNS = ("p_alive", "p_churn", "expected_orders", "expected_revenue", "clv")


@dataclass(frozen=True)
class ValueModels:
    """The two fitted models whose product is lifetime value; spend is one mean for all where it cannot be modelled."""

    purchases: BGNBD
    spend: GammaGamma | MeanSpend


def fit_value_models(customers: pd.DataFrame) -> ValueModels:
    """Fit how often (BG/NBD) and for how much (Gamma-Gamma) customers buy.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`, indexed by customer_id. Customers without any purchase are left out of the
        fits, and those whose repeat purchases brought no money out of the fit of spend.

    Returns
    -------
    ValueModels
        Both models, converged.

    Raises
    ------
    DataError
        If there are too few buyers, or too few who came back.
    ConvergenceError
        If a likelihood has no maximum.
    """
    buyers = require_buyers(customers)
    returned = buyers[buyers["frequency"] > 0]
    if len(buyers) < FEWEST_BUYERS:
        raise DataError(
            f"only {len(buyers):,} customers bought; a forecast needs at least {FEWEST_BUYERS}: take a longer history, "
            "or check that the id column is the customer's"
        )
    if len(returned) < FEWEST_RETURNED:
        raise DataError(
            f"only {len(returned):,} of {len(buyers):,} customers bought on more than one day, too few to tell how "
            "often they return: take a longer history, or check that customer ids repeat across orders"
        )
    spenders = returned[returned["monetary_value"] > 0]
    if spenders.empty:
        raise DataError(f"none of {len(returned):,} returning customers spent more than zero; check the amount column")
    return ValueModels(BGNBD().fit(buyers), _fit_spend(spenders))


def _fit_spend(spenders: pd.DataFrame) -> GammaGamma | MeanSpend:
    """Fall back to one mean for all where customers spend alike (a fixed price) or too few came back."""
    try:
        model = GammaGamma().fit(spenders)
    except ConvergenceError:
        return MeanSpend().fit(spenders)
    return MeanSpend().fit(spenders) if "q" in model.at_boundary_ else model


def churn_window(customers: pd.DataFrame, stated_days: int | None, horizon: Horizon) -> Horizon:
    """Return how long a silence counts as churn: as stated, or from the customers' own pace.

    The default is the mean time between purchases that nine of ten returning customers keep to, in whole weeks
    rounded up and no longer than the horizon.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`; recency in weeks.
    stated_days
        The config's own window, if it has one.
    horizon
        Length of the forecast.

    Returns
    -------
    Horizon
        At least one week, unless stated shorter.
    """
    if stated_days is not None:
        return days(stated_days)
    returned = customers[customers["frequency"] > 0]
    pace = (returned["recency"] / returned["frequency"]).quantile(PATIENT_SHARE)
    if math.isnan(pace):
        return horizon
    return min(days(max(1, math.ceil(pace)) * DAYS_PER_WEEK), horizon)


def forecast(
    customers: pd.DataFrame,
    models: ValueModels,
    *,
    horizon: Horizon,
    window: Horizon,
    margin: float,
    rate: DiscountRate,
) -> pd.DataFrame:
    """Forecast each customer's purchases, revenue, lifetime value and risk of silence.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`, indexed by customer_id.
    models
        From `fit_value_models`, on these customers or on others of the same company.
    horizon
        Length of the forecast from the as-of date.
    window
        Length of the silence that counts as churn.
    margin
        Contribution margin as a fraction of sales, above 0 and at most 1.
    rate
        Annual discount rate.

    Returns
    -------
    pandas.DataFrame
        On the index of `customers`, in its order: p_alive (latent, 0–1), p_churn (probability of no purchase within
        `window`, 0–1), expected_orders and expected_revenue within `horizon` (purchase days; currency, undiscounted,
        before margin), clv (currency, margin, discounted). Missing for customers without any purchase: nothing is
        known of their rhythm.
    """
    require_horizon(window), require_rate(rate)
    buyers = buyers_of(customers)
    purchases = models.purchases.predict(buyers, horizon)
    spend = expected_spend(buyers, models.spend)
    discounted = models.purchases.discounted_purchases(buyers, horizon, rate)
    table = pd.DataFrame(
        {
            "p_alive": purchases["p_alive"],
            "p_churn": models.purchases.predict(buyers, window)["p_no_purchase"],
            "expected_orders": purchases["expected_purchases"],
            "expected_revenue": purchases["expected_purchases"] * spend,
            "clv": margin * spend * discounted,
        }
    )
    return table.reindex(customers.index)


def expected_spend(buyers: pd.DataFrame, spend: GammaGamma | MeanSpend) -> pd.Series:
    """Return the expected money per future purchase; repeat purchases for nothing count as such."""
    if isinstance(spend, MeanSpend):
        return spend.expected_spend(buyers)
    x = buyers["frequency"].to_numpy(dtype=float)
    z = buyers["monetary_value"].fillna(0.0).clip(lower=0.0).to_numpy(dtype=float)
    return pd.Series(conditional_mean_spend(spend.params_, x, z), index=buyers.index, name="expected_spend")


def independence(customers: pd.DataFrame) -> float:
    """Return Spearman's correlation of spend and frequency among returning customers; the model assumes none."""
    paying = customers[(customers["frequency"] > 0) & (customers["monetary_value"] > 0)]
    return spend_frequency_correlation(paying).spearman


def require_buyers(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the buyers, or say that there is none."""
    buyers = buyers_of(customers)
    if buyers.empty:
        raise DataError(
            f"nobody has bought: not one day of {len(customers):,} customers nets above zero; check the sign of the "
            "amounts, or set purchase_rule: any_order"
        )
    return buyers


def buyers_of(customers: pd.DataFrame) -> pd.DataFrame:
    """Return the customers with at least one purchase day: those a rhythm can be known of."""
    return customers[customers["first_order"].notna()]
