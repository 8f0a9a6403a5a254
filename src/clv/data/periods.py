"""Panels: logs recorded in periods, all orders of a month on its first day, of a week on its Monday.

Between the dates of a panel nobody can buy, and on each of them a customer buys or does not. The dates are recognised
from the purchases alone; where they follow the calendar, those to come do so too.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, islice, takewhile
from math import ceil
from typing import Final

import numpy as np
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.units import DAYS_PER_WEEK, DAYS_PER_YEAR, Horizon

FEWEST_DATES: Final = 4
SHORTEST_PERIOD: Final = 5  # days; a shop that is closed at weekends has gaps of 1 and 3
FEWEST_PURCHASES: Final = 10  # on the usual date: fewer are a small log, whose dates are few by themselves
HELD: Final = 0.99  # of the purchases lie on the dates; the others are misdated
SMALLEST_DATE: Final = 0.1  # of the purchases of the usual date: one of a slack period, no misdated lines
UNEVEN: Final = 0.3  # of a period: months have 28 to 31 days, those of retailers 4 or 5 weeks
EVEN_SHARE: Final = 0.9  # of the gaps are about a period or, where some stayed closed, whole periods
_PUNCTUAL_SHARE = 0.8  # of the dates fall on one day of the month: holidays move the others
_LATE = 0.2  # of a period: a length of time that lacks no more than this holds one more
_DAYS_PER_MONTH, _UNLIKE_MONTHS = DAYS_PER_YEAR / 12, 2.0  # and by how many days periods of four weeks are shorter


@dataclass(frozen=True)
class Panel:
    """A log recorded in periods.

    Attributes
    ----------
    period_days
        Mean number of days from one date to the next; where a date was left out, to the one that was left out.
    dates
        On which purchases are recorded, in order. One on which nobody bought was no opportunity.

    Examples
    --------
    >>> months = Panel(30.5, tuple(dt.date(2024, month, 1) for month in range(1, 12)))
    >>> [str(date) for date in months.ahead(dt.date(2024, 11, 15), Horizon(80.0))]
    ['2024-12-01', '2025-01-01', '2025-02-01']
    """

    period_days: float
    dates: tuple[dt.date, ...]

    def ahead(self, as_of: dt.date, length: Horizon) -> list[dt.date]:
        """Return the dates after a day within a length of time: the recorded ones, then those to come."""
        end = as_of + dt.timedelta(days=int(length.days))
        return list(takewhile(lambda date: date <= end, self._after(as_of)))

    def idle_until(self, day: dt.date) -> dt.date:
        """Return the day before the next date: until then nobody can buy."""
        return next(self._after(day)) - dt.timedelta(days=1)

    def opportunities(self, as_of: dt.date, length: Horizon) -> tuple[float, ...]:
        """Return the dates up to a day, and those within a length of time after it, as weeks from that day."""
        dates = [*(date for date in self.dates if date <= as_of), *self.ahead(as_of, length)]
        return tuple((date - as_of).days / DAYS_PER_WEEK for date in dates)

    def span_of(self, periods: int, days: Sequence[dt.date]) -> int:
        """Return a number of days within which so many dates follow each of the days, or most of them if it must be."""
        after = [[date.toordinal() - day.toordinal() for date in islice(self._after(day), periods + 1)] for day in days]
        shortest, longest = max(dates[-2] for dates in after), min(dates[-1] for dates in after) - 1
        usual = round(periods * self.period_days)
        return min(max(usual, shortest), longest) if shortest <= longest else usual

    def periods_in(self, length_days: float) -> int:
        """Return how many periods a number of days holds, a little more or less than a whole one counting as one."""
        return int(length_days / self.period_days + _LATE)

    def periods_for(self, length_days: float) -> int:
        """Return how many periods a number of days takes, at least 1."""
        return max(1, ceil(length_days / self.period_days - _LATE))

    def longest(self, periods: int) -> int:
        """Return the days of the longest so many periods in a row."""
        number = np.array([date.toordinal() for date in self.dates])
        return max(round(periods * self.period_days), int((number[periods:] - number[:-periods]).max(initial=0)))

    @cached_property
    def _day_of_month(self) -> int | None:
        """Return the day on which the months of the dates begin or end, None where the dates know no months."""
        if self.period_days < _DAYS_PER_MONTH - _UNLIKE_MONTHS:
            return None

        def punctual(day: int) -> int:
            return sum(date == _in_month(date.year, date.month, day) for date in self.dates)

        best = max({date.day for date in self.dates}, key=punctual)
        return best if punctual(best) >= _PUNCTUAL_SHARE * len(self.dates) else None

    def _after(self, day: dt.date) -> Iterator[dt.date]:
        """Yield the dates after a day without end: the recorded ones, then those to come."""
        yield from (date for date in self.dates if date > day)
        for number in count(1):
            date = self._later(number)
            if date > day:
                yield date
            elif (day - date).days <= self._early:
                yield day + dt.timedelta(days=1)
            # what has passed without a purchase was no opportunity

    @cached_property
    def _early(self) -> int:
        """Return by how many days a date to come may be foretold too early."""
        if self._day_of_month is not None:
            return 0
        gaps = np.diff([date.toordinal() for date in self.dates])
        single = gaps[gaps < (1 + UNEVEN) * self.period_days]
        return ceil(float(np.abs(single - self.period_days).max()))

    def _later(self, number: int) -> dt.date:
        """Return the date so many periods after the last one: by the calendar where the dates follow it."""
        last, day = self.dates[-1], self._day_of_month
        if day is None:
            return last + dt.timedelta(days=round(number * self.period_days))
        months = number * round(self.period_days / _DAYS_PER_MONTH)
        year, month = divmod(12 * last.year + last.month - 1 + months, 12)
        return _in_month(year, month + 1, day)


def panel_of(days: Table) -> Panel | None:
    """Recognise the panel behind purchase days, if they come from one.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`.

    Returns
    -------
    Panel or None
    """
    bought = days.filter(_.is_purchase).group_by("ordered_on").aggregate(purchases=_.count())
    frame = bought.order_by("ordered_on").to_pyarrow().to_pandas()
    return recognised(pd.Series(frame["purchases"].to_numpy(), index=frame["ordered_on"]))


def recognised(purchases: pd.Series) -> Panel | None:
    """Recognise a panel from the number of purchases of each date.

    It is one if the dates that hold 99 % of the purchases are few, evenly apart and full. A few misdated lines
    therefore hide nothing, and a shop that opens on Saturdays only is one, since its customers can buy once a week.

    Parameters
    ----------
    purchases : Series
        By date, rising.

    Examples
    --------
    >>> quarters = [dt.date(2023 + number // 4, 1 + 3 * (number % 4), 1) for number in range(6)]
    >>> panel = recognised(pd.Series(40, index=quarters))
    >>> round(panel.period_days, 1), len(panel.dates)
    (91.2, 6)
    >>> recognised(pd.Series(40, index=[dt.date(2023, 1, day) for day in range(1, 29)])) is None
    True
    """
    falling = purchases.sort_values(ascending=False, kind="stable").to_numpy(dtype=float)
    held = int(np.searchsorted(falling.cumsum(), HELD * falling.sum())) + 1
    usual = float(np.median(falling[:held])) if held <= falling.size else 0.0
    if held < FEWEST_DATES or usual < FEWEST_PURCHASES:
        return None
    full = purchases[purchases >= min(SMALLEST_DATE * usual, falling[held - 1])]
    gaps = np.diff([date.toordinal() for date in full.index])
    period = float(np.median(gaps))
    if period < SHORTEST_PERIOD:
        return None
    whole = np.maximum(np.round(gaps / period), 1)
    if np.mean(np.abs(gaps - whole * period) <= UNEVEN * period) < EVEN_SHARE:
        return None
    return Panel(float(gaps[whole == 1].mean()), tuple(full.index))


def _in_month(year: int, month: int, day: int) -> dt.date:
    """Return a day of a month, or its end where it is shorter."""
    return dt.date(year, month, min(day, monthrange(year, month)[1]))
