"""What a customer's purchase days say as of a date: recent activity, fading memory and money, as Ibis expressions.

Nothing after the as-of date can reach a column: the days are cut off first, and every column follows from what is
left.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import Table, Value

from clv.data.customers import customer_summary, spent
from clv.units import DAYS_PER_WEEK

WINDOWS: Final = (7, 14, 28, 56, 91, 182, 364)  # days before the as-of date, each about twice the one before
MONEY_WINDOWS: Final = (28, 91, 182)  # days; money is noisier than orders, so fewer
HALF_LIVES: Final = (15, 45, 120)  # days after which an order counts half

ACTIVITY: Final = (
    "orders_in_span",
    *(f"orders_{window}d" for window in WINDOWS),
    *(f"fading_orders_{half_life}d" for half_life in HALF_LIVES),
    *(f"net_{window}d" for window in MONEY_WINDOWS),
)
"""Columns that `behaviour` adds to those of `clv.data.schema.CUSTOMERS`, beside mean_purchase and returned."""


def behaviour(days: Table, as_of: dt.date, span_days: int) -> Table:
    """Describe each customer as of a date.

    Parameters
    ----------
    days
        One row per customer and day, from `clv.data.customers.customer_days`; days after `as_of` are left out here.
    as_of
        Last day that counts.
    span_days
        Length of the window of orders_in_span: that of a forecast, so that "the last period again" can be told.

    Returns
    -------
    Table
        One row per customer with a line up to `as_of`: the columns of `clv.data.schema.CUSTOMERS`,
        mean_purchase (mean net of all purchase days, the first included; currency; missing in a log without amounts),
        returned (what days that are no purchase took back, refunds above all; currency, ≥ 0; missing without amounts),
        orders_in_span and orders_<w>d (purchase days after the first within that many days up to the as-of date),
        fading_orders_<h>d (purchase days, the first included, each weighted by ½ to the power of its age over h) and
        net_<w>d (net of the days within w days; missing in a log without amounts). Counts are missing for who never
        purchased.
    """
    known = days.filter(_.ordered_on <= as_of)
    summary = customer_summary(known, as_of)
    # every column below comes from one pass over the days; the first purchase is taken out of the windows afterwards
    aged = known.mutate(age=ibis.date(as_of).delta(known.ordered_on, unit="day"))
    bought, age, net = aged.is_purchase, aged.age, spent(aged).cast("float64")
    windows = {f"orders_{window}d": window for window in WINDOWS} | {"orders_in_span": span_days}
    recent = aged.group_by("customer_id").aggregate(
        **_money_of_purchases(aged),
        **{name: (bought & (age < window)).sum() for name, window in windows.items()},
        **{
            f"fading_orders_{half_life}d": (ibis.literal(0.5) ** (age / half_life)).sum(where=bought)
            for half_life in HALF_LIVES
        },
        **{f"net_{window}d": net.sum(where=age < window) for window in MONEY_WINDOWS},
    )
    joined = summary.inner_join(recent, "customer_id")
    tenure = ibis.date(as_of).delta(joined.first_order, unit="day")
    repeats = {name: joined[name] - (tenure < window).cast("int32") for name, window in windows.items()}
    priced = joined.value_to_date.notnull()
    money = {
        f"net_{window}d": ibis.ifelse(priced, joined[f"net_{window}d"].fill_null(0.0), ibis.null(float))
        for window in MONEY_WINDOWS
    }
    named = (*summary.columns, "mean_purchase", "returned", *ACTIVITY)
    return joined.mutate(**repeats, **money, returned=_returned(joined)).select(*named)


def priced_summary(days: Table, as_of: dt.date) -> Table:
    """Describe each customer by what probability models and the model of spend look at, a small part of `behaviour`.

    Parameters
    ----------
    days, as_of
        As for `behaviour`.

    Returns
    -------
    Table
        One row per customer with a line up to `as_of`: the columns of `clv.data.schema.CUSTOMERS`, mean_purchase and
        returned, in the order of customer_id.
    """
    known = days.filter(_.ordered_on <= as_of)
    summary = customer_summary(known, as_of)
    joined = summary.inner_join(known.group_by("customer_id").aggregate(**_money_of_purchases(known)), "customer_id")
    named = joined.mutate(returned=_returned(joined)).select(*summary.columns, "mean_purchase", "returned")
    return named.order_by("customer_id")


def _money_of_purchases(days: Table) -> dict[str, Value]:
    """Return the aggregates mean_purchase and returned of a customer's days."""
    net = spent(days).cast("float64")
    return {
        "mean_purchase": net.mean(where=days.is_purchase),
        "returned": ibis.greatest(-net.sum(where=~days.is_purchase).fill_null(0.0), 0.0),
    }


def _returned(joined: Table) -> Value:
    """Return what was taken back, missing where nothing is known of money."""
    return ibis.ifelse(joined.value_to_date.notnull(), joined.returned, ibis.null(float))


def log_gaps(days: Table, as_of: dt.date) -> Table:
    """Sum the logarithms of the times between a customer's purchase days: how regular they are.

    Parameters
    ----------
    days, as_of
        As for `behaviour`.

    Returns
    -------
    Table
        customer_id and log_gaps (sum of ln of the gaps in weeks), for who purchased on more than one day.
    """
    bought = days.filter((_.ordered_on <= as_of) & _.is_purchase)
    in_turn = ibis.window(group_by="customer_id", order_by="ordered_on")
    gaps = bought.mutate(before=bought.ordered_on.lag().over(in_turn)).filter(_.before.notnull())
    weeks = gaps.ordered_on.delta(gaps.before, unit="day") / DAYS_PER_WEEK
    return gaps.group_by("customer_id").aggregate(log_gaps=weeks.ln().sum())
