"""The door between a frame of customers and the arrays of a likelihood: check once, compress, expand.

Purchases are counted in whole days, so many customers share one row of numbers. A likelihood needs each distinct row
and how many customers it stands for; this is exact, and its cost does not grow with the number of customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import DataError

FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.intp]

_IDS_SHOWN = 5  # offenders named in a message
_COARSE_FROM = 10_000  # rows from which a search on merged rows saves more than it costs
_TIME_BINS = 16  # of T and of t_x / T
_LARGEST_KEY = 2**62  # below the end of a 64-bit whole number


class Counts(NamedTuple):
    """Purchase counts in the symbols of Fader, Hardie & Lee (2005), each of shape (n,)."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray


def purchase_counts(customers: pd.DataFrame) -> Counts:
    """Return frequency, recency and T as arrays, or raise once with everything that is wrong with them.

    Parameters
    ----------
    customers : DataFrame
        One row per customer: frequency (whole repeat purchases, ≥ 0), recency (time units from the first to the last
        purchase, 0 ≤ recency ≤ T, 0 exactly when frequency is 0), T (time units under observation, ≥ 0).

    Returns
    -------
    Counts
        x, t_x, T in the order of the rows.

    Raises
    ------
    DataError
        If columns are missing, there are no rows, or values break a rule above; the message lists all of it.

    Examples
    --------
    >>> purchase_counts(pd.DataFrame({"frequency": [2], "recency": [30.4], "T": [38.9]})).x
    array([2.])
    """
    x, t_x, T = numbers(customers, ("frequency", "recency", "T"))
    problems = {
        "frequency below 0 or not whole: count the purchase days after the first": (x < 0) | (x != np.floor(x)),
        "recency below 0: it runs from the first purchase to the last": t_x < 0,
        "recency > T: T must run to the calibration end; was `end` earlier than the last order?": t_x > T,
        "recency > 0 but frequency 0: without a repeat purchase recency is 0": (x == 0) & (t_x > 0),
        "frequency > 0 but recency 0: merge purchases of one day into one": (x > 0) & (t_x == 0),
        "T below 0: the first purchase lies after the calibration end": T < 0,
    }
    refuse(customers, problems)
    return Counts(x, t_x, T)


def numbers(customers: pd.DataFrame, columns: Sequence[str]) -> list[FloatArray]:
    """Return the columns as float arrays of shape (n,), or raise a DataError naming all that are absent or unfit."""
    require_columns(customers, columns)
    arrays = {name: as_floats(customers[name]) for name in columns}
    refuse(customers, {f"{name} missing or not a finite number": ~np.isfinite(v) for name, v in arrays.items()})
    return list(arrays.values())


def require_columns(customers: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise one DataError naming every absent column, or saying that there are no rows."""
    missing = [name for name in columns if name not in customers.columns]
    if missing:
        raise DataError(f"customers: missing columns {missing}; found {list(map(str, customers.columns))}")
    if customers.empty:
        raise DataError("customers: no rows; did a filter or the calibration end exclude everyone?")


def refuse(customers: pd.DataFrame, problems: dict[str, Mask]) -> None:
    """Raise one DataError that says what is wrong, in how many rows and in which, if any row has a problem."""
    found = [_describe(customers, what, rows) for what, rows in problems.items() if rows.any()]
    if found:
        raise DataError("customers: " + "; ".join(found))


def as_floats(column: pd.Series) -> FloatArray:
    """Return a column as floats, with nan for whatever is not a number."""
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def compress(columns: dict[str, FloatArray], weights: FloatArray | None) -> tuple[list[FloatArray], FloatArray]:
    """Return the distinct rows, sorted so that the caller's order cannot matter, and the customers each stands for.

    Parameters
    ----------
    columns : dict of ndarray, shape (n,)
        The numbers that describe a customer.
    weights : ndarray, shape (n,), or None
        Customers that a row stands for; None counts each row once.

    Returns
    -------
    list of ndarray, shape (m,)
        The columns over the distinct rows.
    ndarray, shape (m,)
        The sum of weights over each.

    Examples
    --------
    >>> compress({"x": np.array([2.0, 1.0, 2.0])}, None)
    ([array([1., 2.])], array([1., 2.]))
    """
    arrays = list(columns.values())
    if weights is None:
        key, values = _key(arrays)
        key.sort()  # many times faster than finding the order
        starts = _starts(key)
        return _decoded(key[starts], values), np.diff(starts, append=key.size).astype(float)
    order, starts = _groups(arrays)
    return [column[order[starts]] for column in arrays], np.add.reduceat(weights[order], starts)


def distinct(*columns: FloatArray) -> tuple[list[FloatArray], Positions]:
    """Return the distinct rows of the columns, sorted, and for each row the position of its distinct one.

    Examples
    --------
    >>> (x, T), position = distinct(np.array([3.0, 0.0, 3.0]), np.array([9.0, 9.0, 9.0]))
    >>> x, position
    (array([0., 3.]), array([1, 0, 1]))
    """
    order, starts = _groups(columns)
    position = np.empty(order.size, dtype=np.intp)
    position[order] = np.repeat(np.arange(starts.size), np.diff(starts, append=order.size))
    return [column[order[starts]] for column in columns], position


def codes(column: FloatArray) -> tuple[FloatArray, Positions]:
    """Return the distinct values of a column in rising order, and for each row the position of its value.

    Hashing first leaves only the distinct values to sort: whole days have a few hundred, customers are millions.

    Examples
    --------
    >>> codes(np.array([9.0, 2.0, 9.0]))
    (array([2., 9.]), array([1, 0, 1]))
    """
    position, values = pd.factorize(column)
    order = np.argsort(values)
    rank = np.empty(order.size, dtype=np.intp)
    rank[order] = np.arange(order.size)
    return values[order], rank[position]


def coarsen(
    counts: Counts, weight: FloatArray, others: Sequence[FloatArray] = ()
) -> tuple[Counts, list[FloatArray], FloatArray] | None:
    """Return a few thousand rows that stand for many, or None for a small base or one that cannot be merged.

    Rows of equal x and others and of about equal T and t_x / T become one at their mean times. It is a likeness to
    search for a maximum on, not to trust.

    Parameters
    ----------
    counts : Counts
        Distinct rows.
    weight : ndarray, shape (n,)
        Customers each stands for.
    others : sequence of ndarray, shape (n,)
        Further columns of the rows.

    Returns
    -------
    tuple of Counts, list of ndarray and ndarray, or None
        Merged rows, their other columns, and their shares of the customers, which sum to 1.

    Examples
    --------
    >>> coarsen(Counts(np.array([1.0]), np.array([3.0]), np.array([9.0])), np.array([1.0])) is None
    True
    """
    if weight.size < _COARSE_FROM:
        return None
    x, t_x, T = counts
    (exact, group), (_, of_end) = _groups_of(x, others), codes(T)
    below = np.cumsum(np.bincount(of_end, weight))
    end_bin = (_TIME_BINS * (below / below[-1] - 1e-9)).astype(np.intp)  # of about equal weight
    age_bin = (_TIME_BINS * (1 - 1e-9) * np.divide(t_x, T, out=np.zeros_like(T), where=T > 0)).astype(np.intp)
    cell = (group * _TIME_BINS + end_bin[of_end]) * _TIME_BINS + age_bin
    total = np.bincount(cell, weight)
    found = np.flatnonzero(total)
    if found.size > weight.size / 2:
        return None
    means = (np.bincount(cell, weight * time)[found] / total[found] for time in (t_x, T))
    n, *rest = (column[found // _TIME_BINS**2] for column in exact)
    return Counts(n, *means), rest, total[found] / below[-1]


def require_repeat_purchase(x: FloatArray, n: float) -> None:
    """Refuse a base in which every customer bought once."""
    if not x.any():
        raise DataError(
            f"customers: every customer bought once ({n:,.0f} customers): no repeat purchase, so the "
            "purchase rhythm cannot be estimated; take a longer calibration period"
        )


def row_weights(customers: pd.DataFrame, weights: str | None) -> FloatArray | None:
    """Return the weights column as an array of positive numbers, shape (n,), or None where no column is named."""
    if weights is None:
        return None
    (values,) = numbers(customers, (weights,))
    refuse(customers, {f"{weights} not above 0: it is the number of customers a row stands for": values <= 0})
    return values


def _groups(columns: Sequence[FloatArray]) -> tuple[Positions, Positions]:
    """Return the order that sorts the rows, and where in it each distinct row starts."""
    key, _ = _key(columns)
    order = np.argsort(key)
    return order, _starts(key[order])


def _groups_of(x: FloatArray, others: Sequence[FloatArray]) -> tuple[list[FloatArray], Positions]:
    """Return the distinct rows of x and others, and for each row the position of its distinct one."""
    if others:
        return distinct(x, *others)
    values, position = codes(x)  # needs no sorting of rows
    return [values], position


def _key(columns: Sequence[FloatArray]) -> tuple[Positions, list[tuple[FloatArray, ...]]]:
    """Return one whole number per row that sorts like the columns, and what its digits mean.

    One number is sorted much faster than several columns. A digit stands for the values of one column, or, where the
    number would grow too long, for those of all columns so far.
    """
    key, n_keys = np.zeros(columns[0].size, dtype=np.intp), 1
    digits: list[tuple[FloatArray, ...]] = []
    for column in columns:
        values, position = codes(column)
        if n_keys * values.size > _LARGEST_KEY:
            found, key = np.unique(key, return_inverse=True)
            digits, n_keys = [tuple(_decoded(found, digits))], found.size
        key, n_keys = key * values.size + position, n_keys * values.size
        digits.append((values,))
    return key, digits


def _decoded(key: Positions, digits: list[tuple[FloatArray, ...]]) -> list[FloatArray]:
    """Return the columns that keys stand for."""
    columns: list[FloatArray] = []
    for values in reversed(digits):
        key, digit = np.divmod(key, values[0].size)
        columns = [column[digit] for column in values] + columns
    return columns


def _starts(ordered: Positions) -> Positions:
    """Return where each distinct value starts in a sorted array."""
    return np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))


def _describe(customers: pd.DataFrame, what: str, rows: Mask) -> str:
    """Return '3 of 2,357 rows have … (ids 17, 40, 212)'."""
    ids = [str(label) for label in customers.index[rows][:_IDS_SHOWN]]
    more = ", …" if rows.sum() > _IDS_SHOWN else ""
    return f"{rows.sum():,} of {len(customers):,} rows have {what} (ids {', '.join(ids)}{more})"
