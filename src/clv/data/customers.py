"""One row per customer as of a date, and the calibration/holdout split, as Ibis expressions.

A purchase is a calendar day, not a ticket: what one customer buys on one day is one decision. The as-of day
itself belongs to the past.
"""

from __future__ import annotations

import datetime as dt

import ibis
from ibis import _
from ibis.expr.types import Table

from clv.config import PurchaseRule
from clv.units import DAYS_PER_WEEK


def customer_days(transactions: Table, as_of: dt.date, rule: PurchaseRule = "positive_net") -> Table:
    """Merge lines into one row per customer and calendar day, up to and including the as-of date.

    Parameters
    ----------
    transactions
        Usable lines, as in `clv.data.schema.TRANSACTIONS`.
    as_of
        Last day that counts.
    rule
        Which days are purchases. `positive_net`: those whose lines, refunds included, sum to more than zero.
        `any_order`: every day, whatever its money, as in the published analyses of CDNOW.

    Returns
    -------
    Table
        customer_id, ordered_on, net (money of the day), is_purchase.
    """
    days = (
        transactions.filter(_.ordered_on <= as_of).group_by("customer_id", "ordered_on").aggregate(net=_.amount.sum())
    )
    return days.mutate(is_purchase=(_.net > 0) if rule == "positive_net" else ibis.literal(True))


def customer_summary(days: Table, as_of: dt.date) -> Table:
    """Summarise purchase days into one row per customer, as in `clv.data.schema.CUSTOMERS`.

    Parameters
    ----------
    days
        From `customer_days`, with the same as-of date.
    as_of
        End of observation: `T` runs to this day.

    Returns
    -------
    Table
        One row per customer with any line; who has no purchase day keeps the money but has no dates and no T.
        recency and T are in weeks of seven days, fractional; money in the currency of the data.
    """
    bought = days.is_purchase
    per_customer = days.group_by("customer_id").aggregate(
        first_order=days.ordered_on.min(where=bought),
        last_order=days.ordered_on.max(where=bought),
        n_orders=bought.sum(),
        value_to_date=days.net.sum(),
        bought_for=days.net.sum(where=bought),
        first_net=days.net.argmin(days.ordered_on, where=bought),
    )
    frequency = ibis.greatest(per_customer.n_orders - 1, 0)
    summary = per_customer.mutate(
        frequency=frequency,
        recency=per_customer.last_order.delta(per_customer.first_order, unit="day") / DAYS_PER_WEEK,
        T=ibis.date(as_of).delta(per_customer.first_order, unit="day") / DAYS_PER_WEEK,
        monetary_value=(_.bought_for - _.first_net).cast("float64") / frequency.nullif(0),
        value_to_date=_.value_to_date.cast("float64"),
    )
    columns = ("customer_id", "first_order", "last_order", "n_orders", "frequency", "recency", "T")
    return summary.select(*columns, "monetary_value", "value_to_date").order_by("customer_id")


def holdout_summary(transactions: Table, start: dt.date, end: dt.date, rule: PurchaseRule = "positive_net") -> Table:
    """Count what the customers known at `start` did in (start, end].

    Parameters
    ----------
    transactions
        Usable lines.
    start
        Calibration end; a purchase on this day is calibration, not holdout.
    end
        Last day of the holdout, included.
    rule
        Which days are purchases; see `customer_days`.

    Returns
    -------
    Table
        customer_id, holdout_orders (purchase days), holdout_revenue (net of all days, refunds included), one row
        for each customer with a purchase day up to `start`, zero for those who did not come back.
    """
    days = customer_days(transactions, end, rule)
    after = days.ordered_on > start
    seen = days.group_by("customer_id").aggregate(
        known=((~after) & days.is_purchase).any(),
        holdout_orders=(after & days.is_purchase).sum(),
        holdout_revenue=days.net.sum(where=after).fill_null(0).cast("float64"),
    )
    return seen.filter(_.known).drop("known").order_by("customer_id")


def distinct_counts(summary: Table) -> Table:
    """Compress customers to the distinct (frequency, recency, T) with their number: all that a fit needs to see."""
    buyers = summary.filter(_.first_order.notnull())
    keys = ("frequency", "recency", "T")
    return buyers.group_by(*keys).aggregate(n_customers=_.count()).order_by(*keys)
