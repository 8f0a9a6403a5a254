"""Read and check the sources of a config without keeping anything: what was found, and what a run would make of it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ibis import _

from clv.config import Config
from clv.data.decided import shown
from clv.data.engine import open_engine
from clv.data.intake import check_currency
from clv.data.schema import REASONS
from clv.data.tables import TableRecord
from clv.decisions.basis import Basis, settle


@dataclass(frozen=True)
class Validation:
    """What the sources hold.

    Attributes
    ----------
    basis
        Lines, money, days, decisions and reach of the transactions, the other tables and the people.
    n_customers, n_orders
        Customers with a usable line, and their days with one, up to the as-of date.
    """

    basis: Basis
    n_customers: int
    n_orders: int


def validate(config: Config, today: dt.date | None = None) -> Validation:
    """Read and check all tables of a config; nothing is kept and nothing is changed.

    Parameters
    ----------
    config
        From `clv.config.config_for_file` or `load_config`.
    today
        Dates after this day lie in the future; default: the clock's.

    Raises
    ------
    DataError
        Where a run would refuse the source, too.
    """
    today = today or dt.datetime.now(dt.UTC).date()
    with tempfile.TemporaryDirectory(prefix="clv-validate-") as name:
        engine = open_engine(spill=Path(name))
        try:
            basis, days = settle(config, Path(name), engine, today)
            counted = days.aggregate(customers=_.customer_id.nunique(), orders=_.count()).execute()
        finally:
            engine.disconnect()
    return Validation(basis, int(counted["customers"][0]), int(counted["orders"][0]))


def validate_company(config: Config, today: dt.date | None = None) -> Validation:
    """Do the same for the config of a company, whose currency must be that of its lines.

    Raises
    ------
    DataError
        Where a run would refuse the source, too.
    """
    found = validate(config, today)
    check_currency(config.currency, found.basis.intake, config.source.transactions[0].path)
    return found


def tell(found: Validation) -> Iterator[str]:
    """Yield what was found as lines of text; values from the data keep no control characters."""
    intake, as_of = found.basis.intake, found.basis.as_of
    yield f"lines      {intake.rows_read:,} read, {intake.rows_clean:,} usable, {intake.rows_quarantined:,} set aside"
    for reason, n in intake.reasons.items():
        yield f"           {n:,}: {REASONS[reason]}"
    yield f"days       {intake.first_day} to {intake.last_day}; as of {as_of}"
    if found.basis.accounts.rows_later:
        yield f"           {found.basis.accounts.rows_later:,} usable lines are later"
    yield f"customers  {found.n_customers:,} with {found.n_orders:,} days of orders"
    yield f"money      {_money(found.basis)}"
    if (reach := found.basis.reach) is not None and reach.is_far:
        yield f"forecast   {reach.horizon_days} days, {reach.multiple:.1f} times the history: trust ranks, not sums"
    for table in found.basis.tables.tables:
        yield from _told(table)
    for keys in found.basis.tables.orphans:
        if keys.rows:
            missing = f"{keys.values:,} {keys.column} not in {keys.target}"
            yield f"keys       {keys.rows:,} rows of {keys.table} name {missing}"
    if (identity := found.basis.identity) is not None:
        cards = sum(identity.records.values())
        yield f"people     {identity.people:,} on {cards:,} cards; {identity.review:,} pairs to review"
        yield from (f"           {note}" for note in identity.notes)
    yield "decided"
    for decision in intake.decisions:
        yield f"  {shown(decision)}"


def _money(basis: Basis) -> str:
    """Return the money of the lines read, whatever their date."""
    intake = basis.intake
    if intake.amount_clean is None:
        return "no amounts"
    if not basis.accounts.has_amounts:
        return "all amounts are zero: orders would be forecast, and no money"
    unknown = f"; {intake.n_unreadable_amounts:,} lines of unknown worth" if intake.n_unreadable_amounts else ""
    return f"{intake.amount_clean:,.2f} usable, {intake.amount_quarantined:,.2f} set aside{unknown}"


def _told(table: TableRecord) -> Iterator[str]:
    """Yield what was found of a table: its rows and faults."""
    yield f"{table.table:<10} {table.rows_read:,} rows read, {table.rows_clean:,} usable"
    for reason, n in [*table.reasons.items(), *table.values_set_aside.items()]:
        yield f"           {n:,}: {reason}"
