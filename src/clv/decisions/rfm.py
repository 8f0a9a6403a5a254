"""RFM: recency, frequency and money of each customer as scores from 1 to 5, 5 being best."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

SCORES: Final = 5


def rfm_scores(customers: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Score the time since the last order, the number of orders and the value to date by fifths of the base.

    Customers with the same figure get the same score, so that a fifth may hold more or fewer than 20 % of them.

    Parameters
    ----------
    customers
        As in `clv.data.schema.CUSTOMERS`, indexed by customer_id.
    as_of
        Day from which the time since the last order is counted.

    Returns
    -------
    pandas.DataFrame
        days_since_last, r, f, m (1 to 5, 5 best) and rfm, e.g. "545"; zeros for who never bought.
    """
    bought = customers["last_order"].notna()
    since = (pd.Timestamp(as_of) - pd.to_datetime(customers["last_order"])).dt.days.astype("Int64")
    scores = pd.DataFrame(
        {
            "days_since_last": since,
            "r": _fifths(-since.where(bought).astype("float64")),
            "f": _fifths(customers["n_orders"].where(bought).astype("float64")),
            "m": _fifths(customers["value_to_date"].where(bought)),
        },
        index=customers.index,
    )
    digits = scores[["r", "f", "m"]].astype(str)
    return scores.assign(rfm=digits["r"] + digits["f"] + digits["m"])


def _fifths(measure: pd.Series) -> pd.Series:
    """Fifth of the base in which a value lies, by the middle of its ties; 0 where it is missing."""
    middle = (measure.rank(method="average") - 0.5) / measure.notna().sum()
    return pd.Series(np.ceil(middle * SCORES), index=measure.index).clip(1, SCORES).fillna(0).astype("int64")


def rfm_grid(scores: pd.DataFrame) -> pd.DataFrame:
    """Count customers by frequency score (rows, 5 on top) and recency score (columns, 1 to 5)."""
    known = scores[scores["r"] > 0]
    counts = pd.crosstab(known["f"], known["r"])
    return counts.reindex(index=range(SCORES, 0, -1), columns=range(1, SCORES + 1), fill_value=0)
