"""Score one transaction file: ingest, fit, forecast and write one row per customer, without notebooks.

Customers are forecast in parts, so that memory depends on the size of a part and not on the number of customers.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

import pandas as pd
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import Config
from clv.data.behaviour import behaviour
from clv.data.customers import customer_days
from clv.data.engine import open_engine
from clv.data.ingest import Intake, check_as_of
from clv.data.logs import ingest_all
from clv.decisions.export import TableWriter, export_table, require_table_name
from clv.decisions.forecasting import fit_forecaster
from clv.decisions.lifetime_value import forecast
from clv.learning.forecaster import Forecaster

CUSTOMERS_PER_PART: Final = 250_000


@dataclass(frozen=True)
class _Scoring:
    """What is settled before the first customer is forecast."""

    config: Config
    intake: Intake
    as_of: dt.date
    purchase_days: Table
    forecaster: Forecaster


def score_file(config: Config, out: Path, today: dt.date | None = None) -> list[str]:
    """Write the scored customers of a config's transaction file to `out`.

    Parameters
    ----------
    config
        From `clv.config.config_for_file` or `load_config`.
    out
        A .csv or .parquet file to write.
    today
        Dates after this day lie in the future; default: the clock's.

    Returns
    -------
    list of str
        What was read, set aside and assumed: a sentence each.

    Raises
    ------
    ClvError
        If the data cannot be read or cannot carry a forecast; nothing is written then.
    """
    require_table_name(out)
    with tempfile.TemporaryDirectory(prefix="clv-score-") as name:
        engine = open_engine(spill=Path(name))
        try:
            scoring = _prepare(config, Path(name), engine, today)
            with TableWriter(out) as writer:
                for part in _parts(scoring):
                    writer.write(part)
        finally:
            engine.disconnect()
    return [*_said(scoring, writer.n_rows), *writer.notes]


def score(config: Config, today: dt.date | None = None) -> pd.DataFrame:
    """Return one scored row per customer of a config's transaction file; see `clv.decisions.export.DICTIONARY`."""
    with tempfile.TemporaryDirectory(prefix="clv-score-") as name:
        engine = open_engine(spill=Path(name))
        try:
            parts = list(_parts(_prepare(config, Path(name), engine, today)))
        finally:
            engine.disconnect()
    return pd.concat(parts, ignore_index=True)


def _prepare(config: Config, folder: Path, engine: Backend, today: dt.date | None) -> _Scoring:
    logs, today = config.source.transactions, today or dt.datetime.now(dt.UTC).date()
    intake = ingest_all(logs, folder, today=today, max_unreadable_share=config.max_unreadable_share)
    as_of = config.as_of or intake.last_day
    check_as_of(as_of, intake, today)
    transactions = engine.read_parquet(folder / "transactions.parquet")
    customer_days(transactions, as_of, config.purchase_rule).to_parquet(folder / "days.parquet")
    (folder / "transactions.parquet").unlink()
    purchase_days = engine.read_parquet(folder / "days.parquet")
    forecaster = fit_forecaster(purchase_days, as_of, config.horizon, config.churn_window_days)
    return _Scoring(config, intake, as_of, purchase_days, forecaster)


def _parts(scoring: _Scoring) -> Iterator[pd.DataFrame]:
    """Forecast the customers part by part, in the order of customer_id where one part holds them all."""
    n_parts = ceil(int(scoring.purchase_days.customer_id.nunique().execute()) / CUSTOMERS_PER_PART)
    for part in range(n_parts):
        rows = scoring.purchase_days
        if n_parts > 1:
            rows = rows.filter((_.customer_id.hash() % n_parts).abs() == part)
        span = round(scoring.forecaster.span.days)
        known = behaviour(rows, scoring.as_of, span).order_by("customer_id").execute().set_index("customer_id")
        predicted = forecast(
            known,
            scoring.forecaster,
            as_of=scoring.as_of,
            margin=scoring.config.margin,
            rate=scoring.config.discount_rate,
        )
        yield export_table(known, predicted)


def _said(scoring: _Scoring, n_customers: int) -> list[str]:
    intake, contest = scoring.intake, scoring.forecaster.contest_
    set_aside = ", ".join(f"{reason}: {n:,}" for reason, n in intake.reasons.items())
    return [
        f"{intake.rows_clean:,} of {intake.rows_read:,} lines used"
        + (f"; set aside: {set_aside}" if set_aside else ""),
        f"{n_customers:,} customers as of {scoring.as_of}; forecast over {scoring.config.horizon_days} days; "
        f"churn is no order within {scoring.forecaster.window.days:.0f} days",
        f"forecast by: {contest.winner}, "
        + (
            f"after {contest.n_origins} trials over {contest.span_days:.0f} days each"
            if contest.n_origins
            else "the history is too short, or its customers too few, to try anything else"
        ),
    ]
