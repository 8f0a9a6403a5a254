"""What is learned at past origins: finite, blind to the currency, and nothing where there is nothing to learn."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.models.blend import learned as learned_module
from clv.models.blend.lessons import Case, Learned
from clv.units import days


@pytest.fixture(scope="module")
def case():
    rows = companies.buyers(500, 3, days=360, arrivals=200)
    as_of = companies.day(270)
    known = companies.known(rows, as_of, 90)
    return Case.at(as_of, known, companies.outcome(rows, as_of, 90, known.index), days(90))


@pytest.fixture(scope="module")
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learned_module._BOOSTING, "max_iter", 10)
        yield


@pytest.fixture(scope="module")
def learned(case, few_trees):
    return Learned().fit([case])


def test_a_case_holds_one_row_per_customer_known(case):
    n = len(case.known)
    assert case.as_of == dt.date(2022, 9, 30)
    assert (len(case.baseline), len(case.X), case.orders.size, case.revenue.size) == (n, n, n, n)


def test_the_first_member_is_the_baseline_and_all_are_positive(case, learned):
    members = learned.says(case.X, case.baseline).orders
    np.testing.assert_array_equal(members[:, 0], case.baseline["expected_orders"])
    assert (members > 0).all()
    assert np.isfinite(members).all()


def test_learned_money_is_about_what_came_in(case, learned):
    assert learned.says(case.X, case.baseline).revenue.sum() == pytest.approx(case.revenue.clip(0).sum(), rel=0.05)


def test_without_amounts_nothing_is_learned_of_money(case, few_trees):
    nothing = np.full_like(case.revenue, np.nan)
    bare = Case(case.as_of, case.known, case.baseline.assign(spend=np.nan), case.X, case.orders, nothing)
    assert Learned().fit([bare]).says(case.X, bare.baseline).revenue is None


def test_where_everybody_came_back_silence_cannot_be_learned(case, few_trees):
    always = Case(case.as_of, case.known, case.baseline, case.X, case.orders + 1, case.revenue)
    assert Learned().fit([always]).says(case.X, case.baseline).silence is None


def test_refunds_alone_teach_nothing_of_money(case, few_trees):
    refunds = Case(case.as_of, case.known, case.baseline, case.X, case.orders, -np.ones_like(case.revenue))
    assert Learned().fit([refunds]).says(case.X, case.baseline).revenue is None


def test_what_is_learned_does_not_depend_on_the_currency(case, learned, few_trees):
    money = [name for name in case.known if name.startswith("net_")]
    money += ["mean_purchase", "monetary_value", "value_to_date"]
    dear = case.known.assign(**{name: 1000 * case.known[name] for name in money})
    outcome = pd.DataFrame({"orders": case.orders, "revenue": 1000 * case.revenue}, index=dear.index)
    other = Case.at(case.as_of, dear, outcome, days(90))
    found = Learned().fit([other]).says(other.X, other.baseline).revenue
    np.testing.assert_allclose(found, 1000 * learned.says(case.X, case.baseline).revenue, rtol=0.01)
