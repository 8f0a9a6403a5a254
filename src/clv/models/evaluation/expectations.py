"""Whether a model's customers behave like the real ones: purchases per customer, and forecasts by what is known.

The two figures by which Fader, Hardie & Lee (2005) judge a model: the histogram of repeat purchases in calibration
against the model's, and the purchases of the holdout against those forecast, by frequency in calibration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import chdtrc

from clv.errors import DataError
from clv.models.evaluation.pairs import paired

FloatArray = npt.NDArray[np.float64]

MAX_COUNT = 7  # the last class of Fader, Hardie & Lee's figures is 7+


class ChiSquare(NamedTuple):
    """Pearson's test of a fit."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def expected_frequency_table(
    frequency: npt.ArrayLike,
    T: npt.ArrayLike,
    pmf: Callable[[int, FloatArray], FloatArray],
    weights: npt.ArrayLike | None = None,
    max_count: int = MAX_COUNT,
) -> pd.DataFrame:
    """Return how many customers made 0, 1, 2, … repeat purchases, and how many the model expects to.

    Parameters
    ----------
    frequency, T : array-like, shape (n,)
        Repeat purchases and time under observation (time units of the model) of each customer.
    pmf : callable
        pmf(count, T) → probability of that many repeat purchases in a new customer's first T, shape of T; e.g.
        ``lambda n, T: pmf_new_customer(model.params_, n, T)``. Called once per count, on the distinct T.
    weights : array-like, shape (n,), optional
        Customers that a row stands for; one each by default.
    max_count : int, default 7
        First count of the last class, which is open: "7+".

    Returns
    -------
    DataFrame
        Index n_purchases ("0", "1", …, "7+"); columns actual and expected, in customers, with equal sums.

    Examples
    --------
    >>> coin = lambda n, T: np.full(T.shape, 0.5 ** (n + 1))
    >>> table = expected_frequency_table([0, 0, 1, 5], [9.0, 9.0, 8.0, 8.0], coin, max_count=2)
    >>> table  # doctest: +NORMALIZE_WHITESPACE
                 actual  expected
    n_purchases
    0               2.0       2.0
    1               1.0       1.0
    2+              1.0       1.0
    """
    x, time = np.asarray(frequency, dtype=np.int64), np.asarray(T, dtype=float)
    weight = np.ones(x.size) if weights is None else np.asarray(weights, dtype=float)
    spans, position = np.unique(time, return_inverse=True)
    customers = np.bincount(position, weight)
    exact = np.array([customers @ pmf(count, spans) for count in range(max_count)])
    more = max(float(customers.sum() - exact.sum()), 0.0)  # never below zero by rounding
    actual = np.bincount(np.minimum(x, max_count), weight, minlength=max_count + 1)
    index = pd.Index(_count_names(max_count), name="n_purchases")
    return pd.DataFrame({"actual": actual, "expected": np.append(exact, more)}, index=index)


def chi_square(table: pd.DataFrame, n_parameters: int) -> ChiSquare:
    """Return Pearson's χ² of a table of `expected_frequency_table`.

    Parameters
    ----------
    table : DataFrame
        Columns actual and expected, in customers.
    n_parameters : int
        Parameters of the model, fitted to the same customers.

    Returns
    -------
    ChiSquare
        Statistic, degrees of freedom (classes − 1 − n_parameters) and p-value. With very many customers any model of
        behaviour is rejected: then look at the size of the gaps instead.

    Raises
    ------
    DataError
        If there are too few classes, or a class in which none is expected.

    Examples
    --------
    >>> test = chi_square(pd.DataFrame({"actual": [60, 25, 15], "expected": [50, 30, 20]}), n_parameters=1)
    >>> round(test.statistic, 4), test.degrees_of_freedom, round(test.p_value, 4)
    (4.0833, 1, 0.0433)
    """
    freedom = len(table) - 1 - n_parameters
    if freedom < 1:
        raise DataError(f"chi-square: {len(table)} classes are too few for {n_parameters} parameters; raise max_count")
    if not (table["expected"] > 0).all():
        raise DataError("chi-square: a class without expected customers; lower max_count to merge it with the last")
    statistic = float(((table["actual"] - table["expected"]) ** 2 / table["expected"]).sum())
    return ChiSquare(statistic, freedom, float(chdtrc(freedom, statistic)))


def conditional_expectation(forecasts: pd.DataFrame, actual: pd.Series, classes: pd.Series) -> pd.DataFrame:
    """Return mean forecasts and mean outcome of the customers of each class.

    Parameters
    ----------
    forecasts : DataFrame
        Index customer_id, one column per forecast.
    actual : Series
        Index customer_id: what happened in the holdout.
    classes : Series
        Index customer_id: e.g. `count_classes` of the frequency, or `time_classes` of the time since the last purchase.

    Returns
    -------
    DataFrame
        Index class, in the order of the categories (classes without customers are absent); columns n_customers, actual
        and one per forecast: means per customer.

    Raises
    ------
    DataError
        If customers differ, ids repeat, or values are missing.

    Examples
    --------
    >>> customers = pd.DataFrame({"frequency": [0, 0, 9]}, index=["A", "D", "K"])
    >>> forecasts = pd.DataFrame({"model": [0.25, 0.25, 4.0]}, index=["A", "D", "K"])
    >>> actual = pd.Series([0, 1, 3], index=["A", "D", "K"])
    >>> classes = count_classes(customers["frequency"])
    >>> conditional_expectation(forecasts, actual, classes)  # doctest: +NORMALIZE_WHITESPACE
               n_customers  actual  model
    frequency
    0                    2     0.5   0.25
    7+                   1     3.0   4.00
    """
    pairs = paired(forecasts, actual)
    if not classes.index.equals(pairs.customer_id):
        classes = classes.reindex(pairs.customer_id)
    if classes.isna().any():
        raise DataError(f"evaluation: {int(classes.isna().sum()):,} customers have no class; give one to each of them")
    frame = pd.DataFrame({"actual": pairs.actual}, index=pairs.customer_id)
    frame[list(forecasts.columns)] = pairs.forecasts
    groups = frame.groupby(classes, observed=True)
    means = groups.mean()
    means.insert(0, "n_customers", groups.size())
    return means


def count_classes(counts: pd.Series, max_count: int = MAX_COUNT) -> pd.Series:
    """Return the class of each count: "0", "1", … and "7+" for max_count and more, as ordered categories.

    Examples
    --------
    >>> count_classes(pd.Series([0, 2, 12]), max_count=2).to_list()
    ['0', '2+', '2+']
    """
    code = np.minimum(counts.to_numpy(dtype=np.int64), max_count)
    return _classes(code, _count_names(max_count), counts)


def time_classes(times: pd.Series, edges: Sequence[float]) -> pd.Series:
    """Return the class of each length of time: "0–4" (4 not included), … and "52+" from the last edge on.

    Parameters
    ----------
    times : Series
        Lengths of time, e.g. T − recency: the time since the last purchase.
    edges : sequence of float
        Ascending starts of the classes, in the same unit; the first at or below the shortest time.

    Raises
    ------
    DataError
        If the edges do not ascend, or times are missing or below the first edge.

    Examples
    --------
    >>> time_classes(pd.Series([0.5, 4.0, 60.0]), [0, 4, 26, 52]).to_list()
    ['0–4', '4–26', '52+']
    """
    starts, values = np.asarray(edges, dtype=float), times.to_numpy(dtype=float)
    if not (np.diff(starts) > 0).all():
        raise DataError(f"evaluation: edges of classes must ascend; got {list(edges)}")
    outside = int((~(values >= starts[0])).sum())
    if outside:
        raise DataError(f"evaluation: {outside:,} times are missing or below {starts[0]:g}, the first edge of classes")
    names = [f"{low:g}–{high:g}" for low, high in pairwise(starts)] + [f"{starts[-1]:g}+"]
    code = np.searchsorted(starts, values, side="right") - 1
    return _classes(code, names, times)


def _count_names(max_count: int) -> list[str]:
    return [*map(str, range(max_count)), f"{max_count}+"]


def _classes(code: npt.NDArray[np.int64], names: Sequence[str], of: pd.Series) -> pd.Series:
    """Return the ordered classes on the index and with the name of what they group."""
    classes = pd.Categorical.from_codes(code, pd.Index(names), ordered=True)
    return pd.Series(classes, index=of.index, name=of.name)
