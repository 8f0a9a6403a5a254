"""Read and check a source without keeping anything: what was found, and what a run would make of it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clv.config import Config
from clv.data.connect import open_engine
from clv.data.decided import Decision
from clv.data.ingest import Intake, check_as_of, ingest
from clv.data.schema import REASONS


@dataclass(frozen=True)
class Validation:
    """What a source holds.

    Attributes
    ----------
    intake
        Lines, money, days and decisions.
    as_of
        Last day that counts.
    n_customers, n_orders
        Customers with a usable line, and their days with one, up to that day.
    """

    intake: Intake
    as_of: dt.date
    n_customers: int
    n_orders: int


def validate(config: Config, today: dt.date | None = None) -> Validation:
    """Read and check the transactions of a config; nothing is kept and nothing is changed.

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
    source = config.source.transactions
    with tempfile.TemporaryDirectory(prefix="clv-validate-") as name:
        intake = ingest(source, Path(name), today=today, max_unreadable_share=config.max_unreadable_share)
        as_of = config.as_of or intake.last_day
        check_as_of(as_of, intake, today)
        engine = open_engine(spill=Path(name))
        try:
            lines = engine.read_parquet(Path(name) / "transactions.parquet")
            known = lines.filter(lines.ordered_on <= as_of).select("customer_id", "ordered_on").distinct()
            counted = known.aggregate(customers=known.customer_id.nunique(), orders=known.count()).execute()
        finally:
            engine.disconnect()
    return Validation(intake, as_of, int(counted["customers"][0]), int(counted["orders"][0]))


def tell(found: Validation) -> Iterator[str]:
    """Yield what was found as lines of text; values from the data keep no control characters."""
    intake = found.intake
    yield f"lines      {intake.rows_read:,} read, {intake.rows_clean:,} used, {intake.rows_quarantined:,} set aside"
    for reason, n in intake.reasons.items():
        yield f"           {n:,}: {REASONS[reason]}"
    yield f"days       {intake.first_day} to {intake.last_day}; as of {found.as_of}"
    yield f"customers  {found.n_customers:,} with {found.n_orders:,} days of orders"
    yield f"money      {_money(intake)}"
    yield "decided"
    for decision in intake.decisions:
        yield f"  {_shown(decision)}"


def _money(intake: Intake) -> str:
    if intake.amount_clean is None:
        return "no amounts"
    unknown = f"; {intake.n_unreadable_amounts:,} lines of unknown worth" if intake.n_unreadable_amounts else ""
    return f"{intake.amount_clean:,.2f} used, {intake.amount_quarantined:,.2f} set aside{unknown}"


def _shown(decision: Decision) -> str:
    examples = f", e.g. {', '.join(decision.examples)}" if decision.examples else ""
    setting = f" [{decision.setting}]" if decision.setting else ""
    text = f"{decision.topic:<18} {decision.value}: {decision.because}{examples}{setting}"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
