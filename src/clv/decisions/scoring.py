"""Score one transaction file: ingest, fit, forecast and write one row per customer, without notebooks.

Customers are forecast in parts, so that memory depends on the size of a part and not on the number of customers.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

import clv.learning.learners  # noqa: F401  scikit-learn, which takes longer to import once the engine has its threads
from clv.config import Config
from clv.data.decided import shown
from clv.data.engine import open_engine
from clv.data.schema import REASONS
from clv.decisions.basis import Basis, account_of, currency_of, settle
from clv.decisions.export import TableWriter, export_table
from clv.decisions.forecasting import customers_in_parts, fit_forecaster
from clv.decisions.lifetime_value import forecast
from clv.learning.forecaster import Forecaster

BYTES_PER_CUSTOMER: Final = 300  # of the table, with ids of a usual length
REJECTED_COLUMNS: Final = ("reason", "file", "line_number", "customer_id", "ordered_at", "amount", "line")
_LINES_PER_PART: Final = 50_000


@dataclass(frozen=True)
class _Scoring:
    """What is settled before the first customer is forecast."""

    config: Config
    basis: Basis
    purchase_days: Table
    forecaster: Forecaster


def score_file(config: Config, out: Path, today: dt.date | None = None, *, rejected: Path | None = None) -> list[str]:
    """Write the scored customers of a config's transaction file to `out`.

    Parameters
    ----------
    config
        From `clv.config.config_for_file` or `load_config`.
    out
        A .csv or .parquet file to write.
    today
        Dates after this day lie in the future; default: the clock's.
    rejected
        A .csv or .parquet file for the lines that were set aside, with the reason of each; default: they are counted.

    Returns
    -------
    list of str
        What was read, set aside and assumed: a sentence each.

    Raises
    ------
    ClvError
        If the data cannot be read or cannot carry a forecast; nothing is written then.
    """
    table = TableWriter(out)
    table.require_room()
    lines = None if rejected is None else TableWriter(rejected, "--rejected")
    if lines is not None:
        lines.require_room()
    with tempfile.TemporaryDirectory(prefix="clv-score-") as name:
        engine = open_engine(spill=Path(name))
        try:
            scoring = _prepare(config, Path(name), engine, today, table)
            with table:
                for part in _parts(scoring):
                    table.write(part)
            if lines is not None:
                _keep_rejected(Path(name) / "quarantine.parquet", lines)
        finally:
            engine.disconnect()
    kept = [] if lines is None else [f"{lines.n_rows:,} lines that were set aside are in {lines.file}", *lines.notes]
    return [*_said(scoring, table.n_rows), *table.notes, *kept]


def score(config: Config, today: dt.date | None = None) -> pd.DataFrame:
    """Return one scored row per customer of a config's transaction file; see `clv.decisions.export.DICTIONARY`."""
    with tempfile.TemporaryDirectory(prefix="clv-score-") as name:
        engine = open_engine(spill=Path(name))
        try:
            parts = list(_parts(_prepare(config, Path(name), engine, today)))
        finally:
            engine.disconnect()
    return pd.concat(parts, ignore_index=True)


def _prepare(
    config: Config, folder: Path, engine: Backend, today: dt.date | None, out: TableWriter | None = None
) -> _Scoring:
    basis, purchase_days = settle(config, folder, engine, today)
    (folder / "transactions.parquet").unlink()
    if out is not None:
        out.require_room(BYTES_PER_CUSTOMER * int(purchase_days.customer_id.nunique().execute()))
    forecaster = fit_forecaster(purchase_days, basis.as_of, config.horizon, config.churn_window_days)
    return _Scoring(config, basis, purchase_days, forecaster)


def _parts(scoring: _Scoring) -> Iterator[pd.DataFrame]:
    """Forecast the customers part by part and return what is exported of each."""
    for known in customers_in_parts(scoring.purchase_days, scoring.basis.as_of, scoring.forecaster):
        predicted = forecast(
            known,
            scoring.forecaster,
            as_of=scoring.basis.as_of,
            margin=scoring.config.margin,
            rate=scoring.config.discount_rate,
        )
        yield export_table(known, predicted)


def _keep_rejected(quarantine: Path, writer: TableWriter) -> None:
    """Write the lines that were set aside as they were found, each with its reason and, where known, its place."""
    with writer, pq.ParquetFile(quarantine) as lines:
        kept = [name for name in REJECTED_COLUMNS if name in lines.schema_arrow.names]
        for batch in lines.iter_batches(_LINES_PER_PART, columns=kept):
            part = batch.to_pandas()
            part.insert(1, "why", part["reason"].map(REASONS))
            writer.write(part)
        if not writer.n_rows:
            writer.write(pd.DataFrame(columns=["reason", "why", *kept[1:]], dtype="string"))


def _said(scoring: _Scoring, n_customers: int) -> list[str]:
    contest, horizon_days = scoring.forecaster.contest_, scoring.config.horizon_days
    return [
        account_of(scoring.basis.accounts, scoring.basis.as_of, currency_of(scoring.basis)),
        f"{n_customers:,} customers as of {scoring.basis.as_of}; forecast over {horizon_days} days; "
        f"churn is no order within {scoring.forecaster.window.days:.0f} days",
        f"forecast by: {contest.winner}, "
        + (
            f"after {contest.n_origins} trials over {contest.span_days:.0f} days each"
            if contest.n_origins
            else "the history is too short, or its customers too few, to try anything else"
        ),
        *_cautions(scoring),
        *(f"decided: {shown(decision)}" for decision in scoring.basis.intake.decisions if decision.n is not None),
    ]


def _cautions(scoring: _Scoring) -> list[str]:
    """Return what weakens the forecast, a sentence each."""
    said, reach = [], scoring.basis.reach
    if reach is not None and reach.is_far:
        said.append(
            f"caution: the forecast looks {reach.horizon_days} days ahead, {reach.multiple:.1f} times the "
            f"{reach.history_days} days of history; trust the order of customers more than the sums"
        )
    if scoring.config.source.has_amounts and not scoring.basis.accounts.has_amounts:
        said.append("all amounts are zero: orders are forecast, and no money")
    return said
