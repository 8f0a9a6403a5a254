"""High confidence needs every check of the forecast; the badge says what kept it from being high, in both languages."""

from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import holdout, trust
from clv.checks.claim import Claim
from clv.checks.registry import DEFAULTS
from clv.decisions.reach import Reach
from clv.definitions.checks import CHECKS, Limits
from clv.report.text import Text
from clv.report.written import Words, sections

GOOD = {
    "forecast_off": (0.0, 900), "total_outside": (0.0, 900), "naive_better": (0.0, 900), "test_length": (1.0, None),
    "test_orders": (900.0, 900), "season_open": (0.0, 24), "horizon_reach": (1.0, None),
}  # fmt: skip
SHARE, ANSWER = st.floats(0, 1), st.sampled_from([0.0, 1.0])


def measured(**changed):
    return {**GOOD, **{code: (value, 900) for code, value in changed.items()}}


@given(SHARE, ANSWER, ANSWER, st.floats(0, 2), st.floats(0, 500), ANSWER, st.floats(0, 9))
def test_high_confidence_needs_every_check_of_the_forecast(off, outside, worse, tested, orders, season, reach):
    values = (off, outside, worse, tested, orders, season, reach)
    claim = trust.trust(measured(**dict(zip(GOOD, values, strict=True))))
    kept = {
        "naive_better": worse, "test_length": tested < 0.5, "test_orders": orders < 100, "season_open": season,
        "horizon_reach": reach >= 2,
    }  # fmt: skip
    assert claim["keeps_from_high"] == [code for code, speaks in kept.items() if speaks]
    low = off >= 0.15 or tested < 0.1
    high = off < 0.05 and not outside and not any(kept.values())
    assert claim.verdict == ("low" if low else "high" if high else "medium")
    assert bool(claim["low_by"]) == low
    assert (claim.severity == "pass") == high


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"forecast_off": 0.0499}, "high"),
        ({"forecast_off": 0.05}, "medium"),
        ({"forecast_off": 0.15}, "low"),
        ({"total_outside": 1.0}, "medium"),
        ({"test_length": 0.5}, "high"),
        ({"test_length": 121 / 365}, "medium"),
        ({"test_length": 0.09}, "low"),
        ({"test_orders": 99.0}, "medium"),  # a verdict needs its n
        ({"horizon_reach": 2.0}, "medium"),
        ({"ranges_off": 0.4}, "high"),  # no check of the sums
    ],
)
def test_confidence_of_known_tests(changed, verdict):
    assert trust.trust(measured(**changed)).verdict == verdict


def test_limits_of_the_config_decide():
    strict = {**DEFAULTS, "forecast_off": Limits(0.01, 0.02)}
    assert trust.trust(measured(forecast_off=0.03), strict).verdict == "low"
    mild = {**DEFAULTS, "season_open": Limits()}
    assert trust.trust(measured(season_open=1.0), mild).verdict == "high"
    refused = {**DEFAULTS, "naive_better": Limits(refuse=1)}
    assert trust.trust(measured(naive_better=1.0), refused).verdict == "low"


def test_the_badge_advises_what_the_test_bears():
    test, held = Claim("tested", "orders", {}), Claim("total_held", "orders_outside")

    def use(tested=test, *, sorts=True, **changed):
        return trust.trusted(trust.trust(measured(**changed), sorts=sorts), tested, held)[3].verdict

    assert use() == "promise"
    assert (use(forecast_off=0.1), use(forecast_off=0.1, sorts=False)) == ("plan", "plan_only")
    assert (use(forecast_off=0.66), use(forecast_off=0.66, sorts=False)) == ("sort_only", "nothing")
    assert use(Claim("tested", "nobody_ordered", {}), forecast_off=0.66) == "no_plan"


def test_whatever_keeps_from_high_has_its_words():
    told = {code for code, check in CHECKS.items() if check.of_forecast} - trust.SAID_BY_THE_TEST
    facts = {"horizon": 365, "history": 100, "times": 3.65, "tested": 0.2, "orders_made": 12}
    for language in ("en", "es"):
        known = sections(language, "03_lifetime_value").values()
        assert {section.verdict for section in known if section.name == "reason"} == told
        for code in told:
            assert Words("03_lifetime_value", Text(language, "EUR")).sentence("reason", code, facts)


def check(outside=0.0, flagged=40, n=100, coverage=0.9):
    intervals = pd.DataFrame({"coverage": [coverage], "pit_inside": [coverage]}, index=["orders"])
    return SimpleNamespace(
        off=0.2, known=[0] * n, beats_naive=False, span=SimpleNamespace(days=91.0), intervals=intervals,
        outcome=pd.DataFrame({"orders": [30.0, 40.0]}), has_amounts=False,
        flagged={"n_customers": flagged, "forecast": 0.9, "actual": 0.7},
        total=lambda of: SimpleNamespace(inside=not outside),
        orders=pd.DataFrame({"gini_ranking": {"model": 0.5}}),
    )  # fmt: skip


def test_what_is_measured_needs_its_cases():
    found = trust.measure(check(outside=1.0), Claim("season", "untold", n=11), Reach(365, 100), 2)
    assert found["total_outside"] == found["naive_better"] == (1.0, 100)
    assert (found["test_length"], found["test_orders"]) == ((0.25, None), (70.0, 100))
    assert (found["season_open"], found["horizon_reach"]) == ((1.0, 11), (3.65, None))
    assert found["risk_off"] == (pytest.approx(0.2), 40)
    assert found["models_left_out"] == (2.0, None)
    few = trust.measure(check(flagged=29, n=29), Claim("season", "none"), Reach(365, 100), 0)
    assert few["risk_off"][0] is few["ranges_off"][0] is None
    level = trust.trust_of(check(), found, Reach(365, 100))
    assert (level.verdict, level["sorts"], level["orders_made"]) == ("low", True, 70.0)


@given(st.floats(0, 1), st.floats(0, 1), st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_ranges_lower_confidence_exactly_where_their_heading_says_that_they_do_not_hold(coverage, part, money):
    rows = {"orders": (coverage, part), "simulated": (0.9, 0.9)} | ({"revenue": money} if money else {})
    intervals = pd.DataFrame.from_dict(rows, orient="index", columns=["coverage", "pit_inside"])
    off, verdict = trust.ranges_off(intervals), holdout.ranges(intervals, 500).verdict
    if abs(off - 0.03) > 1e-9:
        assert (off > 0.03) == (verdict != "hold")
