"""What a forecast rests on: lines and money as of a date, odd amounts at their usual, a history of a certain length.

`clv run`, `clv score` and `clv validate` all begin here, so that none can read a source in another way.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import Config
from clv.data.accounting import Accounts, accounts_as_of, valued
from clv.data.customers import customer_days
from clv.data.intake import Intake, check_as_of
from clv.data.logs import ingest_all
from clv.data.odd_amounts import as_usual, find_odd
from clv.data.tables import TablesRead, read_tables
from clv.decisions.reach import Reach, reach_of, require_reach

if TYPE_CHECKING:
    from clv.data.identity.company import IdentityRecord


@dataclass(frozen=True)
class Basis:
    """What is settled before anything is forecast.

    Attributes
    ----------
    as_of
        Last day that counts.
    intake
        Lines and money read, usable and quarantined, whatever their date; and all that was decided on the way.
    accounts
        The same as of the date: what is used, what is later, what was set aside; whether money is known.
    reach
        Length of the forecast beside that of the history; None where too few have bought to forecast anything.
    tables
        What was read of the tables beside the transactions, and the keys without a partner.
    identity
        What became of the customer registers; None where none tells people apart.
    """

    as_of: dt.date
    intake: Intake
    accounts: Accounts
    reach: Reach | None
    tables: TablesRead
    identity: IdentityRecord | None


def settle(config: Config, folder: Path, engine: Backend, today: dt.date | None = None) -> tuple[Basis, Table]:
    """Read the tables of a config and settle what a forecast from them rests on.

    Parameters
    ----------
    config
        From `clv.config.load_config` or `config_for_file`.
    folder
        Existing folder; `transactions.parquet`, `quarantine.parquet`, `days.parquet`, the other tables and what
        `clv.data.identity.company.identify` writes come into it, ids being those of people.
    engine
        Reads what was written.
    today
        Dates after this day lie in the future; default: the clock's.

    Returns
    -------
    Basis, Table
        And one row per customer and day up to the as-of date: `clv.data.customers.customer_days` with usual_net.

    Raises
    ------
    DataError
        If the source cannot be used, or the as-of date or the horizon does not fit its span.
    """
    basis, days = take_in(config, folder, engine, today)
    reach = reach_of(days, basis.as_of, config.horizon_days)
    if reach is not None:
        require_reach(reach, config.max_horizon_multiple)
    return replace(basis, reach=reach), days


def take_in(config: Config, folder: Path, engine: Backend, today: dt.date | None = None) -> tuple[Basis, Table]:
    """Do what `settle` does before a horizon is known; the reach is None."""
    logs, today = config.source.transactions, today or dt.datetime.now(dt.UTC).date()
    intake = ingest_all(logs, folder, today=today, max_unreadable_share=config.max_unreadable_share)
    as_of = config.as_of or intake.last_day
    check_as_of(as_of, intake, today)
    tables = read_tables(config, engine, folder, today)
    identity = _identify(config, engine, folder, today)
    accounts = accounts_as_of(folder, engine, intake, as_of)
    lines = valued(engine.read_parquet(folder / "transactions.parquet"), accounts)
    customer_days(lines, as_of, config.purchase_rule).to_parquet(folder / "days.parquet")
    days = engine.read_parquet(folder / "days.parquet")
    odd = find_odd(days)
    of_identity = identity.decisions if identity is not None else ()
    intake = replace(intake, decisions=(*intake.decisions, *odd.decisions, *of_identity))
    return Basis(as_of, intake, accounts, None, tables, identity), as_usual(days, odd)


def _identify(config: Config, engine: Backend, folder: Path, today: dt.date) -> IdentityRecord | None:
    """Tell people apart where a register or several could; with neither, what can is not even imported."""
    if not config.source.customers and len(config.source.registers) <= 1:
        return None
    from clv.data.identity.company import identify

    return identify(config, engine, folder, today)


def currency_of(basis: Basis) -> str:
    """Return the currency that the lines name; a file that names none has one, but we do not know which."""
    return next((found.value for found in basis.intake.decisions if found.topic == "currency"), "")


def account_of(accounts: Accounts, as_of: dt.date, currency: str) -> str:
    """Return in one sentence what became of every line, and of the money on those that are not used.

    Examples
    --------
    >>> from decimal import Decimal
    >>> accounts = Accounts(9, 5, 2, 1, 1, {"no_customer_id": 1}, 0, Decimal(50), Decimal(20), Decimal("7.5"), True)
    >>> account_of(accounts, dt.date(2024, 6, 30), "EUR")
    '5 of 9 lines used; 2 after 2024-06-30 (20.00 EUR), not used; 1 set aside (7.50 EUR): no_customer_id: 1; 1 after \
2024-06-30 that cannot be used'
    """

    def worth(money: Decimal | None) -> str:
        return f" ({f'{money:,.2f} {currency}'.strip()})" if accounts.has_amounts and money is not None else ""

    parts = [f"{accounts.rows_used:,} of {accounts.rows_read:,} lines used"]
    if accounts.rows_later:
        parts.append(f"{accounts.rows_later:,} after {as_of}{worth(accounts.amount_later)}, not used")
    if accounts.rows_set_aside:
        unknown = accounts.rows_of_unknown_worth if accounts.has_amounts else 0
        money = worth(accounts.amount_set_aside if unknown < accounts.rows_set_aside else None)
        also = f", {unknown:,} of them of unknown worth" if unknown else ""
        reasons = ", ".join(f"{reason}: {n:,}" for reason, n in accounts.reasons.items())
        parts.append(f"{accounts.rows_set_aside:,} set aside{money}{also}: {reasons}")
    if accounts.rows_set_aside_later:
        parts.append(f"{accounts.rows_set_aside_later:,} after {as_of} that cannot be used")
    return "; ".join(parts)
