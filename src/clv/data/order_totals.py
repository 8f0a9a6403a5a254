"""Orders whose total stands on one of their lines only, as shop systems export them."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.data.decided import Decision

MOST_ORDERS = 0.5  # of orders with several lines; below, an amount that is missing is just that


def spread_totals(engine: Backend, typed: Table) -> tuple[Table, list[Decision]]:
    """Count lines without amount as zero where their order has its total on one other line.

    Parameters
    ----------
    engine
        Keeps the result as a view.
    typed
        Lines with `customer_id`, `order_id`, `amount` and `amount_missing`.

    Returns
    -------
    tuple
        The lines, and what was decided; unchanged and empty where no such line exists.
    """
    if not bool(typed.amount_missing.any().execute()):
        return typed, []
    orders = (
        typed.filter(_.order_id.notnull() & (_.order_id != ""))
        .group_by("customer_id", "order_id")
        .aggregate(n=_.count(), n_amounts=(~_.amount_missing).sum())
        .filter(_.n > 1)
    )
    counted = orders.aggregate(several=_.count(), total=(_.n_amounts == 1).sum()).execute().fillna(0)
    several, total = int(counted["several"][0]), int(counted["total"][0])
    if not several or total < MOST_ORDERS * several:
        return typed, []
    with_total = orders.filter(_.n_amounts == 1).select("customer_id", "order_id", has_total=ibis.literal(True))
    joined = typed.left_join(with_total, ["customer_id", "order_id"])
    belongs = joined.has_total.fill_null(False) & joined.amount_missing
    spread = joined.select(
        **{name: joined[name] for name in typed.columns if name not in {"amount", "amount_missing"}},
        amount=ibis.ifelse(belongs, ibis.literal(0).cast(typed.amount.type()), joined.amount),
        amount_missing=joined.amount_missing & ~belongs,
        belongs=belongs,
    )
    view = engine.create_view("spread", spread)
    n = int(view.belongs.sum().execute())
    because = f"{total:,} of {several:,} orders with several lines have an amount on one of them only"
    said = Decision("order_totals", "lines without amount are part of their order's total", because, "amount", n)
    return view.drop("belongs"), [said]
