"""The customers of a log, or of a table that was counted elsewhere, as models take them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from clv.decisions.lifetime_value import buyers_of
from clv.errors import ConfigError, DataError
from clv.face import frames
from clv.face.log import Log
from clv.models.fitting.counts import purchase_counts
from clv.units import DAYS_PER_UNIT, DAYS_PER_WEEK, TimeUnit

COUNTS: Final = ("frequency", "recency", "T")
MONEY: Final = "monetary_value"


@dataclass(frozen=True, eq=False)
class Customers:
    """One row per customer, with where it comes from; made by `customers`.

    Attributes
    ----------
    table
        Index customer_id; frequency (purchase days after the first), recency and T (weeks, whatever the unit of the
        frame they came in), and monetary_value (mean of the repeat purchase days; missing without one) where money is
        known. From a log also the columns of `clv.data.schema.CUSTOMERS`, mean_purchase and returned.
    as_of
        Day that they are described as of; None where it is not known.
    log
        Where they come from; None for a table that was counted elsewhere.
    """

    table: pd.DataFrame
    as_of: dt.date | None
    log: Log | None

    @cached_property
    def known(self) -> pd.DataFrame:
        """Return the table with a column of money in any case, missing where none is known."""
        return self.table if MONEY in self.table else self.table.assign(**{MONEY: np.nan})

    @property
    def buyers(self) -> pd.DataFrame:
        """Return those of them with at least one purchase day."""
        return buyers_of(self.known)

    @property
    def has_amounts(self) -> bool:
        """Return whether money is known of anybody."""
        return MONEY in self.table and bool(self.table[MONEY].notna().any())

    def __repr__(self) -> str:
        came_back = int((self.buyers["frequency"] > 0).sum())
        seen = "" if self.as_of is None else f" as of {self.as_of}"
        return (
            f"<{len(self.table):,} customers{seen}: {came_back:,} of {len(self.buyers):,} buyers came back, "
            f"{'with' if self.has_amounts else 'without'} amounts>"
        )


def customers(source: Log | pd.DataFrame, *, unit: TimeUnit | None = None, as_of: dt.date | None = None) -> Customers:
    """Return the customers of a log, or check a table of frequency, recency and T.

    Parameters
    ----------
    source : Log or DataFrame
        From `clv.read`; or one row per customer, on the index or with a column customer_id: frequency (purchases after
        the first), recency (first to last purchase), T (first purchase to the end of observation) and perhaps
        monetary_value (mean of the repeat purchases), as `lifetimes` and others count them.
    unit : {"week", "day"}
        Of recency and T in a DataFrame; required there, for nothing in the numbers tells it.
    as_of : date, optional
        Day that a DataFrame is counted up to, from which days of next orders can be told.

    Returns
    -------
    Customers

    Raises
    ------
    DataError
        If columns are missing or no numbers, a customer stands twice, or a row breaks a rule such as recency ≤ T.
    ConfigError
        If the unit of a DataFrame is not said, or the source is neither.

    Examples
    --------
    >>> counted = pd.DataFrame({"frequency": [2, 0], "recency": [213.0, 0.0], "T": [272.0, 272.0]}, index=["a", "b"])
    >>> base = customers(counted, unit="day")
    >>> base
    <2 customers: 1 of 2 buyers came back, without amounts>
    >>> base.table["T"].round(2).tolist()
    [38.86, 38.86]
    """
    if isinstance(source, Log):
        if unit is not None or as_of is not None:
            raise ConfigError("unit and as_of are for a DataFrame; a log knows both (clv.read takes as_of)")
        return _of_log(source)
    if not isinstance(source, pd.DataFrame):
        raise ConfigError(f"customers must come from clv.read or in a DataFrame; got {type(source).__name__}")
    return Customers(_counted(source, unit), as_of, None)


def _of_log(log: Log) -> Customers:
    from clv.data.behaviour import priced_summary
    from clv.data.customers import summary_frame

    return Customers(summary_frame(priced_summary(log.days, log.as_of)), log.as_of, log)


def _counted(frame: pd.DataFrame, unit: TimeUnit | None) -> pd.DataFrame:
    """Return a checked table in weeks; the caller's frame is left as it is."""
    frames.require_columns(frame, {name: name for name in COUNTS}, "customers")
    if unit not in DAYS_PER_UNIT:
        raise ConfigError(f'say the unit of recency and T, unit="week" or unit="day"; got {unit!r}')
    named = frame.set_index("customer_id") if "customer_id" in frame else frame
    frames.require_unique(named.index, "customers")
    present = [*COUNTS, *([MONEY] if MONEY in named else [])]
    table = frames.require_numbers(named, present, "customers")
    purchase_counts(table)  # refuses rows that cannot be
    weeks = DAYS_PER_UNIT[unit] / DAYS_PER_WEEK
    table = table.assign(recency=table["recency"] * weeks, T=table["T"] * weeks)
    return table if MONEY not in table else table.assign(**{MONEY: _repeat_money(table)})


def _repeat_money(table: pd.DataFrame) -> pd.Series:
    """Return the mean of repeat purchases, missing for who made none: others write zero there."""
    money, repeats = table[MONEY], table["frequency"] > 0
    unknown = repeats & ~np.isfinite(money)
    if unknown.any():
        raise DataError(
            f"customers: {int(unknown.sum()):,} of {int(repeats.sum()):,} with repeat purchases have no "
            f"{MONEY}; leave the column out to forecast orders alone"
        )
    return money.where(repeats)
