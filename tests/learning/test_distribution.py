"""How far totals are off and outcomes scatter: as the past showed, less what chance alone made."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.learning import guards
from tests.reference import companies

from clv.learning import distribution
from clv.learning.candidates import Ground
from clv.learning.distribution import Miss, Trial, count_outcomes, level_error, money_outcomes, parameter_error
from clv.models import BGNBD, ParetoNBD
from clv.models.outcomes.scattered import CountOutcomes, Expectation, Levels, coherent
from clv.units import days

HISTORY, HORIZON = 547, 182  # days
misses = st.lists(st.builds(Miss, st.floats(-3, 3), st.floats(1, 1e6), st.floats(0.1, 1)), max_size=6)


# --- the error of the total


@given(misses, st.floats(0, 0.5), st.floats(1, 6))
def test_an_error_of_the_level_is_finite_and_grows_with_all_that_makes_it(missed, of_parameters, stretch):
    found = level_error(missed, of_parameters, stretch)
    assert of_parameters < found < 10
    assert found >= level_error(missed, of_parameters, 1.0)
    assert found >= level_error(missed, 0.0, stretch)


def test_misses_that_chance_explains_are_no_error_of_the_level():
    by_chance = [Miss(0.1, 100.0, 1.0), Miss(-0.09, 100.0, 1.0)]  # one standard deviation of 100 orders
    of_level = [Miss(0.1, 1e6, 1.0), Miss(-0.09, 1e6, 1.0)]
    assert level_error(by_chance, 0.0, 1.0) < level_error([], 0.0, 1.0) < level_error(of_level, 0.0, 1.0)


def test_many_origins_that_miss_by_as_much_have_that_error():
    missed = [Miss(0.2 * (-1) ** number, math.inf, 1.0) for number in range(60)]
    assert level_error(missed, 0.0, 1.0) == pytest.approx(0.2, rel=0.02)


def test_the_error_grows_with_the_root_of_time():
    guards.the_error_of_the_level_grows_with_the_root_of_time()


def test_an_origin_with_more_history_behind_it_tells_more():
    late, early = Miss(0.02, 1e6, 0.9), Miss(0.3, 1e6, 0.3)
    alike = [late._replace(history=1.0), early._replace(history=1.0)]
    assert level_error([late, early], 0.0, 1.0) < level_error(alike, 0.0, 1.0)


def test_a_span_in_which_nothing_was_sold_tells_nothing():
    assert level_error([Miss(-math.inf, 0.0, 1.0)], 0.0, 1.0) == level_error([], 0.0, 1.0)


def test_the_error_of_the_parameters_is_finite_where_one_of_them_cannot_be_told():
    when = np.sort(np.random.default_rng(3).choice(1_400, (100, 30)), axis=1)  # nobody leaves: beta may be anything
    rows = companies.purchase_days(np.repeat(np.arange(100), 30), when.ravel(), 10.0)
    known = companies.known(rows, companies.day(1_400), 182)
    assert parameter_error(ParetoNBD().fit(known), known, days(HORIZON)) < 0.1


def test_the_error_of_the_parameters_is_that_of_a_bootstrap_over_customers(monkeypatch):
    monkeypatch.setattr(distribution, "_PARAMETER_DRAWS", 400)
    monkeypatch.setattr(distribution, "_PSEUDO_CUSTOMERS", 2_000)
    rows = companies.buyers(2_000, 11, days=HISTORY, arrivals=400)
    known = companies.known(rows, companies.day(HISTORY), 182)[["frequency", "recency", "T"]]
    model, rng = BGNBD().fit(known), np.random.default_rng(12)
    totals = []
    for _ in range(60):
        again = BGNBD().fit(known.iloc[rng.integers(len(known), size=len(known))])
        totals.append(again.predict(known, days(HORIZON))["expected_purchases"].sum())
    bootstrap = np.std(totals, ddof=1) / np.mean(totals)
    assert parameter_error(model, known, days(HORIZON)) == pytest.approx(bootstrap, rel=0.25)


# --- the scatter of outcomes


@pytest.fixture(scope="module")
def known():
    return companies.known(companies.buyers(600, 13, days=400, arrivals=200, alpha=2.0), companies.day(400), 90)


@pytest.fixture(scope="module")
def ground(known):
    return Ground().fit(known)


def expected_of(ground, known, length=90.0) -> Expectation:
    said = ground.over(known, days(length))
    orders = said["expected_orders"].to_numpy()
    silent = coherent(orders, said["p_no_order"].to_numpy())
    return Expectation(
        orders, silent, orders * said["spend"].to_numpy(), ground.evidence(known), np.full(orders.size, length)
    )


def trial_of(expected: Expectation, scatter: float, level: float, seed: int) -> Trial:
    """Return outcomes of what is expected, at another level, whose squared coefficient of variation is as stated."""
    rng, n, orders = np.random.default_rng(seed), expected.orders.size, level * expected.orders
    silent = coherent(orders, expected.p_no_order**level)
    comes = rng.uniform(size=n) >= silent
    rate = (orders / (1 - silent) - 1) * rng.gamma(1 / scatter, scatter, n)
    money = level * expected.revenue / (1 - silent) * rng.gamma(1 / scatter, scatter, n)
    return Trial(expected, np.where(comes, 1.0 + rng.poisson(rate.clip(0)), 0.0), np.where(comes, money, 0.0))


def test_without_trials_the_scatter_is_that_of_the_models(ground, known):
    found = count_outcomes(ground, known, [], days(90), 0.1)
    assert found.scatter.level_error == 0.1
    assert found.levels == Levels()
    model = ground.family_.models_[ground.family_.best_]
    some, expected = known["frequency"] > 2, expected_of(ground, known)
    own = CountOutcomes(replace(found.scatter, level_error=0.0))
    theirs = model.outcome_quantiles(known[some], days(90), (0.95,))[0.95]
    assert np.abs(own.high(expected)[some] - theirs).mean() < 0.5


def test_the_scatter_of_trials_is_found_whatever_their_level(ground, known):
    expected = expected_of(ground, known)
    came = expected.rows(expected.orders_if_any > 2)
    for level in (0.7, 1.0, 1.4):
        trials = [trial_of(expected, 0.6, level, seed) for seed in range(12)]
        counts = count_outcomes(ground, known, trials, days(90), 0.0)
        money = money_outcomes(ground, expected, counts, trials, 0.0)
        assert np.median(money.scatter.at(came)) == pytest.approx(0.6, rel=0.1)
        assert np.median(counts.scatter.at(came)) == pytest.approx(0.6, rel=0.25)


def test_few_orders_in_the_trials_tell_nothing_of_scatter(ground, known):
    expected = expected_of(ground, known)
    few = [trial_of(expected.rows(np.arange(60)), 0.6, 1.0, 1)]
    assert 0 < (few[0].orders > 0).sum() < distribution.FEWEST_RETURNS
    assert count_outcomes(ground, known, few, days(90), 0.1) == count_outcomes(ground, known, [], days(90), 0.1)


def test_without_amounts_there_is_no_distribution_of_money(known):
    bare = known.assign(monetary_value=np.nan, mean_purchase=np.nan, value_to_date=np.nan)
    ground = Ground().fit(bare)
    expected = expected_of(ground, bare)
    counts = count_outcomes(ground, bare, [], days(90), 0.1)
    assert money_outcomes(ground, expected, counts, [], 0.1) is None
