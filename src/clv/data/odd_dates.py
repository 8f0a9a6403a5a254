"""A few lines dated far from all others: a mistyped year moves the last day of a log, and with it every forecast.

A day begins or ends a log only if it belongs to it. A stretch without any line in which, at the pace of the log beside
it, many were due parts the log from a few lines beyond it; those few are set aside. A pause after which business went
on leaves many lines behind it, and a first trickle of orders many days, so that neither is cut off.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.data.decided import Decision

SHORTEST_GAP: Final = 14  # days: shops close for holidays
LEAST_DUE: Final = 20.0  # lines due in the gap: none came by chance in one of 10⁸ cases
MOST_BEYOND: Final = 0.02  # lines beyond it, of those due until the last of them: less than half a day of a fortnight
MOST_OF_ALL: Final = 0.01  # of all lines
PACE_DAYS: Final = 365  # of the log beside the gap, from which the pace is taken
_LONG_GAP: Final = 365  # days inside a log that are said
_CROWD_SHARE: Final = 0.10  # of all customers on one day
_CROWD_FEWEST: Final = 50  # customers of a log in which a crowd can be told


class Span(NamedTuple):
    """First and last day that belong to a log, and the number of lines before and after."""

    first: dt.date
    last: dt.date
    before: int
    after: int


def lines_by_day(transactions: Table) -> pd.DataFrame:
    """Return day, lines and customers of every day with lines, in order."""
    by_day = transactions.group_by(day=_.ordered_on).aggregate(lines=_.count(), customers=_.customer_id.nunique())
    found: pd.DataFrame = by_day.order_by("day").execute()
    return found.assign(day=pd.to_datetime(found["day"]))


def proper_span(by_day: pd.DataFrame) -> Span:
    """Return where a log begins and ends but for a few lines far from all others.

    Parameters
    ----------
    by_day
        From `lines_by_day`, at least one row.

    Examples
    --------
    >>> days = [*pd.date_range("2023-01-01", "2024-06-30"), pd.Timestamp("2026-06-15")]
    >>> span = proper_span(pd.DataFrame({"day": days, "lines": 5}))
    >>> str(span.last), span.after
    ('2024-06-30', 5)
    """
    day = by_day["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    lines = by_day["lines"].to_numpy(dtype=float)
    end = _cut(day, lines)
    begin = len(day) - _cut(-day[::-1], lines[::-1])
    if begin >= end:  # nothing between the two: then nothing is far from the rest
        begin, end = 0, len(day)
    first, last = (by_day["day"].iloc[at].date() for at in (begin, end - 1))
    return Span(first, last, int(lines[:begin].sum()), int(lines[end:].sum()))


def within(by_day: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Return the days of a span."""
    return by_day[by_day["day"].between(pd.Timestamp(span.first), pd.Timestamp(span.last))]


def on_far_dates(by_day: pd.DataFrame, span: Span) -> Decision:
    """Return what was decided about the lines outside a span."""
    outside = by_day.drop(within(by_day, span).index)
    return Decision(
        "far_dates",
        "set aside",
        f"they lie far from all others, which are dated {span.first} to {span.last}",
        "keep_far_dates",
        span.before + span.after,
        tuple(f"{day:%Y-%m-%d}" for day in outside["day"].tail(3)),
    )


def on_days(by_day: pd.DataFrame, transactions: Table) -> list[Decision]:
    """Return what is to be said of days without lines for a year or more, and of days with far too many customers."""
    found, gap = [], longest_gap(by_day)
    if gap is not None:
        because = f"no line between {gap[0]} and {gap[1]}; forecasts take it for a time without orders"
        found.append(Decision("gap", "kept as it is", because))
    n_customers = int(transactions.customer_id.nunique().execute())
    crowds = crowded_days(by_day, n_customers)
    if len(crowds):
        because = f"a tenth or more of all {n_customers:,} customers on one day; perhaps an import or a default date"
        told = tuple(f"{row.day:%Y-%m-%d} ({row.customers:,})" for row in crowds.head(3).itertuples())
        found.append(Decision("crowded_days", "kept as they are", because, None, len(crowds), told))
    return found


def _cut(day: npt.NDArray[np.int64], lines: npt.NDArray[np.float64]) -> int:
    """Return how many days, from the first, belong to a log; those after the earliest telling gap do not."""
    gap = np.diff(day)
    seen = lines.cumsum()
    for at in np.flatnonzero(gap >= SHORTEST_GAP):
        since = max(day[at] - PACE_DAYS, day[0])
        pace = lines[: at + 1][day[: at + 1] >= since].sum() / (day[at] - since + 1)
        beyond = seen[-1] - seen[at]
        is_told = pace * gap[at] >= LEAST_DUE
        if is_told and beyond <= min(MOST_BEYOND * pace * (day[-1] - day[at]), MOST_OF_ALL * seen[-1]):
            return int(at + 1)
    return len(day)


def longest_gap(by_day: pd.DataFrame) -> tuple[dt.date, dt.date] | None:
    """Return the days before and after the longest time without lines, where it lasts a year or more."""
    day = by_day["day"]
    gaps = day.diff().dt.days
    if not (gaps >= _LONG_GAP).any():
        return None
    at = int(gaps.to_numpy(dtype=float, na_value=0.0).argmax())
    return day.iloc[at - 1].date(), day.iloc[at].date()


def crowded_days(by_day: pd.DataFrame, n_customers: int) -> pd.DataFrame:
    """Return the days on which a tenth of all customers have lines, far more than usual: imports, placeholders.

    Parameters
    ----------
    by_day
        From `lines_by_day`.
    n_customers
        Of the whole log.
    """
    share = by_day["customers"] / max(n_customers, 1)
    usual = float(by_day["customers"].median())
    is_crowd = (share >= _CROWD_SHARE) & (by_day["customers"] > 5 * usual)
    return by_day[is_crowd & (n_customers >= _CROWD_FEWEST)]
