"""One maximiser for every model: several starts, a quasi-Newton search, then Newton steps to the very top.

A large base is searched on a coarse picture of it; only the last steps, from each distinct top found there, see all of
it, and they decide. A fit is accepted on its gradient, not on its word. A parameter that runs to the edge of a wide
box is a finding about the customers (nobody ever leaves, all buy at one rate) and is reported, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from clv.errors import ConvergenceError

FloatArray = npt.NDArray[np.float64]
Objective = Callable[[FloatArray], tuple[float, FloatArray]]

LOG_PARAMETER_LIMIT = 12.0  # parameters, in the scale of the data, are sought between exp(-12) and exp(12)
GRADIENT_TOLERANCE = 1e-7  # per customer, per unit of a log-parameter
_POLISHED = 1e-11  # gradient at which Newton has nothing left to gain in double precision
_DIFFERENCE_STEP = 1e-4  # of a log-parameter; the Hessian's error is its square, 1e-8
_FLATTEST = (1e-9, 1e-5, 1e-2)  # curvatures below which a direction is a ridge: first walk along it, else only across
_LONGEST_STEP = 2.0  # of a log-parameter in one Newton step
_MOST_NEWTON_STEPS = 60  # a crossing of the box in unit steps takes 24
_NOISE = 1e-11  # of a mean log-likelihood, by rounding
_SAME_TOP = 1e-8  # two starts agree if their mean log-likelihoods differ by less
_SAME_POINT = 1e-4  # in log-parameters: tops of the coarse picture this close lead to one top
_CHORD_GAIN = 0.3  # factor by which a step with the coarse picture's curvature must shrink the gradient


@dataclass(frozen=True)
class Space:
    """How a model's parameters follow from unbounded ones: value = lower + scale · exp(log-parameter).

    Parameters
    ----------
    names : tuple of str
        The parameters, in order.
    scale : ndarray, shape (k,)
        Unit of each parameter in the data's own scale, e.g. the longest T for a rate's denominator.
    lower : ndarray, shape (k,)
        Limit that each parameter stays above: 0, or 1 for a gamma-gamma's q.
    positive : tuple of str, optional
        Parameters that this is about; the others, e.g. coefficients of covariates, are of either sign and searched as
        they are. None: all.
    """

    names: tuple[str, ...]
    scale: FloatArray
    lower: FloatArray
    positive: tuple[str, ...] | None = None

    def natural(self, log_params: FloatArray) -> FloatArray:
        """Return the parameters in their own units."""
        return np.where(self._exponential, self.lower + self.scale * np.exp(log_params), log_params)

    def jacobian(self, log_params: FloatArray) -> FloatArray:
        """Return the derivative of each parameter by its log-parameter, the diagonal of J."""
        return np.where(self._exponential, self.scale * np.exp(log_params), 1.0)

    @property
    def _exponential(self) -> npt.NDArray[np.bool_]:
        """Which parameters are searched by their logarithm."""
        return np.array([self.positive is None or name in self.positive for name in self.names])


class Point(NamedTuple):
    """Log-parameters with the mean log-likelihood there and its gradient, so that neither is computed twice."""

    log_params: FloatArray
    value: float
    gradient: FloatArray


@dataclass(frozen=True)
class Fit:
    """The maximum of a likelihood and what is known around it.

    Parameters
    ----------
    space : Space
        Names, scales and limits of the parameters.
    params : ndarray, shape (k,)
        Parameters in their own units.
    log_params : ndarray, shape (k,)
        The same as the maximiser sees them, see `Space`.
    log_likelihood : float
        Total over customers.
    gradient_norm : float
        Largest slope per customer by a log-parameter, of those not held by the box.
    hessian : ndarray, shape (k, k)
        Second derivatives of the total log-likelihood by the log-parameters.
    covariance : ndarray, shape (k, k)
        Of the parameters in their own units, J (−H)⁻¹ Jᵀ; missing (nan) for a parameter at the boundary, and for the
        others given that one.
    at_boundary : tuple of str
        Parameters that ran to the edge of the box.
    starts_agreeing : int
        How many starts reached this maximum.
    """

    space: Space
    params: FloatArray
    log_params: FloatArray
    log_likelihood: float
    gradient_norm: float
    hessian: FloatArray
    covariance: FloatArray
    at_boundary: tuple[str, ...]
    starts_agreeing: int

    @property
    def log_covariance(self) -> FloatArray:
        """Covariance of the log-parameters, (−H)⁻¹; 0 for a parameter that has none, which so stays where it is."""
        jacobian = self.space.jacobian(self.log_params)
        return np.nan_to_num(self.covariance / np.outer(jacobian, jacobian), nan=0.0)


def maximise(
    objective: Objective,
    space: Space,
    starts: Sequence[npt.ArrayLike],
    n: float,
    *,
    model: str,
    coarse: Objective | None = None,
) -> Fit:
    """Return the best maximum over several starts, or raise if its gradient does not vanish.

    Parameters
    ----------
    objective : callable
        From log-parameters, shape (k,), to the mean log-likelihood per customer and its gradient, shape (k,).
    space : Space
        Names, scales and lower limits of the parameters.
    starts : sequence of array-like, shape (k,)
        Log-parameters to start from; the best maximum is kept.
    n : float
        Number of customers behind the mean, > 0.
    model : str
        Name of the model, for the error message.
    coarse : callable, optional
        A cheap approximation of `objective`, e.g. over merged rows. It guides the search and decides nothing.

    Returns
    -------
    Fit

    Raises
    ------
    ConvergenceError
        If the projected gradient at the best point exceeds `GRADIENT_TOLERANCE`, or the likelihood is not finite.

    Examples
    --------
    >>> space = Space(("m",), scale=np.ones(1), lower=np.zeros(1))
    >>> fit = maximise(lambda u: (-float((u - 1) @ (u - 1)), -2 * (u - 1)), space, [[0.0]], n=100, model="bell")
    >>> float(fit.log_params.round(9)[0]), fit.at_boundary, float(fit.covariance.round(6)[0, 0])
    (1.0, (), 0.036945)
    """
    tops = [_climb(coarse or objective, np.asarray(start, dtype=float)) for start in starts]
    if coarse is not None:
        tops = _finish(objective, coarse, tops)
    values = np.array([top.value for top in tops])
    best = tops[int(np.argmax(np.where(np.isfinite(values), values, -np.inf)))]
    norm = _projected_norm(best)
    if not (np.isfinite(best.value) and norm < GRADIENT_TOLERANCE):
        raise ConvergenceError(_no_maximum(model, space, best.log_params, norm, n))
    hessian = n * _hessian(objective, best.log_params)
    held = _held(best)
    return Fit(
        space=space,
        params=space.natural(best.log_params),
        log_params=best.log_params,
        log_likelihood=n * best.value,
        gradient_norm=norm,
        hessian=hessian,
        covariance=_covariance(hessian, space.jacobian(best.log_params), ~held),
        at_boundary=tuple(name for name, stuck in zip(space.names, held, strict=True) if stuck),
        starts_agreeing=int((values > best.value - _SAME_TOP).sum()),
    )


def _at(objective: Objective, log_params: FloatArray) -> Point:
    """Evaluate the objective once."""
    return Point(log_params, *objective(log_params))


def _climb(objective: Objective, start: FloatArray) -> Point:
    """Search from one start, then polish."""

    def downhill(log_params: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(log_params)
        return -value, -gradient

    box = [(-LOG_PARAMETER_LIMIT, LOG_PARAMETER_LIMIT)] * start.size
    found = minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=box, options={"ftol": 1e-13, "gtol": 1e-6})
    return _polish(objective, _at(objective, np.asarray(found.x, dtype=float)))


def _finish(objective: Objective, coarse: Objective, tops: list[Point]) -> list[Point]:
    """Carry each distinct top of the coarse picture to the top of the objective; one point per start."""
    finished: list[tuple[FloatArray, Point]] = []
    result = []
    for top in tops:
        near = [end for begin, end in finished if np.abs(begin - top.log_params).max() < _SAME_POINT]
        end = near[0] if near else _polish(objective, _chords(objective, coarse, top))
        finished.append((top.log_params, end))
        result.append(end)
    return result


def _chords(objective: Objective, coarse: Objective, top: Point) -> Point:
    """Step with the curvature of the coarse picture, evaluating the objective once a step, while that pays."""
    hessian, point = _hessian(coarse, top.log_params), _at(objective, top.log_params)
    for _ in range(_MOST_NEWTON_STEPS):
        norm = _projected_norm(point)
        if not norm > _POLISHED or not np.isfinite(norm):
            break
        trial = _at(objective, _inside(point.log_params + _uphill(hessian, point)))
        if not _projected_norm(trial) < _CHORD_GAIN * norm:
            break
        point = trial
    return point


def _polish(objective: Objective, point: Point) -> Point:
    """Take Newton steps inside the box until the projected gradient vanishes or nothing is gained."""
    for _ in range(_MOST_NEWTON_STEPS):
        if not np.isfinite(point.value) or _projected_norm(point) < _POLISHED:
            break
        hessian = _hessian(objective, point.log_params)
        trials = (_line_search(objective, point, _uphill(hessian, point, floor)) for floor in _FLATTEST)
        better = next((trial for trial in trials if trial is not None), None)
        if better is None:
            break
        point = better
    return point


def _uphill(hessian: FloatArray, point: Point, flattest: float = _FLATTEST[0]) -> FloatArray:
    """Return an uphill Newton step for the parameters not held by the box, whatever the curvature.

    Directions flatter than `flattest` are taken for that curved, which keeps the step from running along a ridge.
    """
    free = ~_held(point)
    curvature, axes = np.linalg.eigh(-hessian[np.ix_(free, free)])
    # a flat or convex direction gets its slope's direction and a bounded length
    scale = np.maximum(np.abs(curvature), flattest)
    step = np.zeros_like(point.log_params)
    # each axis is bounded by itself, so that a flat one does not shorten the others
    step[free] = axes @ np.clip((axes.T @ point.gradient[free]) / scale, -_LONGEST_STEP, _LONGEST_STEP)
    return step


def _line_search(objective: Objective, point: Point, step: FloatArray) -> Point | None:
    """Return the first point along a halved step that gains height, or at the top of it a smaller gradient."""
    norm = _projected_norm(point)
    for halvings in range(12):
        trial = _at(objective, _inside(point.log_params + step * 0.5**halvings))
        gained = trial.value > point.value + _NOISE
        flatter = trial.value > point.value - _NOISE and _projected_norm(trial) < norm
        if gained or flatter:
            return trial
    return None


def _inside(log_params: FloatArray) -> FloatArray:
    """Return the nearest point of the box."""
    return np.clip(log_params, -LOG_PARAMETER_LIMIT, LOG_PARAMETER_LIMIT)


def _hessian(objective: Objective, log_params: FloatArray) -> FloatArray:
    """Return central differences of the analytic gradient, made symmetric."""
    steps = _DIFFERENCE_STEP * np.eye(log_params.size)
    rows = [(objective(log_params + h)[1] - objective(log_params - h)[1]) / (2 * _DIFFERENCE_STEP) for h in steps]
    raw = np.array(rows)
    return (raw + raw.T) / 2


def _held(point: Point) -> npt.NDArray[np.bool_]:
    """Return which parameters stand at the edge of the box and would go on."""
    at_edge = np.abs(point.log_params) >= LOG_PARAMETER_LIMIT
    return at_edge & (point.gradient * np.sign(point.log_params) >= 0)


def _projected_norm(point: Point) -> float:
    """Return the largest slope among the parameters that may still move."""
    norm = np.abs(np.where(_held(point), 0.0, point.gradient)).max()
    return float(norm) if np.isfinite(norm) else np.inf


def _covariance(hessian: FloatArray, jacobian: FloatArray, free: npt.NDArray[np.bool_]) -> FloatArray:
    """Return J (−H)⁻¹ Jᵀ over the free parameters; nan where the likelihood has no curvature to tell."""
    covariance = np.full_like(hessian, np.nan)
    information = -hessian[np.ix_(free, free)]
    if free.any() and np.linalg.eigvalsh(information).min() > 0:
        inverse = np.linalg.inv(information)
        covariance[np.ix_(free, free)] = inverse * np.outer(jacobian[free], jacobian[free])
    return covariance


def _no_maximum(model: str, space: Space, log_params: FloatArray, norm: float, n: float) -> str:
    """Say in one line where the search ended and what to try next."""
    values = zip(space.names, space.natural(log_params), strict=True)
    point = ", ".join(f"{name} {value:.6g}" for name, value in values)
    return (
        f"{model}: no maximum of the likelihood over {n:,.0f} customers; the search ended at {point} with gradient "
        f"norm {norm:.1e} per customer (accepted below {GRADIENT_TOLERANCE:.0e}). Try a longer calibration period or "
        "a base with more repeat customers, and look for outliers in frequency, T or spend."
    )
