"""What in a clean table may not be what it seems: said with its count and examples, never changed."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import StringColumn, Table

from clv.data.amounts import INVISIBLE
from clv.data.decided import Decision
from clv.data.missing import on_one_id

SHORTENED = r"^[1-9][.,][0-9]{2,}[eE]\+[0-9]{2}$"  # 1.23457E+11, as a cell shows a number of twelve digits


def find_oddities(engine: Backend, clean: Table) -> list[Decision]:
    """Return what to know of ids before trusting a count of customers or orders.

    Parameters
    ----------
    engine
        Keeps the count of lines of each customer.
    clean
        Usable lines with the columns of `clv.data.schema.TRANSACTIONS`.

    Returns
    -------
    list of Decision
        On an id that holds a tenth of the lines, ids that look alike, and orders of more than one customer.
    """
    customers = engine.create_table("lines_of", clean.group_by("customer_id").aggregate(n=_.count()), temp=True)
    n_lines = int(customers.n.sum().execute() or 0)
    return [*on_one_id(customers, n_lines), *_shortened(customers), *_look_alikes(customers), *_shared_orders(clean)]


def on_copies(twins: Table) -> list[Decision]:
    """Say how many lines repeat another in every column where no order id tells a copy from a sale."""
    found = twins.aggregate(n=_.count(), money=_.amount.sum()).execute()
    n, money = int(found["n"][0]), found["money"][0]
    if not n:
        return []
    worth = "" if money is None or money != money else f", worth {money:,.2f}"  # a sum of nothing arrives as nan
    because = f"{n:,} lines{worth}, repeat another in every column, and no order id tells a copy from a second sale"
    return [Decision("copies", "counted", because, "order_id", n)]


@ibis.udf.scalar.builtin(name="nfc_normalize")
def _composed(text: str) -> str:  # type: ignore[empty-body]
    """Write each letter and its accent as one character, as DuckDB does; Ibis has no name for it."""


_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_TWINS = "АВЕЅІЈКМНОРСТУХавеѕіјкмнорстухΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ", "ABESIJKMHOPCTYXabesijkmhopctyxABEZHIKMNOPTYXovp"
"""Letters of Cyrillic and Greek that no eye tells from Latin ones, and these."""
_DASHES = "‐‑‒–—−﹣"
_FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in _ASCII)
_LOOKS = _TWINS[0] + _DASHES + _FULL_WIDTH + "\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"
_LOOKS_LIKE = _TWINS[1] + "-" * len(_DASHES) + _ASCII + "  "


def _alike(name: StringColumn) -> StringColumn:
    """Return an id without what no eye sees or is easily lost on its way: case, spaces, leading zeros, '.0'."""
    seen = _composed(name).translate(_LOOKS + INVISIBLE, _LOOKS_LIKE)  # what has no counterpart is taken out
    bare = seen.lower().re_replace(r"\s+", " ").strip()
    whole = bare.re_replace(r"^([0-9]+)\.0+$", r"\1")
    return ibis.ifelse(whole.re_search(r"^0+[0-9]"), whole.re_replace("^0+([0-9])", r"\1"), whole)


def _shortened(customers: Table) -> list[Decision]:
    """Say which ids a spreadsheet shortened: 123457 of 123456789012 stand for many customers."""
    short = customers.filter(_.customer_id.re_search(SHORTENED))
    found = short.aggregate(n=_.n.sum(), ids=_.count()).execute()
    if not found["ids"][0]:
        return []
    shown = tuple(short.order_by(ibis.desc("n"), "customer_id").limit(3)["customer_id"].execute())
    n, ids = int(found["n"][0]), int(found["ids"][0])
    because = (
        f"{ids:,} ids are numbers that a spreadsheet cut to a few digits; each may be many customers: export again"
    )
    return [Decision("shortened_ids", "taken for customers", because, None, n, shown)]


def _look_alikes(customers: Table) -> list[Decision]:
    groups = (
        customers.group_by(alike=_alike(customers.customer_id))
        .aggregate(n=_.count(), one=_.customer_id.min(), other=_.customer_id.max())
        .filter(_.n > 1)
    )
    counted = groups.aggregate(ids=_.n.sum(), people=_.count()).execute()
    if not counted["people"][0]:
        return []
    ids, people = int(counted["ids"][0]), int(counted["people"][0])
    shown = groups.order_by(ibis.desc("n"), "alike").limit(3).execute()
    pairs = tuple(f"{one[:30]!r} and {other[:30]!r}" for one, other in zip(shown["one"], shown["other"], strict=True))
    because = (
        f"{ids:,} ids would be {people:,} without case, spaces, letters that look the same, leading zeros and '.0'"
    )
    return [Decision("look_alike_ids", "kept apart", because, n=ids, examples=pairs)]


def _shared_orders(clean: Table) -> list[Decision]:
    owners = (
        clean.filter(_.order_id.notnull() & (_.order_id != ""))
        .group_by("order_id")
        .aggregate(n=_.count(), one=_.customer_id.min(), other=_.customer_id.max())
        .filter(_.one != _.other)
    )
    n = int(owners.count().execute())
    if not n:
        return []
    shown = owners.order_by("order_id").limit(3)["order_id"].execute()
    because = f"{n:,} order ids occur with more than one customer; each customer keeps the own lines"
    return [Decision("shared_orders", "an order of each", because, "order_id", n, tuple(x[:40] for x in shown))]
