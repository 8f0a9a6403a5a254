"""The blend: weights move as far as the evidence carries them, and the total stays that of the models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clv.models.blend.weights import MEMBERS, levelled, stack_weights


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
