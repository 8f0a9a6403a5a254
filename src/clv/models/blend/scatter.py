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

from clv.models.blend.baseline import Baseline
from clv.models.blend.outcomes import CountOutcomes, Expectation, MoneyOutcomes, Scatter, coherent
from clv.models.purchases.base import PurchaseModel
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]

FEWEST_RETURNS: Final = 50  # customers who ordered in the trials; with fewer the models' own scatter stands
_PSEUDO_LEVELS = tuple((np.arange(20) + 0.5) / 20)  # of a model's own distribution, as if they were outcomes
_PSEUDO_CUSTOMERS = 400
_PARAMETER_DRAWS = 40
_LEVEL_PRIOR = 0.10  # relative error of a base's total before any trial, as published holdouts have it
_LEVEL_PRIOR_WEIGHT = 2.0  # trials' worth of belief in it
_SEED = 19_970_101


class Trial(NamedTuple):
    """A forecast made at a past origin and what happened; revenue is missing without amounts."""

    expected: Expectation
    orders: FloatArray
    revenue: FloatArray


def count_outcomes(
    baseline: Baseline,
    known: pd.DataFrame,
    trials: Sequence[Trial],
    horizon: Horizon,
    level_error: float,
) -> CountOutcomes:
    """Return the distribution of orders over the horizon.

    Parameters
    ----------
    baseline : Baseline
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
        return CountOutcomes(replace(_model_scatter(baseline, known, horizon), level_error=level_error))
    fitted = CountOutcomes.fit(pooled.expected, pooled.orders)
    fitted = fitted.calibrated(pooled.expected, pooled.orders, np.random.default_rng(_SEED))
    return replace(fitted, scatter=replace(fitted.scatter, level_error=level_error))


def money_outcomes(
    baseline: Baseline, expected: Expectation, counts: CountOutcomes, trials: Sequence[Trial], level_error: float
) -> MoneyOutcomes | None:
    """Return the distribution of sales over the horizon, or None where the log holds no amounts.

    Parameters
    ----------
    baseline, trials, level_error
        As for `count_outcomes`.
    expected : Expectation
        Of today's customers over the horizon.
    counts : CountOutcomes
        Their distribution of orders, from which that of sales follows where trials are missing.
    """
    if baseline.spend_.repeat_ is None:
        return None
    outcomes, pooled = MoneyOutcomes(_scatter_of_sums(baseline, expected, counts)), _pooled(trials)
    if pooled is not None and (pooled.revenue > 0).sum() >= FEWEST_RETURNS:
        outcomes = MoneyOutcomes.fit(pooled.expected, pooled.revenue)
        outcomes = outcomes.calibrated(pooled.expected, pooled.revenue, np.random.default_rng(_SEED))
    return replace(outcomes, scatter=replace(outcomes.scatter, level_error=level_error))


def level_error(missed: Sequence[float], parameter_error: float, stretch: float) -> float:
    """Return the relative standard error of the total that a forecast expects of the base.

    Parameters
    ----------
    missed : sequence of float
        ln(made / expected) of the probability models' totals at past origins.
    parameter_error : float
        Relative standard error of the total from the parameters alone, from `parameter_error`.
    stretch : float
        Horizon over span, at least 1: a level drifts, and its error grows with the root of time.

    Examples
    --------
    >>> round(level_error([], 0.0, 1.0), 3), round(level_error([0.3, -0.3, 0.3], 0.0, 1.0), 3)
    (0.1, 0.241)
    """
    prior = _LEVEL_PRIOR_WEIGHT * _LEVEL_PRIOR**2
    seen = (sum(miss**2 for miss in missed) + prior) / (len(missed) + _LEVEL_PRIOR_WEIGHT)
    return float(np.sqrt(seen * max(1.0, stretch) + parameter_error**2))


def parameter_error(model: PurchaseModel[Any], known: pd.DataFrame, horizon: Horizon) -> float:
    """Return the relative standard error of the expected total from the parameters, by asymptotic draws of them."""
    some, drawn, totals = _sampled(known), copy.copy(model), []
    for params in model.draw_params(_PARAMETER_DRAWS, np.random.default_rng(_SEED)):
        drawn.params_ = params
        totals.append(float(drawn.predict(some, horizon)["expected_purchases"].sum()))
    return float(np.std(totals) / max(float(np.mean(totals)), 1e-12))


def _model_scatter(baseline: Baseline, known: pd.DataFrame, length: Horizon) -> Scatter:
    """Return the scatter of orders that the best probability model itself implies."""
    returned = known[known["frequency"] > 0]  # of the others hardly anyone orders more than once
    some, model = _sampled(returned), baseline.family_.models_[baseline.family_.best_]
    expected = model.predict(some, length)
    orders, silent = (expected[name].to_numpy() for name in ("expected_purchases", "p_no_purchase"))
    counts = model.outcome_quantiles(some, length, _PSEUDO_LEVELS).to_numpy(dtype=float)
    own = Expectation(orders, coherent(orders, silent), np.zeros_like(orders), baseline.evidence(some))
    each = own.rows(np.repeat(np.arange(len(some)), len(_PSEUDO_LEVELS)))
    return CountOutcomes.fit(each, counts.ravel()).scatter


def _scatter_of_sums(baseline: Baseline, expected: Expectation, counts: CountOutcomes) -> Scatter:
    """Return the scatter of sales that follows from that of the orders and of single purchases."""
    orders = expected.orders_if_any
    own = replace(counts.scatter, level_error=0.0).at(expected)
    variance = (orders - 1 + own * (orders - 1) ** 2) / orders**2 + baseline.spend_.variation_**2 / orders
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
    orders, silent, revenue, evidence = trial.expected
    factor = trial.orders.sum() / max(float(orders.sum()), 1e-12)
    paid = float(np.nansum(revenue))
    earned = max(float(np.nansum(trial.revenue)), 0.0) / paid if paid > 0 else 1.0
    scaled = orders * factor
    return Expectation(scaled, coherent(scaled, silent**factor), revenue * max(earned, 1e-6), evidence)


def _sampled(known: pd.DataFrame) -> pd.DataFrame:
    return known.sample(min(len(known), _PSEUDO_CUSTOMERS), random_state=_SEED)
