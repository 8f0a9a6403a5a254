"""The folder of one run: its config, the facts fixed at its start, and artefacts read and written by name.

The same class serves `clv run`, where the folder is a run in the making, and a notebook opened by hand, where it
is a scratch folder that fills itself; see `clv.suite.session`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
from ibis.expr.types import Table
from pydantic import BaseModel, ConfigDict

from clv.config import Config, Language
from clv.data import connect
from clv.data.accounting import Accounts, valued
from clv.data.engine import open_engine
from clv.data.identity.company import CARDS, IdentityRecord
from clv.data.intake import Intake, check_currency
from clv.data.tables import Orphans, TableRecord
from clv.decisions.basis import settle
from clv.decisions.reach import Reach
from clv.errors import DataError
from clv.report.pages import Page
from clv.report.text import Text
from clv.suite.code import reading_key
from clv.suite.graph import writer_of

CONTEXT = "context.json"
PURCHASE_DAYS = "purchase_days.parquet"


class Context(BaseModel):
    """What is settled before the first notebook runs.

    Attributes
    ----------
    run_id
        UTC time of the start and six hexadecimal digits; sorts by time.
    version
        Of this package.
    config
        With its defaults; paths as they are written.
    as_of
        Last day that counts.
    holdout_start
        Last day of the calibration span when the forecast is tested.
    intake
        Lines and money read, usable and quarantined, whatever their date.
    accounts
        The same as of the date: what the report rests on, what is later, what was set aside; whether money is known.
    reach
        Length of the forecast beside that of the history; None where too few have bought to forecast anything.
    tables, orphans
        What was read of the tables beside the transactions, and the keys without a partner between any two.
    identity
        What became of the customer registers; None where none tells people apart.
    source_sha256
        Fingerprint of the source files.
    code_sha256
        Key of the code that read them.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    created_at: dt.datetime
    version: str
    config: Config
    as_of: dt.date
    holdout_start: dt.date
    intake: Intake
    accounts: Accounts
    reach: Reach | None
    tables: tuple[TableRecord, ...] = ()
    orphans: tuple[Orphans, ...] = ()
    identity: IdentityRecord | None = None
    source_sha256: str
    code_sha256: str


def read_context(folder: Path) -> Context:
    """Return what was settled before the first notebook of a run ran."""
    return Context.model_validate_json((folder / CONTEXT).read_text(encoding="utf-8"))


Calling = Callable[["Workspace", str], None]

_spoken: Language | None = None


def speak(language: Language | None) -> None:
    """Let all pages of this process be written in a language from here on; None: in the first of their config."""
    global _spoken  # one kernel speaks one language at a time, whatever its notebook calls its workspace
    _spoken = language


class Workspace:
    """Access to one run's folder.

    Parameters
    ----------
    folder
        A folder that `prepare` has filled.
    make, made
        Called with the workspace and the name of an artefact: before it is read, to make it where it is missing or no
        longer what its notebook writes, and after it was written. None in a run, which makes all of them in order.
    """

    def __init__(self, folder: Path, make: Calling | None = None, made: Calling | None = None) -> None:
        self.folder = folder
        self._make, self._made = make, made
        self.context = read_context(folder)
        self.config = self.context.config

    @property
    def as_of(self) -> dt.date:
        """Return the last day that counts."""
        return self.context.as_of

    @property
    def text(self) -> Text:
        """Return the language and number formats of the reader: the first of the config, unless another is spoken."""
        return Text(_spoken or self.config.language, self.config.currency)

    def page(self, slug: str, **facts: Any) -> Page:
        """Return the page of a notebook in the making; facts are what any of its sentences may name."""
        common = {
            "as_of": self.as_of,
            "first": self.context.intake.first_day,
            "horizon_days": self.config.horizon_days,
            "margin": self.config.margin,
            "rate": self.config.annual_discount_rate,
        }
        return Page(slug, self.text, "money" if self.has_amounts else "orders", {**common, **facts})

    @cached_property
    def transactions(self) -> Table:
        """Return all usable lines, whatever their date, as an Ibis table."""
        engine = open_engine(spill=self.folder)
        lines = engine.read_parquet(self.folder / "transactions.parquet", table_name="transactions")
        return valued(lines, self.context.accounts)

    def table(self, name: str) -> Table | None:
        """Return the clean rows of a table beside the transactions, None where the config maps none.

        Its columns are those of `clv.definitions`, null where the source has none, and its attributes.
        """
        file = self.folder / f"{name}.parquet"
        return ibis.get_backend(self.transactions).read_parquet(file) if file.exists() else None

    @cached_property
    def days(self) -> Table:
        """Return one row per customer and day up to the as-of date, a few odd amounts also at their usual."""
        engine = ibis.get_backend(self.transactions)
        return engine.read_parquet(self.folder / PURCHASE_DAYS, table_name="days")

    @cached_property
    def cards(self) -> pd.DataFrame | None:
        """Return which fields of whose card are filled, by customer_id; None where no cards were read.

        See `clv.data.identity.fill_cards`.
        """
        file = self.folder / CARDS
        return pd.read_parquet(file).set_index("customer_id") if file.exists() else None

    @property
    def has_amounts(self) -> bool:
        """Return whether money is known, as the accounts have settled it; without it nothing is valued."""
        return self.context.accounts.has_amounts

    @property
    def money_as_of(self) -> float:
        """Return the sum of all usable lines up to the as-of date: what every table of money adds up to."""
        return float(self.days.net.sum().fill_null(0).execute())

    def read(self, artefact: str) -> pd.DataFrame:
        """Return an artefact; one row per customer is indexed by customer_id."""
        if self._make is not None:
            self._make(self, artefact)
        if not self.has(artefact):
            raise DataError(f"artefact {artefact!r} is missing; {writer_of(artefact).slug} writes it: run that first")
        frame = pd.read_parquet(self._file(artefact))
        return frame.set_index("customer_id") if "customer_id" in frame else frame

    def write(self, artefact: str, frame: pd.DataFrame) -> None:
        """Write an artefact, whole or not at all; the notebook must be the one that the graph names as its writer."""
        writer_of(artefact)
        file = self._file(artefact)
        file.parent.mkdir(exist_ok=True)
        kept = frame.reset_index() if frame.index.name == "customer_id" else frame
        part = file.with_suffix(f".part{os.getpid()}")
        kept.to_parquet(part, index=False)
        stamp_of(self.folder, artefact).unlink(missing_ok=True)  # that of what is replaced
        part.replace(file)
        if self._made is not None:
            self._made(self, artefact)

    def write_facts(self, artefact: str, facts: dict[str, Any]) -> None:
        """Write single figures as an artefact of one row."""
        self.write(artefact, pd.DataFrame([facts]))

    def read_facts(self, artefact: str) -> dict[str, Any]:
        """Return the single figures that `write_facts` wrote."""
        return dict(self.read(artefact).iloc[0])

    def written(self) -> str:
        """List the artefacts of the run with their size, for the last line of a notebook."""
        files = sorted((self.folder / "artefacts").glob("*.parquet"))
        return "; ".join(f"{file.name} ({file.stat().st_size:,} bytes)" for file in files)

    def has(self, artefact: str) -> bool:
        """Tell whether an artefact has been written."""
        return has_artefact(self.folder, artefact)

    def _file(self, artefact: str) -> Path:
        return file_of(self.folder, artefact)


def has_artefact(folder: Path, artefact: str) -> bool:
    """Tell whether a folder of a run holds an artefact."""
    return file_of(folder, artefact).exists()


def file_of(folder: Path, artefact: str) -> Path:
    """Return where an artefact lies in the folder of a run."""
    return folder / "artefacts" / f"{artefact}.parquet"


def stamp_of(folder: Path, artefact: str) -> Path:
    """Return where the key lies that an artefact was made under; see `clv.suite.keys`."""
    return folder / "artefacts" / f"{artefact}.key"


def prepare(config: Config, folder: Path, run_id: str, today: dt.date | None = None) -> Workspace:
    """Ingest the source into `folder` and settle the dates of the run.

    Raises
    ------
    DataError
        If the source cannot be used, or the as-of date, the holdout or the horizon does not fit its span.
    """
    now = dt.datetime.now(dt.UTC)
    today, places = today or now.date(), config.source.places
    states, source_sha256 = [connect.file_states(place) for place in places], fingerprint(config)
    engine = open_engine(spill=folder)
    try:
        basis, days = settle(config, folder, engine, today)
        check_currency(config.currency, basis.intake, places[0].path)
        days.to_parquet(folder / PURCHASE_DAYS)
        (folder / "days.parquet").unlink()
    finally:
        engine.disconnect()
    for place, before in zip(places, states, strict=True):
        connect.refuse_changed(place, before)  # the fingerprint is that of the content that was read
    context = Context(
        run_id=run_id,
        created_at=now,
        version=version("clv"),
        config=config.portable(),
        as_of=basis.as_of,
        holdout_start=basis.as_of
        - dt.timedelta(days=_holdout_days(config, (basis.as_of - basis.intake.first_day).days)),
        intake=basis.intake,
        accounts=basis.accounts,
        reach=basis.reach,
        tables=basis.tables.tables,
        orphans=basis.tables.orphans,
        identity=basis.identity,
        source_sha256=source_sha256,
        code_sha256=reading_key(),
    )
    (folder / CONTEXT).write_text(context.model_dump_json(indent=2), encoding="utf-8")
    return Workspace(folder)


def _holdout_days(config: Config, span: int) -> int:
    """Keep back a third of the history, but no more than the horizon that is forecast."""
    if config.holdout_days is None:
        return max(1, min(span // 3, config.horizon_days))
    if config.holdout_days >= span:
        raise DataError(
            f"holdout_days = {config.holdout_days} does not fit in the {span} days of history; choose fewer days"
        )
    return config.holdout_days


def fingerprint(config: Config) -> str:
    """Return the SHA-256 of all that a config reads."""
    digest = hashlib.sha256(b"".join(connect.fingerprint(place) for place in config.source.places))
    if (pairs := config.identity.never_links) is not None and Path(pairs).is_file():
        digest.update(Path(pairs).read_bytes())
    return digest.hexdigest()
