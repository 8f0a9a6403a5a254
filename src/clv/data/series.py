"""Purchases and money of the known customers by day and by week, and the sums behind a trend in their spend.

Ibis expressions. A customer is known after the first purchase day; what is counted here comes later than that day.
"""

from __future__ import annotations

import datetime as dt

import ibis
from ibis import _
from ibis.expr.types import Table

from clv.units import DAYS_PER_YEAR

_FEWEST_REPEATS = 2  # one purchase has no trend


def daily_series(days: Table, as_of: dt.date) -> Table:
    """Count every calendar day from the first purchase to the as-of date, silent days as zero.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`, with the same as-of date.
    as_of
        Last day of the series.

    Returns
    -------
    Table
        day, new_customers (whose first purchase day it is), repeat_orders (purchase days after the first) and
        repeat_revenue (net of all days after the first purchase day, refunds included; missing in a log without
        amounts).
    """
    bought = days.filter(_.is_purchase)
    firsts = bought.group_by("customer_id").aggregate(first_order=_.ordered_on.min())
    counted = (
        days.join(firsts, "customer_id")
        .filter(_.ordered_on >= _.first_order)
        .mutate(is_first=_.ordered_on == _.first_order)
        .group_by(day=_.ordered_on)
        .aggregate(
            new_customers=_.is_first.sum(),
            repeat_orders=(_.is_purchase & ~_.is_first).sum(),
            repeat_revenue=_.net.sum(where=~_.is_first).cast("float64"),
        )
    )
    every_day = _calendar(days, as_of).left_join(counted, "day")
    revenue = ibis.ifelse(_.priced, _.repeat_revenue.fill_null(0.0), ibis.null(float))
    series = every_day.mutate(
        new_customers=_.new_customers.fill_null(0), repeat_orders=_.repeat_orders.fill_null(0), repeat_revenue=revenue
    )
    return series.select("day", "new_customers", "repeat_orders", "repeat_revenue").order_by("day")


def weekly_series(daily: Table, as_of: dt.date) -> Table:
    """Add the days of `daily_series` up to whole weeks that end on the weekday of the as-of date.

    Returns
    -------
    Table
        week_end (last day of its seven), new_customers, repeat_orders, repeat_revenue. What comes before the first
        whole week is left out.
    """
    weeks_back = (ibis.date(as_of).delta(daily.day, unit="day") // 7).cast("int64")
    weeks = (
        daily.mutate(weeks_back=weeks_back)
        .group_by("weeks_back")
        .aggregate(
            n_days=_.count(),
            week_end=_.day.max(),
            new_customers=_.new_customers.sum(),
            repeat_orders=_.repeat_orders.sum(),
            repeat_revenue=_.repeat_revenue.sum(),
        )
    )
    return weeks.filter(_.n_days == 7).drop("n_days", "weeks_back").order_by("week_end")


def spend_sums(days: Table) -> Table:
    """Sum, over customers, how the money of their repeat purchases moves with time.

    For each customer with two repeat purchases or more, at different times t (years) and of net y = log(net):
    s_tt = Σ (t − t̄)², s_ty = Σ (t − t̄)(y − ȳ). Their sums and the sums of their products are all that a regression
    with an effect for each customer needs, and its standard error clustered by customer; see
    `clv.models.calendar.drift.spend_trend`.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`. Purchase days of zero or negative net have no logarithm and are left
        out, and so are first purchases: their basket is another one.

    Returns
    -------
    Table
        One row: n_customers, n_purchases, years (from the first to the last of those purchases), s_tt, s_ty and the
        sums over customers of products s_tt_tt, s_tt_ty, s_ty_ty. Zero where there is no such customer.
    """
    bought = days.filter(_.is_purchase)
    first = bought.ordered_on.min().over(group_by="customer_id")  # a column of its own: not all dialects filter by it
    later = bought.mutate(first_order=first).filter((_.ordered_on > _.first_order) & (_.net > 0))
    in_years = later.ordered_on.delta(ibis.date("2000-01-01"), unit="day") / DAYS_PER_YEAR
    points = later.mutate(t=in_years, y=later.net.cast("float64").ln())
    own = points.group_by("customer_id").aggregate(
        n=_.count(), began=_.t.min(), ended=_.t.max(), var=_.t.var(how="pop"), cov=_.t.cov(_.y, how="pop")
    )
    moving = own.filter(_.n >= _FEWEST_REPEATS).mutate(tt=_.n * _["var"], ty=_.n * _["cov"])
    sums = moving.aggregate(
        n_customers=_.count(),
        n_purchases=_.n.sum(),
        years=_.ended.max() - _.began.min(),
        s_tt=_.tt.sum(),
        s_ty=_.ty.sum(),
        s_tt_tt=(_.tt * _.tt).sum(),
        s_tt_ty=(_.tt * _.ty).sum(),
        s_ty_ty=(_.ty * _.ty).sum(),
    )
    return sums.mutate(**{name: sums[name].fill_null(0) for name in sums.columns})


def _calendar(days: Table, as_of: dt.date) -> Table:
    """Return every day from the first purchase to the as-of date, and whether the log has amounts at all."""
    span = days.aggregate(began=days.ordered_on.min(where=days.is_purchase), priced=days.net.notnull().any())
    n_days = (ibis.date(as_of).delta(span.began, unit="day") + 1).cast("int64")
    each = span.mutate(offset=ibis.range(0, n_days).unnest())
    return each.select(day=(each.began + each.offset.as_interval("D")).cast("date"), priced=each.priced)
