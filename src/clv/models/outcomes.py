"""What may happen, not only what is expected: the distribution of each customer's orders and money.

A customer is silent with probability s. Otherwise the orders are 1 plus a negative binomial count, and the money is a
gamma variable; both keep the expected value that the forecast gives. How far outcomes scatter around it is not
assumed: it is estimated where the forecast was tried, and the levels of the intervals are set by where the outcomes
fell there (conformal).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betainc, gammainc, gammaincinv, gammaln, xlog1py, xlogy

FloatArray = npt.NDArray[np.float64]

LOW, MIDDLE, HIGH = 0.05, 0.50, 0.95
_LEVELS: Final = (LOW, MIDDLE, HIGH)
_LEAST_SCATTER, _MOST_SCATTER = 1e-3, 1e2  # of a squared coefficient of variation
_PRIOR_OUTCOMES = 200.0  # customers' worth of belief that the levels need no shift
_MOST_COUNT_STEPS = 64  # doublings and halvings in the search of a quantile


@dataclass(frozen=True)
class Levels:
    """Nominal levels of the intervals, moved to where that share of outcomes fell below in the trials."""

    low: float = LOW
    middle: float = MIDDLE
    high: float = HIGH

    @classmethod
    def from_trials(cls, pit: FloatArray) -> Self:
        """Return the levels from the probability integral transforms of trial outcomes, shrunk to the nominal ones."""
        weight = pit.size / (pit.size + _PRIOR_OUTCOMES)
        found = np.quantile(pit, _LEVELS) if pit.size else np.array(_LEVELS)
        low, middle, high = weight * found + (1 - weight) * np.array(_LEVELS)
        return cls(float(low), float(middle), float(high))


@dataclass(frozen=True)
class Scatter:
    """Squared coefficient of variation of an outcome above its least value, exp(intercept + slope · ln mean orders).

    `mean orders` is the expected number of orders of those who order at all, at least 1.
    """

    intercept: float
    slope: float

    def at(self, orders_if_any: FloatArray) -> FloatArray:
        """Return the squared coefficient of variation for each expected number of orders."""
        value = np.exp(self.intercept + self.slope * np.log(orders_if_any))
        return np.clip(value, _LEAST_SCATTER, _MOST_SCATTER)

    def plus(self, other: Scatter, minus: Scatter) -> Scatter:
        """Return this scatter moved by the difference of two others, on the scale of logarithms."""
        return Scatter(self.intercept + other.intercept - minus.intercept, self.slope + other.slope - minus.slope)


@dataclass(frozen=True)
class CountOutcomes:
    """Orders in a horizon: silent with probability s, else 1 + a negative binomial count.

    Parameters
    ----------
    scatter : Scatter
        1 / size of the negative binomial: its variance is m + scatter·m² for a mean m of orders beyond the first.
    levels : Levels
    """

    scatter: Scatter
    levels: Levels = Levels()

    @classmethod
    def fit(cls, mean: FloatArray, silent: FloatArray, happened: FloatArray) -> Self:
        """Fit the scatter by maximum likelihood to outcomes of at least one order, then the levels to all.

        Parameters
        ----------
        mean, silent : ndarray, shape (n,)
            Forecast orders and probability of none.
        happened : ndarray, shape (n,)
            Orders made.
        """
        came = happened > 0
        beyond, excess = _orders_if_any(mean, silent)[came], happened[came] - 1

        def cost(theta: FloatArray) -> float:
            scatter = Scatter(theta[0], theta[1]).at(beyond)
            prior = 0.01 * float(theta @ theta)  # a few outcomes must not run away
            return prior - float(_log_negative_binomial(excess, beyond - 1, scatter).sum()) / max(came.sum(), 1)

        found = minimize(cost, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-8}).x
        return cls(Scatter(float(found[0]), float(found[1])))

    def calibrated(self, mean: FloatArray, silent: FloatArray, happened: FloatArray, rng: np.random.Generator) -> Self:
        """Return the same with levels at which that share of the outcomes fell below."""
        u = rng.uniform(size=happened.size)
        below, at = self.cdf(happened - 1, mean, silent), self.cdf(happened, mean, silent)
        return replace(self, levels=Levels.from_trials(below + u * (at - below)))

    def cdf(self, n: FloatArray, mean: FloatArray, silent: FloatArray) -> FloatArray:
        """Return P(orders ≤ n) for whole n ≥ −1, 0–1."""
        orders = _orders_if_any(mean, silent)
        within = _negative_binomial_cdf(n - 1, orders - 1, self.scatter.at(orders))
        result: FloatArray = np.where(n < 0, 0.0, silent + (1 - silent) * np.where(n < 1, 0.0, within))
        return result

    def quantile(self, level: float, mean: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the smallest whole number n with P(orders ≤ n) ≥ level."""
        result = np.zeros_like(mean)
        rows = np.flatnonzero(level > silent)
        if rows.size:
            orders = _orders_if_any(mean[rows], silent[rows])
            inside = np.clip((level - silent[rows]) / (1 - silent[rows]), 0.0, 1 - 1e-12)
            result[rows] = 1 + _negative_binomial_quantile(inside, orders - 1, self.scatter.at(orders))
        return result

    def low(self, mean: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the 5th percentile."""
        return self.quantile(self.levels.low, mean, silent)

    def median(self, mean: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the 50th percentile."""
        return self.quantile(self.levels.middle, mean, silent)

    def high(self, mean: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the 95th percentile."""
        return self.quantile(self.levels.high, mean, silent)

    def variance(self, mean: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the variance of the orders."""
        orders = _orders_if_any(mean, silent)
        beyond = orders - 1
        second = beyond + self.scatter.at(orders) * beyond**2 + orders**2
        result: FloatArray = (1 - silent) * second - ((1 - silent) * orders) ** 2
        return result


@dataclass(frozen=True)
class MoneyOutcomes:
    """Net sales in a horizon: nothing with probability s, else a gamma variable.

    Parameters
    ----------
    scatter : Scatter
        Squared coefficient of variation of the sales of those who order.
    levels : Levels
    """

    scatter: Scatter
    levels: Levels = Levels()

    @classmethod
    def fit(cls, orders: FloatArray, revenue: FloatArray, silent: FloatArray, happened: FloatArray) -> Self:
        """Fit the scatter by maximum likelihood to outcomes above zero.

        Parameters
        ----------
        orders, revenue, silent : ndarray, shape (n,)
            Forecast orders, sales (currency) and probability of no order.
        happened : ndarray, shape (n,)
            Sales made; refunds can outweigh them.
        """
        paid = (happened > 0) & (revenue > 0)
        beyond = _orders_if_any(orders, silent)[paid]
        ratio = happened[paid] / (revenue / (1 - silent))[paid]

        def cost(theta: FloatArray) -> float:
            shape = 1 / Scatter(theta[0], theta[1]).at(beyond)
            log_density = shape * np.log(shape) + (shape - 1) * np.log(ratio) - shape * ratio - gammaln(shape)
            return 0.01 * float(theta @ theta) - float(log_density.sum()) / max(paid.sum(), 1)

        found = minimize(cost, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-8}).x
        return cls(Scatter(float(found[0]), float(found[1])))

    def calibrated(
        self,
        orders: FloatArray,
        revenue: FloatArray,
        silent: FloatArray,
        happened: FloatArray,
        rng: np.random.Generator,
    ) -> Self:
        """Return the same with levels at which that share of the outcomes fell below; refunds count as nothing."""
        nothing = rng.uniform(size=happened.size) * silent
        pit = np.where(happened > 0, self.cdf(happened, orders, revenue, silent), nothing)
        return replace(self, levels=Levels.from_trials(pit))

    def cdf(self, amount: FloatArray, orders: FloatArray, revenue: FloatArray, silent: FloatArray) -> FloatArray:
        """Return P(sales ≤ amount) for amounts ≥ 0."""
        shape = 1 / self.scatter.at(_orders_if_any(orders, silent))
        mean = np.maximum(revenue, np.finfo(float).tiny) / (1 - silent)
        result: FloatArray = silent + (1 - silent) * gammainc(shape, shape * np.maximum(amount, 0) / mean)
        return result

    def quantile(self, level: float, orders: FloatArray, revenue: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the sales not exceeded with probability level; 0 where silence is at least as likely."""
        shape = 1 / self.scatter.at(_orders_if_any(orders, silent))
        inside = np.clip((level - silent) / (1 - silent), 0.0, 1 - 1e-12)
        result: FloatArray = np.maximum(revenue, 0.0) / (1 - silent) * gammaincinv(shape, inside) / shape
        return result

    def low(self, orders: FloatArray, revenue: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the 5th percentile."""
        return self.quantile(self.levels.low, orders, revenue, silent)

    def median(self, orders: FloatArray, revenue: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the 50th percentile."""
        return self.quantile(self.levels.middle, orders, revenue, silent)

    def high(self, orders: FloatArray, revenue: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the 95th percentile."""
        return self.quantile(self.levels.high, orders, revenue, silent)

    def variance(self, orders: FloatArray, revenue: FloatArray, silent: FloatArray) -> FloatArray:
        """Return the variance of the sales."""
        mean = revenue / (1 - silent)
        second = (1 + self.scatter.at(_orders_if_any(orders, silent))) * mean**2
        result: FloatArray = (1 - silent) * second - revenue**2
        return result


def coherent(mean: FloatArray, silent: FloatArray) -> FloatArray:
    """Return the probability of silence raised where needed: whoever orders makes at least one order.

    Examples
    --------
    >>> coherent(np.array([0.3, 2.0]), np.array([0.5, 0.5])).tolist()
    [0.7, 0.5]
    """
    result: FloatArray = np.clip(np.maximum(silent, 1 - mean), 0.0, 1 - 1e-9)
    return result


def _orders_if_any(mean: FloatArray, silent: FloatArray) -> FloatArray:
    """Return the expected orders of those who order at all, at least 1."""
    return np.maximum(mean / (1 - silent), 1.0)


def _log_negative_binomial(n: FloatArray, mean: FloatArray, scatter: FloatArray) -> FloatArray:
    """Return ln P(N = n) for a negative binomial of that mean and size 1 / scatter."""
    size = 1 / scatter
    counted = gammaln(n + size) - gammaln(size) - gammaln(n + 1)
    result: FloatArray = counted + xlogy(n, mean / (size + mean)) - xlog1py(size, mean / size)
    return np.where((mean == 0) & (n > 0), -50.0, np.maximum(result, -50.0))  # one outlier must not rule the fit


def _negative_binomial_cdf(n: FloatArray, mean: FloatArray, scatter: FloatArray) -> FloatArray:
    """Return P(N ≤ n) for whole n ≥ 0."""
    size = 1 / scatter
    result: FloatArray = betainc(size, np.maximum(n, 0) + 1, size / (size + mean))
    return result


def _negative_binomial_quantile(level: FloatArray, mean: FloatArray, scatter: FloatArray) -> FloatArray:
    """Return the smallest whole n with P(N ≤ n) ≥ level, by doubling and halving on the rows still open."""
    low, high = np.full_like(mean, -1.0), np.ceil(mean)
    for _ in range(_MOST_COUNT_STEPS):
        open_rows = np.flatnonzero(_negative_binomial_cdf(high, mean, scatter) < level)
        if open_rows.size == 0:
            break
        low[open_rows], high[open_rows] = high[open_rows], 2 * high[open_rows] + 1
    for _ in range(_MOST_COUNT_STEPS):
        rows = np.flatnonzero(high - low > 1)
        if rows.size == 0:
            break
        middle = np.floor((low[rows] + high[rows]) / 2)
        reached = _negative_binomial_cdf(middle, mean[rows], scatter[rows]) >= level[rows]
        high[rows[reached]], low[rows[~reached]] = middle[reached], middle[~reached]
    return high
