"""Lifetime value: what each customer is expected to bring, what that is worth today, and what may happen instead.

CLV here is the contribution margin of the sales expected within a finite horizon, discounted to the as-of date:
margin × expected revenue × the share that discounting leaves. It excludes what was spent before and the cost of
winning the customer.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Final

import numpy as np
import pandas as pd

from clv.errors import DataError
from clv.models.blend.forecaster import Forecaster
from clv.models.spend.repeat_spend import spend_frequency_correlation
from clv.units import DAYS_PER_WEEK, DiscountRate, Horizon, days, require_horizon, require_rate

PATIENT_SHARE = 0.90  # of the returning customers, whose own pace fits into the churn window
FEWEST_BUYERS, FEWEST_RETURNED = 10, 3  # with fewer, four parameters fit anything
FARTHEST_ORDER_DAYS = 3650  # a next order later than this is not dated

FORECAST_COLUMNS: Final = (
    "p_alive",
    "p_churn",
    "p_no_order",
    "expected_orders",
    "median_orders",
    "orders_low",
    "orders_high",
    "expected_revenue",
    "median_revenue",
    "revenue_low",
    "revenue_high",
    "clv",
    "clv_low",
    "clv_high",
    "next_order",
    "overdue",
    "orders_variance",
    "revenue_variance",
)
"""Columns of `forecast`; all but the variances are exported."""


def churn_window(customers: pd.DataFrame, stated_days: int | None, horizon: Horizon) -> Horizon:
    """Return how long a silence counts as churn: as stated, or from the customers' own pace.

    The default is the mean time between purchases that nine of ten returning customers keep to, in whole weeks
    rounded up and no longer than the horizon.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`, perhaps a sample; recency in weeks.
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
    known: pd.DataFrame,
    forecaster: Forecaster,
    *,
    as_of: dt.date,
    window: Horizon,
    margin: float,
    rate: DiscountRate,
) -> pd.DataFrame:
    """Forecast each customer's orders, sales, lifetime value and risk of silence, with what may happen instead.

    Parameters
    ----------
    known
        From `clv.data.behaviour.behaviour` as of the forecaster's day, indexed by customer_id; any part of the base.
    forecaster
        From `clv.decisions.forecasting.fit_forecaster`; its horizon is that of the forecast.
    as_of
        Last day that counts.
    window
        Length of the silence that counts as churn.
    margin
        Contribution margin as a fraction of sales, above 0 and at most 1.
    rate
        Annual discount rate.

    Returns
    -------
    pandas.DataFrame
        On the index of `known`, in its order, the columns of `FORECAST_COLUMNS`; see `clv.decisions.export.DICTIONARY`
        for their units. Missing for customers without any purchase, of whose rhythm nothing is known; money is missing
        where the log holds no amounts.
    """
    require_horizon(window), require_rate(rate)
    buyers = buyers_of(known)
    if buyers.empty:
        nothing = pd.DataFrame(np.nan, index=known.index, columns=list(FORECAST_COLUMNS))
        return nothing.astype({"next_order": "datetime64[s]"})
    table = forecaster.predict(buyers, window, rate)
    present = margin * table["present_share"]
    gap = DAYS_PER_WEEK * buyers["recency"] / buyers["frequency"].where(buyers["frequency"] > 0)
    ahead = table["days_to_next_order"].where(table["days_to_next_order"] <= FARTHEST_ORDER_DAYS)
    table = table.assign(
        clv=present * table["expected_revenue"],
        clv_low=present * table["revenue_low"],
        clv_high=present * table["revenue_high"],
        next_order=pd.Timestamp(as_of) + pd.to_timedelta(np.ceil(ahead), unit="D"),
        overdue=DAYS_PER_WEEK * (buyers["T"] - buyers["recency"]) / gap,
    )
    return table[list(FORECAST_COLUMNS)].reindex(known.index)


def independence(customers: pd.DataFrame) -> float:
    """Return Spearman's correlation of spend and frequency among returning customers; the model assumes none."""
    paying = customers[(customers["frequency"] > 0) & (customers["monetary_value"] > 0)]
    return spend_frequency_correlation(paying).spearman if len(paying) else float("nan")


def require_enough(frequency: pd.Series, n_customers: pd.Series | float = 1.0) -> None:
    """Refuse a base too small to tell how often customers return.

    Parameters
    ----------
    frequency
        Purchase days after the first of the buyers, one row per customer or per distinct value.
    n_customers
        Customers that each row stands for.

    Raises
    ------
    DataError
        If there are too few buyers, or too few who came back.
    """
    weight = pd.Series(n_customers, index=frequency.index, dtype=float)
    n_buyers, n_returned = int(weight.sum()), int(weight[frequency > 0].sum())
    if not n_buyers:
        raise DataError(
            "nobody has bought: not one day of a customer nets above zero; check the sign of the amounts, or set "
            "purchase_rule: any_order"
        )
    if n_buyers < FEWEST_BUYERS:
        raise DataError(
            f"only {n_buyers:,} customers bought; a forecast needs at least {FEWEST_BUYERS}: take a longer history, "
            "or check that the id column is the customer's"
        )
    if n_returned < FEWEST_RETURNED:
        raise DataError(
            f"only {n_returned:,} of {n_buyers:,} customers bought on more than one day, too few to tell how "
            "often they return: take a longer history, or check that customer ids repeat across orders"
        )


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
