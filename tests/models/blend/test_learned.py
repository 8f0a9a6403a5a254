"""Learners on simulated rules: each finds what it is made for, in any unit, and none extrapolates."""

import numpy as np
import pytest

from clv.models.blend.learned import BoostedCounts, BoostedSilence, CountRegression, SilenceRegression

N = 3_000


@pytest.fixture(scope="module")
def case():
    """Return features, expected and actual counts: twice the baseline where the second feature is high, half below."""
    rng = np.random.default_rng(8)
    X = rng.normal(size=(N, 3))
    expected = np.exp(0.5 * X[:, 0])
    mean = expected * np.where(X[:, 1] > 0, 2.0, 0.5)
    return X, expected, mean, rng.poisson(mean).astype(float)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e4])
def test_a_regression_has_the_total_of_its_fit_in_any_unit(case, unit):
    X, _, _, y = case
    found = CountRegression().fit(X, unit * y).predict(X)
    assert found.sum() == pytest.approx(unit * y.sum(), rel=1e-4)  # a Poisson regression with an intercept
    np.testing.assert_allclose(found / unit, CountRegression().fit(X, y).predict(X), rtol=1e-5)


def test_a_regression_finds_an_exponential(case):
    X, _, _, _ = case
    mean = np.exp(X @ [0.5, -0.3, 0.0])
    y = np.random.default_rng(2).poisson(mean).astype(float)
    assert np.corrcoef(CountRegression().fit(X, y).predict(X), mean)[0, 1] > 0.99


def test_a_regression_does_not_extrapolate(case):
    X, _, _, y = case
    model = CountRegression().fit(X, y)
    far = np.array([[1e3, 1e3, 1e3], [-1e3, -1e3, -1e3]])
    inside = np.clip(far, X.min(axis=0), X.max(axis=0))
    np.testing.assert_array_equal(model.predict(far), model.predict(inside))


def test_boosting_finds_a_threshold_that_the_baseline_misses(case):
    X, expected, mean, y = case
    found = BoostedCounts().fit(X, y, expected).predict(X, expected)
    assert np.mean((found - mean) ** 2) < 0.1 * np.mean((expected - mean) ** 2)
    assert found.sum() == pytest.approx(y.sum(), rel=0.02)


def test_boosting_follows_the_baseline_where_there_is_nothing_else(case):
    X, expected, _, _ = case
    y = np.random.default_rng(1).poisson(expected).astype(float)
    found = BoostedCounts().fit(X[:, 2:], y, expected).predict(X[:, 2:], expected)
    assert np.std(found / expected) < 0.15


def test_boosting_of_counts_doubles_with_them(case):
    X, expected, _, y = case
    once, twice = (BoostedCounts().fit(X, unit * y, unit * expected) for unit in (1, 2))
    np.testing.assert_allclose(twice.predict(X, 2 * expected), 2 * once.predict(X, expected), rtol=0.1)


@pytest.mark.parametrize(("learner", "off"), [(SilenceRegression, 0.12), (BoostedSilence, 0.06)])
def test_probabilities_of_silence_are_calibrated(case, learner, off):
    X, _, mean, y = case
    found = learner().fit(X, y == 0).predict(X)
    assert ((found > 0) & (found < 1)).all()
    assert found.mean() == pytest.approx((y == 0).mean(), abs=0.01)
    assert np.mean(np.abs(found - np.exp(-mean))) < off


def test_a_constant_feature_disturbs_nobody(case):
    X, expected, _, y = case
    constant = np.column_stack([X, np.ones(N)])
    np.testing.assert_allclose(
        CountRegression().fit(constant, y).predict(constant), CountRegression().fit(X, y).predict(X), rtol=1e-4
    )
    assert np.isfinite(BoostedCounts().fit(constant, y, expected).predict(constant, expected)).all()
