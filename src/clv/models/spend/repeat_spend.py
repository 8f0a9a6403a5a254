"""The door for spend: what a frame of customers must hold, and whether spend goes with frequency."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.models.fitting.counts import FloatArray, Mask, as_floats, numbers, refuse, require_columns


class Association(NamedTuple):
    """Correlations of spend with frequency among repeat buyers, −1 to 1, and their number."""

    pearson: float
    spearman: float
    n_customers: int


def repeat_spend(customers: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return frequency and monetary_value as arrays; where frequency is 0 the value is not looked at.

    Parameters
    ----------
    customers : DataFrame
        One row per customer: frequency (whole repeat purchases, ≥ 0) and monetary_value (mean value of the repeat
        purchases, currency, > 0; it may be missing where frequency is 0).

    Returns
    -------
    tuple of ndarray, shape (n,)
        x and z, in the order of the rows.

    Raises
    ------
    DataError
        If columns are missing, there are no rows, or values break a rule above; the message lists all of it.

    Examples
    --------
    >>> repeat_spend(pd.DataFrame({"frequency": [2, 0], "monetary_value": [22.35, None]}))
    (array([2., 0.]), array([22.35,   nan]))
    """
    require_columns(customers, ("frequency", "monetary_value"))
    (x,), z = numbers(customers, ("frequency",)), as_floats(customers["monetary_value"])
    repeat = x > 0
    problems: dict[str, Mask] = {
        "frequency below 0 or not whole: count the purchase days after the first": (x < 0) | (x != np.floor(x)),
        "monetary_value missing though frequency > 0: give the mean of the repeat purchases": repeat & ~np.isfinite(z),
        "monetary_value not above 0 though frequency > 0: net refunds, or leave these customers out": repeat & (z <= 0),
    }
    refuse(customers, problems)
    return x, z


def spend_frequency_correlation(customers: pd.DataFrame) -> Association:
    """Return how spend and frequency go together among repeat buyers; the gamma-gamma assumes that they do not.

    Parameters
    ----------
    customers : DataFrame
        As for `repeat_spend`.

    Returns
    -------
    Association
        Pearson's and Spearman's coefficient and the number of repeat buyers. A coefficient is nan where frequency or
        spend do not vary.

    Raises
    ------
    DataError
        If the frame breaks a rule of `repeat_spend`.

    Examples
    --------
    >>> repeats = pd.DataFrame({"frequency": [1, 2, 3, 0], "monetary_value": [10.0, 40.0, 20.0, float("nan")]})
    >>> spend_frequency_correlation(repeats)
    Association(pearson=0.3273268353539886, spearman=0.5, n_customers=3)
    """
    x, z = repeat_spend(customers)
    x, z = x[x > 0], z[x > 0]
    return Association(_correlation(x, z), _correlation(*(pd.Series(values).rank() for values in (x, z))), x.size)


def _correlation(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return Pearson's coefficient, or nan where one side does not vary."""
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.size < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])
