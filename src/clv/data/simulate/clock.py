"""The company's time: days since its first day, the day as of which it is looked at, and the season of its orders."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.float64]  # days since START, with fractions

START = dt.date(2022, 7, 4)  # a Monday
AS_OF = dt.date(2025, 6, 29)  # a Sunday, 156 weeks later
HISTORY_DAYS = (AS_OF - START).days + 1
FUTURE_DAYS = 730  # two years that only the truth knows
ALL_DAYS = HISTORY_DAYS + FUTURE_DAYS

# Orders relative to the mean week; the weeks of a year begin on 1 January, the last has eight or nine days.
_SLOPES = {0: 0.78, 4: 0.80, 8: 0.92, 17: 0.98, 18: 1.12, 20: 0.98, 26: 0.94, 35: 1.05, 36: 1.30, 38: 1.0, 44: 1.05}
_CHRISTMAS = {46: 1.20, 47: 1.45, 48: 1.60, 49: 1.85, 50: 2.05, 51: 0.90}
_WEEKDAYS = np.array([0.95, 0.90, 0.95, 1.00, 1.20, 1.35, 0.65])  # Monday first; of mean one


def _season_by_week() -> npt.NDArray[np.float64]:
    """Return 52 indices whose mean over the 365 days of a year is one."""
    points = _SLOPES | _CHRISTMAS
    index = np.interp(np.arange(52), list(points), list(points.values()))
    return np.asarray(index / index[week_of_year(np.arange(365))].mean())


def week_of_year(day_of_year: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the week, 0 to 51, of a day of the year counted from 0."""
    return np.minimum(day_of_year // 7, 51)


SEASON_BY_WEEK = _season_by_week()


def _dates(n_days: int) -> npt.NDArray[np.datetime64]:
    return np.datetime64(START, "D") + np.arange(n_days)


def _season_by_day() -> npt.NDArray[np.float64]:
    dates = _dates(ALL_DAYS)
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    return np.asarray(SEASON_BY_WEEK[week_of_year(day_of_year)])


def season_by_month() -> list[float]:
    """Return the mean index of the days of January, February, …, of a year of 365 days."""
    month = (np.datetime64("2023-01-01") + np.arange(365)).astype("datetime64[M]").astype(int) % 12
    index = SEASON_BY_WEEK[week_of_year(np.arange(365))]
    return [float(index[month == number].mean()) for number in range(12)]


_intensity = _season_by_day() * _WEEKDAYS[np.arange(ALL_DAYS) % 7]  # START is a Monday
_cumulative = np.concatenate([[0.0], np.cumsum(_intensity)])


def season_days(until: Days) -> Days:
    """Return the seasonal time that has passed by a day: days, each weighed by its index."""
    return np.asarray(np.interp(until, np.arange(ALL_DAYS + 1), _cumulative))


def day_of_season(passed: Days) -> Days:
    """Return the day by which this much seasonal time has passed: the inverse of `season_days`."""
    return np.asarray(np.interp(passed, _cumulative, np.arange(ALL_DAYS + 1)))
