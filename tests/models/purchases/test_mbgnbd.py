"""The MBG/NBD: published numbers, its relation to the BG/NBD, and simulated customers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.models.conftest import simulate
from tests.reference import published

from clv.models import MBGNBD
from clv.models.purchases import bgnbd, mbgnbd
from clv.models.purchases.bgnbd import Params
from clv.units import weeks

FITTED = Params(**published.CDNOW_MBGNBD)
TRUTH = Params(0.6, 4.0, 0.8, 2.5)


@pytest.fixture(scope="module")
def cdnow_fit(cdnow) -> MBGNBD:
    return MBGNBD().fit(cdnow)


@pytest.mark.parametrize(("history", "expected"), published.MBGNBD_LOG_LIKELIHOODS)
def test_log_likelihoods_are_the_published_ones(history, expected):
    x, t_x = (np.float64(value) for value in history)
    value = mbgnbd.log_likelihood(Params(0.25, 4.0, 0.8, 2.5), x, t_x, np.float64(40))
    assert value == pytest.approx(expected, abs=5e-9 if x == 0 else 5e-5)


def test_the_cdnow_fit_is_the_published_one(cdnow_fit):
    assert cdnow_fit.params_._asdict() == pytest.approx(published.CDNOW_MBGNBD, abs=5.1e-4)
    assert (cdnow_fit.at_boundary_, cdnow_fit.fit_.starts_agreeing) == ((), 4)


def test_a_base_of_two_maxima_is_fitted_at_the_higher_one():
    """Most leave at once, the rest never: found only from a start like that; elsewhere the likelihood ends 2 lower."""
    few = simulate(200, 0.1, 0.9, 1.0, 1.0, seed=1012, at_start=True, days=(40, 100))
    first_three = type("FirstThree", (MBGNBD,), {"_starts": MBGNBD._starts[:3]})
    assert MBGNBD().fit(few).log_likelihood_ > first_three().fit(few).log_likelihood_ + 1


def test_the_cdnow_holdout_means_by_frequency_are_the_published_ones(cdnow_fit, cdnow, cdnow_days):
    expected = cdnow_fit.predict(cdnow, weeks(39))["expected_purchases"]
    means = expected.groupby(cdnow["frequency"]).mean().loc[:5]
    assert means.to_numpy() == pytest.approx(published.CDNOW_MBGNBD_MEANS, abs=5.1e-3)
    end = pd.Timestamp("1997-09-30")
    later = ((cdnow_days["day"] > end) & (cdnow_days["day"] <= end + pd.Timedelta(days=273))).sum()
    assert expected.sum() / later - 1 == pytest.approx(published.CDNOW_MBGNBD_BIAS, abs=1e-3)


@pytest.mark.filterwarnings("ignore")  # importing lifetimes warns
def test_parity_with_lifetimes(cdnow):
    from lifetimes import ModifiedBetaGeoFitter

    theirs = ModifiedBetaGeoFitter()
    theirs.params_ = pd.Series(FITTED._asdict())
    x, t_x, T = (cdnow[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    alive = theirs.conditional_probability_alive(x, t_x, T)
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(39, x, t_x, T)
    assert mbgnbd.p_alive(FITTED, x, t_x, T) == pytest.approx(np.asarray(alive), rel=1e-10)
    assert mbgnbd.expected_purchases(FITTED, x, t_x, T, 39.0) == pytest.approx(np.asarray(expected), rel=1e-8)
    new = theirs.expected_number_of_purchases_up_to_time(39.0)
    assert mbgnbd.expected_purchases_new_customer(FITTED, 39.0) == pytest.approx(new, rel=1e-9)
    pmf = [theirs.probability_of_n_purchases_up_to_time(39.0, n) for n in range(1, 6)]
    assert mbgnbd.pmf_new_customer(FITTED, np.arange(1, 6), 39.0) == pytest.approx(pmf, rel=1e-6)


def test_a_known_survivor_of_the_first_chance_is_a_bgnbd_customer():
    """Whoever stayed after the first purchase has dropout Beta(a, b + 1), and from then on the models agree."""
    stayed, n = TRUTH._replace(b=TRUTH.b + 1), np.arange(1, 20)
    x, t_x, T = np.array([0.0, 3.0]), np.array([0.0, 20.0]), np.array([30.0, 30.0])
    alive = mbgnbd.p_alive(TRUTH, x, t_x, T)
    assert mbgnbd.expected_purchases(TRUTH, x, t_x, T, 26.0) == pytest.approx(
        alive * bgnbd.expected_purchases(stayed, x, t_x, T, 26.0) / bgnbd.p_alive(stayed, x, t_x, T), rel=1e-12
    )
    share = TRUTH.b / (TRUTH.a + TRUTH.b)
    assert mbgnbd.pmf_new_customer(TRUTH, n, 30.0) == pytest.approx(
        share * bgnbd.pmf_new_customer(stayed, n, 30.0), rel=1e-10
    )


@given(
    p=st.builds(Params, r=st.floats(0.05, 20), alpha=st.floats(0.1, 50), a=st.floats(0.01, 20), b=st.floats(0.05, 200)),
    x=st.integers(0, 200),
    share=st.floats(0.01, 1),
)
@settings(deadline=None, derandomize=True)
def test_the_gradient_equals_finite_differences(p, x, share):
    history = np.array([float(x)]), np.array([share * 40 if x else 0.0]), np.array([40.0])
    exact = mbgnbd.gradient(p, *history)[:, 0]
    for i, value in enumerate(p):
        up, down = np.array(p), np.array(p)
        up[i], down[i] = value * (1 + 1e-4), value * (1 - 1e-4)
        high, low = (mbgnbd.log_likelihood(Params(*side), *history)[0] for side in (up, down))
        assert value * exact[i] == pytest.approx((high - low) / 2e-4, rel=1e-5, abs=1e-5)


def test_simulated_customers_do_what_is_expected_of_them():
    """Means by frequency within four standard errors, at the true parameters."""
    base = simulate(40_000, *TRUTH, seed=11, at_start=True, horizon=26.0)
    model = MBGNBD()
    model.params_ = TRUTH
    forecast = model.predict(base, weeks(26))
    for column, actual in (("expected_purchases", base["future"]), ("p_no_purchase", base["future"] == 0)):
        error = (actual - forecast[column]).groupby(base["frequency"].clip(upper=6)).agg(["mean", "sem"])
        assert (error["mean"].abs() < 4 * error["sem"]).all()
    few = model.p_at_least(base, weeks(26), 3)
    error = (base["future"] >= 3) - few
    assert abs(error.mean()) < 4 * error.sem()


def test_true_parameters_are_recovered():
    model = MBGNBD().fit(simulate(6_000, *TRUTH, seed=12, at_start=True))
    away = (np.array(model.params_) - np.array(TRUTH)) / model.standard_errors_
    assert (away.abs() < 4).all()
    assert (model.standard_errors_ / np.array(TRUTH) < 0.25).all()
