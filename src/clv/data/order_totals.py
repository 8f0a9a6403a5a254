"""Orders whose total stands on one of their lines only, or on each of them, as shop systems export them."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.data.decided import Decision

LEAST_ORDERS = 5  # that repeat one amount: of prices of items, some orders do by chance
MOST_REPEATED = 0.9  # of orders with several lines, which may hold the same item twice
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


def on_repeated_totals(clean: Table) -> list[Decision]:
    """Say when nearly all orders of several lines have one amount on all of them: it may be the order's total.

    Parameters
    ----------
    clean
        Usable lines with the columns of `clv.data.schema.TRANSACTIONS`.
    """
    orders = (
        clean.filter(_.order_id.notnull() & (_.order_id != "") & _.amount.notnull() & (_.amount != 0))
        .group_by("customer_id", "order_id")
        .aggregate(n=_.count(), low=_.amount.min(), high=_.amount.max())
        .filter(_.n > 1)
    )
    same = _.low == _.high
    counted = orders.aggregate(
        several=_.count(),
        repeated=same.sum(),
        amounts=_.low.nunique(where=same),
        too_much=((_.n - 1) * _.low).sum(where=same),
        example=_.order_id.min(where=same),
    ).execute()
    several, repeated = int(counted["several"][0]), int(counted["repeated"].fillna(0)[0])
    # where everything costs the same, equal amounts say nothing
    if repeated < max(LEAST_ORDERS, MOST_REPEATED * several) or int(counted["amounts"][0]) < LEAST_ORDERS:
        return []
    because = (
        f"{repeated:,} of {several:,} orders with several lines have one amount on all of them; if it is the order's "
        f"total, {counted['too_much'][0]:,.2f} is counted too much: keep one line an order, or map the line's amount"
    )
    return [
        Decision("order_totals", "each line counted", because, "amount", repeated, (str(counted["example"][0])[:40],))
    ]
