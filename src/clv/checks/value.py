"""What is said of the value to date: how concentrated it is, what classes tell apart, who has gone quiet, who stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from clv.checks.claim import Claim
from clv.decisions.cohorts import pooled_retention, reached_age
from clv.decisions.concentration import (
    concentration_curve,
    customers_for,
    gini_concentration,
    share_by_class,
    top_share,
)
from clv.decisions.rfm import SCORES
from clv.units import DAYS_PER_WEEK

FOUR_FIFTHS: Final = 0.80  # of sales that the best fifth brings by Pareto's rule of thumb
ABOUT: Final = 0.05  # share of sales around four fifths that is still called the rule
RELIED_ON: Final = 0.10  # share of sales of one customer that IFRS 8.34 and ASC 280 have companies disclose
TIED: Final = 0.5  # share of class A worth no more than somebody below it, from which the class tells nobody apart
MOSTLY_SINGLE: Final = 0.8  # share of buyers who bought once, from which hardly anything rests on coming back
MOSTLY_ONCE: Final = 0.5  # share of class A that bought once, from which its value is that of single orders
OFTEN: Final = 3  # orders, hence two intervals, from which a customer has a rhythm that can break
UPPER, LOWER = 4, 2  # scores: the upper two and the lower two of five
RHYTHM: Final = 3.0  # times their own mean interval; who orders at random is silent for so long once in twenty times
FEW_QUIET: Final = 0.05  # share of class A without an order for the churn window, below which a reader is not warned
UNEVEN: Final = 0.5  # by which a score may hold more or fewer than a fifth before it is said
BY_NAME: Final = 50  # customers whom one person can know by name, and go through by hand
COMPARED: Final = (
    400  # customers: half of them left alone shows ten points more orders (20 for 10 %), four times in five
)
LEAST_FOLLOWED: Final = 30  # customers of a cohort, below which a share is off by nine points or more (standard error)
HARDLY: Final = 0.02  # share of customers who bought again, below which it is hardly anyone
MOST_AGES: Final = 12  # periods since the first order that a reader follows
PERIODS: Final = {1: "month", 3: "quarter", 12: "year"}
TOTAL: Final = "_total"  # index of the row that adds up the others, which tables keep at their foot


def figures(
    value: pd.Series,
    current: pd.DataFrame,
    cuts: tuple[float, float],
    share: float,
    window_days: float,
) -> dict[str, Any]:
    """Return the figures of value to date that its page and others name.

    Parameters
    ----------
    value
        Money to date per customer, or orders in a log without amounts.
    current
        abc and days_since_last (days, missing for who never bought) of the same customers.
    cuts
        Cumulative share of value where class A, then B, ends.
    share
        Best customers of the headline, as a share of all; at least one.
    window_days
        Days without order from which a customer counts as gone quiet.

    Returns
    -------
    dict
        ``top_share`` is the share that whole customers make of the base, so that a third is not called a fifth.
        Missing where nobody has brought anything: held_by_top, customers_for_80, gini, largest, class_a_held.
    """
    in_a, since = current["abc"].eq("A"), current["days_since_last"].astype("float64")
    top, n, brought = max(1, round(share * len(value))), len(value), value.clip(lower=0.0).fillna(0.0)
    held, quiet = top_share(value, share), in_a & since.ge(window_days)
    total = brought.sum()
    return {
        "customers": n,
        "total": float(value.sum()),
        "mean": float(value.mean()),
        "median": float(value.median()),
        "top": top,
        "top_share": top / n,
        "held_by_top": held,
        "largest": float(brought.max() / total) if total > 0 else float("nan"),
        "customers_for_80": customers_for(value, FOUR_FIFTHS),
        "gini": gini_concentration(value),
        "cut_a": cuts[0],
        "cut_b": cuts[1],
        "class_a": int(in_a.sum()),
        "class_a_share": float(in_a.mean()),
        "class_a_held": float(brought[in_a].sum() / total) if total > 0 else float("nan"),
        "class_a_active": int((in_a & since.lt(window_days)).sum()),
        "class_a_quiet": int(quiet.sum()),
        "class_a_quiet_sales": float(value[quiet].sum()),
        "window_days": window_days,
    }


def concentrated(facts: Mapping[str, Any], name: str = "title") -> Claim:
    """Say how far the business depends on few.

    Returns
    -------
    Claim
        ``nothing`` has been brought; ``dependent`` on one customer, whatever the rest; else ``more`` concentrated than
        four fifths from a fifth, ``usual`` or ``less``.
    """
    held = facts["held_by_top"]
    if np.isnan(held):
        verdict = "nothing"
    elif facts["largest"] >= RELIED_ON:
        verdict = "dependent"
    else:
        off = round(held - FOUR_FIFTHS, 9)
        verdict = "usual" if abs(off) <= ABOUT else "more" if off > 0 else "less"
    return Claim(name, verdict, facts, n=facts["customers"], severity="amber" if verdict == "dependent" else "pass")


def curve(value: pd.Series) -> pd.DataFrame:
    """Return the concentration in ten steps, or one a customer where there are fewer: the numbers behind its chart."""
    steps = concentration_curve(value, points=10).iloc[1:]
    return steps.assign(n_customers=(steps["share_of_customers"] * len(value)).round().astype("int64"))


def beyond(value: pd.Series) -> list[Claim]:
    """Say who got back more than ever paid, which is why shares are not of the sum of all; nothing where nobody did."""
    below = value[value < 0]
    if below.empty:
        return []
    return [Claim("refunds", "some", {"money": float(-below.sum()), "n_below": len(below)}, n=len(value))]


def single(once_share: float, n: int) -> list[Claim]:
    """Say that single purchases are the rule, where they are: concentration then tells of large orders, not loyalty."""
    return [Claim("kind", "single", {"once_share": once_share}, n=n)] if once_share >= MOSTLY_SINGLE else []


def quiet(facts: Mapping[str, Any], kinds: Sequence[Claim], history_days: float) -> Claim:
    """Count the customers of class A without an order for the churn window.

    Parameters
    ----------
    facts
        From `figures`.
    kinds
        From `single`.
    history_days
        Days between the first of the log and the as-of date.

    Returns
    -------
    Claim
        ``too_early`` in a log shorter than the window; ``none``; ``expected``: so few that chance makes them of a
        steady rhythm, or single purchases are the rule anyway; else ``some``.
    """
    share = facts["class_a_quiet"] / max(facts["class_a"], 1)
    if history_days < facts["window_days"]:
        verdict = "too_early"
    else:
        verdict = "none" if not share else "expected" if kinds or share < FEW_QUIET else "some"
    return Claim("quiet", verdict, facts, n=facts["class_a"])


def classes(value: pd.Series, current: pd.DataFrame, facts: Mapping[str, Any]) -> Claim:
    """Say what class A is, and how far from the others.

    Parameters
    ----------
    value
        As for `figures`.
    current
        With abc and n_orders.
    facts
        From `figures`.

    Returns
    -------
    Claim
        ``nobody`` has brought anything; ``tied``: most of class A is worth no more than somebody below; ``once``: most
        of it has bought once; ``apart`` from class C by so many ``times`` the mean; or ``alone``, where class C has
        nobody, or nothing. Facts: those of `figures`, once and once_share of class A, times, tied and tied_below
        (customers in and below class A who are worth the same), at (their value).
    """
    in_a = current["abc"].eq("A")
    mine = value[in_a]
    if mine.empty:
        return Claim("classes", "nobody", facts, n=len(value))
    lowest, once = mine.min(), int(current.loc[in_a, "n_orders"].eq(1).sum())
    tied, tied_below = int(mine.eq(lowest).sum()), int(value[~in_a].eq(lowest).sum())
    rest = value[current["abc"].eq("C")]
    found = {
        **facts, "once": once, "once_share": once / len(mine), "tied": tied, "tied_below": tied_below, "at": lowest,
    }  # fmt: skip
    if tied_below and tied >= TIED * len(mine):
        verdict = "tied"
    elif found["once_share"] >= MOSTLY_ONCE:
        verdict = "once"
    elif len(rest) and rest.mean() > 0:
        verdict, found["times"] = "apart", float(mine.mean() / rest.mean())
    else:
        verdict = "alone"
    return Claim("classes", verdict, found, n=len(mine))


def by_class(value: pd.Series, abc: pd.Series, *, money: bool) -> pd.DataFrame:
    """Return customers and value by class with their shares, and all of them in a last row `TOTAL`.

    Columns: abc, n_customers, share_of_customers, and value_to_date, share_of_value, value_per_customer; without money
    n_orders, share_of_orders_made, orders_per_customer.
    """
    found = share_by_class(value, abc)
    found.loc[TOTAL] = found.sum(min_count=1)
    found = found.assign(value_per_customer=found["value"] / found["n_customers"], abc=found.index)
    shares = ["share_of_customers", "share_of_value"]
    found[shares] = found[shares].round(9)  # a sum of shares is 1, not a hair below
    found["n_customers"] = found["n_customers"].astype("int64")
    names = {"value": "value_to_date"}
    if not money:
        names = {"value": "n_orders", "share_of_value": "share_of_orders_made"}
        names["value_per_customer"] = "orders_per_customer"
    order = ["abc", "n_customers", "share_of_customers", "value", "share_of_value", "value_per_customer"]
    return found[order].rename(columns=names)


def gone_quiet(
    value: pd.Series, current: pd.DataFrame, window_days: float, history_days: float
) -> tuple[Claim, pd.Series]:
    """Say how many frequent customers have gone quiet, and which ones: for the churn window, and for their own rhythm.

    Parameters
    ----------
    value
        As for `figures`.
    current
        r, f, days_since_last, n_orders, frequency and recency (weeks).
    window_days, history_days
        As for `figures` and `quiet`.

    Returns
    -------
    Claim, pandas.Series
        ``nobody_frequent`` stands out by number of orders; ``too_early`` to tell; ``none``; ``frequent``, or
        ``returned`` where two orders are enough to stand out. Facts: quiet, money, least (orders of whoever is
        frequent), frequent. The series is true for those who are meant.
    """
    often = current["f"].ge(UPPER)
    since = current["days_since_last"].astype("float64")
    interval = DAYS_PER_WEEK * current["recency"] / current["frequency"].where(current["frequency"] > 0)
    former = often & current["r"].between(1, LOWER) & since.ge(window_days) & since.ge(RHYTHM * interval)
    facts: dict[str, Any] = {
        "quiet": int(former.sum()),
        "frequent": int(often.sum()),
        "money": float(value[former].sum()),
    }
    facts |= {"least": int(current.loc[often, "n_orders"].min()) if often.any() else None, "times": RHYTHM}
    if not often.any():
        verdict = "nobody_frequent"
    elif history_days < window_days:
        verdict = "too_early"
    elif not former.any():
        verdict = "none"
    else:
        verdict = "frequent" if facts["least"] >= OFTEN else "returned"
    return Claim("gone_quiet", verdict, facts, n=facts["frequent"]), former


def best_on_all(value: pd.Series, rfm: pd.Series) -> Claim:
    """Say who has the highest of all three scores, and what they bring."""
    best, brought = rfm.eq(str(SCORES) * 3), value.clip(lower=0.0).fillna(0.0)
    share = float(brought[best].sum() / brought.sum()) if brought.sum() > 0 else 0.0
    verdict = "some" if best.any() else "nobody"
    return Claim("best_on_all", verdict, {"best": int(best.sum()), "share": share}, n=len(rfm))


def scores(n_orders: pd.Series, grid: pd.DataFrame) -> list[Claim]:
    """Say whether frequency scores are fifths, and what their grid shows: who has ordered equally often shares one.

    Parameters
    ----------
    n_orders
        Of those who bought.
    grid
        From `clv.decisions.rfm.rfm_grid`: frequency from 5 down, recency from 1 up.

    Returns
    -------
    list of Claim
        ``ties``, where a score holds far more or fewer than a fifth; facts: share and orders of the most frequent
        number of orders. ``grid``; facts: frequency and recency of the cell with most customers, cell; best, those of
        5 and 5.
    """
    counts, held = n_orders.value_counts(), grid.sum(axis="columns") * SCORES / len(n_orders)
    cells = grid.to_numpy()
    row, column = (int(place) for place in np.unravel_index(int(cells.argmax()), cells.shape))
    facts = {
        "cell": int(cells.max()), "frequency": SCORES - row, "recency": column + 1, "best": int(cells[0, -1]),
    }  # fmt: skip
    found = [Claim("grid", facts=facts, n=len(n_orders))]
    if (held - 1).abs().gt(UNEVEN).any():
        of_ties = {"share": float(counts.iloc[0] / len(n_orders)), "orders": int(counts.index[0])}
        found.insert(0, Claim("ties", "many", of_ties, n=len(n_orders)))
    return found


def by_score(grid: pd.DataFrame) -> pd.DataFrame:
    """Return the grid of scores as a table: frequency_score and the customers of recency_1 to recency_5."""
    named = grid.rename(columns=lambda score: f"recency_{score}")
    return named.rename_axis("frequency_score").rename_axis(columns=None).reset_index()


def stay(grid: pd.DataFrame, sizes: pd.Series, period_months: int) -> Claim:
    """Say which part of customers bought how long after their first order, all cohorts together.

    The age is the last one, up to `MOST_AGES`, that half of the customers have reached, so that the share rests on most
    of the base; a single cohort would not.

    Parameters
    ----------
    grid
        From `clv.decisions.cohorts.retention_grid`.
    sizes
        Customers of each of its cohorts.
    period_months
        1, 3 or 12.

    Returns
    -------
    Claim
        ``too_short`` (no cohort has a whole period after its first), ``too_few`` (customers to say a share of),
        ``hardly`` (anyone buys again), or ``by_month``, ``by_quarter``, ``by_year``. Facts: age, share, small
        (cohorts too small to be drawn), least. n: customers who have reached the age.
    """
    reached, shares = reached_age(grid, sizes), pooled_retention(grid, sizes)
    ages = _ages(grid)
    small = int(sizes.reindex(grid.index).lt(LEAST_FOLLOWED).sum())
    facts: dict[str, Any] = {"small": small, "least": LEAST_FOLLOWED}
    if not ages:
        return Claim("stay", "too_short", facts, n=0)
    enough = [age for age in ages if reached[age] >= LEAST_FOLLOWED]
    if not enough:
        return Claim("stay", "too_few", facts, n=int(reached[1]))
    half = [age for age in enough if 2 * reached[age] >= reached[0]]
    age = half[-1] if half else enough[0]
    facts |= {"age": age, "share": float(shares[age])}
    verdict = "hardly" if facts["share"] < HARDLY else f"by_{PERIODS[period_months]}"
    return Claim("stay", verdict, facts, n=int(reached[age]))


def _ages(grid: pd.DataFrame) -> list[int]:
    return [age for age in map(int, grid.columns) if 1 <= age <= MOST_AGES]


def followed(grid: pd.DataFrame, sizes: pd.Series) -> pd.DataFrame:
    """Return what a reader follows of each cohort, and of all in a last row `TOTAL`.

    Columns: n_customers, after_1 to after_12 as far as known (shares, missing where the period is not over).
    """
    ages = _ages(grid)
    rows = grid[ages].dropna(axis="index", how="all")
    total = pooled_retention(grid, sizes)[ages].to_frame(TOTAL).T
    found = pd.concat([rows.set_axis(rows.index.astype(object), axis="index"), total])
    found.columns = [f"after_{age}" for age in ages]
    customers = [*sizes.reindex(rows.index), sizes.reindex(rows.index).sum()]
    found.insert(0, "n_customers", np.asarray(customers, dtype="int64"))
    return found


def drawn(followed: pd.DataFrame, written: Callable[[Any], str]) -> pd.DataFrame:
    """Return the rows that are large enough to draw, each named by its cohort and its customers as `written`.

    Parameters
    ----------
    followed
        From `followed`, with the names of the rows in ``cohort``.
    """
    large = followed[followed["n_customers"] >= LEAST_FOLLOWED]
    names = [f"{name} ({written(n)})" for name, n in zip(large["cohort"], large["n_customers"], strict=True)]
    shares = large.drop(columns=["cohort", "n_customers"]).set_axis(names, axis="index")
    return shares.rename(columns=lambda name: name.removeprefix("after_"))


def actions(
    title: Claim, kinds: Sequence[Claim], silent: Claim, apart: Claim, former: Claim, facts: Mapping[str, Any]
) -> list[Claim]:
    """Return what to do, most valuable first; advice follows the number of customers and the kind of business.

    Where single purchases are the rule nobody is looked after by name, and where class A tells nobody apart, not its
    members.

    Parameters
    ----------
    title, kinds, silent, apart, former
        From `concentrated`, `single`, `quiet`, `classes` and `gone_quiet`.
    facts
        From `figures`.
    """
    found = []
    if title.verdict == "dependent":
        found.append(Claim("plan_for_the_largest", facts=facts))
    found += [Claim("second_order", facts=kind.facts) for kind in kinds]
    if not kinds and apart.verdict not in {"nobody", "tied"}:
        if active := facts["class_a_active"]:
            found.append(Claim("serve", "by_name" if active <= BY_NAME else "as_a_class", facts))
        if silent.verdict in {"expected", "some"}:
            found.append(Claim("ask_the_quiet", "by_name" if facts["class_a_quiet"] <= BY_NAME else "many", facts))
    if not kinds and former.verdict in {"frequent", "returned"}:
        n = former["quiet"]
        way = "by_name" if n <= BY_NAME else "offer" if n < COMPARED else "compared"
        found.append(Claim("win_back", way, former.facts))
    return found or [Claim("nothing_to_do", facts=facts)]
