"""The naive forecast: everyone goes on buying at the rate seen so far. A model must beat it to be worth its run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv.models.counts import purchase_counts
from clv.units import Horizon, TimeUnit, require_horizon


def expected_purchases(customers: pd.DataFrame, horizon: Horizon, time_unit: TimeUnit = "week") -> pd.Series:
    """Return frequency / T × horizon for each customer, and 0 where T is 0.

    It knows neither dropout nor chance: someone who bought often and left is expected to go on, someone who bought
    once never to come back.

    Parameters
    ----------
    customers : DataFrame
        Columns frequency, recency and T (time units), one row per customer.
    horizon : Horizon
        Length of the forecast, e.g. weeks(39); a bare number is refused.
    time_unit : {"week", "day"}, default "week"
        Unit of T.

    Returns
    -------
    Series
        expected_purchases (transactions in the horizon), on the index of customers.

    Raises
    ------
    DataError
        If the frame breaks a rule of `clv.models.counts.purchase_counts`.
    ConfigError
        If horizon carries no unit.

    Notes
    -----
    The status-quo heuristic that probability models are measured against: Wübben & von Wangenheim (2008), Instant
    Customer Base Analysis: Managerial Heuristics Often "Get It Right", Journal of Marketing 72(3), 82–93.

    Examples
    --------
    >>> from clv.units import weeks
    >>> customers = pd.DataFrame({"frequency": [3, 0], "recency": [20.0, 0.0], "T": [30.0, 0.0]}, index=["A", "D"])
    >>> expected_purchases(customers, weeks(10)).to_dict()
    {'A': 1.0, 'D': 0.0}
    """
    length = require_horizon(horizon).in_units(time_unit)
    counts = purchase_counts(customers)
    rate = np.divide(counts.x, counts.T, out=np.zeros_like(counts.x), where=counts.T > 0)
    return pd.Series(rate * length, index=customers.index, name="expected_purchases")
