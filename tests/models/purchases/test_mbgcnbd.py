"""The MBG/CNBD-k: published fits, k = 1 as the MBG/NBD, regular customers simulated, and the choice of k."""

import numpy as np
import pandas as pd
import pytest
from tests.models.conftest import simulate
from tests.reference import published

from clv.errors import ConfigError, DataError
from clv.models import MBGCNBD, MBGNBD
from clv.models.purchases import mbgnbd
from clv.models.purchases import stages as purchase_stages
from clv.models.purchases.stages import Params
from clv.units import annual, weeks

TRUTH = (0.8, 1.5, 0.8, 2.5)  # of k = 3: 6 weeks a gap or so
HISTORIES = (np.array([0.0, 2.0, 9.0, 40.0]), np.array([0.0, 30.0, 18.0, 38.9]), np.array([39.0, 39.0, 24.0, 39.0]))


@pytest.fixture(scope="module")
def regular() -> pd.DataFrame:
    return simulate(30_000, *TRUTH, seed=5, at_start=True, k=3, horizon=26.0)


@pytest.mark.parametrize("k", published.CDNOW_MBGCNBD)
def test_the_cdnow_fits_are_the_published_ones(cdnow, k):
    model = MBGCNBD(k=k).fit(cdnow)
    assert model.params_._asdict() == pytest.approx({**published.CDNOW_MBGCNBD[k], "k": k}, abs=1.1e-3)
    assert model.fit_.gradient_norm < 1e-9


def test_customers_of_cdnow_have_no_rhythm(cdnow_with_gaps, cdnow):
    model, plain = MBGCNBD().fit(cdnow_with_gaps), MBGNBD().fit(cdnow)
    assert model.k_ == model.params_.k == 1
    assert model.params_[:4] == pytest.approx(plain.params_, rel=1e-7)
    assert model.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-12)
    assert model.log_likelihoods_.is_monotonic_decreasing


def test_one_stage_is_the_mbgnbd():
    one, plain = Params(0.6, 2.0, 1.0, 2.0, k=1), mbgnbd.Params(0.6, 2.0, 1.0, 2.0)
    for name in ("log_likelihood", "gradient", "p_alive"):
        ours, theirs = getattr(purchase_stages, name), getattr(mbgnbd, name)
        assert ours(one, *HISTORIES) == pytest.approx(theirs(plain, *HISTORIES), rel=1e-12)
    for horizon in (0.5, 39.0, 3900.0):
        for name in ("expected_purchases", "p_no_purchase"):
            ours, theirs = getattr(purchase_stages, name), getattr(mbgnbd, name)
            assert ours(one, *HISTORIES, horizon) == pytest.approx(theirs(plain, *HISTORIES, horizon), rel=1e-8)
    n = np.arange(30)
    assert purchase_stages.pmf_new_customer(one, n, 39.0) == pytest.approx(
        mbgnbd.pmf_new_customer(plain, n, 39.0), rel=1e-8
    )
    assert purchase_stages.expected_purchases_new_customer(one, [9.0, 390.0]) == pytest.approx(
        mbgnbd.expected_purchases_new_customer(plain, [9.0, 390.0]), rel=1e-8
    )


@pytest.mark.parametrize("k", [2, 5, 12])
def test_the_gradient_equals_finite_differences(k):
    p = Params(0.58, 2.288, 1.135, 1.585, k)
    exact = purchase_stages.gradient(p, *HISTORIES)
    for i, name in enumerate(("r", "alpha", "a", "b")):
        step = 1e-5 * p[i]
        up, down = (p._replace(**{name: p[i] + side}) for side in (step, -step))
        difference = purchase_stages.log_likelihood(up, *HISTORIES) - purchase_stages.log_likelihood(down, *HISTORIES)
        assert exact[i] == pytest.approx(difference / (2 * step), rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("k", [2, 3, 7])
@pytest.mark.parametrize("horizon", [39.0, 500.0, 5000.0])
def test_the_expectation_is_the_sum_of_at_least_n_over_all_n(k, horizon):
    """Beyond 64 purchases the sum is an integral: relative error below 1e-8."""
    p = Params(0.05, 0.1, 0.02, 5.0, k)  # hardly anyone leaves
    n = np.arange(1, 12_000)[:, np.newaxis]
    total = purchase_stages.p_at_least(p, n, *HISTORIES, horizon).sum(axis=0)
    assert purchase_stages.expected_purchases(p, *HISTORIES, horizon) == pytest.approx(total, rel=1e-8)


@pytest.mark.parametrize("k", [2, 4])
def test_no_purchase_is_also_the_ratio_of_likelihoods(k):
    p, (x, t_x, T) = Params(0.6, 2.0, 1.0, 2.0, k), HISTORIES
    longer, now = (purchase_stages.log_likelihood(p, x, t_x, end) for end in (T + 17.0, T))
    assert purchase_stages.p_no_purchase(p, *HISTORIES, 17.0) == pytest.approx(np.exp(longer - now), rel=1e-10)
    at_least = purchase_stages.p_at_least(p, 1, *HISTORIES, 17.0)
    assert purchase_stages.p_no_purchase(p, *HISTORIES, 17.0) == pytest.approx(1 - at_least, abs=1e-12)


def test_regular_customers_do_what_is_expected_of_them(regular):
    """Means by frequency and by silence within four standard errors, at the true parameters."""
    model = MBGCNBD()
    model.params_ = Params(*TRUTH, k=3)
    forecast = model.predict(regular, weeks(26))
    silence = (5 * (regular["T"] - regular["recency"]) / regular["T"]).astype(int)
    for by in (regular["frequency"].clip(upper=8), silence):
        for column, actual in (("expected_purchases", regular["future"]), ("p_no_purchase", regular["future"] == 0)):
            error = (actual - forecast[column]).groupby(by).agg(["mean", "sem"])
            assert (error["mean"].abs() < 4 * error["sem"]).all()
    # the MBG/NBD at the same mean gap errs visibly: the test can tell
    plain = MBGNBD().fit(regular).predict(regular, weeks(26))["p_no_purchase"]
    error = ((regular["future"] == 0) - plain).groupby(silence).agg(["mean", "sem"])
    assert (error["mean"].abs() > 6 * error["sem"]).any()


def test_the_true_k_and_parameters_are_found(regular):
    model = MBGCNBD().fit(regular.head(4_000))
    assert model.k_ == 3
    away = (np.array(model.params_[:4]) - TRUTH) / model.standard_errors_
    assert (away.abs() < 4).all()


def test_new_customers_buy_as_simulated(regular):
    model = MBGCNBD()
    model.params_ = Params(*TRUTH, k=3)
    counts = regular["frequency"]
    error = counts - model.expected_purchases_new_customer(regular["T"])
    assert abs(error.mean()) < 4 * error.sem()
    for n in (0, 1, 4):
        error = (counts == n) - model.pmf_new_customer(n, regular["T"])
        assert abs(error.mean()) < 4 * error.sem()


def test_discounting_reduces_and_keeps_the_index(regular):
    few = regular.head(50).set_axis([f"{i:05d}" for i in range(50)])
    model = MBGCNBD()
    model.params_ = Params(*TRUTH, k=3)
    expected = model.predict(few, weeks(52))["expected_purchases"]
    none, tenth = (model.discounted_purchases(few, weeks(52), annual(rate)) for rate in (0.0, 0.1))
    assert none.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)
    assert ((tenth < none) & (tenth > none / 1.1)).all()
    assert tenth.index.equals(few.index)


def test_gaps_in_the_wrong_unit_or_missing_are_refused(regular):
    few = regular.head(300)
    with pytest.raises(DataError, match=r"missing columns \['log_gaps'\]"):
        MBGCNBD().fit(few.drop(columns="log_gaps"))
    with pytest.raises(DataError, match=r"log_gaps above frequency·ln\(recency / frequency\): use the time unit"):
        MBGCNBD().fit(few.assign(log_gaps=few["log_gaps"] + few["frequency"] * np.log(7)))
    with pytest.raises(DataError, match="log_gaps missing though frequency > 0"):
        MBGCNBD().fit(few.assign(log_gaps=np.nan))


def test_an_impossible_k_is_refused():
    with pytest.raises(ConfigError, match=r"k must be from 1 to 12, or None to choose it; got 0"):
        MBGCNBD(k=0)
