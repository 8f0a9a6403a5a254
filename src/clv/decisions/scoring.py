"""Score one transaction file: ingest, fit, forecast and write one row per customer, without notebooks."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pandas as pd

from clv.config import Config
from clv.data.connect import open_engine
from clv.data.customers import customer_days, customer_summary
from clv.data.ingest import Intake, check_as_of, ingest
from clv.decisions.export import export_table, require_table_name, write_table
from clv.decisions.lifetime_value import churn_window, fit_value_models, forecast


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
    table, intake, window_days, as_of = _score(config, today or dt.datetime.now(dt.UTC).date())
    set_aside = ", ".join(f"{reason}: {n:,}" for reason, n in intake.reasons.items())
    return [
        f"{intake.rows_clean:,} of {intake.rows_read:,} lines used"
        + (f"; set aside: {set_aside}" if set_aside else ""),
        f"{len(table):,} customers as of {as_of}; forecast over {config.horizon_days} days; "
        f"churn is no order within {window_days:.0f} days",
        *write_table(table, out),
    ]


def score(config: Config, today: dt.date | None = None) -> pd.DataFrame:
    """Return one scored row per customer of a config's transaction file; see `clv.decisions.export.DICTIONARY`."""
    return _score(config, today or dt.datetime.now(dt.UTC).date())[0]


def _score(config: Config, today: dt.date) -> tuple[pd.DataFrame, Intake, float, dt.date]:
    with tempfile.TemporaryDirectory(prefix="clv-score-") as name:
        folder = Path(name)
        source = config.source.transactions
        intake = ingest(source, folder, today=today, max_unreadable_share=config.max_unreadable_share)
        as_of = config.as_of or intake.last_day
        check_as_of(as_of, intake, today)
        engine = open_engine(spill=folder)
        transactions = engine.read_parquet(folder / "transactions.parquet")
        days = customer_days(transactions, as_of, config.purchase_rule)
        customers = customer_summary(days, as_of).execute().set_index("customer_id")
        engine.disconnect()
    window = churn_window(customers, config.churn_window_days, config.horizon)
    predicted = forecast(
        customers,
        fit_value_models(customers),
        horizon=config.horizon,
        window=window,
        margin=config.margin,
        rate=config.discount_rate,
    )
    return export_table(customers, predicted), intake, window.days, as_of
