"""The base over time: money and customers by month, cohorts, and the rhythm of buying, as Ibis expressions."""

from __future__ import annotations

import datetime as dt

from ibis import _
from ibis.expr.types import Table


def monthly_activity(days: Table) -> Table:
    """Sum the days of `clv.data.customers.customer_days` into calendar months.

    Returns
    -------
    Table
        month (its first day), revenue (net of all days), orders (purchase days), customers (who bought),
        new_customers (whose first purchase day lies in the month).
    """
    bought = days.filter(_.is_purchase)
    firsts = bought.group_by("customer_id").aggregate(first_order=_.ordered_on.min())
    new = firsts.group_by(month=_.first_order.truncate("M")).aggregate(new_customers=_.count())
    months = days.group_by(month=_.ordered_on.truncate("M")).aggregate(
        revenue=_.net.sum().cast("float64"),
        orders=_.is_purchase.sum(),
        customers=_.customer_id.nunique(where=_.is_purchase),
    )
    joined = months.left_join(new, "month").drop("month_right")
    return joined.mutate(new_customers=_.new_customers.fill_null(0)).order_by("month")


def cohort_activity(days: Table, months_per_period: int = 1) -> Table:
    """Count how many customers of each cohort bought, and for how much, in each period of their life.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`.
    months_per_period
        1 for months, 3 for quarters, 12 for years, all of the calendar.

    Returns
    -------
    Table
        cohort (first day of the period of the first purchase day), age (periods since, 0 in that period), customers,
        revenue.
    """
    bought = days.filter(_.is_purchase)
    unit = {1: "M", 3: "Q", 12: "Y"}[months_per_period]
    firsts = bought.group_by("customer_id").aggregate(cohort=_.ordered_on.min().truncate(unit))
    joined = bought.join(firsts, "customer_id").mutate(period=_.ordered_on.truncate(unit))
    months = (_.period.year() - _.cohort.year()) * 12 + _.period.month() - _.cohort.month()
    aged = joined.mutate(age=(months // months_per_period).cast("int64"))
    counted = aged.group_by("cohort", "age").aggregate(
        customers=_.customer_id.nunique(), revenue=_.net.sum().cast("float64")
    )
    return counted.order_by("cohort", "age")


def first_orders(days: Table, known_until: dt.date) -> Table:
    """Count the customers (n) by the day of their first purchase, for those first seen up to `known_until`."""
    firsts = days.filter(_.is_purchase).group_by("customer_id").aggregate(first_order=_.ordered_on.min())
    known = firsts.filter(_.first_order <= known_until)
    return known.group_by("first_order").aggregate(n=_.count()).order_by("first_order")


def repeat_orders(days: Table, known_until: dt.date) -> Table:
    """Count the purchase days after the first (n) by day, of the customers first seen up to `known_until`."""
    bought = days.filter(_.is_purchase)
    first = bought.ordered_on.min().over(group_by="customer_id")
    later = bought.mutate(first_order=first).filter((_.first_order <= known_until) & (_.ordered_on > _.first_order))
    return later.group_by("ordered_on").aggregate(n=_.count()).order_by("ordered_on")


def days_between_orders(days: Table) -> Table:
    """Return the number of returns (n) by the days since the previous purchase day (gap_days, whole, at least 1)."""
    bought = days.filter(_.is_purchase)
    previous = bought.ordered_on.lag().over(group_by="customer_id", order_by="ordered_on")
    gaps = bought.mutate(gap_days=bought.ordered_on.delta(previous, unit="day"))
    return gaps.filter(_.gap_days.notnull()).group_by("gap_days").aggregate(n=_.count()).order_by("gap_days")
