"""A change in what the same customers spend is found, one of customers is not taken for it; cohorts stay apart."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import DataError
from clv.models.calendar.drift import SIZE_THAT_MATTERS, cohort_spread, cohort_tracking, spend_trend


def sums_of(customer, t, y):
    """Return the sums that `clv.data.series.spend_sums` takes from the engine."""
    points = pd.DataFrame({"customer": customer, "t": t, "y": y})
    within = points[["t", "y"]] - points.groupby("customer")[["t", "y"]].transform("mean")
    products = within.assign(tt=within["t"] ** 2, ty=within["t"] * within["y"]).groupby(points["customer"])
    tt, ty = products["tt"].sum(), products["ty"].sum()
    row = {"n_customers": len(tt), "n_purchases": len(points), "years": np.ptp(t), "s_tt": tt.sum(), "s_ty": ty.sum()}
    return pd.DataFrame([row | {"s_tt_tt": tt @ tt, "s_tt_ty": tt @ ty, "s_ty_ty": ty @ ty}])


def panel(seed, slope=0.0, n_customers=300, years=2.0, mix=0.0, own_slopes=0.0):
    """Return purchases of customers; mix makes later customers dearer, own_slopes lets each one drift alone."""
    rng = np.random.default_rng(seed)
    joined = rng.uniform(0, years / 2, n_customers)
    customer = np.repeat(np.arange(n_customers), rng.integers(2, 8, n_customers))
    t = rng.uniform(joined[customer], years)
    level = rng.normal(3 + mix * joined, 0.5)[customer]
    drift = (slope + rng.normal(0, 1, n_customers) * own_slopes)[customer]
    return sums_of(customer, t, level + drift * t + rng.normal(0, 0.4, t.size))


@pytest.mark.parametrize(("yearly", "verdict"), [(0.15, "rising"), (-0.15, "falling"), (0.0, "none")])
def test_a_known_change_is_recovered_within_its_error(yearly, verdict):
    trend = spend_trend(panel(seed=1, slope=np.log1p(yearly)))
    assert trend.verdict == verdict
    assert trend.change_per_year == pytest.approx(yearly, abs=3 * trend.standard_error)
    assert trend.low < trend.change_per_year < trend.high


def test_the_standard_error_is_that_of_scores_summed_by_customer():
    rng = np.random.default_rng(7)
    customer, t = np.repeat(np.arange(30), 4), rng.uniform(0, 3, 120)
    y = 1.5 * t + rng.normal(0, 1, 30)[customer] + rng.normal(0, 0.2, 120)
    trend = spend_trend(sums_of(customer, t, y))
    within = lambda values: values - values.reshape(30, 4).mean(axis=1)[customer]  # noqa: E731
    scores = (within(t) * (within(y) - trend.slope * within(t))).reshape(30, 4).sum(axis=1)
    exact = np.sqrt(scores @ scores * 30 / 29) / (within(t) ** 2).sum()
    assert trend.standard_error == pytest.approx(exact, rel=1e-9)


def test_dearer_newcomers_are_no_trend_in_spend():
    trend = spend_trend(panel(seed=2, mix=1.0))
    assert trend.verdict == "none"
    assert abs(trend.change_per_year) < 3 * trend.standard_error


@pytest.mark.parametrize("own_slopes", [0.0, 0.5])
def test_the_interval_holds_the_truth_19_times_in_20_even_if_customers_drift_each_their_way(own_slopes):
    trends = [spend_trend(panel(seed, slope=np.log(1.1), own_slopes=own_slopes)) for seed in range(200)]
    covered = np.mean([trend.low <= 0.1 <= trend.high for trend in trends])
    assert 0.90 <= covered <= 0.99


def test_few_of_200_steady_bases_are_said_to_drift():
    verdicts = [spend_trend(panel(seed)).verdict for seed in range(200)]
    assert verdicts.count("none") >= 182  # the interval's own rate is 5 %, and twice its binomial error on top


def test_a_certain_change_that_is_too_small_to_matter_is_none():
    trend = spend_trend(panel(seed=4, slope=0.03, n_customers=20_000))
    assert trend.low > 0
    assert trend.change_per_year < SIZE_THAT_MATTERS
    assert trend.verdict == "none"


@pytest.mark.parametrize(("n_customers", "years"), [(29, 2.0), (300, 0.9)])
def test_few_customers_or_less_than_a_year_say_nothing(n_customers, years):
    trend = spend_trend(panel(seed=5, slope=0.5, n_customers=n_customers, years=years))
    assert trend.verdict == "unknown"
    assert np.isnan([trend.change_per_year, trend.low, trend.high]).all()
    assert trend.n_customers == n_customers


def test_customers_who_always_spend_the_same_have_no_trend_and_no_error():
    sums = panel(seed=6).assign(s_ty=0.0, s_tt_ty=0.0, s_ty_ty=0.0)
    trend = spend_trend(sums)
    assert (trend.verdict, trend.low, trend.high) == ("none", 0.0, 0.0)


def cohorts_of(seed, rates, n=400):
    """Return n customers a quarter whose purchases have these rates, all forecast at the mean rate."""
    rng = np.random.default_rng(seed)
    months = np.repeat(pd.date_range("2022-01-15", periods=len(rates), freq="QS"), n)
    own = rng.gamma(2.0, np.repeat(rates, n) / 2)
    return pd.DataFrame({"first_order": months, "forecast": np.mean(rates), "actual": rng.poisson(own)})


def test_cohorts_that_differ_show_though_the_total_is_right():
    customers = cohorts_of(seed=1, rates=[1.5, 0.5, 1.5, 0.5])
    table = cohort_tracking(customers)
    assert customers["actual"].sum() == pytest.approx(customers["forecast"].sum(), rel=0.05)
    assert table["ratio"].tolist() == pytest.approx([1.5, 0.5, 1.5, 0.5], abs=0.15)
    assert (table["low"].iloc[[0, 2]] > 1).all()
    assert (table["high"].iloc[[1, 3]] < 1).all()
    assert cohort_spread(table) == pytest.approx(0.5, abs=0.1)


def test_intervals_of_like_cohorts_hold_one_about_19_times_in_20():
    tables = [cohort_tracking(cohorts_of(seed, rates=[1.0] * 10)) for seed in range(40)]
    held = np.mean([((table["low"] <= 1) & (table["high"] >= 1)).mean() for table in tables])
    assert 0.92 <= held <= 0.98


@pytest.mark.parametrize(("months", "cohorts"), [(1, 14), (3, 5), (12, 2)])
def test_cohorts_reconcile_with_their_customers(months, cohorts):
    days = pd.date_range("2022-01-01", "2023-02-28", freq="3D")
    rng = np.random.default_rng(0)
    customers = pd.DataFrame({"first_order": days, "forecast": rng.gamma(1, 1, len(days)), "actual": 1})
    table = cohort_tracking(customers, months)
    assert len(table) == cohorts
    assert table.index.is_monotonic_increasing
    assert table["n_customers"].sum() == len(customers)
    assert table["forecast"].sum() == pytest.approx(customers["forecast"].sum())
    assert table["actual"].sum() == len(customers)


def test_a_cohort_of_one_or_without_forecast_has_no_interval():
    customers = pd.DataFrame(
        {"first_order": ["2022-01-05", "2022-04-05", "2022-04-06"], "forecast": [2.0, 0.0, 0.0], "actual": [1, 0, 1]}
    )
    table = cohort_tracking(customers)
    assert table["ratio"].iloc[0] == 0.5
    assert np.isnan(table["ratio"].iloc[1])
    assert table[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize("change", [{"forecast": -1.0}, {"actual": np.nan}, {"first_order": pd.NaT}])
def test_customers_that_cannot_be_are_refused(change):
    customers = cohorts_of(seed=0, rates=[1.0], n=5).astype({"actual": float})
    customers.loc[2, list(change)] = list(change.values())
    with pytest.raises(DataError, match="1 of 5 customers lack a first order or have a bad count"):
        cohort_tracking(customers)
