"""The BG/BB: the published donations, sums written out, its laws, and fits of simulated customers."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln
from tests.reference import published

from clv.errors import ConfigError, DataError
from clv.models.purchases import bgbb
from clv.models.purchases.bgbb import BGBB, Params
from clv.units import annual

PAPER = Params(**published.DONATIONS_BGBB)

parameters = st.builds(Params, *(st.floats(0.02, 50) for _ in range(4)))
histories = st.tuples(st.integers(0, 40), st.floats(0, 1), st.floats(0, 1)).map(
    lambda h: (min(round(h[0] * h[1] * h[2]) + (h[1] * h[2] > 0.5), h[0]), round(h[0] * h[1]), h[0])
)
lawful = settings(deadline=None, derandomize=True, max_examples=60)


def orderly(history: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the history with no purchase before the first opportunity and no last one without a purchase."""
    x, t_x, n = history
    x = min(x, t_x)
    return (x, t_x, n) if x else (0, 0, n)


def simulate(n: int, p: Params, opportunities: int, seed: int) -> pd.DataFrame:
    """Return n customers who follow the model exactly."""
    rng = np.random.default_rng(seed)
    buys, leaves = rng.beta(p.alpha, p.beta, n)[:, np.newaxis], rng.beta(p.gamma, p.delta, n)[:, np.newaxis]
    alive = np.cumprod(rng.random((n, opportunities)) >= leaves, axis=1)
    bought = alive * (rng.random((n, opportunities)) < buys)
    last = (bought * np.arange(1, opportunities + 1)).max(axis=1)
    return pd.DataFrame({"frequency": bought.sum(axis=1), "recency": last, "n_opportunities": opportunities})


def written_out(p: Params, x: int, t_x: int, n: int) -> float:
    """Return the log-likelihood as FHS print it: a sum over the last opportunity that the customer was alive at."""
    buys, leaves = betaln(p.alpha, p.beta), betaln(p.gamma, p.delta)
    terms = [betaln(p.alpha + x, p.beta + n - x) + betaln(p.gamma, p.delta + n)]
    terms += [betaln(p.alpha + x, p.beta + j - x) + betaln(p.gamma + 1, p.delta + j) for j in range(t_x, n)]
    return float(np.logaddexp.reduce(terms) - buys - leaves)


@pytest.fixture(scope="module")
def donors() -> pd.DataFrame:
    """The 22 histories of 11,104 donors, with how many have each."""
    folder = Path(importlib.util.find_spec("lifetimes").origin).parent
    table = pd.read_csv(folder / "datasets" / "donations.csv")
    return table.rename(columns={"periods": "n_opportunities", "weights": "donors"})


@pytest.fixture(scope="module")
def fitted(donors) -> BGBB:
    return BGBB().fit(donors, weights="donors")


# --- published numbers


def test_the_donations_fit_is_the_published_one(fitted):
    assert fitted.params_._asdict() == pytest.approx(published.DONATIONS_BGBB, abs=5.1e-4)
    assert fitted.log_likelihood_ == pytest.approx(published.DONATIONS_BGBB_LOG_LIKELIHOOD, abs=0.051)
    assert fitted.n_customers_ == published.DONORS
    assert fitted.at_boundary_ == ()
    assert fitted.fit_.gradient_norm < 1e-9
    assert fitted.fit_.starts_agreeing == 3


@pytest.mark.parametrize(("history", "alive"), published.DONATIONS_P_ALIVE.items())
def test_the_chances_to_be_alive_in_2002_are_the_published_ones(history, alive):
    assert bgbb.p_alive(PAPER, *history, 6) == pytest.approx(alive, abs=5.1e-3)


@pytest.mark.parametrize(("history", "value"), published.DONATIONS_LOG_LIKELIHOODS.items())
def test_the_log_likelihoods_of_donors_are_the_published_ones(history, value):
    assert bgbb.log_likelihood(PAPER, *history, 6) == pytest.approx(value, abs=3e-5)


def test_the_expected_donors_by_number_of_donations_are_the_published_ones():
    expected = published.DONORS * bgbb.pmf_new_customer(PAPER, np.arange(7), 6)
    for k, number in published.DONATIONS_EXPECTED_DONORS.items():
        assert expected[k] == pytest.approx(number, abs=0.051)
    assert expected.sum() == pytest.approx(published.DONORS, rel=1e-12)


def test_the_donations_of_the_next_five_years_are_the_published_ones(fitted, donors):
    columns = (donors[name] for name in ("frequency", "recency", "n_opportunities"))
    expected = bgbb.expected_purchases(PAPER, *columns, 5) @ donors["donors"]
    assert expected == pytest.approx(published.DONATIONS_NEXT_FIVE_YEARS, abs=0.051)
    total = fitted.predict(donors, 5)["expected_purchases"] @ donors["donors"]
    assert total == pytest.approx(published.DONATIONS_NEXT_FIVE_YEARS, rel=1e-3)


def test_the_expected_donations_of_a_new_donor_are_the_published_ones():
    """To one in the fourth digit: the workbook has more digits of the parameters than the paper."""
    expected = [bgbb.expected_purchases_new_customer(PAPER, n) for n in range(1, 12)]
    assert expected == pytest.approx(published.NEW_DONOR_EXPECTATIONS, abs=1.1e-4)


def test_the_residual_donations_sum_from_the_next_opportunity():
    p = Params(**published.DONATIONS_DERT_PARAMS)
    assert bgbb.dert(p, 3, 4, 6, 0.10) == pytest.approx(published.DONATIONS_DERT, abs=5e-5)
    assert bgbb.discounted_purchases(p, 3, 4, 6, 3000, 0.10) == pytest.approx(
        float(bgbb.dert(p, 3, 4, 6, 0.10)), rel=1e-12
    )


# --- numerical traps


@pytest.mark.parametrize("gamma", [1.0, 1 - 1e-9, 1 + 1e-9])
def test_gamma_equal_to_one_is_no_pole(gamma):
    near = [bgbb.expected_purchases(PAPER._replace(gamma=v), 2, 4, 6, 5) for v in (0.9999, 1.0001)]
    assert bgbb.expected_purchases(PAPER._replace(gamma=gamma), 2, 4, 6, 5) == pytest.approx(np.mean(near), rel=1e-8)


def test_a_thousand_opportunities_are_as_exact_as_six():
    for x, t_x, n in [(0, 0, 1000), (1, 1, 1000), (400, 700, 1000), (1000, 1000, 1000), (3, 999, 1000)]:
        for p in (PAPER, Params(0.01, 30.0, 1e-4, 5.0), Params(300.0, 2.0, 40.0, 1e4)):
            assert bgbb.log_likelihood(p, x, t_x, n) == pytest.approx(written_out(p, x, t_x, n), rel=1e-10, abs=1e-9)
            assert 0 <= bgbb.p_alive(p, x, t_x, n) <= 1
            assert 0 <= bgbb.expected_purchases(p, x, t_x, n, 1000) <= 1000
    assert bgbb.pmf_new_customer(PAPER, np.arange(1001), 1000).sum() == pytest.approx(1, rel=1e-10)


def test_someone_who_cannot_leave_is_alive():
    p = PAPER._replace(gamma=1e-12)
    assert bgbb.p_alive(p, 0, 0, 6) == pytest.approx(1, abs=1e-9)
    assert bgbb.expected_purchases(p, 2, 4, 6, 10) == pytest.approx(
        10 * (p.alpha + 2) / (p.alpha + p.beta + 6), rel=1e-9
    )


def test_no_opportunity_yet_says_nothing():
    assert bgbb.log_likelihood(PAPER, 0, 0, 0) == 0.0
    assert (bgbb.gradient(PAPER, 0, 0, 0) == 0).all()


# --- laws


@given(p=parameters, history=histories.map(orderly))
@lawful
def test_the_likelihood_is_the_published_sum_and_its_gradient_equals_finite_differences(p, history):
    assert bgbb.log_likelihood(p, *history) == pytest.approx(written_out(p, *history), rel=1e-10, abs=1e-11)
    exact = bgbb.gradient(p, *history)
    for i, value in enumerate(p):
        high, low = (Params(*np.where(np.arange(4) == i, value * (1 + step), p)) for step in (1e-4, -1e-4))
        slope = (bgbb.log_likelihood(high, *history) - bgbb.log_likelihood(low, *history)) / 2e-4
        assert value * exact[i] == pytest.approx(float(slope), rel=1e-5, abs=1e-6)


@given(p=parameters, history=histories.map(orderly), n_next=st.integers(1, 12))
@lawful
def test_the_distribution_of_outcomes_sums_to_one_and_has_the_expectation_as_its_mean(p, history, n_next):
    k = np.arange(n_next + 2)
    chances = bgbb.pmf(p, k, *history, n_next)
    assert chances[-1] == 0
    assert chances.sum() == pytest.approx(1, rel=1e-10)
    assert k @ chances == pytest.approx(float(bgbb.expected_purchases(p, *history, n_next)), rel=1e-9, abs=1e-12)


@given(p=parameters, n=st.integers(0, 6))
@lawful
def test_the_likelihoods_of_all_histories_sum_to_one(p, n):
    """As many orders of purchases have a history as places for those before the last."""
    total = 0.0
    for t_x in range(n + 1):
        for x in range(1 if t_x else 0, t_x + 1):
            orders = np.prod([(t_x - i) / i for i in range(1, x)]) if x else 1.0
            total += orders * np.exp(float(bgbb.log_likelihood(p, x, t_x, n)))
    assert total == pytest.approx(1, rel=1e-11)


# --- fits and frames


@pytest.mark.parametrize(
    "truth", [PAPER, Params(0.8, 2.0, 0.7, 4.0), Params(2.0, 2.0, 1.0, 4.0), Params(5.0, 1.0, 3.0, 3.0)]
)
def test_true_parameters_are_recovered(truth):
    model = BGBB().fit(simulate(8_000, truth, 12, seed=11))
    assert model.fit_.gradient_norm < 1e-7
    assert model.at_boundary_ == ()
    away = np.log(np.divide(model.params_, truth)) * model.params_ / model.standard_errors_
    assert (away.abs() < 4).all()


def test_simulated_customers_do_what_is_forecast():
    p, n = Params(1.0, 2.0, 0.8, 6.0), 200_000
    whole = simulate(n, p, 12, seed=3)
    expected = bgbb.expected_purchases_new_customer(p, 12)
    assert whole["frequency"].mean() == pytest.approx(expected, abs=4 * whole["frequency"].std() / np.sqrt(n))
    # over all histories of seven opportunities, what is forecast for five more is what comes in twelve less in seven
    ahead = bgbb.expected_purchases(p, *simulate(n, p, 7, seed=4).to_numpy().T, 5)
    later = expected - bgbb.expected_purchases_new_customer(p, 7)
    assert ahead.mean() == pytest.approx(later, abs=4 * ahead.std() / np.sqrt(n))


def test_weights_equal_repetition_and_mixed_opportunities_are_fitted():
    few = pd.concat([simulate(300, PAPER, n, seed=n) for n in (4, 6, 9)], ignore_index=True)
    n = np.arange(len(few)) % 3 + 1
    repeated = BGBB().fit(few.loc[few.index.repeat(n)].sample(frac=1, random_state=1))
    weighted = BGBB().fit(few.assign(n=n), weights="n")
    assert weighted.params_ == pytest.approx(repeated.params_, rel=1e-6)
    assert weighted.n_customers_ == repeated.n_customers_ == n.sum()


def test_a_base_that_says_little_on_dropout_is_fitted_at_least_as_well_as_by_the_truth():
    truth = Params(0.5, 4.0, 0.5, 8.0)
    rare = simulate(8_000, truth, 12, seed=11)
    model = BGBB().fit(rare)
    assert model.log_likelihood_ >= bgbb.log_likelihood(truth, *rare.to_numpy().T).sum()
    assert model.standard_errors_[list(model.at_boundary_)].isna().all()


def test_when_nobody_leaves_the_fit_is_reported_at_the_boundary():
    loyal = pd.DataFrame({"frequency": [2, 4, 6, 8], "recency": [10] * 4, "n_opportunities": [10] * 4})
    model = BGBB().fit(loyal)
    assert {"gamma", "delta"} & set(model.at_boundary_)
    assert (model.predict(loyal, 5)["p_alive"] > 0.999).all()


def test_predictions_keep_the_callers_index_and_the_frame(fitted):
    donors = pd.DataFrame(
        {"frequency": [2, 0, 6], "recency": [4, 0, 6], "n_opportunities": [6] * 3}, index=["007", "1", "3"]
    )
    before = donors.copy(deep=True)
    forecast = fitted.predict(donors, 5)
    assert forecast.index.equals(donors.index)
    assert forecast.columns.tolist() == ["p_alive", "expected_purchases", "p_no_purchase"]
    assert fitted.dert(donors, annual(0.10)).index.equals(donors.index)
    pd.testing.assert_frame_equal(donors, before)


def test_the_discount_is_annual_whatever_the_rhythm():
    donors = pd.DataFrame({"frequency": [3], "recency": [4], "n_opportunities": [6]})
    yearly, monthly = BGBB(), BGBB(opportunities_per_year=12)
    yearly.params_ = monthly.params_ = Params(**published.DONATIONS_DERT_PARAMS)
    assert yearly.dert(donors, annual(0.10)).iloc[0] == pytest.approx(published.DONATIONS_DERT, abs=5e-5)
    per_month = float(bgbb.dert(monthly.params_, 3, 4, 6, 1.1 ** (1 / 12) - 1))
    assert monthly.dert(donors, annual(0.10)).iloc[0] == pytest.approx(per_month, rel=1e-12)
    with pytest.raises(ConfigError, match="discount rate of an endless horizon must be above 0"):
        yearly.dert(donors, annual(0.0))


@pytest.mark.parametrize(
    ("x", "t_x", "n", "message"),
    [
        (1, 7, 6, r"recency > n_opportunities"),
        (3, 2, 6, r"frequency > recency"),
        (0, 2, 6, r"recency > 0 but frequency 0"),
        (1, 1.5, 6, r"below 0 or not whole"),
        (0, 0, 6, r"nobody bought at any opportunity"),
    ],
)
def test_impossible_histories_are_refused(x, t_x, n, message):
    with pytest.raises(DataError, match=message):
        BGBB().fit(pd.DataFrame({"frequency": [x], "recency": [t_x], "n_opportunities": [n]}))


def test_a_model_without_a_fit_and_a_fraction_of_opportunities_are_refused(fitted, donors):
    with pytest.raises(ConfigError, match="BGBB is not fitted"):
        BGBB().predict(donors, 5)
    with pytest.raises(ConfigError, match=r"n_opportunities must be a whole number above 0; got 1\.5"):
        fitted.predict(donors, 1.5)
