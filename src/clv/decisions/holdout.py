"""The proof of a forecast: fitted on the past alone, held against a span it did not see and against the naive rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from clv.decisions.lifetime_value import ValueModels, buyers_of, expected_spend, fit_value_models
from clv.errors import DataError
from clv.models import BGNBD, naive
from clv.models.bgnbd import expected_purchases_new_customer
from clv.models.evaluation import calibration_by_decile, holdout_metrics
from clv.units import Horizon

HIGH_TRUST, MEDIUM_TRUST = 0.05, 0.15  # distance of the holdout's total from its forecast
LONG_TEST, SHORT_TEST = 0.25, 0.10  # length of the test as a share of the horizon that is forecast


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
    flagged
        Of the customers forecast to be silent with a high probability: n_customers, mean forecast, actual share.
    span
        Length of the holdout.
    models
        Fitted on the calibration span.
    """

    orders: pd.DataFrame
    revenue: pd.DataFrame
    calibration: pd.DataFrame
    silent: pd.DataFrame
    flagged: dict[str, float]
    span: Horizon
    models: ValueModels


def check_on_holdout(
    customers: pd.DataFrame, holdout: pd.DataFrame, span: Horizon, flagged_from: float
) -> HoldoutCheck:
    """Fit on the calibration span, forecast the holdout and compare with what happened.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`, as of the start of the holdout.
    holdout
        holdout_orders and holdout_revenue of the same buyers, indexed by customer_id.
    span
        Length of the holdout.
    flagged_from
        Forecast probability of silence from which a customer counts as flagged, 0–1.

    Returns
    -------
    HoldoutCheck
        Model beside the naive rule on the same customers.

    Raises
    ------
    DataError
        If the calibration span holds too little to fit, or nothing happened in the holdout.
    """
    buyers = buyers_of(customers)
    models, actual = _fit_before(buyers, span), holdout.reindex(buyers.index)
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
        flagged=_flagged(predicted["p_no_purchase"], actual["holdout_orders"] == 0, flagged_from),
        span=span,
        models=models,
    )


def _fit_before(buyers: pd.DataFrame, span: Horizon) -> ValueModels:
    try:
        return fit_value_models(buyers)
    except DataError as error:
        raise DataError(f"before the {span.days:.0f} days of the test, {error}, or shorten holdout_days") from None


def _silence_by_risk(forecast_silent: pd.Series, silent: pd.Series) -> pd.DataFrame:
    """Group customers by forecast risk in fifths of the scale and put what happened beside it."""
    band = np.minimum((forecast_silent * 5).astype(int), 4)
    grouped = pd.DataFrame({"forecast": forecast_silent, "actual": silent.astype(float)}).groupby(band)
    return grouped.mean().assign(n_customers=grouped.size()).rename_axis("risk_band")


def _flagged(forecast_silent: pd.Series, silent: pd.Series, cut: float) -> dict[str, float]:
    high = forecast_silent >= cut
    n = int(high.sum())
    means = (forecast_silent[high].mean(), silent[high].mean()) if n else (0.0, 0.0)
    return {"n_customers": n, "forecast": float(means[0]), "actual": float(means[1])}


def trust_level(check: HoldoutCheck, horizon: Horizon) -> Literal["high", "medium", "low"]:
    """Say how far the sums of the forecast can be trusted, from what it missed in the holdout.

    High: orders and revenue off by at most 5 %, no worse than the naive rule per customer, in a test of at least a
    quarter of the horizon; medium: by at most 15 %, in a test of at least a tenth of it; low otherwise.
    """
    tested = check.span.days / horizon.days
    off = max(abs(check.orders["bias"]["model"]), abs(check.revenue["bias"]["model"]))
    beats_naive = check.orders["rmse"]["model"] <= check.orders["rmse"]["naive"]
    if off <= HIGH_TRUST and beats_naive and tested >= LONG_TEST:
        return "high"
    return "medium" if off <= MEDIUM_TRUST and tested >= SHORT_TEST else "low"


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
    place = int(apart.abs().argmax())
    worst = int(calibration.index[place])
    excess = float(apart.iloc[place] / max(float(calibration["actual_total"].iloc[place]), 1.0))
    return float(apart.abs().sum() / calibration["actual_total"].sum()), worst, excess


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
