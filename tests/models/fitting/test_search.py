"""The maximiser on functions whose maximum is known."""

import numpy as np
import pytest

from clv.errors import ConvergenceError
from clv.models.fitting.search import LOG_PARAMETER_LIMIT, Space, maximise

SPACE = Space(("first", "second"), scale=np.array([1.0, 10.0]), lower=np.array([0.0, 1.0]))
CURVATURE = np.array([[2.0, 0.9], [0.9, 1.0]])
TOP = np.array([0.7, -1.3])


def bell(u):
    return -float((u - TOP) @ CURVATURE @ (u - TOP)) / 2, -CURVATURE @ (u - TOP)


def ever_rising(u):
    """Its second parameter gains for ever, ever less: the supremum is at infinity."""
    return -float((u[0] - 1) ** 2) - float(np.exp(-u[1])), np.array([-2 * (u[0] - 1), np.exp(-u[1])])


def two_hills(u):
    """Heights 0 at −3 and 1 at 3, by the first parameter."""
    low, high = np.exp(-((u[0] + 3) ** 2)), 2 * np.exp(-((u[0] - 3) ** 2))
    slope = -2 * (u[0] + 3) * low - 2 * (u[0] - 3) * high
    return float(low + high - u[1] ** 2), np.array([slope, -2 * u[1]])


def test_a_quadratic_top_is_found_with_its_covariance():
    fit = maximise(bell, SPACE, [[0.0, 0.0], [4.0, -5.0]], n=50, model="bell")
    assert fit.log_params == pytest.approx(TOP, abs=1e-9)
    jacobian = np.diag([np.exp(TOP[0]), 10 * np.exp(TOP[1])])
    assert fit.covariance == pytest.approx(jacobian @ np.linalg.inv(50 * CURVATURE) @ jacobian.T, rel=1e-7)
    assert fit.params == pytest.approx([np.exp(TOP[0]), 1 + 10 * np.exp(TOP[1])], rel=1e-9)
    assert fit.starts_agreeing == 2


def test_the_covariance_off_the_diagonal_takes_both_parameters():
    """Trap T10: lifetimes scales row j by the square of parameter j, which is not symmetric."""
    covariance = maximise(bell, SPACE, [[0.0, 0.0]], n=50, model="bell").covariance
    assert covariance[0, 1] == pytest.approx(covariance[1, 0], rel=1e-14)
    assert abs(covariance[0, 1]) < np.sqrt(covariance[0, 0] * covariance[1, 1])


def test_a_parameter_without_a_finite_optimum_is_reported_at_the_boundary():
    fit = maximise(ever_rising, SPACE, [[0.0, 0.0]], n=10, model="slope")
    assert fit.at_boundary == ("second",)
    assert fit.log_params == pytest.approx([1.0, LOG_PARAMETER_LIMIT], abs=1e-9)
    assert np.isnan(fit.covariance[1]).all()
    assert fit.covariance[0, 0] == pytest.approx(np.e**2 / 20, rel=1e-6)


def test_the_best_of_several_starts_is_kept():
    fit = maximise(two_hills, SPACE, [[-3.1, 0.5], [2.5, 0.5]], n=1, model="hills")
    assert fit.log_params[0] == pytest.approx(3.0, abs=1e-6)
    assert fit.starts_agreeing == 1


def test_a_wrong_gradient_is_not_accepted_and_the_error_says_what_to_try():
    def broken(u):
        return bell(u)[0], bell(u)[1] + 0.3

    with pytest.raises(ConvergenceError, match=r"broken model: no maximum .* first .*, second .* gradient norm") as e:
        maximise(broken, SPACE, [[0.0, 0.0]], n=50, model="broken model")
    assert "Try a longer calibration period" in str(e.value)
    assert "\n" not in str(e.value)


def test_a_likelihood_that_is_not_a_number_is_an_error():
    with pytest.raises(ConvergenceError, match="gradient norm inf"):
        maximise(lambda u: (np.nan, np.full(2, np.nan)), SPACE, [[0.0, 0.0]], n=5, model="none")


def test_parameters_of_either_sign_are_searched_as_they_are():
    space = Space(("first", "effect"), scale=np.ones(2), lower=np.zeros(2), positive=("first",))
    fit = maximise(bell, space, [[0.0, 0.0]], n=50, model="bell")
    assert fit.params == pytest.approx([np.exp(TOP[0]), TOP[1]], rel=1e-9)
    jacobian = np.diag([np.exp(TOP[0]), 1.0])
    assert fit.covariance == pytest.approx(jacobian @ np.linalg.inv(50 * CURVATURE) @ jacobian.T, rel=1e-7)
    assert fit.log_covariance == pytest.approx(np.linalg.inv(50 * CURVATURE), rel=1e-7)
