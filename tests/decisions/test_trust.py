"""What a test says in a word: high trust is hard to earn, and a gap counts by what lies in it."""

from __future__ import annotations

import pandas as pd
import pytest

from clv.decisions.trust import calibration_gap, flags_overdone, range_verdict, trust_level, weighted_gap


@pytest.mark.parametrize(
    ("off", "beats_naive", "tested", "level"),
    [
        (0.00, True, 1.00, "high"),
        (0.05, True, 0.25, "high"),
        (0.0501, True, 1.00, "medium"),
        (0.00, False, 1.00, "medium"),
        (0.00, True, 0.24, "medium"),
        (0.15, True, 0.10, "medium"),
        (0.1501, True, 1.00, "low"),
        (0.00, True, 0.09, "low"),
    ],
)
def test_trust_takes_a_small_miss_a_longer_test_and_no_defeat_by_the_naive_rule(off, beats_naive, tested, level):
    assert trust_level(off, beats_naive, tested) == level


def test_the_gap_of_tenths_is_weighted_by_what_happened():
    tenths = pd.DataFrame({"forecast_total": [120.0, 45.0], "actual_total": [100.0, 50.0]}, index=[1, 2])
    assert calibration_gap(tenths) == (pytest.approx(25 / 150), 1, pytest.approx(0.2))
    low = pd.DataFrame({"forecast_total": [100.0, 30.0], "actual_total": [100.0, 50.0]}, index=[1, 2])
    assert calibration_gap(low) == (pytest.approx(20 / 150), 2, pytest.approx(-0.4))


def test_the_gap_of_silence_is_weighted_by_customers():
    silent = pd.DataFrame({"forecast_mean": [0.1, 0.9], "actual_share": [0.2, 0.5], "n_customers": [90, 10]})
    assert weighted_gap(silent) == pytest.approx(0.13)


@pytest.mark.parametrize(
    ("inside", "verdict"),
    [
        ([0.90], "hold"),
        ([0.875, 0.925], "hold"),
        ([0.90, 0.86], "narrow"),
        ([0.97, 0.90], "wide"),
        ([0.80, 0.96], "narrow"),
    ],
)
def test_ranges_are_judged_by_the_share_that_is_farthest_off(inside, verdict):
    assert range_verdict(pd.Series(inside)) == verdict


@pytest.mark.parametrize(
    ("n_customers", "actual", "overdone"), [(30, 0.6, True), (29, 0.0, False), (5_000, 0.66, False), (0, 0.0, False)]
)
def test_flags_are_called_overdone_by_many_and_by_much(n_customers, actual, overdone):
    assert flags_overdone(n_customers, 0.8 if n_customers else 0.0, actual) == overdone
