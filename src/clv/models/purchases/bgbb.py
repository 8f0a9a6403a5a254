"""The BG/BB: at each of a number of opportunities a customer buys or not, and may then have left for good, unseen.

Fader, Hardie & Shang (2010), Customer-Base Analysis in a Discrete-Time Noncontractual Setting, Marketing Science 29(6),
1086–1108; cited below as FHS. Functions take arrays in the paper's symbols, which broadcast: x purchases, the last at
opportunity t_x, of n opportunities so far; whole numbers. The class `BGBB` takes frames.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, gammaln

from clv.errors import ConfigError, DataError
from clv.models.fitting.counts import compress, distinct, numbers, refuse, row_weights
from clv.models.fitting.estimator import Estimator
from clv.models.fitting.search import Objective, Space, maximise
from clv.models.purchases.bgbb_likelihood import Params, gradient, log_likelihood, log_odds_dropped
from clv.models.special import log_beta_ratio, log_rising
from clv.units import DiscountRate, require_rate

__all__ = [
    "BGBB",
    "Params",
    "dert",
    "discounted_purchases",
    "distribution",
    "expected_purchases",
    "expected_purchases_new_customer",
    "gradient",
    "log_likelihood",
    "log_odds_dropped",
    "p_alive",
    "pmf",
    "pmf_new_customer",
]

FloatArray = npt.NDArray[np.float64]

_BLOCK = 1024  # opportunities summed at once
_NEGLIGIBLE = 1e-16  # of a sum, at which an endless one ends


def p_alive(p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike) -> FloatArray:
    """Return P(alive at opportunity n + 1 | x, t_x, n), 0–1; FHS equation (A10).

    Examples
    --------
    >>> p_alive(Params(1.2035, 0.7497, 0.6567, 2.7834), [0, 2, 6], [0, 4, 6], 6).round(4)
    array([0.1081, 0.5897, 0.9304])
    """
    stays = np.divide(p.delta + np.asarray(n), p.gamma + p.delta + np.asarray(n))
    alive: FloatArray = expit(-log_odds_dropped(p, x, t_x, n)) * stays
    return alive


def expected_purchases(p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike, n_next: int) -> FloatArray:
    """Return E[purchases at the next n_next opportunities | x, t_x, n]; FHS equation (13), with no pole at gamma = 1.

    The expected number of opportunities to come alive is summed instead of taken from its closed form.

    Examples
    --------
    >>> expected_purchases(Params(1.2035, 0.7497, 0.6567, 2.7834), [0, 6], [0, 6], 6, 5).round(2)
    array([0.07, 3.75])
    """
    return discounted_purchases(p, x, t_x, n, n_next, 0.0)


def expected_purchases_new_customer(p: Params, n: int) -> float:
    """Return E[purchases at the first n opportunities] of a new customer; FHS equation (8).

    Examples
    --------
    >>> round(expected_purchases_new_customer(Params(1.2035, 0.7497, 0.6567, 2.7834), 6), 3)
    2.22
    """
    return float(expected_purchases(p, 0, 0, 0, n))


def discounted_purchases(
    p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike, n_next: float, rate: float
) -> FloatArray:
    """Return expected purchases at the next n_next opportunities, the k-th worth (1 + rate)^−(k−1).

    Arrays broadcast. The rate is per opportunity; the next opportunity is undiscounted, as in FHS.

    Examples
    --------
    >>> discounted_purchases(Params(1.20, 0.75, 0.66, 2.78), [3], [4], [6], 5, 0.10).round(4)
    array([0.8689])
    """
    bought, chances = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    buys = (p.alpha + bought) / (p.alpha + p.beta + chances)
    levels, position = np.unique(chances, return_inverse=True)
    reached = _opportunities_reached(p, levels, n_next, rate)[position].reshape(chances.shape)
    result: FloatArray = expit(-log_odds_dropped(p, x, t_x, n)) * buys * reached
    return result


def dert(p: Params, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike, rate: float) -> FloatArray:
    """Return the discounted expected residual transactions, over an endless horizon; FHS section 2.

    Raises
    ------
    ConfigError
        If the rate, per opportunity, is not above 0.

    Examples
    --------
    >>> dert(Params(1.20, 0.75, 0.66, 2.78), [3], [4], [6], rate=0.10).round(4)
    array([1.7835])
    """
    if not rate > 0:
        raise ConfigError(f"the discount rate of an endless horizon must be above 0; got {rate!r}: discount or end it")
    return discounted_purchases(p, x, t_x, n, math.inf, rate)


def pmf(p: Params, k: npt.ArrayLike, x: npt.ArrayLike, t_x: npt.ArrayLike, n: npt.ArrayLike, n_next: int) -> FloatArray:
    """Return P(k purchases at the next n_next opportunities | x, t_x, n), arrays that broadcast.

    Someone alive at n is like a new customer of parameters alpha + x, beta + n − x, gamma, delta + n.

    Examples
    --------
    >>> pmf(Params(1.2035, 0.7497, 0.6567, 2.7834), [0, 1, 2], 2, 4, 6, n_next=2).round(4)
    array([0.6444, 0.2511, 0.1045])
    """
    bought, last, so_far = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (x, t_x, n)))
    chances = distribution(p, bought.ravel(), last.ravel(), so_far.ravel(), n_next)
    count, row = np.broadcast_arrays(np.asarray(k, dtype=np.intp), np.arange(bought.size).reshape(bought.shape))
    result: FloatArray = np.where(count <= n_next, chances[np.minimum(count, n_next), row], 0.0)
    return result


def distribution(p: Params, x: FloatArray, t_x: FloatArray, n: FloatArray, n_next: int) -> FloatArray:
    """Return `pmf` of k = 0 … n_next along a new first axis, for histories of shape (m,).

    Someone who is alive at the first i of the next opportunities and then leaves buys at k of these i.

    Examples
    --------
    >>> paper = Params(1.2035, 0.7497, 0.6567, 2.7834)
    >>> distribution(paper, np.array([2.0]), np.array([4.0]), np.array([6.0]), n_next=2).round(4).T
    array([[0.6444, 0.2511, 0.1045]])
    """
    bought, passed = p.alpha + x, p.beta + n - x
    number = np.arange(n_next + 1.0)[:, np.newaxis]
    leaves = np.where(number < n_next, np.log(p.gamma) - np.log(p.gamma + p.delta + n + number), 0.0)
    alive = leaves + log_beta_ratio(p.gamma, p.delta + n, number) - log_rising(bought + passed, number)
    ways, buys, passes = gammaln(number + 1), log_rising(bought, number), log_rising(passed, number)
    total = np.zeros((n_next + 1, *np.shape(n)))
    for i in range(n_next + 1):
        chosen = ways[i] - ways[: i + 1] - ways[i::-1] + buys[: i + 1] + passes[i::-1]
        total[: i + 1] += np.exp(chosen + alive[i])
    odds = log_odds_dropped(p, x, t_x, n)
    total *= expit(-odds)
    total[0] += expit(odds)
    return total


def pmf_new_customer(p: Params, k: npt.ArrayLike, n: int) -> FloatArray:
    """Return P(X(n) = k), the probability of k purchases at the first n opportunities; FHS equation (7).

    Examples
    --------
    >>> (11104 * pmf_new_customer(Params(1.2035, 0.7497, 0.6567, 2.7834), [0, 6], 6)).round(0)
    array([3455., 1253.])
    """
    return pmf(p, k, 0, 0, 0, n)


class BGBB(Estimator[Params]):
    """BG/BB model of purchases at discrete opportunities and silent dropout, fitted by maximum likelihood.

    Parameters
    ----------
    opportunities_per_year : float, default 1.0
        Only to turn an annual discount rate into one per opportunity.

    Attributes
    ----------
    params_ : Params
        Fitted alpha, beta, gamma, delta; the other attributes are those of `clv.models.fitting.estimator.Estimator`.

    Examples
    --------
    >>> from clv.units import annual
    >>> donors = pd.DataFrame({"frequency": [2, 0], "recency": [4, 0], "n_opportunities": [6, 6]}, index=list("AD"))
    >>> model = BGBB()
    >>> model.params_ = Params(1.2035, 0.7497, 0.6567, 2.7834)  # the paper's; or model.fit(donors)
    >>> model.predict(donors, n_opportunities=5).round(3)
       p_alive  expected_purchases  p_no_purchase
    A    0.590               1.058          0.519
    D    0.108               0.073          0.952
    >>> model.dert(donors, annual(0.10)).round(3).tolist()
    [1.832, 0.126]
    """

    _params_type = Params
    # a lasting base, a quickly leaving one, and one of few purchases, so that agreeing on a maximum says something
    _starts = ((1.0, 1.0, 0.5, 3.0), (1.0, 1.0, 2.0, 2.0), (0.3, 3.0, 0.2, 1.0))

    def __init__(self, opportunities_per_year: float = 1.0) -> None:
        self.opportunities_per_year = opportunities_per_year

    def fit(self, donors: pd.DataFrame, weights: str | None = None) -> BGBB:
        """Fit the four parameters and return the model.

        Parameters
        ----------
        donors : DataFrame
            One row per customer: frequency (purchases at the opportunities, the acquisition not counted), recency
            (opportunity of the last one, 0 if none), n_opportunities (so far); whole numbers,
            frequency ≤ recency ≤ n_opportunities.
        weights : str, optional
            Column with the number of customers a row stands for.

        Returns
        -------
        BGBB
            The same model, with its attributes ending in _ set.

        Raises
        ------
        DataError
            If the frame breaks a rule, or nobody bought at any opportunity.
        ConvergenceError
            If no maximum is found.
        """
        names = ("x", "t_x", "n")
        rows, weight = compress(dict(zip(names, _histories(donors), strict=True)), row_weights(donors, weights))
        if not rows[0].any():
            raise DataError("donors: nobody bought at any opportunity, so that buying and leaving cannot be told apart")
        space = Space(Params._fields, scale=np.ones(4), lower=np.zeros(4))
        objective = _mean_log_likelihood(rows, weight / weight.sum(), space)
        self._keep(maximise(objective, space, np.log(self._starts).tolist(), weight.sum(), model="BG/BB"), weight.sum())
        return self

    def predict(self, donors: pd.DataFrame, n_opportunities: int) -> pd.DataFrame:
        """Return what each customer is expected to do at the next opportunities.

        Parameters
        ----------
        donors : DataFrame
            As for `fit`; it need not be the frame of the fit.
        n_opportunities : int
            How many, at least 1.

        Returns
        -------
        DataFrame
            On the index of donors, in its order: p_alive (0–1, at the next opportunity), expected_purchases and
            p_no_purchase (0–1) at the next n_opportunities.

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If n_opportunities is not a whole number above 0, or the model is not fitted.
        """
        if not (isinstance(n_opportunities, int) and n_opportunities > 0):
            raise ConfigError(f"n_opportunities must be a whole number above 0; got {n_opportunities!r}")
        p, ((x, t_x, n), position) = self._fitted(), distinct(*_histories(donors))
        columns = {
            "p_alive": p_alive(p, x, t_x, n),
            "expected_purchases": expected_purchases(p, x, t_x, n, n_opportunities),
            "p_no_purchase": pmf(p, 0, x, t_x, n, n_opportunities),
        }
        return pd.DataFrame({name: value[position] for name, value in columns.items()}, index=donors.index)

    def dert(self, donors: pd.DataFrame, rate: DiscountRate) -> pd.Series:
        """Return each customer's discounted expected residual transactions, the next opportunity undiscounted.

        Raises
        ------
        DataError
            If the frame breaks a rule.
        ConfigError
            If rate, an annual one, carries no unit or is 0, or the model is not fitted.
        """
        per_opportunity = math.expm1(math.log1p(require_rate(rate).effective_annual) / self.opportunities_per_year)
        p, ((x, t_x, n), position) = self._fitted(), distinct(*_histories(donors))
        return pd.Series(dert(p, x, t_x, n, per_opportunity)[position], index=donors.index, name="dert")


def _histories(donors: pd.DataFrame) -> list[FloatArray]:
    """Return frequency, recency and n_opportunities, or raise once with everything that is wrong with them."""
    x, t_x, n = numbers(donors, ("frequency", "recency", "n_opportunities"))
    whole = np.logical_and.reduce([values == np.floor(values) for values in (x, t_x, n)])
    problems = {
        "frequency, recency or n_opportunities below 0 or not whole: count opportunities": ~whole | (x < 0) | (n < 0),
        "recency > n_opportunities: a purchase after the last opportunity": t_x > n,
        "frequency > recency: more purchases than opportunities up to the last one": x > t_x,
        "recency > 0 but frequency 0: without a purchase recency is 0": (x == 0) & (t_x > 0),
    }
    refuse(donors, problems)
    return [x, t_x, n]


def _mean_log_likelihood(rows: list[FloatArray], share: FloatArray, space: Space) -> Objective:
    """Return the mean log-likelihood per customer and its gradient as a function of the log-parameters."""

    def objective(log_params: FloatArray) -> tuple[float, FloatArray]:
        p = Params(*space.natural(log_params).tolist())
        slope = gradient(p, *rows) @ share
        return float(log_likelihood(p, *rows) @ share), slope * space.jacobian(log_params)

    return objective


def _opportunities_reached(p: Params, n: FloatArray, n_next: float, rate: float) -> FloatArray:
    """Return the discounted number of the next opportunities that someone alive at n is expected to be alive at."""
    delta = p.delta + n[:, np.newaxis]
    alive, total, k = np.ones_like(delta), np.zeros_like(n), 0
    while k < n_next:
        i = np.arange(k, min(k + _BLOCK, n_next))
        reached = alive * np.cumprod((delta + i) / (p.gamma + delta + i), axis=1)
        worth = np.exp(-i * np.log1p(rate))
        total = total + reached @ worth
        alive, k = reached[:, -1:], k + _BLOCK
        if rate > 0 and (alive[:, 0] * worth[-1] / rate <= _NEGLIGIBLE * total).all():
            break
    return total
