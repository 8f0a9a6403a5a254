"""Intervals and PIT: by hand, and on counts whose distribution is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest, poisson

from clv.errors import DataError
from clv.models.evaluation.intervals import (
    interval_coverage,
    interval_metrics,
    interval_score,
    pit_histogram,
    randomised_pit,
)

RNG = np.random.default_rng(9)
RATE = RNG.gamma(0.7, 2.0, 20_000)
COUNT = RNG.poisson(RATE)


def pit_of(rate, seed=1):
    return randomised_pit(poisson.cdf(COUNT - 1, rate), poisson.cdf(COUNT, rate), np.random.default_rng(seed))


def test_the_metrics_are_those_computed_by_hand():
    intervals = {
        "model": pd.DataFrame({"low": [0, 0, 2, 1], "high": [2, 1, 4, 1]}, index=list("abcd")),
        "wide": pd.DataFrame({"low": 0, "high": 9}, index=list("abcd")),
    }
    table = interval_metrics(intervals, pd.Series([2, 3, 1, 1], index=list("abcd")), level=0.80)
    assert table.loc["model", ["coverage", "mean_width", "share_below", "share_above"]].tolist() == [
        0.5,
        1.25,
        0.25,
        0.25,
    ]
    assert table.loc["model", "interval_score"] == pytest.approx((2 + (1 + 10 * 2) + (2 + 10 * 1) + 0) / 4, rel=1e-14)
    assert table.loc["wide", ["coverage", "interval_score", "n_customers"]].tolist() == [1, 9, 4]


def test_ends_belong_to_an_interval():
    assert interval_coverage([1, 1], [3, 3], [1, 3]) == 1


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60), st.sampled_from([0.5, 0.8, 0.9]))
def test_an_interval_never_costs_less_than_its_width_and_only_misses_cost_more(low, width, y, level):
    (score,) = interval_score([low], [low + width], [y], level)
    assert (score == width) if low <= y <= low + width else (score > width)


def test_the_interval_score_is_least_for_the_true_quantiles():
    scores = {
        name: interval_score(poisson.ppf(below, RATE), poisson.ppf(above, RATE), COUNT).mean()
        for name, below, above in (
            ("true", 0.05, 0.95),
            ("narrow", 0.2, 0.8),
            ("wide", 0.0005, 0.9995),
            ("low", 0.01, 0.7),
        )
    }
    assert min(scores, key=scores.__getitem__) == "true"


def test_intervals_of_counts_cover_more_than_their_level_and_their_pit_just_the_level():
    inside = interval_coverage(poisson.ppf(0.05, RATE), poisson.ppf(0.95, RATE), COUNT)
    assert inside > 0.93
    u = pit_of(RATE)
    assert abs(np.mean((u > 0.05) & (u < 0.95)) - 0.90) < 3 * np.sqrt(0.09 / COUNT.size)


def test_the_pit_of_the_true_distribution_is_uniform_and_that_of_a_wrong_one_is_not():
    assert kstest(pit_of(RATE), "uniform").pvalue > 0.01
    assert kstest(pit_of(RATE * 1.1), "uniform").pvalue < 1e-6
    assert kstest(pit_of(np.full(RATE.shape, RATE.mean())), "uniform").pvalue < 1e-6


def test_the_shape_of_the_histogram_says_what_is_wrong():
    too_low = pit_histogram(pit_of(RATE * 0.7))["share"]
    assert too_low.iloc[-1] > 0.12 > 0.1 > too_low.iloc[1]
    too_sure = pit_histogram(pit_of(np.full(RATE.shape, RATE.mean())))["share"]
    assert too_sure.iloc[-1] > 0.15
    assert too_sure.iloc[0] > 0.15


def test_a_bin_of_uniform_values_lies_in_the_band_nine_times_in_ten():
    rng = np.random.default_rng(8)
    tables = [pit_histogram(rng.random(500)) for _sample in range(100)]
    inside = np.mean([(t["share"] >= t["band_low"]) & (t["share"] <= t["band_high"]) for t in tables])
    assert 0.89 <= inside <= 0.93  # a share in steps of 1/500 cannot meet 90 % exactly


def test_the_histogram_holds_all_values_with_those_of_zero_and_one():
    table = pit_histogram([0.0, 0.05, 0.1, 1.0], n_bins=10)
    assert table["n_customers"].tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert table["share"].sum() == 1
    assert table.index.tolist() == list(range(1, 11))


def test_the_same_seed_gives_the_same_values_inside_their_step():
    u = pit_of(RATE)
    np.testing.assert_array_equal(u, pit_of(RATE))
    assert (u >= poisson.cdf(COUNT - 1, RATE)).all()
    assert (u <= poisson.cdf(COUNT, RATE)).all()


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: interval_score([2, 0], [1, 1], [0, 0]), "1 intervals have a low above their high"),
        (lambda: interval_coverage([np.nan], [1], [0]), "1 intervals have a low above their high or a missing end"),
        (lambda: interval_score([0], [1], [0], level=90), "level of an interval must be between 0 and 1"),
        (lambda: randomised_pit([0.5], [0.4], RNG), "1 customers break 0 ≤ P"),
        (
            lambda: interval_metrics({"m": pd.DataFrame({"low": [0], "high": [1]})}, pd.Series([1], index=[5])),
            "only one",
        ),
    ],
)
def test_what_is_no_interval_is_refused(attempt, message):
    with pytest.raises(DataError, match=message):
        attempt()
