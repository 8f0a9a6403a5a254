"""How far outcomes scatter around a forecast: as the trials showed, or as the models themselves imply.

The scatter is that of a customer's own rate, which does not depend on the length of time; a trial may therefore be
shorter than the horizon. What all customers miss together, the level, is counted apart.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.learning.candidates import Ground
from clv.models.outcomes.scattered import CountOutcomes, Expectation, MoneyOutcomes, Scatter, coherent
from clv.models.purchases.base import PurchaseModel
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]

FEWEST_RETURNS: Final = 50  # customers who ordered in the trials; with fewer the models' own scatter stands
_PSEUDO_LEVELS = tuple((np.arange(20) + 0.5) / 20)  # of a model's own distribution, as if they were outcomes
_PSEUDO_CUSTOMERS = 400
_PARAMETER_DRAWS = 40
# relative error of a base's total before any trial, and the trials' worth of belief in it; see tests/benchmarks/choices
_LEVEL_PRIOR = 0.05
_LEVEL_PRIOR_WEIGHT = 0.5
_SEED = 19_970_101


class Miss(NamedTuple):
    """How far a total was off at a past origin.

    Parameters
    ----------
    log : float
        ln(orders made / orders expected).
    orders : float
        Orders made.
    history : float
        History behind the origin as a share of today's, 0–1.
    """

    log: float
    orders: float
    history: float


class Trial(NamedTuple):
    """A forecast made at a past origin and what happened; revenue is missing without amounts."""

    expected: Expectation
    orders: FloatArray
    revenue: FloatArray


def count_outcomes(
    ground: Ground,
    known: pd.DataFrame,
    trials: Sequence[Trial],
    horizon: Horizon,
    level_error: float,
) -> CountOutcomes:
    """Return the distribution of orders over the horizon.

    Parameters
    ----------
    ground : Ground
        Fitted on today's customers.
    known : DataFrame
        Today's customers or a sample.
    trials : sequence of Trial
        May be empty, or too few to tell: then the best probability model's own scatter stands.
    horizon : Horizon
        Length of the forecast.
    level_error : float
        Relative standard error of the total, from `level_error`.
    """
    pooled = _pooled(trials)
    if pooled is None or (pooled.orders > 0).sum() < FEWEST_RETURNS:
        return CountOutcomes(replace(_model_scatter(ground, known, horizon), level_error=level_error))
    fitted = CountOutcomes.fit(pooled.expected, pooled.orders)
    fitted = fitted.calibrated(pooled.expected, pooled.orders, np.random.default_rng(_SEED))
    return replace(fitted, scatter=replace(fitted.scatter, level_error=level_error))


def money_outcomes(
    ground: Ground, expected: Expectation, counts: CountOutcomes, trials: Sequence[Trial], level_error: float
) -> MoneyOutcomes | None:
    """Return the distribution of sales over the horizon, or None where the log holds no amounts.

    Parameters
    ----------
    ground, trials, level_error
        As for `count_outcomes`.
    expected : Expectation
        Of today's customers over the horizon.
    counts : CountOutcomes
        Their distribution of orders, from which that of sales follows where trials are missing.
    """
    if ground.spend_.repeat_ is None:
        return None
    outcomes, pooled = MoneyOutcomes(_scatter_of_sums(ground, expected, counts)), _pooled(trials)
    if pooled is not None and (pooled.revenue > 0).sum() >= FEWEST_RETURNS:
        outcomes = MoneyOutcomes.fit(pooled.expected, pooled.revenue)
        outcomes = outcomes.calibrated(pooled.expected, pooled.revenue, np.random.default_rng(_SEED))
    return replace(outcomes, scatter=replace(outcomes.scatter, level_error=level_error))


def level_error(misses: Sequence[Miss], parameter_error: float, stretch: float) -> float:
    """Return the relative standard error of the total that a forecast expects of the base.

    It is what past origins missed, less what chance alone made of their numbers of orders. Spans that overlap repeat
    each other: origins half a span apart count half. An origin with half of today's history behind it tells half as
    much. Belief in an error that no origin showed weighs as half an origin.

    Parameters
    ----------
    misses : sequence of Miss
        Of the probability models' totals at past origins.
    parameter_error : float
        Relative standard error of the total from the parameters alone, from `parameter_error`.
    stretch : float
        Horizon over span, at least 1: a level drifts, and its error grows with the root of time.

    Examples
    --------
    >>> steady = [Miss(log, 10_000.0, 1.0) for log in (0.01, -0.01, 0.02)]
    >>> round(level_error([], 0.0, 1.0), 3), round(level_error(steady, 0.0, 1.0), 3)
    (0.05, 0.024)
    """
    told = [miss for miss in misses if np.isfinite(miss.log) and miss.orders > 0]
    weight = np.array([miss.history for miss in told])
    independent = (len(told) + 1) / 2 if told else 0.0
    squared = np.array([max(miss.log**2 - 1 / miss.orders, 0.0) for miss in told])
    seen = independent * float(weight @ squared) / float(weight.sum()) if told else 0.0
    level = (seen + _LEVEL_PRIOR_WEIGHT * _LEVEL_PRIOR**2) / (independent + _LEVEL_PRIOR_WEIGHT)
    return float(np.sqrt(level * max(1.0, stretch) + parameter_error**2))


def parameter_error(model: PurchaseModel[Any], known: pd.DataFrame, horizon: Horizon) -> float:
    """Return the relative standard error of the expected total from the parameters, by asymptotic draws of them."""
    some, drawn, totals = _sampled(known), copy.copy(model), []
    for params in model.draw_params(_PARAMETER_DRAWS, np.random.default_rng(_SEED)):
        drawn.params_ = params
        totals.append(float(drawn.expected_purchases(some, horizon).sum()))
    return float(np.std(totals) / max(float(np.mean(totals)), 1e-12))


def _model_scatter(ground: Ground, known: pd.DataFrame, length: Horizon) -> Scatter:
    """Return the scatter of orders that the best probability model itself implies."""
    returned = known[known["frequency"] > 0]  # of the others hardly anyone orders more than once
    some, model = _sampled(returned), ground.family_.models_[ground.family_.best_]
    expected = model.predict(some, length)
    orders, silent = (expected[name].to_numpy() for name in ("expected_purchases", "p_no_purchase"))
    counts = model.outcome_quantiles(some, length, _PSEUDO_LEVELS).to_numpy(dtype=float)
    most = np.full_like(orders, np.inf)
    own = Expectation(orders, coherent(orders, silent), np.zeros_like(orders), ground.evidence(some), most)
    each = own.rows(np.repeat(np.arange(len(some)), len(_PSEUDO_LEVELS)))
    return CountOutcomes.fit(each, counts.ravel()).scatter


def _scatter_of_sums(ground: Ground, expected: Expectation, counts: CountOutcomes) -> Scatter:
    """Return the scatter of sales that follows from that of the orders and of single purchases."""
    orders = expected.orders_if_any
    own = replace(counts.scatter, level_error=0.0).at(expected)
    variance = (orders - 1 + own * (orders - 1) ** 2) / orders**2 + ground.spend_.variation_**2 / orders
    logs = np.column_stack([np.ones_like(orders), np.log(orders), np.log(expected.evidence)])
    coefficients, *_ = np.linalg.lstsq(logs, np.log(np.maximum(variance, 1e-3)), rcond=None)
    return Scatter(*(float(value) for value in coefficients))


def _pooled(trials: Sequence[Trial]) -> Trial | None:
    """Return all trials as one, each at the level that came to pass: the error of the level is counted apart."""
    if not trials:
        return None
    expected = Expectation(*(np.concatenate(parts) for parts in zip(*map(_levelled, trials), strict=True)))
    return Trial(
        expected,
        np.concatenate([trial.orders for trial in trials]),
        np.concatenate([trial.revenue for trial in trials]),
    )


def _levelled(trial: Trial) -> Expectation:
    orders, silent, revenue, evidence, most = trial.expected
    factor = trial.orders.sum() / max(float(orders.sum()), 1e-12)
    paid = float(np.nansum(revenue))
    earned = max(float(np.nansum(trial.revenue)), 0.0) / paid if paid > 0 else 1.0
    scaled = np.minimum(orders * factor, most)
    return Expectation(scaled, coherent(scaled, silent**factor), revenue * max(earned, 1e-6), evidence, most)


def _sampled(known: pd.DataFrame) -> pd.DataFrame:
    return known.sample(min(len(known), _PSEUDO_CUSTOMERS), random_state=_SEED)
