"""Frames at the door: what is wrong with one is said once, in one line, before anything is made of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from clv.errors import ConfigError, DataError

_SHOWN: Final = 3  # examples in a message
_COLUMNS_SHOWN: Final = 12  # of a frame in a message: what one line of a terminal holds
_LETTERS: Final = 40  # of a value in a message


def require_columns(frame: pd.DataFrame, columns: Mapping[str, str], where: str) -> None:
    """Refuse a frame without rows, with two columns of one name, or that lacks a column, with what is near to it.

    Parameters
    ----------
    frame
        Of the caller.
    columns
        What each column is for: the argument that names it, and the name.
    where
        The frame in the message.

    Raises
    ------
    DataError
        Naming all that are missing.
    ConfigError
        If it is no frame.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ConfigError(f"{where}: must be a pandas DataFrame; got {type(frame).__name__}")
    names = list(map(str, frame.columns))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"{where}: columns that have one name: {_listed(twice)}; give each its own")
    missing = {argument: name for argument, name in columns.items() if name not in names}
    if missing:
        named = ", ".join(_named(argument, name, names) for argument, name in missing.items())
        raise DataError(
            f"{where}: {len(missing)} of {len(columns)} columns are missing: {named}; it has {_listed(names)}"
        )
    if frame.empty:
        raise DataError(f"{where}: has no rows; did a filter leave none?")


def require_numbers(frame: pd.DataFrame, columns: Sequence[str], where: str) -> pd.DataFrame:
    """Return the columns as floats; text, however much it looks like numbers, is refused, for its mark is a guess."""
    faults = []
    for name in columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_bool_dtype(frame[name]):
            faults.append(f"{name} is of type {frame[name].dtype}, e.g. {_short(frame[name].iloc[0])}")
    if faults:
        raise DataError(f"{where}: {'; '.join(faults)}; give numbers, e.g. by pandas.to_numeric")
    return frame[list(columns)].astype(float)


def require_unique(index: pd.Index, where: str) -> None:
    """Refuse an index that names a customer twice or not at all."""
    unnamed = int(np.count_nonzero(index.isna()))
    if unnamed:
        raise DataError(f"{where}: {unnamed:,} of {len(index):,} rows have no customer_id; drop or name them")
    twice = index[index.duplicated()].unique()
    if len(twice):
        raise DataError(
            f"{where}: {len(twice):,} customers have several rows, e.g. {_listed(map(_short, twice[:_SHOWN]))}; "
            "give one row per customer, or transactions to clv.read"
        )


def write_frame(frame: pd.DataFrame, needed: Sequence[str], file: Path) -> None:
    """Write a frame of transactions as Parquet, so that it is read as a file would be; columns keep their types.

    Raises
    ------
    DataError
        If a needed column holds values of several types.
    """
    # the engine takes categories for a type of its own, on which functions of text are a thousand times slower
    plain = {
        name: kind.categories.dtype for name, kind in frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)
    }
    table = frame.astype(plain).rename(columns=str)
    try:
        arrow = pa.Table.from_pandas(table, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        arrow = pa.Table.from_pandas(_as_text(table, needed), preserve_index=False)
    pq.write_table(arrow, file)


def _as_text(frame: pd.DataFrame, needed: Sequence[str]) -> pd.DataFrame:
    """Return the frame with columns that have no one type as text where they only tell lines apart."""
    changed = {}
    for name in frame.columns:
        try:
            pa.Array.from_pandas(frame[name])
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            if name in needed:
                kinds = sorted({type(value).__name__ for value in frame[name].dropna()})
                raise DataError(
                    f"frame: column {name!r} holds values of {len(kinds)} types: {_listed(kinds)}; give them one"
                ) from None
            changed[name] = frame[name].astype(str)
    return frame.assign(**changed)


def _named(argument: str, name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1) or [one for one in names if one.casefold() == name.casefold()]
    role = "" if argument == name else f"for {argument}"
    hint = f"did you mean {near[0]!r}?" if near else ""
    said = "; ".join(part for part in (role, hint) if part)
    return f"{name!r} ({said})" if said else repr(name)


def _listed(names: object) -> str:
    shown = [str(name) for name in names]  # type: ignore[attr-defined]
    more = f" and {len(shown) - _COLUMNS_SHOWN:,} more" if len(shown) > _COLUMNS_SHOWN else ""
    return ", ".join(shown[:_COLUMNS_SHOWN]) + more


def _short(value: object) -> str:
    text = repr(value.item() if hasattr(value, "item") else value)
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
