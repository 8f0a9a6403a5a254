"""Lifetime value: what each customer is expected to bring, what that is worth today, and what may happen instead.

CLV here is the contribution margin of the sales expected within a finite horizon, discounted to the as-of date:
margin × expected revenue × the share that discounting leaves. It excludes what was spent before and the cost of
winning the customer.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from clv.decisions.reach import FEWEST_BUYERS, FEWEST_RETURNED
from clv.errors import DataError
from clv.learning.forecaster import Forecaster
from clv.models.spend.repeat_spend import spend_frequency_correlation
from clv.units import DAYS_PER_WEEK, DiscountRate, require_rate

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
    "window_orders",
    "window_revenue",
    "orders_variance",
    "revenue_variance",
)
"""Columns of `forecast`; those of the window and the variances are not exported."""


def forecast(
    known: pd.DataFrame,
    forecaster: Forecaster,
    *,
    as_of: dt.date | None,
    margin: float,
    rate: DiscountRate,
) -> pd.DataFrame:
    """Forecast each customer's orders, sales, lifetime value and risk of silence, with what may happen instead.

    Parameters
    ----------
    known
        From `clv.data.behaviour.behaviour` as of the forecaster's day, indexed by customer_id; any part of the base.
    forecaster
        From `clv.decisions.forecasting.fit_forecaster`; its horizon and window are those of the forecast.
    as_of
        Last day that counts; None where it is not known, and then no next_order is told.
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

    Raises
    ------
    DataError
        If money is known, but no purchase brought any, so that none can be forecast.
    """
    require_rate(rate)
    buyers = buyers_of(known)
    if forecaster.money_ is None and "value_to_date" in buyers and buyers["value_to_date"].notna().any():
        raise DataError(
            f"amounts are known, but no purchase of {len(buyers):,} customers brought money: check the sign of the "
            "amounts, or leave amount out of columns (score: --no-amount) to forecast orders alone"
        )
    if buyers.empty:
        nothing = pd.DataFrame(np.nan, index=known.index, columns=list(FORECAST_COLUMNS))
        return nothing.astype({"next_order": "datetime64[s]"})
    table = forecaster.predict(buyers, rate)
    present = margin * table["present_share"]
    gap = DAYS_PER_WEEK * buyers["recency"] / buyers["frequency"].where(buyers["frequency"] > 0)
    ahead = table["days_to_next_order"].where(np.isfinite(table["days_to_next_order"]))
    table = table.assign(
        clv=present * table["expected_revenue"],
        clv_low=present * table["revenue_low"],
        clv_high=present * table["revenue_high"],
        next_order=(pd.NaT if as_of is None else pd.Timestamp(as_of)) + pd.to_timedelta(np.ceil(ahead), unit="D"),
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
    """Return the customers with at least one purchase day: those a rhythm can be known of.

    A frame without first_order holds no others.
    """
    return customers[customers["first_order"].notna()] if "first_order" in customers else customers
