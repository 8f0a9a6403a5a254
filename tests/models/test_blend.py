"""The blend: weights move as far as the evidence carries them, and the total stays that of the models."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.reference import companies

from clv.models import learned as learned_module
from clv.models.blend import MEMBERS, Case, Learned, levelled, stack_weights
from clv.units import days


def trial(n: int, seed: int = 0, noise: tuple[float, ...] = (0.1, 1.0, 2.0)) -> tuple[np.ndarray, np.ndarray]:
    """Return forecasts of counts with more and more noise in their logarithms, and the counts."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1.0, 1.0, n)
    members = np.column_stack([mean * np.exp(rng.normal(0, scale, n)) for scale in noise])
    return levelled(members)[0], rng.poisson(mean).astype(float)


def test_weights_are_equal_without_a_trial():
    assert stack_weights([]).tolist() == pytest.approx([1 / len(MEMBERS)] * len(MEMBERS))


@given(
    members=arrays.arrays(float, (12, 3), elements=st.sampled_from([0.0, 1e-9, 0.1, 0.5, 1.0, 3.0, 50.0])),
    orders=arrays.arrays(float, 12, elements=st.integers(0, 40).map(float)),
)
def test_weights_are_shares_whatever_happened(members, orders):
    weights = stack_weights([(members, orders)])
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1.0)


def test_weights_move_to_the_better_member_as_customers_grow():
    weight = [stack_weights([trial(n)])[0] for n in (5, 100, 5_000)]
    assert weight == sorted(weight)
    assert weight[0] < 0.6
    assert weight[-1] > 0.9


def test_weights_do_not_depend_on_the_order_of_customers_or_of_trials():
    (members, orders), other = trial(300, 1), trial(200, 2)
    order = np.random.default_rng(3).permutation(len(orders))
    one = stack_weights([(members, orders), other])
    np.testing.assert_allclose(stack_weights([other, (members[order], orders[order])]), one, atol=1e-5)


def test_weights_ask_who_orders_more_and_not_how_many_in_all():
    members, orders = trial(2_000)
    np.testing.assert_allclose(stack_weights([(3 * members, orders)]), stack_weights([(members, orders)]), atol=1e-5)


def test_members_that_agree_share_alike():
    one = trial(500)[0][:, :1]
    assert stack_weights([(np.repeat(one, 3, axis=1), one[:, 0])]) == pytest.approx([1 / 3] * 3, abs=1e-6)


def test_levelled_members_have_the_total_of_the_first():
    members, factors = levelled(np.array([[1.0, 4.0, 0.0], [3.0, 4.0, 0.0]]))
    assert members.sum(axis=0).tolist() == [4.0, 4.0, 0.0]
    assert factors.tolist() == [1.0, 0.5, 1.0]  # who expects nothing at all is left as it is


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
