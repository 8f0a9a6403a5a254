"""The table that other systems read: one row per customer, the same columns from `clv score` and from a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from clv.errors import DataError

DICTIONARY: Final = {
    "customer_id": "text of the source, byte for byte",
    "first_order": "date of the first purchase day; empty when there was none",
    "last_order": "date of the last purchase day up to the as-of date",
    "n_orders": "purchase days up to the as-of date",
    "frequency": "purchase days after the first",
    "recency": "weeks from the first to the last purchase day",
    "T": "weeks from the first purchase day to the as-of date",
    "value_to_date": "net sales up to the as-of date, refunds included; currency",
    "monetary_value": "mean net of the repeat purchase days; currency; empty when there was none",
    "expected_orders": "purchase days expected within the horizon (mean)",
    "expected_revenue": "net sales expected within the horizon (mean), undiscounted; currency",
    "clv": "margin of the expected sales within the horizon, discounted to the as-of date; currency",
    "p_alive": "probability that the customer has not left for good; a latent state, not churn; 0 to 1",
    "p_churn": "probability of no purchase within the churn window; 0 to 1",
    "abc": "class by cumulative share of value to date: A, B, C",
    "rfm": "scores for time since last order, orders and money: three digits 1 to 5, 5 best",
    "portfolio": "portfolio in the value × risk grid",
}

FORMULA: Final = re.compile(r"^[=@\t\r]|^[+\-](?![\d.,\s]*$)")
"""Text that a spreadsheet would run; a signed number or a phone number such as +34600123456 is none."""


def export_table(customers: pd.DataFrame, *parts: pd.DataFrame) -> pd.DataFrame:
    """Join tables of one row per customer and return the columns of `DICTIONARY` that they hold, in its order.

    Raises
    ------
    DataError
        If a part is not about the same customers.
    """
    for part in parts:
        if not part.index.sort_values().equals(customers.index.sort_values()):
            raise DataError(f"export: {len(part):,} rows do not match the {len(customers):,} customers one to one")
    joined = pd.concat([customers, *(part.reindex(customers.index) for part in parts)], axis="columns")
    table = joined.rename_axis("customer_id").reset_index()
    return table[[name for name in DICTIONARY if name in table]]


def write_table(table: pd.DataFrame, file: Path) -> list[str]:
    """Write a table as CSV or Parquet, at once or not at all.

    Parquet keeps every id byte for byte. In CSV text that a spreadsheet would run as a formula gets a leading
    apostrophe, the only change that keeps it text everywhere.

    Returns
    -------
    list of str
        What the reader of the file must know, a sentence each; mostly nothing.

    Raises
    ------
    DataError
        If the name ends neither in .csv nor in .parquet, or the file cannot be written.
    """
    notes: list[str] = []
    part = file.with_name(f".{file.name}.part")
    require_table_name(file)
    try:
        if file.suffix == ".csv":
            safe, n_changed = neutralise(table)
            # RFC 4180 line ends; with others the writer leaves a carriage return inside an id without quotes
            safe.to_csv(part, index=False, encoding="utf-8", float_format="%.10g", lineterminator="\r\n")
            if n_changed:
                notes.append(
                    f"{n_changed:,} values begin like a formula and carry a leading apostrophe in {file.name}; "
                    "write .parquet to have them unchanged"
                )
        else:
            _with_dates(table).to_parquet(part, index=False)
        part.replace(file)
    except OSError as error:
        raise DataError(
            f"{file}: cannot be written: {error.strerror or error}; choose another place with --out"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return notes


def _with_dates(table: pd.DataFrame) -> pd.DataFrame:
    """Return days as dates: a purchase day has no hour."""
    days = table.select_dtypes(include="datetime").columns
    return table.astype(dict.fromkeys(days, pd.ArrowDtype(pa.date32())))


def require_table_name(file: Path) -> None:
    """Refuse a file whose name says no kind of table that we write."""
    if file.suffix not in {".csv", ".parquet"}:
        raise DataError(f"{file}: unknown kind of table; the name must end in .csv or .parquet")
    if not file.parent.is_dir():
        raise DataError(f"{file}: {file.parent} is no folder; make it, or choose another place with --out")


def neutralise(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return the table with an apostrophe before text that a spreadsheet would run, and the number of such values.

    Examples
    --------
    >>> safe, n = neutralise(pd.DataFrame({"id": ["=1+1", "007", "-5", "+34600123456"]}))
    >>> safe["id"].tolist(), n
    (["'=1+1", '007', '-5', '+34600123456'], 1)
    """
    changed = 0
    for name in table.select_dtypes(include=["object", "string"]).columns:
        runs = table[name].str.match(FORMULA).fillna(False).astype(bool)
        if runs.any():
            table = table.assign(**{name: table[name].where(~runs, "'" + table[name])})
            changed += int(runs.sum())
    return table, changed
