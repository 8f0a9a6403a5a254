"""The first page says what other pages found, and no more than they tell."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import summary
from clv.checks.claim import Claim
from clv.data.accounting import Accounts
from clv.decisions.reach import Reach

BASE = {"customers": 10, "buyers": 9, "orders": 30, "sales": 500.0, "active": 6, "window_days": 60.0, "once": 2}
FUTURE = {"trust": "high", "expected_revenue": 400.0, "revenue_low": 300.0, "revenue_high": 500.0, "clv": 100.0}
TABLE = pd.DataFrame(
    {
        "n_customers": [2, 8], "value_to_date": [60.0, 40.0], "expected_orders": [1.0, 2.0], "n_to_call": [1, 0],
        "to_save": [9.0, 0.0], "objective": ["a", "b"],
    },
    index=["A_leaving", "C_steady"],
)  # fmt: skip


def figures(base=BASE, value=None, future=FUTURE):
    return summary.figures(base, value or {}, future, TABLE)


def test_a_missing_fact_is_no_error_and_lifetime_value_has_the_ends_of_its_sales():
    found = figures()
    assert (found["key_slipping"], found["slipping_brought"], found["calls"]) == (2, 60.0, 1)
    assert (found["clv_low"], found["clv_high"]) == (75.0, 125.0)
    assert found["top_share"] is None
    assert figures(future={**FUTURE, "clv_low": 80.0})["clv_low"] == 80.0
    assert figures(future={"trust": "low", "clv": np.nan})["clv_high"] is None


@pytest.mark.parametrize(
    ("told", "has_amounts", "verdicts"),
    [
        ({"holdout_days": 90, "holdout_bias": -0.02, "holdout_money_bias": 0.01}, True, ["high", "money", "high"]),
        ({"holdout_days": 90, "holdout_bias": -0.02, "holdout_money_bias": np.nan}, True, ["high", "no_money", "high"]),
        ({"holdout_days": 90, "holdout_bias": -0.02}, False, ["high", "orders", "high"]),
        ({"holdout_days": 90, "holdout_bias": None, "holdout_forecast": 4.0}, True, ["high", "silent"]),
        ({}, True, ["high", "untested"]),
    ],
)
def test_trust_names_the_test_it_rests_on(told, has_amounts, verdicts):
    claims = summary.trust({"trust": "high", **told}, None, has_amounts=has_amounts)
    assert [claim.verdict for claim in claims] == verdicts
    assert claims[1]["bias"] in {0.02, None}
    far = summary.trust({"trust": "low", **told}, Reach(400, 100), has_amounts=has_amounts)
    assert far[-1].name == "far"
    assert (far[0].severity, claims[0].severity) == ("amber", "pass")


@given(
    st.sampled_from(["single", "accounts", "regular", "occasional"]),
    st.sampled_from(["too_short", "rising_on_year", "steady_on_quarter", "falling_on_year", "falling_on_quarter"]),
    st.integers(0, 50), st.integers(0, 500), st.integers(0, 30), st.integers(0, 30), st.floats(0, 1), st.booleans(),
    st.booleans(), st.sampled_from([0.0, 0.3, 0.5]),
)  # fmt: skip
def test_three_actions_that_the_facts_call_for(kind, trend, new, more, calls, class_a, once, money, margin, saved):
    facts = {
        **figures(), "new": new, "bought_lately": new + more, "calls": calls, "class_a_active": class_a,
        "clv_per_customer": 10.0, "trend_change": 0.1, "to_save": saved, "expected_orders": 400.0,
    }  # fmt: skip
    once = max(once, 0.8) if kind == "single" else once * 0.79
    made = Claim("kind", kind, {"once_share": once, "once": 5})
    claims = summary.actions(facts, made, trend, has_amounts=money, has_margin=margin)
    names = [claim.name for claim in claims]
    assert 1 <= len(names) == len(set(names)) <= summary.MOST_ACTIONS
    assert not ("do_call" in names and not calls)
    assert (names[0] == "do_call") >= (calls > 0 and saved >= 0.4)  # a thousandth of what is expected
    falls = [claim.verdict for claim in claims if claim.name == "do_find_the_fall"]
    assert falls == ([trend.partition("_")[2]] if trend.startswith("falling") else [])
    assert not ("do_win_any" in names and new)
    assert not ("do_win_new" in names and (new == 0 or new / (new + more) >= 0.02))
    assert not ("do_protect" in names and (kind == "single" or not class_a))
    assert not ("do_enter_margin" in names and margin)
    assert money or not {"do_limit_cost", "do_enter_margin"} & set(names)


@pytest.mark.parametrize(
    ("aside", "unknown", "has_amounts", "verdict"),
    [
        (1, 0, True, None),
        (9, 0, True, "known"),
        (9, 4, True, "partly"),
        (9, 9, True, "unknown"),
        (9, 0, False, "uncounted"),
    ],
)
def test_lines_that_are_not_in_the_figures_are_told_where_they_matter(aside, unknown, has_amounts, verdict):
    reasons = {"no_amount": aside}
    accounts = Accounts(
        199 + aside, 199, 0, aside, 0, reasons, unknown, Decimal(9), Decimal(1), Decimal(5), has_amounts
    )
    claim = summary.set_aside(accounts)
    assert (claim and claim.verdict) == verdict
