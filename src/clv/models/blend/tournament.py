"""The tournament: rules of thumb, probability models, learners and their blend compete at past origins.

The blend stands unless another candidate was clearly better there; the as-of date and what follows it are never looked
at. The naive rule is always in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.models.evaluation.accuracy import holdout_metrics
from clv.models.evaluation.comparison import bootstrap_difference

FloatArray = npt.NDArray[np.float64]

NAIVE, HIATUS, LAST_PERIOD = "naive rate", "hiatus", "last period again"
PROBABILITY, REGRESSION, BOOSTING, BLEND = "probability models", "regression", "boosting", "blend"
RULES: Final = (NAIVE, HIATUS, LAST_PERIOD)
PATIENT_SHARE = 0.90  # of the returning customers keep a shorter mean interval than the hiatus
# the best of four rivals is held against the blend: each gets a fourth of the 5 % of being better by chance
_LEVEL = 1 - 2 * 0.05 / (len(RULES) + 1)
Reason = Literal["won", "clearly_better", "short_history", "few_customers"]


@dataclass(frozen=True)
class Tournament:
    """Who competed, how they did and who forecasts.

    Attributes
    ----------
    table
        `clv.models.evaluation.accuracy.holdout_metrics` by candidate, over all trial origins; empty where there was
        none.
    winner
        Candidate that forecasts.
    reason
        won (the blend stands), clearly_better (another one beat it beyond chance), short_history (no origin with a
        span before it to learn from), few_customers (too few outcomes to learn from); in the last two the
        probability models forecast.
    weights
        Of the blend's members.
    n_origins
        Trials.
    span_days
        Their length.
    """

    table: pd.DataFrame
    winner: str
    reason: Reason
    weights: dict[str, float]
    n_origins: int
    span_days: float


def patience(known: pd.DataFrame) -> float:
    """Return the mean interval between orders (weeks) that nine of ten returning customers keep; inf without any.

    Examples
    --------
    >>> patience(pd.DataFrame({"frequency": [4, 1, 0], "recency": [8.0, 1.0, 0.0]}))
    1.9
    """
    x, recency = (known[name].to_numpy(dtype=float) for name in ("frequency", "recency"))
    returned = x > 0
    return float(np.quantile(recency[returned] / x[returned], PATIENT_SHARE)) if returned.any() else float("inf")


def rules_of_thumb(known: pd.DataFrame, length: float, span: float, hiatus: float) -> pd.DataFrame:
    """Return what three simple rules expect of each customer; lengths in weeks.

    Parameters
    ----------
    known : DataFrame
        frequency, recency, T (weeks) and orders_in_span (of the last `span`).
    length, span : float
        Length of the forecast, and of the period that "last period again" repeats.
    hiatus : float
        Silence after which a customer counts as gone, from `patience`.

    Returns
    -------
    DataFrame
        naive rate (frequency / T goes on), hiatus (the same, but 0 for who has been silent for longer), last period
        again.

    Notes
    -----
    Wübben & von Wangenheim (2008), Instant Customer Base Analysis: Managerial Heuristics Often "Get It Right", Journal
    of Marketing 72(3), 82–93.

    Examples
    --------
    >>> known = pd.DataFrame({"frequency": [4, 1], "recency": [8.0, 1.0], "T": [10.0, 10.0], "orders_in_span": [2, 0]})
    >>> rules_of_thumb(known, length=5.0, span=5.0, hiatus=2.0).to_numpy().tolist()
    [[2.0, 2.0, 2.0], [0.5, 0.0, 0.0]]
    """
    x, recency, tenure = (known[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    rate = np.divide(x, tenure, out=np.zeros_like(x), where=tenure > 0) * length
    awake = tenure - recency <= hiatus
    again = known["orders_in_span"].to_numpy(dtype=float) * length / span
    return pd.DataFrame({NAIVE: rate, HIATUS: np.where(awake, rate, 0.0), LAST_PERIOD: again}, index=known.index)


def judge(
    trials: Sequence[tuple[pd.DataFrame, pd.Series]],
    weights: dict[str, float],
    span_days: float,
    rng: np.random.Generator,
) -> Tournament:
    """Hold every candidate against what happened at all trial origins together and choose.

    Parameters
    ----------
    trials
        Per origin the candidates' forecasts (columns) and the orders made, on one index of customers.
    weights
        Of the blend's members.
    span_days
        Length of the trials.
    rng
        For the paired bootstrap.
    """
    forecasts = pd.concat([table for table, _ in trials], keys=range(len(trials)))
    actual = pd.concat([orders for _, orders in trials], keys=range(len(trials)))
    forecasts.index = actual.index = pd.RangeIndex(len(actual))  # a customer may be in several trials
    table = holdout_metrics(forecasts, actual)
    best = str(table["rmse"].idxmin())
    winner: str = BLEND
    reason: Reason = "won"
    if best in (*RULES, PROBABILITY):
        apart = bootstrap_difference(forecasts[best], forecasts[BLEND], actual, "rmse", rng, level=_LEVEL)
        if apart.high < 0:
            winner, reason = best, "clearly_better"
    return Tournament(table, winner, reason, weights, len(trials), span_days)
