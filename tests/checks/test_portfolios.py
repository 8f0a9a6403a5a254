"""What is said of portfolios follows their own numbers: shares, plans by size and worth, calls that pay."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import portfolios as checks
from clv.checks.business import kind_of_business
from clv.checks.claim import Claim
from clv.decisions.calls import calls_that_pay
from clv.decisions.portfolios import NO_PURCHASE, PORTFOLIOS, RISK_BANDS, VALUE_CLASSES
from clv.report import columns

COUNTS = st.lists(st.integers(0, 5000), min_size=9, max_size=9)
SIZES = st.lists(st.integers(0, 3000), min_size=10, max_size=10).filter(sum)
KINDS = st.sampled_from(["single", "accounts", "regular", "occasional"])


def kind(verdict="regular"):
    return Claim("kind", verdict, {"once_share": 0.99 if verdict == "single" else 0.3}, n=10)


def summary(sizes, money=100.0):
    sizes = {code: n for code, n in sizes.items() if n}
    n = pd.Series(sizes, dtype=float)
    frame = pd.DataFrame({"n_customers": n, "expected_revenue": money * n, "expected_orders": 2 * n})
    return frame.assign(revenue_at_risk=money / 2 * n, orders_at_risk=n).rename_axis("portfolio")


@given(COUNTS, KINDS)
def test_who_is_steady_is_told_as_the_grid_has_it(counts, verdict):
    grid = pd.DataFrame(np.reshape(counts, (3, 3)), index=VALUE_CLASSES, columns=RISK_BANDS)
    claim = checks.steadiness(grid, kind(verdict), (0.3, 0.7))
    n, steady = sum(counts), sum(counts[::3])
    assert (claim.n, claim["steady"], claim["leaving"]) == (n, steady, sum(counts[2::3]))
    if claim.verdict == "all_steady":
        assert steady >= 0.99 * n > 0
    elif verdict == "single":
        assert claim.verdict == "single"
        assert claim["once_share"] == 0.99
    else:
        assert claim.verdict == ("mixed" if steady else "none_steady")


@given(SIZES, st.sampled_from([0.0, 7.0]))
def test_the_portfolio_on_which_sales_rest_has_the_largest_share(sizes, money):
    table = summary(dict(zip(PORTFOLIOS, sizes, strict=True)), money)
    shares = checks.weighed(table, "revenue")
    claim = checks.weight(shares, "revenue")
    assert claim.n == sum(sizes)
    if claim.verdict == "nothing":
        assert money == 0
        return
    assert claim["share"] == shares["share_of_sales"].max()
    assert (claim.verdict == "only") == (len(table) == 1)
    assert claim.verdict != "most" or claim["share"] >= 0.5
    assert claim.verdict != "largest" or claim["share"] < 0.5
    assert shares["share_of_sales"].sum() == pytest.approx(1)


@given(SIZES, KINDS, st.floats(0.1, 1e5), st.none() | st.just(5.0))
def test_a_plan_has_words_for_every_portfolio_and_people_only_where_they_can_and_where_it_pays(
    sizes, verdict, money, cost
):
    table = summary(dict(zip(PORTFOLIOS, sizes, strict=True)), money)
    plan = checks.plan(table, kind(verdict), 0.3, cost)
    assert plan["portfolio"].tolist() == table.index.tolist()
    for name in ("portfolio", "objective", "tactic"):
        assert set(plan[name]) <= set(columns.entry(name).codes), name
    in_care = plan["tactic"].str.endswith("_in_care")
    assert plan.loc[in_care, "n_customers"].sum() <= checks.MOST_IN_CARE
    if cost is not None and 0.3 * money < checks.CALLS_IN_CARE * cost:
        assert not in_care.any()
    if verdict == "single":
        slipping = plan["portfolio"].str.endswith(("at_risk", "leaving"))
        assert (plan.loc[slipping & ~in_care, "tactic"] == "second_order").all()
    assert plan.loc[plan["portfolio"] == NO_PURCHASE, "tactic"].isin([NO_PURCHASE]).all()


def test_a_wholesaler_of_few_accounts_is_looked_after_and_a_supermarket_is_not():
    sizes = {"A_steady": 6, "B_steady": 41, "C_leaving": 139}
    assert checks.plan(summary(sizes, 3_000.0), kind("accounts"), 0.2, 5.0)["tactic"].str.endswith("in_care").all()
    many = {"A_steady": 900, "B_steady": 600, "C_leaving": 900}
    assert checks.plan(summary(many, 3_000.0), kind("regular"), 0.25, 5.0)["tactic"].str.endswith("by_itself").all()


@given(st.lists(st.floats(0.01, 500), max_size=30), st.floats(0.05, 1), st.none() | st.floats(1, 50))
def test_calls_are_told_to_pay_where_they_do(saved, margin, cost):
    overdue = pd.DataFrame({"revenue_to_save": sorted(saved, reverse=True)}, dtype=float)
    pay = calls_that_pay(overdue, margin, cost)
    claim = checks.calls(overdue, pay, margin, cost, "revenue")
    assert claim.n == len(saved)
    assert (claim.verdict == "nobody") == (not saved)
    if claim.verdict == "none_pays":
        assert claim["best"] < claim["least"] * (1 + 1e-9)
        assert claim["calls"] == 0
    if claim.verdict == "pays":
        assert claim["calls"] > 0
        assert 0 < claim["must_work"] <= 1 + 1e-9
        assert claim["to_save"] >= claim["least"] * claim["calls"] * (1 - 1e-9)
    said = [one.verdict for one in checks.cost(claim, is_stated=False)]
    assert said == (["assumed"] if claim.verdict in {"pays", "none_pays"} else [])


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=10))
def test_a_control_group_only_where_a_tenth_can_show_something(sizes):
    claim = checks.control(summary(dict(zip(PORTFOLIOS, sizes, strict=False))))
    large = [code for code, n in zip(PORTFOLIOS, sizes, strict=False) if n >= checks.CONTROL_FROM]
    assert claim["large"] == large
    assert claim.verdict == ("none" if not large else "all" if len(large) == len(sizes) else "some")


def test_three_customers_are_gone_through_by_hand_without_a_control_group():
    nobody = Claim("calls", "nobody", {"calls": 0})
    done = checks.actions(nobody, kind(), checks.control(summary({"A_steady": 3})), 3)
    assert [(claim.name, claim.verdict) for claim in done] == [("responsible", "few")]
    many = checks.actions(
        Claim("calls", "pays", {"calls": 4}), kind("single"), checks.control(summary({"A_steady": 5000})), 5000
    )
    assert [claim.name for claim in many] == ["call", "second_order", "responsible", "control"]


@pytest.mark.parametrize(
    ("tested", "levels"),
    [
        ({"trust": "high"}, ["high"]),  # nothing is known of flags
        ({"trust": "high", "flagged": 200, "flagged_forecast": 0.78, "flagged_silent": 0.25}, ["medium", "always"]),
        ({"trust": "low", "flagged": 200, "flagged_forecast": 0.78, "flagged_silent": 0.25}, ["low", "always"]),
        ({"trust": "high", "flagged": 200, "flagged_forecast": 0.78, "flagged_silent": 0.75}, ["high"]),
    ],
)
def test_trust_falls_where_those_who_were_to_leave_came_back(tested, levels):
    claims = checks.trust({"silence_tested_days": 90, **tested})
    assert [claim.verdict for claim in claims] == levels
    assert (claims[0].severity == "pass") == (levels[0] == "high")


def test_figures_by_hand_and_single_purchases_raise_no_alarm():
    customers = pd.DataFrame(
        {
            "portfolio": ["A_steady", "A_leaving", "C_leaving"],
            "p_churn": [0.1, 0.9, 0.9],
            "value_to_date": [100.0, 60.0, 1.0],
            "n_orders": [5, 1, 1],
            "window_revenue": [30.0, 5.0, 1.0],
        }
    )
    found = checks.figures(customers, pd.DataFrame({"revenue_at_risk": [64.0]}), "revenue")
    assert (found["key_steady"], found["key_slipping"], found["slipping_brought"]) == (1, 1, 60.0)
    assert (found["silent"], found["at_risk_share"]) == (pytest.approx(1.9), 0.64)
    single = kind_of_business({"customers": 100, "buyers": 100, "orders": 101, "once": 99}, {})
    assert checks.slipping(found, single).verdict == checks.at_stake(found, single).verdict == "single"
    assert checks.slipping(found, kind()).verdict == "slipping"
    assert checks.slipping({**found, "key_slipping": 0}, single).verdict == "none_slipping"
