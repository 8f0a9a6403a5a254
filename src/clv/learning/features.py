"""What a learner sees of a customer: counts, times and money as logarithms, and what the probability models say.

Everything is relative: money to the customer's own expected spend, that to the base's mean. Currencies and the size of
a company therefore leave no mark, and a rule learned at one origin holds at the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.data.behaviour import HALF_LIVES, MONEY_WINDOWS, WINDOWS
from clv.units import DAYS_PER_WEEK

FloatArray = npt.NDArray[np.float64]
Expression = Callable[[pd.DataFrame, pd.DataFrame], FloatArray]

SMALLEST: Final = 1e-4  # of an expected count, below which its logarithm says nothing more
_LEAST_SPEND = 1e-6  # of the base's mean
_LIKELY = 1e-9  # probabilities are kept this far from 0 and 1


class Feature(NamedTuple):
    """One number per customer.

    Parameters
    ----------
    name : str
        Its column.
    days : float or None
        How far it looks back from the as-of date; None over the whole history.
    expression : callable
        From the customers (`clv.data.behaviour.behaviour`) and what the probability models say of them
        (`clv.learning.candidates.Ground.over`) to one finite number each.
    reason : str
        What it tells, in words.
    """

    name: str
    days: float | None
    expression: Expression
    reason: str


def log_odds(probability: FloatArray) -> FloatArray:
    """Return ln(p / (1 − p)) with p kept away from 0 and 1.

    Examples
    --------
    >>> log_odds(np.array([0.5])).tolist()
    [0.0]
    """
    p = np.clip(probability, _LIKELY, 1 - _LIKELY)
    result: FloatArray = np.log(p / (1 - p))
    return result


def features(known: pd.DataFrame, ground: pd.DataFrame) -> pd.DataFrame:
    """Return one row of numbers per customer, finite whatever the customer did.

    Parameters
    ----------
    known : DataFrame
        From `clv.data.behaviour.behaviour`: counts and money as of a date.
    ground : DataFrame
        On the same index, from `clv.learning.candidates.Ground.over`.

    Returns
    -------
    DataFrame
        On the same index, a column for each of `FEATURES`; those of money only where the log holds amounts.

    Examples
    --------
    >>> known = pd.DataFrame({"frequency": [2.0, 0.0], "recency": [20.0, 0.0], "T": [30.0, 30.0]})
    >>> said = {"expected_orders": [0.7, 0.1], "p_no_order": [0.6, 0.9], "spend": [np.nan, np.nan]}
    >>> features(known, pd.DataFrame(said)).round(2)[["log_expected_orders", "log_silence", "bought_once"]]
       log_expected_orders  log_silence  bought_once
    0                -0.36         4.26          0.0
    1                -2.30         5.35          1.0
    """
    chosen = [*_RHYTHM, *(feature for feature in _RECENT if _column_of(feature) in known)]
    if ground["spend"].notna().any():
        chosen += [feature for feature in _MONEY if _column_of(feature) in {*known, ""}]
    return pd.DataFrame({f.name: f.expression(known, ground) for f in chosen}, index=known.index)


def _numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    return frame[name].to_numpy(dtype=float)


def _expected(known: pd.DataFrame, ground: pd.DataFrame) -> FloatArray:
    return np.log(np.maximum(_numbers(ground, "expected_orders"), SMALLEST))


def _silence(known: pd.DataFrame) -> FloatArray:
    return DAYS_PER_WEEK * (_numbers(known, "T") - _numbers(known, "recency"))


def _silence_in_gaps(known: pd.DataFrame, ground: pd.DataFrame) -> FloatArray:
    x, recency = _numbers(known, "frequency"), _numbers(known, "recency")
    gap = np.divide(DAYS_PER_WEEK * recency, x, out=np.full_like(x, np.inf), where=x > 0)
    return np.log1p(_silence(known) / np.maximum(gap, 1.0))


def _count(name: str) -> Expression:
    return lambda known, ground: np.log1p(_numbers(known, name))


def _own_spend(ground: pd.DataFrame) -> FloatArray:
    mean = _numbers(ground, "mean_spend")
    return np.maximum(_numbers(ground, "spend"), _LEAST_SPEND * mean)


def _in_purchases(name: str) -> Expression:
    # refunds may outweigh purchases: such money counts as none
    return lambda known, ground: np.log1p(np.maximum(np.nan_to_num(_numbers(known, name) / _own_spend(ground)), 0.0))


_RHYTHM: Final = (
    Feature("log_expected_orders", None, _expected, "what the rhythm so far lets expect"),
    Feature("log_expected_orders_squared", None, lambda k, g: _expected(k, g) ** 2, "a rhythm far from the usual one"),
    Feature(
        "log_odds_no_order",
        None,
        lambda k, g: np.clip(log_odds(_numbers(g, "p_no_order")), -14.0, 14.0),
        "how likely silence is by the rhythm so far",
    ),
    Feature("log_tenure", None, lambda k, g: np.log1p(DAYS_PER_WEEK * _numbers(k, "T")), "time as a customer"),
    Feature("log_silence", None, lambda k, g: np.log1p(_silence(k)), "days since the last order"),
    Feature("log_frequency", None, _count("frequency"), "orders after the first"),
    Feature("log_silence_in_gaps", None, _silence_in_gaps, "the silence, in the customer's own usual gaps"),
    Feature("bought_once", None, lambda k, g: (_numbers(k, "frequency") == 0).astype(float), "a single order so far"),
)
_RECENT: Final = (
    *(Feature(f"log_orders_{days}d", days, _count(f"orders_{days}d"), "orders of late") for days in WINDOWS),
    Feature("log_orders_in_span", None, _count("orders_in_span"), "orders in the last span"),
    *(
        Feature(f"log_fading_orders_{days}d", days, _count(f"fading_orders_{days}d"), "orders, the recent ones more")
        for days in HALF_LIVES
    ),
)
_MONEY: Final = (
    Feature("log_spend", None, lambda k, g: np.log(_own_spend(g) / _numbers(g, "mean_spend")), "expected ticket"),
    Feature("log_mean_purchase", None, _in_purchases("mean_purchase"), "mean ticket so far"),
    *(Feature(f"log_net_{days}d", days, _in_purchases(f"net_{days}d"), "sales of late") for days in MONEY_WINDOWS),
)
FEATURES: Final = (*_RHYTHM, *_RECENT, *_MONEY)
"""All that learners see; those of money only where the log holds amounts."""


def _column_of(feature: Feature) -> str:
    """Return the column of the customers that a recent feature reads, empty where it reads none."""
    return "" if feature.name == "log_spend" else feature.name.removeprefix("log_")
