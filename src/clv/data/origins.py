"""Days in the past from which a forecast can be tried: what was known of each customer, and what came after.

A rolling origin looks at the company as a run on that day would have: customers of that day, columns from the days up
to it, and the orders of the span that follows as the outcome. All origins end before the as-of date.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Final

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.data.behaviour import behaviour
from clv.data.customers import spent, summary_frame
from clv.data.periods import Panel
from clv.units import Horizon

# SPANS_OF_HISTORY, STEPS_PER_SPAN, LEAST_HISTORY and MOST_ORIGINS were chosen by tests/benchmarks/choices.py
SPANS_OF_HISTORY: Final = 3  # a span is at most a third of the history: one to learn from, one to try, one before both
SHORTEST_SPAN: Final = 7  # days
STEPS_PER_SPAN: Final = 2  # origins lie half a span apart; closer ones would mostly repeat each other
LEAST_HISTORY: Final = 0.28  # of the history must lie before the earliest origin
LEAST_DAYS: Final = 28  # before the earliest origin
MOST_ORIGINS: Final = 6
MOST_CUSTOMERS: Final = 20_000  # that the learning looks at; more would only repeat what these say
EARLY_SHARE: Final = 0.01  # of customers whose first order lies before the history proper, e.g. a misdated few


@dataclass(frozen=True)
class Origin:
    """A day in the past and the span after it.

    Attributes
    ----------
    as_of
        Last day that counts as known.
    known
        From `clv.data.behaviour.behaviour`: who had purchased by then, indexed by customer_id, in its order.
    outcome
        On the same index: orders (purchase days) and revenue (as `clv.data.customers.spent` has it, refunds included;
        missing in a log without amounts) in the span after it, both missing where the span is not over yet, and
        days_to_order (to the next purchase day; inf where none came until today).
    seen_days
        Days after it until today: what comes later is not known.
    history
        Days behind it as a share of those behind today, 0–1.
    idle_days
        Of a panel: days after it until the next date, on which nobody can buy; today's count as seen.
    opportunities
        Of a panel: its dates in weeks from the origin, see `clv.data.periods.Panel.opportunities`.
    """

    as_of: dt.date
    known: pd.DataFrame
    outcome: pd.DataFrame
    seen_days: float
    history: float = 1.0
    idle_days: int = 0
    opportunities: tuple[float, ...] | None = None

    @property
    def until(self) -> dt.date:
        """Return the last day of which all is known there."""
        return self.as_of + dt.timedelta(days=self.idle_days)

    def silent_for(self, length: Horizon) -> pd.Series:
        """Return who made no order within a length of time: 1 or 0, missing where that time is not over."""
        silent = (self.outcome["days_to_order"] > length.days).astype(float)
        return silent if length.days <= self.seen_days else silent * float("nan")


@dataclass(frozen=True)
class OriginPlan:
    """Which origins a history allows: the length of their spans and their days, latest first.

    memory_days is the window of orders_in_span; default: as long as the spans.
    """

    span_days: int
    dates: tuple[dt.date, ...]
    memory_days: int | None = None


def plan_origins(
    first_day: dt.date, as_of: dt.date, horizon_days: int, window_days: int | None = None, panel: Panel | None = None
) -> OriginPlan:
    """Choose the origins: spans as long as the horizon where the history is three times that, else a third of it.

    Parameters
    ----------
    first_day
        Where the history begins.
    as_of
        Last day that counts.
    horizon_days
        Length of the forecast.
    window_days
        A shorter time of which something is asked: the latest origins lie one and two of it back, and see what came
        of it though the span after them is not over.
    panel
        Of a log recorded in periods: origins lie as long after one of its dates as `as_of` does, and spans are so long
        that as many dates follow each origin.

    Returns
    -------
    OriginPlan
        No dates where the history is too short for any.

    Examples
    --------
    >>> plan = plan_origins(dt.date(1997, 1, 1), dt.date(1997, 9, 30), 273, window_days=35)
    >>> plan.span_days, [str(day) for day in plan.dates]
    (90, ['1997-08-26', '1997-07-22', '1997-07-02', '1997-05-18', '1997-04-03'])
    """
    history = (as_of - first_day).days
    earliest = first_day + dt.timedelta(days=max(LEAST_DAYS, ceil(LEAST_HISTORY * history)))
    if panel is not None:
        return _plan_on_dates(panel, first_day, earliest, as_of, (horizon_days, window_days))
    span = min(horizon_days, max(SHORTEST_SPAN, history // SPANS_OF_HISTORY))
    back = {span + ceil(step * span / STEPS_PER_SPAN) for step in range(MOST_ORIGINS)}
    if window_days is not None and window_days < span:
        back |= {window_days, 2 * window_days}
    dates = sorted({as_of - dt.timedelta(days=number) for number in back}, reverse=True)
    return OriginPlan(span, tuple(date for date in dates if date >= earliest))


def _plan_on_dates(
    panel: Panel, first_day: dt.date, earliest: dt.date, as_of: dt.date, lengths: tuple[int, int | None]
) -> OriginPlan:
    """Choose origins of a panel: spans and the steps between origins are counted in its dates."""
    recorded = [date for date in panel.dates if date <= as_of]
    wanted, window = (0 if days is None else panel.periods_in(days) for days in lengths)
    periods = min(wanted, max(1, sum(date > first_day for date in recorded) // SPANS_OF_HISTORY))
    if not 0 < periods < len(recorded):
        return OriginPlan(lengths[0], ())
    back = {periods + step * ceil(periods / STEPS_PER_SPAN) for step in range(MOST_ORIGINS)}
    if 0 < window < periods:
        back |= {window, 2 * window}
    late = as_of - recorded[-1]
    # no origin lies beyond the next date, however late as_of is
    days = [min(date + late, after - dt.timedelta(days=1)) for date, after in pairwise(recorded)]
    dates = [days[-number] for number in sorted(back) if number <= len(days)]
    span = min(panel.span_of(periods, [*days, as_of]), lengths[0])
    return OriginPlan(span, tuple(date for date in dates if date >= earliest))


def sample_days(days: Table, most_customers: int = MOST_CUSTOMERS) -> Table:
    """Return the days of all customers, or of about `most_customers` drawn by a hash of their id.

    The draw depends on the ids alone, so the same customers are drawn on every run and on every day.
    """
    n_customers = int(days.customer_id.nunique().execute())
    if n_customers <= most_customers:
        return days
    share = ceil(10_000 * most_customers / n_customers)
    return days.filter((_.customer_id.hash() % 10_000).abs() < share)


def history_start(days: Table) -> dt.date:
    """Return the day by which one customer in a hundred had bought, and one at least before it.

    A few misdated lines do not make a history. Of a single buyer it is the first day.
    """
    firsts = days.filter(_.is_purchase).group_by("customer_id").aggregate(first=_.ordered_on.min())
    n_buyers = int(firsts.count().execute())
    early = min(ceil(EARLY_SHARE * n_buyers), n_buyers - 1)
    day: dt.date = firsts.order_by("first").limit(1, offset=early).to_pyarrow()["first"][0].as_py()
    return day


def read_origins(days: Table, plan: OriginPlan, today: dt.date, panel: Panel | None = None) -> list[Origin]:
    """Read every origin of a plan.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`, perhaps thinned by `sample_days`.
    plan
        From `plan_origins`.
    today
        The as-of date of the forecast: what came later is not looked at.
    panel
        Of a log recorded in periods.

    Returns
    -------
    list of Origin
        Latest first.
    """
    until_today = days.filter(_.ordered_on <= today)
    began = history_start(until_today)
    length = max((today - began).days, 1)
    seen_until = today if panel is None else panel.idle_until(today)
    origins = [
        replace(_read_origin(until_today, date, plan, seen_until), history=(date - began).days / length)
        for date in plan.dates
    ]
    return origins if panel is None else [_on_dates(origin, plan, panel) for origin in origins]


def _on_dates(origin: Origin, plan: OriginPlan, panel: Panel) -> Origin:
    return replace(
        origin,
        idle_days=(panel.idle_until(origin.as_of) - origin.as_of).days,
        opportunities=panel.opportunities(origin.as_of, Horizon(plan.span_days)),
    )


def _read_origin(days: Table, as_of: dt.date, plan: OriginPlan, today: dt.date) -> Origin:
    described = behaviour(days, as_of, plan.memory_days or plan.span_days).filter(_.first_order.notnull())
    known = summary_frame(described.order_by("customer_id")).sort_index()
    end = as_of + dt.timedelta(days=plan.span_days)
    after = days.filter(_.ordered_on > as_of)
    within = after.ordered_on <= end
    came = (
        after.group_by("customer_id")
        .aggregate(
            orders=(_.is_purchase & within).sum(),
            revenue=spent(after).sum(where=within).cast("float64"),
            days_to_order=_.ordered_on.min(where=_.is_purchase).delta(ibis.date(as_of), unit="day"),
        )
        .to_pyarrow()
        .to_pandas()
        .set_index("customer_id")
        .reindex(known.index)
        .astype(float)
    )
    nothing = 0.0 if known["value_to_date"].notna().any() else float("nan")
    over = end <= today
    outcome = came.assign(
        orders=came["orders"].fillna(0.0) if over else float("nan"),
        revenue=came["revenue"].fillna(nothing) if over else float("nan"),
        days_to_order=came["days_to_order"].fillna(float("inf")),
    )
    return Origin(as_of, known, outcome, (today - as_of).days)
