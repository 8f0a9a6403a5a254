"""Whether the total of a forecast is moved up or down, and by how much: only if a backtest says so, else not at all.

A model of customers knows no calendar and no tide: it expects the average of the past. Three rules might correct the
total that it expects over (as-of, as-of + h]: the season of the weeks ahead, last year's step into the same window, and
the latest step carried on. Each adds noise of its own; last year's step helps after a peak and hurts elsewhere. So
each is tried at past origins, and the factor is 1 unless the error there fell by a clear margin.

The season can be tried over windows shorter than the horizon: in 14 months of history there are eight weeks whose time
of year was seen before, and no quarter. A tide that held for a fortnight need not hold for a quarter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from clv.errors import DataError
from clv.models.calendar.corrections import (
    CANDIDATES,
    SEASON,
    WEEKS_PER_YEAR,
    level_factors,
    limited,
    running_totals,
)
from clv.models.calendar.season import SHORTEST_HISTORY_DAYS
from clv.units import DAYS_PER_WEEK, Horizon

LevelReason = Literal["corrected", "no_clear_gain", "few_origins", "no_candidate"]

WEIGHTS = (0.5, 1.0)  # how much of a candidate's logarithm is believed
FEWEST_ORIGINS = 4
CLEAR_GAIN, CLEAR_SHARE = 0.03, 0.30  # fall of the mean absolute log error: in logs, and as a share of it
MOST_HARMED = 0.25  # share of origins whose error the correction may enlarge
MOST_ORIGINS = 8  # the latest ones
_NOTHING = 1e-12  # below every expectation
_FIRST_YEAR = int(SHORTEST_HISTORY_DAYS // DAYS_PER_WEEK)  # weeks, of which a season can be fitted


@dataclass(frozen=True)
class Level:
    """By what to multiply the total of a forecast, and why.

    Attributes
    ----------
    factor
        Multiplier, > 0; exactly 1 unless reason is `corrected`.
    reason
        `corrected`; `no_clear_gain` (no candidate was clearly better at past origins); `few_origins` (fewer than
        four at which a candidate can be held against what happened); `no_candidate` (none can be computed today).
    numbers
        n_origins, and how many are needed where they are too few; where a candidate could be tried, error_before and
        error_after (mean absolute log error without and with the best one), its weight, the share of origins it harmed,
        and from `level_of` window_weeks, the weeks that were forecast at each origin.
    candidate
        Name of the best candidate, whether or not it was good enough.
    """

    factor: float
    reason: LevelReason
    numbers: dict[str, float]
    candidate: str | None = None

    @property
    def standing(self) -> tuple[bool, bool, float]:
        """Return what makes one trial count before another: corrected, tried at all, the share of the error removed."""
        before, after = (self.numbers.get(name, 0.0) for name in ("error_before", "error_after"))
        share = (before - after) / before if before > 0 else 0.0
        return self.reason == "corrected", self.reason == "no_clear_gain", share


@dataclass(frozen=True)
class _Trial:
    """A candidate at one weight, held against the past."""

    candidate: str
    weight: float
    n_origins: int
    before: float
    after: float
    harmed: float

    @property
    def is_clear(self) -> bool:
        gain = self.before - self.after
        return gain >= max(CLEAR_GAIN, CLEAR_SHARE * self.before) and self.harmed <= MOST_HARMED


def choose_level(backtests: pd.DataFrame) -> Level:
    """Choose between no correction and a damped one by the errors at past origins.

    A candidate is believed with weight w: the total is multiplied by candidate^w, w 0.5 or 1. It is taken if the mean
    absolute log error, over at least four origins, falls by 0.03 and by 30 % of itself, and grows at no more than a
    quarter of the origins.

    Parameters
    ----------
    backtests : DataFrame
        One row per origin, in any order: forecast (total, > 0), actual (total; missing in the one row of today), and a
        column for each candidate (factor > 0; missing where it cannot be computed), e.g. those of `level_factors`.
        Further columns must be candidates. Origins should lie a horizon apart: windows that overlap repeat each other.

    Returns
    -------
    Level

    Raises
    ------
    DataError
        If not exactly one row lacks its actual, or a forecast or candidate is not positive.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"forecast": 100.0, "actual": [150, 70, 148, 71, np.nan], "last_year": [1.5, 0.7, 1.4, 0.7, 1.45]}
    ... )
    >>> level = choose_level(table)
    >>> level.factor, level.reason, level.candidate
    (1.45, 'corrected', 'last_year')
    >>> choose_level(table.assign(actual=[98, 105, 101, 99, np.nan])).reason
    'no_clear_gain'
    """
    past, today = _past_and_today(backtests)
    names = [str(name) for name in backtests.columns if name not in ("forecast", "actual")]
    offered = [name for name in names if np.isfinite(today[name])]
    if not offered:
        return Level(1.0, "no_candidate", {"n_origins": float(len(past))})
    trials = list(_trials(past, offered))
    if not trials:
        return Level(1.0, "few_origins", {"n_origins": float(len(past)), "needed": float(FEWEST_ORIGINS)})
    best = max(trials, key=lambda trial: (trial.is_clear, trial.before - trial.after))
    numbers = {
        "n_origins": float(best.n_origins),
        "error_before": best.before,
        "error_after": best.after,
        "weight": best.weight,
        "harmed": best.harmed,
    }
    if not best.is_clear:
        return Level(1.0, "no_clear_gain", numbers, best.candidate)
    return Level(float(limited(today[best.candidate]) ** best.weight), "corrected", numbers, best.candidate)


def level_of(weeks: pd.DataFrame, horizon: Horizon) -> Level:
    """Choose the level of a forecast from the weeks of a history; the better of two trials counts.

    Parameters
    ----------
    weeks : DataFrame
        week_end, actual and expected (purchases) of every week up to today, as for
        `clv.models.calendar.season.fit_season`.
    horizon : Horizon
        Length of the forecast; the factor is 1 above 52 weeks.

    Returns
    -------
    Level
        From origins a horizon apart, or, for the season, from origins a shorter window apart: the longest of which four
        follow the first year.

    Notes
    -----
    Mean absolute log error of the total in simulated bases of 300 purchases a week and horizons of 13 to 39 weeks (14
    of each kind and length, on seeds that chose no threshold), against a forecast at the average of the last year:

    - independent weeks, no season: 0.01, nothing was corrected;
    - a level that wanders with a memory of 0.5: 0.05 before and after, 5 % of totals corrected; of 0.8: 0.08 both, 13 %
      corrected; for ever: 0.18 before, 0.17 after, 14 %; one that fell once by a quarter: 0.18 before, 0.17 after;
    - with 63 to 156 weeks of a season of ±30 %, of a month at 2.5 times the rest, of a peak before a slack quarter:
      0.14, 0.12 and 0.17 before, 0.05, 0.04 and 0.07 after;
    - with 58 to 60 weeks of them: 0.18, 0.13 and 0.15 before, 0.10, 0.09 and 0.08 after.
    """
    span = max(1, round(horizon.in_units("week")))
    if span > WEEKS_PER_YEAR or len(weeks) < 2:
        return Level(1.0, "few_origins", {"n_origins": 0.0, "needed": float(FEWEST_ORIGINS)})
    window = int(np.clip((len(weeks) - _FIRST_YEAR) // FEWEST_ORIGINS, 1, span))
    found = [_level_by(weeks, span, span, ["forecast", "actual", *CANDIDATES])]
    if window < span:
        found.append(_level_by(weeks, window, span, ["forecast", "actual", SEASON]))
    return max(found, key=lambda level: level.standing)


def _level_by(weeks: pd.DataFrame, window: int, span: int, columns: list[str]) -> Level:
    """Choose by forecasts of `window` weeks from origins as far apart, each at the level of the year before it."""
    weeks = weeks.assign(week_end=pd.to_datetime(weeks["week_end"])).sort_values("week_end", ignore_index=True)
    ends = pd.DatetimeIndex(weeks["week_end"])
    today = len(weeks) - 1
    places = np.arange(today - window, window - 1, -window)[:MOST_ORIGINS]
    totals = running_totals(weeks)
    year_before = totals[places + 1] - totals[np.maximum(places + 1 - WEEKS_PER_YEAR, 0)]
    ahead = totals[places + 1 + window] - totals[places + 1]
    usual = year_before[:, 0] / np.maximum(year_before[:, 1], _NOTHING)
    past = level_factors(weeks, ends[places], Horizon(window * DAYS_PER_WEEK)).assign(
        forecast=ahead[:, 1] * usual, actual=ahead[:, 0]
    )
    now = level_factors(weeks, ends[[today]], Horizon(span * DAYS_PER_WEEK)).assign(forecast=1.0, actual=np.nan)
    usable = past[(past["forecast"] > 0) & (past["actual"] > 0)]
    level = choose_level(pd.concat([now, usable])[columns])
    return replace(level, numbers=level.numbers | {"window_weeks": float(window)})


def _past_and_today(backtests: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Part the origins with an outcome from the one of today, as floats."""
    values = backtests.astype(float)
    unknown = values["actual"].isna()
    if unknown.sum() != 1:
        raise DataError(
            f"backtests: {int(unknown.sum()):,} of {len(values):,} rows lack their actual; "
            "exactly one must, the origin of today"
        )
    factors = values.drop(columns="actual")
    wrong = int(((factors <= 0) | np.isinf(factors)).any(axis=1).sum()) + int(values["forecast"].isna().sum())
    if wrong:
        raise DataError(
            f"backtests: {wrong:,} of {len(values):,} rows have a forecast or candidate that is not positive"
        )
    # nothing sold is no log error to learn from
    return values[values["actual"] > 0], values[unknown].iloc[0]


def _trials(past: pd.DataFrame, names: list[str]) -> Iterator[_Trial]:
    """Hold every candidate and weight against the origins at which the candidate existed."""
    for name in names:
        known = past[past[name].notna()]
        if len(known) < FEWEST_ORIGINS:
            continue
        missed = np.log(known["actual"].to_numpy() / known["forecast"].to_numpy())
        before = np.abs(missed)
        for weight in WEIGHTS:
            after = np.abs(missed - weight * np.log(limited(known[name].to_numpy())))
            harmed = float((after > before).mean())
            yield _Trial(name, weight, len(known), float(before.mean()), float(after.mean()), harmed)
