"""The gamma-gamma: published numbers, its laws, and what it says where a mean does not exist."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import published

from clv.errors import ConfigError, DataError
from clv.models import GammaGamma, gamma_gamma
from clv.models.gamma_gamma import Params, spend_frequency_correlation


@pytest.fixture(scope="module")
def cdnow_fit(cdnow) -> GammaGamma:
    return GammaGamma().fit(cdnow)


def spenders(n: int, p: float, q: float, gamma: float, seed: int) -> pd.DataFrame:
    """Return n repeat buyers who follow the model exactly."""
    rng = np.random.default_rng(seed)
    rate, x = rng.gamma(q, 1 / gamma, n), rng.poisson(2, n) + 1
    return pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(p * x, 1 / (rate * x))})


def test_the_cdnow_fit_is_the_published_one(cdnow_fit):
    """clvkit's digits; its optimiser stops some 5e-5 away from the top."""
    assert cdnow_fit.params_._asdict() == pytest.approx(published.CDNOW_GAMMA_GAMMA, rel=1e-4)
    assert cdnow_fit.log_likelihood_ == pytest.approx(published.CDNOW_GAMMA_GAMMA_LOG_LIKELIHOOD, abs=5e-5)
    assert cdnow_fit.n_customers_ == published.CDNOW_REPEATERS
    assert (cdnow_fit.at_boundary_, cdnow_fit.fit_.starts_agreeing) == ((), 3)


def test_expected_spend_is_that_of_note_025(cdnow_fit, cdnow):
    spend = cdnow_fit.expected_spend(cdnow)
    assert spend.head(10).to_numpy() == pytest.approx(published.CDNOW_EXPECTED_SPEND, abs=6e-3)
    assert spend.index.equals(cdnow.index)
    assert cdnow_fit.population_mean_ == pytest.approx(35.17, abs=5e-3)


def test_spend_and_frequency_are_nearly_independent_on_cdnow(cdnow):
    found = spend_frequency_correlation(cdnow)
    assert found.pearson == pytest.approx(published.CDNOW_SPEND_PEARSON, abs=5e-3)
    assert found.spearman == pytest.approx(published.CDNOW_SPEND_SPEARMAN, abs=5e-3)
    assert found.n_customers == published.CDNOW_REPEATERS


@pytest.mark.filterwarnings("ignore")  # importing and fitting lifetimes warns
def test_parity_with_lifetimes(cdnow_fit, cdnow):
    from lifetimes import GammaGammaFitter

    repeat = cdnow[cdnow["frequency"] > 0]
    theirs = GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])
    p, q, gamma = cdnow_fit.params_
    assert (p, q, gamma) == pytest.approx(tuple(theirs.params_[["p", "q", "v"]]), rel=5e-3)
    theirs.params_ = pd.Series({"p": p, "q": q, "v": gamma})
    expected = theirs.conditional_expected_average_profit(repeat["frequency"], repeat["monetary_value"])
    assert cdnow_fit.expected_spend(repeat).to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-10)


@given(
    params=st.builds(Params, p=st.floats(0.1, 50), q=st.floats(1.01, 50), gamma=st.floats(0.1, 500)),
    x=st.integers(1, 200),
    z=st.floats(0.01, 1e4),
)
@settings(deadline=None, derandomize=True)
def test_the_gradient_equals_finite_differences(params, x, z):
    count, value = np.array([float(x)]), np.array([z])
    exact = gamma_gamma.gradient(params, count, value)[:, 0]
    for i, parameter in enumerate(params):
        up, down = np.array(params), np.array(params)
        up[i], down[i] = parameter * (1 + 1e-4), parameter * (1 - 1e-4)
        high, low = (gamma_gamma.log_likelihood(Params(*side), count, value)[0] for side in (up, down))
        assert parameter * exact[i] == pytest.approx((high - low) / 2e-4, rel=1e-5, abs=1e-4)


def test_the_density_of_mean_spend_integrates_to_one():
    z = np.exp(np.linspace(-12, 16, 20_001))
    density = np.exp(gamma_gamma.log_likelihood(Params(6.25, 3.74, 15.44), np.float64(3), z))
    assert np.trapezoid(density * z, np.log(z)) == pytest.approx(1, abs=1e-9)


def test_true_parameters_are_recovered():
    model = GammaGamma().fit(spenders(4_000, 6.0, 4.0, 15.0, seed=20240607))
    away = (np.array(model.params_) - [6.0, 4.0, 15.0]) / model.standard_errors_
    assert (away.abs() < 4).all()
    assert (model.standard_errors_ / np.array([6.0, 4.0, 15.0]) < 0.25).all()


@pytest.mark.parametrize("factor", [1e-3, 100.0])
def test_the_currency_changes_nothing_but_the_scale(cdnow_fit, cdnow, factor):
    scaled = GammaGamma().fit(cdnow.assign(monetary_value=cdnow["monetary_value"] * factor))
    p, q, gamma = cdnow_fit.params_
    assert scaled.params_ == pytest.approx((p, q, gamma * factor), rel=1e-7)
    assert scaled.population_mean_ == pytest.approx(cdnow_fit.population_mean_ * factor, rel=1e-7)


def test_weights_equal_repetition_and_order_does_not_matter():
    few = spenders(300, 6.0, 4.0, 15.0, seed=5)
    n = np.arange(300) % 3 + 1
    repeated = GammaGamma().fit(few.loc[few.index.repeat(n)].sample(frac=1, random_state=1))
    weighted = GammaGamma().fit(few.assign(n=n), weights="n")
    assert weighted.params_ == pytest.approx(repeated.params_, rel=1e-8)
    assert weighted.n_customers_ == n.sum()


def test_a_spread_too_wide_for_a_mean_is_reported_and_the_median_offered():
    """Trap T7: q below 1 in truth; lifetimes then returns a negative mean."""
    wide = spenders(3_000, 2.0, 0.6, 10.0, seed=3)
    model = GammaGamma().fit(wide)
    assert model.at_boundary_ == ("q",)
    assert np.isnan(model.standard_errors_["q"])
    once = pd.DataFrame({"frequency": [0, 2], "monetary_value": [np.nan, 40.0]})
    with pytest.raises(DataError, match=r'q is at its limit of 1.*1 customers .*one_time="median"'):
        model.expected_spend(once)
    spend = model.predict(once, one_time="median")["expected_spend"]
    assert spend[0] == pytest.approx(model.population_median_, rel=1e-12)
    assert 0 < spend[1] < 1000


def test_the_population_median_halves_simulated_customers():
    model = GammaGamma()
    model.params_ = Params(6.0, 4.0, 15.0)
    rate = np.random.default_rng(1).gamma(4.0, 1 / 15.0, 200_000)
    # the standard error of a median's rank is 0.5 / √n
    assert (6.0 / rate < model.population_median_).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(200_000))


@pytest.mark.parametrize(
    ("frequency", "value", "message"),
    [
        ([1, 2], [np.nan, 9.0], r"1 of 2 rows have monetary_value missing though frequency > 0.*\(ids A\)"),
        ([1, 2], [5.0, -1.0], r"1 of 2 rows have monetary_value not above 0 though frequency > 0.*\(ids B\)"),
        ([0, 0], [np.nan, np.nan], "every customer bought once"),
    ],
)
def test_unfit_spend_is_refused_with_its_rows(frequency, value, message):
    with pytest.raises(DataError, match=message):
        GammaGamma().fit(pd.DataFrame({"frequency": frequency, "monetary_value": value}, index=["A", "B"]))


def test_both_missing_columns_are_told():
    with pytest.raises(DataError, match=r"missing columns \['frequency', 'monetary_value'\]"):
        GammaGamma().fit(pd.DataFrame({"x": [1]}))


def test_an_unfitted_model_says_so(cdnow):
    with pytest.raises(ConfigError, match="GammaGamma is not fitted"):
        GammaGamma().predict(cdnow)


def test_a_correlation_without_variation_is_missing():
    same = pd.DataFrame({"frequency": [2, 2], "monetary_value": [1.0, 5.0]})
    assert np.isnan(spend_frequency_correlation(same).pearson)
