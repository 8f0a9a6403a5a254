"""What is said of the customer base: how complete the log is, where sales go, who is new, and how often people buy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import pandas as pd

from clv.checks.claim import Claim, Severity
from clv.checks.registry import DEFAULTS, Measured, judge_all, trust_in
from clv.data.accounting import Accounts
from clv.data.identity.company import IdentityRecord
from clv.decisions.base import change, since_months_before
from clv.definitions.checks import Limits

QUARTER: Final = 3  # months compared, so that a single odd month decides nothing
YEAR: Final = 12  # months after which the same season comes again
HARDLY_NEW: Final = 0.02  # share of newcomers among those who bought, below which a business lives on whom it knows
MOSTLY_ONCE: Final = 0.25  # share of buyers who bought once, from which a second order is worth a programme
REACHABLE: Final = 0.9  # share of the best customers, below which asking for contacts comes first


def figures(customers: pd.DataFrame, as_of: dt.date, window_days: float) -> dict[str, float]:
    """Return the counts and sums of the base that its page and others name.

    Parameters
    ----------
    customers
        From `clv.data.customers.customer_summary`.
    as_of
        Last day that counts.
    window_days
        Days without order from which a customer counts as inactive.
    """
    buyers, recent = customers[customers["n_orders"] > 0], since_months_before(as_of, QUARTER)
    silent = (pd.Timestamp(as_of) - pd.to_datetime(buyers["last_order"])).dt.days
    active, new = int((silent < window_days).sum()), int(buyers["first_order"].ge(recent).sum())
    once, n = int((buyers["n_orders"] == 1).sum()), len(customers)
    return {
        "customers": n,
        "buyers": len(buyers),
        "orders": int(customers["n_orders"].sum()),
        "sales": customers["value_to_date"].sum(),
        "active": active,
        "active_share": active / n,
        "new": new,
        "new_share": new / n,
        "bought_lately": int(buyers["last_order"].ge(recent).sum()),
        "once": once,
        "once_share": once / max(len(buyers), 1),
        "window_days": window_days,
    }


def measure(accounts: Accounts) -> Measured:
    """Return what the checks of the log ask for."""
    counted = accounts.rows_used + accounts.rows_set_aside
    return {"lines_set_aside": (accounts.rows_set_aside / max(counted, 1), counted)}


def lines_used(accounts: Accounts, limits: Mapping[str, Limits] = DEFAULTS) -> tuple[Claim, ...]:
    """Judge how much of the log the page rests on; the first claim carries the level, the others its sentences.

    Parameters
    ----------
    accounts
        Lines used and set aside up to the as-of date.
    limits
        Of the config.
    """
    measured = measure(accounts)
    share, counted = measured["lines_set_aside"]
    level = trust_in(judge_all(measured, limits))
    severity: Severity = "pass" if level == "high" else "amber"
    facts = {"lines": counted, "share": share, "sales": accounts.amount_used}
    found = [Claim("quality", level, n=counted, severity=severity)]
    found.append(Claim("lines_used", "some" if accounts.rows_set_aside else "all", facts, n=counted))
    if accounts.rows_set_aside and accounts.has_amounts:
        unknown = accounts.rows_of_unknown_worth
        verdict = "known" if not unknown else "unknown" if unknown == accounts.rows_set_aside else "partly"
        found.append(Claim("worth", verdict, {"worth": accounts.amount_set_aside, "unknown": unknown}))
    if accounts.rows_later:
        found.append(Claim("later", "some", {"lines": accounts.rows_later}, n=accounts.rows_later))
    return tuple(found)


def trend(monthly: pd.Series, no_change_below: float) -> Claim:
    """Compare the last three full months with the same months a year before, else with the three before.

    Parameters
    ----------
    monthly
        Of full months without a gap, in their order.
    no_change_below
        Relative change that is still called none.

    Returns
    -------
    Claim
        ``too_short``; ``refunds_exceed`` where more went back than came in; or ``steady``, ``rising`` or ``falling``
        and what they are held against, ``_on_year`` or ``_on_quarter``. Facts: change (relative, without sign), low and
        high of a month, months.
    """
    months = len(monthly)
    facts = {"low": monthly.min() if months else None, "high": monthly.max() if months else None, "months": months}
    over_a_year = months >= YEAR + QUARTER and monthly.iloc[-YEAR - QUARTER : -YEAR].sum() > 0
    if over_a_year:
        before = monthly.iloc[-YEAR - QUARTER : -YEAR].sum()
        relative: float | None = round(float(monthly.iloc[-QUARTER:].sum() / before - 1), 6)
    else:
        relative = change(monthly, QUARTER)
    if relative is None:
        return Claim("trend", "too_short", facts, n=months)
    if monthly.iloc[-QUARTER:].sum() < 0:
        return Claim("trend", "refunds_exceed", {**facts, "net": monthly.iloc[-QUARTER:].sum()}, n=months)
    way = "steady" if abs(relative) < no_change_below else "rising" if relative > 0 else "falling"
    against = "on_year" if over_a_year else "on_quarter"
    return Claim("trend", f"{way}_{against}", {**facts, "change": abs(relative)}, n=months)


def newcomers(new: int, bought: int) -> Claim:
    """Say which part of those who bought lately came for the first time."""
    share = new / max(bought, 1)
    verdict = "nobody_bought" if not bought else "hardly" if share < HARDLY_NEW else "some"
    return Claim("newcomers", verdict, {"new": new, "share": share}, n=bought)


def orders_made(n_orders: pd.Series) -> Claim:
    """Say on how many days half of the buyers have bought."""
    half, once = int(n_orders.median()), int((n_orders == 1).sum())
    facts = {"half": half, "once": once, "share": once / max(len(n_orders), 1)}
    return Claim("orders_made", "several" if half > 1 else "once", facts, n=len(n_orders))


def pace(usual: float, patient: float, *, is_set: bool, n: int) -> Claim:
    """Say at which pace returning customers come back, and from when this report speaks of churn."""
    if n == 0:
        return Claim("pace", "nobody_returned", n=0)
    return Claim("pace", "window_set" if is_set else "window_found", {"usual": usual, "patient": patient}, n=n)


def people(identity: IdentityRecord) -> tuple[Claim, Claim]:
    """Say how many people stand behind the customer cards, and how many pairs are in doubt."""
    cards = sum(identity.records.values())
    facts = {"cards": cards, "people": identity.people, "joined": identity.joined}
    found = Claim("people", "joined" if identity.joined else "apart", facts, n=cards)
    doubt = Claim("pairs", "doubtful" if identity.review else "settled", {"pairs": identity.review}, n=identity.review)
    return found, doubt


def reached(filled: pd.DataFrame, classes: pd.Series | None, to_complete: int) -> Claim:
    """Say which part of the buyers e-mail or phone reaches, and of the best of them.

    Parameters
    ----------
    filled
        Of buyers, from `clv.data.identity.fill_cards`.
    classes
        A, B or C of each buyer; None without money.
    to_complete
        Customers whose cards lack a field.
    """
    reach = filled[filled.columns.intersection(["email", "phone"])].any(axis=1)
    best = reach if classes is None else reach[classes.reindex(reach.index).eq("A").to_numpy()]
    verdict = "nobody" if reach.empty else "gap" if len(best) and best.mean() < REACHABLE else "well"
    facts = {"share": reach.mean(), "best": best.mean(), "missing": int((~best).sum()), "cards": to_complete}
    return Claim("reached", verdict, facts, n=len(reach))


def actions(
    in_sales: Claim,
    new: Claim,
    made: Claim,
    pairs: Claim | None,
    reach: Claim | None,
    accounts: Accounts,
    silent: int,
) -> list[Claim]:
    """Return what to do about what was found, most valuable first.

    Parameters
    ----------
    in_sales, new, made
        From `trend`, `newcomers` and `orders_made`.
    pairs, reach
        From `people` and `reached`; None without customer cards.
    accounts
        Lines that were set aside.
    silent
        Customers without an order for the churn window or longer.
    """
    found = []
    if new.verdict == "hardly":
        found.append(Claim("win_customers", facts=new.facts))
    if made["share"] > MOSTLY_ONCE:
        found.append(Claim("second_purchase", facts=made.facts))
    if in_sales.verdict.startswith(("falling", "refunds")):
        found.append(Claim("find_the_fall", facts=in_sales.facts))
    if pairs is not None and pairs.verdict == "doubtful":
        found.append(Claim("decide_on_pairs", facts=pairs.facts))
    if reach is not None and reach.verdict == "gap":
        found.append(Claim("ask_for_contacts", facts=reach.facts))
    if accounts.rows_set_aside:
        found.append(Claim("correct_lines", facts={"lines": accounts.rows_set_aside}))
    if silent:
        found.append(Claim("follow_up", facts={"silent": silent}))
    return found
