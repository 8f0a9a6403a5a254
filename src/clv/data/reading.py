"""What reading a source yields: its rows, the lines that do not fit, where a row stood, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from numpy.typing import NDArray

from clv.data.decided import Decision
from clv.errors import DataError

ORDINAL = "file_row_number"  # the engine's name for the position of a row in a Parquet file; no column of ours

Locate = Callable[[NDArray[np.int64]], pd.DataFrame]
"""Turns positions of rows into the columns `file` and `line_number`, in their order."""


@dataclass(frozen=True)
class Reading:
    """A source as it is, before anything in it is given a meaning.

    Attributes
    ----------
    rows
        The source's own columns; those of a text file are all text, with the position of each row as `ORDINAL`.
    malformed
        Lines of a text file that do not have its columns: `file`, `line_number` and `line`; None for typed sources.
    decisions
        How the text was read.
    zones
        Time zone that a typed source keeps for a column of timestamps, by column.
    locate
        Finds the line of a row in its text file; None for typed sources.
    """

    rows: Table
    malformed: Table | None = None
    decisions: tuple[Decision, ...] = ()
    zones: dict[str, str] = field(default_factory=dict)
    locate: Locate | None = None

    @property
    def columns(self) -> list[str]:
        """Return the names of the source's own columns."""
        return [name for name in self.rows.columns if self.locate is None or name != ORDINAL]


class TwoWays(DataError):
    """A column that can be read in two ways; `examples` are values of it, or how they begin."""

    def __init__(self, message: str, *examples: str) -> None:
        super().__init__(message)
        self.examples = examples

    @property
    def without_values(self) -> str:
        """Return the message without the examples, for a column of what is personal."""
        message = str(self)
        for example in self.examples:
            message = message.replace(repr(example), "a value")
        return message


@contextmanager
def naming_lines(reading: Reading, name: str) -> Iterator[None]:
    """Add to a refusal of a column the lines of its examples, where they stand in a file of text."""
    try:
        yield
    except TwoWays as error:
        lines = [line for example in error.examples if (line := line_of(reading, name, example)) is not None]
        if not lines:
            raise
        named = [f"{line:,}" for line in dict.fromkeys(lines)]
        raise TwoWays(f"{error}; see line{'s' * (len(named) > 1)} {' and '.join(named)}", *error.examples) from None


def line_of(reading: Reading, name: str, beginning: str) -> int | None:
    """Return the line of the first value of a column that begins so; None where it is in no file of text."""
    if reading.locate is None or ORDINAL not in reading.rows.columns:
        return None
    value = reading.rows[name].cast("string").strip()
    first = reading.rows.filter(value.startswith(beginning.strip()))[ORDINAL].min().execute()
    if pd.isna(first):
        return None
    line = reading.locate(np.array([int(first)], dtype=np.int64))["line_number"].iloc[0]
    return None if pd.isna(line) else int(line)


def small_table(engine: Backend, name: str, frame: pd.DataFrame, schema: ibis.Schema) -> Table:
    """Hand a frame of ours to the engine, which makes no temporary table of one that is not its own."""
    arrow = pa.Table.from_pandas(frame, schema=schema.to_pyarrow(), preserve_index=False)
    return engine.create_table(name, ibis.memtable(arrow), temp=True)
