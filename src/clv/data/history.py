"""The base over time: money and customers by month, cohorts, and the rhythm of buying, as Ibis expressions."""

from __future__ import annotations

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

