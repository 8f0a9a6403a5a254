"""The Pareto/NBD: published numbers, an independent quadrature, its laws, and fits of published and simulated bases."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, hyp2f1
from tests.reference import published

from clv.errors import ConfigError
from clv.models.purchases import pareto_nbd
from clv.models.purchases.dropout_integral import Powers, grid, tails
from clv.models.purchases.pareto_nbd import Params, ParetoNBD
from clv.models.purchases.power_integral import log_laplace_integral, log_power_integral
from clv.units import annual, weeks

CDNOW = Params(**published.BTYD_PARETO_NBD)

parameters = st.builds(
    Params, r=st.floats(0.02, 20), alpha=st.floats(0.01, 500), s=st.floats(0.02, 20), beta=st.floats(0.01, 500)
)
# frequency, then recency and T as shares of a longest observation of 80 weeks
histories = st.tuples(st.integers(0, 300), st.floats(0.01, 1), st.floats(0.05, 1)).map(
    lambda h: tuple(np.array([v]) for v in (float(h[0]), h[1] * h[2] * 80 if h[0] else 0.0, h[2] * 80))
)
lawful = settings(deadline=None, derandomize=True, max_examples=50)


def simulate(n: int, p: Params, longest: int, seed: int) -> pd.DataFrame:
    """Return n customers who follow the model, observed for a fifth to all of the longest days; times in weeks."""
    rng = np.random.default_rng(seed)
    rate, leaving = rng.gamma(p.r, 1 / p.alpha, n), rng.gamma(p.s, 1 / p.beta, n)
    T = rng.integers(longest // 5, longest + 1, n) / 7
    alive = np.minimum(rng.exponential(1 / leaving), T)
    x = rng.poisson(rate * alive)
    t_x = np.where(x > 0, alive * rng.beta(np.maximum(x, 1), 1), 0.0)
    return pd.DataFrame({"frequency": x, "recency": t_x, "T": T})


def mean_log_likelihood(p: Params, customers: pd.DataFrame) -> float:
    columns = (customers[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    return float(pareto_nbd.log_likelihood(p, *columns).mean())


@pytest.fixture(scope="module")
def cdnow_fit(cdnow) -> ParetoNBD:
    return ParetoNBD().fit(cdnow)


# --- published numbers


def test_customer_1516_is_the_one_of_the_manual():
    (x, t_x, T, horizon), expected, alive = published.BTYD_CUSTOMER_1516
    assert pareto_nbd.expected_purchases(CDNOW, x, t_x, T, horizon) == pytest.approx(expected, abs=5e-3)
    assert pareto_nbd.p_alive(CDNOW, x, t_x, T) == pytest.approx(alive, abs=5e-5)


def test_new_customer_expectations_are_those_of_the_manual():
    p = Params(**published.BTYD_EXPECTATION_PARAMS)
    expected = pareto_nbd.expected_purchases_new_customer(p, np.arange(10))
    assert expected == pytest.approx(published.BTYD_EXPECTATIONS, abs=5.1e-9)
    year = pareto_nbd.expected_purchases_new_customer(CDNOW, 52)
    assert year == pytest.approx(published.PARETO_NBD_52_WEEKS, abs=5e-7)


@pytest.mark.parametrize(("x", "expected"), published.PARETO_NBD_HEAVY_BUYERS.items())
def test_heavy_buyers_where_others_underflow_have_the_published_expectation(x, expected):
    """Alive for sure, so that the expectation is elementary; the last published digit at x = 133 is off."""
    p = Params(0.55, 10.58, 0.61, 11.67)
    assert pareto_nbd.expected_purchases(p, x, 200.0, 200.0, 10.0) == pytest.approx(expected, abs=3e-7)
    exact = (p.r + x) * 211.67 / (210.58 * (p.s - 1)) * (1 - (211.67 / 221.67) ** (p.s - 1))
    assert pareto_nbd.expected_purchases(p, x, 200.0, 200.0, 10.0) == pytest.approx(exact, rel=1e-13)


def test_heavy_buyers_whose_p_alive_was_nan_have_one():
    x, t_x, T = np.array(published.PARETO_NBD_HEAVY_HISTORIES).T
    alive = pareto_nbd.p_alive(Params(**published.PARETO_NBD_HEAVY_PARAMS), x, t_x, T)
    assert ((alive > 0.7) & (alive < 1)).all()


def test_residual_transactions_are_those_of_the_manual():
    p = Params(**published.DERT_PARAMS)
    assert pareto_nbd.dert(p, *published.DERT_HISTORY, published.DERT_RATE) == pytest.approx(published.DERT, abs=5e-8)
    assert pareto_nbd.p_alive(p, *published.DERT_HISTORY) == pytest.approx(published.DERT_P_ALIVE, abs=5e-8)


def test_the_discount_is_annual_and_not_weekly():
    """Trap of a factor of 19: the same 10 % per year, and per week."""
    for weeks_a_year, value in ((52, published.DERT_10_PERCENT_A_YEAR), (1, published.DERT_10_PERCENT_A_WEEK)):
        rate = np.log(1.1) / weeks_a_year
        assert pareto_nbd.dert(CDNOW, 7.0, 29.43, 38.86, rate) == pytest.approx(value, abs=5e-4)
    model = ParetoNBD()
    model.params_ = CDNOW
    one = pd.DataFrame({"frequency": [7], "recency": [29.43], "T": [38.86]})
    # a year of 365.25 days has 52.18 weeks instead of 52
    assert model.dert(one, annual(0.10)).iloc[0] == pytest.approx(published.DERT_10_PERCENT_A_YEAR, rel=5e-3)


# --- the integrals against independent arithmetic


def by_panels(log_f, low: float, high: float) -> float:
    """Return ln ∫ exp(log_f(u)) du by 2,000 panels of 16 nodes between the places 50 nats below the top."""
    u = np.linspace(low, high, 40_001)
    values = log_f(u)
    near = np.flatnonzero(values > values.max() - 50)
    low, high = u[max(near[0] - 1, 0)], u[min(near[-1] + 1, u.size - 1)]
    nodes, lengths = np.polynomial.legendre.leggauss(16)
    edges = np.linspace(low, high, 2_001)
    half = (edges[1] - edges[0]) / 2
    inner = log_f((edges[:-1, np.newaxis] + half * (nodes + 1)).ravel())
    return float(inner.max() + np.log((np.exp(inner - inner.max()) * np.tile(lengths, 2_000)).sum() * half))


def wide_histories(n: int, seed: int):
    """Yield parameters over eight decades of alpha, beta and five of r, s, with light and very heavy buyers."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        T = 10 ** rng.uniform(0, 3)
        alpha, beta = T * 10 ** rng.uniform(-4, 4, 2)
        p = Params(10 ** rng.uniform(-3, 1.5), alpha, 10 ** rng.uniform(-3, 3), alpha if i % 8 == 0 else beta)
        x = float(rng.choice([0, 1, 3, 30, 300, 1000]))
        yield p, x, float(T * rng.choice([1e-3, 0.3, 0.9, 0.999])) if x else 0.0, T


def test_the_log_likelihood_agrees_with_quadrature_over_a_wide_grid():
    for p, x, t_x, T in wide_histories(120, seed=1):
        # by ln(1 + t / c), in which the integrand is smooth; all relative to alpha and beta, which may be large
        c = min(p.alpha, p.beta)

        def log_f(u, p=p, x=x, c=c):
            t = c * np.expm1(u)
            return u - (p.r + x) * np.log1p(t / p.alpha) - (p.s + 1) * np.log1p(t / p.beta)

        left = np.log(p.s * c / p.beta) + by_panels(log_f, np.log1p(t_x / c), np.log1p(T / c))
        stayed = -(p.r + x) * np.log1p(T / p.alpha) - p.s * np.log1p(T / p.beta)
        start = gammaln(p.r + x) - gammaln(p.r) - x * np.log(p.alpha)
        terms = np.abs([start, left, stayed]).max()  # their rounding is what any sum of them carries
        assert pareto_nbd.log_likelihood(p, x, t_x, T) == pytest.approx(
            start + np.logaddexp(left, stayed), rel=1e-11, abs=1e-13 + 1e-14 * terms
        )


@pytest.mark.parametrize("x", [0.0, 2.0, 20.0])
@pytest.mark.parametrize(("alpha", "beta"), [(10.6, 11.7), (3.0, 40.0), (40.0, 3.0), (7.0, 7.0)])
def test_the_likelihood_is_the_published_closed_form(x, alpha, beta):
    """FH (18), where its hypergeometric functions still work."""
    r, s, t_x, T = 0.55, 0.61, 12.0 if x else 0.0, 38.86
    total, larger, smaller = r + s + x, max(alpha, beta), min(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def term(t):
        return hyp2f1(total, second, total + 1, (larger - smaller) / (larger + t)) / (larger + t) ** total

    start = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    likelihood = 1 / ((alpha + T) ** (r + x) * (beta + T) ** s) + s / total * (term(t_x) - term(T))
    value = pareto_nbd.log_likelihood(Params(r, alpha, s, beta), x, t_x, T)
    assert value == pytest.approx(start + np.log(likelihood), rel=1e-12)


@pytest.mark.parametrize("m", [0.0, 1.0, 7.0, 300.0])
@pytest.mark.parametrize("ratio", [1e-4, 0.9, 1.0, 500.0])
def test_the_power_integral_agrees_with_quadrature(m, ratio):
    r, s, limit = np.array([0.02, 3.0, 800.0]), np.array([0.05, 40.0, 1.0]), np.array([1e3, 1e-3, 1.0])
    exact = [
        by_panels(
            lambda u, a=m + 1 + r[i], b=s[i]: (m + 1) * u - a * np.log1p(np.exp(u)) - b * np.log1p(ratio * np.exp(u)),
            np.log(limit[i]) - 80,
            np.log(limit[i]),
        )
        for i in range(3)
    ]
    assert log_power_integral(m, m + 1 + r, s, ratio, limit) == pytest.approx(exact, rel=1e-11, abs=1e-10)


@pytest.mark.parametrize("s", [0.02, 0.7, 1.0, 3.0, 800.0])
@pytest.mark.parametrize("limit", [1e-2, 30.0, np.inf])
def test_the_laplace_integral_agrees_with_quadrature(s, limit):
    rates = np.array([1e-7, 1e-3, 1.0, 400.0])
    exact = [
        by_panels(lambda u, k=k: u - k * np.exp(u) - s * np.log1p(np.exp(u)), -45.0, np.log(min(limit, 300 / k)))
        for k in rates
    ]
    assert log_laplace_integral(s, rates, limit) == pytest.approx(exact, abs=1e-10)


def test_a_gap_in_two_parts_is_the_sum_of_its_parts():
    one, two = grid(np.array([0.0]), np.array([9.0])), grid(np.array([0.0, 4.0]), np.array([4.0, 9.0]))
    for points in (one, two):
        alpha, beta = 2.0 + points.time, 50.0 + points.time
        seen = Powers(*np.broadcast_arrays(30.0, alpha, 1.6, beta, np.log(alpha), np.log(beta)))
        total = tails(points.gap, seen, moments=True)[0]
        if points is one:
            whole = total
    assert total == pytest.approx(whole, rel=1e-12)


# --- numerical traps


@pytest.mark.parametrize("s", [1.0, 1 - 1e-9, 1 + 1e-9])
def test_s_equal_to_one_is_no_pole(s):
    """Trap T5."""
    near = [pareto_nbd.expected_purchases(CDNOW._replace(s=v), 2.0, 30.43, 38.86, 39.0) for v in (0.9999, 1.0001)]
    value = pareto_nbd.expected_purchases(CDNOW._replace(s=s), 2.0, 30.43, 38.86, 39.0)
    assert value == pytest.approx(np.mean(near), rel=1e-8)
    new = pareto_nbd.expected_purchases_new_customer(Params(2.0, 4.0, s, 10.0), 30.0)
    assert new == pytest.approx(2.0 / 4.0 * 10.0 * np.log(4.0), rel=1e-8)


def test_a_purchase_on_the_last_day_leaves_no_time_to_drop_out():
    assert pareto_nbd.p_alive(CDNOW, np.array([3.0, 0.0]), np.array([20.0, 0.0]), np.array([20.0, 0.0])).tolist() == [
        1,
        1,
    ]
    assert pareto_nbd.log_likelihood(CDNOW, 0.0, 0.0, 0.0) == 0.0


def test_predictions_are_finite_over_a_grid_of_extremes():
    x, share, T = (g.ravel() for g in np.meshgrid([0, 1, 40, 2000], [1e-3, 0.5, 1], [0.1, 40, 2000]))
    t_x = np.where(x > 0, share * T, 0.0)
    extremes = (
        CDNOW,
        Params(1e-3, 1e-3, 1e-3, 1e-3),
        Params(1e4, 1e4, 1e4, 1e4),
        Params(0.01, 500, 1, 1e5),
        Params(5.0, 1e-3, 900.0, 1e4),
    )
    for p in extremes:
        assert np.isfinite(pareto_nbd.log_likelihood(p, x, t_x, T)).all()
        assert np.isfinite(pareto_nbd.gradient(p, x, t_x, T)).all()
        for horizon in (1e-3, 52.0, 1e5):
            alive = pareto_nbd.p_alive(p, x, t_x, T)
            none = pareto_nbd.p_no_purchase(p, x, t_x, T, horizon)
            expected = pareto_nbd.expected_purchases(p, x, t_x, T, horizon)
            some = pareto_nbd.p_at_least(p, 1, x, t_x, T, horizon)
            assert ((alive >= 0) & (alive <= 1)).all()
            assert none + some == pytest.approx(1, abs=1e-9)
            assert (np.isfinite(expected) & (expected >= 0)).all()
            # Markov: the chance of a purchase cannot exceed the expected number of them
            assert (some <= expected * (1 + 1e-9) + 1e-12).all()


def test_an_endless_horizon_without_discount_is_refused():
    with pytest.raises(ConfigError, match="discount rate of an endless horizon must be above 0; got 0"):
        pareto_nbd.dert(CDNOW, 1.0, 2.0, 3.0, 0.0)


# --- laws


@given(p=parameters, history=histories)
@lawful
def test_the_gradient_equals_finite_differences(p, history):
    exact = pareto_nbd.gradient(p, *history)[:, 0]
    for i, value in enumerate(p):
        sides = [Params(*np.where(np.arange(4) == i, value * (1 + step), p)) for step in (1e-4, -1e-4)]
        high, low = (pareto_nbd.log_likelihood(side, *history)[0] for side in sides)
        # relative steps: compare value·slope, whose error is third order plus rounding over the step
        assert value * exact[i] == pytest.approx((high - low) / 2e-4, rel=1e-5, abs=2e-5)


@given(p=parameters, history=histories, horizon=st.floats(0.1, 200))
@lawful
def test_the_distribution_of_outcomes_agrees_with_its_mean_and_its_none(p, history, horizon):
    some = pareto_nbd.p_at_least(p, np.arange(6), *history, horizon)
    assert some[0] == 1
    assert (np.diff(some) <= 1e-10).all()
    assert 1 - some[1] == pytest.approx(pareto_nbd.p_no_purchase(p, *history, horizon)[0], abs=1e-9)
    # E[N] is the sum of P(N ≥ n) over n ≥ 1, so that its first terms cannot exceed it
    assert some[1:].sum() <= pareto_nbd.expected_purchases(p, *history, horizon)[0] * (1 + 1e-9) + 1e-12


def test_the_chances_of_at_least_n_sum_to_the_expectation():
    x, t_x, T = (
        np.array([[0.0], [2.0], [26.0]]),
        np.array([[0.0], [30.43], [30.86]]),
        np.array([[38.86], [38.86], [31.0]]),
    )
    chances = pareto_nbd.p_at_least(CDNOW, np.arange(1, 400), x, t_x, T, 39.0)
    expected = pareto_nbd.expected_purchases(CDNOW, x, t_x, T, 39.0)
    assert chances.sum(axis=1) == pytest.approx(expected[:, 0], rel=1e-10)


@given(p=parameters, t=st.floats(0.1, 100))
@lawful
def test_the_pmf_is_the_difference_of_chances_and_its_none_is_no_purchase(p, t):
    n = np.arange(8)
    pmf = pareto_nbd.pmf_new_customer(p, n, t)
    chances = pareto_nbd.p_at_least(p, np.arange(9), 0.0, 0.0, 0.0, t)
    assert pmf == pytest.approx(-np.diff(chances), abs=1e-9)
    assert pmf[0] == pytest.approx(float(pareto_nbd.p_no_purchase(p, 0.0, 0.0, 0.0, t)), rel=1e-9)


def test_the_pmf_has_the_expectation_as_its_mean_even_far_in_the_tail():
    n = np.arange(1500)
    pmf = pareto_nbd.pmf_new_customer(CDNOW, n, 39.0)
    assert pmf.sum() == pytest.approx(1, abs=1e-12)
    assert (n * pmf).sum() == pytest.approx(pareto_nbd.expected_purchases_new_customer(CDNOW, 39.0), rel=1e-11)
    assert pareto_nbd.pmf_new_customer(CDNOW, [0, 1], 0.0) == pytest.approx([1, 0], abs=1e-140)


def test_discounted_purchases_are_the_sum_of_small_increments():
    x, t_x, T = np.array([0.0, 2.0, 300.0]), np.array([0.0, 30.43, 38.0]), np.full(3, 38.86)
    edges = np.linspace(0, 52, 5201)
    steps = np.diff(pareto_nbd.expected_purchases(CDNOW, *(v[:, np.newaxis] for v in (x, t_x, T)), edges))
    discount = np.exp(-0.0133 * (edges[:-1] + edges[1:]) / 2)
    # the midpoint of a step of 0.01 weeks misplaces payments by a relative (rate·step)²/24, below 1e-9
    assert pareto_nbd.discounted_purchases(CDNOW, x, t_x, T, 52.0, 0.0133) == pytest.approx(steps @ discount, rel=1e-8)
    plain = pareto_nbd.expected_purchases(CDNOW, x, t_x, T, 52.0)
    assert pareto_nbd.discounted_purchases(CDNOW, x, t_x, T, 52.0, 0.0) == pytest.approx(plain, rel=1e-12)
    centuries = pareto_nbd.discounted_purchases(CDNOW, x, t_x, T, 1e5, 0.0133)
    assert pareto_nbd.dert(CDNOW, x, t_x, T, 0.0133) == pytest.approx(centuries, rel=1e-12)


def test_parameters_may_differ_by_customer():
    x, t_x, T = np.array([0.0, 2.0, 7.0, 2.0]), np.array([0.0, 30.0, 9.0, 30.0]), np.full(4, 38.0)
    own = Params(0.5, np.array([3.0, 9.0, 9.0, 4.0]), 0.7, np.array([8.0, 2.0, 5.0, 2.0]))
    for formula in (pareto_nbd.log_likelihood, pareto_nbd.gradient, pareto_nbd.p_alive):
        alone = [formula(Params(0.5, own.alpha[i], 0.7, own.beta[i]), x[i], t_x[i], T[i]) for i in range(4)]
        assert formula(own, x, t_x, T) == pytest.approx(np.array(alone).T, rel=1e-12, abs=1e-14)
    for formula in (pareto_nbd.expected_purchases, pareto_nbd.p_no_purchase):
        alone = [formula(Params(0.5, own.alpha[i], 0.7, own.beta[i]), x[i], t_x[i], T[i], 9.0) for i in range(4)]
        assert formula(own, x, t_x, T, 9.0) == pytest.approx(np.array(alone), rel=1e-12)


def test_simulated_customers_do_what_is_forecast():
    """Everyone of one history, drawn from the posterior by rejection: rates weighted by the chance of that history."""
    p, horizon, rng = Params(0.8, 6.0, 0.9, 15.0), 20.0, np.random.default_rng(7)
    n = 400_000
    rate, leaving = rng.gamma(p.r, 1 / p.alpha, n), rng.gamma(p.s, 1 / p.beta, n)
    left = rng.exponential(1 / leaving)
    bought, later = rng.poisson(rate * np.minimum(left, 30.0)), rng.poisson(rate * np.clip(left - 30, 0, horizon))
    for x in (0, 1, 3):
        group = bought == x
        last = np.minimum(left, 30.0) * rng.beta(max(x, 1), 1, n) if x else np.zeros(n)
        expected = pareto_nbd.expected_purchases(p, float(x), last[group], 30.0, horizon)
        none = pareto_nbd.p_no_purchase(p, float(x), last[group], 30.0, horizon)
        error = later[group].std() / np.sqrt(group.sum())
        assert expected.mean() == pytest.approx(later[group].mean(), abs=4 * error)
        assert none.mean() == pytest.approx((later[group] == 0).mean(), abs=4 * 0.5 / np.sqrt(group.sum()))


# --- fits


def test_the_cdnow_fit_is_the_published_one(cdnow_fit):
    """CLVTools stops short on a flat ridge: its parameters agree to 1e-3, the likelihood to all it prints."""
    assert cdnow_fit.params_._asdict() == pytest.approx(published.CDNOW_PARETO_NBD, rel=1e-3)
    assert cdnow_fit.log_likelihood_ == pytest.approx(published.CDNOW_PARETO_NBD_LOG_LIKELIHOOD, abs=5e-4)
    errors = cdnow_fit.standard_errors_.to_dict()
    assert errors == pytest.approx(published.CDNOW_PARETO_NBD_STANDARD_ERRORS, rel=1e-3)
    assert cdnow_fit.at_boundary_ == ()
    assert cdnow_fit.fit_.gradient_norm < 1e-9
    assert cdnow_fit.fit_.starts_agreeing == 3


def test_the_cdnow_holdout_forecast_is_the_published_one(cdnow_fit, cdnow, cdnow_days):
    end = pd.Timestamp("1997-09-30")
    later = cdnow_days[(cdnow_days["day"] > end) & (cdnow_days["day"] <= end + pd.Timedelta(days=273))]
    actual = later.groupby("customer_id").size().reindex(cdnow.index, fill_value=0)
    forecast = cdnow_fit.predict(cdnow, weeks(39))
    expected = forecast["expected_purchases"]
    few = cdnow["frequency"] <= 5
    by_x = [values[few].groupby(cdnow["frequency"]).mean().tolist() for values in (actual, expected)]
    assert by_x[0] == pytest.approx(published.CDNOW_HOLDOUT_MEANS, abs=5.1e-3)
    assert by_x[1] == pytest.approx(published.CDNOW_PARETO_NBD_MEANS, abs=5.1e-3)
    assert expected.sum() / actual.sum() - 1 == pytest.approx(published.CDNOW_PARETO_NBD_BIAS, abs=6e-4)
    assert expected.corr(actual) == pytest.approx(published.CDNOW_PARETO_NBD_CORRELATION, abs=6e-4)
    assert forecast["p_alive"].mean() == pytest.approx(published.CDNOW_PARETO_NBD_MEAN_P_ALIVE, abs=2e-4)


@pytest.mark.filterwarnings("ignore")  # importing and fitting lifetimes warns
def test_lifetimes_finds_no_better_parameters_and_predicts_the_same(cdnow_fit, cdnow):
    from lifetimes import ParetoNBDFitter

    columns = [cdnow[name] for name in ("frequency", "recency", "T")]
    theirs = ParetoNBDFitter()
    theirs.params_ = pd.Series(cdnow_fit.params_._asdict())
    at_ours = ParetoNBDFitter._conditional_log_likelihood(tuple(cdnow_fit.params_), *columns)
    ours = pareto_nbd.log_likelihood(cdnow_fit.params_, *(column.to_numpy(dtype=float) for column in columns))
    assert ours == pytest.approx(np.asarray(at_ours), rel=1e-9, abs=1e-9)
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(39, *columns)
    alive = theirs.conditional_probability_alive(*columns)
    forecast = cdnow_fit.predict(cdnow, weeks(39))
    assert forecast["expected_purchases"].to_numpy() == pytest.approx(np.asarray(expected), rel=1e-8)
    assert forecast["p_alive"].to_numpy() == pytest.approx(np.asarray(alive), rel=1e-8)
    np.random.seed(1)  # noqa: NPY002  # their starts
    fitted = ParetoNBDFitter().fit(*columns, maxiter=2000)
    assert mean_log_likelihood(cdnow_fit.params_, cdnow) >= mean_log_likelihood(Params(*fitted.params_), cdnow) - 1e-9


def test_the_fit_sums_to_the_formulas_and_weights_equal_repetition(cdnow_fit, cdnow):
    assert cdnow_fit.log_likelihood_ / 2357 == pytest.approx(mean_log_likelihood(cdnow_fit.params_, cdnow), rel=1e-12)
    few = cdnow.head(400)
    n = np.arange(len(few)) % 3 + 1
    repeated, weighted = ParetoNBD().fit(few.loc[few.index.repeat(n)]), ParetoNBD().fit(few.assign(n=n), weights="n")
    assert weighted.params_ == pytest.approx(repeated.params_, rel=1e-6)
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-12)


BASES = {
    "like CDNOW": (Params(0.55, 10.6, 0.6, 11.7), 300, 2_000),
    "heavy dropout": (Params(0.8, 2.0, 2.5, 4.0), 350, 2_000),
    "s near 1": (Params(1.2, 5.0, 1.0, 20.0), 350, 2_000),
    "few customers": (Params(0.6, 4.0, 0.8, 12.0), 350, 200),
    "alpha equal to beta": (Params(1.0, 8.0, 0.7, 8.0), 500, 2_000),
    "heavy buyers": (Params(3.0, 1.0, 0.5, 25.0), 700, 1_000),
    "rare buyers": (Params(0.1, 3.0, 0.4, 9.0), 300, 3_000),
}


@pytest.mark.parametrize("base", BASES)
def test_simulated_bases_are_fitted_alike_in_days_and_weeks_and_at_least_as_well_as_by_the_truth(base):
    truth, longest, n = BASES[base]
    customers = simulate(n, truth, longest, seed=20240607)
    model = ParetoNBD().fit(customers)
    assert model.fit_.gradient_norm < 1e-7
    assert mean_log_likelihood(model.params_, customers) >= mean_log_likelihood(truth, customers)
    daily = ParetoNBD(time_unit="day").fit(customers.assign(recency=customers["recency"] * 7, T=customers["T"] * 7))
    shift = customers["frequency"].sum() * np.log(7)
    assert daily.log_likelihood_ == pytest.approx(model.log_likelihood_ - shift, rel=1e-9)
    assert daily.at_boundary_ == model.at_boundary_
    if not model.at_boundary_:
        assert daily.params_ == pytest.approx(np.multiply(model.params_, [1, 7, 1, 7]), rel=1e-4)
        # on the scale of logarithms, on which the likelihood is closer to a bell
        away = np.log(np.divide(model.params_, truth)) * model.params_ / model.standard_errors_
        assert (away.abs() < 4).all()


def test_when_nobody_leaves_the_fit_is_reported_at_the_boundary():
    """Purchases up to the very end of everyone's observation: no sign of dropout."""
    x = np.tile([1.0, 2.0, 3.0, 5.0, 9.0, 14.0], 50)
    loyal = pd.DataFrame({"frequency": x, "recency": 40 - 20 / (x + 1) / 2, "T": 40.0})
    model = ParetoNBD().fit(loyal)
    assert {"s", "beta"} & set(model.at_boundary_)
    assert model.standard_errors_[list(model.at_boundary_)].isna().all()
    assert (model.predict(loyal)["p_alive"] > 0.9999).all()


def test_one_customer_is_predicted_as_in_a_whole_base(cdnow_fit, cdnow):
    whole = cdnow_fit.predict(cdnow, weeks(39))
    alone = pd.concat([cdnow_fit.predict(cdnow.iloc[[i]], weeks(39)) for i in (0, 500, 2000)])
    pd.testing.assert_frame_equal(alone, whole.loc[alone.index], rtol=1e-11)


def test_outcome_quantiles_enclose_their_level(cdnow_fit, cdnow):
    some = cdnow.head(50)
    median = cdnow_fit.outcome_quantiles(some, weeks(39), [0.5])[0.5]
    for i, n in enumerate(median):
        one = some.iloc[[i]]
        assert cdnow_fit.p_at_least(one, weeks(39), int(n) + 1).iloc[0] <= 0.5
        assert n == 0 or cdnow_fit.p_at_least(one, weeks(39), int(n)).iloc[0] > 0.5


def test_covariates_shift_the_rates_they_are_said_to():
    """Those with z buy twice as often and leave as everyone does."""
    slow, fast = (simulate(1_000, Params(0.8, alpha, 0.7, 15.0), 350, seed=i) for i, alpha in enumerate((6.0, 3.0)))
    both = pd.concat([slow.assign(z=0.0), fast.assign(z=1.0)], ignore_index=True)
    model = ParetoNBD(covariates={"purchase": ["z"], "dropout": ["z"]}).fit(both)
    # z is standardised: a step from 0 to 1 is two deviations of a half
    shift, error = model.coefficients_["coefficient"], model.coefficients_["standard_error"]
    assert abs(shift["alpha", "z"] - np.log(2) / 2) < 3 * error["alpha", "z"] < 0.2
    assert abs(shift["beta", "z"]) < 3 * error["beta", "z"]
    assert model.log_likelihood_ > ParetoNBD().fit(both).log_likelihood_ + 20
