"""The MBG/NBD: as the BG/NBD, but a customer may also drop out right after the very first purchase.

Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for customer base analysis,
International Journal of Research in Marketing 24(3), 201–209. Somebody who bought once is then not alive for certain,
which is what the BG/NBD is most often blamed for. Every formula is that of `clv.models.purchases.bgnbd` with one more
chance to drop out; symbols and shapes are the same.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from clv.models.fitting.counts import Counts
from clv.models.purchases import bgnbd
from clv.models.purchases.base import PurchaseModel, Score
from clv.models.purchases.base_score import beta_geometric_score
from clv.models.purchases.bgnbd import Params

FloatArray = npt.NDArray[np.float64]


def log_likelihood(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the log-likelihood of each history (x, t_x, T), arrays that broadcast; a density in time.

    Examples
    --------
    >>> log_likelihood(Params(0.25, 4.0, 0.8, 2.5), np.array([0.0, 200.0]), np.array([0.0, 38.0]), 40.0).round(4)
    array([ -0.4179, 100.7869])
    """
    return bgnbd.log_likelihood(p, x, t_x, T, at_start=1)


def gradient(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return the derivatives of `log_likelihood` by r, alpha, a, b along the first axis: shape (4, n)."""
    return bgnbd.gradient(p, x, t_x, T, at_start=1)


def p_alive(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """Return P(not dropped out at T | x, t_x, T), 0–1, below 1 for one-time buyers too.

    Examples
    --------
    >>> p_alive(Params(0.525, 6.183, 0.891, 1.614), np.array([0.0, 2.0]), np.array([0.0, 30.43]), 38.86).round(3)
    array([0.39 , 0.706])
    """
    return bgnbd.p_alive(p, x, t_x, T, at_start=1)


def expected_purchases(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return E[purchases in (T, T + horizon] | x, t_x, T], arrays that broadcast.

    Examples
    --------
    >>> fitted = Params(0.525, 6.183, 0.891, 1.614)
    >>> expected_purchases(fitted, np.array([0.0, 2.0]), np.array([0.0, 30.43]), np.full(2, 38.86), 39.0).round(3)
    array([0.154, 1.263])
    """
    return bgnbd.expected_purchases(p, x, t_x, T, horizon, at_start=1)


def p_no_purchase(p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float) -> FloatArray:
    """Return P(no purchase in (T, T + horizon] | x, t_x, T), 0–1."""
    return bgnbd.p_no_purchase(p, x, t_x, T, horizon, at_start=1)


def p_at_least(
    p: Params, n: npt.ArrayLike, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float
) -> FloatArray:
    """Return P(at least n purchases in (T, T + horizon] | x, t_x, T), 0–1, for whole n ≥ 0; arrays that broadcast."""
    return bgnbd.p_at_least(p, n, x, t_x, T, horizon, at_start=1)


def discounted_purchases(
    p: Params, x: FloatArray, t_x: FloatArray, T: FloatArray, horizon: float, rate: float
) -> FloatArray:
    """Return ∫ e^(−rate·t) dE[purchases in (T, T + t]] over (0, horizon]; the rate is continuous, per time unit."""
    return bgnbd.discounted_purchases(p, x, t_x, T, horizon, rate, at_start=1)


def expected_purchases_new_customer(p: Params, t: npt.ArrayLike) -> FloatArray:
    """Return E[repeat purchases in (0, t]] of a new customer, who may leave after the first purchase.

    Examples
    --------
    >>> expected_purchases_new_customer(Params(0.525, 6.183, 0.891, 1.614), [39.0, 52.0]).round(3)
    array([1.183, 1.42 ])
    """
    return bgnbd.expected_purchases_new_customer(p, t, at_start=1)


def pmf_new_customer(p: Params, n: npt.ArrayLike, t: npt.ArrayLike) -> FloatArray:
    """Return P(X(t) = n), the probability of n repeat purchases in (0, t]; arrays that broadcast."""
    return bgnbd.pmf_new_customer(p, n, t, at_start=1)


class MBGNBD(PurchaseModel[Params]):
    """MBG/NBD model of repeat purchases and dropout after any purchase, the first included.

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
    >>> customers = pd.DataFrame({"frequency": [2, 0], "recency": [30.4, 0], "T": [38.9] * 2}, index=["A", "D"])
    >>> model = MBGNBD()
    >>> model.params_ = Params(0.525, 6.183, 0.891, 1.614)  # or model.fit(customers)
    >>> model.predict(customers, horizon=weeks(39)).round(3)
       p_alive  expected_purchases  p_no_purchase
    A    0.705               1.260          0.441
    D    0.390               0.154          0.891
    """

    _params_type, _name, _time_params = Params, "MBG/NBD", ("alpha",)
    # the last: most leave at once, the rest never; small bases can have a second, lower maximum away from it
    _starts = ((1.0, 1.0, 1.0, 3.0), (0.5, 0.1, 0.8, 1.5), (2.0, 0.2, 0.1, 2.0), (1.5, 0.5, 0.1, 0.1))

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
        return beta_geometric_score(counts, share, at_start=1)
