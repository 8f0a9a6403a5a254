"""What the page on the method says: data, models, assumptions and checks, each in the way that is true of this run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from clv.checks.base import measure
from clv.checks.claim import ALWAYS, Claim, Severity
from clv.checks.registry import Measured, Outcome, of_facts, trust_in
from clv.data.accounting import Accounts

SPEND: Mapping[str, str] = {"GammaGamma": "gamma_gamma", "MeanSpend": "mean"}  # by the class that was fitted


def measured(accounts: Accounts, tested: Mapping[str, Any]) -> Measured:
    """Return what all checks of a run ask for, but for those that depend on the day.

    Parameters
    ----------
    accounts
        Lines used and set aside.
    tested
        ``forecast_facts``.
    """
    return {**measure(accounts), **of_facts(tested)}


def data(accounts: Accounts, *, by_money: bool) -> list[Claim]:
    """Say which lines the figures rest on, and when a day counts as an order: by its money, or whatever it brought."""
    facts = {"used": accounts.rows_used, "aside": accounts.rows_set_aside}
    rule = "positive_net" if by_money else "any_order"
    return [Claim("data", "some" if accounts.rows_set_aside else "all", facts), Claim("order", rule)]


def models(tested: Mapping[str, Any], *, has_amounts: bool) -> list[Claim]:
    """Say which method forecasts and why, and where money comes from.

    Parameters
    ----------
    tested
        ``forecast_facts``.
    has_amounts
        Whether money is known.
    """
    names = ("model", "contest_days", "contest_forecasts", "winner")
    facts = {name: tested[name] for name in names} | {"weight": _known(tested["probability_weight"])}
    found = [
        Claim("models", str(tested["contest"]), facts, n=int(tested["contest_forecasts"])),
        Claim("family", facts=facts),
    ]
    return [*found, *([Claim("spend", SPEND.get(str(tested["spend"]), "unknown"))] if has_amounts else [])]


def test(tested: Mapping[str, Any], start: dt.date) -> Claim:
    """Say how the forecast was tried.

    Parameters
    ----------
    tested
        ``forecast_facts``.
    start
        Last day that the test's forecast knew.
    """
    facts = {"test_days": tested["holdout_days"], "known": start, "risk_days": tested["silence_tested_days"]}
    return Claim("test", ALWAYS, facts, n=int(tested["tested_customers"]))


def summed_up(outcomes: Iterable[Outcome]) -> tuple[Claim, Claim]:
    """Say what the checks that could be judged found, by the worst of them, and how many could not be."""
    found = list(outcomes)
    judged = [one for one in found if one.level != "untold"]
    untold = Claim("untold", "some" if len(judged) < len(found) else "none", {"untold": len(found) - len(judged)})
    levels = [trust_in([one]) for one in judged]
    verdict = {"high": "passed", "medium": "medium", "low": "low"}[trust_in(judged)]
    facts = {"failed": len(judged) - levels.count("high"), "low": levels.count("low")}
    severity: Severity = "pass" if verdict == "passed" else "amber"
    return Claim("checks", verdict, facts, n=len(judged), severity=severity), untold


def _known(number: Any) -> float | None:
    return None if pd.isna(number) else float(number)
