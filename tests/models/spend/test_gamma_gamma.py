"""The gamma-gamma: published numbers, its laws, and what it says where a mean does not exist."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import published

from clv.errors import ConfigError, DataError
from clv.models import GammaGamma
from clv.models.spend import gamma_gamma
from clv.models.spend.future import draw_totals, total_cdf, total_quantile
from clv.models.spend.gamma_gamma import Params
from clv.models.spend.likelihood import condense, coordinates, mean_log_likelihood, starts, thinned
from clv.models.spend.mean_spend import MeanSpend
from clv.models.spend.repeat_spend import spend_frequency_correlation


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
    assert (cdnow_fit.at_boundary_, cdnow_fit.fit_.starts_agreeing) == ((), 4)


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


@pytest.mark.parametrize("factor", [1e-9, 1e-3, 100.0, 1e12])
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
    assert (model.at_boundary_, model.has_population_mean_, model.population_mean_) == (("q",), False, np.inf)
    assert model.standard_errors_.isna().tolist() == [False, True, True]
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


def rows(n: int, seed: int, **truth) -> tuple[np.ndarray, np.ndarray]:
    """Return x and z of `spenders` as arrays."""
    frame = spenders(n, **{"p": 6.0, "q": 4.0, "gamma": 15.0} | truth, seed=seed)
    return frame["frequency"].to_numpy(dtype=float), frame["monetary_value"].to_numpy()


@pytest.mark.parametrize("truth", [{}, {"p": 0.1}, {"q": 0.3}, {"p": 2_000.0, "q": 500.0, "gamma": 1.0}])
@pytest.mark.parametrize("profiles", [0, 1, 3])
def test_the_ledger_of_many_customers_has_the_likelihood_of_each(truth, profiles):
    x, z = rows(30_000, seed=2, **truth)
    weight = np.arange(x.size) % 4 + 1.0
    profile = (np.arange(x.size)[:, np.newaxis] % 3 == np.arange(profiles)).astype(float)
    ledger = condense(x, z, weight, profile)
    assert ledger.level.size < x.size / 2
    space, point = coordinates(20.0, list("abc")[:profiles]), np.array([0.3, -0.4, 0.2, 0.7, -0.6, 0.5])[: 3 + profiles]
    p, q, typical = space.natural(point)[:3]
    each = gamma_gamma.log_likelihood(Params(p, q, typical * q / p * np.exp(profile @ point[3:])), x, z)
    objective = mean_log_likelihood(ledger, space)
    value, slope = objective(point)
    assert value == pytest.approx(each @ weight / weight.sum(), rel=1e-12)
    for i, step in enumerate(1e-4 * np.eye(point.size)):
        high, low = (objective(point + sign * step)[0] for sign in (1, -1))
        assert slope[i] == pytest.approx((high - low) / 2e-4, rel=1e-6, abs=1e-7)


def test_customers_with_covariates_of_their_own_are_kept_one_by_one():
    x, z = rows(500, seed=4)
    profile = np.random.default_rng(1).normal(size=(500, 1))
    ledger = condense(x, z, np.ones(500), profile)
    assert np.array_equal(ledger.profile, profile)
    assert ledger.level == pytest.approx(np.log(x * z), rel=1e-15)


def test_a_fit_that_is_searched_on_some_customers_ends_at_the_top_of_all():
    customers = with_channel(12_000, seed=11, effects={"web": 0.4}, by_age=0.2)
    model = GammaGamma(covariates=["age"]).fit(customers)
    shuffled = GammaGamma(covariates=["age"]).fit(customers.sample(frac=1, random_state=1))
    assert thinned(condense(*rows(10_000, seed=4), np.ones(10_000), np.arange(1e4)[:, None])).level.size == 5_000
    assert model.fit_.gradient_norm < 1e-9
    assert model.fit_.starts_agreeing == 4
    assert shuffled.params_ == pytest.approx(model.params_, rel=1e-8)


def test_a_start_stands_at_the_typical_spend_that_suits_it():
    ledger = condense(*rows(2_000, seed=6), np.ones(2_000), np.empty((2_000, 0)))
    (start,), unit = starts(ledger, [(6.0, 3.0)])
    assert start == pytest.approx([np.log(6), np.log(3), 0.0])
    assert unit == pytest.approx(6 * 15 / 4, rel=0.5)


def noise(n: int, seed: int, spread: float) -> np.ndarray:
    return np.exp(spread * np.random.default_rng(seed).standard_normal(n))


COUNTS = np.tile([1.0, 2.0, 3.0, 1.0, 2.0], 200)
PRICES = np.random.default_rng(2).choice([9.99, 19.99], 1_000)
ORDINARY = rows(1_000, seed=9)
HARD = {
    "one price": (COUNTS, np.full(1_000, 9.99), ("p", "q")),
    "one price and cents of noise": (COUNTS, 10 * noise(1_000, 1, 1e-4), ("p", "q")),
    "percent of noise": (COUNTS, 10 * noise(1_000, 1, 1e-2), ()),
    "two prices, each its own": (COUNTS, PRICES, ("p",)),
    "customers alike, purchases not": (COUNTS, 10 * noise(1_000, 4, 0.6) ** (1 / COUNTS), ("q",)),
    "one customer": (np.array([2.0]), np.array([7.0]), ("p", "q")),
    "five customers, alike": (*rows(5, seed=4), ("q",)),
    "five customers, wide": (*rows(5, seed=6, p=1.0, q=2.0), ("p", "q")),
    "six orders of magnitude": (COUNTS, 10 ** np.random.default_rng(2).uniform(-2, 4, 1_000), ("q",)),
    "whales": (*rows(3_000, seed=7, p=2.0, q=1.3), ()),
    "spend of a customer all over": (*rows(3_000, seed=8, p=0.05, q=3.0), ()),
    "one huge outlier": (np.append(ORDINARY[0], 3.0), np.append(ORDINARY[1], 1e9), ()),
    "one tiny outlier": (np.append(ORDINARY[0], 3.0), np.append(ORDINARY[1], 1e-9), ()),
    "thousands of purchases": (np.arange(1.0, 3_001.0), noise(3_000, 5, 0.5), ()),
}


@pytest.mark.parametrize(("x", "z", "edge"), HARD.values(), ids=HARD)
def test_whatever_the_spend_the_fit_ends_and_expects_between_own_mean_and_population(x, z, edge):
    customers = pd.DataFrame({"frequency": x, "monetary_value": z})
    model = GammaGamma().fit(customers)
    assert model.at_boundary_ == edge
    assert model.fit_.gradient_norm < 1e-7
    expected = model.expected_spend(customers).to_numpy()
    low, high = np.minimum(z, model.population_mean_), np.maximum(z, model.population_mean_)
    assert (expected >= low * (1 - 1e-9)).all()
    assert (expected <= high * (1 + 1e-9)).all()
    if "p" in edge and "q" in edge and model.has_population_mean_:
        assert model.population_mean_ == pytest.approx(z.mean(), rel=1e-2)


def test_parameters_are_drawn_with_their_standard_errors():
    model = GammaGamma().fit(spenders(4_000, 6.0, 4.0, 15.0, seed=20240607))
    drawn = pd.DataFrame(model.draw_params(4_000, np.random.default_rng(1)))
    # the error of a standard deviation over n draws is 1 / √(2n), 1.1 %; the rest is the bend of the exponential
    assert drawn.std().to_numpy() == pytest.approx(model.standard_errors_.to_numpy(), rel=0.1)
    assert drawn.corr().to_numpy()[0, 2] == pytest.approx(
        model.covariance_.loc["p", "gamma"] / model.standard_errors_[["p", "gamma"]].prod(), abs=0.05
    )
    with pytest.raises(ConfigError, match="GammaGamma is not fitted"):
        GammaGamma().draw_params(1, np.random.default_rng(1))


@given(
    p=st.floats(0.1, 50),
    shape=st.floats(1.1, 100),
    rate=st.floats(0.1, 500),
    n=st.integers(1, 50),
    level=st.floats(0.01, 0.99),
)
@settings(deadline=None, derandomize=True)
def test_a_quantile_of_future_spend_has_its_level(p, shape, rate, n, level):
    assert total_cdf(p, shape, rate, n, total_quantile(p, shape, rate, n, level)) == pytest.approx(level, abs=1e-9)


@pytest.mark.parametrize("n_purchases", [1, 4])
def test_draws_of_future_spend_follow_its_distribution_and_mean(n_purchases):
    params, x, z = Params(2.0, 3.5, 20.0), np.array([0.0, 3.0]), np.array([np.nan, 15.0])
    drawn = gamma_gamma.spend_total(params, x, z, np.full((40_000, 2), n_purchases), np.random.default_rng(3))
    shape, rate = gamma_gamma.posterior(params, x, z)
    levels = np.array([[0.05], [0.5], [0.95]])
    below = [(drawn < value).mean(axis=0) for value in total_quantile(2.0, shape, rate, n_purchases, levels)]
    error = np.sqrt(levels * (1 - levels) / len(drawn))
    assert (np.abs(np.array(below) - levels) < 4 * error).all()
    mean = n_purchases * gamma_gamma.conditional_mean_spend(params, x, z)
    assert (np.abs(drawn.mean(axis=0) - mean) < 4 * drawn.std(axis=0) / np.sqrt(len(drawn))).all()


def test_purchases_of_one_customer_share_what_is_not_known_of_him():
    """So that the sum of two varies more than two purchases of different customers."""
    variances = [draw_totals(50.0, 5.0, 1.0, np.full(100_000, n), np.random.default_rng(n)).var() for n in (1, 2)]
    assert variances[1] > 3.5 * variances[0]


MODELS = [GammaGamma, MeanSpend]


@pytest.mark.parametrize("model", MODELS)
def test_no_purchase_brings_nothing_and_more_bring_more(model):
    customers = spenders(200, 6.0, 4.0, 15.0, seed=1)
    fitted, n = model().fit(customers), np.arange(200) % 3
    drawn = fitted.spend_total(customers, np.tile(n, (500, 1)), np.random.default_rng(2))
    assert drawn.shape == (500, 200)
    assert ((drawn == 0) == (n == 0)).all()
    expected = n * fitted.expected_spend(customers)
    assert drawn.sum(axis=1).mean() == pytest.approx(expected.sum(), rel=0.02)
    quantiles = fitted.spend_quantiles(customers, [0.1, 0.9], n)
    assert quantiles.index.equals(customers.index)
    assert (drawn < quantiles[0.9].to_numpy()).mean(axis=0)[n > 0].mean() == pytest.approx(0.9, abs=0.01)
    assert (drawn < quantiles[0.1].to_numpy()).mean(axis=0)[n > 0].mean() == pytest.approx(0.1, abs=0.01)
    assert (quantiles[n == 0] == 0).all(axis=None)


def test_one_mean_for_all_recovers_the_variation_of_single_purchases():
    """Customers who do not differ, whose purchases have a standard deviation of half their mean."""
    rng = np.random.default_rng(12)
    x = rng.poisson(2, 5_000) + 1
    customers = pd.DataFrame({"frequency": x, "monetary_value": rng.gamma(4 * x, 5 / x)})
    model = MeanSpend().fit(customers)
    assert model.mean_ == pytest.approx(20, rel=0.02)
    assert model.coefficient_of_variation_ == pytest.approx(0.5, rel=0.04)


def test_one_price_is_drawn_as_it_is():
    customers = pd.DataFrame({"frequency": [1, 2], "monetary_value": [9.99, 9.99]})
    model = MeanSpend().fit(customers)
    assert model.spend_total(customers, [[1, 3]], np.random.default_rng(1)) == pytest.approx(np.array([[9.99, 29.97]]))
    assert model.spend_quantiles(customers, [0.5], [0, 2])[0.5].to_list() == pytest.approx([0, 19.98])


def with_channel(n: int, seed: int, effects: dict[str, float], by_age: float) -> pd.DataFrame:
    """Return customers whose scale of spend depends on their channel and age."""
    rng = np.random.default_rng(seed)
    channel, age = rng.choice(["shop", "shop", *effects], n), rng.normal(45, 12, n)
    x = rng.poisson(2, n)
    shift = pd.Series(channel).map({"shop": 0.0, **effects}).to_numpy() + by_age * (age - 45) / 12
    z = rng.gamma(6 * np.maximum(x, 1), rng.gamma(4, np.exp(-shift) / 15, n) ** -1 / np.maximum(x, 1))
    return pd.DataFrame({"frequency": x, "monetary_value": z, "channel": channel, "age": age})


def test_effects_of_covariates_are_recovered():
    customers = with_channel(6_000, seed=7, effects={"web": 0.4, "phone": -0.3}, by_age=0.15)
    model = GammaGamma(covariates=["channel", "age"]).fit(customers)
    found = model.coefficients_.droplevel("parameter")
    truth = pd.Series({"channel=phone": -0.3, "channel=web": 0.4, "age": 0.15})
    assert (found["standard_error"] < 0.05).all()
    assert (((found["coefficient"] - truth) / found["standard_error"]).abs() < 3).all()
    away = (np.array(model.params_) - [6.0, 4.0, 15.0]) / model.standard_errors_[["p", "q", "gamma"]]
    assert (away.abs() < 3).all()
    assert model.log_likelihood_ > GammaGamma().fit(customers).log_likelihood_ + 100


def test_covariates_of_few_levels_are_condensed_to_the_same_fit():
    customers = with_channel(20_000, seed=8, effects={"web": 0.4}, by_age=0.0)
    model = GammaGamma(covariates=["channel"]).fit(customers)
    params, x, z = model._rows(customers[customers["frequency"] > 0])
    each = gamma_gamma.log_likelihood(params, x, z)
    assert model.log_likelihood_ == pytest.approx(each.sum(), rel=1e-11)


def test_a_new_customer_is_expected_to_spend_as_those_of_the_same_channel():
    customers = with_channel(4_000, seed=9, effects={"web": 0.5}, by_age=0.0)
    model = GammaGamma(covariates=["channel"]).fit(customers)
    new = pd.DataFrame({"frequency": 0, "monetary_value": np.nan, "channel": ["shop", "web"]})
    effect = np.exp(model.coefficients_["coefficient"].iloc[0])
    for spend in (model.expected_spend(new), model.expected_spend(new, one_time="median")):
        assert spend[1] / spend[0] == pytest.approx(effect, rel=1e-12)
    assert model.expected_spend(new)[0] == pytest.approx(model.population_mean_, rel=1e-12)
    with pytest.raises(DataError, match="level not seen at the fit"):
        model.expected_spend(new.assign(channel="fax"))


def test_a_covariate_without_effect_has_none():
    customers = with_channel(4_000, seed=10, effects={"web": 0.0}, by_age=0.0)
    model, plain = GammaGamma(covariates=["channel"]).fit(customers), GammaGamma().fit(customers)
    coefficient, error = model.coefficients_.iloc[0]
    assert abs(coefficient) < 3 * error
    assert plain.log_likelihood_ <= model.log_likelihood_ < plain.log_likelihood_ + 4.5  # 3 standard errors
