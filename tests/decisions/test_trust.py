"""A gap counts by what lies in it, and flags are judged by many."""

from __future__ import annotations

import pandas as pd
import pytest

from clv.decisions.trust import calibration_gap, flags_overdone, weighted_gap


def test_the_gap_of_tenths_is_weighted_by_what_happened():
    tenths = pd.DataFrame({"forecast_total": [120.0, 45.0], "actual_total": [100.0, 50.0]}, index=[1, 2])
    assert calibration_gap(tenths) == (pytest.approx(25 / 150), 1, pytest.approx(0.2))
    low = pd.DataFrame({"forecast_total": [100.0, 30.0], "actual_total": [100.0, 50.0]}, index=[1, 2])
    assert calibration_gap(low) == (pytest.approx(20 / 150), 2, pytest.approx(-0.4))


def test_the_gap_of_silence_is_weighted_by_customers():
    silent = pd.DataFrame({"forecast_mean": [0.1, 0.9], "actual_share": [0.2, 0.5], "n_customers": [90, 10]})
    assert weighted_gap(silent) == pytest.approx(0.13)


@pytest.mark.parametrize(
    ("n_customers", "actual", "overdone"), [(30, 0.6, True), (29, 0.0, False), (5_000, 0.66, False), (0, 0.0, False)]
)
def test_flags_are_called_overdone_by_many_and_by_much(n_customers, actual, overdone):
    assert flags_overdone(n_customers, 0.8 if n_customers else 0.0, actual) == overdone
