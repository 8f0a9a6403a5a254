"""Tables that show a holdout to readers, under the names of the vocabulary of columns."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import pandas as pd
from ibis.expr.types import Table

from clv.data.history import first_orders, repeat_orders
from clv.decisions.cohorts import months_per_period
from clv.decisions.holdout import MODEL, HoldoutCheck, tracking
from clv.models.evaluation.tracking import incremental_tracking, tracking_errors

SERIES: Final = {"actual": "made", "forecast": "forecast", "naive": "naive"}
"""What charts call the series of `tenths`."""


class Track(NamedTuple):
    """Repeat orders of the customers of a holdout over the whole history, as a model of new customers expects them.

    Attributes
    ----------
    model
        Name of the probability model.
    added
        date, forecast and actual, added up; from `clv.decisions.holdout.tracking`.
    weekly
        The same by week.
    error
        Mean distance of the weeks of the test, as a share of what was made; missing where nothing was.
    """

    model: str
    added: pd.DataFrame
    weekly: pd.DataFrame
    error: float


def accuracy(check: HoldoutCheck) -> pd.DataFrame:
    """Return how the forecast and the naive rule did: one row each; money only where it was forecast."""
    orders = check.orders.loc[[MODEL, "naive"]]
    names = {"bias": "orders_bias", "rmse": "orders_rmse", "mae": "orders_mae", "gini_ranking": "gini_ranking"}
    table = orders[list(names)].rename(columns=names)
    if check.revenue is not None:
        paid = {"bias": "money_bias", "rmse": "money_rmse", "capture_top_decile": "capture_top_decile"}
        table = table.join(check.revenue[list(paid)].rename(columns=paid))
    return table.rename_axis("forecaster").reset_index()


def tenths(check: HoldoutCheck) -> pd.DataFrame:
    """Return mean orders forecast and made by tenth of the forecast, with the margin of error of what was made."""
    names = {
        "n_customers": "n_customers",
        "forecast_mean": "mean_forecast",
        "actual_mean": "mean_made",
        "actual_low": "mean_made_low",
        "actual_high": "mean_made_high",
        "naive_mean": "mean_naive",
    }
    return check.calibration[list(names)].rename(columns=names).rename_axis("tenth").reset_index()


def by_group(check: HoldoutCheck) -> pd.DataFrame:
    """Return `tenths` under the names that `clv.report.charts.means_by_class` draws."""
    names = {"tenth": "group", "mean_made_low": "low", "mean_made_high": "high"}
    return tenths(check).rename(columns=names | {f"mean_{name}": of for of, name in SERIES.items()})


def risks(check: HoldoutCheck) -> pd.DataFrame:
    """Return how many stayed silent by forecast risk of it."""
    names = {
        "bin": "risk_group",
        "n_customers": "n_customers",
        "forecast_mean": "risk_forecast",
        "actual_share": "silent_share",
        "low": "silent_low",
        "high": "silent_high",
    }
    return check.reliability.rename_axis("bin").reset_index()[list(names)].rename(columns=names)


def cohorts(check: HoldoutCheck, most: int) -> tuple[pd.DataFrame, int]:
    """Return orders of the test by when customers were first seen, and the months of a cohort: 1, 3 or 12.

    Parameters
    ----------
    check
        From `clv.decisions.holdout.check_on_holdout`.
    most
        Cohorts of months; with more, months become quarters or years.

    Returns
    -------
    pandas.DataFrame
        cohort (first day), n_customers, orders_forecast, orders_made, made_share with its 95 % interval.
    """
    seen = pd.to_datetime(check.known["first_order"])
    months = months_per_period(seen.min(), seen.max(), most)
    names = {
        "forecast": "orders_forecast",
        "actual": "orders_made",
        "ratio": "made_share",
        "low": "made_share_low",
        "high": "made_share_high",
    }
    return check.cohorts(months).rename(columns=names).reset_index(), months


def followed(check: HoldoutCheck, days: Table, as_of: dt.date) -> Track:
    """Follow the likeliest probability model of the holdout's forecast over the whole history.

    Parameters
    ----------
    check
        From `clv.decisions.holdout.check_on_holdout`.
    days
        From `clv.data.customers.customer_days`.
    as_of
        Last day of the holdout.
    """
    family, start = check.forecaster.ground_.family_, check.origin.as_of
    firsts, repeats = first_orders(days, start).execute(), repeat_orders(days, start).execute()
    added = tracking(family.models_[family.best_], firsts, repeats, pd.Timestamp(as_of))
    if added.empty:
        return Track(family.best_, added, added, float("nan"))
    errors = tracking_errors(added, pd.Timestamp(start))["step_error"]
    return Track(family.best_, added, incremental_tracking(added), float(errors.get("holdout", float("nan"))))


def named(track: pd.DataFrame) -> pd.DataFrame:
    """Return repeat orders expected and made by date under the names of the vocabulary of columns."""
    names = {"date": "week_end", "forecast": "repeat_orders_expected", "actual": "repeat_orders_made"}
    return track[list(names)].rename(columns=names)
