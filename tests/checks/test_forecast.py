"""What is said of the forecast follows its own numbers: no heading contradicts them, every verdict can be reached."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.checks import forecast as says
from clv.checks import holdout as shows
from clv.checks import trust
from clv.checks.claim import Claim
from clv.checks.registry import DEFAULTS
from clv.decisions.proof import Track
from clv.decisions.worth import best_listed, by_tenth, clv_variance, totals_of
from clv.definitions.checks import Limits
from clv.learning.combine import Contest
from clv.models.calendar.season import Season
from clv.models.evaluation.comparison import Difference
from clv.report.text import Text
from clv.report.written import Words

SHARES = st.floats(0, 1)
PAGE = {"horizon_days": 365, "test_days": 121, "window_days": 35, "cents": 2, "as_of": "2024-01-01"}


def spoken(claim):
    """Return the heading in English; every language and measure must find its words and its facts."""
    facts = {**PAGE, "n": claim.n, **claim.facts}
    for language in ("es", "en"):
        for measure in ("orders", "money"):
            pieces = Words("03_lifetime_value", Text(language, "EUR"), measure).pieces(claim.name, claim.verdict, facts)
    return str(pieces[0].body) if pieces else ""


def weeks_season(reason, days=800.0, **more):
    return Season(
        reason, {"days": days, "dispersion": 1.0, "memory": 0.0, "p_value": 0.5, **more}, np.r_[0.3, np.zeros(11)]
    )


def months(above, before=None, orders=10_000):
    known = pd.date_range("2022-01-01", periods=len(above), freq="MS")
    return pd.DataFrame({"month": known, "orders": orders, "above": above, "above_before": before or np.nan})


@pytest.mark.parametrize(
    ("found", "table", "verdict"),
    [
        (weeks_season("short_history", 200.0), months([0.9]), "short_history"),
        (weeks_season("few_purchases"), months([0.9]), "few_purchases"),
        (weeks_season("not_seen", 390.0), months([0.0] * 10 + [1.0, 0.0]), "untold"),
        (weeks_season("not_seen", 500.0), months([0.0, 0.1, 0.9], [0.0, 0.1, 0.8]), "repeats"),
        (weeks_season("not_seen"), months([0.0, 0.1, 0.9], [0.0, 0.1, 0.8]), "repeats"),
        (weeks_season("not_seen"), months([0.0, 0.1, 0.9], [0.0, 0.1, -0.2]), "irregular"),
        (weeks_season("not_seen"), months([0.0, 0.1, 0.15], [0.0, 0.1, 0.1]), "none"),
        (weeks_season("not_seen"), months([0.0, 0.1, 0.9], [0.0, 0.1, 0.8], orders=4), "none"),
        (weeks_season("seen", 500.0), months([0.0, 0.1, 0.9], [0.0, 0.1, 0.8]), "seen_once"),
        (weeks_season("seen"), months([0.0, 0.1, 0.9], [0.0, 0.1, 0.8]), "seen"),
        (weeks_season("seen"), months([0.0, 0.1, 0.9], [0.0, 0.1, -0.8]), "seen_unlike"),
    ],
)
def test_a_season_is_told_by_the_weeks_and_by_the_same_months_of_two_years(found, table, verdict):
    claim = says.season(found, table)
    assert claim.verdict == verdict
    assert spoken(claim)


@given(
    st.sampled_from(["seen", "not_seen"]),
    st.floats(371, 2000),
    st.lists(st.tuples(st.floats(-0.9, 3), st.floats(-0.9, 3)), min_size=3, max_size=24),
)
def test_no_season_is_ruled_out_before_two_years_nor_against_a_month_that_came_twice(reason, length, pairs):
    table = months([a for a, _ in pairs], [b for _, b in pairs])
    claim = says.season(weeks_season(reason, length), table)
    if claim.verdict in {"none", "irregular"}:
        assert length >= 728
        top = table.loc[table["above"].abs().idxmax()]
        assert abs(top["above"]) < 0.2 or top["above_before"] / top["above"] < 0.5
    assert claim.verdict.startswith("seen") == (reason == "seen")
    assert (claim.severity == "pass") == (claim.verdict in trust.SEASON_KNOWN)


@given(SHARES, SHARES, st.one_of(st.none(), st.tuples(SHARES, SHARES)), st.integers(1, 1000))
def test_the_heading_of_ranges_speaks_of_the_shares_in_its_sentence(coverage, part, money, n):
    rows = {"orders": (coverage, part), "simulated": (0.9, 0.9)} | ({"revenue": money} if money else {})
    intervals = pd.DataFrame.from_dict(rows, orient="index", columns=["coverage", "pit_inside"])
    claim = shows.ranges(intervals, n)
    shares = [claim["orders_inside"], *([claim["sales_inside"]] if money else [])]
    expected = {
        "few": n < 30,
        "narrow": min(shares) < 0.87,
        "mixed": min(shares) < 0.87 and max(shares) > 0.93,
        "wide": max(shares) > 0.93 and min(shares) >= 0.87,
        "hold": min(shares) >= 0.87,
    }
    assert expected[claim.verdict]
    assert (claim.severity == "pass") == (claim.verdict == "hold")
    said = spoken(claim)
    assert ("fewer than nine" in said) == (claim.verdict == "narrow")
    assert ("more than nine" in said) == (claim.verdict == "wide")


def test_ranges_of_whole_numbers_may_hold_more_than_promised():
    rows = {"orders": (0.98, 0.86), "simulated": (0.97, 0.85)}
    claim = shows.ranges(pd.DataFrame.from_dict(rows, orient="index", columns=["coverage", "pit_inside"]), 500)
    assert claim.verdict == "hold"


def reliability(gap=0.01):
    return pd.DataFrame({"forecast_mean": [0.1, 0.8], "actual_share": [0.1 + gap, 0.8 + gap], "n_customers": [80, 20]})


@given(st.floats(0, 0.15), st.integers(0, 100), SHARES, SHARES)
def test_a_risk_is_not_called_well_forecast_against_those_flagged(gap, n, forecast, actual):
    flagged = {"n_customers": n, "forecast": forecast, "actual": actual}
    claim = shows.silence(reliability(gap), flagged, 0.7, 35.0)
    if claim.verdict in {"well", "roughly"}:
        assert n >= 30
        assert abs(forecast - actual) <= 0.15
    if claim.verdict in {"overdone", "underdone"}:
        assert n >= 30
        assert (claim.verdict == "overdone") == (actual < forecast)
    assert claim.verdict.startswith("well") <= (gap < 0.05)
    assert claim.verdict.endswith("few_flagged") <= (0 < n < 30)
    said = spoken(claim)
    assert ("forecast well" in said) == (gap < 0.05 and claim.verdict in {"well", "well_none_flagged"})
    assert ("more often" in said) == (claim.verdict in {"overdone", "underdone"})


def test_four_flagged_of_whom_one_stayed_away_prove_nothing():
    claim = shows.silence(reliability(), {"n_customers": 4, "forecast": 0.78, "actual": 0.25}, 0.7, 35.0)
    assert claim.verdict == "well_few_flagged"
    assert "forecast well" not in spoken(claim)
    assert "cannot tell" in spoken(claim)


@given(st.floats(0.01, 5), st.floats(0.01, 5), st.one_of(st.none(), st.floats(-1, 3)), st.booleans())
def test_a_sum_is_called_surer_only_where_it_was(mae, mean, bias, inside):
    held = Claim("total_held", "money_inside" if inside else "money_outside", {})
    claim = shows.sum_and_single(mae, mean, bias, held, 100)
    if claim.verdict == "surer":
        assert inside
        assert abs(bias) <= 0.5 * mae / mean
    assert (claim.verdict == "nothing") == (bias is None)
    assert (claim.verdict == "missed") == (bias is not None and not inside)
    assert ("left its range" in spoken(claim)) == (claim.verdict == "missed")


@given(st.floats(-3, 3), st.floats(0, 2), st.floats(0.1, 5), st.integers(1, 100))
def test_better_and_worse_have_the_sign_of_the_difference(estimate, reach, rule, n):
    claim = shows.gain(Difference(estimate, estimate - reach, estimate + reach, 0.5), rule, n)
    assert claim.verdict == ("better" if estimate + reach < 0 else "worse" if estimate - reach > 0 else "alike")
    assert claim["low"] <= claim["high"]
    assert claim["size"] == pytest.approx(abs(estimate) / rule)
    said = spoken(claim)
    assert ("smaller" in said, "larger" in said) == (claim.verdict == "better", claim.verdict == "worse")


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=10), st.sampled_from([2, 50]))
def test_tenths_are_too_high_or_too_low_as_the_worst_of_them(pairs, size):
    forecast, actual = (np.array(values) for values in zip(*pairs, strict=True))
    index = pd.RangeIndex(1, len(pairs) + 1)
    totals = {"forecast_total": size * forecast, "actual_total": size * actual}
    means = {"forecast_mean": forecast, "actual_mean": actual, "actual_low": actual - 1, "actual_high": actual + 1}
    claim = shows.tenths(pd.DataFrame({"n_customers": size, **totals, **means}, index=index))
    worst = claim["worst"] - 1
    assert (claim.verdict == "nobody") == (actual.sum() <= 0)
    assert claim.verdict != "few" or size * len(pairs) < 200
    if claim.verdict in {"too_high", "too_low"}:
        assert (claim.verdict == "too_high") == (forecast[worst] > actual[worst])
        assert claim["gap"] >= 0.05
    assert claim["outside"] == (np.abs(forecast - actual) > 1).sum()
    assert ("too high" in spoken(claim)) == (claim.verdict in {"too_high", "nobody"})


@pytest.mark.parametrize(
    ("made", "winner", "share", "verdicts"),
    [
        ([0.0, 0.0], "blend", 0.5, ["short"]),
        ([50.0, 100.0], "blend", 0.03, ["below", "some", "always"]),
        ([50.0, 97.0], "probability models", 0.0, ["together", "alone", "always"]),
        ([50.0, 90.0], "regression", 0.4, ["above", "none", "always"]),
    ],
)
def test_what_is_tracked_is_called_what_it_is(made, winner, share, verdicts):
    dates = pd.date_range("2024-01-07", periods=2, freq="7D")
    track = pd.DataFrame({"date": dates, "actual": made, "forecast": [50.0, 97.0]})
    contest = Contest(pd.DataFrame(), winner, "won", {"probability models": share}, pd.DataFrame(), 90.0)
    claims = shows.tracked(Track("BG/NBD", track, track, 0.1), contest)
    assert [claim.verdict for claim in claims] == verdicts
    assert len(claims) == 1 or claims[0]["model"] == "BG/NBD"
    assert all(spoken(claim) for claim in claims)


@given(st.lists(st.tuples(st.floats(0, 1.5), st.floats(0, 1)), min_size=1, max_size=30))
def test_cohorts_off_beyond_chance_are_more_than_luck_leaves_outside(rows):
    low = np.array([low for low, _ in rows])
    table = pd.DataFrame({"made_share_low": low, "made_share_high": low + [r for _, r in rows], "n_customers": 10})
    claim, outside = shows.cohorts(table), int((low > 1).sum() + (table["made_share_high"] < 1).sum())
    assert claim["off"] == outside
    assert (claim.verdict == "one") == (len(rows) == 1)
    if len(rows) > 1:
        assert (claim.verdict == "fit") == (outside == 0)
    assert claim.verdict == "one" or spoken(claim)
    if claim.verdict == "off":
        assert outside > 0.05 * len(rows)
    assert shows.cohorts(table.head(0).reindex(range(20), fill_value=1.0)).verdict == "fit"


@pytest.mark.parametrize(
    ("bias", "money_bias", "amounts", "verdict", "tile"),
    [
        (None, None, True, "nobody_ordered", "nobody"),
        (0.04, -0.3, True, "orders_and_money", "close"),
        (-0.2, None, True, "orders_refunded", "off"),
        (0.05, None, False, "orders", "off"),
    ],
)
def test_what_could_not_be_tested_is_said(bias, money_bias, amounts, verdict, tile):
    total = SimpleNamespace(actual=-3.0, forecast=SimpleNamespace(expected=5.0, low=1.0, high=9.0), inside=False)
    check = SimpleNamespace(
        span=SimpleNamespace(days=90.0), bias=bias, money_bias=money_bias, off=0.1, known=[1, 2], has_amounts=amounts,
        forecast=pd.DataFrame({"expected_orders": [2.0, 3.0]}), total=lambda of: total,
    )  # fmt: skip
    claim = shows.outcome_of_test(check)
    assert (claim.verdict, shows.tile_of_test(claim).verdict, claim.n) == (verdict, tile, 2)
    assert shows.total_held(check).verdict == ("money_outside" if amounts else "orders_outside")
    assert all(spoken(one) for one in (claim, shows.total_held(check)))


@given(
    st.floats(0, 1), st.floats(0.01, 2), st.floats(0, 1), st.booleans(), st.booleans(), st.booleans(), st.booleans()
)  # fmt: skip
def test_advice_follows_what_the_test_showed(off, tested, orders, known, sorts, money, strict):
    found = {
        "forecast_off": (off, 9), "test_length": (tested, None), "test_orders": (orders, 9),
        "season_open": (float(not known), 9),
    }  # fmt: skip
    limits = {**DEFAULTS, "test_orders": Limits(1.0, 0.5 if strict else None)}
    level = trust.trust(found, limits, sorts=sorts, facts={"test_days": 9.0})
    season = Claim("season", "none" if known else "untold")
    named = {claim.name: claim.verdict for claim in says.actions(
        level, Claim("tested", "orders"), season, {}, money=money, link=float("nan"), price=None
    )}  # fmt: skip
    assert ("rank" in named) == sorts
    assert ("season_ahead" in named) == (not known)
    assert ("longer_history" in named) == (tested < 0.5)
    if money:
        why = "missed" if off >= 0.15 else "untested" if tested < 0.1 else "doubtful" if strict and orders < 0.5 else ""
        assert named["plan"] == (why or "base_line")


@settings(max_examples=8)
@given(st.integers(1, 60), st.floats(0, 0.5))
def test_tenths_hold_all_that_is_to_come_within_their_ranges(n, level_error):
    value = pd.Series(np.linspace(1, 50, n))
    frame = pd.DataFrame(
        {"expected_revenue": 2 * value, "clv": value, "revenue_variance": value, "expected_orders": 1.0}
    )
    frame["orders_variance"] = 1.0
    assert clv_variance(frame).tolist() == pytest.approx((0.25 * value).tolist())
    table = by_tenth(frame, pd.Series(np.arange(n) % 10 + 1), "clv", level_error)
    assert table["in_all"].sum() == pytest.approx(totals_of(frame, level_error)["clv"].expected)
    assert (table["value_low"] <= table["value_mean"]).all()
    assert (table["value_mean"] <= table["value_high"]).all()
    assert says.worth(table)["share"] == pytest.approx(table["in_all"].iloc[0] / value.sum())
    assert 1 <= best_listed(20, n) <= max(1, n / 10)
