"""Fits of the BG/NBD: the published ones, the ones that others get wrong, and the laws of any fit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import published

from clv.models import BGNBD
from clv.units import weeks

END = pd.Timestamp("1997-09-30")


@pytest.fixture(scope="module")
def cdnow_fit(cdnow) -> BGNBD:
    return BGNBD().fit(cdnow)


def test_cdnow_is_prepared_as_published(cdnow, cdnow_days):
    assert (len(cdnow), len(cdnow_days)) == (2357, 6696)
    assert (cdnow["frequency"] == 0).sum() == 1411
    assert cdnow["T"].max() == pytest.approx(38.857, abs=5e-4)


def test_the_cdnow_fit_is_the_published_one(cdnow_fit):
    """CLVTools stops at gradient 1e-5 or so: its digits agree with ours to 1e-5, the likelihood to all it prints."""
    assert cdnow_fit.params_._asdict() == pytest.approx(published.CDNOW_BGNBD, rel=2e-5)
    assert cdnow_fit.log_likelihood_ == pytest.approx(published.CDNOW_BGNBD_LOG_LIKELIHOOD, abs=5e-4)
    assert cdnow_fit.n_customers_ == 2357
    assert cdnow_fit.at_boundary_ == ()
    assert cdnow_fit.fit_.gradient_norm < 1e-9
    assert cdnow_fit.fit_.starts_agreeing == 3


def test_calendar_weeks_would_give_the_wrong_fit(cdnow_fit, cdnow_days):
    """Merging a calendar week loses orders and lets holdout days in: reproduced here, and far from what we fit."""
    end = pd.Period(END, "W").ordinal
    week = cdnow_days["day"].dt.to_period("W").map(lambda period: period.ordinal)
    seen = week <= end  # the whole last week, five holdout days included
    by_customer = week[seen].groupby(cdnow_days.loc[seen, "customer_id"])
    wrong = pd.DataFrame(
        {
            "frequency": by_customer.nunique() - 1,
            "recency": (by_customer.max() - by_customer.min()).astype(float),
            "T": (end - by_customer.min()).astype(float),
        }
    )
    bucketed = BGNBD().fit(wrong).params_._asdict()
    assert bucketed == pytest.approx(published.WEEKLY_BUCKETS_BGNBD, abs=6e-4)
    for name, value in published.WEEKLY_BUCKETS_BGNBD.items():
        assert abs(cdnow_fit.params_._asdict()[name] / value - 1) > 0.04


def test_dropping_customers_of_free_orders_would_give_the_wrong_likelihood(cdnow_fit, cdnow, cdnow_days):
    spent = cdnow_days.groupby("customer_id")["amount"].sum()
    paying = cdnow[cdnow.index.isin(spent[spent > 0].index)]
    assert len(paying) == published.WITHOUT_FREE_ORDERS_CUSTOMERS
    assert BGNBD().fit(paying).log_likelihood_ == pytest.approx(published.WITHOUT_FREE_ORDERS_LOG_LIKELIHOOD, abs=5e-4)
    assert abs(cdnow_fit.log_likelihood_ - published.WITHOUT_FREE_ORDERS_LOG_LIKELIHOOD) > 4


def test_the_cdnow_holdout_forecast_has_the_published_bias(cdnow_fit, cdnow, cdnow_days):
    """BTYDplus' author: BG/NBD 12.1 % below the 39 holdout weeks."""
    later = cdnow_days[(cdnow_days["day"] > END) & (cdnow_days["day"] <= END + pd.Timedelta(days=273))]
    forecast = cdnow_fit.predict(cdnow, weeks(39))
    assert forecast["expected_purchases"].sum() / len(later) - 1 == pytest.approx(-0.121, abs=2e-3)
    assert forecast["p_alive"].mean() == pytest.approx(0.8134, abs=5e-4)


@pytest.mark.filterwarnings("ignore")  # importing and fitting lifetimes warns
def test_parity_with_lifetimes(cdnow_fit, cdnow):
    from lifetimes import BetaGeoFitter

    theirs = BetaGeoFitter().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    assert cdnow_fit.params_._asdict() == pytest.approx(dict(theirs.params_), rel=1e-3)
    theirs.params_ = pd.Series(cdnow_fit.params_._asdict())
    forecast = cdnow_fit.predict(cdnow, weeks(39))
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(
        39, cdnow["frequency"], cdnow["recency"], cdnow["T"]
    )
    alive = theirs.conditional_probability_alive(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    assert forecast["expected_purchases"].to_numpy() == pytest.approx(np.asarray(expected), rel=1e-8, abs=0)
    assert forecast["p_alive"].to_numpy() == pytest.approx(np.asarray(alive), rel=1e-9, abs=0)


def test_the_fit_on_complete_journey_does_not_depend_on_the_order_of_rows(complete_journey):
    """The base on which lifetimes converges or not by the order of the rows."""
    fits = [BGNBD().fit(complete_journey.sample(frac=1, random_state=seed)) for seed in (1, 2, 3)]
    first = fits[0]
    assert first.fit_.gradient_norm < 1e-9
    for other in fits[1:]:
        assert other.log_likelihood_ == pytest.approx(first.log_likelihood_, rel=1e-9)
        assert other.params_ == pytest.approx(first.params_, rel=1e-5)


def test_predictions_on_complete_journey_are_finite_for_every_household(complete_journey):
    forecast = BGNBD().fit(complete_journey).predict(complete_journey, weeks(52))
    assert np.isfinite(forecast.to_numpy()).all()


def test_weights_equal_repetition(simulated):
    few = simulated.head(400)
    n = np.arange(len(few)) % 3 + 1
    repeated = BGNBD().fit(few.loc[few.index.repeat(n)])
    weighted = BGNBD().fit(few.assign(n=n), weights="n")
    assert weighted.params_ == pytest.approx(repeated.params_, rel=1e-8)
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-12)
    assert weighted.n_customers_ == repeated.n_customers_ == n.sum()
    assert weighted.standard_errors_.to_numpy() == pytest.approx(repeated.standard_errors_.to_numpy(), rel=1e-5)


@given(factor=st.sampled_from([1 / 365.25, 1 / 7, 7.0, 24.0, 1e4]))
@settings(deadline=None, derandomize=True, max_examples=5)
def test_the_unit_of_time_changes_nothing_but_the_scale(cdnow_fit, cdnow, factor):
    """Trap T12: the log-likelihood shifts by −Σx·ln(factor), alpha by the factor, the rest stays."""
    scaled = BGNBD().fit(cdnow.assign(recency=cdnow["recency"] * factor, T=cdnow["T"] * factor))
    r, alpha, a, b = cdnow_fit.params_
    assert scaled.params_ == pytest.approx((r, alpha * factor, a, b), rel=1e-8)
    shift = cdnow["frequency"].sum() * np.log(factor)
    assert scaled.log_likelihood_ == pytest.approx(cdnow_fit.log_likelihood_ - shift, rel=1e-10)
    scale = np.array([1, factor, 1, 1])
    assert scaled.standard_errors_.to_numpy() == pytest.approx(cdnow_fit.standard_errors_.to_numpy() * scale, rel=1e-5)


def test_true_parameters_are_recovered(simulated):
    model = BGNBD().fit(simulated)
    away = (np.array(model.params_) - [0.6, 4.0, 0.8, 2.5]) / model.standard_errors_
    assert (away.abs() < 4).all()
    # the errors must also be small enough to say something
    assert (model.standard_errors_ / np.array([0.6, 4.0, 0.8, 2.5]) < 0.25).all()


def test_the_covariance_is_symmetric_and_positive(cdnow_fit):
    covariance = cdnow_fit.covariance_.to_numpy()
    assert covariance == pytest.approx(covariance.T, rel=1e-12)
    assert np.linalg.eigvalsh(covariance).min() > 0
    assert cdnow_fit.standard_errors_["a"] == pytest.approx(np.sqrt(covariance[2, 2]), rel=1e-12)


def test_when_nobody_leaves_the_fit_is_reported_at_the_boundary():
    """Purchases up to the very end of everyone's observation: no sign of dropout."""
    x = np.tile([1.0, 2.0, 3.0, 5.0, 9.0, 14.0], 50)
    loyal = pd.DataFrame({"frequency": x, "recency": 40 - 20 / (x + 1) / 2, "T": 40.0})
    model = BGNBD().fit(loyal)
    assert "a" in model.at_boundary_
    assert np.isnan(model.standard_errors_["a"])
    assert (model.predict(loyal)["p_alive"] > 0.9999).all()
