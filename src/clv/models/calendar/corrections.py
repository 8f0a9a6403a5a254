"""Rules that might correct the total of a forecast: the season ahead, last year's step, the latest step."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.models.calendar.season import fit_season
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]

SEASON = "season"
CANDIDATES = ("last_year", "recent_trend", SEASON)
WEEKS_PER_YEAR = 52  # whole weeks, so that weekdays meet
LARGEST_FACTOR = 2.0  # a candidate beyond doubling or halving is cut there: it is more likely an accident
FEWEST_PURCHASES = 50  # in each window of an index: its noise is then at most 20 %
_MIDDLE_OF_WEEK = pd.Timedelta(days=4)


def level_factors(weeks: pd.DataFrame, origins: pd.DatetimeIndex, horizon: Horizon) -> pd.DataFrame:
    """Return the three candidates at each origin, from nothing but the weeks up to it.

    With R(a, b] the purchases of the weeks that end in (a, b] over those expected of the base, and h the horizon in
    whole weeks (at most 52):

    - last_year: R(o − 52, o − 52 + h] / R(o − 52 − h, o − 52], last year's step into the same window;
    - recent_trend: R(o − h, o] / R(o − 2h, o − h], the latest step carried on;
    - season: mean factor of the weeks in (o, o + h] by the season of the weeks up to o, 1 where none was seen.

    Parameters
    ----------
    weeks : DataFrame
        week_end, actual and expected, as for `clv.models.calendar.season.fit_season`, with every week present. Dividing
        by the expected keeps the growth of the base out of the step.
    origins : DatetimeIndex
        Last days of the past, today's as-of date among them.
    horizon : Horizon
        Length of the forecast.

    Returns
    -------
    DataFrame
        Index origins; columns last_year, recent_trend and season (factors, within 0.5 to 2), missing where a window
        lies before the history or holds fewer than 50 purchases, and for the season with less than 53 weeks or 100
        purchases.

    Examples
    --------
    >>> from clv.units import weeks as in_weeks
    >>> ends = pd.date_range("2023-01-08", periods=60, freq="7D")
    >>> base = pd.DataFrame({"week_end": ends, "actual": 40 + np.arange(60), "expected": 50.0})
    >>> level_factors(base, ends[[51, 59]], in_weeks(4)).round(3)["recent_trend"].tolist()
    [1.047, 1.043]
    """
    span = int(np.clip(round(horizon.in_units("week")), 1, WEEKS_PER_YEAR))
    weeks = weeks.assign(week_end=pd.to_datetime(weeks["week_end"])).sort_values("week_end")
    ends = pd.DatetimeIndex(weeks["week_end"])
    totals = running_totals(weeks)
    here = ends.searchsorted(origins, side="right")
    a_year_ago = here - WEEKS_PER_YEAR
    columns = {
        "last_year": _step(totals, a_year_ago, span),
        "recent_trend": _step(totals, here - span, span),
        "season": np.array([_season_ahead(weeks, origin, span) for origin in origins]),
    }
    return pd.DataFrame(columns, index=origins)


def running_totals(weeks: pd.DataFrame) -> FloatArray:
    """Return the running sums of actual and expected purchases up to each week, from zero, shape (n + 1, 2)."""
    by_week = weeks[["actual", "expected"]].to_numpy(dtype=float)
    return np.concatenate([np.zeros((1, 2)), by_week.cumsum(axis=0)])


def _season_ahead(weeks: pd.DataFrame, origin: pd.Timestamp, span: int) -> float:
    """Return the mean factor of the weeks after the origin by the season seen up to it; nan with too little history."""
    season = fit_season(weeks[weeks["week_end"] <= origin])
    if season.reason in ("short_history", "few_purchases"):
        return float("nan")
    middles = pd.date_range(origin + _MIDDLE_OF_WEEK, periods=span, freq="7D")
    return float(limited(season.factors(middles)["factor"].mean()))


def _step(totals: FloatArray, middle: npt.NDArray[np.intp], span: int) -> FloatArray:
    """Return the ratio of the `span` weeks after `middle` to those before it, each relative to what was expected."""
    inside = (middle - span >= 0) & (middle + span < len(totals))
    at = np.where(inside, middle, 0)
    after = totals[np.minimum(at + span, len(totals) - 1)] - totals[at]
    before = totals[at] - totals[np.maximum(at - span, 0)]
    enough = inside & (after[:, 0] >= FEWEST_PURCHASES) & (before[:, 0] >= FEWEST_PURCHASES)
    enough &= (after[:, 1] > 0) & (before[:, 1] > 0)
    ratio = np.full(len(middle), np.nan)
    ratio[enough] = limited(after[enough, 0] * before[enough, 1] / (after[enough, 1] * before[enough, 0]))
    return ratio


def limited(factor: npt.ArrayLike) -> FloatArray:
    """Return the factor, cut at doubling and halving."""
    cut: FloatArray = np.clip(np.asarray(factor, dtype=float), 1 / LARGEST_FACTOR, LARGEST_FACTOR)
    return cut
