"""What is said of the forecast: its sums, what lies ahead week by week, what to do.

Every verdict follows from the numbers of its own claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from clv.checks.claim import Claim
from clv.checks.trust import SEASON_KNOWN
from clv.decisions.course import Course
from clv.decisions.holdout import HoldoutCheck
from clv.models.calendar.drift import SpendTrend
from clv.models.calendar.level import Level
from clv.models.calendar.season import Season
from clv.models.outcomes.totals import Total

TWO_PASSES_DAYS: Final = 728  # 104 weeks: every time of year seen twice
FEWEST_MONTHS_TWICE: Final = 3  # months seen a year before, too: 15 months of history
STANDS_OUT: Final = 0.20  # distance of a month from what was expected of it that asks for a reason
ALIKE: Final = 0.50  # of that distance, a year before, that is called the same again
WITH_CENTS: Final = 100  # mean value, below which cents are written
_MISSED: Final = {"forecast_off": "missed", "test_length": "untested"}  # why not to plan with the expected sum
LEANS: Final = 0.30  # correlation of spend and frequency, from which values are to be read with care


def figures(forecast: pd.DataFrame, totals: Mapping[str, Total], window_days: float) -> dict[str, Any]:
    """Return the sums and values that any sentence of the page may name.

    Parameters
    ----------
    forecast
        From `clv.decisions.lifetime_value.forecast`.
    totals
        From `clv.decisions.worth.totals_of`.
    window_days
        Silence that counts as churn.
    """
    each = forecast["clv"].dropna()
    found: dict[str, Any] = {}
    for name, of in (("sales", "revenue"), ("orders", "orders"), ("clv", "clv")):
        one = totals[of]
        found |= {name: one.expected, f"{name}_low": one.low, f"{name}_high": one.high}
    found |= {"at_risk": totals["revenue"].at_risk, "value_mean": each.mean(), "value_median": each.median()}
    return {**found, "cents": 2 if each.mean() < WITH_CENTS else 0, "window_days": window_days}


def told(facts: Mapping[str, Any], check: HoldoutCheck, claims: Sequence[Claim], *, money: bool) -> dict[str, Any]:
    """Return what other notebooks read of the forecast and of its test.

    Parameters
    ----------
    facts
        From `figures`.
    check
        From `clv.decisions.holdout.check_on_holdout`.
    claims
        Of `season`, `outcome_of_test`, `trust`, `contest`, `gain`, `ranges` and `worth`, in any order.
    money
        Whether there are amounts; money is None without.
    """
    said, flagged = {claim.name: claim for claim in claims}, check.flagged
    names = {
        "expected_revenue": "sales",
        "revenue_low": "sales_low",
        "revenue_high": "sales_high",
        "revenue_at_risk": "at_risk",
        "clv": "clv",
        "clv_low": "clv_low",
        "clv_high": "clv_high",
        "clv_per_customer": "value_mean",
    }
    return {
        "expected_orders": facts["orders"],
        "orders_low": facts["orders_low"],
        "orders_high": facts["orders_high"],
        **{name: facts[of] if money else None for name, of in names.items()},
        "best_tenth_share": said["worth"]["share"],
        "holdout_days": check.span.days,
        "holdout_bias": check.bias,
        "holdout_forecast": said["tested"]["expected"],
        "holdout_money_bias": check.money_bias,
        "gain_over_naive": said["gain"]["gain"],
        "ranges_held": said["ranges"]["orders_inside"],
        "ranges": said["ranges"].verdict,
        "trust": said["trust"].verdict,
        "contest": said["contest"].verdict,
        "winner": said["contest"]["winner"],
        "contest_days": said["contest"]["span_days"],
        "contest_forecasts": said["contest"]["forecasts"],
        "probability_weight": said["contest"]["weight"],
        "tested_customers": len(check.known),
        "season": said["season"].verdict,
        "silence_tested_days": check.window.days,
        "flagged": flagged["n_customers"],
        "flagged_forecast": flagged["forecast"],
        "flagged_silent": flagged["actual"],
    }


def season(found: Season, months: pd.DataFrame) -> Claim:
    """Judge whether there is a season: by the weeks, and by the same months of two years where there are any.

    Parameters
    ----------
    found
        From `clv.models.calendar.season.fit_season`.
    months
        From `clv.decisions.course.months_of`, of the same weeks.

    Returns
    -------
    Claim
        ``short_history``, ``few_purchases``; where the weeks show a season ``seen``, ``seen_once`` (no time of year was
        seen twice over a whole year) or ``seen_unlike`` (the month that stands out did not do so a year before); where
        they do not ``repeats`` (a month stood out in both years), ``untold`` (less than two years), ``irregular`` (a
        month stands out, but did not a year before) or ``none``.
    """
    if found.reason in {"short_history", "few_purchases"}:
        return Claim("season", found.reason, dict(found.numbers), n=len(months), severity="amber")
    twice = months.dropna()
    facts: dict[str, Any] = {"days": found.numbers["days"], "months": len(months)}
    if len(months):
        top = months.iloc[int(months["above"].abs().argmax())]
        facts |= {"odd_month": top["month"], "odd": top["above"]}
    like = None
    if len(twice) >= FEWEST_MONTHS_TWICE:
        last = twice.iloc[int(twice["above"].abs().argmax())]
        facts |= {"month": last["month"], "above": last["above"], "before": last["above_before"]}
        if abs(last["above"]) >= max(STANDS_OUT, _noise(found, last)):
            like = bool(last["above_before"] / last["above"] >= ALIKE)
    whole = found.numbers["days"] >= TWO_PASSES_DAYS
    if found.reason == "seen":
        year = pd.date_range("2001-01-15", periods=12, freq="MS") + pd.Timedelta(days=14)
        factor = found.factors(year)["factor"]
        facts |= {"peak": factor.idxmax(), "high": factor.max() - 1, "trough": factor.idxmin(), "low": 1 - factor.min()}
        verdict = "seen_unlike" if like is False else "seen" if whole else "seen_once"
    else:
        verdict = "repeats" if like else "untold" if not whole else "irregular" if like is False else "none"
    return Claim("season", verdict, facts, n=len(months), severity="pass" if verdict in SEASON_KNOWN else "amber")


def level(found: Level) -> Claim:
    """Say whether the total is corrected for season or trend."""
    return Claim("level", found.reason, {"change": found.factor - 1}, n=int(found.numbers.get("n_origins", 0)))


def spend(found: SpendTrend) -> Claim:
    """Say whether the same customers spend more or less per order as time goes by."""
    ends = sorted([abs(found.low), abs(found.high)])
    facts = {"change": abs(found.change_per_year), "low": ends[0], "high": ends[1]}
    return Claim("spend", found.verdict, facts, n=found.n_customers)


def weeks(course: Course) -> Claim:
    """Say where the weeks ahead begin and end, ``ranged`` where the past tells how they scatter."""
    ahead, behind = course.path.dropna(subset=["forecast"]), course.path["actual"].dropna()
    first, last = ahead.iloc[0], ahead.iloc[-1]
    facts = {
        "start": first["forecast"],
        "end": last["forecast"],
        "start_low": first["low"],
        "start_high": first["high"],
        "end_low": last["low"],
        "end_high": last["high"],
        "least": behind.min() if len(behind) else None,
        "most": behind.max() if len(behind) else None,
        "weeks_ahead": len(ahead),
        "weeks_behind": len(behind),
    }
    return Claim("weeks", "ranged" if pd.notna(first["low"]) else "unranged", facts, n=len(behind))


def worth(table: pd.DataFrame) -> Claim:
    """Say what the best tenth holds of what is to come, from `clv.decisions.worth.by_tenth`."""
    best, last = table.iloc[0], table.iloc[-1]
    facts = {"best_mean": best["value_mean"], "best_mean_low": best["value_low"], "best_mean_high": best["value_high"]}
    facts["last_mean"] = last["value_mean"]
    n = int(table["n_customers"].sum())
    return Claim("worth", facts={"share": best["share"], **facts}, n=n)


def actions(
    level: Claim,
    test: Claim,
    season: Claim,
    facts: Mapping[str, Any],
    *,
    money: bool,
    link: float,
    price: float | None,
) -> list[Claim]:
    """Return what to do with the forecast, most valuable first.

    Parameters
    ----------
    level, test, season
        From `clv.checks.trust.trust`, `clv.checks.holdout.outcome_of_test` and `season`.
    facts
        Totals and values that the words name.
    money
        Whether there are amounts.
    link
        Correlation of spend and frequency; nan where unknown.
    price
        What each order counts where customers are not told apart by what they spend; else None.
    """
    found = []
    if money:
        found.append(Claim("spend_limit", facts=facts))
        how = "no_plan" if test.verdict == "nobody_ordered" else "base_line"
        if level.verdict == "low" and how == "base_line":
            how = next((_MISSED[code] for code in level["low_by"] if code in _MISSED), "doubtful")
        found.append(Claim("plan", how, {**facts, **level.facts}))
    if level["sorts"]:
        found.append(Claim("rank", facts=facts))
    if not money:
        found.append(Claim("add_amounts"))
    if "test_length" in level["keeps_from_high"]:
        found.append(Claim("longer_history", facts=level.facts))
    if season.verdict not in SEASON_KNOWN:
        carried = season.verdict in {"seen_once", "seen_unlike"}
        found.append(Claim("season_ahead", "carried" if carried else "unknown", season.facts))
    if price is not None:
        found.append(Claim("one_price", facts={"price": price}))
    if abs(link) > LEANS:
        found.append(Claim("related", facts={"link": link}))
    return found


def _noise(found: Season, month: pd.Series) -> float:
    """Return how far a month may be off by the scatter and the memory of weeks alone, in nineteen of twenty cases."""
    scatter, memory = found.numbers["dispersion"], found.numbers["memory"]
    return float(np.sqrt(4 * scatter * (1 + memory) / (1 - memory) / max(month["orders"], 1.0)))
