"""Weeks ahead carry ranges that hold nine of ten weeks, and months are held against the same months of last year."""

import numpy as np
import pandas as pd
import pytest

from clv.decisions.course import months_of, weekly_ranges


@pytest.mark.parametrize("noise", [1.0, 6.0])
def test_nine_of_ten_weeks_lie_in_their_range(noise):
    rng, expected, inside = np.random.default_rng(5), np.linspace(120, 80, 104), []
    for _history in range(40):
        made = pd.Series(noise * rng.poisson(expected / noise))
        ranges = weekly_ranges(pd.Series(expected[52:]), made.head(52), pd.Series(expected[:52]), 0.0)
        inside.append(made[52:].reset_index(drop=True).between(ranges["low"], ranges["high"]).mean())
    assert 0.87 <= np.mean(inside) <= 0.93


def test_the_error_of_the_level_widens_weeks_and_too_few_weeks_tell_nothing():
    made, foreseen = pd.Series([9.0, 11.0] * 10), pd.Series(1.0, index=range(20))
    sure, unsure = (weekly_ranges(pd.Series([10.0, 0.0]), made, foreseen, error) for error in (0.0, 0.3))
    assert unsure["low"][0] < sure["low"][0] < 10 < sure["high"][0] < unsure["high"][0]
    assert sure.loc[1].tolist() == [0.0, 0.0]
    assert weekly_ranges(pd.Series([10.0]), made.head(7), foreseen.head(7), 0.0).isna().all(axis=None)


def test_a_month_is_held_against_the_same_month_a_year_before():
    ends = pd.date_range("2022-01-09", periods=104, freq="7D")
    weeks = pd.DataFrame({"week_end": ends, "actual": np.where(ends.month == 11, 30, 10), "expected": 5.0})
    table = months_of(weeks)
    november = table[table["month"] == "2023-11-01"].iloc[0]
    assert november["above"] > 1
    assert november["above_before"] == pytest.approx(table.set_index("month").loc["2022-11-01", "above"])
    assert table.head(11)["above_before"].isna().all()
