"""Figures of forecast probabilities: by hand, against scikit-learn, and on simulated truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from clv.errors import DataError
from clv.models.evaluation.probabilities import (
    probability_histogram,
    probability_metrics,
    reliability_table,
    wilson_interval,
)

RNG = np.random.default_rng(5)
P = pd.Series(RNG.beta(2.0, 1.0, 20_000))
HAPPENED = pd.Series(RNG.random(20_000) < P)


def metrics_of(probability, happened):
    return probability_metrics(probability.to_frame("m"), happened).loc["m"]


@pytest.mark.parametrize("probability", [P, P.round(1).clip(0.1, 0.9)], ids=["fine", "ties"])
def test_auc_brier_and_log_loss_are_those_of_scikit_learn(probability):
    row = metrics_of(probability, HAPPENED)
    assert row["auc"] == pytest.approx(roc_auc_score(HAPPENED, probability), abs=1e-12)
    assert row["brier"] == pytest.approx(brier_score_loss(HAPPENED, probability), abs=1e-12)
    assert row["log_loss"] == pytest.approx(log_loss(HAPPENED, probability), abs=1e-12)
    assert row["forecast_mean"] == pytest.approx(probability.mean(), abs=1e-12)
    assert row["actual_share"] == HAPPENED.mean()


def test_the_calibration_error_is_the_weighted_gap_of_the_bins():
    probability, happened = pd.Series([0.1, 0.2, 0.6, 0.8]), pd.Series([False, True, True, True])
    ece = probability_metrics(probability.to_frame("m"), happened, n_bins=2).loc["m", "ece"]
    assert ece == pytest.approx(0.5 * abs(0.15 - 0.5) + 0.5 * abs(0.7 - 1.0), abs=1e-14)


def test_a_large_bin_weighs_more_in_the_calibration_error():
    heap = pd.Series([0.2] * 9 + [0.9])
    ece = probability_metrics(heap.to_frame("m"), heap > 0.5, n_bins=2).loc["m", "ece"]
    assert ece == pytest.approx(0.9 * 0.2 + 0.1 * 0.1, abs=1e-14)


def test_a_true_probability_has_only_the_calibration_error_of_chance():
    p = P.mean()
    by_chance = np.sqrt(2 * 10 * p * (1 - p) / (np.pi * len(P)))
    assert metrics_of(P, HAPPENED)["ece"] < 2 * by_chance
    assert metrics_of(P**2, HAPPENED)["ece"] > 10 * by_chance


def test_no_forecast_beats_the_true_probability_by_a_proper_score():
    wrong = {"too sure": P**2 / (P**2 + (1 - P) ** 2), "too low": 0.8 * P, "constant": P * 0 + HAPPENED.mean()}
    table = probability_metrics(pd.DataFrame({"true": P, **wrong}), HAPPENED)
    for score in ("brier", "log_loss"):
        assert table[score].idxmin() == "true"
    assert table["auc"]["too low"] == pytest.approx(table["auc"]["true"], abs=1e-12)  # the order is the same
    assert table["auc"]["constant"] == 0.5


def test_what_was_called_impossible_costs_infinitely_much_and_what_was_called_certain_nothing():
    assert metrics_of(pd.Series([0.0, 1.0]), pd.Series([False, True]))["log_loss"] == 0
    assert metrics_of(pd.Series([0.0, 1.0]), pd.Series([True, True]))["log_loss"] == np.inf


def test_there_is_no_ranking_where_it_happened_to_all():
    row = metrics_of(pd.Series([0.2, 0.4]), pd.Series([True, True]))
    assert np.isnan(row["auc"])
    assert row["ece"] == pytest.approx(0.7, abs=1e-14)


def test_bins_hold_equal_counts_and_equal_forecasts_stay_together():
    assert reliability_table(P, HAPPENED)["n_customers"].tolist() == [2000] * 10
    assert reliability_table(pd.Series([0.5, 0.5]), pd.Series([True, False]), n_bins=3).index.tolist() == [2]
    heap = pd.Series([0.5] * 70 + list(np.linspace(0.6, 0.9, 30)))
    table = reliability_table(heap, pd.Series([True, False] * 50))
    assert table["n_customers"].tolist() == [70, 10, 10, 10]
    assert table.index.tolist() == [4, 8, 9, 10]


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.35, 0.7, 1.0]), st.booleans()), min_size=1, max_size=60))
def test_bins_conserve_customers_forecasts_and_outcomes(pairs):
    probability, happened = (pd.Series(values) for values in zip(*pairs, strict=True))
    table = reliability_table(probability, happened)
    assert table["n_customers"].sum() == len(pairs)
    assert (table["n_customers"] * table["forecast_mean"]).sum() == pytest.approx(probability.sum(), abs=1e-9)
    assert (table["n_customers"] * table["actual_share"]).sum() == pytest.approx(happened.sum(), abs=1e-9)
    assert ((table["low"] <= table["actual_share"] + 1e-12) & (table["actual_share"] <= table["high"] + 1e-12)).all()


def test_the_order_of_rows_does_not_matter():
    shuffled = P.round(1).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(reliability_table(P.round(1), HAPPENED), reliability_table(shuffled, HAPPENED))


def test_the_wilson_interval_is_the_published_one():
    """Newcombe (1998), Statistics in Medicine 17, Table I, method 3: 81/263, 15/148, 0/20 and 1/29 at 95 %."""
    low, high = wilson_interval([81, 15, 0, 1], [263, 148, 20, 29], level=0.95)
    np.testing.assert_allclose(low, [0.2553, 0.0624, 0.0000, 0.0061], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1605, 0.1611, 0.1718], atol=5e-5)


def test_the_interval_of_a_share_holds_the_truth_about_nine_times_in_ten():
    happened = np.random.default_rng(3).binomial(200, 0.83, 20_000)
    low, high = wilson_interval(happened, 200)
    assert abs(np.mean((low <= 0.83) & (high >= 0.83)) - 0.90) < 0.02


def test_the_histogram_counts_everybody_once():
    table = probability_histogram(pd.Series([0.0, 0.05, 0.999, 1.0]), n_bins=20)
    assert table["n_customers"].tolist() == [1, 1, *[0] * 17, 2]
    assert (table["low"].iloc[0], table["high"].iloc[-1]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("probability", "happened", "message"),
    [
        ([0.2, 1.2], [True, False], "1 customers have a probability outside 0–1"),
        ([0.2, 0.4], [2, 0], "1 outcomes are neither yes"),
        ([0.2, np.nan], [True, False], "1 customers have a missing forecast"),
        ([], [], "no customers to compare"),
    ],
)
def test_what_is_no_probability_and_no_outcome_is_refused(probability, happened, message):
    with pytest.raises(DataError, match=message):
        metrics_of(pd.Series(probability, dtype=float), pd.Series(happened, dtype=float))
