"""What is said of the forecast: how far its sums can be trusted, what its test showed, and what lies ahead.

Every verdict follows from the numbers of its own claim; what a heading says of money, orders, ranges or risk is read
from the same record as the sentence below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import binom

from clv.checks.claim import Claim, Severity
from clv.decisions.course import Course
from clv.decisions.holdout import HoldoutCheck, Sum
from clv.decisions.proof import Track
from clv.decisions.reach import Reach
from clv.decisions.trust import FEWEST_FLAGGED, OVERDONE, calibration_gap, weighted_gap
from clv.learning.candidates import PROBABILITY
from clv.learning.combine import BLEND, Contest
from clv.models.calendar.drift import SpendTrend
from clv.models.calendar.level import Level
from clv.models.calendar.season import Season
from clv.models.evaluation.comparison import Difference
from clv.models.outcomes.totals import Total

HIGH_TRUST, MEDIUM_TRUST = 0.05, 0.15  # distance of the holdout's totals from their forecasts
LONG_TEST, SHORT_TEST = 0.50, 0.10  # length of the test as a share of the horizon that is forecast
SORTS: Final = 0.20  # quality of the ranking (1 is perfect, 0 chance), from which it is advised to sort by it
CLOSE: Final = 0.05  # gap of tenths, or of the risk over all customers, that is called agreement
FEWEST_BY_TENTH: Final = 200  # customers, twenty a tenth, below which tenths are not judged
RANGE_LEVEL, RANGE_TOLERANCE = 0.90, 0.03  # share of outcomes that ranges claim, and how near to it they hold
SURER: Final = 0.5  # error of the sum over that of a single customer, both as shares, up to which it is called surer
OUTSIDE_BY_CHANCE, RARE = 0.05, 0.05  # cohorts outside their margin where the forecast is right; what is no chance
HARDLY: Final = 0.005  # drift of the tracked orders that is called none
TWO_PASSES_DAYS: Final = 728  # 104 weeks: every time of year seen twice
FEWEST_MONTHS_TWICE: Final = 3  # months seen a year before, too: 15 months of history
STANDS_OUT: Final = 0.20  # distance of a month from what was expected of it that asks for a reason
ALIKE: Final = 0.50  # of that distance, a year before, that is called the same again
WITH_CENTS: Final = 100  # mean value, below which cents are written
LEANS: Final = 0.30  # correlation of spend and frequency, from which values are to be read with care
SEASON_KNOWN: Final = frozenset({"seen", "none", "irregular"})  # verdicts by which a season was seen or ruled out


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
        Of `season`, `outcome_of_test`, `trust`, `gain`, `ranges` and `worth`, in any order.
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
        "trust_off": said["trust"]["off"],
        "trust_tested": said["trust"]["tested"],
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


def trust(
    off: float,
    held: bool,
    *,
    beats_naive: bool,
    tested: float,
    season_known: bool,
    is_far: bool = False,
    sorts: bool = True,
    facts: Mapping[str, Any] | None = None,
) -> Claim:
    """Say how far the sums of the forecast can be trusted, from one test of it.

    Parameters
    ----------
    off
        Larger distance of the totals of the test from their forecasts, as a share, 0 or more.
    held
        Whether the total lay inside its range.
    beats_naive
        Whether the error per customer is no larger than the naive rule's.
    tested
        Length of the test as a share of the horizon.
    season_known
        Whether a season was seen or ruled out.
    is_far
        Whether the forecast looks far beyond the history, see `clv.decisions.reach`.
    sorts
        Whether its ranking is of use.
    facts
        More that the words may name.

    Returns
    -------
    Claim
        ``high``, ``medium`` or ``low``; the fact `keeps_from_high` lists what did, in the words of `reasons`.

    Examples
    --------
    >>> known = {"beats_naive": True, "season_known": True}
    >>> trust(0.03, True, tested=0.6, **known).verdict, trust(0.03, True, tested=0.33, **known).verdict
    ('high', 'medium')
    >>> trust(0.03, False, tested=0.6, **known).verdict, trust(0.2, False, tested=0.6, **known).verdict
    ('medium', 'low')
    """
    against = {
        "naive_better": not beats_naive,
        "short_test": round(tested, 2) < LONG_TEST,
        "season_open": not season_known,
        "far": is_far,
    }
    reasons = [name for name, speaks in against.items() if speaks]
    if off > MEDIUM_TRUST or tested < SHORT_TEST:
        level = "low"
    else:
        level = "high" if off <= HIGH_TRUST and held and not reasons else "medium"
    severity: Severity = "pass" if level == "high" else "amber"
    more = {"off": off, "held": held, "tested": tested, "sorts": sorts, "keeps_from_high": reasons}
    return Claim("trust", level, {**(facts or {}), **more}, severity=severity)


def trust_of(check: HoldoutCheck, course: Claim, reach: Reach) -> Claim:
    """Return `trust` of a holdout, given the claim of the season and the reach of the forecast."""
    facts = {
        "test_days": check.span.days,
        "horizon": reach.horizon_days,
        "history": reach.history_days,
        "times": reach.multiple,
    }
    return trust(
        check.off,
        _main(check).inside,
        beats_naive=check.beats_naive,
        tested=check.span.days / reach.horizon_days,
        season_known=course.verdict in SEASON_KNOWN,
        is_far=reach.is_far,
        sorts=float(check.orders["gini_ranking"]["model"]) >= SORTS,
        facts=facts,
    )


def trusted(level: Claim, test: Claim, held: Claim) -> tuple[Claim, ...]:
    """Return the badge: the level, what the test showed, what that is good for, and what keeps it from being high."""
    if test.verdict == "nobody_ordered":
        use = "no_plan"
    elif level.verdict == "low":
        use = "sort_only" if level["sorts"] else "nothing"
    else:
        use = "promise" if level.verdict == "high" else "plan" if level["sorts"] else "plan_only"
    reasons = [Claim("reason", name, level.facts) for name in level["keeps_from_high"]]
    return level, test, held, Claim("use", use, level.facts), *reasons


def outcome_of_test(check: HoldoutCheck) -> Claim:
    """Say how far the totals of orders and sales were off in the test."""
    facts = {
        "test_days": check.span.days,
        "bias": check.bias,
        "money_bias": check.money_bias,
        "expected": float(check.forecast["expected_orders"].sum()),
        "off": check.off,
    }
    if check.bias is None:
        verdict = "nobody_ordered"
    elif check.money_bias is not None:
        verdict = "orders_and_money"
    else:
        verdict = "orders_refunded" if check.has_amounts else "orders"
    if verdict == "orders_refunded":
        money = check.total("revenue")
        facts |= {"actual_money": money.actual, "expected_money": money.forecast.expected}
    return Claim("tested", verdict, facts, n=len(check.known))


def tile_of_test(test: Claim) -> Claim:
    """Return the tile of the test: orders off by little, or by more."""
    bias = test["bias"]
    verdict = "nobody" if bias is None else "close" if abs(bias) < HIGH_TRUST else "off"
    return Claim("test_tile", verdict, test.facts, n=test.n)


def total_held(check: HoldoutCheck) -> Claim:
    """Say whether the total of the test lay in the range foreseen for it: sales, or orders where none were foreseen."""
    held, verdict = _main(check), "money" if check.has_amounts else "orders"
    facts = {"actual": held.actual, "low": held.forecast.low, "high": held.forecast.high}
    return Claim("total_held", f"{verdict}_{'inside' if held.inside else 'outside'}", facts, n=len(check.known))


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


def contest(found: Contest, race: pd.DataFrame, span_days: float) -> Claim:
    """Say who forecasts, and who came how near.

    Parameters
    ----------
    found
        Of orders.
    race
        From `clv.decisions.diagnostics.race_of`.
    span_days
        Of the test, where there was no contest.
    """
    facts = {
        "winner": found.winner,
        "span_days": found.span_days if len(found.table) else span_days,
        "forecasts": int(race["n_customers"].iloc[0]),
        "best": race["relative_error"].min(),
        "used": float(race.loc[race["is_used"], "relative_error"].iloc[0]),
        "weight": found.weights.get(PROBABILITY),
    }
    return Claim("contest", found.reason, facts, n=facts["forecasts"])


def gain(found: Difference, rule_error: float, n: int) -> Claim:
    """Compare the error per customer with the naive rule's: better or worse only beyond chance.

    Parameters
    ----------
    found
        Error of the forecast less that of the rule, with its 90 % interval.
    rule_error
        Of the rule, above 0; where it made none, nothing is better.
    n
        Customers of the test.
    """
    verdict = "better" if found.high < 0 else "worse" if found.low > 0 else "alike"
    scale = rule_error if rule_error > 0 else 1.0
    ends = sorted([abs(found.low) / scale, abs(found.high) / scale])
    facts = {"gain": -found.estimate / scale, "size": abs(found.estimate) / scale, "low": ends[0], "high": ends[1]}
    return Claim("gain", verdict, facts, n=n)


def sum_and_single(mae: float, mean: float, bias: float | None, total_is: Claim, n: int) -> Claim:
    """Compare the error of the sum with that of a single customer, both as shares of what was ordered.

    Returns
    -------
    Claim
        ``nothing`` (nobody ordered), ``missed`` (the sum left its range), ``surer`` or ``no_surer``.
    """
    if bias is None or mean <= 0:
        return Claim("sum_and_single", "nothing", {"mae": mae}, n=n)
    single = mae / mean
    inside = total_is.verdict.endswith("_inside")
    verdict = "missed" if not inside else "surer" if abs(bias) <= SURER * single else "no_surer"
    return Claim("sum_and_single", verdict, {"mae": mae, "single": single, "off": abs(bias), **total_is.facts}, n=n)


def tenths(calibration: pd.DataFrame) -> Claim:
    """Say how far forecast and outcome are apart by tenth of the forecast.

    Parameters
    ----------
    calibration
        From `clv.models.evaluation.accuracy.calibration_by_decile`.

    Returns
    -------
    Claim
        ``nobody`` ordered; ``few`` customers to judge; ``agree``; or the worst tenth was ``too_high`` or ``too_low``.
        Facts: gap, worst, excess (of the worst, without sign), outside (tenths off beyond their margin), groups.
    """
    gap, worst, excess = calibration_gap(calibration)
    n = int(calibration["n_customers"].sum())
    off = (calibration["forecast_mean"] < calibration["actual_low"]) | (
        calibration["forecast_mean"] > calibration["actual_high"]
    )
    first, last = calibration.iloc[0], calibration.iloc[-1]
    facts = {"gap": gap, "worst": worst, "excess": abs(excess), "outside": int(off.sum()), "groups": len(calibration)}
    facts |= {"best_forecast": first["forecast_mean"], "best_actual": first["actual_mean"]}
    facts |= {"last_forecast": last["forecast_mean"], "last_actual": last["actual_mean"]}
    if np.isnan(gap):
        verdict = "nobody"
    elif n < FEWEST_BY_TENTH:
        verdict = "few"
    else:
        verdict = "agree" if gap < CLOSE else "too_high" if excess > 0 else "too_low"
    return Claim("tenths", verdict, facts, n=n)


def ranges(intervals: pd.DataFrame, n: int) -> Claim:
    """Say whether the ranges of single customers hold nine of ten outcomes, by the share that ended inside them.

    Ranges of whole numbers cannot end just where nine of ten lie and hold more; they are called wide only where more
    than nine of ten lie inside also with that set aside.

    Parameters
    ----------
    intervals
        Rows orders and, where there is money, revenue: coverage, pit_inside, from `HoldoutCheck.intervals`.
    n
        Customers of the test.

    Returns
    -------
    Claim
        ``few`` customers, ``hold``, ``narrow``, ``wide``, or ``mixed`` (of orders and sales one narrow, one wide).
    """
    shares = intervals["coverage"].reindex(["orders", "revenue"])
    parts = intervals["pit_inside"].reindex(["orders", "revenue"])
    narrow = shares < RANGE_LEVEL - RANGE_TOLERANCE
    wide = np.minimum(shares, parts) > RANGE_LEVEL + RANGE_TOLERANCE
    if n < FEWEST_FLAGGED:
        verdict = "few"
    elif narrow.any() and wide.any():
        verdict = "mixed"
    else:
        verdict = "narrow" if narrow.any() else "wide" if wide.any() else "hold"
    facts = {"orders_inside": shares["orders"], "sales_inside": shares["revenue"]}
    facts["simulated"] = intervals["coverage"].get("simulated", np.nan)
    return Claim("ranges", verdict, facts, n=n, severity="pass" if verdict == "hold" else "amber")


def silence(reliability: pd.DataFrame, flagged: Mapping[str, float], cut: float, days: float) -> Claim:
    """Say how well the risk of no order came true, over all customers and among those flagged.

    Parameters
    ----------
    reliability
        From `clv.models.evaluation.probabilities.reliability_table`.
    flagged
        From `HoldoutCheck.flagged`.
    cut
        Forecast risk from which a customer counts as flagged.
    days
        Length of the silence that was tested.

    Returns
    -------
    Claim
        Whoever is flagged decides where they are enough to judge: ``overdone`` (they came back more often) or
        ``underdone``. Else all customers do: ``well`` or ``roughly``, with ``_few_flagged`` or ``_none_flagged`` where
        the flag could not be judged.
    """
    gap, n = weighted_gap(reliability), int(flagged["n_customers"])
    apart = flagged["forecast"] - flagged["actual"]
    if n >= FEWEST_FLAGGED and abs(apart) > OVERDONE:
        verdict = "overdone" if apart > 0 else "underdone"
    else:
        verdict = "well" if gap < CLOSE else "roughly"
        verdict += "" if n >= FEWEST_FLAGGED else "_few_flagged" if n else "_none_flagged"
    facts = {"points": 100 * gap, "days": days, "cut": cut, "flagged": n}
    facts |= {"actual": flagged["actual"], "forecast": flagged["forecast"]}
    first, last = reliability.iloc[0], reliability.iloc[-1]
    facts |= {"least_risk": first["forecast_mean"], "least_silent": first["actual_share"]}
    facts |= {"most_risk": last["forecast_mean"], "most_silent": last["actual_share"]}
    severity: Severity = "amber" if verdict in {"overdone", "underdone"} else "pass"
    return Claim("silence", verdict, facts, n=int(reliability["n_customers"].sum()), severity=severity)


def tracked(followed: Track, found: Contest) -> tuple[Claim, ...]:
    """Say how one probability model followed the orders of the whole history, and what part it has in the forecast.

    Parameters
    ----------
    followed
        From `clv.decisions.proof.followed`.
    found
        Contest of the forecast made at the start of the test.
    """
    track = followed.added
    if track.empty or not track["actual"].iloc[-1] > 0:
        return (Claim("tracked", "short", n=len(track)),)
    drift = float(track["forecast"].iloc[-1] / track["actual"].iloc[-1] - 1)
    verdict = "together" if abs(drift) <= HARDLY else "above" if drift > 0 else "below"
    part = found.weights.get(PROBABILITY, 0.0) if found.winner == BLEND else float(found.winner == PROBABILITY)
    facts = {"drift": drift, "size": abs(drift), "model": followed.model, "share": part}
    facts |= {"made": track["actual"].iloc[-1], "expected": track["forecast"].iloc[-1], "weekly": followed.error}
    found_part = "alone" if part >= 1 else "none" if part < HARDLY else "some"
    claims = [Claim("tracked", verdict, facts, n=len(track)), Claim("part", found_part, facts)]
    return *claims, *([Claim("weekly", facts=facts)] if pd.notna(followed.error) else [])


def cohorts(table: pd.DataFrame) -> Claim:
    """Say which cohorts the forecast fits within their margin of error; of many, a few lie outside it by chance.

    Parameters
    ----------
    table
        From `clv.decisions.proof.cohorts`.
    """
    off = table[(table["made_share_low"] > 1) | (table["made_share_high"] < 1)]
    chance = float(binom.sf(len(off) - 1, max(len(table), 1), OUTSIDE_BY_CHANCE))  # of so many by luck
    verdict = "one" if len(table) < 2 else "fit" if off.empty else "by_chance" if chance > RARE else "off"
    n = int(table["n_customers"].sum())
    facts = {"off": len(off), "cohorts": len(table), "share": off["n_customers"].sum() / max(n, 1)}
    return Claim("cohorts", verdict, facts, n=n)


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
        From `trust`, `outcome_of_test` and `season`.
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
            how = "missed" if level["off"] > MEDIUM_TRUST else "untested"
        found.append(Claim("plan", how, {**facts, **level.facts}))
    if level["sorts"]:
        found.append(Claim("rank", facts=facts))
    if not money:
        found.append(Claim("add_amounts"))
    if "short_test" in level["keeps_from_high"]:
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


def _main(check: HoldoutCheck) -> Sum:
    return check.total("revenue" if check.has_amounts else "orders")
