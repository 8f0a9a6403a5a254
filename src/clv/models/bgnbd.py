"""The BG/NBD: buying at a gamma-distributed rate, dropping out after a purchase with a beta-distributed probability.

Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing
Science 24(2), 275–284; cited below as FHL. Functions take arrays in the paper's symbols, which broadcast:
x repeat purchases, t_x the time of the last, T the end of observation; the class `BGNBD` takes frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import betainc, digamma, expit, gammaln

from clv.errors import DataError
from clv.models.counts import Counts, compress, distinct, purchase_counts, row_weights
from clv.models.estimator import Estimator
from clv.models.fitting import Objective, Space, maximise
from clv.models.special import at_counts, expected_purchases_if_alive, log_beta, log_beta_ratio, log_rising
from clv.units import DiscountRate, Horizon, TimeUnit, require_horizon, require_rate, weeks

FloatArray = npt.NDArray[np.float64]

DEFAULT_HORIZON = weeks(39)  # the holdout of the papers on CDNOW
_DISCOUNT_NODES = 20  # Gauss–Legendre over the root of time; relative error below 1e-11 for ten years, 1e-6 for 100
# r, alpha in longest T, a, b: three quite different customer bases, so that agreeing on a maximum says something
_STARTS = ((1.0, 1.0, 1.0, 3.0), (0.25, 0.1, 0.8, 2.5), (2.0, 0.2, 0.1, 2.0))


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


def log_odds_dropped(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return log P(dropped out) / P(alive) at T; −inf with no repeat purchase, since dropout can only follow one.

    Parameters
    ----------
    p : Params
    x, t_x, T : ndarray
        Repeat purchases, time of the last and end of observation (time units); they broadcast.

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
    repeats = np.maximum(x, 1)
    odds = np.log(p.a) - np.log(p.b + repeats - 1) + (p.r + x) * np.log((p.alpha + T) / (p.alpha + t_x))
    return np.where(np.asarray(x) > 0, odds, -np.inf)


def log_likelihood(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the log-likelihood of each history (x, t_x, T), arrays that broadcast; FHL equation (6).

    It is a density in time: in days instead of weeks it falls by x·ln 7. Stable for any x: Hardie's note 027 form.

    Examples
    --------
    >>> log_likelihood(Params(0.25, 4.0, 0.8, 2.5), np.array([0.0, 200.0]), np.array([0.0, 38.0]), 40.0).round(4)
    array([ -0.5995, 100.7957])
    """
    counts = np.asarray(x, dtype=float)
    start = p.r * np.log(p.alpha / (p.alpha + T)) - counts * np.log(p.alpha + T)
    alive = start + at_counts(lambda n: log_rising(p.r, n) + _log_survived(p, n), counts)
    total: FloatArray = alive + np.logaddexp(0.0, log_odds_dropped(p, x, t_x, T))
    return total


def gradient(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the derivatives of `log_likelihood` by r, alpha, a, b along the first axis: shape (4, n).

    Examples
    --------
    >>> gradient(Params(0.25, 4.0, 0.8, 2.5), np.array([3.0]), np.array([30.0]), np.array([40.0])).round(3).T
    array([[ 2.922, -0.018, -0.36 ,  0.119]])
    """
    odds: FloatArray = expit(log_odds_dropped(p, x, t_x, T))
    shape = p.r + x
    by_total = at_counts(lambda n: digamma(p.a + p.b) - digamma(p.a + p.b + n), x)
    by_r = at_counts(lambda n: digamma(p.r + n) - digamma(p.r), x) + np.log(p.alpha / (p.alpha + T))
    by_alpha = p.r / p.alpha - shape / (p.alpha + T)
    by_b = at_counts(lambda n: digamma(p.b + n) - digamma(p.b), x) + by_total
    return np.stack(
        [
            by_r + odds * np.log((p.alpha + T) / (p.alpha + t_x)),
            by_alpha + odds * shape * (1 / (p.alpha + T) - 1 / (p.alpha + t_x)),
            by_total + odds / p.a,
            by_b - odds / (p.b + np.maximum(x, 1) - 1),
        ]
    )


def p_alive(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return P(not dropped out at T | x, t_x, T), 0–1; exactly 1 at x = 0. Hardie (2008), note 021, equation (3).

    Examples
    --------
    >>> p_alive(Params(0.243, 4.414, 0.793, 2.426), np.array([2.0]), np.array([30.43]), np.array([38.86])).round(7)
    array([0.7265786])
    """
    alive: FloatArray = expit(-log_odds_dropped(p, x, t_x, T))
    return alive


def expected_purchases(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return E[purchases in (T, T + horizon] | x, t_x, T], arrays that broadcast; FHL equation (10), by its integral.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> expected_purchases(paper, np.array([2.0]), np.array([30.43]), np.array([38.86]), horizon=39.0).round(7)
    array([1.2260282])
    """
    return p_alive(p, x, t_x, T) * _purchases_if_alive(p, x, T, horizon)


def p_no_purchase(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return P(no purchase in (T, T + horizon] | x, t_x, T), 0–1: the customer left, or is alive and waits.

    An alive customer's next purchase is exponential given the rate, hence ((α + T) / (α + T + h))^(r + x) by FHL
    equation (7) for the posterior of the rate.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> p_no_purchase(paper, np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86, horizon=39.0).round(4)
    array([0.8554, 0.4454])
    """
    odds = log_odds_dropped(p, x, t_x, T)
    waits = np.exp(-(p.r + x) * np.log1p(horizon / (p.alpha + T)))
    result: FloatArray = expit(odds) + expit(-odds) * waits
    return result


def expected_purchases_new_customer(p: Params, t: npt.ArrayLike) -> FloatArray:
    """Return E[repeat purchases in (0, t]] of a new customer, the first purchase not counted; FHL equation (9).

    Examples
    --------
    >>> expected_purchases_new_customer(Params(0.243, 4.414, 0.793, 2.426), [39.0, 52.0]).round(4)
    array([1.1967, 1.4461])
    """
    return expected_purchases_if_alive(p.r, np.asarray(t, dtype=float) / p.alpha, p.a, p.b)


def pmf_new_customer(p: Params, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
    """Return P(X(t) = n), the probability of n repeat purchases in (0, t]; arrays that broadcast; FHL equation (8).

    The sum in the paper is the tail of a negative binomial, an incomplete beta function: nothing overflows at large n.

    Examples
    --------
    >>> pmf_new_customer(Params(0.243, 4.414, 0.793, 2.426), [0, 11], [39.0, 30.0]).round(7)
    array([0.5737864, 0.0019995])
    """
    count, time = np.broadcast_arrays(np.asarray(n, dtype=float), np.asarray(t, dtype=float))
    bought = time / (p.alpha + time)
    waiting = log_rising(p.r, count) - gammaln(count + 1) - p.r * np.log1p(time / p.alpha)
    with np.errstate(divide="ignore"):  # at t = 0 the logarithm is −inf and the probability 0, as it should be
        log_bought = np.where(count > 0, np.log(bought), 0.0)
    alive: FloatArray = np.exp(_log_survived(p, count) + waiting + count * log_bought)
    at_least_one = np.maximum(count, 1)
    log_left = log_beta(p.a + 1, p.b + at_least_one - 1) - log_beta(p.a, p.b)
    left = np.exp(log_left) * betainc(at_least_one, p.r, bought)
    return alive + np.where(count > 0, left, 0.0)


def discounted_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float
) -> FloatArray:
    """Return ∫ e^(−rate·t) dE[purchases in (T, T + t]] over (0, horizon], arrays that broadcast.

    Integrated by parts, e^(−δH) E(H) + δ ∫ e^(−δt) E(t) dt, so that only expectations are needed. The rate is
    continuous, per time unit. The infinite integral is not offered: without discount it diverges for a < 1.

    Examples
    --------
    >>> paper = Params(0.243, 4.414, 0.793, 2.426)
    >>> discounted_purchases(paper, np.array([2.0]), np.array([30.43]), np.array([38.86]), 39.0, 0.0).round(7)
    array([1.2260282])
    """
    return p_alive(p, x, t_x, T) * _discounted_if_alive(p, x, T, horizon, rate)


def _log_survived(p: Params, x: FloatArray) -> FloatArray:
    """Return ln(B(a, b + x) / B(a, b)), the log-probability of not leaving after any of x purchases."""
    return log_beta_ratio(p.a, p.b, x)


def _purchases_if_alive(p: Params, x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return the expectation for a customer known to be alive, which does not depend on t_x."""
    return expected_purchases_if_alive(p.r + x, horizon / (p.alpha + T), p.a, p.b + x)


def _discounted_if_alive(p: Params, x: FloatArray, T: FloatArray, horizon: float, rate: float) -> FloatArray:
    """Return the discounted expectation for a customer known to be alive."""
    total: FloatArray = np.exp(-rate * horizon) * _purchases_if_alive(p, x, T, horizon)
    if rate == 0:
        return total
    nodes, lengths = np.polynomial.legendre.leggauss(_DISCOUNT_NODES)
    # t = horizon·u²: heavy buyers' expectations bend close to 0, and so the nodes crowd there
    for u, length in zip((nodes + 1) / 2, lengths / 2, strict=True):
        t = horizon * u**2
        total = total + rate * np.exp(-rate * t) * 2 * horizon * u * length * _purchases_if_alive(p, x, T, t)
    return total


class BGNBD(Estimator[Params]):
    """BG/NBD model of repeat purchases and silent dropout, fitted by maximum likelihood.

    Parameters
    ----------
    time_unit : {"week", "day"}, default "week"
        Unit of recency and T in the frames given to it. It only scales alpha.

    Attributes
    ----------
    params_ : Params
        Fitted r, alpha (time units), a, b; the other attributes are those of `clv.models.estimator.Estimator`.
    log_likelihood_ : float
        Total over customers; depends on the time unit, so never compare it across units.

    Examples
    --------
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
    """

    _params_type = Params

    def __init__(self, time_unit: TimeUnit = "week") -> None:
        self.time_unit: TimeUnit = time_unit

    def fit(self, customers: pd.DataFrame, weights: str | None = None) -> BGNBD:
        """Fit the four parameters and return the model.

        Parameters
        ----------
        customers : DataFrame
            One row per customer with columns frequency, recency and T, see `clv.models.counts.purchase_counts`.
        weights : str, optional
            Column with the number of customers a row stands for. Identical rows are merged in any case.

        Returns
        -------
        BGNBD
            The same model, with its attributes ending in _ set.

        Raises
        ------
        DataError
            If the frame breaks a rule, or no customer has a repeat purchase.
        ConvergenceError
            If no maximum is found.
        """
        counts = purchase_counts(customers)
        (x, t_x, T), weight = compress(counts._asdict(), row_weights(customers, weights))
        _require_repeat_purchase(x, weight)
        space = Space(Params._fields, scale=np.array([1.0, T.max(), 1.0, 1.0]), lower=np.zeros(4))
        objective = _mean_log_likelihood(Counts(x, t_x, T), weight, space)
        self._keep(maximise(objective, space, np.log(_STARTS).tolist(), weight.sum(), model="BG/NBD"), weight.sum())
        return self

    def predict(self, customers: pd.DataFrame, horizon: Horizon = DEFAULT_HORIZON) -> pd.DataFrame:
        """Return what each customer is expected to do in the horizon after T.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`; it need not be the frame of the fit.
        horizon : Horizon, default weeks(39)
            Length of the forecast; a bare number is refused.

        Returns
        -------
        DataFrame
            On the index of customers, in its order: p_alive (0–1), expected_purchases (transactions in the horizon),
            p_no_purchase (0–1, probability of none in the horizon).

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If horizon carries no unit, or the model is not fitted.
        """
        length = require_horizon(horizon).in_units(self.time_unit)
        p, (x, t_x, T) = self._fitted(), purchase_counts(customers)
        (pair_x, pair_T), pair = distinct(x, T)
        alive = p_alive(p, x, t_x, T)
        columns = {
            "p_alive": alive,
            "expected_purchases": alive * _purchases_if_alive(p, pair_x, pair_T, length)[pair],
            "p_no_purchase": p_no_purchase(p, x, t_x, T, length),
        }
        return pd.DataFrame(columns, index=customers.index)

    def discounted_purchases(self, customers: pd.DataFrame, horizon: Horizon, rate: DiscountRate) -> pd.Series:
        """Return each customer's expected purchases in the horizon, discounted to T.

        Parameters
        ----------
        customers : DataFrame
            As for `fit`.
        horizon : Horizon
            Length of the forecast, e.g. weeks(52).
        rate : DiscountRate
            Annual rate, e.g. annual(0.10), applied continuously.

        Returns
        -------
        Series
            discounted_purchases (transactions at present value), on the index of customers.

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If horizon or rate carry no unit, or the model is not fitted.
        """
        length, per_unit = require_horizon(horizon).in_units(self.time_unit), require_rate(rate).per(self.time_unit)
        p, (x, t_x, T) = self._fitted(), purchase_counts(customers)
        (pair_x, pair_T), pair = distinct(x, T)
        values = p_alive(p, x, t_x, T) * _discounted_if_alive(p, pair_x, pair_T, length, per_unit)[pair]
        return pd.Series(values, index=customers.index, name="discounted_purchases")


def _mean_log_likelihood(counts: Counts, weight: FloatArray, space: Space) -> Objective:
    """Return the mean log-likelihood per customer and its gradient as a function of the log-parameters."""
    share = weight / weight.sum()

    def objective(log_params: FloatArray) -> tuple[float, FloatArray]:
        p = Params(*space.natural(log_params).tolist())
        slope = gradient(p, *counts) @ share
        return float(log_likelihood(p, *counts) @ share), slope * space.jacobian(log_params)

    return objective


def _require_repeat_purchase(x: FloatArray, weight: FloatArray) -> None:
    """Refuse a base in which every customer bought once."""
    if not x.any():
        raise DataError(
            f"customers: every customer bought once ({weight.sum():,.0f} customers): no repeat purchase, so the "
            "purchase rhythm cannot be estimated; take a longer calibration period"
        )
