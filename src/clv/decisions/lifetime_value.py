"""Lifetime value: how often a customer will buy, what each purchase brings, and what that is worth today.

CLV here is the contribution margin of the purchases expected within a finite horizon, discounted to the as-of date:
margin × expected spend per purchase × discounted expected purchases. It excludes what was spent before and the cost
of winning the customer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from clv.errors import DataError
from clv.models import BGNBD, GammaGamma, naive
from clv.models.bgnbd import expected_purchases_new_customer
from clv.models.evaluation import calibration_by_decile, holdout_metrics
from clv.models.gamma_gamma import conditional_mean_spend, spend_frequency_correlation
from clv.units import DAYS_PER_WEEK, DiscountRate, Horizon, days, require_horizon, require_rate

PATIENT_SHARE = 0.90  # of the returning customers, whose own pace fits into the churn window
HIGH_TRUST, MEDIUM_TRUST = 0.05, 0.15  # distance of the holdout's total from its forecast
FLAGGED_BAND = 3  # fifths of the risk scale counted from 0: 60 % and more
SMALLEST_BASE = 10  # buyers and returning customers; with fewer, four parameters fit anything

FORECAST_COLUMNS = ("p_alive", "p_churn", "expected_orders", "expected_revenue", "clv")


@dataclass(frozen=True)
class ValueModels:
    """The two fitted models whose product is lifetime value."""

    purchases: BGNBD
    spend: GammaGamma


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
    buyers = _buyers(customers)
    returned = buyers[buyers["frequency"] > 0]
    if len(buyers) >= SMALLEST_BASE and returned.empty:
        raise DataError(
            f"all {len(buyers):,} customers bought on one day only: nothing tells how often they return; "
            "take a longer history, or check that customer ids repeat across orders"
        )
    if len(returned) < SMALLEST_BASE:
        raise DataError(
            f"only {len(returned):,} of {len(buyers):,} customers bought more than once; a forecast needs at least "
            f"{SMALLEST_BASE}; take a longer history, or check that customer ids repeat across orders"
        )
    spenders = returned[returned["monetary_value"] > 0]
    if len(spenders) < SMALLEST_BASE:
        raise DataError(
            f"only {len(spenders):,} of {len(returned):,} returning customers spent more than zero; "
            "check the amount column"
        )
    return ValueModels(BGNBD().fit(buyers), GammaGamma().fit(spenders))


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
    buyers = _buyers(customers)
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


def expected_spend(buyers: pd.DataFrame, spend: GammaGamma) -> pd.Series:
    """Return the expected money per future purchase; repeat purchases for nothing count as such."""
    x = buyers["frequency"].to_numpy(dtype=float)
    z = buyers["monetary_value"].clip(lower=0).to_numpy(dtype=float)
    paid = (x > 0) & (z > 0) | (x == 0)
    usual = spend.expected_spend(buyers[paid]).reindex(buyers.index)
    return usual.where(paid, conditional_mean_spend(spend.params_, x, np.nan_to_num(z)))


@dataclass(frozen=True)
class HoldoutCheck:
    """How the models, fitted on the past alone, forecast a span they did not see.

    Attributes
    ----------
    orders, revenue
        Metrics by forecast (rows "model" and "naive"), see `clv.models.evaluation.holdout_metrics`.
    calibration
        Orders forecast and made by decile of the forecast, with the naive rule's forecast beside them.
    silent
        By group of forecast risk of silence: customers, forecast and actual share without a purchase.
    span
        Length of the holdout.
    """

    orders: pd.DataFrame
    revenue: pd.DataFrame
    calibration: pd.DataFrame
    silent: pd.DataFrame
    span: Horizon


def check_on_holdout(customers: pd.DataFrame, holdout: pd.DataFrame, span: Horizon) -> HoldoutCheck:
    """Fit on the calibration span, forecast the holdout and compare with what happened.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`, as of the start of the holdout.
    holdout
        holdout_orders and holdout_revenue of the same buyers, indexed by customer_id.
    span
        Length of the holdout.

    Returns
    -------
    HoldoutCheck
        Model beside the naive rule on the same customers.

    Raises
    ------
    DataError
        If the calibration span holds too little to fit, or nothing happened in the holdout.
    """
    buyers = _buyers(customers)
    models, actual = fit_value_models(buyers), holdout.reindex(buyers.index)
    predicted = models.purchases.predict(buyers, span)
    rate = naive.expected_purchases(buyers, span)
    own_mean = buyers["monetary_value"].fillna(buyers["value_to_date"] / buyers["n_orders"])
    orders = pd.DataFrame({"model": predicted["expected_purchases"], "naive": rate})
    revenue = pd.DataFrame(
        {"model": orders["model"] * expected_spend(buyers, models.spend), "naive": rate * own_mean.clip(lower=0)}
    )
    calibration = calibration_by_decile(orders["model"], actual["holdout_orders"])
    by_rate = calibration_by_decile(orders["model"], rate)["actual_mean"]
    return HoldoutCheck(
        orders=holdout_metrics(orders, actual["holdout_orders"]),
        revenue=holdout_metrics(revenue, actual["holdout_revenue"]),
        calibration=calibration.assign(naive_mean=by_rate),
        silent=_silence_by_risk(predicted["p_no_purchase"], actual["holdout_orders"] == 0),
        span=span,
    )


def _silence_by_risk(forecast_silent: pd.Series, silent: pd.Series) -> pd.DataFrame:
    """Group customers by forecast risk in fifths of the scale and put what happened beside it."""
    band = np.minimum((forecast_silent * 5).astype(int), 4)
    grouped = pd.DataFrame({"forecast": forecast_silent, "actual": silent.astype(float)}).groupby(band)
    return grouped.mean().assign(n_customers=grouped.size()).rename_axis("risk_band")


def trust_level(check: HoldoutCheck) -> Literal["high", "medium", "low"]:
    """Say how far the sums of the forecast can be trusted, from what it missed in the holdout.

    High: orders and revenue off by at most 5 % and no worse than the naive rule per customer; medium: by at most 15 %;
    low otherwise.
    """
    off = max(abs(check.orders["bias"]["model"]), abs(check.revenue["bias"]["model"]))
    beats_naive = check.orders["rmse"]["model"] <= check.orders["rmse"]["naive"]
    return "high" if off <= HIGH_TRUST and beats_naive else "medium" if off <= MEDIUM_TRUST else "low"


def weighted_gap(silent: pd.DataFrame) -> float:
    """Return the mean distance, over customers, of forecast and actual share of silent ones by risk band, 0–1."""
    gap = (silent["forecast"] - silent["actual"]).abs()
    return float((gap * silent["n_customers"]).sum() / silent["n_customers"].sum())


def calibration_gap(calibration: pd.DataFrame) -> tuple[float, int, float]:
    """Say how far forecast and outcome of the tenths are apart.

    Returns
    -------
    gap
        Sum of the tenths' distances over the sum of what happened, 0 or more.
    worst
        The tenth with the largest distance in total.
    excess
        How much too high that tenth was forecast, as a share of what happened there; negative when too low.
    """
    apart = calibration["forecast_total"] - calibration["actual_total"]
    worst = int(apart.abs().idxmax())
    excess = float(apart[worst] / max(float(calibration["actual_total"][worst]), 1.0))
    return float(apart.abs().sum() / calibration["actual_total"].sum()), worst, excess


def flagged_group(silent: pd.DataFrame) -> dict[str, float]:
    """Put together the risk bands from 60 % up: n_customers, mean forecast and actual share of silent ones."""
    high = silent[silent.index >= FLAGGED_BAND]
    n = int(high["n_customers"].sum())
    mean = {name: float((high[name] * high["n_customers"]).sum() / n) if n else 0.0 for name in ("forecast", "actual")}
    return {"n_customers": n, **mean}


def tracking(model: BGNBD, firsts: pd.DataFrame, repeats: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Add up, week by week, the repeat purchases that a new customer's model expects and those that were made.

    Parameters
    ----------
    model
        Fitted on the calibration span.
    firsts, repeats
        Of the same customers, from `clv.data.history.first_orders` and `repeat_orders`.
    until
        Last day.

    Returns
    -------
    pandas.DataFrame
        date (each seventh day), actual and forecast: cumulative repeat purchase days of all these customers.
    """
    began = pd.to_datetime(firsts["first_order"]).to_numpy()
    dates = pd.date_range(began.min(), until, freq="7D")[1:]
    age = np.maximum((dates.to_numpy()[:, None] - began[None, :]) / np.timedelta64(7, "D"), 0.0)
    expected = expected_purchases_new_customer(model.params_, age) @ firsts["n"].to_numpy(dtype=float)
    made = pd.Series(repeats["n"].to_numpy(), index=pd.to_datetime(repeats["ordered_on"])).sort_index().cumsum()
    actual = made.reindex(made.index.union(dates)).ffill().fillna(0).reindex(dates)
    return pd.DataFrame({"date": dates, "actual": actual.to_numpy(dtype=float), "forecast": expected})


def independence(customers: pd.DataFrame) -> float:
    """Return Spearman's correlation of spend and frequency among returning customers; the model assumes none."""
    paying = customers[(customers["frequency"] > 0) & (customers["monetary_value"] > 0)]
    return spend_frequency_correlation(paying).spearman


def _buyers(customers: pd.DataFrame) -> pd.DataFrame:
    return customers[customers["first_order"].notna()]
