"""What is said of the value to date: how concentrated it is, what its classes tell apart, what to do with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from clv.checks.business import MOSTLY_SINGLE
from clv.checks.claim import Claim
from clv.decisions.concentration import (
    concentration_curve,
    customers_for,
    gini_concentration,
    share_by_class,
    top_share,
)

FOUR_FIFTHS: Final = 0.80  # of sales that the best fifth brings by Pareto's rule of thumb
ABOUT: Final = 0.05  # share of sales around four fifths that is still called the rule
RELIED_ON: Final = 0.10  # share of sales of one customer that IFRS 8.34 and ASC 280 have companies disclose
TIED: Final = 0.5  # share of class A worth no more than somebody below it, from which the class tells nobody apart
MOSTLY_ONCE: Final = 0.5  # share of class A that bought once, from which its value is that of single orders
FEW_QUIET: Final = 0.05  # share of class A without an order for the churn window, below which a reader is not warned
BY_NAME: Final = 50  # customers whom one person can know by name, and go through by hand
COMPARED: Final = 400  # customers: half of them left alone shows twice the orders (20 % for 10 %), four times in five
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


def actions(
    title: Claim, kinds: Sequence[Claim], silent: Claim, apart: Claim, former: Claim, facts: Mapping[str, Any]
) -> list[Claim]:
    """Return what to do, most valuable first; advice follows the number of customers and the kind of business.

    Where single purchases are the rule nobody is looked after by name, and where class A tells nobody apart, not its
    members.

    Parameters
    ----------
    title, kinds, silent, apart, former
        From `concentrated`, `single`, `quiet`, `classes` and `clv.checks.rfm.gone_quiet`.
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
