"""The BG/NBD: published numbers of single customers, its laws, and the frames that go in and come out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from tests.reference import published

from clv.errors import ConfigError, DataError
from clv.models import BGNBD
from clv.models.purchases import bgnbd
from clv.models.purchases.bgnbd import Params
from clv.units import annual, days, weeks

PAPER = Params(**published.PAPER_BGNBD)
FITTED = Params(**published.CDNOW_BGNBD)

parameters = st.builds(
    Params, r=st.floats(0.05, 20), alpha=st.floats(0.1, 50), a=st.floats(0.01, 20), b=st.floats(0.05, 200)
)
# frequency, then recency and T as shares of a longest observation of 80 weeks
histories = st.tuples(st.integers(0, 300), st.floats(0.01, 1), st.floats(0.05, 1)).map(
    lambda h: (float(h[0]), h[1] * h[2] * 80 if h[0] else 0.0, h[2] * 80)
)
lawful = settings(deadline=None, derandomize=True)


@pytest.fixture
def model() -> BGNBD:
    fitted = BGNBD()
    fitted.params_ = PAPER
    return fitted


@pytest.fixture
def five() -> pd.DataFrame:
    columns = {"frequency": [2, 0, 7, 2, 26], "recency": [30.43, 0, 29.43, 30.43, 30.86], "T": [38.86] * 4 + [31]}
    return pd.DataFrame(columns, index=["0002", "0001", "0009", "0004", "1516"])


# --- published numbers


@pytest.mark.parametrize(("history", "expected", "alive"), published.CONDITIONAL_EXPECTATIONS)
def test_conditional_expectations_are_the_published_ones(history, expected, alive):
    x, t_x, T, horizon = (np.float64(value) for value in history)
    assert bgnbd.expected_purchases(PAPER, x, t_x, T, horizon) == pytest.approx(expected, abs=5e-8 if x < 20 else 5e-5)
    assert bgnbd.p_alive(PAPER, x, t_x, T) == pytest.approx(alive, abs=5e-8)


@pytest.mark.parametrize(("t", "expected"), published.NEW_CUSTOMER_SHEET.items())
def test_new_customer_expectations_are_those_of_the_sheet(t, expected):
    assert bgnbd.expected_purchases_new_customer(FITTED, t) == pytest.approx(expected, abs=5.1e-5)


def test_the_sheet_falls_short_at_78_weeks_only_because_its_series_is_cut():
    r, alpha, a, b = FITTED
    j = np.arange(1, 151)
    terms = np.cumprod((r + j - 1) * (b + j - 1) / ((a + b + j - 2) * j) * 78 / (alpha + 78))
    cut = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + 78)) ** r * (1 + terms.sum()))
    assert cut == pytest.approx(published.NEW_CUSTOMER_78_WEEKS_AFTER_150_TERMS, abs=5e-5)
    assert bgnbd.expected_purchases_new_customer(FITTED, 78) == pytest.approx(published.NEW_CUSTOMER_78_WEEKS, abs=5e-7)


@pytest.mark.parametrize(("t", "expected"), published.NEW_CUSTOMER_PAPER_PARAMS.items())
def test_new_customer_expectations_grow_without_limit_as_published(t, expected):
    """Trap T8: with a < 1 the expectation diverges, so there is no infinite horizon."""
    assert bgnbd.expected_purchases_new_customer(PAPER, t) == pytest.approx(expected, abs=5.1e-4)


def test_the_pmf_is_the_published_one():
    n = np.arange(11, 21)
    assert bgnbd.pmf_new_customer(PAPER, 0, 39) == pytest.approx(published.PMF_39_WEEKS_NONE, abs=5e-8)
    assert bgnbd.pmf_new_customer(PAPER, 10, 2) == pytest.approx(published.PMF_2_WEEKS_TEN, rel=5e-6, abs=0)
    assert bgnbd.pmf_new_customer(PAPER, n, 30) == pytest.approx(published.PMF_30_WEEKS_FROM_11, abs=6e-11)


@pytest.mark.parametrize(("history", "expected"), published.LOG_LIKELIHOODS)
def test_log_likelihoods_are_the_published_ones(history, expected):
    x, t_x = (np.float64(value) for value in history)
    assert bgnbd.log_likelihood(Params(0.25, 4.0, 0.8, 2.5), x, t_x, np.float64(40)) == pytest.approx(
        expected, abs=5e-9 if x == 0 else 5e-5
    )


# --- numerical traps


@pytest.mark.parametrize("a", [1.0, 1 - 1e-9, 1 + 1e-9])
def test_a_equal_to_one_is_no_pole(a):
    """Trap T2: the closed form gives inf, 1.1021356 and 1.1021389."""
    value = bgnbd.expected_purchases(PAPER._replace(a=a), np.float64(2), np.float64(30.43), np.float64(38.86), 39)
    assert value == pytest.approx(1.1021368, abs=6e-8)


def test_a_negative_hypergeometric_is_no_nan():
    """Trap T3 (lifetimes issue 302)."""
    p = Params(0.11, 2.24, 0.31, 0.50)
    value = bgnbd.expected_purchases(p, np.float64(0), np.float64(0), np.float64(1), 30)
    assert value == pytest.approx(0.5645886, abs=5e-8)


def test_heavy_buyers_get_finite_expectations():
    """Trap T4: the closed form gives nan and inf."""
    x, t_x, T = np.array([1000.0, 300.0]), np.array([39.9, 300.0]), np.array([40.0, 365.0])
    expected = bgnbd.expected_purchases(PAPER, x, t_x, T, np.array([52, 3650]))
    assert expected == pytest.approx([835.05, 2.06e-20], rel=2e-3, abs=0)


def test_zero_purchases_with_b_equal_to_one_is_no_nan():
    """(x > 0)·a / (b + x − 1) is 0·inf there in three packages."""
    assert bgnbd.p_alive(PAPER._replace(b=1.0), np.float64(0), np.float64(0), np.float64(9)) == 1.0


def test_predictions_are_finite_over_a_grid_of_extremes():
    x, share, T = (g.ravel() for g in np.meshgrid([0, 1, 40, 2000], [1e-3, 0.5, 1], [0.1, 40, 2000]))
    t_x = np.where(x > 0, share * T, 0.0)
    for p in (PAPER, Params(1e-3, 1e-3, 1e-3, 1e-3), Params(1e4, 1e4, 1e4, 1e4), Params(0.01, 500, 1, 1e5)):
        for horizon in (1e-3, 52.0, 1e5):
            alive = bgnbd.p_alive(p, x, t_x, T)
            none = bgnbd.p_no_purchase(p, x, t_x, T, horizon)
            expected = bgnbd.expected_purchases(p, x, t_x, T, horizon)
            assert ((alive >= 0) & (alive <= 1)).all()
            assert ((none >= 0) & (none <= 1)).all()
            assert (np.isfinite(expected) & (expected >= 0)).all()
            # Markov: the chance of a purchase cannot exceed the expected number of them
            assert (1 - none <= expected + 1e-12).all()


# --- laws


@given(p=parameters, history=histories)
@lawful
def test_the_gradient_equals_finite_differences(p, history):
    x, t_x, T = (np.array([value]) for value in history)
    exact = bgnbd.gradient(p, x, t_x, T)[:, 0]
    for i, value in enumerate(p):
        step = 1e-4 * value
        up, down = (np.array(p), np.array(p))
        up[i], down[i] = value + step, value - step
        high, low = (bgnbd.log_likelihood(Params(*side), x, t_x, T)[0] for side in (up, down))
        # relative steps: compare value·slope, whose error is third order plus rounding over the step
        assert value * exact[i] == pytest.approx((high - low) / 2e-4, rel=1e-5, abs=1e-5)


@given(p=parameters, history=histories, horizon=st.floats(0.1, 200), factor=st.floats(1.01, 5))
@lawful
def test_a_longer_horizon_means_more_purchases_and_less_silence(p, history, horizon, factor):
    x, t_x, T = (np.array([value]) for value in history)
    short, long = (bgnbd.expected_purchases(p, x, t_x, T, h)[0] for h in (horizon, horizon * factor))
    silent, silent_long = (bgnbd.p_no_purchase(p, x, t_x, T, h)[0] for h in (horizon, horizon * factor))
    assert 0 <= short <= long * (1 + 1e-9)
    assert 0 <= silent_long <= silent * (1 + 1e-12) <= 1 + 1e-12


@given(p=parameters, t=st.floats(0.1, 100))
@lawful
def test_the_pmf_sums_to_one_and_its_none_is_no_purchase(p, t):
    n = np.arange(4000)
    pmf = bgnbd.pmf_new_customer(p, n, t)
    assert (pmf >= 0).all()
    assert pmf.sum() <= 1 + 1e-9
    if pmf[-1] < 1e-12:
        assert pmf.sum() == pytest.approx(1, abs=1e-6)
    silent = bgnbd.p_no_purchase(p, np.float64(0), np.float64(0), np.float64(0), t)
    assert pmf[0] == pytest.approx(float(silent), rel=1e-12)


def test_the_mean_of_the_pmf_is_the_expectation():
    n = np.arange(3000)
    mean = (n * bgnbd.pmf_new_customer(PAPER, n, 39.0)).sum()
    assert bgnbd.expected_purchases_new_customer(PAPER, 39.0) == pytest.approx(mean, rel=1e-9)


def test_discounted_purchases_are_the_sum_of_small_increments():
    x, t_x, T = np.array([0.0, 2.0, 300.0]), np.array([0.0, 30.43, 38.0]), np.full(3, 38.86)
    grid = np.linspace(0, 52, 5201)
    steps = np.diff([bgnbd.expected_purchases(PAPER, x, t_x, T, h) for h in grid], axis=0)
    discount = np.exp(-0.0133 * (grid[:-1] + grid[1:]) / 2)
    # the midpoint of a step of 0.01 weeks misplaces payments by a relative (rate·step)²/24, below 1e-9, and the bend
    # of a heavy buyer's expectation by rate·step·its curvature, below 1e-7
    assert bgnbd.discounted_purchases(PAPER, x, t_x, T, 52.0, 0.0133) == pytest.approx(discount @ steps, rel=1e-6)


def test_discounted_purchases_over_ten_years_agree_with_adaptive_quadrature():
    x, t_x, T, rate = np.float64(40), np.float64(38.0), np.float64(38.86), annual(0.10).per("week")
    total, _ = quad(
        lambda t: np.exp(-rate * t) * float(bgnbd.expected_purchases(PAPER, x, t_x, T, t)), 0, 520, epsabs=1e-11
    )
    exact = np.exp(-rate * 520) * bgnbd.expected_purchases(PAPER, x, t_x, T, 520.0) + rate * total
    assert bgnbd.discounted_purchases(PAPER, x, t_x, T, 520.0, rate) == pytest.approx(float(exact), rel=1e-9)


# --- the class: frames in, frames out


def test_predictions_keep_the_callers_index_and_order(model, five):
    forecast = model.predict(five, horizon=weeks(39))
    assert forecast.index.equals(five.index)
    assert forecast.columns.tolist() == ["p_alive", "expected_purchases", "p_no_purchase"]
    assert forecast.loc["0002", "expected_purchases"] == pytest.approx(1.2260282, abs=5e-8)
    assert forecast.loc["0001", "expected_purchases"] == pytest.approx(0.1950981, abs=5e-8)
    shuffled = model.predict(five.iloc[::-1], horizon=weeks(39))
    pd.testing.assert_frame_equal(shuffled.loc[five.index], forecast, check_exact=False, rtol=1e-14)


def test_the_callers_frame_is_untouched(model, five):
    before = five.copy(deep=True)
    model.predict(five)
    model.discounted_purchases(five, weeks(52), annual(0.1))
    BGNBD().fit(five)
    pd.testing.assert_frame_equal(five, before)


def test_a_bare_number_is_no_horizon_and_no_rate(model, five):
    with pytest.raises(ConfigError, match=r"horizon must be a Horizon, e\.g\. weeks\(39\); got 39"):
        model.predict(five, horizon=39)
    with pytest.raises(ConfigError, match=r"discount rate must be a DiscountRate"):
        model.discounted_purchases(five, weeks(52), 0.1)


def test_days_and_weeks_give_the_same_forecast(model, five):
    daily = BGNBD(time_unit="day")
    daily.params_ = PAPER._replace(alpha=PAPER.alpha * 7)
    in_days = five.assign(recency=five["recency"] * 7, T=five["T"] * 7)
    pd.testing.assert_frame_equal(daily.predict(in_days, days(273)), model.predict(five, weeks(39)), rtol=1e-10)


def test_discounting_takes_an_annual_rate(model, five):
    plain = model.predict(five, weeks(52))["expected_purchases"]
    none, tenth = (model.discounted_purchases(five, weeks(52), annual(rate)) for rate in (0.0, 0.10))
    assert none.to_numpy() == pytest.approx(plain.to_numpy(), rel=1e-12)
    assert (tenth < none).all()
    # a year of payments at 10 % a year loses between nothing and 1 − 1/1.1
    assert (tenth > none / 1.1).all()
    assert tenth.index.equals(five.index)


def test_an_unfitted_model_says_so(five):
    with pytest.raises(ConfigError, match=r"BGNBD is not fitted: call fit\(customers\)"):
        BGNBD().predict(five)


def test_a_base_without_repeat_purchases_is_refused():
    once = pd.DataFrame({"frequency": [0, 0], "recency": [0.0, 0.0], "T": [9.0, 8.0]})
    with pytest.raises(DataError, match=r"every customer bought once \(2 customers\)"):
        BGNBD().fit(once)


def test_a_customer_first_seen_on_the_last_day_can_be_predicted(model):
    fresh = pd.DataFrame({"frequency": [0], "recency": [0.0], "T": [0.0]})
    expected = bgnbd.expected_purchases_new_customer(PAPER, 39.0)
    assert model.predict(fresh)["expected_purchases"].iloc[0] == pytest.approx(float(expected), rel=1e-12)
