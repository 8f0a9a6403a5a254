"""The door of every comparison: forecasts and outcomes of the same customers, checked once, in one order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import DataError

FloatArray = npt.NDArray[np.float64]

INTERVAL_LEVEL = 0.90  # of the intervals around figures, the same on every page

_IDS_SHOWN = 5  # offenders named in a message


class Pairs(NamedTuple):
    """Forecasts of shape (n, k) and outcomes of shape (n,), in ascending order of customer_id."""

    customer_id: pd.Index
    forecasts: FloatArray
    actual: FloatArray


def paired(forecasts: pd.DataFrame, actual: pd.Series) -> Pairs:
    """Return forecasts and outcomes in the order of customer_id, so that the order of rows can change no figure.

    Parameters
    ----------
    forecasts : DataFrame
        Index customer_id, one column of numbers per forecast.
    actual : Series
        Index customer_id, the same customers in any order: a number, or a bool for what did or did not happen.

    Returns
    -------
    Pairs
        As floats; a bool is 0 or 1.

    Raises
    ------
    DataError
        If there are no customers, ids repeat, the customers differ, or values are missing or not finite.

    Examples
    --------
    >>> forecasts = pd.DataFrame({"model": [2.0, 0.5]}, index=["K", "A"])
    >>> paired(forecasts, pd.Series([0, 3], index=["A", "K"])).actual
    array([0., 3.])
    """
    _require_one_row_each(forecasts.index, actual.index)
    by_id = forecasts.index.argsort()
    predicted = forecasts.to_numpy(dtype=float, na_value=np.nan)[by_id]
    happened = actual.to_numpy(dtype=float, na_value=np.nan)[_places(actual.index, forecasts.index)[by_id]]
    unfit = int((~np.isfinite(predicted).all(axis=1) | ~np.isfinite(happened)).sum())
    if unfit:
        raise DataError(f"evaluation: {unfit:,} customers have a missing forecast or a missing actual")
    return Pairs(forecasts.index[by_id], predicted, happened)


def _require_one_row_each(index: pd.Index, other: pd.Index) -> None:
    if not len(index):
        raise DataError("evaluation: no customers to compare; did a filter or the calibration end exclude everyone?")
    if not (index.is_unique and (other.is_unique or other.equals(index))):
        raise DataError("evaluation: a customer_id occurs more than once; give one row per customer")


def _places(index: pd.Index, wanted: pd.Index) -> npt.NDArray[np.intp]:
    """Return where in `index` each wanted customer is, or name the customers that only one side has."""
    if index.equals(wanted):
        return np.arange(len(index))
    place = index.get_indexer(wanted)
    if len(index) != len(wanted) or (place < 0).any():
        apart = wanted.symmetric_difference(index)
        ids = ", ".join(map(str, apart[:_IDS_SHOWN]))
        raise DataError(f"evaluation: {len(apart):,} customers are in only one of forecast and actual (ids {ids})")
    return place


def ranked(values: FloatArray) -> FloatArray:
    """Return the rank of each value from 1 up, equal ones sharing the mean of theirs.

    Examples
    --------
    >>> ranked(np.array([5.0, 2.0, 5.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    return np.asarray(pd.Series(values).rank(), dtype=float)
