"""Blends: forecasts of one thing, weighted by how they did at past origins, and the contest that they must stand.

Weights start equal and move as far as the evidence carries them. The row of the blend in a contest is forecast with
weights learned from other customers than those it is scored on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize, nnls
from scipy.special import expit

from clv.learning.backtest import OUTCOME, Kind, Target
from clv.learning.features import log_odds
from clv.models.evaluation.accuracy import holdout_metrics
from clv.models.evaluation.comparison import resampled_difference
from clv.models.evaluation.probabilities import probability_metrics

FloatArray = npt.NDArray[np.float64]
Reason = Literal["won", "clearly_better", "short_history", "few_customers"]

BLEND: Final = "blend"
_PRIOR = 3.0  # customers' worth of belief in equal weights, for each member: chosen by tests/benchmarks/choices.py
_LARGEST_WEIGHT = 1.5  # of a log-odds: a pool may be bolder than its members, each of which knows only a part
_FOLDS = 5  # of customers
_CHANCE = 0.05  # of anyone being clearly better than the blend by luck, over all rivals together
_LEAST = 1e-9
_STEPS = 6  # of weights and of the error that they leave; more move none by .001
_STRICT = 1e4  # times the largest error of weights: how much a sum other than 1 costs
_SEED = 19_970_103


@dataclass(frozen=True)
class Contest:
    """Who competed for a target at past origins, how they did and who forecasts.

    Attributes
    ----------
    table
        One row a candidate, over all trials: `clv.models.evaluation.accuracy.holdout_metrics`, of a probability
        `clv.models.evaluation.probabilities.probability_metrics`; the row "blend" is cross-fitted over customers. Empty
        where there was no trial.
    winner
        Candidate that forecasts.
    reason
        won (the blend stands), clearly_better (another one beat it beyond chance), short_history (no origin with
        another before it to learn from), few_customers (too few outcomes to learn from); in the last two the first
        candidate forecasts.
    weights
        Of the blend's members.
    trials
        From `clv.learning.backtest.backtest`, with the cross-fitted blend; index (origin, customer_id).
    span_days
        Length of the trials.
    """

    table: pd.DataFrame
    winner: str
    reason: Reason
    weights: dict[str, float]
    trials: pd.DataFrame
    span_days: float

    @property
    def n_origins(self) -> int:
        """Return the number of trials."""
        return int(self.trials.index.get_level_values(0).nunique())


def pooled(members: pd.DataFrame, weights: dict[str, float], kind: Kind) -> FloatArray:
    """Return the blend of some members: the weighted mean, of probabilities that of their log-odds.

    Examples
    --------
    >>> pooled(pd.DataFrame({"a": [1.0], "b": [3.0]}), {"a": 0.5, "b": 0.5}, "count").tolist()
    [2.0]
    """
    columns, w = members[list(weights)].to_numpy(dtype=float), np.array(list(weights.values()))
    if kind != "probability":
        return np.asarray(columns @ w, dtype=float)
    return np.asarray(expit(log_odds(columns) @ w), dtype=float)


def learn_weights(trials: pd.DataFrame, names: Sequence[str], kind: Kind) -> dict[str, float]:
    """Return the weights of members that did best at past origins, drawn towards equal ones.

    Parameters
    ----------
    trials : DataFrame
        From `clv.learning.backtest.backtest`, perhaps some of its rows.
    names : sequence of str
        Members.
    kind : {"count", "amount", "probability"}
        Counts and amounts: least squares, weights ≥ 0 that sum to 1; who brings more counts, not how much in all.
        Probabilities: the largest likelihood of a weighted sum of log-odds, weights ≥ 0.

    Returns
    -------
    dict
        Equal weights where there is no trial.

    Examples
    --------
    >>> good, bad = np.arange(1000.0), np.full(1000, 499.5)
    >>> index = pd.MultiIndex.from_product([["day"], range(1000)])
    >>> trials = pd.DataFrame({"good": good, "bad": bad, "outcome": good}, index=index)
    >>> {name: round(weight, 2) for name, weight in learn_weights(trials, ["good", "bad"], "count").items()}
    {'good': 1.0, 'bad': 0.0}
    """
    k = len(names)
    equal = np.full(k, 1 / k)
    if trials.empty or k == 1:
        return dict(zip(names, equal.tolist(), strict=True))
    find = _likeliest if kind == "probability" else _least_squares
    weights = find(trials, list(names), equal, _PRIOR * k)
    return dict(zip(names, weights.tolist(), strict=True))


def compete(target: Target, trials: pd.DataFrame, why_not: Reason) -> Contest:
    """Hold every candidate and the blend against what happened at all trial origins together and choose.

    The blend stands unless another candidate was clearly better; the as-of date and what follows it are never looked
    at. Samples are drawn of customers, who may be in several trials.

    Parameters
    ----------
    target : Target
    trials : DataFrame
        From `clv.learning.backtest.backtest`.
    why_not : str
        Reason where there is no trial.
    """
    names, span = list(target.candidates), target.length.days
    weights = learn_weights(trials, names, target.kind)
    if trials.empty:
        return Contest(pd.DataFrame(), target.first, why_not, weights, trials, span)
    trials = trials.assign(**{BLEND: _cross_fitted(trials, names, target.kind)})
    rivals = [*names, *target.rules]
    table = _measured(trials, [*rivals, BLEND], target.kind)
    losses = pd.DataFrame({name: _losses(trials, name, target.kind) for name in [*rivals, BLEND]}, index=trials.index)
    best = str(losses.mean().idxmin())
    if best != BLEND and (best in target.rules or weights[best] < 1):
        apart = resampled_difference(
            losses[[best, BLEND]],
            trials.index.get_level_values("customer_id"),
            np.random.default_rng(_SEED),
            level=1 - 2 * _CHANCE / len(rivals),
        )
        if apart.high < 0:
            return Contest(table, best, "clearly_better", weights, trials, span)
    return Contest(table, BLEND, "won", weights, trials, span)


def _losses(trials: pd.DataFrame, name: str, kind: Kind) -> FloatArray:
    forecast, happened = trials[name].to_numpy(dtype=float), trials[OUTCOME].to_numpy(dtype=float)
    if kind != "probability":
        return np.asarray((forecast - happened) ** 2, dtype=float)
    odds = log_odds(forecast)
    return np.asarray(np.logaddexp(0.0, odds) - happened * odds, dtype=float)


def _measured(trials: pd.DataFrame, names: list[str], kind: Kind) -> pd.DataFrame:
    rows = trials.reset_index(drop=True)  # a customer may be in several trials
    if kind == "probability":
        return probability_metrics(rows[names], rows[OUTCOME])
    # refunds can outweigh sales, and a span can pass in silence
    return holdout_metrics(rows[names], rows[OUTCOME], signed=True)


def _cross_fitted(trials: pd.DataFrame, names: list[str], kind: Kind) -> FloatArray:
    """Return the blend of each row with the weights that the trials of other customers give."""
    codes, _ = pd.factorize(trials.index.get_level_values("customer_id"), sort=True)
    result, fold = np.empty(len(trials)), codes % _FOLDS
    for number in np.unique(fold):
        mine = fold == number
        result[mine] = pooled(trials[mine], learn_weights(trials[~mine], names, kind), kind)
    return result


def _least_squares(trials: pd.DataFrame, names: list[str], equal: FloatArray, prior: float) -> FloatArray:
    """Return weights of the simplex by least squares; errors are counted in each origin's own unit."""
    weights, origins = equal, [rows for _, rows in trials.groupby(level=0, sort=False)]
    for _ in range(_STEPS):
        gram, moment = prior * np.eye(equal.size), prior * equal
        for rows in origins:
            members, happened = rows[names].to_numpy(dtype=float), rows[OUTCOME].to_numpy(dtype=float)
            total = members[:, 0].sum()
            level = members * (happened.sum() / total if total > 0 else 1.0)  # who brings more, not how much in all
            apart = level.var(axis=1) + _LEAST  # where members agree, an error says nothing of their weights
            variance = max(float(np.average((happened - level @ weights) ** 2, weights=apart)), _LEAST)
            gram, moment = gram + level.T @ level / variance, moment + level.T @ happened / variance
        weights = _on_simplex(gram, moment)
    return weights


def _on_simplex(gram: FloatArray, moment: FloatArray) -> FloatArray:
    """Return the w ≥ 0 of sum 1 with the smallest wᵀ gram w / 2 − momentᵀ w."""
    half = np.linalg.cholesky(gram).T  # gram = halfᵀ half
    sum_to_one = _STRICT * np.linalg.norm(gram, 2) ** 0.5
    rows = np.vstack([half, np.full(len(gram), sum_to_one)])
    weights, _ = nnls(rows, np.append(np.linalg.solve(half.T, moment), sum_to_one))
    return np.asarray(weights / weights.sum(), dtype=float)


def _likeliest(trials: pd.DataFrame, names: list[str], equal: FloatArray, prior: float) -> FloatArray:
    """Return weights ≥ 0 of log-odds by the likelihood of what happened; their sum is free but drawn to 1."""
    odds, happened = log_odds(trials[names].to_numpy(dtype=float)), trials[OUTCOME].to_numpy(dtype=float)

    def cost(w: FloatArray) -> tuple[float, FloatArray]:
        pool, apart = odds @ w, w - equal
        loss = np.logaddexp(0.0, pool) - happened * pool
        slope = odds.T @ (expit(pool) - happened) + prior * apart
        return float(loss.sum() + prior * (apart @ apart) / 2) / happened.size, slope / happened.size

    bounds = [(0.0, _LARGEST_WEIGHT)] * equal.size
    return np.asarray(minimize(cost, equal, jac=True, bounds=bounds, method="L-BFGS-B").x, dtype=float)
