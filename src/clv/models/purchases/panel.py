"""The BG/BB of a panel: customers who can buy on certain dates only, with histories and horizons stated as times.

Fader, Hardie & Shang (2010), Marketing Science 29(6), 1086–1108. The formulas are in `clv.models.purchases.bgbb`; here
times become numbers of opportunities. Dates are counted as they lie, because a horizon of 90 days may hold the next
quarter's or just not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clv.errors import ConfigError
from clv.models.purchases import bgbb
from clv.models.purchases.base import PurchaseModel
from clv.units import DAYS_PER_UNIT, Horizon, TimeUnit, require_horizon

FloatArray = npt.NDArray[np.float64]

_ROUNDING = 1e-6  # of a period
_LATE = 0.2  # of a period: months and quarters vary, so that the age of a customer is seldom a whole number of them


@dataclass(frozen=True)
class Opportunities:
    """When customers can buy: times from the as-of date, and after the last of them as far apart as before.

    Attributes
    ----------
    times
        Rising; those up to 0 are past. At least two, and at least one of them past.

    Examples
    --------
    >>> weekly = Opportunities((-3.0, -2.0, -1.0, 0.0, 1.0))
    >>> [values.tolist() for values in weekly.so_far(np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([3.0, 1.0]))]
    [[1.0, 0.0], [2.0, 0.0], [3.0, 1.0]]
    >>> weekly.within(0.9), weekly.within(4.0)
    (0, 4)
    """

    times: tuple[float, ...]

    def __format__(self, spec: str) -> str:
        """Return what a model shows of it."""
        return f"every {self.period:{spec}}"

    @property
    def period(self) -> float:
        """Return the mean time from one to the next."""
        return (self.times[-1] - self.times[0]) / (len(self.times) - 1)

    def so_far(self, x: FloatArray, t_x: FloatArray, T: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return purchases, the opportunity of the last one and the number of opportunities, from the first purchase.

        A purchase between opportunities belongs to the nearest one; what was bought at the same one is one purchase.
        """
        times = np.array(self.times)
        middles = (times[1:] + times[:-1]) / 2
        entry, last = np.searchsorted(middles, -np.asarray(T)), np.searchsorted(middles, np.subtract(t_x, T))
        now = np.searchsorted(times, _ROUNDING * self.period) - 1
        chances = np.maximum(now - entry, 0)
        reached = np.clip(last - entry, 0, chances)
        return np.minimum(x, reached).astype(float), reached.astype(float), chances.astype(float)

    def ahead(self, horizon: float) -> FloatArray:
        """Return those in (0, horizon]."""
        given, close = np.array(self.times), _ROUNDING * self.period
        first, last = ((time - self.times[-1]) / self.period + _ROUNDING for time in (0.0, horizon))
        beyond = self.times[-1] + self.period * np.arange(max(int(first), 0) + 1, int(last) + 1)
        return np.concatenate([given[(given > close) & (given <= horizon + close)], beyond])

    def within(self, horizon: float) -> int:
        """Return how many lie in (0, horizon]."""
        return self.ahead(horizon).size

    def by_age(self, age: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return how many a customer has had at an age, counted from the first purchase."""
        return np.floor(np.asarray(age) / self.period + _LATE).astype(np.int64)


class Params(NamedTuple):
    """Parameters of the BG/BB of a panel.

    Parameters
    ----------
    alpha, beta, gamma, delta : float
        As for `clv.models.purchases.bgbb_likelihood.Params`.
    opportunities : Opportunities
        Given, not fitted.
    """

    alpha: float
    beta: float
    gamma: float
    delta: float
    opportunities: Opportunities = Opportunities((-1.0, 0.0))

    @property
    def fitted(self) -> bgbb.Params:
        """Return the four parameters alone."""
        return bgbb.Params(*self[:4])


def log_likelihood(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the log-probability of each history."""
    return bgbb.log_likelihood(p.fitted, *p.opportunities.so_far(x, t_x, T))


def gradient(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the derivatives of `log_likelihood` by alpha, beta, gamma, delta along the first axis: shape (4, n)."""
    return bgbb.gradient(p.fitted, *p.opportunities.so_far(x, t_x, T))


def p_alive(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return P(alive at the next opportunity | history), 0–1."""
    return bgbb.p_alive(p.fitted, *p.opportunities.so_far(x, t_x, T))


def p_no_purchase(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return P(no purchase in (T, T + horizon] | history), 0–1: the history with so many more chances, over it."""
    history, ahead = p.opportunities.so_far(x, t_x, T), p.opportunities.within(horizon)
    longer = bgbb.log_likelihood(p.fitted, *history[:2], history[2] + ahead)
    return np.exp(np.minimum(longer - bgbb.log_likelihood(p.fitted, *history), 0.0))


def expected_purchases(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return E[purchases in (T, T + horizon] | history]; none where it holds no opportunity."""
    return bgbb.expected_purchases(p.fitted, *p.opportunities.so_far(x, t_x, T), p.opportunities.within(horizon))


def discounted_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float
) -> FloatArray:
    """Return the expected purchases in (T, T + horizon], each worth e^(−rate·t); opportunities as if evenly apart."""
    ahead, per_period = p.opportunities.ahead(horizon), float(np.expm1(rate * p.opportunities.period))
    worth = bgbb.discounted_purchases(p.fitted, *p.opportunities.so_far(x, t_x, T), ahead.size, per_period)
    return worth * float(np.exp(-rate * ahead.min(initial=horizon)))


def p_at_least(
    p: Params, n: npt.ArrayLike, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float
) -> FloatArray:
    """Return P(at least n purchases in (T, T + horizon] | history), 0–1, for whole n ≥ 0; arrays that broadcast."""
    number, bought, last, n_so_far = np.broadcast_arrays(n, *p.opportunities.so_far(x, t_x, T))
    ahead = p.opportunities.within(horizon)
    chances = bgbb.distribution(p.fitted, bought.ravel(), last.ravel(), n_so_far.ravel(), ahead)
    each = np.arange(len(chances))[:, np.newaxis]
    result: FloatArray = np.where(each >= number.ravel(), chances, 0.0).sum(axis=0).reshape(number.shape)
    return np.minimum(result, 1.0)


def expected_purchases_new_customer(p: Params, t: npt.ArrayLike) -> FloatArray:
    """Return E[repeat purchases in (0, t]] of a new customer."""
    numbers, position = np.unique(p.opportunities.by_age(t), return_inverse=True)
    each = np.array([bgbb.expected_purchases_new_customer(p.fitted, int(number)) for number in numbers])
    return each[position]


def pmf_new_customer(p: Params, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
    """Return P(n repeat purchases in (0, t]) of a new customer; arrays that broadcast."""
    count, chances = np.broadcast_arrays(np.asarray(n, dtype=float), p.opportunities.by_age(t))
    result = np.empty(count.shape)
    for number in np.unique(chances):
        rows = chances == number
        result[rows] = bgbb.pmf_new_customer(p.fitted, count[rows], int(number))
    return result


class PanelBGBB(PurchaseModel[Params]):
    """BG/BB model of a panel: at each date a customer buys or not, and may then have left for good, unseen.

    Parameters
    ----------
    opportunities : sequence of float
        When customers can buy, in time units from the as-of date: the past ones, up to 0, and those to come as far as
        they are known; beyond, they go on as far apart. From `clv.data.periods.Panel.opportunities`. All customers
        must be as of the same date.
    time_unit : {"week", "day"}, default "week"
        Unit of recency and T in the frames given to it, and of opportunities.

    Attributes
    ----------
    params_ : Params
        Fitted alpha, beta, gamma, delta, which do not depend on the time unit, and the opportunities of the fit;
        methods and other attributes are those of `clv.models.purchases.base.PurchaseModel`.

    Examples
    --------
    Donors of six years, a year later: `clv.models.purchases.bgbb.BGBB` says the same of them.

    >>> import pandas as pd
    >>> from clv.units import weeks
    >>> donors = pd.DataFrame({"frequency": [2, 0], "recency": [208.0, 0.0], "T": [312.0] * 2}, index=list("AD"))
    >>> model = PanelBGBB(np.arange(-312.0, 53.0, 52.0))
    >>> model.params_ = model._params((1.2035, 0.7497, 0.6567, 2.7834))  # or model.fit(donors)
    >>> model.predict(donors, weeks(5 * 52)).round(3)
       p_alive  expected_purchases  p_no_purchase
    A    0.590               1.058          0.519
    D    0.108               0.073          0.952
    """

    _params_type, _name, _time_params = Params, "BG/BB", ()
    _starts = bgbb.BGBB._starts

    def __init__(self, opportunities: Sequence[float], time_unit: TimeUnit = "week") -> None:
        times = np.asarray(opportunities, dtype=float)
        if times.size < 2 or not (np.diff(times) > 0).all() or times[0] > 0:
            raise ConfigError(
                f"opportunities must be two or more rising times, the first not after 0; got {times.size} "
                f"from {times.min(initial=np.inf):g} to {times.max(initial=-np.inf):g}"
            )
        super().__init__(time_unit)
        self.opportunities = opportunities

    @property
    def period(self) -> float:
        """Return the mean time from one opportunity to the next."""
        return self._fitted().opportunities.period

    def dates_within(self, horizon: Horizon) -> FloatArray:
        """Return the days after the as-of date on which customers can buy, up to the horizon."""
        ahead = self._fitted().opportunities.ahead(require_horizon(horizon).in_units(self.time_unit))
        return ahead * DAYS_PER_UNIT[self.time_unit]

    def _params(self, values: Sequence[float]) -> Params:
        """Return the fitted parameters with the opportunities that they were fitted for."""
        alpha, beta, gamma, delta = values
        return Params(alpha, beta, gamma, delta, Opportunities(tuple(map(float, self.opportunities))))

    _log_likelihood = staticmethod(log_likelihood)
    _gradient = staticmethod(gradient)
    _p_alive = staticmethod(p_alive)
    _expected_purchases = staticmethod(expected_purchases)
    _p_no_purchase = staticmethod(p_no_purchase)
    _p_at_least = staticmethod(p_at_least)
    _discounted_purchases = staticmethod(discounted_purchases)
    _expected_purchases_new_customer = staticmethod(expected_purchases_new_customer)
    _pmf_new_customer = staticmethod(pmf_new_customer)
