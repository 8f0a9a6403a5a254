"""The Pareto/NBD: buying and dropping out at gamma-distributed rates; dropout can come at any moment, unseen.

Schmittlein, Morrison & Colombo (1987), Counting Your Customers: Who Are They and What Will They Do Next?, Management
Science 33(1), 1–24; Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model and Related Expressions (note 009 of
brucehardie.com), cited below as FH. Functions take arrays in the paper's symbols, which broadcast: x repeat purchases,
t_x the time of the last, T the end of observation; parameters may be arrays too. The class `ParetoNBD` takes frames.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, exprel, gammaln

from clv.errors import ConfigError
from clv.models.fitting.counts import Counts
from clv.models.purchases.base import PurchaseModel, Score
from clv.models.purchases.pareto_likelihood import Params, gradient, log_likelihood, log_odds_dropped, summed
from clv.models.purchases.power_integral import log_laplace_integral, log_power_integral
from clv.models.special import log_beta, log_rising
from clv.units import DiscountRate, require_rate

__all__ = [
    "Params",
    "ParetoNBD",
    "dert",
    "discounted_purchases",
    "expected_purchases",
    "expected_purchases_new_customer",
    "gradient",
    "log_likelihood",
    "log_odds_dropped",
    "p_alive",
    "p_at_least",
    "p_no_purchase",
    "pmf_new_customer",
]

FloatArray = npt.NDArray[np.float64]

_NO_TIME = 1e-150  # stands for 0 where a logarithm is taken


def p_alive(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return P(not dropped out at T | x, t_x, T), 0–1; FH section 5.

    Examples
    --------
    Customer 1516 of CDNOW (BTYD manual):

    >>> p_alive(Params(0.553, 10.578, 0.606, 11.669), np.array([26.0]), np.array([30.86]), np.array([31.0])).round(4)
    array([0.9979])
    """
    alive: FloatArray = expit(-log_odds_dropped(p, x, t_x, T))
    return alive


def expected_purchases(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return E[purchases in (T, T + horizon] | x, t_x, T], arrays that broadcast; FH equation (41).

    At s = 1 it has no pole here: (1 − y^(s−1)) / (s − 1) is taken as −ln y · (e^z − 1) / z with z = (s − 1) ln y.

    Examples
    --------
    Customer 1516 of CDNOW in 52 weeks (BTYD manual):

    >>> cdnow = Params(0.5533971, 10.5801985, 0.6060625, 11.6562237)
    >>> expected_purchases(cdnow, np.array([26.0]), np.array([30.86]), np.array([31.0]), 52.0).round(2)
    array([25.46])
    """
    rate = (p.r + x) / (p.alpha + T)
    result: FloatArray = p_alive(p, x, t_x, T) * rate * _time_alive(p.s, p.beta + T, horizon)
    return result


def p_no_purchase(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return P(no purchase in (T, T + horizon] | x, t_x, T), 0–1: L(x, t_x, T + horizon) / L(x, t_x, T), in logarithms.

    Examples
    --------
    >>> cdnow = Params(0.553, 10.578, 0.606, 11.669)
    >>> p_no_purchase(cdnow, np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86, horizon=39.0).round(4)
    array([0.9307, 0.4081])
    """
    silent = -(p.r + x) * np.log1p(horizon / (p.alpha + T)) - p.s * np.log1p(horizon / (p.beta + T))
    before, after = (np.logaddexp(0.0, log_odds_dropped(p, x, t_x, end)) for end in (T, np.add(T, horizon)))
    silence: FloatArray = np.exp(np.minimum(silent + after - before, 0.0))
    return silence


def p_at_least(
    p: Params, n: npt.ArrayLike, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float
) -> FloatArray:
    """Return P(at least n purchases in (T, T + horizon] | x, t_x, T), 0–1, for whole n ≥ 0; arrays that broadcast.

    P(alive) times the chance that the n-th purchase comes in time and before dropout: the wait v for it, over α + T,
    has a beta prime density v^(n−1) (1 + v)^−(n+r+x) / B(n, r + x), and survival to it is (1 + v (α+T) / (β+T))^−s.

    Examples
    --------
    >>> cdnow = Params(0.553, 10.578, 0.606, 11.669)
    >>> p_at_least(cdnow, np.array([0, 1, 5]), np.array(2.0), np.array(30.43), np.array(38.86), 39.0).round(4)
    array([1.    , 0.5919, 0.0687])
    """
    shape, scale, first = p.r + x, p.alpha + T, np.maximum(n, 1.0)
    in_time = log_power_integral(first - 1, shape + first, p.s, scale / (p.beta + T), horizon / scale)
    chance = np.exp(np.minimum(in_time - log_beta(first, shape), 0.0))
    result: FloatArray = np.where(np.greater(n, 0), p_alive(p, x, t_x, T) * chance, 1.0)
    return result


def expected_purchases_new_customer(p: Params, t: npt.ArrayLike) -> FloatArray:
    """Return E[repeat purchases in (0, t]] of a new customer, the first purchase not counted; FH equation (27).

    Examples
    --------
    The BTYD manual's parameters:

    >>> expected_purchases_new_customer(Params(0.55, 10.56, 0.61, 11.64), [1.0, 9.0]).round(8)
    array([0.05077821, 0.38909211])
    """
    result: FloatArray = p.r / p.alpha * _time_alive(p.s, p.beta, np.asarray(t, dtype=float))
    return result


def pmf_new_customer(p: Params, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
    """Return P(X(t) = n), the probability of n repeat purchases in (0, t]; arrays that broadcast.

    Those still alive at t, plus those who left at some moment before it: an integral over that moment, where FH have a
    sum of hypergeometric functions.

    Examples
    --------
    >>> pmf_new_customer(Params(0.553, 10.578, 0.606, 11.669), [0, 11], [39.0, 30.0]).round(7)
    array([0.593625 , 0.0019075])
    """
    count, time = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(t, dtype=float))
    elapsed = np.maximum(time, _NO_TIME)
    ways = log_rising(p.r, count) - gammaln(count + 1)
    silent = -p.r * np.log1p(time / p.alpha) - p.s * np.log1p(time / p.beta)
    alive = silent + count * (np.log(elapsed) - np.log(p.alpha + elapsed))
    ratio = np.divide(p.alpha, p.beta)
    left = np.log(p.s * ratio) + log_power_integral(count, p.r + count, p.s + 1, ratio, elapsed / p.alpha)
    probability: FloatArray = np.exp(ways + np.logaddexp(alive, left))
    return probability


def discounted_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float
) -> FloatArray:
    """Return ∫ e^(−rate·t) dE[purchases in (T, T + t]] over (0, horizon], arrays that broadcast; rate per time unit.

    Examples
    --------
    >>> cdnow = Params(0.553, 10.578, 0.606, 11.669)
    >>> discounted_purchases(cdnow, np.array([2.0]), np.array([30.43]), np.array([38.86]), 39.0, 0.0).round(6)
    array([1.455123])
    """
    later = p.beta + T
    alive_time = later * np.exp(log_laplace_integral(p.s, rate * later, horizon / later))
    result: FloatArray = p_alive(p, x, t_x, T) * (p.r + x) / (p.alpha + T) * alive_time
    return result


def dert(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, rate: float) -> FloatArray:
    """Return the discounted expected residual transactions, `discounted_purchases` with no end.

    Fader, Hardie & Lee (2005b), RFM and CLV, Journal of Marketing Research 42(4), equation (3): its confluent
    hypergeometric function as the integral that it is.

    Parameters
    ----------
    p : Params
    x, t_x, T : ndarray
        As for `log_odds_dropped`.
    rate : float
        Continuous discount rate per time unit, > 0: without it the integral is infinite for s ≤ 1.

    Returns
    -------
    ndarray
        Transactions at present value, of the broadcast shape.

    Raises
    ------
    ConfigError
        If the rate is not above 0.

    Examples
    --------
    The BTYD manual's customer:

    >>> p = Params(0.5629966, 12.5590370, 0.4081095, 10.5148048)
    >>> dert(p, np.array([7.0]), np.array([35.0]), np.array([77.86]), rate=0.0027).round(7)
    array([1.8641833])
    """
    if not rate > 0:
        raise ConfigError(f"the discount rate of an endless horizon must be above 0; got {rate!r}: discount or end it")
    return discounted_purchases(p, x, t_x, T, np.inf, rate)


class ParetoNBD(PurchaseModel[Params]):
    """Pareto/NBD model of repeat purchases and silent dropout, fitted by maximum likelihood.

    Parameters
    ----------
    time_unit : {"week", "day"}, default "week"
        Unit of recency and T in the frames given to it. It only scales alpha and beta.
    covariates : dict, optional
        Columns that shift the "purchase" rate (through alpha) and the "dropout" rate (through beta).

    Attributes
    ----------
    params_ : Params
        Fitted r, alpha, s, beta (alpha and beta in time units); methods and other attributes are those of
        `clv.models.purchases.base.PurchaseModel`.

    Examples
    --------
    >>> from clv.units import annual, weeks
    >>> customers = pd.DataFrame({"frequency": [2, 0], "recency": [30.43, 0], "T": [38.86] * 2}, index=list("AD"))
    >>> model = ParetoNBD()
    >>> model.params_ = Params(0.553, 10.578, 0.606, 11.669)  # of CDNOW; or model.fit(customers)
    >>> model.predict(customers, horizon=weeks(39)).round(3)
       p_alive  expected_purchases  p_no_purchase
    A    0.869               1.455          0.408
    D    0.295               0.107          0.931
    >>> model.dert(customers, annual(0.10)).round(2).tolist()
    [8.17, 0.6]
    """

    _params_type, _name, _time_params = Params, "Pareto/NBD", ("alpha", "beta")
    # three quite different customer bases, so that agreeing on a maximum says something
    _starts = ((1.0, 1.0, 1.0, 1.0), (0.5, 0.3, 0.6, 0.3), (2.0, 0.3, 0.2, 3.0))

    _effects = MappingProxyType({"purchase": {"alpha": -1.0}, "dropout": {"beta": -1.0}})

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
        """Find the distinct points of integration once, not at every evaluation."""
        return summed(counts, share)

    def dert(self, customers: pd.DataFrame, rate: DiscountRate) -> pd.Series:
        """Return each customer's discounted expected residual transactions, over an endless horizon.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`.
        rate : DiscountRate
            Annual rate above 0, e.g. annual(0.10), applied continuously.

        Returns
        -------
        Series
            dert (transactions at present value), on the index of customers.

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If rate carries no unit or is 0, or the model is not fitted.
        """
        per_unit = require_rate(rate).per(self.time_unit)
        p, counts, position = self._rows(customers)
        return pd.Series(dert(p, *counts, per_unit)[position], index=customers.index, name="dert")


def _time_alive(s: float, later: FloatArray | float, horizon: FloatArray | float) -> FloatArray:
    """Return the expected time alive within the horizon, ∫ (1 + t / later)^−s dt; s = 1 is no exception."""
    log_growth = np.log1p(horizon / later)
    time: FloatArray = later * log_growth * exprel((1 - s) * log_growth)
    return time
