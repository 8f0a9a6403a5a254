"""The base over time: money and customers by month, cohorts, and the rhythm of buying, as Ibis expressions."""

from __future__ import annotations

import math

import ibis
from ibis import _
from ibis.expr.types import Table

RHYTHM_QUANTILE = 0.95  # 19 of 20 returns happen sooner: a longer silence is unusual for this base
DAYS_PER_WHOLE_WEEK = 7


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


def cohort_activity(days: Table) -> Table:
    """Count how many customers of each monthly cohort bought, and for how much, in each month of their life.

    Returns
    -------
    Table
        cohort (month of the first purchase day), age_months (0 in that month), customers, revenue.
    """
    bought = days.filter(_.is_purchase)
    firsts = bought.group_by("customer_id").aggregate(cohort=_.ordered_on.min().truncate("M"))
    aged = bought.join(firsts, "customer_id").mutate(
        age_months=(_.ordered_on.year() - _.cohort.year()) * 12 + _.ordered_on.month() - _.cohort.month()
    )
    counted = aged.group_by("cohort", "age_months").aggregate(
        customers=_.customer_id.nunique(), revenue=_.net.sum().cast("float64")
    )
    return counted.order_by("cohort", "age_months")


def days_between_orders(days: Table) -> Table:
    """Return the number of returns (n) by the days since the previous purchase day (gap_days, whole, at least 1)."""
    bought = days.filter(_.is_purchase)
    previous = bought.ordered_on.lag().over(group_by="customer_id", order_by="ordered_on")
    gaps = bought.mutate(gap_days=bought.ordered_on.delta(previous, unit="day"))
    return gaps.filter(_.gap_days.notnull()).group_by("gap_days").aggregate(n=_.count()).order_by("gap_days")


def usual_return_days(gaps: Table) -> int | None:
    """Return the days within which 19 of 20 returns happen, in whole weeks rounded up; None if nobody returned.

    Only returns that were seen count, so slow customers of a young base are under-represented: it is a lower
    bound of the base's patience and used as the default churn window.
    """
    counted = gaps.mutate(seen=_.n.sum().over(ibis.cumulative_window(order_by="gap_days")))
    enough = counted.filter(_.seen >= RHYTHM_QUANTILE * counted.n.sum().as_scalar())
    days = enough.gap_days.min().execute()
    if days is None or math.isnan(days):
        return None
    return math.ceil(days / DAYS_PER_WHOLE_WEEK) * DAYS_PER_WHOLE_WEEK
