"""What the first page says: what is expected, how far it can be trusted, and the three actions that matter most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clv.checks.base import HARDLY_NEW, MOSTLY_ONCE, measure
from clv.checks.claim import ALWAYS, Claim
from clv.checks.portfolios import SLIPPING
from clv.checks.registry import DEFAULTS, judge_all, trust_in
from clv.data.accounting import Accounts
from clv.decisions.reach import Reach
from clv.definitions.checks import Limits

MOST_ACTIONS: Final = 3  # that a reader keeps
CALLS_LEAD: Final = 0.001  # of what is expected, from which what calls can save comes first
SMALL_MEAN: Final = 100  # currency, below which a mean is written with its cents


def figures(
    base: Mapping[str, Any], value: Mapping[str, Any], future: Mapping[str, Any], summary: pd.DataFrame
) -> dict[str, Any]:
    """Return the figures of the other pages that the summary names; what one of them does not tell is None.

    Parameters
    ----------
    base, value, future
        ``base_facts``, ``value_facts`` and ``forecast_facts``.
    summary
        ``portfolio_summary``, indexed by portfolio.
    """
    of_base = (
        "customers",
        "sales",
        "orders",
        "active",
        "buyers",
        "window_days",
        "new",
        "bought_lately",
        "trend_change",
    )
    of_value = ("top_share", "held_by_top", "class_a_active")
    of_future = (
        "expected_orders",
        "orders_low",
        "orders_high",
        "expected_revenue",
        "revenue_low",
        "revenue_high",
        "clv",
    )
    found = {name: known(base, name) for name in of_base}
    found |= {name: known(value, name) for name in of_value}
    found |= {name: known(future, name) for name in (*of_future, "clv_per_customer")}
    found["decimals"] = 2 if (found["clv_per_customer"] or 0) < SMALL_MEAN else 0
    key = summary[summary.index.isin(SLIPPING)].sum(numeric_only=True)
    found |= {
        "key_slipping": int(key["n_customers"]),
        "slipping_brought": float(key["value_to_date"]),
        "slipping_orders": float(key["expected_orders"]),
        "calls": int(summary["n_to_call"].sum()),
        "to_save": float(summary["to_save"].sum()),
    }
    scale = found["clv"] / found["expected_revenue"] if found["clv"] and found["expected_revenue"] else None
    for end in ("low", "high"):  # lifetime value is a share of the sales expected, so its ends are
        stated = known(future, f"clv_{end}")
        sales = found[f"revenue_{end}"]
        found[f"clv_{end}"] = (
            stated if stated is not None else None if scale is None or sales is None else scale * sales
        )
    return found


def known(facts: Mapping[str, Any], name: str) -> Any:
    """Return a fact, None where it is missing."""
    fact = facts.get(name)
    return None if fact is None or pd.isna(fact) else fact


def trust(future: Mapping[str, Any], reach: Reach | None, *, has_amounts: bool) -> list[Claim]:
    """Say how far the forecast can be trusted, from the test that ``forecast_facts`` tell of.

    Returns
    -------
    list of Claim
        ``trust`` carries the level, ``tested`` what the test showed (``silent``: nobody ordered; ``money``: orders and
        sales; ``orders``; ``no_money``: orders alone, though there are amounts; ``untested``), ``use`` what that is
        good for, ``far`` that nothing so far ahead was ever seen.
    """
    level = str(future["trust"])
    bias, money = known(future, "holdout_bias"), known(future, "holdout_money_bias")
    facts = {
        "days": known(future, "holdout_days"),
        "forecast": known(future, "holdout_forecast"),
        "bias": None if bias is None else abs(bias),
        "money_bias": None if money is None else abs(money),
    }
    if facts["days"] is None:
        verdict = "untested"
    elif bias is None:
        verdict = "silent"
    else:
        verdict = "orders" if not has_amounts else "no_money" if money is None else "money"
    severity = "pass" if level == "high" else "amber"
    found = [Claim("trust", level, severity=severity), Claim("tested", verdict, facts)]  # type: ignore[arg-type]
    if verdict in {"money", "orders", "no_money"}:
        found.append(Claim("use", level))
    if reach is not None and reach.is_far:
        found.append(Claim("far", facts={"times": reach.multiple, "history": reach.history_days}))
    return found


def set_aside(accounts: Accounts, limits: Mapping[str, Limits] = DEFAULTS) -> Claim | None:
    """Say which part of the lines is not in these figures; None where, by the limits of the config, it is too small."""
    measured = measure(accounts)
    share, counted = measured["lines_set_aside"]
    if trust_in(judge_all(measured, limits)) == "high":
        return None
    unknown = accounts.rows_of_unknown_worth
    facts = {"share": share, "worth": accounts.amount_set_aside, "unknown": unknown}
    if not accounts.has_amounts:
        verdict = "uncounted"
    else:
        verdict = "known" if not unknown else "unknown" if unknown == accounts.rows_set_aside else "partly"
    return Claim("set_aside", verdict, facts, n=counted, severity="amber")


def actions(facts: Mapping[str, Any], kind: Claim, trend: str, *, has_amounts: bool, has_margin: bool) -> list[Claim]:
    """Return the `MOST_ACTIONS` actions that are worth most, each with the page and list that it leads to.

    Parameters
    ----------
    facts
        From `figures`.
    kind
        From `clv.checks.business.kind_of_business`.
    trend
        Verdict in ``base_facts``, see `clv.checks.base.trend`.
    has_amounts, has_margin
        Whether money is known, and which part of sales is margin.
    """
    way, _, against = trend.partition("_")
    new, bought, single = facts["new"], facts["bought_lately"], kind.verdict == "single"
    hardly_new = new is not None and bool(bought) and new / bought < HARDLY_NEW
    expected = facts["expected_revenue" if has_amounts else "expected_orders"] or 0.0
    calls, much = bool(facts["calls"]), facts["to_save"] >= CALLS_LEAD * expected
    wanted = [
        ("call", calls and much),
        ("find_the_fall", way == "falling" and facts["trend_change"] is not None),
        ("win_customers", single and not hardly_new),
        ("second_order", single),
        ("win_new", hardly_new and new > 0),
        ("win_any", hardly_new and new == 0),
        ("protect", bool(facts["class_a_active"]) and not single),
        ("call", calls and not much),
        ("second_order", not single and kind["once_share"] > MOSTLY_ONCE),
        ("limit_cost", has_amounts and has_margin and facts["clv_per_customer"] is not None),
        ("enter_margin", has_amounts and not has_margin),
        ("plan", True),
    ]
    chosen = [name for name, is_true in wanted if is_true][:MOST_ACTIONS]
    ways = {"find_the_fall": against}
    return [Claim(f"do_{name}", ways.get(name, ALWAYS), {**facts, **kind.facts}) for name in chosen]
