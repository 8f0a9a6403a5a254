"""What is said of portfolios: how steady the base is, where sales rest, what to do with each, whom to call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clv.checks.claim import ALWAYS, Claim
from clv.decisions.portfolios import NO_PURCHASE, Measure
from clv.decisions.trust import flags_overdone

SLIPPING: Final = ("A_at_risk", "A_leaving")
ALL_STEADY: Final = 0.99  # share of steady customers, from which nobody is said to leave
MOST: Final = 0.5  # share of what is expected, from which it rests on one portfolio
CONTROL_FROM: Final = 2_000  # customers: a tenth of them left alone shows ten points more orders, four times in five
CALLS_IN_CARE: Final = 20  # calls that a year's margin of a customer must pay before a person looks after them
MOST_IN_CARE: Final = 500  # customers whom people can look after one by one
FEW_IN_ALL: Final = 100  # customers whom one person can go through by hand


def figures(customers: pd.DataFrame, summary: pd.DataFrame, of: Measure) -> dict[str, float]:
    """Return the counts and sums that the page of portfolios names.

    Parameters
    ----------
    customers
        portfolio, p_churn, value_to_date, n_orders and the window of each customer.
    summary
        From `clv.decisions.portfolios.summarise_portfolios`.
    of
        What is at stake: revenue, or orders without amounts.
    """
    brought = customers["value_to_date" if of == "revenue" else "n_orders"]
    steady, slipping = customers["portfolio"].eq("A_steady"), customers["portfolio"].isin(SLIPPING)
    at_risk = float(summary[f"{of}_at_risk"].sum())
    if_all_ordered = float(customers[f"window_{of}"].sum()) + at_risk
    return {
        "customers": len(customers),
        "portfolios": len(summary),
        "key_steady": int(steady.sum()),
        "steady_brought": float(brought[steady].sum()),
        "key_slipping": int(slipping.sum()),
        "slipping_brought": float(brought[slipping].sum()),
        "silent": float(customers["p_churn"].sum()),
        "at_risk": at_risk,
        "at_risk_share": at_risk / if_all_ordered if if_all_ordered > 0 else 0.0,
    }


def slipping(facts: Mapping[str, Any], kind: Claim, name: str = "title") -> Claim:
    """Say whether key customers are at risk or leaving; where single purchases are the rule that is no alarm."""
    if not facts["key_slipping"]:
        return Claim(name, "none_slipping", facts, n=0)
    verdict = "single" if kind.verdict == "single" else "slipping"
    return Claim(name, verdict, {**facts, "once_share": kind["once_share"]}, n=facts["key_slipping"])


def at_stake(facts: Mapping[str, Any], kind: Claim) -> Claim:
    """Say what silence may cost; where single purchases are the rule nobody counts on the order that does not come."""
    return Claim("tiles_risk", "single" if kind.verdict == "single" else ALWAYS, facts)


def trust(tested: Mapping[str, Any]) -> list[Claim]:
    """Say how far portfolios can be trusted, and, where they came back far more often than forecast, that of leaving.

    Parameters
    ----------
    tested
        ``forecast_facts``: trust, flagged, flagged_forecast, flagged_silent and silence_tested_days.
    """
    level = str(tested["trust"])
    flagged = tested.get("flagged")
    if pd.isna(flagged) or not flags_overdone(flagged, tested["flagged_forecast"], tested["flagged_silent"]):
        return [Claim("trust", level, severity="pass" if level == "high" else "amber")]
    facts = {"back": 1 - tested["flagged_silent"], "tested_days": tested["silence_tested_days"], "flagged": flagged}
    level = "medium" if level == "high" else level
    return [Claim("trust", level, severity="amber"), Claim("came_back", facts=facts, n=int(flagged))]


def steadiness(grid: pd.DataFrame, kind: Claim, cuts: tuple[float, float]) -> Claim:
    """Say which part of the customers is steady, or why the question is an idle one.

    Parameters
    ----------
    grid
        From `clv.decisions.portfolios.portfolio_grid`.
    kind
        From `clv.checks.business.kind_of_business`.
    cuts
        Risk from which a customer is at risk, and from which leaving.
    """
    n, steady, leaving = int(grid.to_numpy().sum()), int(grid["steady"].sum()), int(grid["leaving"].sum())
    share = steady / max(n, 1)
    facts = {
        "buyers": n, "steady": steady, "share": share, "at_risk": int(grid["at_risk"].sum()), "leaving": leaving,
        "low": cuts[0], "high": cuts[1], "largest": int(grid.to_numpy().max()),
    }  # fmt: skip
    if share >= ALL_STEADY:
        verdict = "all_steady"
    elif kind.verdict == "single":
        verdict, facts["once_share"] = "single", kind["once_share"]
    else:
        verdict = "mixed" if steady else "none_steady"
    return Claim("steadiness", verdict, facts, n=n)


def weighed(summary: pd.DataFrame, of: Measure) -> pd.DataFrame:
    """Return the portfolios with share_of_customers and their share of what is expected, missing where nothing is."""
    expected = summary[f"expected_{of}"]
    total = expected.sum()
    share = expected / total if total > 0 else expected * float("nan")
    of_customers = summary["n_customers"] / summary["n_customers"].sum()
    name = "share_of_sales" if of == "revenue" else "share_of_orders"
    return summary.assign(share_of_customers=of_customers, **{name: share})


def weight(shares: pd.DataFrame, of: Measure) -> Claim:
    """Say on which portfolio most of what is expected rests.

    Parameters
    ----------
    shares
        From `weighed`, indexed by portfolio.

    Returns
    -------
    Claim
        ``only`` (there is one), ``most`` (half or more), ``largest`` or ``nothing``. Facts: portfolio, share,
        customers_share.
    """
    share = shares["share_of_sales" if of == "revenue" else "share_of_orders"]
    n = int(shares["n_customers"].sum())
    if share.isna().all():
        return Claim("weight", "nothing", n=n)
    code = str(share.idxmax())
    facts = {"portfolio": code, "share": share[code], "customers_share": shares.loc[code, "share_of_customers"]}
    verdict = "only" if len(shares) == 1 else "most" if share[code] >= MOST else "largest"
    return Claim("weight", verdict, facts, n=n)


def plan(summary: pd.DataFrame, kind: Claim, margin: float, cost: float | None) -> pd.DataFrame:
    """Return objective and tactic of each portfolio, as codes that the vocabulary of columns words.

    People look after a portfolio where the margin that a mean customer of it is expected to leave pays `CALLS_IN_CARE`
    calls, as long as there are no more than `MOST_IN_CARE` customers in care, counted from the most valuable portfolio
    on; without money the second alone decides. Elsewhere everything goes by itself. Where single purchases are the
    rule, whoever slips is wanted for a second order.

    Returns
    -------
    pandas.DataFrame
        portfolio, n_customers, objective and tactic, in the order of `summary`.
    """
    n = summary["n_customers"]
    pays = pd.Series(data=True, index=summary.index)
    if cost is not None and summary["expected_revenue"].notna().all():
        pays = margin * summary["expected_revenue"] / n >= CALLS_IN_CARE * cost
    in_care = pays & (n.where(pays, 0).cumsum() <= MOST_IN_CARE)
    code = summary.index.to_series()
    tactic = code + in_care.map({True: "_in_care", False: "_by_itself"})
    once = code.str.endswith(("at_risk", "leaving")) & ~in_care & (kind.verdict == "single")
    found = {"objective": code.mask(once, "second_order"), "tactic": tactic.mask(once, "second_order")}
    never = code.eq(NO_PURCHASE)
    found["tactic"] = found["tactic"].mask(never, NO_PURCHASE)
    return pd.DataFrame({"portfolio": code, "n_customers": n, **found}).reset_index(drop=True)


def calls(overdue: pd.DataFrame, pay: pd.DataFrame, margin: float, cost: float | None, of: Measure) -> Claim:
    """Say how many calls pay.

    Parameters
    ----------
    overdue, pay
        From `clv.decisions.calls.first_to_call` and `calls_that_pay`.
    margin, cost
        Contribution margin, and what a call costs; None where unknown.

    Returns
    -------
    Claim
        ``nobody`` (is overdue and within reach), ``none_pays``, ``pays`` (by cost), or ``some`` (no cost is known: at
        most a month's work). Facts: calls, overdue, cost, least (sales that pay a call), to_save, must_work (share
        of the calls that must bring their order for all to pay), best (that one call can save), margin.
    """
    saved = float(pay[f"{of}_to_save"].sum())
    facts = {"calls": len(pay), "overdue": len(overdue), "to_save": saved, "cost": cost, "margin": margin}
    if overdue.empty:
        return Claim("calls", "nobody", facts, n=0)
    if cost is None or of == "orders":
        return Claim("calls", "some", facts, n=len(overdue))
    facts |= {"least": cost / margin, "best": float(overdue[f"{of}_to_save"].max())}
    if pay.empty:
        return Claim("calls", "none_pays", facts, n=len(overdue))
    return Claim("calls", "pays", {**facts, "must_work": cost * len(pay) / (margin * saved)}, n=len(overdue))


def cost(claim: Claim, *, is_stated: bool) -> list[Claim]:
    """Say where the cost of a call comes from; nothing where no call was weighed by it."""
    if claim.verdict not in {"pays", "none_pays"}:
        return []
    return [Claim("cost", "stated" if is_stated else "assumed", claim.facts)]


def control(summary: pd.DataFrame) -> Claim:
    """Say in which portfolios a tenth left alone can show what actions bring."""
    large = [str(code) for code in summary.index[summary["n_customers"] >= CONTROL_FROM]]
    verdict = "none" if not large else "all" if len(large) == len(summary) else "some"
    return Claim("control", verdict, {"least": CONTROL_FROM, "large": large}, n=int(summary["n_customers"].sum()))


def actions(to_call: Claim, kind: Claim, left_alone: Claim, customers: int) -> list[Claim]:
    """Return what to do, most valuable first; a base of few is gone through by hand."""
    found = [Claim("call", facts=to_call.facts)] if to_call["calls"] else []
    if kind.verdict == "single":
        found.append(Claim("second_order", facts=kind.facts))
    found.append(Claim("responsible", "few" if customers < FEW_IN_ALL else "many", {"customers": customers}))
    if customers >= FEW_IN_ALL:
        found.append(left_alone)
    return found
