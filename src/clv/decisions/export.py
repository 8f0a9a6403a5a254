"""The table that other systems read: one row per customer, the same columns from `clv score` and from a run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import Final, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

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
    "median_orders": "purchase days within the horizon that are exceeded or missed with equal chance",
    "orders_low": "purchase days within the horizon: 5th percentile of what may happen",
    "orders_high": "purchase days within the horizon: 95th percentile of what may happen",
    "expected_revenue": "net sales expected within the horizon (mean), undiscounted; currency",
    "median_revenue": "net sales within the horizon that are exceeded or missed with equal chance; currency",
    "revenue_low": "net sales within the horizon: 5th percentile of what may happen; currency",
    "revenue_high": "net sales within the horizon: 95th percentile of what may happen; currency",
    "clv": "margin of the expected sales within the horizon, discounted to the as-of date; currency",
    "clv_low": "the same at the 5th percentile of sales; currency",
    "clv_high": "the same at the 95th percentile of sales; currency",
    "p_alive": "probability that the customer has not left for good; a latent state, not churn; 0 to 1",
    "p_churn": "probability of no purchase within the churn window; 0 to 1",
    "p_no_order": "probability of no purchase within the horizon; 0 to 1",
    "next_order": "day by which half of such customers order again; empty where fewer do within the horizon",
    "overdue": "time since the last order over the customer's own mean interval; empty without a second order",
    "abc": "class by cumulative share of value to date: A, B, C",
    "rfm": "scores for time since last order, orders and money: three digits 1 to 5, 5 best",
    "portfolio": "portfolio in the value × risk grid",
}

_PROBE_BYTES: Final = 65_536

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


class TableWriter:
    """Write a table part by part as CSV or Parquet, at once or not at all: the file appears when the block ends well.

    Parquet keeps every id byte for byte. In CSV text that a spreadsheet would run as a formula gets a leading
    apostrophe, the only change that keeps it text everywhere.

    Parameters
    ----------
    file
        Name ending in .csv or .parquet.
    option
        Of the command line, that chooses another place.

    Attributes
    ----------
    n_rows
        Written so far.

    Raises
    ------
    DataError
        If the name ends in neither, or the file cannot be written.
    """

    def __init__(self, file: Path, option: str = "--out") -> None:
        require_table_name(file, option)
        self._elsewhere = f"choose another place with {option}"
        self.file, self.n_rows, self._n_changed = file, 0, 0
        self._part = file.with_name(f".{file.name}.part")
        self._parquet: pq.ParquetWriter | None = None

    @property
    def notes(self) -> list[str]:
        """Return what the reader of the file must know, a sentence each; mostly nothing."""
        if not self._n_changed:
            return []
        return [
            f"{self._n_changed:,} values begin like a formula and carry a leading apostrophe in {self.file.name}; "
            "write .parquet to have them unchanged"
        ]

    def require_room(self, n_bytes: int = _PROBE_BYTES) -> None:
        """Find out whether the file can be written, before the work that it is for; leaves nothing behind.

        Raises
        ------
        DataError
            If it may not be written, or so many bytes do not fit.
        """
        if self.file.is_dir() or (self.file.exists() and not os.access(self.file, os.W_OK)):
            what = "is a folder" if self.file.is_dir() else "is read-only"
            raise DataError(f"{self.file}: cannot be written: {what}; {self._elsewhere}")
        try:
            free = shutil.disk_usage(self.file.parent).free
            if free < n_bytes:
                raise DataError(f"{self.file}: needs about {n_bytes:,} bytes, {free:,} are free; {self._elsewhere}")
            with self._part.open("wb") as probe:
                probe.write(bytes(_PROBE_BYTES))
                probe.flush()
                os.fsync(probe.fileno())
        except OSError as error:
            raise self._refused(error) from error
        finally:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Begin with nothing written."""
        try:
            self._part.unlink(missing_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        return self

    def write(self, table: pd.DataFrame) -> None:
        """Append rows; every part has the same columns."""
        try:
            if self.file.suffix == ".csv":
                self._write_csv(table)
            else:
                self._write_parquet(table)
        except OSError as error:
            raise self._refused(error) from error
        self.n_rows += len(table)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Put the file in its place, or remove what was begun."""
        try:
            if self._parquet is not None:
                self._parquet.close()  # writes the foot of the file, and may find the disk full
            if kind is None:
                self._part.replace(self.file)
        except OSError as failure:
            if kind is None:
                raise self._refused(failure) from failure
        finally:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)

    def _write_csv(self, table: pd.DataFrame) -> None:
        safe, n_changed = neutralise(table)
        self._n_changed += n_changed
        begun = self._part.exists()  # a first part may have no rows
        with self._part.open("a", encoding="utf-8", newline="") as out:
            # RFC 4180 line ends; with others the writer leaves a carriage return inside an id without quotes
            safe.to_csv(out, index=False, float_format="%.10g", lineterminator="\r\n", header=not begun)

    def _write_parquet(self, table: pd.DataFrame) -> None:
        rows = pa.Table.from_pandas(_with_dates(table), preserve_index=False)
        if self._parquet is None:
            self._parquet = pq.ParquetWriter(self._part, rows.schema)
        self._parquet.write_table(rows.cast(self._parquet.schema))

    def _refused(self, error: OSError) -> DataError:
        return DataError(f"{self.file}: cannot be written: {error.strerror or error}; {self._elsewhere}")


def write_table(table: pd.DataFrame, file: Path) -> list[str]:
    """Write a whole table; returns the notes of `TableWriter`."""
    with TableWriter(file) as writer:
        writer.write(table)
    return writer.notes


def _with_dates(table: pd.DataFrame) -> pd.DataFrame:
    """Return days as dates: a purchase day has no hour."""
    days = table.select_dtypes(include="datetime").columns
    return table.astype(dict.fromkeys(days, pd.ArrowDtype(pa.date32())))


def require_table_name(file: Path, option: str = "--out") -> None:
    """Refuse a file whose name says no kind of table that we write."""
    if file.suffix not in {".csv", ".parquet"}:
        raise DataError(f"{file}: unknown kind of table; the name must end in .csv or .parquet")
    if not file.parent.is_dir():
        raise DataError(f"{file}: {file.parent} is no folder; make it, or choose another place with {option}")


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
