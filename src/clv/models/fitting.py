"""One maximiser for every model: several starts, a quasi-Newton search, then Newton steps to the very top.

A fit is accepted on its gradient, not on its word. A parameter that runs to the edge of a wide box is a finding
about the customers (nobody ever leaves, all buy at one rate) and is reported, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
_LONGEST_STEP = 2.0  # of a log-parameter in one Newton step
_MOST_NEWTON_STEPS = 60  # a crossing of the box in unit steps takes 24
_NOISE = 1e-11  # of a mean log-likelihood, by rounding
_SAME_TOP = 1e-8  # two starts agree if their mean log-likelihoods differ by less


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
    """

    names: tuple[str, ...]
    scale: FloatArray
    lower: FloatArray

    def natural(self, log_params: FloatArray) -> FloatArray:
        """Return the parameters in their own units."""
        return self.lower + self.jacobian(log_params)

    def jacobian(self, log_params: FloatArray) -> FloatArray:
        """Return the derivative of each parameter by its log-parameter, the diagonal of J."""
        return self.scale * np.exp(log_params)


@dataclass(frozen=True)
class Fit:
    """The maximum of a likelihood and what is known around it.

    Parameters
    ----------
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

    params: FloatArray
    log_params: FloatArray
    log_likelihood: float
    gradient_norm: float
    hessian: FloatArray
    covariance: FloatArray
    at_boundary: tuple[str, ...]
    starts_agreeing: int


def maximise(objective: Objective, space: Space, starts: Sequence[npt.ArrayLike], n: float, *, model: str) -> Fit:
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
    tops = [_climb(objective, np.asarray(start, dtype=float)) for start in starts]
    values = np.array([objective(top)[0] for top in tops])
    best = tops[int(np.argmax(np.where(np.isfinite(values), values, -np.inf)))]
    value, gradient = objective(best)
    norm = _projected_norm(best, gradient)
    if not (np.isfinite(value) and norm < GRADIENT_TOLERANCE):
        raise ConvergenceError(_no_maximum(model, space, best, norm, n))
    hessian = n * _hessian(objective, best)
    held = _held(best, gradient)
    return Fit(
        params=space.natural(best),
        log_params=best,
        log_likelihood=n * value,
        gradient_norm=norm,
        hessian=hessian,
        covariance=_covariance(hessian, space.jacobian(best), ~held),
        at_boundary=tuple(name for name, stuck in zip(space.names, held, strict=True) if stuck),
        starts_agreeing=int((values > value - _SAME_TOP).sum()),
    )


def _climb(objective: Objective, start: FloatArray) -> FloatArray:
    """Search from one start, then polish."""

    def downhill(log_params: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(log_params)
        return -value, -gradient

    box = [(-LOG_PARAMETER_LIMIT, LOG_PARAMETER_LIMIT)] * start.size
    found = minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=box, options={"ftol": 1e-13, "gtol": 1e-6})
    return _polish(objective, np.asarray(found.x, dtype=float))


def _polish(objective: Objective, log_params: FloatArray) -> FloatArray:
    """Take Newton steps inside the box until the projected gradient vanishes or nothing is gained."""
    for _ in range(_MOST_NEWTON_STEPS):
        value, gradient = objective(log_params)
        if not np.isfinite(value) or _projected_norm(log_params, gradient) < _POLISHED:
            break
        step = _newton_step(objective, log_params, gradient)
        better = _line_search(objective, log_params, step)
        if better is None:
            break
        log_params = better
    return log_params


def _newton_step(objective: Objective, log_params: FloatArray, gradient: FloatArray) -> FloatArray:
    """Return an uphill step for the parameters not held by the box, whatever the curvature."""
    free = ~_held(log_params, gradient)
    curvature, axes = np.linalg.eigh(-_hessian(objective, log_params)[np.ix_(free, free)])
    # a flat or convex direction gets its slope's direction and a bounded length
    scale = np.maximum(np.abs(curvature), 1e-9)
    step = np.zeros_like(log_params)
    step[free] = axes @ ((axes.T @ gradient[free]) / scale)
    return step / max(1.0, float(np.abs(step).max()) / _LONGEST_STEP)


def _line_search(objective: Objective, log_params: FloatArray, step: FloatArray) -> FloatArray | None:
    """Return the first point along a halved step that gains height, or at the top of it a smaller gradient."""
    value, gradient = objective(log_params)
    norm = _projected_norm(log_params, gradient)
    for halvings in range(12):
        trial = np.clip(log_params + step * 0.5**halvings, -LOG_PARAMETER_LIMIT, LOG_PARAMETER_LIMIT)
        height, slope = objective(trial)
        gained = height > value + _NOISE
        flatter = height > value - _NOISE and _projected_norm(trial, slope) < norm
        if gained or flatter:
            return trial
    return None


def _hessian(objective: Objective, log_params: FloatArray) -> FloatArray:
    """Return central differences of the analytic gradient, made symmetric."""
    steps = _DIFFERENCE_STEP * np.eye(log_params.size)
    rows = [(objective(log_params + h)[1] - objective(log_params - h)[1]) / (2 * _DIFFERENCE_STEP) for h in steps]
    raw = np.array(rows)
    return (raw + raw.T) / 2


def _held(log_params: FloatArray, gradient: FloatArray) -> npt.NDArray[np.bool_]:
    """Return which parameters stand at the edge of the box and would go on."""
    at_edge = np.abs(log_params) >= LOG_PARAMETER_LIMIT
    return at_edge & (gradient * np.sign(log_params) >= 0)


def _projected_norm(log_params: FloatArray, gradient: FloatArray) -> float:
    """Return the largest slope among the parameters that may still move."""
    norm = np.abs(np.where(_held(log_params, gradient), 0.0, gradient)).max()
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
