"""What may happen: distributions that keep what is expected, and intervals that hold what they promise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clv.models.outcomes.scattered import CountOutcomes, Expectation, Levels, MoneyOutcomes, Scatter, coherent

N = 40_000
scatters = st.builds(Scatter, st.floats(-3, 2), st.floats(-1, 1), st.floats(-2, 0), st.floats(0, 0.3))


@st.composite
def expectations(draw, n: int = 4) -> Expectation:
    """Return what a forecast may say, from the surely silent to the surely busy."""

    def column(strategy):
        return draw(arrays.arrays(float, n, elements=strategy))

    orders = column(st.sampled_from([0.0, 1e-12, 1e-4, 0.3, 1.0, 1.0 + 1e-9, 4.0, 250.0]))
    most = column(st.sampled_from([1.0, 7.0, 60.0, 365.0]))
    orders = np.minimum(orders, most)
    silent = coherent(orders, column(st.sampled_from([0.0, 1e-9, 0.2, 0.999, 1.0])))
    silent = np.minimum(silent, 1 - orders / most)  # who is silent for long cannot make it up on the days there are
    return Expectation(orders, silent, orders * column(st.floats(0.01, 1e6)), column(st.floats(0.01, 300)), most)


@given(expectations(), scatters)
def test_the_distribution_of_orders_rises_from_silence_to_one(expected, scatter):
    outcomes = CountOutcomes(scatter)
    below = [outcomes.cdf(np.full(4, float(n)), expected) for n in (-1, 0, 1, 2, 5, 50, 10**9)]
    assert (np.diff(below, axis=0) >= -1e-12).all()
    np.testing.assert_array_equal(below[0], 0.0)
    np.testing.assert_array_equal(below[1], expected.p_no_order)
    np.testing.assert_array_equal(below[-1], 1.0)


@given(expectations(), scatters, st.floats(0.001, 0.999))
def test_a_quantile_of_orders_is_the_least_number_that_reaches_its_level(expected, scatter, level):
    outcomes = CountOutcomes(scatter)
    n = outcomes.quantile(level, expected)
    assert (n == np.floor(n)).all()
    assert (outcomes.cdf(n, expected) >= level - 1e-9).all()
    assert (outcomes.cdf(n - 1, expected) <= level + 1e-9).all()


@given(expectations(), scatters, st.floats(0.001, 0.999))
def test_nobody_orders_more_often_than_once_a_day(expected, scatter, level):
    outcomes = CountOutcomes(scatter)
    assert (outcomes.quantile(level, expected) <= expected.most).all()
    np.testing.assert_array_equal(outcomes.cdf(expected.most, expected), 1.0)


def probabilities(outcomes: CountOutcomes, expected: Expectation, row: int) -> np.ndarray:
    """Return P(orders = n) of one customer for n from none to one a day."""
    n = np.arange(expected.most[row] + 1)
    each = expected.rows(np.full(n.size, row))
    return outcomes.cdf(n, each) - outcomes.cdf(n - 1, each)


@given(expectations(2), scatters)
def test_the_orders_expected_are_the_mean_of_their_distribution_also_where_days_run_out(expected, scatter):
    for row in range(2):
        pmf = probabilities(CountOutcomes(scatter), expected, row)
        assert pmf.min() >= 0
        assert pmf.sum() == pytest.approx(1, abs=1e-12)
        assert np.arange(pmf.size) @ pmf == pytest.approx(expected.orders[row], rel=2e-3, abs=1e-8)


@given(expectations(2), scatters)
def test_where_days_run_out_the_variance_is_one_that_can_be_and_none_too_small(expected, scatter):
    outcomes = CountOutcomes(replace(scatter, level_error=0.0))
    told = outcomes.variance(expected)
    for row in range(2):
        pmf = probabilities(outcomes, expected, row)
        n = np.arange(pmf.size)
        assert told[row] >= (n**2 @ pmf - (n @ pmf) ** 2) * (1 - 5e-3) - 0.05
        orders, most = expected.orders[row], expected.most[row]
        assert told[row] <= orders * (most - orders) * (1 + 1e-6) + 1e-6


@given(expectations(), scatters, st.floats(0.001, 0.999))
def test_a_quantile_of_money_is_the_inverse_of_its_distribution(expected, scatter, level):
    outcomes = MoneyOutcomes(scatter)
    amount = outcomes.quantile(level, expected)
    assert (amount >= 0).all()
    silent = level <= expected.p_no_order
    np.testing.assert_array_equal(amount[silent], 0.0)
    told = ~silent & (amount > 1e-6)  # what is nearly nothing lies below a smallest amount of money
    np.testing.assert_allclose(outcomes.cdf(amount, expected)[told], level, rtol=1e-5)


@given(expectations(), scatters)
def test_low_median_and_high_are_in_order(expected, scatter):
    for outcomes in (CountOutcomes(scatter), MoneyOutcomes(scatter)):
        low, median, high = outcomes.low(expected), outcomes.median(expected), outcomes.high(expected)
        assert ((low <= median) & (median <= high)).all()
        assert np.isfinite(high).all()
        assert (outcomes.variance(expected) >= -1e-9 * expected.orders**2).all()


@given(
    orders=arrays.arrays(float, 5, elements=st.floats(0, 50)), silent=arrays.arrays(float, 5, elements=st.floats(0, 1))
)
def test_coherent_silence_leaves_room_for_the_orders(orders, silent):
    found = coherent(orders, silent)
    assert (found >= np.minimum(silent, 1 - 1e-9)).all()
    assert ((found >= 0) & (found < 1)).all()
    assert (orders / (1 - found) >= 1 - 1e-6)[orders > 1e-3].all()


def drawn(outcomes, expected: Expectation, seed: int) -> np.ndarray:
    """Return one outcome of each customer, written down without the distribution functions."""
    rng = np.random.default_rng(seed)
    comes = rng.uniform(size=expected.orders.size) >= expected.p_no_order
    scatter = outcomes.scatter.at(expected)
    if isinstance(outcomes, CountOutcomes):
        rate = (expected.orders_if_any - 1) * rng.gamma(1 / scatter) * scatter
        return np.where(comes, 1 + rng.poisson(rate), 0).astype(float)
    return np.where(comes, expected.revenue / (1 - expected.p_no_order) * rng.gamma(1 / scatter) * scatter, 0.0)


SOME = Expectation(
    np.array([0.4, 2.0, 9.0]),
    np.array([0.7, 0.3, 0.01]),
    np.array([30.0, 80.0, 700.0]),
    np.full(3, 2.0),
    np.full(3, 1e9),
)
OUTCOMES = [CountOutcomes(Scatter(0.3, -0.2, -0.8)), MoneyOutcomes(Scatter(-0.2, -0.4, -0.1))]


@pytest.mark.parametrize("outcomes", OUTCOMES)
def test_mean_and_variance_are_those_of_a_simulation(outcomes):
    for row in range(3):
        one = SOME.rows(np.full(N, row))
        happened = drawn(outcomes, one, row)
        expected = one.orders[0] if isinstance(outcomes, CountOutcomes) else one.revenue[0]
        variance = outcomes.variance(SOME)[row]
        assert happened.mean() == pytest.approx(expected, abs=4 * (variance / N) ** 0.5)
        assert happened.var() == pytest.approx(variance, rel=0.06)


@pytest.mark.parametrize("outcomes", OUTCOMES)
def test_the_distribution_is_that_of_a_simulation(outcomes):
    for row in range(3):
        one = SOME.rows(np.full(N, row))
        happened = drawn(outcomes, one, row)
        for value in np.quantile(happened, [0.2, 0.5, 0.9]):
            share = (happened <= value).mean()
            assert outcomes.cdf(np.full(3, value), SOME)[row] == pytest.approx(share, abs=0.012)


@pytest.fixture(scope="module")
def truth() -> Expectation:
    """Return what is expected of many different customers."""
    rng = np.random.default_rng(9)
    orders = rng.gamma(0.7, 2.0, N)
    silent = coherent(orders, np.exp(-1.2 * orders))
    return Expectation(orders, silent, orders * rng.gamma(4, 10, N), 0.5 + rng.poisson(2 * orders), np.full(N, 365.0))


TRUE = Scatter(0.2, -0.4, -0.6)


@pytest.fixture(scope="module")
def counts(truth):
    happened = drawn(CountOutcomes(TRUE), truth, 1)
    return CountOutcomes.fit(truth, happened).calibrated(truth, happened, np.random.default_rng(2))


@pytest.fixture(scope="module")
def money(truth):
    happened = drawn(MoneyOutcomes(TRUE), truth, 3)
    return MoneyOutcomes.fit(truth, happened).calibrated(truth, happened, np.random.default_rng(4))


@pytest.mark.parametrize("kind", ["counts", "money"])
def test_the_scatter_of_a_simulation_is_found(kind, truth, request):
    found, came = request.getfixturevalue(kind).scatter, truth.rows(truth.orders > 1)
    assert np.median(np.abs(np.log(found.at(came) / TRUE.at(came)))) < 0.15


def test_nine_in_ten_outcomes_fall_inside_where_the_truth_is_known(truth, counts):
    happened = drawn(CountOutcomes(TRUE), truth, 5)
    below, at = counts.cdf(happened - 1, truth), counts.cdf(happened, truth)
    pit = below + np.random.default_rng(6).uniform(size=N) * (at - below)
    assert np.mean((pit > counts.levels.low) & (pit <= counts.levels.high)) == pytest.approx(0.90, abs=0.02)
    assert np.histogram(pit, bins=10, range=(0, 1))[0] / N == pytest.approx([0.1] * 10, abs=0.015)
    # whole numbers cover more: both ends belong to the interval
    assert np.mean((happened >= counts.low(truth)) & (happened <= counts.high(truth))) >= 0.89


def test_nine_in_ten_sales_fall_inside_where_the_truth_is_known(truth, money):
    happened = drawn(MoneyOutcomes(TRUE), truth, 7)
    pit = np.where(
        happened > 0, money.cdf(happened, truth), np.random.default_rng(8).uniform(size=N) * truth.p_no_order
    )
    assert np.mean((pit > money.levels.low) & (pit <= money.levels.high)) == pytest.approx(0.90, abs=0.02)
    assert np.histogram(pit, bins=10, range=(0, 1))[0] / N == pytest.approx([0.1] * 10, abs=0.015)


def test_a_distribution_of_the_wrong_width_is_mended_by_its_levels(truth):
    narrow, wide = CountOutcomes(Scatter(-3.0, 0.0, 0.0)), CountOutcomes(TRUE)
    happened, rng = drawn(wide, truth, 10), np.random.default_rng(11)
    mended = narrow.calibrated(truth, happened, rng)
    assert mended.levels.high > 0.95
    assert mended.levels.low < 0.05
    inside = [np.mean((happened >= one.low(truth)) & (happened <= one.high(truth)))[()] for one in (narrow, mended)]
    assert inside[0] < inside[1]
    assert inside[1] >= 0.89


def test_levels_stay_where_they_are_without_trials_and_move_little_with_few():
    assert Levels.from_trials(np.array([])) == Levels(0.05, 0.50, 0.95)
    few = Levels.from_trials(np.full(10, 0.99))
    assert few.low == pytest.approx(0.05 + (0.99 - 0.05) * 10 / 210)
    many = Levels.from_trials(np.linspace(0, 0.5, 200_001))
    assert (many.low, many.middle, many.high) == pytest.approx((0.025, 0.25, 0.475), abs=2e-3)


def test_a_common_error_of_the_level_widens_each_outcome_and_not_the_variance_given_it():
    sure, unsure = (CountOutcomes(Scatter(-1, 0, 0, level_error)) for level_error in (0.0, 0.5))
    np.testing.assert_array_equal(sure.variance(SOME), unsure.variance(SOME))
    assert unsure.high(SOME)[2] > sure.high(SOME)[2]


def test_what_nobody_expected_is_above_every_level_and_no_accident():
    nobody = Expectation(np.zeros(2), coherent(np.zeros(2), np.ones(2)), np.zeros(2), np.ones(2), np.full(2, 30.0))
    counts, money = CountOutcomes(), MoneyOutcomes(Scatter())
    assert counts.high(nobody).tolist() == money.high(nobody).tolist() == [0, 0]
    assert money.cdf(np.array([5.0, 1e6]), nobody).tolist() == pytest.approx([1, 1])
    assert counts.variance(nobody).tolist() == pytest.approx([0, 0], abs=1e-8)
    found = counts.calibrated(nobody, np.array([0.0, 3.0]), np.random.default_rng(0))
    assert np.isfinite([found.levels.low, found.levels.high]).all()
    assert np.isfinite(MoneyOutcomes.fit(nobody, np.array([5.0, 0.0])).scatter.at(nobody)).all()
