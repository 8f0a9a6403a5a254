"""Days in the past from which a forecast can be tried: what was known of each customer, and what came after.

A rolling origin looks at the company as a run on that day would have: customers of that day, columns from the days up
to it, and the orders of the span that follows as the outcome. All origins end before the as-of date.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import ceil
from typing import Final

import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.data.behaviour import behaviour

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
    span_days
        Length of the span after it.
    known
        From `clv.data.behaviour.behaviour`: who had purchased by then, indexed by customer_id, in its order.
    outcome
        orders (purchase days) and revenue (net, refunds included; missing in a log without amounts) in the span, on
        the same index.
    """

    as_of: dt.date
    span_days: int
    known: pd.DataFrame
    outcome: pd.DataFrame


@dataclass(frozen=True)
class OriginPlan:
    """Which origins a history allows: the length of their spans and their days, latest first."""

    span_days: int
    dates: tuple[dt.date, ...]


def plan_origins(first_day: dt.date, as_of: dt.date, horizon_days: int) -> OriginPlan:
    """Choose the origins: spans as long as the horizon where the history is three times that, else a third of it.

    Parameters
    ----------
    first_day
        Where the history begins.
    as_of
        Last day that counts; every span ends there at the latest.
    horizon_days
        Length of the forecast.

    Returns
    -------
    OriginPlan
        No dates where the history is too short for any.

    Examples
    --------
    >>> plan = plan_origins(dt.date(1997, 1, 1), dt.date(1997, 9, 30), 273)
    >>> plan.span_days, [str(day) for day in plan.dates]
    (90, ['1997-07-02', '1997-05-18', '1997-04-03'])
    """
    history = (as_of - first_day).days
    span = min(horizon_days, max(SHORTEST_SPAN, history // SPANS_OF_HISTORY))
    earliest = first_day + dt.timedelta(days=max(LEAST_DAYS, ceil(LEAST_HISTORY * history)))
    steps = (span + ceil(step * span / STEPS_PER_SPAN) for step in range(MOST_ORIGINS))
    dates = dict.fromkeys(as_of - dt.timedelta(days=back) for back in steps)  # half of a day is none
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


def read_origins(days: Table, plan: OriginPlan) -> list[Origin]:
    """Read every origin of a plan.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`, perhaps thinned by `sample_days`.
    plan
        From `plan_origins`.

    Returns
    -------
    list of Origin
        Latest first.
    """
    return [_read_origin(days, date, plan.span_days) for date in plan.dates]


def _read_origin(days: Table, as_of: dt.date, span_days: int) -> Origin:
    described = behaviour(days, as_of, span_days).filter(_.first_order.notnull())
    known = described.order_by("customer_id").execute().set_index("customer_id")
    after = days.filter((_.ordered_on > as_of) & (_.ordered_on <= as_of + dt.timedelta(days=span_days)))
    outcome = (
        after.group_by("customer_id")
        .aggregate(orders=_.is_purchase.sum(), revenue=_.net.sum().cast("float64"))
        .execute()
        .set_index("customer_id")
        .reindex(known.index)
    )
    nothing = 0.0 if known["value_to_date"].notna().any() else float("nan")
    outcome = outcome.assign(orders=outcome["orders"].fillna(0), revenue=outcome["revenue"].fillna(nothing))
    return Origin(as_of, span_days, known, outcome.astype(float))
