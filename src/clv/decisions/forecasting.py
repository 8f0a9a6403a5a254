"""From purchase days to a fitted forecaster: what the past offers to learn from is read once and held together."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.data.behaviour import behaviour, log_gaps, priced_summary
from clv.data.customers import customer_summary, distinct_counts, summary_frame
from clv.data.origins import OriginPlan, history_start, plan_origins, read_origins, sample_days
from clv.data.periods import Panel, panel_of
from clv.data.series import daily_series
from clv.decisions.lifetime_value import buyers_of, require_enough
from clv.decisions.outlook import observed_weeks
from clv.learning.candidates import patience
from clv.learning.distribution import Miss, level_error, parameter_error
from clv.learning.forecaster import Forecaster, Outside
from clv.models.calendar.level import Level, level_of
from clv.models.purchases.family import ModelFamily
from clv.models.purchases.panel import PanelBGBB
from clv.units import DAYS_PER_WEEK, Horizon, days

FloatArray = npt.NDArray[np.float64]

CUSTOMERS_PER_PART: Final = 250_000  # so that memory does not grow with their number; by hand
_SD_PER_MEAN_ERROR: Final = 1.25  # of a normal variable: the root of pi / 2


def fit_forecaster(
    purchase_days: Table,
    as_of: dt.date,
    horizon: Horizon,
    window_days: int | None = None,
    candidates: Outside = (),
    *,
    contest: bool = True,
) -> Forecaster:
    """Fit the forecast of every customer's orders and money within the horizon, and of silence within a window.

    Parameters
    ----------
    purchase_days
        From `clv.data.customers.customer_days`; days after `as_of` are not looked at.
    as_of
        Last day that counts.
    horizon
        Length of the forecast.
    window_days
        Silence that counts as churn; default: from the customers' own pace, see `churn_window`.
    candidates
        More of them to compete, by name or named by their class: scikit-learn regressors, classifiers and pipelines,
        and purchase models; see `clv.learning.candidates.from_outside`.
    contest
        Whether anything is tried in the past and learned; without it `fit_models_alone`.

    Returns
    -------
    Forecaster
        At the level that past origins support, see `choose_level_of`.

    Raises
    ------
    DataError
        If there are too few buyers, or too few who came back.
    ConvergenceError
        If no probability model can be fitted.
    """
    known_days = purchase_days.filter(_.ordered_on <= as_of)
    if not contest:
        known = summary_frame(priced_summary(known_days, as_of))
        return fit_models_alone(buyers_of(known), horizon, window_days, panel_of(known_days), as_of=as_of)
    triples = distinct_counts(customer_summary(known_days, as_of)).execute()
    require_enough(triples["frequency"], triples["n_customers"])
    panel = panel_of(known_days)
    window = churn_window(triples, window_days, horizon, panel)
    sample = sample_days(known_days)
    plan = plan_origins(history_start(sample), as_of, round(horizon.days), round(window.days), panel)
    forecaster = Forecaster().fit(
        buyers_as_of(sample, as_of, plan),
        read_origins(sample, plan, as_of, panel),
        span=days(plan.span_days),
        horizon=horizon,
        window=window,
        triples=triples,
        candidates=candidates,
        opportunities=None if panel is None else panel.opportunities(as_of, horizon),
    )
    level = choose_level_of(sample, as_of, horizon, forecaster.ground_.family_)
    return forecaster.at_level(level.factor, _error_of(level, forecaster) if level.reason == "corrected" else None)


def fit_models_alone(
    known: pd.DataFrame,
    horizon: Horizon,
    window_days: int | None = None,
    panel: Panel | None = None,
    *,
    as_of: dt.date | None = None,
) -> Forecaster:
    """Fit the probability models alone: nothing is tried in the past, nothing learned, and the level is as it comes.

    Parameters
    ----------
    known
        Customers with a purchase day: frequency, recency, T (weeks) and, where money is known, monetary_value; with
        mean_purchase, n_orders and returned from `clv.data.behaviour.priced_summary` first purchases and refunds count.
    horizon, window_days
        As for `fit_forecaster`.
    panel, as_of
        Of a log recorded in periods, and its last day.

    Returns
    -------
    Forecaster
        Its ranges are those that the models themselves imply.

    Raises
    ------
    DataError, ConvergenceError
        As for `fit_forecaster`.
    """
    require_enough(known["frequency"], 1.0)
    window = churn_window(known, window_days, horizon, panel)
    opportunities = None if panel is None or as_of is None else panel.opportunities(as_of, horizon)
    return Forecaster().fit(known, [], span=horizon, horizon=horizon, window=window, opportunities=opportunities)


def churn_window_of(purchase_days: Table, as_of: dt.date, stated_days: int | None, horizon: Horizon) -> Horizon:
    """Return `churn_window` of all customers known on a day, as `fit_forecaster` settles it."""
    known_days = purchase_days.filter(_.ordered_on <= as_of)
    counts = distinct_counts(customer_summary(known_days, as_of)).execute()
    return churn_window(counts, stated_days, horizon, panel_of(known_days))


def churn_window(
    counts: pd.DataFrame, stated_days: int | None, horizon: Horizon, panel: Panel | None = None
) -> Horizon:
    """Return how long a silence counts as churn: as stated, or from the customers' own pace.

    The default is the mean time between purchases that nine of ten returning customers keep to, each customer counting
    once, in whole weeks rounded up and no longer than the horizon; of a panel in whole periods, as long as the longest
    of these, since a shorter window may hold no date.

    Parameters
    ----------
    counts
        All customers: frequency and recency (weeks), one row each, or as distinct rows with n_customers.
    stated_days
        The config's own window, if it has one.
    horizon
        Length of the forecast.
    panel
        Of a log recorded in periods.

    Returns
    -------
    Horizon
        At least one week, unless stated shorter.
    """
    if stated_days is not None:
        return days(stated_days)
    pace = patience(counts)
    if math.isinf(pace):
        return horizon
    if panel is not None:
        return min(days(panel.longest(panel.periods_for(pace * DAYS_PER_WEEK))), horizon)
    return min(days(max(1, math.ceil(pace)) * DAYS_PER_WEEK), horizon)


def buyers_as_of(purchase_days: Table, as_of: dt.date, plan: OriginPlan) -> pd.DataFrame:
    """Return who has purchased by a date, indexed by customer_id: `clv.data.behaviour.behaviour` and log_gaps."""
    described = behaviour(purchase_days, as_of, plan.span_days).filter(_.n_orders > 0)
    buyers = summary_frame(described.order_by("customer_id"))
    gaps = log_gaps(purchase_days, as_of).to_pyarrow().to_pandas().set_index("customer_id")["log_gaps"]
    return buyers.assign(log_gaps=gaps.reindex(buyers.index).fillna(0.0))


def customers_in_parts(purchase_days: Table, as_of: dt.date, forecaster: Forecaster) -> Iterator[pd.DataFrame]:
    """Yield what a forecaster knows of the customers, in the order of customer_id where one part holds them all."""
    n_parts = math.ceil(int(purchase_days.customer_id.nunique().execute()) / CUSTOMERS_PER_PART)
    for part in range(n_parts):
        rows = purchase_days
        if n_parts > 1:
            rows = rows.filter((_.customer_id.hash() % n_parts).abs() == part)
        described = behaviour(rows, as_of, round(forecaster.span.days)).order_by("customer_id")
        yield summary_frame(described)


def choose_level_of(purchase_days: Table, as_of: dt.date, horizon: Horizon, family: ModelFamily) -> Level:
    """Choose by how much the expected total is corrected for the season or the tide, mostly not at all.

    Weekly totals of the past stand beside what the probability models expect of the customers of each week; a
    correction must have helped at past origins, see `clv.models.calendar.level.level_of`.
    """
    return level_of(weeks_of(purchase_days, as_of, family), horizon)


def weeks_of(purchase_days: Table, as_of: dt.date, family: ModelFamily) -> pd.DataFrame:
    """Return the repeat purchases of each week of the history beside those expected of the base, see `observed_weeks`.

    Weeks before the history proper are left out: a few misdated lines do not make it longer. Of a panel the purchases
    of a date, made and expected, are spread over the days since the date before.
    """
    daily: pd.DataFrame = daily_series(purchase_days, as_of).execute()
    model = family.models_[family.best_]
    if isinstance(model, PanelBGBB):
        weeks = observed_weeks(_spread(daily, model, as_of), lambda age: _between_dates(model, age))
    else:
        weeks = observed_weeks(daily, model.expected_purchases_new_customer)
    start = pd.Timestamp(history_start(purchase_days.filter(_.ordered_on <= as_of)))
    return weeks[weeks["week_end"] > start].reset_index(drop=True)


def _spread(daily: pd.DataFrame, model: PanelBGBB, as_of: dt.date) -> pd.DataFrame:
    """Return the days up to the last date of a panel, with the repeat orders of each date spread back to the last."""
    times = DAYS_PER_WEEK * np.asarray(model.opportunities)
    dates = np.round(times[times <= 0])  # as days from the as-of date
    ordered = daily.sort_values("day", ignore_index=True)
    day = (pd.to_datetime(ordered["day"]) - pd.Timestamp(as_of)).dt.days.to_numpy()
    total = np.interp(dates, day, ordered["repeat_orders"].cumsum())
    orders = np.diff(np.interp(day, dates, total, left=0.0), prepend=0.0)
    return ordered.assign(repeat_orders=orders).iloc[: int((day <= dates[-1]).sum())]


def _between_dates(model: PanelBGBB, age: FloatArray) -> FloatArray:
    """Return the expected repeat purchases of a new customer by age, as if they came evenly between dates."""
    ages = model.period * np.arange(np.ceil(age.max(initial=0.0) / model.period) + 1)
    return np.interp(age, ages, model.expected_purchases_new_customer(ages))


def _error_of(level: Level, forecaster: Forecaster) -> float:
    """Return the relative standard error of the total at a corrected level, from the errors left in its trials."""
    numbers, family = level.numbers, forecaster.ground_.family_
    missed = Miss(_SD_PER_MEAN_ERROR * numbers["error_after"], math.inf, 1.0)
    of_parameters = parameter_error(family.models_[family.best_], forecaster.known_, forecaster.horizon)
    stretch = forecaster.horizon.in_units("week") / numbers["window_weeks"]
    return level_error([missed] * round(numbers["n_origins"]), of_parameters, stretch)
