"""The course of a base by week: what came in, what is forecast with its ranges, and what is known of season and level.

Season, level and ranges are judged on the same weeks: those made beside those that the probability models expect.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from ibis.expr.types import Table
from scipy.special import gammaincinv

from clv.data import series
from clv.data.origins import sample_days
from clv.decisions.forecasting import choose_level_of, weeks_of
from clv.decisions.lifetime_value import buyers_of
from clv.decisions.outlook import cumulative_forecast, forecast_points, weekly_outlook
from clv.learning.forecaster import Forecaster
from clv.models.calendar.drift import SpendTrend, spend_trend
from clv.models.calendar.level import Level
from clv.models.calendar.season import Season, fit_season
from clv.models.outcomes.totals import HIGH, LOW

WEEKS_BEHIND: Final = 52  # shown, and what the scatter of weeks is taken from: every time of year once
FEWEST_WEEKS: Final = 8  # from which the scatter of weeks can be told
_FORECAST: Final = {"revenue": "revenue", "orders": "purchases"}  # columns of `weekly_outlook`
_FULL_MONTH: Final = 4  # weeks whose middle lies in a month


@dataclass(frozen=True, eq=False)
class Course:
    """The weeks behind and ahead of the as-of date.

    Attributes
    ----------
    path
        date (end of a week), actual (until the as-of date), forecast, low and high (after it; whole weeks): money, or
        orders in a log without amounts. low and high hold nine of ten weeks; missing where too few weeks tell.
    ahead
        From `clv.decisions.outlook.weekly_outlook`, a last part of a week included.
    months
        From `months_of`.
    season, level, spend
        What is known of the season, of a correction of the total, and of what customers spend per order.
    """

    path: pd.DataFrame
    ahead: pd.DataFrame
    months: pd.DataFrame
    season: Season
    level: Level
    spend: SpendTrend

    def named(self, *, money: bool) -> pd.DataFrame:
        """Return the path under the names of the vocabulary of columns."""
        names = {
            "actual": "sales_made",
            "forecast": "sales_forecast",
            "low": "sales_week_low",
            "high": "sales_week_high",
        }
        if not money:
            names = {"actual": "orders_made", "forecast": "orders_forecast", "low": "orders_low", "high": "orders_high"}
        return self.path.rename(columns={"date": "week_end", **names})


def course_of(
    days: Table, as_of: dt.date, forecaster: Forecaster, known: pd.DataFrame, forecast: pd.DataFrame
) -> Course:
    """Return the weeks behind and ahead.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`.
    as_of
        Last day that counts.
    forecaster, known, forecast
        From `clv.decisions.forecasting.fit_forecaster`, `clv.data.behaviour.behaviour` and
        `clv.decisions.lifetime_value.forecast`.
    """
    family, buyers = forecaster.ground_.family_, buyers_of(known)
    weeks = weeks_of(days, as_of, family)
    season, level = fit_season(weeks), choose_level_of(sample_days(days), as_of, forecaster.horizon, family)
    each = forecast["expected_revenue"] / forecast["expected_orders"]
    points = forecast_points(forecaster.horizon)
    expected = dict(zip(points, forecaster.expectations(buyers, points), strict=True))
    cumulative = cumulative_forecast(
        lambda ahead: pd.Series(expected[ahead].orders, index=buyers.index),
        each.where(forecast["expected_orders"] > 0, 0.0).where(forecast["expected_revenue"].notna()),
        forecaster.horizon,
    )
    ahead = weekly_outlook(cumulative, as_of, season, Level(1.0, level.reason, {})).reset_index()
    behind = series.weekly_series(series.daily_series(days, as_of), as_of).execute().tail(WEEKS_BEHIND)
    money = bool(forecast["expected_revenue"].notna().any())
    middle = pd.DatetimeIndex(weeks["week_end"]) - pd.Timedelta(days=3)
    seasonal = weeks.assign(expected=weeks["expected"] * season.factors(middle)["factor"].to_numpy())
    path = _path(behind, ahead, "revenue" if money else "orders", seasonal, forecaster.level_error_)
    spend = spend_trend(series.spend_sums(days).execute())
    return Course(path, ahead, months_of(weeks), season, level, spend)


def months_of(weeks: pd.DataFrame) -> pd.DataFrame:
    """Return how each month stood to what the customers known in it let expect, and how it did a year before.

    Parameters
    ----------
    weeks
        week_end, actual and expected, from `clv.decisions.forecasting.weeks_of`.

    Returns
    -------
    pandas.DataFrame
        month (first day; those with four weeks or more), orders (made), above (actual over expected, relative to all of
        these months, less 1) and above_before (the same of the same month a year before, missing where there is none).

    Examples
    --------
    >>> ends = pd.date_range("2023-01-08", periods=60, freq="7D")
    >>> weeks = pd.DataFrame({"week_end": ends, "actual": np.where(ends.month == 1, 20, 10), "expected": 10.0})
    >>> months_of(weeks).dropna().set_index("month").round(2).rename_axis(None)
                orders  above  above_before
    2024-01-01      80   0.76          0.76
    2024-02-01      40  -0.12         -0.12
    """
    middle = pd.to_datetime(weeks["week_end"]) - pd.Timedelta(days=3)
    groups = weeks.groupby(middle.dt.to_period("M").rename("month"))[["actual", "expected"]]
    sums = groups.sum()[(groups.size() >= _FULL_MONTH)].loc[lambda month: month["expected"] > 0]
    mean = sums["actual"].sum() / sums["expected"].sum() if len(sums) else np.nan
    above = sums["actual"] / sums["expected"] / (mean if mean > 0 else np.nan) - 1
    before = above.rename(lambda month: month + 12).reindex(above.index)
    months = pd.PeriodIndex(above.index, freq="M").to_timestamp()
    columns = {"orders": sums["actual"], "above": above, "above_before": before}
    return pd.DataFrame({"month": months} | {name: values.to_numpy() for name, values in columns.items()})


def weekly_ranges(expected: pd.Series, made: pd.Series, foreseen: pd.Series, level_error: float) -> pd.DataFrame:
    """Return the 5th and 95th percentile of what weeks may bring.

    Weeks scatter around what is expected as those of the past did (a variance in proportion to the mean), and all of
    them share the error of the level; their distribution is a gamma.

    Parameters
    ----------
    expected
        Of the weeks ahead.
    made, foreseen
        Of weeks of the past, on one index: what came in and what was expected, whose scale does not matter.
    level_error
        Relative standard error of the level, 0 or more.

    Returns
    -------
    pandas.DataFrame
        low and high on the index of expected; missing with fewer than eight weeks to tell.

    Examples
    --------
    >>> past = pd.Series([90.0, 110.0] * 10)
    >>> weekly_ranges(pd.Series([100.0]), past, pd.Series(1.0, index=past.index), 0.0).round(1)
        low   high
    0  83.7  117.5
    """
    scaled = foreseen * (made.sum() / foreseen.sum()) if foreseen.sum() > 0 else foreseen
    usable = scaled > 0
    if usable.sum() < FEWEST_WEEKS:
        return pd.DataFrame(np.nan, index=expected.index, columns=["low", "high"])
    scatter = float(((made - scaled)[usable] ** 2 / scaled[usable]).sum() / (usable.sum() - 1))
    mean = expected.clip(lower=0.0).to_numpy(dtype=float)
    variance = np.maximum(scatter * mean + (level_error * mean) ** 2, 1e-12 * mean**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        shape, size = mean**2 / variance, variance / mean
        ends = {name: gammaincinv(shape, share) * size for name, share in (("low", LOW), ("high", HIGH))}
    return pd.DataFrame({name: np.where(mean > 0, end, 0.0) for name, end in ends.items()}, index=expected.index)


def _path(
    behind: pd.DataFrame, ahead: pd.DataFrame, measured: str, weeks: pd.DataFrame, level_error: float
) -> pd.DataFrame:
    """Join the weeks behind to the whole weeks ahead with their ranges."""
    made = behind.assign(date=pd.to_datetime(behind["week_end"])).rename(columns={f"repeat_{measured}": "actual"})
    whole = ahead[ahead["days"] == ahead["days"].max()]
    coming = whole.assign(date=pd.to_datetime(whole["week_end"])).rename(columns={_FORECAST[measured]: "forecast"})
    both = made.merge(weeks.assign(date=pd.to_datetime(weeks["week_end"]))[["date", "expected"]], on="date")
    ranges = weekly_ranges(coming["forecast"], both["actual"].astype(float), both["expected"], level_error)
    parts = [made[["date", "actual"]], coming[["date", "forecast"]].join(ranges)]
    path: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return path
