"""A season that is there is found with its size; chance, growth, trend and short histories are not taken for one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.errors import DataError
from clv.models.calendar.season import N_HARMONICS, Season, expected_of_base, fit_season
from clv.models.purchases.bgnbd import Params, expected_purchases_new_customer

YEAR = pd.date_range("2025-01-01", periods=365)


def height(dates, size=0.3, peak=0.0):
    """Return the log of a season that is highest in mid-year, with a peak of some weeks in December."""
    phase = (dates.day_of_year.to_numpy() - 1) / 365.25
    return size * np.cos(2 * np.pi * (phase - 0.5)) + peak * np.exp(-0.5 * ((phase - 0.95) / 0.04) ** 2)


def history(n_weeks, rate, seed, size=0.0, peak=0.0, trend=0.0, noise=0.0, base=1.0):
    """Return weeks of Poisson purchases; base multiplies what is expected, noise is lognormal beside the Poisson's."""
    rng = np.random.default_rng(seed)
    ends = pd.date_range("2022-01-09", periods=n_weeks, freq="7D")
    expected = rate * base * np.ones(n_weeks)
    log_shift = height(ends - pd.Timedelta(days=3), size, peak) + trend * np.arange(n_weeks) / 52
    mean = expected * np.exp(log_shift + noise * rng.standard_normal(n_weeks))
    return pd.DataFrame({"week_end": ends, "actual": rng.poisson(mean), "expected": expected})


def truth(size=0.3, peak=0.0):
    factors = np.exp(height(YEAR, size, peak))
    return factors / factors.mean()


@pytest.mark.parametrize(
    ("n_weeks", "rate", "settings_", "tolerance"),
    [
        (156, 1_000, {"size": 0.3}, 0.03),
        (104, 200, {"size": 0.3}, 0.10),
        (60, 1_000, {"size": 0.3}, 0.06),
        (156, 1_000, {"size": 0.3, "trend": 0.4}, 0.03),
        (104, 500, {"size": 0.3, "noise": 0.1}, 0.12),
    ],
)
def test_known_factors_are_recovered(n_weeks, rate, settings_, tolerance):
    season = fit_season(history(n_weeks, rate, seed=1, **settings_))
    assert season.reason == "seen"
    wanted = truth(settings_["size"], settings_.get("peak", 0.0))
    assert np.abs(np.log(season.factors(YEAR)["factor"] / wanted)).max() < tolerance


def test_the_peak_of_december_is_found_and_blunted():
    factors = fit_season(history(156, 300, seed=1, size=0.2, peak=0.8)).factors(YEAR)["factor"]
    highest = pd.Series(truth(0.2, 0.8), index=YEAR).max()
    assert abs((factors.idxmax() - pd.Timestamp("2025-12-13")).days) <= 10
    assert 0.7 * highest < factors.max() < highest


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    covered = []
    for seed in range(40):
        factors = fit_season(history(104, 200, seed, size=0.3)).factors(YEAR)
        covered.append(((factors["low"] <= truth()) & (truth() <= factors["high"])).mean())
    assert 0.90 <= np.mean(covered) <= 1.0


@pytest.mark.parametrize(
    "flat",
    [
        {"rate": 20}, {"rate": 500}, {"rate": 100, "noise": 0.2}, {"rate": 200, "trend": 0.5},
        {"rate": 200, "trend": -0.8}, {"rate": 300, "base": np.linspace(0.05, 1, 104)},
    ],
    ids=["few", "many", "noisy", "rising", "falling", "growing base"],
)  # fmt: skip
def test_at_most_2_of_50_flat_histories_show_a_season(flat):
    reasons = [fit_season(history(104, seed=seed, **flat)).reason for seed in range(50)]
    assert reasons.count("seen") <= 2  # the test's own rate is 1 %
    assert set(reasons) <= {"seen", "not_seen"}


def test_a_growing_base_is_a_season_only_to_those_who_do_not_look_at_what_it_lets_expect():
    base = np.where(np.arange(104) % 52 < 26, 1.0, 1.6)  # half a year of acquisition, and its end
    grown = history(104, 300, seed=5, base=base)
    assert fit_season(grown).reason == "not_seen"
    assert fit_season(grown.assign(expected=300.0)).reason == "seen"


def test_a_base_that_grows_by_new_customers_shows_no_season_against_its_own_expectation():
    rng, params = np.random.default_rng(8), Params(0.6, 6.0, 0.8, 2.5)
    new = rng.poisson(np.linspace(5, 60, 7 * 104)).astype(float)
    daily = expected_of_base(new, lambda age: expected_purchases_new_customer(params, age / 7))
    weekly = daily.reshape(104, 7).sum(axis=1)
    weeks = pd.DataFrame({"week_end": pd.date_range("2022-01-07", periods=104, freq="7D"), "expected": weekly})
    assert fit_season(weeks.assign(actual=rng.poisson(weekly))).reason == "not_seen"


def test_expected_of_base_is_the_sum_over_customers_of_what_their_age_adds():
    rng = np.random.default_rng(2)
    new = rng.integers(0, 5, 30).astype(float)
    curve = lambda age: np.sqrt(age)  # noqa: E731
    wanted = [
        sum(new[first] * (np.sqrt(day - first) - np.sqrt(day - first - 1)) for first in range(day)) for day in range(30)
    ]
    assert expected_of_base(new, curve) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("n_weeks", "reason"), [(0, "short_history"), (52, "short_history"), (53, "seen")])
def test_a_season_needs_more_than_a_year(n_weeks, reason):
    season = fit_season(history(n_weeks, 1_000, seed=0, size=0.3))
    assert season.reason == reason
    if reason == "short_history":
        assert season.numbers == {"days": 7.0 * n_weeks, "needed_days": 371.0}
        assert (season.factors(YEAR) == 1).all(axis=None)


def test_a_silent_base_and_one_of_few_purchases_have_no_season():
    silent = history(104, 10, seed=0).assign(actual=0)
    assert fit_season(silent).reason == "few_purchases"
    assert fit_season(silent).numbers["purchases"] == 0
    assert fit_season(history(104, 0.5, seed=0)).reason == "few_purchases"


def test_weeks_of_zero_are_counts_like_others():
    weeks = history(156, 100, seed=4, size=0.3)
    closed = weeks["week_end"].dt.month == 8
    season = fit_season(weeks.assign(actual=weeks["actual"].mask(closed, 0)))
    factors = season.factors(YEAR)
    assert season.reason == "seen"
    assert np.isfinite(factors).all(axis=None)
    assert factors["factor"].idxmin().month == 8
    assert factors["factor"].min() < 0.5  # a wave is too smooth for a door that shuts


def test_weeks_before_anything_is_expected_do_not_count():
    weeks = history(104, 300, seed=6, size=0.3)
    early = pd.DataFrame(
        {"week_end": weeks["week_end"].min() - pd.Timedelta(days=7), "actual": 0, "expected": 0.0}, [0]
    )
    with_early = fit_season(pd.concat([early, weeks]))
    assert with_early.coefficients == pytest.approx(fit_season(weeks).coefficients)


def test_neither_order_of_weeks_nor_scale_of_the_expected_matters():
    weeks = history(104, 300, seed=6, size=0.3)
    shuffled = weeks.sample(frac=1, random_state=1).assign(expected=lambda frame: frame["expected"] * 1e-4)
    assert fit_season(shuffled).coefficients == pytest.approx(fit_season(weeks).coefficients, abs=1e-9)


def test_more_noise_shrinks_the_waves():
    steady, noisy = (fit_season(history(104, 300, seed=1, size=0.25, noise=noise)) for noise in (0.0, 0.3))
    assert noisy.numbers["dispersion"] > 5 * steady.numbers["dispersion"]
    widths = [np.ptp(season.factors(YEAR)[["low", "high"]].to_numpy(), axis=1).mean() for season in (steady, noisy)]
    assert widths[1] > 2 * widths[0] or noisy.reason == "not_seen"


@given(st.lists(st.floats(-1, 1), min_size=2 * N_HARMONICS, max_size=2 * N_HARMONICS), st.floats(0, 0.2))
@settings(max_examples=25, deadline=None)
def test_factors_average_one_over_the_year_and_lie_in_their_interval(coefficients, sd):
    season = Season("seen", {}, np.array(coefficients), np.eye(2 * N_HARMONICS) * sd**2)
    factors = season.factors(YEAR)
    assert factors["factor"].mean() == pytest.approx(1, rel=2e-2)  # the year of the calendar is not quite 365.25 days
    assert ((factors["low"] <= factors["factor"]) & (factors["factor"] <= factors["high"])).all()


@pytest.mark.parametrize("change", [{"actual": -1}, {"expected": np.nan}, {"week_end": pd.Timestamp("2022-01-09")}])
def test_weeks_that_cannot_be_are_refused(change):
    weeks = history(60, 100, seed=0).assign(actual=lambda frame: frame["actual"].astype(float))
    weeks.loc[3, list(change)] = list(change.values())
    with pytest.raises(DataError, match="1 of 60 have a missing or negative count or occur twice"):
        fit_season(weeks)
