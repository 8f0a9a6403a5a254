"""Covariates: how columns become numbers, what they do to a model, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import ConfigError, DataError
from clv.models import BGNBD, MBGCNBD, MBGNBD, ParetoNBD
from clv.models.fitting.counts import Counts, purchase_counts
from clv.models.fitting.covariates import Design
from clv.models.purchases import bgnbd
from clv.models.purchases.bgnbd import Params
from clv.units import annual, weeks

BOTH = {"purchase": ["channel", "age"], "dropout": ["channel"]}
TRUE = {
    ("alpha", "channel=app"): -0.3,
    ("alpha", "channel=shop"): 0.5,
    ("alpha", "age"): 0.2,
    ("a", "channel=app"): 0.0,
    ("a", "channel=shop"): 0.4,
    ("b", "channel=app"): 0.0,
    ("b", "channel=shop"): -0.3,
}


def simulate_with_covariates(n: int, seed: int) -> pd.DataFrame:
    """Return customers of r 0.6, alpha 4, a 0.8, b 2.5 whose channel and age shift them as in TRUE."""
    rng = np.random.default_rng(seed)
    channel, age = rng.choice(["web", "shop", "app"], n, p=[0.5, 0.3, 0.2]), rng.integers(18, 80, n).astype(float)
    shop, app, z = channel == "shop", channel == "app", (age - age.mean()) / age.std()
    rate = rng.gamma(0.6, 1 / (4 * np.exp(-(0.5 * shop - 0.3 * app + 0.2 * z))))
    dropout, T = rng.beta(0.8 * np.exp(0.4 * shop), 2.5 * np.exp(-0.3 * shop)), rng.integers(140, 365, n) / 7
    clock, x, t_x = np.zeros((3, n))
    alive = np.ones(n, dtype=bool)
    while alive.any():
        clock[alive] += rng.exponential(1 / rate[alive])
        bought = alive & (clock <= T)
        x[bought] += 1
        t_x[bought] = clock[bought]
        alive = bought & (rng.random(n) >= dropout)
    columns = {"frequency": x, "recency": t_x, "T": T, "channel": channel, "age": age}
    return pd.DataFrame(columns, index=[f"{i:06d}" for i in range(n)])


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return simulate_with_covariates(6_000, seed=31)


@pytest.fixture(scope="module")
def model(customers) -> BGNBD:
    return BGNBD(covariates=BOTH).fit(customers)


def test_true_coefficients_are_recovered(model):
    found = model.coefficients_
    assert sorted(found.index) == sorted(TRUE)
    away = (found["coefficient"] - pd.Series(TRUE)[found.index]) / found["standard_error"]
    assert (away.abs() < 3.5).all()
    # and those that matter most stand clear of nothing
    clear = (found["coefficient"] / found["standard_error"]).abs()
    assert (clear[[("alpha", "channel=shop"), ("alpha", "age")]] > 4).all()
    base = (np.array(model.params_) - [0.6, 4.0, 0.8, 2.5]) / model.standard_errors_.to_numpy()[:4]
    assert (np.abs(base) < 4).all()
    assert model.fit_.gradient_norm < 1e-9


def test_covariates_that_say_something_raise_the_likelihood(model, customers):
    assert model.log_likelihood_ > BGNBD().fit(customers).log_likelihood_ + 50


def test_coefficients_of_zero_give_the_plain_likelihood_and_its_gradient(customers):
    few = customers.head(500)
    design = Design.learn(few, None, BOTH, BGNBD._effects)
    counts, z, share = purchase_counts(few), design.columns(few), np.full(500, 1 / 500)
    plain = BGNBD()._space(50.0)
    objective = design.objective(
        bgnbd.log_likelihood, bgnbd.gradient, Params._make, (counts, z, share), design.space(plain)
    )
    start = np.log([0.5, 0.1, 0.7, 2.0])
    value, slope = objective(np.append(start, np.zeros(7)))
    expected, expected_slope = BGNBD()._objective(counts, [], share, plain)(start)
    assert value == pytest.approx(expected, rel=1e-13)
    assert slope[:4] == pytest.approx(expected_slope, rel=1e-10)


def test_the_gradient_equals_finite_differences(customers):
    few = customers.head(200)
    design = Design.learn(few, None, BOTH, BGNBD._effects)
    rows = purchase_counts(few), design.columns(few), np.full(200, 1 / 200)
    space = design.space(BGNBD()._space(50.0))
    objective = design.objective(bgnbd.log_likelihood, bgnbd.gradient, Params._make, rows, space)
    point = np.append(np.log([0.5, 0.1, 0.7, 2.0]), np.linspace(-0.3, 0.3, 7))
    for i, step in enumerate(1e-5 * np.eye(11)):
        difference = (objective(point + step)[0] - objective(point - step)[0]) / 2e-5
        assert objective(point)[1][i] == pytest.approx(difference, abs=1e-8)


def test_forecasts_are_those_of_each_customers_own_parameters(model, customers):
    one = customers.loc[customers["channel"].eq("shop") & customers["frequency"].gt(1)].head(1)
    gamma = model.coefficients_["coefficient"]
    age = (one["age"].iloc[0] - customers["age"].mean()) / customers["age"].std(ddof=0)
    r, alpha, a, b = model.params_
    own = Params(
        r,
        alpha * np.exp(-gamma[("alpha", "channel=shop")] - gamma[("alpha", "age")] * age),
        a * np.exp(gamma[("a", "channel=shop")]),
        b * np.exp(gamma[("b", "channel=shop")]),
    )
    expected = bgnbd.expected_purchases(own, *purchase_counts(one), 39.0)
    forecast = model.predict(customers, weeks(39))
    assert forecast.index.equals(customers.index)
    assert forecast.loc[one.index, "expected_purchases"].to_numpy() == pytest.approx(expected, rel=1e-9)
    few = customers.head(40)
    discounted = model.discounted_purchases(few, weeks(39), annual(0.1))
    assert (discounted < forecast.loc[few.index, "expected_purchases"]).all()
    assert (model.outcome_quantiles(few, weeks(39), (0.5,)) >= 0).all().all()


def test_weights_equal_repetition(customers):
    few = customers.head(400)[["frequency", "recency", "T", "channel"]]
    n = np.arange(400) % 3 + 1
    covariates = {"purchase": ["channel"]}
    repeated = BGNBD(covariates=covariates).fit(few.loc[few.index.repeat(n)].sample(frac=1, random_state=2))
    weighted = BGNBD(covariates=covariates).fit(few.assign(n=n), weights="n")
    assert weighted.params_ == pytest.approx(repeated.params_, rel=1e-7)
    assert weighted.coefficients_.to_numpy() == pytest.approx(repeated.coefficients_.to_numpy(), rel=1e-4)


def test_standardising_leaves_the_unit_of_a_number_without_effect(customers):
    few, covariates = customers.head(800), {"purchase": ["age"]}
    years, months = (BGNBD(covariates=covariates).fit(frame) for frame in (few, few.assign(age=12 * few["age"] + 100)))
    assert years.coefficients_.to_numpy() == pytest.approx(months.coefficients_.to_numpy(), rel=1e-5)
    assert years.log_likelihood_ == pytest.approx(months.log_likelihood_, rel=1e-12)


@pytest.mark.parametrize("kind", [MBGNBD, ParetoNBD])
def test_other_models_take_them_through_the_base(kind, customers):
    few = customers.head(1500)
    found = kind(covariates={"purchase": ["channel"]}).fit(few)
    assert found.coefficients_.loc[("alpha", "channel=shop"), "coefficient"] > 0
    assert found.log_likelihood_ > kind().fit(few).log_likelihood_
    assert np.isfinite(found.predict(few, weeks(10)).to_numpy()).all()


def test_drawn_models_have_drawn_coefficients(model):
    drawn = [m.coefficients_["coefficient"].to_numpy() for m in model.draw_models(400, np.random.default_rng(6))]
    assert np.std(drawn, axis=0) == pytest.approx(model.coefficients_["standard_error"].to_numpy(), rel=0.2)


def test_the_base_level_is_the_most_frequent_one(model):
    (channel,) = [encoding for encoding in model.design_.encodings if encoding.name == "channel"]
    assert (channel.base, channel.levels) == ("web", ("app", "shop"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.assign(channel="web"), r"covariate channel is 'web' for everyone, so it explains nothing"),
        (lambda c: c.assign(age=40), "covariate age is 40 for everyone"),
        (lambda c: c.drop(columns="age"), r"missing columns \['age'\]"),
        (lambda c: c.assign(channel=c["channel"].where(c.index != "000003")), r"channel missing.*\(ids 000003\)"),
        (lambda c: c.assign(age=c["age"].where(c.index != "000003")), r"age missing or not a finite.*\(ids 000003\)"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(customers, change, message):
    with pytest.raises(DataError, match=message):
        BGNBD(covariates=BOTH).fit(change(customers.head(100)))


def test_a_level_that_the_fit_has_not_seen_is_refused(model, customers):
    few = customers.head(3).assign(channel=["web", "fax", "fax"])
    with pytest.raises(DataError, match=r"2 of 3 rows have channel of a level not seen at the fit, which knew \['web'"):
        model.predict(few)


def test_processes_that_a_model_does_not_have_are_refused(customers):
    with pytest.raises(ConfigError, match=r"BG/NBD: no covariates for \['spend'\]; this model takes them for"):
        BGNBD(covariates={"spend": ["age"]}).fit(customers)
    with pytest.raises(ConfigError, match=r"covariates of \[\'purchase\'\] must be a list of columns"):
        BGNBD(covariates={"purchase": "age"}).fit(customers)
    with pytest.raises(TypeError):
        MBGCNBD(covariates=BOTH)


def test_a_large_base_with_covariates_is_searched_on_merged_rows():
    large = simulate_with_covariates(25_000, seed=33).assign(age=40.0)
    found = BGNBD(covariates={"purchase": ["channel"]}).fit(large)
    assert found.fit_.gradient_norm < 1e-9
    assert found.coefficients_.loc[("alpha", "channel=shop"), "coefficient"] > 0.2
    assert Counts(*purchase_counts(large)).x.size == 25_000
