"""The engines that expressions run on: how one is opened, and what a dialect can do that others cannot.

The way from clean transactions to one row per customer is written once, in Ibis, and compiles for DuckDB, PostgreSQL
and Spark SQL. Where a dialect has a faster way to say the same, it is said here and nowhere else.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import ibis
import ibis.expr.datatypes as dtypes
import ibis.expr.operations as ops
from ibis.backends.duckdb import Backend
from ibis.expr.types import BooleanColumn, Column, DateColumn, DecimalColumn

MEMORY: Final = "3GB"  # for the engine; models and tables in Python need as much again
DIALECTS: Final = ("duckdb", "postgres", "pyspark")
"""Dialects that the tests compile every expression for; on the first two they also run."""

DAY_NET: Final = dtypes.Decimal(38, 4)  # the type of a sum of amounts
_KNOWS_ARG_MIN: Final = {"duckdb"}


def open_engine(spill: Path | None = None) -> Backend:
    """Return a DuckDB engine in memory that downloads nothing and does not depend on the machine's time zone.

    What does not fit in `MEMORY` goes to the folder `spill`.
    """
    engine = ibis.duckdb.connect()
    settings = {
        "TimeZone": "UTC",
        "autoinstall_known_extensions": False,
        # Python run with -c looks like a terminal to the engine; in a notebook it wants a package to hear that
        "enable_progress_bar": None if _in_ipython() else False,
        "temp_directory": spill,
        "memory_limit": MEMORY if spill is not None else None,  # without a place to spill to, the engine's own limit
    }
    for name, value in settings.items():
        if value is not None:
            quoted = str(value).replace("'", "''")
            engine.raw_sql(f"SET {name} = '{quoted}'")
    if workers := os.environ.get("CLV_ENGINE_THREADS"):
        engine.raw_sql(f"SET threads = {int(workers)}")
    return engine


def _in_ipython() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def dialects_of(column: Column) -> set[str]:
    """Return the names of the engines that hold the tables of an expression; empty for tables without an engine."""
    return {table.source.name for table in column.op().find(ops.DatabaseTable)}


def net_of_earliest(net: DecimalColumn, day: DateColumn, where: BooleanColumn) -> DecimalColumn:
    """Return the net of the earliest day that fulfils a condition, as an aggregate.

    Ibis writes its own argmin for DuckDB as a sort within each group, which takes longer than all else together.
    """
    if dialects_of(net) and dialects_of(net) <= _KNOWS_ARG_MIN:
        return _arg_min(net.cast(DAY_NET), day, where=where)
    return net.argmin(day, where=where)


def _named(net: dtypes.Decimal, day: dtypes.Date) -> None:
    """Return the net of the earliest day: the engine's own aggregate of this name."""


_arg_min = ibis.udf.agg.builtin(_named, name="arg_min", signature=((DAY_NET, "date"), DAY_NET))
