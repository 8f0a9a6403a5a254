"""How far the sums of a forecast can be trusted: what its test measured, the level, what keeps it from being high."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clv.checks.claim import Claim, Severity
from clv.checks.holdout import RANGE_LEVEL, main_total
from clv.checks.registry import DEFAULTS, Measured, judge_all, trust_in
from clv.decisions.holdout import HoldoutCheck
from clv.decisions.reach import Reach
from clv.decisions.trust import FEWEST_FLAGGED
from clv.definitions.checks import CHECKS, Limits

SORTS: Final = 0.20  # quality of the ranking (1 is perfect, 0 chance), from which it is advised to sort by it
SEASON_KNOWN: Final = frozenset({"seen", "none", "irregular"})  # verdicts by which a season was seen or ruled out
SAID_BY_THE_TEST: Final = frozenset({"forecast_off", "total_outside"})  # checks whose numbers the badge tells anyway


def measure(check: HoldoutCheck, course: Claim, reach: Reach, left_out: int) -> Measured:
    """Return what the checks of a forecast ask for.

    Parameters
    ----------
    check
        Its test.
    course
        From `clv.checks.forecast.season`.
    reach
        Length of the forecast beside that of the history.
    left_out
        Probability models that found no maximum.
    """
    n, flagged = len(check.known), check.flagged
    n_flagged = int(flagged["n_customers"])
    risk = abs(flagged["forecast"] - flagged["actual"]) if n_flagged >= FEWEST_FLAGGED else None
    return {
        "forecast_off": (check.off, n),
        "total_outside": (float(not main_total(check).inside), n),
        "naive_better": (float(not check.beats_naive), n),
        "test_length": (round(check.span.days / reach.horizon_days, 2), None),
        "test_orders": (float(check.outcome["orders"].sum()), n),
        "season_open": (float(course.verdict not in SEASON_KNOWN), course.n),
        "horizon_reach": (reach.multiple, None),
        "ranges_off": (ranges_off(check.intervals) if n >= FEWEST_FLAGGED else None, n),
        "risk_off": (risk, n_flagged),
        "models_left_out": (float(left_out), None),
    }


def ranges_off(intervals: pd.DataFrame) -> float:
    """Return how far the share of customers inside their ranges is from nine of ten, of orders or sales the farther.

    Ranges of whole numbers hold more than they promise; beyond nine of ten only what is so without that counts.

    Parameters
    ----------
    intervals
        As for `clv.checks.holdout.ranges`.
    """
    shares, parts = (intervals[name].reindex(["orders", "revenue"]) for name in ("coverage", "pit_inside"))
    short, over = RANGE_LEVEL - shares.min(), np.minimum(shares, parts).max() - RANGE_LEVEL
    return float(max(short, over, 0.0))


def trust(
    measured: Measured,
    limits: Mapping[str, Limits] = DEFAULTS,
    *,
    sorts: bool = True,
    facts: Mapping[str, Any] | None = None,
) -> Claim:
    """Say how far the sums of the forecast can be trusted, from one test of it.

    Parameters
    ----------
    measured
        From `measure`; the checks of the forecast count.
    limits
        Of the config.
    sorts
        Whether its ranking is of use.
    facts
        More that the words may name.

    Returns
    -------
    Claim
        ``high``, ``medium`` or ``low``; the fact `keeps_from_high` lists the checks that keep it from being high beside
        those whose numbers are told anyway, `low_by` those by which it is low.

    Examples
    --------
    >>> good = {"forecast_off": (0.03, 500), "total_outside": (0.0, 500), "test_length": (0.6, None)}
    >>> trust(good).verdict, trust({**good, "test_length": (0.33, None)}).verdict
    ('high', 'medium')
    >>> trust({**good, "forecast_off": (0.2, 500)}).verdict
    'low'
    """
    of_forecast = {code: found for code, found in measured.items() if CHECKS[code].of_forecast}
    outcomes = judge_all(of_forecast, limits)
    level = trust_in(outcomes)
    failed = [one.code for one in outcomes if trust_in([one]) != "high"]
    severity: Severity = "pass" if level == "high" else "amber"
    more = {
        "off": of_forecast["forecast_off"][0],
        "tested": of_forecast["test_length"][0],
        "sorts": sorts,
        "keeps_from_high": [code for code in failed if code not in SAID_BY_THE_TEST],
        "low_by": [one.code for one in outcomes if trust_in([one]) == "low"],
    }
    return Claim("trust", level, {**(facts or {}), **more}, n=of_forecast["forecast_off"][1], severity=severity)


def trust_of(check: HoldoutCheck, measured: Measured, reach: Reach, limits: Mapping[str, Limits] = DEFAULTS) -> Claim:
    """Return `trust` of a test, with what the words of its badge name."""
    facts = {
        "test_days": check.span.days,
        "horizon": reach.horizon_days,
        "history": reach.history_days,
        "times": reach.multiple,
        "orders_made": measured["test_orders"][0],
    }
    sorts = float(check.orders["gini_ranking"]["model"]) >= SORTS
    return trust(measured, limits, sorts=sorts, facts=facts)


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
