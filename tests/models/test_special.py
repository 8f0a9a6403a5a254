"""The expectation over beta dropout against 60-digit values, an independent quadrature and its own laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln, digamma, expit, log_expit, polygamma
from tests.reference.published import EXPECTATION_TO_SIXTY_DIGITS

from clv.models import special
from clv.models.special import at_counts, expected_purchases_if_alive, log_beta, log_beta_ratio, log_rising


def by_gauss_legendre(shape: float, elapsed: float, a: float, b: float) -> float:
    """Integrate panel by panel over the whole density, with nothing subtracted."""
    centre, width = digamma(a) - digamma(b), np.sqrt(polygamma(1, a) + polygamma(1, b))
    low, high = centre - 45 * width, centre + 45 * width
    panels = int((high - low) / min(0.5, width)) + 1
    nodes, lengths = np.polynomial.legendre.leggauss(16)
    edges = np.linspace(low, high, panels + 1)
    half = (edges[1] - edges[0]) / 2
    s = (edges[:-1, np.newaxis] + half * (nodes + 1)).ravel()
    p, log_p = expit(s), log_expit(s)
    density = np.exp(a * log_p + b * log_expit(-s) - betaln(a, b))
    values = np.where(p > 0, -np.expm1(-shape * np.log1p(p * elapsed)) / np.maximum(p, 1e-300), shape * elapsed)
    return float((density * values * np.tile(lengths, panels)).sum() * half)


@pytest.mark.parametrize(("arguments", "value"), EXPECTATION_TO_SIXTY_DIGITS.items())
def test_the_expectation_agrees_with_sixty_digit_arithmetic(arguments, value):
    assert expected_purchases_if_alive(*arguments) == pytest.approx(value, rel=1e-11, abs=0)


@pytest.mark.parametrize("a", [0.05, 0.3, 1 - 1e-9, 1.0, 1 + 1e-9, 2.5, 50.0])
@pytest.mark.parametrize("b", [0.1, 2.4, 30.0, 5000.0])
@pytest.mark.parametrize("shape", [0.02, 1.0, 30.0, 3000.0])
def test_the_expectation_agrees_with_an_independent_quadrature(a, b, shape):
    elapsed = np.array([1e-4, 0.03, 1.0, 30.0, 1e4])
    exact = [by_gauss_legendre(shape, y, a, b) for y in elapsed]
    assert expected_purchases_if_alive(shape, elapsed, a, b) == pytest.approx(exact, rel=1e-9, abs=0)


@given(log_a=st.floats(-14, 11), log_b=st.floats(-14, 14), log_shape=st.floats(-11, 11), log_elapsed=st.floats(-20, 18))
@settings(deadline=None, derandomize=True)
def test_the_expectation_lies_between_its_bounds_for_any_parameters(log_a, log_b, log_shape, log_elapsed):
    """It cannot exceed what someone who never leaves buys, nor fall below Jensen's bound at the mean dropout."""
    a, b, shape, y = np.exp([log_a, log_b, log_shape, log_elapsed])
    mean = a / (a + b)
    floor = -np.expm1(-shape * np.log1p(mean * y)) / mean
    value = expected_purchases_if_alive(shape, y, a, b)
    assert floor * (1 - 1e-9) <= value <= shape * y * (1 + 1e-9)


def test_zero_elapsed_time_gives_zero():
    assert expected_purchases_if_alive(2.0, [0.0, 1.0], 0.8, 2.5)[0] == 0.0


def test_the_expectation_broadcasts_and_keeps_the_shape():
    grid = expected_purchases_if_alive(np.array([[1.0], [2.0]]), np.array([0.5, 1.0, 2.0]), 0.8, 2.5)
    assert grid.shape == (2, 3)
    assert grid[1, 2] == pytest.approx(float(expected_purchases_if_alive(2.0, 2.0, 0.8, 2.5)), rel=1e-13)


def test_blocks_of_customers_do_not_change_the_expectation(monkeypatch):
    shape = np.linspace(0.1, 40, 501)
    whole = expected_purchases_if_alive(shape, 1.7, 0.8, 2.5)
    monkeypatch.setattr(special, "_BLOCK", 1000)
    assert expected_purchases_if_alive(shape, 1.7, 0.8, 2.5) == pytest.approx(whole, rel=1e-14)


@pytest.mark.parametrize("start", [0.3, 19.0, 19.999, 20.0, 21.0, 1e3, 1e6])
def test_log_rising_is_the_sum_of_logarithms(start):
    assert log_rising(start, 7.0) == pytest.approx(np.log(start + np.arange(7)).sum(), rel=1e-14)


def test_log_beta_ratio_is_symmetric_in_a_and_count():
    assert log_beta_ratio(0.8, 45_000.0, 3.0) == pytest.approx(float(log_beta_ratio(3.0, 45_000.0, 0.8)), rel=1e-14)


def test_log_beta_agrees_with_scipy_where_scipy_is_accurate():
    a, b = np.array([0.05, 2.0, 8.0]), np.array([0.7, 3.0, 30.0])
    assert log_beta(a, b) == pytest.approx(betaln(a, b), rel=1e-13)


@pytest.mark.parametrize("x", [[0.0, 3.0, 1.0, 1.0, 0.0], [900.0, 0.0], []])
def test_at_counts_equals_the_function_itself(x):
    counts = np.array(x)
    assert at_counts(np.exp2, counts).tolist() == np.exp2(counts).tolist()


def test_at_counts_goes_row_by_row_where_the_parameters_do():
    x, b = np.array([0.0, 1.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0, 4.0])
    assert at_counts(np.multiply, x, b).tolist() == [0.0, 2.0, 3.0, 8.0]
