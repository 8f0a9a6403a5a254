"""What may happen, not only what is expected: the distribution of each customer's orders and money.

A customer is silent with probability s. Otherwise the orders are 1 plus a negative binomial count, one a day at most,
and the money is a gamma variable; both keep the expected value that the forecast gives. How far outcomes scatter around
it is not assumed: it is estimated where the forecast was tried, and the levels of the intervals are set by where the
outcomes fell there (conformal).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betainc, gammainc, gammaincinv, gammaln, xlog1py, xlogy

FloatArray = npt.NDArray[np.float64]

LOW, MIDDLE, HIGH = 0.05, 0.50, 0.95
_LEVELS: Final = (LOW, MIDDLE, HIGH)
_LEAST_SCATTER, _MOST_SCATTER = 1e-3, 1e2  # of a squared coefficient of variation
_LEAST_MONEY = 1e-9  # currency; of whom nothing is expected, any sale lies above
# chosen by tests/benchmarks/choices.py: customers' worth of belief that the levels need no shift, and the weight of
# the prior scatter beside a customer's log-density
_PRIOR_OUTCOMES = 200.0
_PRIOR_SCATTER = (0.0, 0.0, -1.0)  # of a gamma-distributed rate: one over the shape of what is known of it
_PRIOR_WEIGHT = 0.005
_MOST_FITTED = 10_000  # outcomes that the scatter is fitted to
_FARTHEST = -50.0  # log-probability; one outlier must not rule a fit
_MOST_COUNT_STEPS = 64  # doublings and halvings in the search of a quantile
_REACHED = 1e-4  # probability of more orders than days from which the mean is adapted
_MEAN_STEPS, _MOST_EXCESS = 60, 1e6  # halvings in the search of that mean, and the largest over the number of days


class Expectation(NamedTuple):
    """What a forecast says of each customer, arrays of shape (n,).

    Parameters
    ----------
    orders
        Expected orders.
    p_no_order
        Probability of no order, 0 ≤ s < 1 and at least 1 − orders, see `coherent`.
    revenue
        Expected net sales (currency); missing without amounts.
    evidence
        How much is known of the customer's own rate: the shape of its gamma distribution, r + x, > 0.
    most
        Largest number of orders that can be: the days (of a panel the periods) within the length of time.
    """

    orders: FloatArray
    p_no_order: FloatArray
    revenue: FloatArray
    evidence: FloatArray
    most: FloatArray

    @property
    def orders_if_any(self) -> FloatArray:
        """Return the expected orders of those who order at all, at least 1."""
        return np.maximum(self.orders / (1 - self.p_no_order), 1.0)

    @property
    def most_beyond(self) -> FloatArray:
        """Return how many orders can follow the first."""
        return np.maximum(self.most - 1.0, 0.0)

    def rows(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Expectation:
        """Return the expectation of some customers."""
        return Expectation(*(values[chosen] for values in self))


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
    """Squared coefficient of variation, exp(intercept + by_orders · ln orders if any + by_evidence · ln evidence).

    Parameters
    ----------
    intercept, by_orders, by_evidence : float
        Of the logarithm. A gamma-distributed rate of known shape has (0, 0, −1).
    level_error : float
        Relative standard error of the level that all customers share, ≥ 0; it adds to the scatter of each.
    """

    intercept: float = _PRIOR_SCATTER[0]
    by_orders: float = _PRIOR_SCATTER[1]
    by_evidence: float = _PRIOR_SCATTER[2]
    level_error: float = 0.0

    def at(self, expected: Expectation) -> FloatArray:
        """Return the squared coefficient of variation of each customer."""
        own = self.intercept + self.by_orders * np.log(expected.orders_if_any)
        value = np.exp(np.clip(own + self.by_evidence * np.log(expected.evidence), -20.0, 20.0))
        both = (1 + value) * (1 + self.level_error**2) - 1
        return np.clip(both, _LEAST_SCATTER, _MOST_SCATTER)


@dataclass(frozen=True)
class _Outcomes(ABC):
    """A distribution around what is expected: how far it scatters, and at which levels its intervals end."""

    scatter: Scatter = Scatter()
    levels: Levels = Levels()

    @abstractmethod
    def quantile(self, level: float, expected: Expectation) -> FloatArray:
        """Return the outcome not exceeded with probability level."""

    def low(self, expected: Expectation) -> FloatArray:
        """Return the 5th percentile."""
        return self.quantile(self.levels.low, expected)

    def median(self, expected: Expectation) -> FloatArray:
        """Return the 50th percentile."""
        return self.quantile(self.levels.middle, expected)

    def high(self, expected: Expectation) -> FloatArray:
        """Return the 95th percentile."""
        return self.quantile(self.levels.high, expected)


@dataclass(frozen=True)
class CountOutcomes(_Outcomes):
    """Orders in a horizon: silent with probability s, else 1 + a negative binomial count.

    Parameters
    ----------
    scatter : Scatter
        1 / size of the negative binomial: its variance is m + scatter·m² for a mean m of orders beyond the first.
    levels : Levels
    """

    @classmethod
    def fit(cls, expected: Expectation, happened: FloatArray) -> Self:
        """Fit the scatter by penalised maximum likelihood to the outcomes of at least one order."""
        rows = _some(happened > 0)
        some, excess = expected.rows(rows), happened[rows] - 1
        return cls(_fitted(lambda s: _log_negative_binomial(excess, some.orders_if_any - 1, s.at(some))))

    def calibrated(self, expected: Expectation, happened: FloatArray, rng: np.random.Generator) -> Self:
        """Return the same with levels at which that share of the outcomes fell below."""
        below, at = self.cdf(happened - 1, expected), self.cdf(happened, expected)
        return replace(self, levels=Levels.from_trials(below + rng.uniform(size=happened.size) * (at - below)))

    def cdf(self, n: FloatArray, expected: Expectation) -> FloatArray:
        """Return P(orders ≤ n) for whole n ≥ −1, 0–1."""
        within = _negative_binomial_cdf(n - 1, self._uncapped(expected), self._scatter_at(expected))
        came = np.where(n < 1, 0.0, np.where(n >= expected.most, 1.0, within))
        result: FloatArray = np.where(n < 0, 0.0, expected.p_no_order + (1 - expected.p_no_order) * came)
        return result

    def quantile(self, level: float, expected: Expectation) -> FloatArray:
        """Return the smallest whole number n with P(orders ≤ n) ≥ level."""
        result = np.zeros_like(expected.orders)
        rows = np.flatnonzero(level > expected.p_no_order)
        if rows.size:
            some = expected.rows(rows)
            inside = np.clip((level - some.p_no_order) / (1 - some.p_no_order), 0.0, 1 - 1e-12)
            beyond = _negative_binomial_quantile(inside, self._uncapped(some), self._scatter_at(some))
            result[rows] = 1 + np.minimum(beyond, some.most_beyond)
        return result

    def _scatter_at(self, expected: Expectation) -> FloatArray:
        """Return the scatter beyond the first order: a count with a largest number cannot scatter without end."""
        beyond = np.maximum(expected.orders_if_any - 1, _LEAST_MONEY)
        room = np.maximum(expected.most_beyond / beyond - 1, _LEAST_SCATTER)
        return np.minimum(self.scatter.at(expected), room)

    def _uncapped(self, expected: Expectation) -> FloatArray:
        """Return the mean that the count beyond the first order would have without a largest number.

        Where days run out, what lies above their number falls on it; the count must then aim higher to keep its mean.
        """
        wanted, most = expected.orders_if_any - 1, expected.most_beyond
        mean, scatter = wanted.copy(), self._scatter_at(expected)
        rows = np.flatnonzero(_negative_binomial_cdf(most, mean, scatter) < 1 - _REACHED)
        low, high = mean[rows], np.maximum(_MOST_EXCESS * most[rows], mean[rows])
        goal = np.minimum(wanted[rows], (1 - 1e-6) * most[rows])
        for _ in range(_MEAN_STEPS if rows.size else 0):
            middle = np.sqrt(np.maximum(low, _LEAST_MONEY) * np.maximum(high, _LEAST_MONEY))
            short = _capped_mean(middle, scatter[rows], most[rows]) < goal
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        mean[rows] = high
        return mean

    def variance(self, expected: Expectation) -> FloatArray:
        """Return the variance of the orders given the level, which totals add by themselves."""
        orders, own = expected.orders_if_any, replace(self.scatter, level_error=0.0)
        beyond = orders - 1
        # of a count between 0 and most, none varies more than one that is always at an end
        at_ends = beyond * np.maximum(expected.most_beyond - beyond, 0.0)
        spread = np.minimum(beyond + own.at(expected) * beyond**2, at_ends)
        second = spread + orders**2
        result: FloatArray = (1 - expected.p_no_order) * second - ((1 - expected.p_no_order) * orders) ** 2
        return result


@dataclass(frozen=True)
class MoneyOutcomes(_Outcomes):
    """Net sales in a horizon: nothing with probability s, else a gamma variable.

    Parameters
    ----------
    scatter : Scatter
        Squared coefficient of variation of the sales of those who order.
    levels : Levels
    """

    @classmethod
    def fit(cls, expected: Expectation, happened: FloatArray) -> Self:
        """Fit the scatter by penalised maximum likelihood to the sales above zero; refunds can outweigh others."""
        rows = _some((happened > 0) & (expected.revenue > 0))
        some = expected.rows(rows)
        ratio = happened[rows] * (1 - some.p_no_order) / some.revenue

        def log_density(scatter: Scatter) -> FloatArray:
            shape = 1 / scatter.at(some)
            value = shape * np.log(shape) + (shape - 1) * np.log(ratio) - shape * ratio - gammaln(shape)
            return np.maximum(value, _FARTHEST)

        return cls(_fitted(log_density))

    def calibrated(self, expected: Expectation, happened: FloatArray, rng: np.random.Generator) -> Self:
        """Return the same with levels at which that share of the outcomes fell below; refunds count as nothing."""
        nothing = rng.uniform(size=happened.size) * expected.p_no_order
        return replace(self, levels=Levels.from_trials(np.where(happened > 0, self.cdf(happened, expected), nothing)))

    def cdf(self, amount: FloatArray, expected: Expectation) -> FloatArray:
        """Return P(sales ≤ amount) for amounts ≥ 0."""
        shape = 1 / self.scatter.at(expected)
        mean = np.maximum(expected.revenue, _LEAST_MONEY) / (1 - expected.p_no_order)
        came = gammainc(shape, shape * np.maximum(amount, 0.0) / mean)
        result: FloatArray = expected.p_no_order + (1 - expected.p_no_order) * came
        return result

    def quantile(self, level: float, expected: Expectation) -> FloatArray:
        """Return the sales not exceeded with probability level; 0 where silence is at least as likely."""
        shape, comes = 1 / self.scatter.at(expected), 1 - expected.p_no_order
        inside = np.clip((level - expected.p_no_order) / comes, 0.0, 1 - 1e-12)
        result: FloatArray = np.maximum(expected.revenue, 0.0) / comes * gammaincinv(shape, inside) / shape
        return result

    def variance(self, expected: Expectation) -> FloatArray:
        """Return the variance of the sales given the level, which totals add by themselves."""
        own = replace(self.scatter, level_error=0.0)
        second = (1 + own.at(expected)) * expected.revenue**2 / (1 - expected.p_no_order)
        result: FloatArray = second - expected.revenue**2
        return result


def _capped_mean(mean: FloatArray, scatter: FloatArray, most: FloatArray) -> FloatArray:
    """Return E[min(N, most)] of a negative binomial: n·P(N = n) is its mean times a probability of one size more."""
    size = 1 / scatter
    below = betainc(size + 1, np.maximum(most, 1.0), size / (size + mean))  # P(N ≤ most) weighted by N, over the mean
    above = 1 - _negative_binomial_cdf(most, mean, scatter)
    result: FloatArray = mean * np.where(most > 0, below, 0.0) + most * above
    return result


def coherent(orders: FloatArray, p_no_order: FloatArray) -> FloatArray:
    """Return the probability of silence raised where needed: whoever orders makes at least one order.

    Examples
    --------
    >>> coherent(np.array([0.3, 2.0]), np.array([0.5, 0.5])).tolist()
    [0.7, 0.5]
    """
    result: FloatArray = np.clip(np.maximum(p_no_order, 1 - orders), 0.0, 1 - 1e-9)
    return result


def _some(rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Return the positions of at most so many of the rows, evenly spread."""
    found = np.flatnonzero(rows)
    return found[:: max(1, -(-found.size // _MOST_FITTED))]


def _fitted(log_density: Callable[[Scatter], FloatArray]) -> Scatter:
    """Return the scatter of the highest mean log-density, drawn a little towards a gamma-distributed rate."""
    prior = np.array(_PRIOR_SCATTER)

    def cost(theta: FloatArray) -> float:
        density = log_density(Scatter(*theta))
        seen = float(density.mean()) if density.size else 0.0
        return _PRIOR_WEIGHT * float((theta - prior) @ (theta - prior)) - seen

    simplex = prior + np.vstack([np.zeros(prior.size), 0.5 * np.eye(prior.size)])
    found = minimize(
        cost,
        prior,
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": 1e-3, "fatol": 1e-7, "maxfev": 400},
    ).x
    return Scatter(*(float(value) for value in found))


def _log_negative_binomial(n: FloatArray, mean: FloatArray, scatter: FloatArray) -> FloatArray:
    """Return ln P(N = n) for a negative binomial of that mean and size 1 / scatter."""
    size = 1 / scatter
    counted = gammaln(n + size) - gammaln(size) - gammaln(n + 1)
    result: FloatArray = counted + xlogy(n, mean / (size + mean)) - xlog1py(size, mean / size)
    return np.where((mean == 0) & (n > 0), _FARTHEST, np.maximum(result, _FARTHEST))


def _negative_binomial_cdf(n: FloatArray, mean: FloatArray, scatter: FloatArray) -> FloatArray:
    """Return P(N ≤ n) for whole n ≥ 0."""
    size = 1 / scatter
    return np.asarray(betainc(size, np.maximum(n, 0) + 1, size / (size + mean)), dtype=float)


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
