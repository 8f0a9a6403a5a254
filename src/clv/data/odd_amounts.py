"""A few amounts unlike all else in a log: a lost decimal point, a test order, a refund beyond all purchases.

They stand in the value to date as they are, for they may be true. A forecast is made as if the day had been usual, for
one line must not decide what is expected of everyone else.

Whether a day is odd is told by the customer's own other days, on the scale by which customers' days usually differ: a
large customer who buys on a large scale is none. Who has bought on one day only is held against all.
"""

from __future__ import annotations

from math import log
from typing import Final, NamedTuple

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.data.decided import Decision
from clv.data.engine import DAY_NET
from clv.data.origins import sample_days

FloatArray = npt.NDArray[np.float64]

LEAST_FACTOR: Final = 5.0  # times the usual: less is no fault, however alike all amounts are
_BARS: Final = (6.0, 8.0, 12.0, 16.0)  # robust standard deviations of ln amount; a normal one passes 6 once in 10⁹
_FEW, _FEW_SHARE = 3, 1 / 2000  # more than that many days, or of them, is no accident but how the company sells
_MOST_MONEY: Final = 0.5  # of a log of some length on one day of one customer
_SOME_LINES: Final = 20  # days, below which half of the money on one of them is nothing to speak of
_HUGE: Final = 1e11  # more than a customer pays in a day in nearly any currency
_SD_PER_MEDIAN: Final = 1.4826  # standard deviation of a normal variable over its median absolute deviation
_VARIANCE_OF_MEDIAN: Final = 1.571  # of n normal values over that of one, times n: π / 2
_DAYS: Final = ["customer_id", "ordered_on", "net", "usual"]


class Odd(NamedTuple):
    """Days, and refunds of customers, that a forecast takes at another amount than they have.

    Parameters
    ----------
    days : DataFrame
        customer_id, ordered_on, net (as it is) and usual (currency).
    refunds : DataFrame
        customer_id, paid and returned (currency) of who got back more than was ever paid.
    largest : Decision, optional
        On a day that is not odd, for too little stands beside it, and yet outweighs or exceeds all that is usual.
    """

    days: pd.DataFrame
    refunds: pd.DataFrame
    largest: Decision | None = None

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return what was decided, for `clv.data.decided`."""
        found = []
        if len(self.days):
            largest = self.days.sort_values("net", ascending=False).head(3).itertuples()
            told = tuple(f"{row.customer_id} ({row.ordered_on:%Y-%m-%d})" for row in largest)
            because = "each lies far beyond the customer's other days; the value to date holds it as it is"
            found.append(Decision("odd_amounts", "forecast as usual days", because, None, len(self.days), told))
        if self.largest is not None:
            found.append(self.largest)
        if len(self.refunds):
            told = tuple(str(name) for name in self.refunds["customer_id"].head(3))
            because = "more was returned than ever paid; the forecast takes no more back than that"
            found.append(Decision("odd_refunds", "limited to the purchases", because, None, len(self.refunds), told))
        return tuple(found)


def find_odd(days: Table) -> Odd:
    """Find the few days and refunds that are unlike all else.

    Parameters
    ----------
    days
        From `clv.data.customers.customer_days`, up to the as-of date.

    Returns
    -------
    Odd
        Empty in a log without amounts, and where so many days are odd that this is how the company sells.
    """
    paid = days.filter(_.is_purchase & (_.net > 0)).mutate(size=_.net.cast("float64").ln())
    scale = _scale(paid)
    if scale is None:
        return Odd(pd.DataFrame(columns=_DAYS), _refunds(days))
    score = _scored(paid, scale)
    few = max(_FEW, _FEW_SHARE * scale.n)
    for bar in _BARS:
        odd = score[(score["deviation"] > bar) & (score["size"] - np.log(score["usual"]) > log(LEAST_FACTOR))]
        if len(odd) <= few:
            break
    else:
        odd = score.iloc[:0]
    return Odd(odd.reset_index(drop=True)[_DAYS], _refunds(days), None if len(odd) else _largest(paid))


def as_usual(days: Table, odd: Odd) -> Table:
    """Return the days with usual_net: net, but for odd days what is usual and for odd refunds no more than was paid."""
    named = list(days.columns)
    amount = days.net.cast("float64")
    if len(odd.days):
        told = ibis.memtable(odd.days[["customer_id", "ordered_on", "usual"]])
        joined = days.left_join(told, ["customer_id", "ordered_on"])
        days = joined.select(*(days[name] for name in named), told.usual)
        amount = days.usual.fill_null(days.net.cast("float64"))
    if len(odd.refunds):
        told = ibis.memtable(odd.refunds[["customer_id"]].assign(part=odd.refunds["paid"] / odd.refunds["returned"]))
        amount_of = days.mutate(usual_net=amount)
        joined = amount_of.left_join(told, "customer_id")
        days = joined.select(*(amount_of[name] for name in (*named, "usual_net")), told.part)
        amount = ibis.ifelse(days.usual_net < 0, days.usual_net * days.part.fill_null(1.0), days.usual_net)
    # the exact net where nothing is odd
    usual = amount.cast(DAY_NET) if len(odd.days) or len(odd.refunds) else days.net
    return days.mutate(usual_net=usual).select(*named, "usual_net")


class _Scale(NamedTuple):
    """Number of paid days; median of ln amount and its spread over all days, and over the days of one customer."""

    n: int
    median: float
    among_all: float
    within: float


def _scale(paid: Table) -> _Scale | None:
    found = sample_days(paid).select("customer_id", "size").execute()
    if found.empty:
        return None
    median = float(found["size"].median())
    own = found.groupby("customer_id")["size"].agg(["median", "size"])
    several = found.join(own[own["size"] > 2]["median"], on="customer_id", how="inner")
    among_all = _spread(found["size"] - median)
    within = _spread(several["size"] - several["median"]) if len(several) else among_all
    return _Scale(int(paid.count().execute()), median, among_all, within)


def _spread(deviations: pd.Series) -> float:
    return float(_SD_PER_MEDIAN * deviations.abs().median())


def _scored(paid: Table, scale: _Scale) -> pd.DataFrame:
    """Return the days that might be odd, with what is usual and how many standard deviations they lie above it."""
    candidates = _suspects(paid, scale)
    rows = paid.semi_join(candidates, "customer_id").select("customer_id", "ordered_on", "net", "size")
    found: pd.DataFrame = rows.execute()
    found = found.assign(net=found["net"].astype(float), ordered_on=pd.to_datetime(found["ordered_on"]))
    others = _median_of_others(found)
    n = found.groupby("customer_id")["size"].transform("size").to_numpy() - 1
    alone = n == 0
    usual = np.where(alone, scale.median, others)
    own = scale.within * np.sqrt(1 + _VARIANCE_OF_MEDIAN / np.maximum(n, 1))
    least = log(LEAST_FACTOR) / _BARS[0]  # where all amounts are alike
    deviation = (found["size"].to_numpy() - usual) / np.maximum(np.where(alone, scale.among_all, own), least)
    above = found["size"].to_numpy() > scale.median
    return found.assign(usual=np.exp(usual), deviation=np.where(above, deviation, 0.0))


def _suspects(paid: Table, scale: _Scale) -> Table:
    """Return who has a day far above the geometric mean of the others', or far above all where there is no other."""
    own = paid.group_by("customer_id").aggregate(n=_.count(), largest=_["size"].max(), total=_["size"].sum())
    others = ibis.ifelse(_.n > 1, (_.total - _.largest) / (_.n - 1).nullif(0), scale.median)
    # half of the lowest bar: the mean of the others moves with a second odd day among them
    far = max(_BARS[0] / 2 * scale.within, log(LEAST_FACTOR) / 2)
    return own.filter((_.largest - others > far) & (_.largest > scale.median)).select("customer_id")


def _median_of_others(found: pd.DataFrame) -> FloatArray:
    """Return the median size of each customer's other days; missing where there is none."""
    ordered = found.sort_values(["customer_id", "size"])
    group = ordered.groupby("customer_id")["size"]
    place, n = group.cumcount().to_numpy(), group.transform("size").to_numpy()
    first = np.arange(len(ordered)) - place
    size, last = ordered["size"].to_numpy(), first + n - 1

    def other(rank: npt.NDArray[np.intp]) -> FloatArray:
        """Return the value of a rank among the others, which leave out the row itself."""
        at = first + rank + (rank >= place)
        value: FloatArray = size[np.minimum(at, last)]
        return value

    middle = (other((n - 2) // 2) + other((n - 1) // 2)) / 2
    result = pd.Series(np.where(n > 1, middle, np.nan), index=ordered.index).reindex(found.index)
    return np.asarray(result, dtype=float)


def _largest(paid: Table) -> Decision | None:
    """Say which day of a customer holds most of the money of a log, or more than anyone pays."""
    total = paid.aggregate(n=_.count(), money=_.net.sum()).execute()
    top = paid.order_by(ibis.desc("net"), "customer_id").limit(1).execute()
    if top.empty:
        return None
    n, share, net = int(total["n"][0]), float(top["net"][0]) / float(total["money"][0]), float(top["net"][0])
    if net < _HUGE and (n < _SOME_LINES or share <= _MOST_MONEY):
        return None
    because = f"{net:,.2f} on one day of one customer is {share:.0%} of all money; check that no point was lost"
    told = (f"{top['customer_id'][0]} ({top['ordered_on'][0]:%Y-%m-%d})",)
    return Decision("largest_amount", "counted", because, None, 1, told)


def _refunds(days: Table) -> pd.DataFrame:
    """Return who got back more than was ever paid."""
    own = days.group_by("customer_id").aggregate(
        paid=_.net.sum(where=_.net > 0).fill_null(0).cast("float64"),
        returned=(-_.net.sum(where=_.net < 0)).fill_null(0).cast("float64"),
    )
    found: pd.DataFrame = own.filter(_.returned > _.paid).order_by(ibis.desc("returned"), "customer_id").execute()
    return found
