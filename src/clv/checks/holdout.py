"""What is said of the test of a forecast: sums, tenths, ranges, risk, cohorts, and who forecasts.

What a heading says of money, orders, ranges or risk is read from the same record as the sentence below it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import binom

from clv.checks.claim import Claim, Severity
from clv.decisions.holdout import HoldoutCheck, Sum
from clv.decisions.proof import Track
from clv.decisions.trust import FEWEST_FLAGGED, OVERDONE, calibration_gap, weighted_gap
from clv.definitions.checks import CHECKS
from clv.learning.candidates import PROBABILITY
from clv.learning.combine import BLEND, Contest
from clv.models.evaluation.comparison import Difference

CLOSE: Final = 0.05  # gap of tenths, or of the risk over all customers, that is called agreement
FEWEST_BY_TENTH: Final = 200  # customers, twenty a tenth, below which tenths are not judged
RANGE_LEVEL: Final = 0.90  # share of outcomes that ranges claim to hold
RANGE_TOLERANCE: Final = CHECKS["ranges_off"].limits.medium or 0.0  # how near to it they hold
SURER: Final = 0.5  # error of the sum over that of a single customer, both as shares, up to which it is called surer
OUTSIDE_BY_CHANCE, RARE = 0.05, 0.05  # cohorts outside their margin where the forecast is right; what is no chance
HARDLY: Final = 0.005  # drift of the tracked orders that is called none


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
    verdict = "nobody" if bias is None else "close" if abs(bias) < CLOSE else "off"
    return Claim("test_tile", verdict, test.facts, n=test.n)


def total_held(check: HoldoutCheck) -> Claim:
    """Say whether the total of the test lay in the range foreseen for it: sales, or orders where none were foreseen."""
    held, verdict = main_total(check), "money" if check.has_amounts else "orders"
    facts = {"actual": held.actual, "low": held.forecast.low, "high": held.forecast.high}
    return Claim("total_held", f"{verdict}_{'inside' if held.inside else 'outside'}", facts, n=len(check.known))


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


def main_total(check: HoldoutCheck) -> Sum:
    """Return the total of the test that counts: of sales, or of orders where no money was forecast."""
    return check.total("revenue" if check.has_amounts else "orders")
