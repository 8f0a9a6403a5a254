"""What n future purchases bring together, when each is worth Gamma(p, nu) and nu ~ Gamma(shape, rate) is not known.

All purchases of a customer share one nu, so that whoever spends much does so again. The total over rate is the ratio
of two gamma variables (a beta-prime), which has a density in closed form: quantiles need no simulation. Functions take
arrays that broadcast; shape and rate are those of `clv.models.spend.gamma_gamma.posterior`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv

from clv.models.fitting.counts import FloatArray


def draw_totals(
    p: float, shape: npt.ArrayLike, rate: npt.ArrayLike, n_purchases: npt.ArrayLike, rng: np.random.Generator
) -> FloatArray:
    """Return a draw of the total (currency) for each element, 0 where n_purchases is 0.

    Parameters
    ----------
    p : float
        Shape of a purchase's value, > 0.
    shape, rate : array-like
        Of the distribution of nu, > 0; rate in currency.
    n_purchases : array-like
        Whole numbers ≥ 0, e.g. of shape (draws, n) beside a shape and rate of (n,).
    rng : Generator

    Returns
    -------
    ndarray
        Of the broadcast shape.

    Examples
    --------
    >>> draws = draw_totals(6.25, 16.24, 60.14, np.full(100_000, 3), np.random.default_rng(1))
    >>> abs(float(draws.mean()) - 3 * 6.25 * 60.14 / 15.24) < 0.5  # E[1 / nu] = rate / (shape − 1)
    True
    """
    count, of_rate, scale = np.broadcast_arrays(_floats(n_purchases), _floats(shape), _floats(rate))
    totals: FloatArray = rng.gamma(p * count) * scale / rng.gamma(of_rate)
    return totals


def total_cdf(
    p: float, shape: npt.ArrayLike, rate: npt.ArrayLike, n_purchases: npt.ArrayLike, value: npt.ArrayLike
) -> FloatArray:
    """Return P(total ≤ value) for values ≥ 0 (currency); 1 where n_purchases is 0.

    Examples
    --------
    >>> float(total_cdf(6.25, 16.24, 60.14, 1, 22.35).round(4))
    0.4988
    """
    count, scale, amount = _floats(n_purchases), _floats(rate), _floats(value)
    below = betainc(p * np.maximum(count, 1), _floats(shape), amount / (amount + scale))
    return np.where(count > 0, below, 1.0)


def total_quantile(
    p: float, shape: npt.ArrayLike, rate: npt.ArrayLike, n_purchases: npt.ArrayLike, level: npt.ArrayLike
) -> FloatArray:
    """Return the total (currency) not exceeded with probability level, 0–1; 0 where n_purchases is 0.

    Examples
    --------
    >>> total_quantile(6.25, 16.24, 60.14, 1, [0.05, 0.5, 0.95]).round(2)
    array([ 9.61, 22.38, 47.44])
    """
    count, scale = _floats(n_purchases), _floats(rate)
    share = betaincinv(p * np.maximum(count, 1), _floats(shape), _floats(level))
    return np.where(count > 0, scale * share / (1 - share), 0.0)


def _floats(values: npt.ArrayLike) -> FloatArray:
    """Return values as an array of floats."""
    return np.asarray(values, dtype=float)
