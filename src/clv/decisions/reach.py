"""How far ahead a history carries a forecast: said from twice its length, refused beyond a stated multiple of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from math import ceil
from typing import Final

import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.data.origins import EARLY_SHARE, history_start, sample_days
from clv.errors import DataError

FEWEST_BUYERS, FEWEST_RETURNED = 10, 3  # with fewer, four parameters fit anything
FAR: Final = 2.0  # times the history: a span of that length cannot be tried even once on half of it


@dataclass(frozen=True)
class Reach:
    """Length of a forecast beside that of the history behind it, both in days."""

    horizon_days: int
    history_days: int

    @property
    def multiple(self) -> float:
        """Return how many times the history the forecast looks ahead.

        Examples
        --------
        >>> Reach(365, 365).multiple, Reach(365, 365).is_far, Reach(365, 180).is_far
        (1.0, False, True)
        """
        return self.horizon_days / self.history_days

    @property
    def is_far(self) -> bool:
        """Return whether the reader must be told."""
        return self.multiple >= FAR


def reach_of(purchase_days: Table, as_of: dt.date, horizon_days: int) -> Reach | None:
    """Return how far a forecast as of a date looks ahead; None where too few have bought to forecast anything.

    A few misdated lines do not make a history longer, see `clv.data.origins.history_start`.
    """
    known = sample_days(purchase_days.filter((_.ordered_on <= as_of) & _.is_purchase))
    per_customer = known.group_by("customer_id").aggregate(n=_.count())
    found = per_customer.aggregate(buyers=_.count(), returned=(_.n > 1).sum()).execute().fillna(0)
    if found["buyers"][0] < FEWEST_BUYERS or found["returned"][0] < FEWEST_RETURNED:
        return None
    return Reach(horizon_days, (as_of - history_start(known)).days + 1)


def reach_of_buyers(first_orders: pd.Series, frequency: pd.Series, as_of: dt.date, horizon_days: int) -> Reach | None:
    """Return the same from the first order of each customer that has bought, and how many followed."""
    if len(frequency) < FEWEST_BUYERS or int((frequency > 0).sum()) < FEWEST_RETURNED:
        return None
    early = min(ceil(EARLY_SHARE * len(first_orders)), len(first_orders) - 1)
    began = first_orders.sort_values().iloc[early].date()
    return Reach(horizon_days, (as_of - began).days + 1)


def require_reach(reach: Reach, most: float) -> None:
    """Refuse a forecast that looks further ahead than `most` times the history.

    Raises
    ------
    DataError
        Naming both lengths, the setting and the longest horizon that would pass.
    """
    if reach.multiple > most:
        raise DataError(
            f"horizon_days = {reach.horizon_days} is {reach.multiple:.1f} times the {reach.history_days:,} days of "
            f"history, beyond max_horizon_multiple = {most:g}: take a longer history, or a horizon of "
            f"{max(1, int(most * reach.history_days)):,} days or fewer"
        )
