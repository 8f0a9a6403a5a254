"""The total is moved only where past origins agree that it should; otherwise the factor is exactly 1."""

import numpy as np
import pandas as pd
import pytest
from tests.learning import guards

from clv.errors import DataError
from clv.models.calendar.corrections import LARGEST_FACTOR, level_factors
from clv.models.calendar.level import choose_level, level_of
from clv.units import weeks as in_weeks

NA = np.nan


def table(actual, candidate, name="season", forecast=100.0):
    return pd.DataFrame({"forecast": forecast, "actual": actual, name: candidate})


def backtests(seed, n_weeks, horizon, season=0.0, step=0.0, rate=300):
    """Return origins a horizon apart over a Poisson base, a forecast at its last year's mean, and what came."""
    rng = np.random.default_rng(seed)
    ends = pd.date_range("2021-01-03", periods=n_weeks + horizon, freq="7D")
    log_mean = season * np.cos(2 * np.pi * ends.day_of_year.to_numpy() / 365.25) + step * np.arange(len(ends)) / 52
    actual = rng.poisson(rate * np.exp(log_mean))
    weeks = pd.DataFrame({"week_end": ends, "actual": actual, "expected": float(rate)})
    last = np.arange(n_weeks, 25, -horizon)[::-1]
    found = level_factors(weeks[:n_weeks], ends[last - 1], in_weeks(horizon))
    found["forecast"] = [horizon * actual[max(0, n - 52) : n].mean() for n in last]
    came = [float(actual[n : n + horizon].sum()) for n in last]
    return found.assign(actual=[*came[:-1], NA]), came[-1]


def test_a_candidate_that_was_right_each_time_is_taken_at_full_weight():
    level = choose_level(table([130, 80, 125, 78, NA], [1.3, 0.8, 1.25, 0.78, 1.2]))
    assert (level.factor, level.reason, level.candidate) == (1.2, "corrected", "season")
    assert level.numbers["weight"] == 1
    assert level.numbers["error_after"] == pytest.approx(0, abs=1e-12)


def test_a_candidate_that_says_twice_too_much_is_taken_by_half():
    level = choose_level(table([120, 85, 130, 80, NA], [1.44, 0.7225, 1.69, 0.64, 1.44]))
    assert level.factor == pytest.approx(1.2)
    assert level.numbers["weight"] == 0.5


@pytest.mark.parametrize(
    ("actual", "candidate", "reason"),
    [
        ([101, 99, 102, 100, NA], [1.3, 0.8, 1.2, 0.8, 1.2], "no_clear_gain"),  # nothing to correct
        ([102, 98, 102, 98, NA], [1.02, 0.98, 1.02, 0.98, 1.02], "no_clear_gain"),  # right, and not worth it
        ([120, 120, 80, 80, NA], [1.3, 1.3, 1.2, 1.1, 1.2], "no_clear_gain"),  # right half of the time
        ([180, 180, 100, 100, NA], [1.8, 1.8, 1.1, 1.1, 1.8], "no_clear_gain"),  # better in the mean, worse in half
        ([150, 70, 150, NA], [1.5, 0.7, 1.5, 1.5], "few_origins"),
        ([150, 70, 150, 70, NA], [NA, 0.7, 1.5, 0.7, 1.5], "few_origins"),
        ([150, 70, 150, 0, NA], [1.5, 0.7, 1.5, 0.7, 1.5], "few_origins"),  # a silent window has no log error
        ([150, 70, 150, 70, NA], [1.5, 0.7, 1.5, 0.7, NA], "no_candidate"),
        ([NA], [1.5], "few_origins"),
    ],
)
def test_without_a_clear_gain_the_factor_is_one(actual, candidate, reason):
    level = choose_level(table(actual, candidate))
    assert (level.factor, level.reason) == (1.0, reason)


def test_the_better_of_two_candidates_is_taken_and_order_does_not_matter():
    frame = table([130, 80, 125, 78, NA], [1.3, 0.8, 1.25, 0.78, 1.2]).assign(last_year=[1.2, 0.9, 1.2, 0.8, 3.0])
    level = choose_level(frame)
    assert level.candidate == "season"
    assert choose_level(frame.sample(frac=1, random_state=2)) == level


def test_no_factor_goes_beyond_doubling():
    level = choose_level(table([250, 260, 240, 250, NA], [2.5, 2.6, 2.4, 2.5, 9.0]))
    assert level.factor == LARGEST_FACTOR


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"actual": 100.0}, "0 of 5 rows lack their actual"),
        ({"actual": NA}, "5 of 5 rows lack their actual"),
        ({"forecast": 0.0}, "5 of 5 rows have a forecast or candidate that is not positive"),
        ({"season": -1.0}, "5 of 5 rows have a forecast or candidate that is not positive"),
    ],
)
def test_tables_that_cannot_be_are_refused(change, match):
    with pytest.raises(DataError, match=match):
        choose_level(table([130, 80, 125, 78, NA], 1.2).assign(**change))


@pytest.mark.parametrize(("n_weeks", "horizon"), [(104, 8), (130, 13), (208, 26)])
def test_none_of_50_flat_bases_is_corrected(n_weeks, horizon):
    factors = [choose_level(backtests(seed, n_weeks, horizon)[0]).factor for seed in range(50)]
    assert set(factors) == {1.0}


def test_a_seasonal_base_is_corrected_and_comes_closer_to_what_happened():
    before, after = [], []
    for seed in range(12):
        frame, came = backtests(seed, 130, 13, season=0.3)
        missed = np.log(came / frame["forecast"].iloc[-1])
        before.append(abs(missed))
        after.append(abs(missed - np.log(choose_level(frame).factor)))
    assert np.mean(after) < 0.5 * np.mean(before)


def test_a_rising_base_is_corrected_upwards():
    levels = [choose_level(backtests(seed, 156, 26, step=0.4)[0]) for seed in range(5)]
    assert all(level.reason == "corrected" and level.factor > 1.1 for level in levels)


def test_candidates_see_only_the_weeks_up_to_their_origin():
    guards.corrections_see_the_weeks_up_to_their_origin()


def test_a_step_that_nobody_could_foresee_is_missed_in_full():
    guards.a_step_that_nobody_could_foresee_is_missed_in_full()


def test_steps_are_the_ratios_of_their_windows_relative_to_what_was_expected():
    ends = pd.date_range("2021-01-03", periods=104, freq="7D")
    actual = np.full(104, 100.0)
    actual[52:62], actual[94:] = 150, 80  # last year's window; the latest one
    weeks = pd.DataFrame({"week_end": ends, "actual": actual, "expected": np.where(np.arange(104) < 52, 1.0, 2.0)})
    found = level_factors(weeks, ends[[103]], in_weeks(10)).iloc[0]
    assert found["last_year"] == pytest.approx(150 / 2 / 100)
    assert found["recent_trend"] == pytest.approx(0.8)


def test_windows_before_the_history_or_nearly_empty_give_no_step():
    ends = pd.date_range("2021-01-03", periods=60, freq="7D")
    weeks = pd.DataFrame({"week_end": ends, "actual": 10, "expected": 10.0})
    found = level_factors(weeks, ends[[20, 59]], in_weeks(13))
    assert found["last_year"].isna().all()
    assert found["recent_trend"].isna().tolist() == [True, False]
    assert level_factors(weeks, ends[[59]], in_weeks(4))["recent_trend"].isna().all()  # 40 purchases a window


def of_weeks(seed, n_weeks, horizon, season=0.0, rate=300):
    """Return the weeks of a Poisson base up to today, and ln of what came over the last year's average."""
    rng = np.random.default_rng(seed)
    ends = pd.date_range("2021-01-03", periods=n_weeks + horizon, freq="7D") + pd.Timedelta(weeks=int(seed))
    mean = rate * np.exp(season * np.cos(2 * np.pi * ends.day_of_year.to_numpy() / 365.25))
    weeks = pd.DataFrame({"week_end": ends, "actual": rng.poisson(mean), "expected": float(rate)})
    past, ahead = weeks[:n_weeks], weeks[n_weeks:]
    return past, np.log(ahead["actual"].mean() / past["actual"].tail(52).mean())


@pytest.mark.parametrize(("n_weeks", "horizon"), [(58, 13), (64, 13), (78, 26), (104, 13), (104, 26)])
def test_a_season_seen_once_is_followed_where_a_second_year_has_begun_to_repeat_it(n_weeks, horizon):
    before, after = [], []
    for seed in range(0, 48, 6):
        weeks, missed = of_weeks(seed, n_weeks, horizon, season=0.35)
        before.append(abs(missed))
        after.append(abs(missed - np.log(level_of(weeks, in_weeks(horizon)).factor)))
    assert np.mean(after) < (0.8 if n_weeks < 60 else 0.5) * np.mean(before)


@pytest.mark.parametrize(("n_weeks", "horizon"), [(58, 13), (64, 13), (104, 26)])
def test_none_of_20_flat_histories_is_corrected(n_weeks, horizon):
    assert {level_of(of_weeks(seed, n_weeks, horizon)[0], in_weeks(horizon)).factor for seed in range(20)} == {1.0}


@pytest.mark.parametrize(("n_weeks", "horizon"), [(1, 4), (2, 4), (40, 13), (56, 13), (400, 60)])
def test_without_a_time_of_year_seen_twice_nothing_is_corrected(n_weeks, horizon):
    level = level_of(of_weeks(3, n_weeks, horizon, season=0.35)[0], in_weeks(horizon))
    assert level.factor == 1.0
    assert level.reason in ("few_origins", "no_candidate", "no_clear_gain")


def test_a_latest_step_that_held_for_a_week_is_not_carried_over_a_quarter():
    ends = pd.date_range("2021-01-03", periods=60, freq="7D")
    actual = np.r_[np.full(52, 300.0), 300 * 1.2 ** np.arange(1, 9)]  # every week a fifth more than the one before
    weeks = pd.DataFrame({"week_end": ends, "actual": actual.round(), "expected": 300.0})
    assert level_of(weeks, in_weeks(1)).candidate == "recent_trend"
    assert level_of(weeks, in_weeks(13)).candidate != "recent_trend"


def test_a_trial_that_was_lost_is_told_before_one_that_could_not_be_held():
    weeks, _ = of_weeks(4, 75, 26)
    level = level_of(weeks, in_weeks(26))
    assert (level.reason, level.numbers["window_weeks"]) == ("no_clear_gain", 5.0)


def test_the_order_of_weeks_does_not_matter():
    weeks, _ = of_weeks(12, 104, 13, season=0.35)
    assert level_of(weeks, in_weeks(13)) == level_of(weeks.sample(frac=1, random_state=1), in_weeks(13))
