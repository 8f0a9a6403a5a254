"""The forecast of the known customers in total, week by week.

The sum of the individual forecasts, spread over the weeks as the expectations run off and, where a season was seen,
moved between the weeks with it. The season never changes the sum: only a `Level` that past origins support does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import DataError
from clv.models.calendar.level import Level
from clv.models.calendar.season import Season, expected_of_base
from clv.units import DAYS_PER_WEEK, Horizon, require_horizon

FloatArray = npt.NDArray[np.float64]

_GRID_POINTS = 12  # horizons at which customers are forecast: weeks in between are then right within 1 % over a year


def cumulative_forecast(
    purchases_to: Callable[[Horizon], pd.Series], value_per_purchase: pd.Series, horizon: Horizon
) -> pd.DataFrame:
    """Add up the customers' forecasts at a few horizons, close together at first, where the total bends most.

    Parameters
    ----------
    purchases_to
        From a horizon to the expected purchases of each customer in it, indexed by customer_id, e.g.
        ``lambda h: model.predict(customers, h)["expected_purchases"]``.
    value_per_purchase
        Revenue per purchase by customer_id; missing where the log has no amounts.
    horizon
        The longest.

    Returns
    -------
    DataFrame
        weeks (0 first), purchases and revenue: expected from the as-of date to so many weeks later.

    Examples
    --------
    >>> from clv.units import weeks
    >>> rate, value = pd.Series([0.5, 1.0], index=["A", "D"]), pd.Series([10.0, 20.0], index=["A", "D"])
    >>> cumulative_forecast(lambda h: rate * h.in_units("week"), value, weeks(8)).tail(1).round(6)
        weeks  purchases  revenue
    12    8.0       12.0    200.0
    """
    rows = [(0.0, 0.0, 0.0)]
    for point in forecast_points(horizon):
        purchases = purchases_to(point)
        revenue = (purchases * value_per_purchase.reindex(purchases.index)).sum(skipna=False)
        rows.append((point.in_units("week"), float(purchases.sum()), float(revenue)))
    return pd.DataFrame(rows, columns=["weeks", "purchases", "revenue"])


def forecast_points(horizon: Horizon) -> list[Horizon]:
    """Return the horizons at which `cumulative_forecast` asks, shortest first; the last one is the horizon."""
    longest = require_horizon(horizon).days
    return [Horizon(longest * float(share) ** 2) for share in np.arange(1, _GRID_POINTS + 1) / _GRID_POINTS]


def weekly_outlook(cumulative: pd.DataFrame, as_of: dt.date, season: Season, level: Level) -> pd.DataFrame:
    """Spread the total of a forecast over the weeks after the as-of date.

    Parameters
    ----------
    cumulative
        weeks (from 0, rising), purchases and revenue expected to date (never falling), e.g. from
        `cumulative_forecast`; the last row is the horizon.
    as_of
        Last day of the past; the first week starts on the day after.
    season
        From `clv.models.calendar.season.fit_season`; without a season all its factors are 1.
    level
        From `clv.models.calendar.level.level_of`; multiplies the total.

    Returns
    -------
    DataFrame
        Index week_end (last day); columns days (7, fewer in a last week that is not whole), purchases, revenue, and the
        season's factor with its 95 % interval factor_low and factor_high. Purchases and revenue sum to the last row of
        cumulative times the level's factor.

    Raises
    ------
    DataError
        If the table does not start at 0 or its columns fall anywhere.

    Examples
    --------
    >>> table = pd.DataFrame({"weeks": [0.0, 1.0, 2.0], "purchases": [0.0, 6.0, 10.0], "revenue": [0.0, 60.0, 90.0]})
    >>> none = Season("not_seen", {}), Level(1.0, "no_candidate", {})
    >>> outlook = weekly_outlook(table, dt.date(2024, 12, 31), *none).rename_axis(None)
    >>> outlook[["days", "purchases", "revenue"]]
                days  purchases  revenue
    2025-01-07     7        6.0     60.0
    2025-01-14     7        4.0     30.0
    """
    _require_cumulative(cumulative)
    last = int(np.ceil(float(cumulative["weeks"].iloc[-1]) * DAYS_PER_WEEK))
    edges = np.minimum(np.arange(0, last + DAYS_PER_WEEK, DAYS_PER_WEEK), last).astype(int)
    ends = pd.DatetimeIndex(pd.Timestamp(as_of) + pd.to_timedelta(edges[1:], unit="D"), name="week_end")
    days = np.diff(edges)
    factors = season.factors(ends - pd.to_timedelta(days // 2, unit="D")).set_axis(ends)
    columns = {
        name: level.factor * _spread(cumulative["weeks"], cumulative[name], edges, factors["factor"])
        for name in ("purchases", "revenue")
    }
    named = factors.rename(columns={"low": "factor_low", "high": "factor_high"})
    return pd.DataFrame({"days": days} | columns, index=ends).join(named)


def observed_weeks(daily: pd.DataFrame, purchases_to_age: Callable[[FloatArray], FloatArray]) -> pd.DataFrame:
    """Put the repeat purchases of each week beside those that the base, as it grew, lets expect.

    What `clv.models.calendar.season.fit_season` and `clv.models.calendar.corrections.level_factors` learn from.

    Parameters
    ----------
    daily
        day, new_customers and repeat_orders for every day to the as-of date, from `clv.data.series.daily_series`.
    purchases_to_age
        From ages in weeks to the expected repeat purchases of a new customer up to that age, e.g.
        ``lambda age: expected_purchases_new_customer(model.params_, age)``.

    Returns
    -------
    DataFrame
        week_end, actual and expected (purchases), by whole weeks that end on the weekday of the last day.

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=15)
    >>> daily = pd.DataFrame({"day": days, "new_customers": [10] + 14 * [0], "repeat_orders": 1})
    >>> observed_weeks(daily, lambda age: 0.5 * age).round({"expected": 6})
        week_end  actual  expected
    0 2024-01-08       7       5.0
    1 2024-01-15       7       5.0
    """
    ordered = daily.sort_values("day", ignore_index=True)
    new = ordered["new_customers"].to_numpy(dtype=float)
    expected = expected_of_base(new, lambda age: purchases_to_age(age / DAYS_PER_WEEK))
    weeks_back = np.arange(len(ordered))[::-1] // int(DAYS_PER_WEEK)
    table = pd.DataFrame(
        {"day": pd.to_datetime(ordered["day"]), "actual": ordered["repeat_orders"], "expected": expected}
    )
    grouped = table.groupby(-weeks_back)
    weeks = grouped.agg(week_end=("day", "max"), actual=("actual", "sum"), expected=("expected", "sum"))
    return weeks[grouped.size() == DAYS_PER_WEEK].reset_index(drop=True)


def _require_cumulative(cumulative: pd.DataFrame) -> None:
    values = cumulative[["weeks", "purchases"]].to_numpy(dtype=float)
    rises = np.diff(values, axis=0)
    if len(values) < 2 or values[0].any() or not ((rises[:, 0] > 0) & (rises[:, 1] >= 0)).all():
        raise DataError(
            f"cumulative forecast: its {len(values):,} rows do not rise from zero purchases at 0 weeks; "
            "sort them by weeks and start with that row"
        )


def _spread(weeks: pd.Series, total: pd.Series, edges: npt.NDArray[np.int_], factor: pd.Series) -> FloatArray:
    """Return each week's share of the total: the curve's rise, shifted by the season, scaled back to the same sum."""
    from scipy.interpolate import PchipInterpolator  # a tenth of a second that `clv score` need not pay

    heights = total.to_numpy(dtype=float)
    if not np.isfinite(heights).all():
        return np.full(len(factor), np.nan)
    curve = PchipInterpolator(weeks.to_numpy(dtype=float), heights)
    rise = np.diff(curve(np.minimum(edges / DAYS_PER_WEEK, weeks.iloc[-1])))
    shifted = rise * factor.to_numpy()
    return shifted * (heights[-1] / shifted.sum()) if shifted.sum() != 0 else rise
