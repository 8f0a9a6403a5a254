"""The likelihood of the BG/BB and its gradient, as sums over the opportunities after which a customer may have left.

Fader, Hardie & Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing Science 29(6),
1086–1108; cited below as FHS. Functions take arrays in the paper's symbols, which broadcast: x purchases, the last at
opportunity t_x, of n opportunities so far; whole numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, expit

from clv.models.special import log_beta_ratio, log_rising

FloatArray = npt.NDArray[np.float64]


class Params(NamedTuple):
    """Parameters of the BG/BB, all > 0 and without unit.

    Parameters
    ----------
    alpha, beta : float
        Of the beta distribution of the probability to buy at an opportunity.
    gamma, delta : float
        Of the beta distribution of the probability to leave before an opportunity.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float


def log_odds_dropped(p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Return log P(left by n) / P(alive at n); −inf where t_x = n; of the broadcast shape.

    Examples
    --------
    >>> log_odds_dropped(Params(1.2035, 0.7497, 0.6567, 2.7834), [0, 2, 6], [0, 4, 6], 6).round(4)
    array([ 2.0287, -0.5483,    -inf])
    """
    odds, _, shape = _dropout(p, x, t_x, n, moments=False)
    return odds.reshape(shape)


def log_likelihood(p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Return the log-probability of each history (x, t_x, n), arrays that broadcast; FHS section 2.

    Examples
    --------
    >>> log_likelihood(Params(1.2035, 0.7497, 0.6567, 2.7834), [0, 6], [0, 6], 6).round(5)
    array([-1.16752, -2.18165])
    """
    bought, chances = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    chosen = log_rising(p.alpha, bought) + log_rising(p.beta, chances - bought) - log_rising(p.alpha + p.beta, chances)
    alive = chosen + log_beta_ratio(p.gamma, p.delta, chances)
    return alive + np.logaddexp(0.0, log_odds_dropped(p, x, t_x, n))


def gradient(p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Return the derivatives of `log_likelihood` by alpha, beta, gamma, delta along the first axis.

    Examples
    --------
    >>> gradient(Params(1.2035, 0.7497, 0.6567, 2.7834), [2], [4], [6]).round(3).T
    array([[-0.235,  0.821, -0.519,  0.119]])
    """
    odds, at_dropout, shape = _dropout(p, x, t_x, n, moments=True)
    bought, chances = (np.broadcast_to(values, shape).ravel().astype(float) for values in (x, n))
    alive = _slopes(p, bought, chances, chances, p.gamma)
    slopes = expit(-odds) * alive + at_dropout
    return slopes.reshape((4, *shape))


def _dropout(
    p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike, *, moments: bool
) -> tuple[FloatArray, FloatArray, tuple[int, ...]]:
    """Return the log-odds of having left, P(left) times the mean slopes at the moment of leaving, and the shape.

    The probability to leave after opportunity j with x purchases, for t_x ≤ j < n, is a product of ratios: sums over j
    are one sweep from the last, for all x at once, and a history's sum is a difference of two of them.
    """
    broadcast = np.broadcast_arrays(*(np.asarray(values).astype(np.intp) for values in (x, t_x, n)))
    bought, first, last = (values.ravel() for values in broadcast)
    values, row = np.unique(bought, return_inverse=True)
    count, j = values[:, np.newaxis].astype(float), np.arange(last.max(initial=0) + 1.0)
    passed = np.maximum(j - count, 0)
    ratio = (p.beta + passed) / (p.alpha + p.beta + j) * (p.delta + j) / (p.gamma + p.delta + j + 1)
    weights = np.ones((1, *ratio.shape))
    if moments:
        weights = np.concatenate([weights, _slopes(p, count, np.maximum(j, count), j + 1, p.gamma + 1)])
    sums = _swept(weights, ratio)
    log_passed = np.cumsum(np.log(ratio), axis=1) - np.log(ratio)  # from j = 0 to each j
    fall = log_passed[row, first] - log_passed[row, last]
    between = sums[:, row, first] - np.exp(-fall) * sums[:, row, last]
    start = fall + np.log(p.gamma) - np.log(p.gamma + p.delta + last)
    with np.errstate(divide="ignore"):  # nobody has left who bought at the last opportunity
        odds = start + np.log(np.maximum(between[0], 0.0))
    return odds, np.exp(start - np.logaddexp(0.0, odds)) * between[1:], broadcast[0].shape


def _swept(weights: FloatArray, ratio: FloatArray) -> FloatArray:
    """Return S with S_j = w_j + ratio_j·S_(j+1) along the last axis, 0 at its end."""
    sums = np.zeros_like(weights)
    for j in range(weights.shape[-1] - 2, -1, -1):
        sums[..., j] = weights[..., j] + ratio[:, j] * sums[..., j + 1]
    return sums


def _slopes(p: Params, x: FloatArray, chances: FloatArray, hazards: FloatArray, gamma: float) -> FloatArray:
    """Return the derivatives by alpha, beta, gamma, delta of ln B(α+x, β+chances−x) / B(α, β) · B(gamma, …) / B(γ, δ).

    The second beta function is B(γ, δ+n) for someone alive at n, with hazards = n; and B(γ+1, δ+j) for someone who
    left after j, with hazards = j + 1.
    """
    both = digamma(p.alpha + p.beta) - digamma(p.alpha + p.beta + chances)
    total = digamma(p.gamma + p.delta) - digamma(p.gamma + p.delta + hazards)
    survived = hazards - (gamma - p.gamma)
    slopes = [
        digamma(p.alpha + x) - digamma(p.alpha) + both,
        digamma(p.beta + chances - x) - digamma(p.beta) + both,
        digamma(gamma) - digamma(p.gamma) + total,
        digamma(p.delta + survived) - digamma(p.delta) + total,
    ]
    return np.stack(np.broadcast_arrays(*slopes))
