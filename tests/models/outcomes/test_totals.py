"""Totals: chance averages out over customers, the error of their common level does not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.models.outcomes.totals import total, totals_by_group

amounts = st.floats(1e-3, 1e9)


@given(mean=amounts, dispersion=st.floats(0, 50), level_error=st.floats(0, 0.5))
def test_a_total_lies_between_its_percentiles_and_is_never_negative(mean, dispersion, level_error):
    found = total(mean, dispersion * mean, level_error)
    assert found.expected == mean
    assert 0 <= found.low <= found.high
    assert 0 <= found.at_risk <= mean * (1 + 1e-9)
    assert mean - found.low <= found.at_risk * (1 + 1e-6) + 1e-9 * mean or found.low >= mean  # the tail lies below low


@given(mean=st.floats(100, 1e9), level_error=st.floats(0, 0.2))
def test_the_expected_value_of_a_large_base_lies_inside(mean, level_error):
    found = total(mean, mean, level_error)
    assert found.low <= found.expected <= found.high


@given(mean=amounts, unit=st.sampled_from([0.01, 100.0]))
def test_a_total_follows_its_unit(mean, unit):
    one, other = total(mean, mean**2 / 20, 0.1), total(unit * mean, (unit * mean) ** 2 / 20, 0.1)
    assert list(other) == pytest.approx([unit * value for value in one], rel=1e-6)


def test_without_an_error_of_the_level_a_large_total_is_normal():
    found = total(1e4, 100.0**2, 0.0)
    assert (found.low, found.high) == pytest.approx((1e4 - 164.5, 1e4 + 164.5), rel=1e-3)
    assert found.at_risk == pytest.approx(206.3, rel=0.02)  # the normal's tail mean: 2.0627 standard deviations


def test_without_chance_the_level_alone_is_log_normal():
    found, sd = total(1e6, 0.0, 0.1), np.sqrt(np.log(1.01))
    expected = 1e6 * np.exp(np.array([-1.6449, 1.6449]) * sd - sd**2 / 2)
    assert (found.low, found.high) == pytest.approx(expected, rel=2e-3)


def test_a_wider_level_and_more_chance_widen_the_interval():
    width = [np.subtract(*total(100.0, v, e)[2:0:-1]) for v, e in [(1, 0), (1, 0.1), (100, 0.1), (100, 0.3)]]
    assert width == sorted(width)


@pytest.mark.parametrize(("n", "level_error"), [(20, 0.1), (100, 0.1), (2_000, 0.05)])
def test_percentiles_and_value_at_risk_are_those_of_a_simulation(n, level_error):
    # each of n customers makes a negative binomial number of orders (mean 0.5, variance 1) under one level
    rng, spread = np.random.default_rng(5), np.sqrt(np.log1p(level_error**2))
    level = np.exp(rng.normal(-(spread**2) / 2, spread, 100_000))
    orders = rng.poisson(rng.gamma(0.5 * n, level))
    drawn = np.sort(orders + rng.uniform(-0.5, 0.5, level.size))  # between whole numbers
    found = total(0.5 * n, 1.0 * n, level_error)
    scale = drawn.std()
    assert found.low == pytest.approx(np.quantile(drawn, 0.05), abs=0.12 * scale)
    assert found.high == pytest.approx(np.quantile(drawn, 0.95), abs=0.12 * scale)
    assert found.at_risk == pytest.approx(0.5 * n - drawn[:5_000].mean(), abs=0.15 * scale)


def test_nothing_expected_is_nothing():
    assert list(total(0.0, 0.0, 0.1)) == [0.0, 0.0, 0.0, 0.0]


def test_groups_add_up_to_the_base_and_customers_without_a_forecast_bring_nothing():
    rng = np.random.default_rng(2)
    expected = pd.Series(rng.gamma(1, 10, 300)).where(np.arange(300) % 7 > 0)
    group = pd.Series(rng.choice(["A", "B", "no forecast"], 300)).where(expected.notna(), "no forecast")
    found = totals_by_group(expected, 2 * expected, group, 0.08)
    whole = total(float(expected.sum()), float(2 * expected.sum()), 0.08)
    assert found.index.tolist() == ["A", "B", "no forecast"]
    assert list(found) == ["expected", "low", "high", "at_risk"]
    assert found["expected"].sum() == pytest.approx(whole.expected)
    # what is shared by all does not average out: apart from their own chance, the groups' risks add up
    assert found["at_risk"].sum() >= whole.at_risk
    assert totals_by_group(expected, expected, pd.Series("all", group.index), 0.08).iloc[0][
        "expected"
    ] == pytest.approx(whole.expected)
    nobody = totals_by_group(expected * np.nan, expected, group, 0.08)
    assert nobody.eq(0).all(axis=None)
