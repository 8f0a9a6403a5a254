"""What a learned forecast sees of a customer: logs of counts, times and money, and what the probability models say.

Everything is relative: money to the customer's own expected spend, that to the base's mean. Currencies and the size of
a company therefore leave no mark, and a rule learned at one origin holds at the next.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

DAYS_PER_WEEK: Final = 7.0
_SMALLEST = 1e-4  # of an expected count, below which its logarithm says nothing more
_LEAST_SPEND = 1e-6  # of the base's mean
_LIKELY = 1e-6  # probabilities are kept this far from 0 and 1


def features(known: pd.DataFrame, baseline: pd.DataFrame) -> FloatArray:
    """Return one row of numbers per customer, finite whatever the customer did.

    Parameters
    ----------
    known : DataFrame
        From `clv.data.behaviour.behaviour`: counts and money as of a date.
    baseline : DataFrame
        On the same index: expected_orders and p_no_order in the span (from the probability models) and spend
        (expected net per purchase; missing throughout where the log holds no amounts), with spend also mean_spend (the
        base's mean of it at the fit, the same in every row: a batch must not be measured by itself).

    Returns
    -------
    ndarray, shape (n, k)
        k depends only on the columns of `known` and on whether there is money.

    Examples
    --------
    >>> known = pd.DataFrame({"frequency": [2.0, 0.0], "recency": [20.0, 0.0], "T": [30.0, 30.0]})
    >>> baseline = pd.DataFrame({"expected_orders": [0.7, 0.1], "p_no_order": [0.6, 0.9], "spend": [np.nan, np.nan]})
    >>> features(known, baseline).shape
    (2, 8)
    """
    x, recency, tenure = (known[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    silence = DAYS_PER_WEEK * (tenure - recency)
    expected = np.log(np.maximum(baseline["expected_orders"].to_numpy(dtype=float), _SMALLEST))
    gap = np.divide(DAYS_PER_WEEK * recency, x, out=np.full_like(x, np.inf), where=x > 0)
    columns = [
        expected,
        expected**2,
        log_odds(baseline["p_no_order"].to_numpy(dtype=float)),
        np.log1p(DAYS_PER_WEEK * tenure),
        np.log1p(silence),
        np.log1p(x),
        np.log1p(silence / np.maximum(gap, 1.0)),  # how many of the customer's own gaps the silence has lasted
        (x == 0).astype(float),
    ]
    columns += [np.log1p(known[name].to_numpy(dtype=float)) for name in known if _counts_orders(name)]
    if baseline["spend"].notna().any():
        columns += _money(known, *(baseline[name].to_numpy(dtype=float) for name in ("spend", "mean_spend")))
    return np.column_stack(columns)


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


def _counts_orders(column: object) -> bool:
    name = str(column)
    return name.startswith("fading_orders_") or (name.startswith("orders_") and name.endswith("d"))


def _money(known: pd.DataFrame, spend: FloatArray, mean_spend: FloatArray) -> list[FloatArray]:
    """Return the expected spend over the base's mean, the mean purchase over it, and recent money in such purchases."""
    own = np.maximum(spend, _LEAST_SPEND * mean_spend)
    seen = known["mean_purchase"].to_numpy(dtype=float) / own
    recent = [known[name].to_numpy(dtype=float) / own for name in known if str(name).startswith("net_")]
    # refunds may outweigh purchases: such money counts as none
    relative = [np.log1p(np.maximum(np.nan_to_num(values), 0.0)) for values in (seen, *recent)]
    return [np.log(own / mean_spend), *relative]
