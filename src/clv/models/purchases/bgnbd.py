"""The BG/NBD: buying at a gamma-distributed rate, dropping out after a purchase with a beta-distributed probability.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing
Science 24(2), 275–284; cited below as FHL. Functions take arrays in the paper's symbols, which broadcast:
x repeat purchases, t_x the time of the last, T the end of observation; the class `BGNBD` takes frames.

The keyword `at_start` of the functions is the number of chances to drop out before the first repeat purchase: none in
the BG/NBD; one, right after the first purchase, in the MBG/NBD (`clv.models.purchases.mbgnbd`), which otherwise is the
same. The parameters alpha, a and b may be arrays that broadcast with x.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, digamma, expit, gammaln

from clv.models.fitting.counts import Counts
from clv.models.purchases.base import PurchaseModel, Score
from clv.models.purchases.base_score import beta_geometric_score
from clv.models.purchases.discounting import discounted
from clv.models.purchases.interpolation import smooth_in_time
from clv.models.special import at_counts, expected_purchases_if_alive, log_beta, log_beta_ratio, log_rising

FloatArray = npt.NDArray[np.float64]


class Params(NamedTuple):
    """Parameters of the BG/NBD, all > 0.

    Parameters
    ----------
    r, alpha : float
        Shape (no unit) and rate (time units) of the gamma distribution of purchase rates.
    a, b : float
        Parameters of the beta distribution of the probability to drop out after a purchase; no unit.
    """

    r: float
    alpha: float
    a: float
    b: float


def log_odds_dropped(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, *, at_start: int = 0) -> FloatArray:
    """Return log P(dropped out) / P(alive) at T; −inf for those who had no chance to drop out: x + at_start = 0.

    Parameters
    ----------
    p : Params
    x, t_x, T : ndarray
        Repeat purchases, time of the last and end of observation (time units); they broadcast.
    at_start : {0, 1}, default 0
        Chances to drop out before the first repeat purchase.

    Returns
    -------
    ndarray
        Log-odds, of the broadcast shape. Hardie (2008), note 021, equation (3), as a ratio.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> log_odds_dropped(paper, np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86).round(4)
    array([   -inf, -0.9773])
    """
    chances = np.add(x, at_start)
    odds = np.log(p.a) - np.log(p.b + np.maximum(chances, 1) - 1) + (p.r + x) * np.log((p.alpha + T) / (p.alpha + t_x))
    return np.where(chances > 0, odds, -np.inf)


def log_likelihood(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, *, at_start: int = 0) -> FloatArray:
    """Return the log-likelihood of each history (x, t_x, T), arrays that broadcast; FHL equation (6).

    It is a density in time: in days instead of weeks it falls by x·ln 7. Stable for any x: Hardie's note 027 form.

    Examples
    --------
    >>> log_likelihood(Params(0.25, 4.0, 0.8, 2.5), np.array([0.0, 200.0]), np.array([0.0, 38.0]), 40.0).round(4)
    array([ -0.5995, 100.7957])
    """
    counts = np.asarray(x, dtype=float)
    in_time = p.r * np.log(p.alpha / (p.alpha + T)) - counts * np.log(p.alpha + T)
    survived = at_counts(lambda n, a, b: log_beta_ratio(a, b, n + at_start), counts, p.a, p.b)
    alive = in_time + at_counts(lambda n, r: log_rising(r, n), counts, p.r) + survived
    total: FloatArray = alive + np.logaddexp(0.0, log_odds_dropped(p, x, t_x, T, at_start=at_start))
    return total


def gradient(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, *, at_start: int = 0) -> FloatArray:
    """Return the derivatives of `log_likelihood` by r, alpha, a, b along the first axis: shape (4, n).

    Examples
    --------
    >>> gradient(Params(0.25, 4.0, 0.8, 2.5), np.array([3.0]), np.array([30.0]), np.array([40.0])).round(3).T
    array([[ 2.922, -0.018, -0.36 ,  0.119]])
    """
    odds: FloatArray = expit(log_odds_dropped(p, x, t_x, T, at_start=at_start))
    shape, chances = p.r + x, x + at_start
    by_total = at_counts(lambda n, total: digamma(total) - digamma(total + n), chances, np.add(p.a, p.b))
    by_r = at_counts(lambda n, r: digamma(r + n) - digamma(r), x, p.r) + np.log(p.alpha / (p.alpha + T))
    by_alpha = p.r / p.alpha - shape / (p.alpha + T)
    by_b = at_counts(lambda n, b: digamma(b + n) - digamma(b), chances, p.b) + by_total
    return np.stack(
        [
            by_r + odds * np.log((p.alpha + T) / (p.alpha + t_x)),
            by_alpha + odds * shape * (1 / (p.alpha + T) - 1 / (p.alpha + t_x)),
            by_total + odds / p.a,
            by_b - odds / (p.b + np.maximum(chances, 1) - 1),
        ]
    )


def p_alive(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, *, at_start: int = 0) -> FloatArray:
    """Return P(not dropped out at T | x, t_x, T), 0–1; exactly 1 at x + at_start = 0. Hardie (2008), note 021, (3).

    Examples
    --------
    >>> p_alive(Params(0.243, 4.414, 0.793, 2.426), np.array([2.0]), np.array([30.43]), np.array([38.86])).round(7)
    array([0.7265786])
    """
    alive: FloatArray = expit(-log_odds_dropped(p, x, t_x, T, at_start=at_start))
    return alive


def expected_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, *, at_start: int = 0
) -> FloatArray:
    """Return E[purchases in (T, T + horizon] | x, t_x, T], arrays that broadcast; FHL equation (10), by its integral.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> expected_purchases(paper, np.array([2.0]), np.array([30.43]), np.array([38.86]), horizon=39.0).round(7)
    array([1.2260282])
    """
    if_alive = _if_alive(p, x, T, at_start, lambda expected: expected(horizon))
    return p_alive(p, x, t_x, T, at_start=at_start) * if_alive


def p_no_purchase(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, *, at_start: int = 0
) -> FloatArray:
    """Return P(no purchase in (T, T + horizon] | x, t_x, T), 0–1: the customer left, or is alive and waits.

    An alive customer's next purchase is exponential given the rate, hence ((α + T) / (α + T + h))^(r + x) by FHL
    equation (7) for the posterior of the rate.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> p_no_purchase(paper, np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86, horizon=39.0).round(4)
    array([0.8554, 0.4454])
    """
    odds = log_odds_dropped(p, x, t_x, T, at_start=at_start)
    waits = np.exp(-(p.r + x) * np.log1p(horizon / (p.alpha + T)))
    result: FloatArray = expit(odds) + expit(-odds) * waits
    return result


def p_at_least(
    p: Params, n: npt.ArrayLike, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, *, at_start: int = 0
) -> FloatArray:
    """Return P(at least n purchases in (T, T + horizon] | x, t_x, T), 0–1, for whole n ≥ 0; arrays that broadcast.

    The n-th purchase needs a customer who is alive, stays after n − 1 purchases, and whose n-th exponential gap ends
    in time: P(alive) · B(a, b + x + n − 1) / B(a, b + x) · I(h / (α + T + h); n, r + x), a regularised incomplete beta.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> p_at_least(paper, np.array([0, 1, 5]), np.array(2.0), np.array(30.43), np.array(38.86), 39.0).round(4)
    array([1.    , 0.5546, 0.0467])
    """
    first = np.maximum(n, 1.0)
    stays = np.exp(log_beta_ratio(p.a, p.b + x + at_start, first - 1))
    in_time = betainc(first, p.r + x, horizon / (p.alpha + T + horizon))
    alive = p_alive(p, x, t_x, T, at_start=at_start)
    result: FloatArray = np.where(np.greater(n, 0), alive * stays * in_time, 1.0)
    return result


def expected_purchases_new_customer(p: Params, t: npt.ArrayLike, *, at_start: int = 0) -> FloatArray:
    """Return E[repeat purchases in (0, t]] of a new customer, the first purchase not counted; FHL equation (9).

    Examples
    --------
    >>> expected_purchases_new_customer(Params(0.243, 4.414, 0.793, 2.426), [39.0, 52.0]).round(4)
    array([1.1967, 1.4461])
    """
    elapsed = np.asarray(t, dtype=float) / p.alpha
    return np.exp(log_beta_ratio(p.a, p.b, at_start)) * expected_purchases_if_alive(p.r, elapsed, p.a, p.b + at_start)


def pmf_new_customer(p: Params, n: npt.ArrayLike, t: npt.ArrayLike, *, at_start: int = 0) -> FloatArray:
    """Return P(X(t) = n), the probability of n repeat purchases in (0, t]; arrays that broadcast; FHL equation (8).

    The sum in the paper is the tail of a negative binomial, an incomplete beta function: nothing overflows at large n.

    Examples
    --------
    >>> pmf_new_customer(Params(0.243, 4.414, 0.793, 2.426), [0, 11], [39.0, 30.0]).round(7)
    array([0.5737864, 0.0019995])
    """
    count, time = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(t, dtype=float))
    bought, chances = time / (p.alpha + time), count + at_start
    waiting = log_rising(p.r, count) - gammaln(count + 1) - p.r * np.log1p(time / p.alpha)
    with np.errstate(divide="ignore"):  # at t = 0 the logarithm is −inf and the probability 0, as it should be
        log_bought = np.where(count > 0, np.log(bought), 0.0)
    alive: FloatArray = np.exp(log_beta_ratio(p.a, p.b, chances) + waiting + count * log_bought)
    log_left = log_beta(p.a + 1, p.b + np.maximum(chances, 1) - 1) - log_beta(p.a, p.b)
    in_time = np.where(count > 0, betainc(np.maximum(count, 1), p.r, bought), 1.0)
    return alive + np.where(chances > 0, np.exp(log_left) * in_time, 0.0)


def discounted_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float, *, at_start: int = 0
) -> FloatArray:
    """Return ∫ e^(−rate·t) dE[purchases in (T, T + t]] over (0, horizon], arrays that broadcast.

    The rate is continuous, per time unit. The infinite integral is not offered: without discount it diverges for a < 1.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> discounted_purchases(paper, np.array([2.0]), np.array([30.43]), np.array([38.86]), 39.0, 0.0).round(7)
    array([1.2260282])
    """
    if_alive = _if_alive(p, x, T, at_start, lambda expected: discounted(expected, horizon, rate))
    return p_alive(p, x, t_x, T, at_start=at_start) * if_alive


def _if_alive(
    p: Params,
    x: FloatArray,
    T: FloatArray,
    at_start: int,
    over: Callable[[Callable[[float], FloatArray]], FloatArray],
) -> FloatArray:
    """Return what `over` makes of the expectation by horizon of someone alive, which does not depend on t_x."""

    def value(counts: FloatArray, times: FloatArray) -> FloatArray:
        shape, b = p.r + counts, p.b + counts + at_start
        return over(lambda horizon: expected_purchases_if_alive(shape, horizon / (p.alpha + times), p.a, b))

    if any(np.ndim(parameter) for parameter in p):
        return value(x, T)
    counts, times = np.broadcast_arrays(x, T)
    return smooth_in_time(value, counts, times, p.alpha)


class BGNBD(PurchaseModel[Params]):
    """BG/NBD model of repeat purchases and silent dropout, fitted by maximum likelihood.

    Parameters
    ----------
    time_unit : {"week", "day"}, default "week"
        Unit of recency and T in the frames given to it. It only scales alpha.
    covariates : dict, optional
        Columns that shift the "purchase" rate (through alpha) and the "dropout" (through a and b).

    Attributes
    ----------
    params_ : Params
        Fitted r, alpha (time units), a, b; methods and other attributes are those of
        `clv.models.purchases.base.PurchaseModel`.

    Examples
    --------
    >>> import pandas as pd
    >>> from clv.units import weeks
    >>> customers = pd.DataFrame(
    ...     {"frequency": [2, 1, 0, 5, 1], "recency": [30.4, 1.7, 0, 20.0, 9.0], "T": [38.9] * 5}, index=list("ADKMZ")
    ... )
    >>> model = BGNBD()
    >>> model.params_ = Params(0.243, 4.414, 0.793, 2.426)  # the paper's; or model.fit(customers)
    >>> model.predict(customers, horizon=weeks(39)).round(3).head(2)
       p_alive  expected_purchases  p_no_purchase
    A    0.726               1.224          0.446
    D    0.212               0.203          0.884
    >>> model.outcome_quantiles(customers, weeks(39), (0.5, 0.9)).head(2)
       0.5  0.9
    A    1    3
    D    0    1
    """

    _params_type, _name, _time_params = Params, "BG/NBD", ("alpha",)
    # three quite different customer bases, so that agreeing on a maximum says something
    _starts = ((1.0, 1.0, 1.0, 3.0), (0.25, 0.1, 0.8, 2.5), (2.0, 0.2, 0.1, 2.0))

    _effects = MappingProxyType({"purchase": {"alpha": -1.0}, "dropout": {"a": 1.0, "b": 1.0}})

    _log_likelihood = staticmethod(log_likelihood)
    _gradient = staticmethod(gradient)
    _p_alive = staticmethod(p_alive)
    _expected_purchases = staticmethod(expected_purchases)
    _p_no_purchase = staticmethod(p_no_purchase)
    _p_at_least = staticmethod(p_at_least)
    _discounted_purchases = staticmethod(discounted_purchases)
    _expected_purchases_new_customer = staticmethod(expected_purchases_new_customer)
    _pmf_new_customer = staticmethod(pmf_new_customer)

    @classmethod
    def _score(cls, counts: Counts, share: FloatArray) -> Score[Params]:
        """Look logarithms up instead of computing them per row."""
        return beta_geometric_score(counts, share, at_start=0)
