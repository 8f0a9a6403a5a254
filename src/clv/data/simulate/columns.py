"""From NumPy to Arrow: days, moments, money and ids, the same bytes every time."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clv.data.simulate.clock import START

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]
Rows = TypeVar("Rows", bound=tuple[Any, ...])

EPOCH = (START - dt.date(1970, 1, 1)).days  # of day 0 of the simulation
MONEY = pa.decimal128(18, 2)


def days(day: npt.NDArray[Any], known: Flags | None = None) -> pa.Array:
    """Return whole days since the start as dates; null where not `known`."""
    number = np.floor(np.where(np.isfinite(day), day, 0)).astype(np.int32) + EPOCH
    return pa.array(number.astype(np.int32), mask=_unknown(known)).cast(pa.date32())


def moments(day: npt.NDArray[Any], minute: npt.NDArray[Any], known: Flags | None = None) -> pa.Array:
    """Return day and minute of the day as timestamps without a zone; null where not `known`."""
    seconds = (np.floor(day).astype(np.int64) + EPOCH) * 86_400 + minute.astype(np.int64) * 60
    return pa.array(seconds, mask=_unknown(known)).cast(pa.timestamp("s"))


def money(cents: Ints, known: Flags | None = None) -> pa.Array:
    """Return hundredths as decimals, without a detour over floats."""
    wide = np.empty((cents.size, 2), np.int64)
    wide[:, 0], wide[:, 1] = cents, cents >> 63  # low and high half of a 128-bit integer
    exact = pa.Array.from_buffers(MONEY, cents.size, [None, pa.py_buffer(wide.tobytes())])
    return where_known(exact, known)


def cents(amount: Floats) -> Ints:
    """Round money to hundredths."""
    return np.rint(amount * 100).astype(np.int64)


def text_ids(prefix: str, number: Ints, width: int, known: Flags | None = None) -> pa.Array:
    """Return `prefix` and the number with leading zeros."""
    digits = pc.utf8_lpad(pa.array(number).cast(pa.string()), width, "0")
    return where_known(pc.binary_join_element_wise(prefix, digits, ""), known)


def chosen(words: list[str] | tuple[str, ...], index: npt.NDArray[Any], known: Flags | None = None) -> pa.Array:
    """Return the words at these places of a list."""
    return where_known(pa.array(words, pa.string()).take(pa.array(index.astype(np.int64))), known)


def texts(values: npt.NDArray[Any], known: Flags | None = None) -> pa.Array:
    """Return NumPy text as Arrow text; null where not `known`."""
    return pa.array(values, pa.string(), mask=_unknown(known))


def rows(table: Rows, which: npt.NDArray[Any]) -> Rows:
    """Return these rows, by place or flag, of a named tuple of columns."""
    make: Any = type(table)
    return cast(Rows, make(*(column[which] for column in table)))


def pick(shares: Floats | list[float], n: int, rng: np.random.Generator) -> Ints:
    """Draw n places of a list with these shares."""
    limits = np.cumsum(np.asarray(shares, dtype=float))
    return np.searchsorted(limits / limits[-1], rng.random(n), side="right").astype(np.int64)


def where_known(column: pa.Array, known: Flags | None) -> pa.Array:
    """Return the column, null where not `known`."""
    return column if known is None else pc.if_else(pa.array(known), column, pa.scalar(None, column.type))


def _unknown(known: Flags | None) -> Flags | None:
    return None if known is None else ~known
