"""What a report as of a date rests on: every line of the source is used, of a later day, or set aside, and once.

A line whose date is its fault has no day to be later by; it is set aside as of every date.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.data.engine import DAY_NET
from clv.data.intake import Intake
from clv.data.schema import MONEY


@dataclass(frozen=True)
class Accounts:
    """Lines and money of a source as of a date.

    Attributes
    ----------
    rows_read
        Sum of the four that follow.
    rows_used, rows_later
        Usable lines up to the as-of date, and after it.
    rows_set_aside, rows_set_aside_later
        Lines that cannot be used: up to the as-of date or without a day, and after it.
    reasons
        Lines set aside up to the as-of date by reason, most frequent first.
    rows_of_unknown_worth
        Lines set aside up to the as-of date whose amount is missing or cannot be read.
    amount_used, amount_later, amount_set_aside
        Money of the lines of that name, as far as it can be read; None in a log without amounts.
    has_amounts
        Whether money is known: amounts are mapped and at least one that counts is not zero. Settled here, for all.
    """

    rows_read: int
    rows_used: int
    rows_later: int
    rows_set_aside: int
    rows_set_aside_later: int
    reasons: dict[str, int]
    rows_of_unknown_worth: int
    amount_used: Decimal | None
    amount_later: Decimal | None
    amount_set_aside: Decimal | None
    has_amounts: bool


def accounts_as_of(folder: Path, engine: Backend, intake: Intake, as_of: dt.date) -> Accounts:
    """Count the lines that `clv.data.ingest.ingest` wrote into a folder as of a date."""
    clean = engine.read_parquet(folder / "transactions.parquet")
    aside = engine.read_parquet(folder / "quarantine.parquet")
    priced = intake.amount_clean is not None
    past = clean.ordered_on <= as_of
    found = clean.aggregate(
        used=past.sum(),
        later=(~past).sum(),
        money=clean.amount.sum(where=past).cast(DAY_NET),
        later_money=clean.amount.sum(where=~past).cast(DAY_NET),
        not_zero=(past & (clean.amount != 0)).sum(),
    ).to_pyarrow()
    used = {name: found[name][0].as_py() for name in found.column_names}
    is_later = (aside.ordered_on > as_of).fill_null(False)
    reasons, money, unknown = _set_aside(aside.filter(~is_later))
    n_aside = sum(reasons.values())
    return Accounts(
        rows_read=intake.rows_read,
        rows_used=used["used"] or 0,
        rows_later=used["later"] or 0,
        rows_set_aside=n_aside,
        rows_set_aside_later=intake.rows_quarantined - n_aside,
        reasons=reasons,
        rows_of_unknown_worth=unknown,
        amount_used=used["money"] or Decimal(0) if priced else None,
        amount_later=used["later_money"] or Decimal(0) if priced else None,
        amount_set_aside=money if priced else None,
        has_amounts=priced and bool(used["not_zero"]),
    )


def _set_aside(lines: Table) -> tuple[dict[str, int], Decimal, int]:
    """Return the number of lines by reason, the money that can be read of them, and how many have none."""
    counted = lines.group_by("reason").aggregate(
        n=_.count(), money=_.money.sum().cast(DAY_NET), unknown=_.money.isnull().sum()
    )
    rows = counted.to_pyarrow().to_pylist()
    ordered = sorted(rows, key=lambda row: (-row["n"], row["reason"]))
    money = sum((row["money"] or Decimal(0) for row in rows), Decimal(0))
    return {row["reason"]: row["n"] for row in ordered}, money, sum(row["unknown"] for row in rows)


def valued(transactions: Table, accounts: Accounts) -> Table:
    """Return the lines with their amounts where money is known, else with none: zeros are then no prices.

    All that follows looks at whether amounts are there, never at what they sum to.
    """
    if accounts.has_amounts:
        return transactions
    return transactions.mutate(amount=ibis.null(MONEY))
