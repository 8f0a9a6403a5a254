"""What is said of kinds of companies that advice for a usual shop would be wrong for, from their figures alone."""

import pandas as pd

from clv.checks import base, portfolios, summary
from clv.checks.business import kind_of_business
from clv.decisions.calls import calls_that_pay
from clv.decisions.portfolios import RISK_BANDS, VALUE_CLASSES


def grid(steady, at_risk, leaving):
    return pd.DataFrame([[steady, at_risk, leaving]] * 3, index=VALUE_CLASSES, columns=RISK_BANDS)


def test_a_marketplace_of_single_purchases_is_told_as_one_and_nobody_is_called_for_cents():
    kind = kind_of_business(
        {"customers": 6000, "buyers": 6000, "orders": 6060, "once": 5940}, {"customers_for_80": 0.54}
    )
    assert kind.verdict == "single"
    overdue = pd.DataFrame({"revenue_to_save": [0.03] * 3759})  # a little of everybody, and nobody pays a call
    to_call = portfolios.calls(overdue, calls_that_pay(overdue, 0.4, 5.0), 0.4, 5.0, "revenue")
    assert (to_call.verdict, to_call["calls"], to_call["overdue"]) == ("none_pays", 0, 3759)
    control = portfolios.control(pd.DataFrame({"n_customers": [6000]}, index=["A_leaving"]))
    assert portfolios.actions(to_call, kind, control, 6000)[0].name == "second_order"
    assert portfolios.steadiness(grid(0, 0, 2000), kind, (0.3, 0.7)).verdict == "single"  # not "0 % are steady"
    facts = {
        "new": 900, "bought_lately": 910, "expected_revenue": 9_000.0, "calls": 0, "to_save": 0.0, "trend_change": None,
        "class_a_active": 3759, "clv_per_customer": 1.0,
    }  # fmt: skip
    done = [claim.name for claim in summary.actions(facts, kind, "too_short", has_amounts=True, has_margin=True)]
    assert done[:2] == ["do_win_customers", "do_second_order"]
    assert not {"do_call", "do_protect"} & set(done)


def test_a_base_that_nobody_leaves_is_told_apart_by_value():
    kind = kind_of_business({"customers": 900, "buyers": 900, "orders": 90_000, "once": 1}, {})
    assert portfolios.steadiness(grid(300, 0, 0), kind, (0.3, 0.7)).verdict == "all_steady"
    assert portfolios.slipping({"key_slipping": 0}, kind).verdict == "none_slipping"


def test_calls_end_where_what_is_saved_pays_the_call():
    """At a margin of 0.4 a call of 5 pays from 12.50 of sales on: three of five do."""
    overdue = pd.DataFrame({"revenue_to_save": [90.0, 20.0, 12.5, 12.49, 1.0]})
    to_call = portfolios.calls(overdue, calls_that_pay(overdue, 0.4, 5.0), 0.4, 5.0, "revenue")
    assert (to_call.verdict, to_call["calls"], to_call["to_save"]) == ("pays", 3, 122.5)


def test_no_control_group_below_the_stated_size():
    small = portfolios.control(pd.DataFrame({"n_customers": [portfolios.CONTROL_FROM - 1]}, index=["A_steady"]))
    assert small.verdict == "none"
    assert (
        portfolios.control(pd.DataFrame({"n_customers": [portfolios.CONTROL_FROM]}, index=["A_steady"])).verdict
        == "all"
    )


def test_fifteen_months_are_held_against_the_year_before():
    for months, against in ((14, "on_quarter"), (15, "on_year"), (30, "on_year")):
        assert base.trend(pd.Series([1.0] * months), 0.03).verdict == f"steady_{against}"
