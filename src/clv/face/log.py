"""A transaction log that has been read: its purchase days, and what was found and decided on the way."""

from __future__ import annotations

import datetime as dt
import difflib
import shutil
import tempfile
import weakref
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import Config, SourceTable, TransactionsTable, config_for_file, load_config, override
from clv.data.decided import shown
from clv.data.engine import open_engine
from clv.decisions.basis import Basis, account_of, currency_of, take_in
from clv.errors import ClvError, ConfigError
from clv.face import frames

_OTHER_COLUMNS: Final = ("order_id", "product_id", "quantity", "currency")
_OURS: Final = {"customer": "customer_id", "date": "ordered_at"}
_YAML: Final = (".yaml", ".yml")
_FRAME: Final = "frame.parquet"
_OF_TABLE: Final = {*SourceTable.model_fields, *TransactionsTable.model_fields} - {"path", "columns"}


class Log:
    """Purchases as a forecast takes them, with their provenance; made by `read`.

    Attributes
    ----------
    as_of : date
        Last day that counts.
    config : Config
        Settings of the source and of forecasts; those of a YAML file where one was read.
    basis : Basis
        Lines and money read, used, later and set aside, see `clv.decisions.basis.Basis`.
    days : ibis Table
        One row per customer and day: customer_id, ordered_on, net, is_purchase, usual_net.
    """

    def __init__(self, config: Config, name: str, basis: Basis, days: Table) -> None:
        self.config, self.name, self.basis, self.days, self.as_of = config, name, basis, days, basis.as_of

    @property
    def notes(self) -> list[str]:
        """Return what became of the lines, and what was decided about them, a sentence each."""
        decided = [f"decided: {shown(choice)}" for choice in self.basis.intake.decisions if choice.n is not None]
        return [account_of(self.basis.accounts, self.as_of, self.currency), *decided]

    @property
    def currency(self) -> str:
        """Return the currency that the lines or the company's YAML name; empty where neither does."""
        stated = self.config.currency if "currency" in self.config.model_fields_set else ""
        return currency_of(self.basis) or stated

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return the purchase days up to the as-of date: customer_id, ordered_on, net (currency), is_purchase."""
        found = self.days.select("customer_id", "ordered_on", net=_.net.cast("float64"), is_purchase=_.is_purchase)
        frame: pd.DataFrame = found.order_by("customer_id", "ordered_on").to_pyarrow().to_pandas(date_as_object=False)
        return frame.astype({"ordered_on": "datetime64[s]"})

    def __repr__(self) -> str:
        intake, accounts = self.basis.intake, self.basis.accounts
        money = "with amounts" if accounts.has_amounts else "without amounts"
        return (
            f"<Log of {self.name}: {accounts.rows_used:,} of {accounts.rows_read:,} lines used, {money}, from "
            f"{intake.first_day} to {self.as_of}>"
        )


def read(
    source: str | Path | pd.DataFrame,
    *,
    customer: str = "customer_id",
    date: str = "ordered_at",
    amount: str | None = "amount",
    as_of: dt.date | str | None = None,
    today: dt.date | None = None,
    **settings: Any,
) -> Log:
    """Read and check transactions from a file, from a company's YAML, or from a pandas frame.

    Parameters
    ----------
    source : path or DataFrame
        Text, Parquet, workbook, SQLite or DuckDB file with one line per ticket or item; a YAML file as for `clv run`,
        which says all that follows itself; or a frame of such lines.
    customer, date, amount : str
        Columns of the customer id, the date or timestamp, and the money (refunds negative); amount None where there
        is no money, and orders are counted.
    as_of : date, optional
        Last day that counts; default: the last day with an order.
    today : date, optional
        Dates after this day lie in the future; default: the clock's.
    **settings
        Columns `order_id`, `product_id`, `quantity`, `currency`; how a file is written, e.g. ``decimal=","``, and
        rules of a config, e.g. ``purchase_rule="any_order"``: all settings in `data/README.md`.

    Returns
    -------
    Log
        Lines that cannot be used are set aside and counted in its notes, as `clv score` does.

    Raises
    ------
    ConfigError
        If a setting is unknown or out of range.
    DataError
        If the source cannot be read, lacks a column, or holds nothing that can be used; in one line.

    Examples
    --------
    >>> orders = pd.DataFrame({"client": ["a", "a", "b"], "day": ["2024-01-05", "2024-02-09", "2024-03-01"]})
    >>> read(orders, customer="client", date="day", amount=None)
    <Log of frame: 3 of 3 lines used, without amounts, from 2024-01-05 to 2024-03-01>
    """
    folder = Path(tempfile.mkdtemp(prefix="clv-log-"))
    engine = open_engine(spill=folder)
    close = _Closing(engine, folder)
    try:
        columns = {"customer": customer, "date": date, "amount": amount}
        config, name = _config(source, columns, settings, folder)
        if as_of is not None:
            config = override(config, {"as_of": _date(as_of)}, where="as_of")
        basis, days = take_in(config, folder, engine, today)
    except BaseException as error:
        close()
        if isinstance(error, ClvError):  # a frame lies in a file of ours for the moment
            raise type(error)(str(error).replace(str(folder / _FRAME), "frame")) from None
        raise
    for lines in ("transactions.parquet", "quarantine.parquet", _FRAME):
        (folder / lines).unlink(missing_ok=True)
    log = Log(config, name, basis, days)
    weakref.finalize(log, close)
    return log


class _Closing:
    """Ends what a log holds: the engine, and the folder of its days."""

    def __init__(self, engine: Backend, folder: Path) -> None:
        self.engine, self.folder = engine, folder

    def __call__(self) -> None:
        self.engine.disconnect()
        shutil.rmtree(self.folder, ignore_errors=True)


def _config(
    source: str | Path | pd.DataFrame, columns: dict[str, str | None], settings: dict[str, Any], folder: Path
) -> tuple[Config, str]:
    """Return the settings of a source, and its name in messages."""
    if isinstance(source, str | Path) and Path(source).suffix.lower() in _YAML:
        config = load_config(source)
        return (override(config, settings, where="read") if settings else config), Path(source).name
    others = {name: settings.pop(name) for name in _OTHER_COLUMNS if name in settings}
    stated: dict[str, str] = {}
    for argument, name in (columns | others).items():
        if name is not None:
            stated[argument] = name
    if isinstance(source, pd.DataFrame):
        frames.require_columns(source, stated, "frame")
        file = folder / _FRAME
        frames.write_frame(source, list(stated.values()), file)
    elif isinstance(source, str | Path):
        file = Path(source)
    else:
        raise ConfigError(f"source must be a path or a pandas DataFrame; got {type(source).__name__}")
    mapped = {_OURS.get(argument, argument): name for argument, name in stated.items()}
    table = {name: settings.pop(name) for name in [*settings] if name in _OF_TABLE}
    _require_known(settings)
    config = config_for_file(file, {**table, "columns": mapped}, **settings)
    return config, "frame" if isinstance(source, pd.DataFrame) else file.name


def _require_known(settings: dict[str, Any]) -> None:
    known = [*_OTHER_COLUMNS, *_OF_TABLE, *Config.model_fields]
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; data/README.md lists all settings"
            raise ConfigError(f"read: unknown setting {name!r}{hint}")


def _date(day: dt.date | str) -> dt.date:
    try:
        return dt.date.fromisoformat(day) if isinstance(day, str) else pd.Timestamp(day).date()
    except (TypeError, ValueError):
        raise ConfigError(f"as_of must be a date such as 2024-12-31; got {day!r}") from None
