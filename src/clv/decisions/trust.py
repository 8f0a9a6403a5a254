"""What a holdout says in a word and a few figures: trust in the sums, and how far parts of the base were off."""

from __future__ import annotations

from typing import Final, Literal

import pandas as pd

HIGH_TRUST, MEDIUM_TRUST = 0.05, 0.15  # distance of the holdout's total from its forecast
LONG_TEST, SHORT_TEST = 0.25, 0.10  # length of the test as a share of the horizon that is forecast
FEWEST_FLAGGED = 30  # customers, below which nothing is said of flags
OVERDONE = 0.15  # by how much their share of silent ones may be forecast too high
RANGE_LEVEL: Final = 0.90  # that the ranges claim
RANGE_TOLERANCE: Final = 0.03  # a share inside that is this near to the claimed one holds


def trust_level(
    off: float, beats_naive: bool, tested: float, *, is_far: bool = False
) -> Literal["high", "medium", "low"]:
    """Say how far the sums of the forecast can be trusted, from what it missed in the holdout.

    Parameters
    ----------
    off
        Distance of the totals from their forecasts, as a share, 0 or more.
    beats_naive
        Whether the error per customer is no larger than the naive rule's.
    tested
        Length of the test as a share of the horizon.
    is_far
        Whether the forecast looks far beyond the history, see `clv.decisions.reach`: then trust is not high.

    Examples
    --------
    >>> trust_level(0.03, True, 0.33), trust_level(0.03, False, 0.33), trust_level(0.20, True, 0.33)
    ('high', 'medium', 'low')
    """
    if off <= HIGH_TRUST and beats_naive and tested >= LONG_TEST and not is_far:
        return "high"
    return "medium" if off <= MEDIUM_TRUST and tested >= SHORT_TEST else "low"


def flags_overdone(n_customers: float, forecast: float, actual: float) -> bool:
    """Say whether those flagged came back far more often than forecast; of a few customers nothing is said.

    Parameters
    ----------
    n_customers
        Flagged in the holdout.
    forecast, actual
        Mean probability of no order among them, and the share of them that made none, 0–1.

    Examples
    --------
    >>> flags_overdone(200, 0.8, 0.6), flags_overdone(200, 0.8, 0.7), flags_overdone(4, 0.8, 0.25)
    (True, False, False)
    """
    return n_customers >= FEWEST_FLAGGED and forecast - actual > OVERDONE


def weighted_gap(reliability: pd.DataFrame) -> float:
    """Return the mean distance, over customers, of forecast and actual share of silent ones, 0–1."""
    gap = (reliability["forecast_mean"] - reliability["actual_share"]).abs()
    return float((gap * reliability["n_customers"]).sum() / reliability["n_customers"].sum())


def calibration_gap(calibration: pd.DataFrame) -> tuple[float, int, float]:
    """Say how far forecast and outcome of the tenths are apart.

    Returns
    -------
    gap
        Sum of the tenths' distances over the sum of what happened, 0 or more; missing where nothing did.
    worst
        The tenth with the largest distance in total.
    excess
        How much too high that tenth was forecast, as a share of what happened there; negative when too low.
    """
    apart = calibration["forecast_total"] - calibration["actual_total"]
    place = int(apart.abs().argmax())
    worst = int(calibration.index[place])
    excess = float(apart.iloc[place] / max(float(calibration["actual_total"].iloc[place]), 1.0))
    happened = float(calibration["actual_total"].sum())
    return float(apart.abs().sum()) / happened if happened > 0 else float("nan"), worst, excess


def range_verdict(inside: pd.Series) -> Literal["hold", "narrow", "wide"]:
    """Say whether ranges that claim nine of ten outcomes hold them: judged by the share that is farthest off.

    Parameters
    ----------
    inside
        Shares of outcomes inside their range, e.g. pit_inside of `HoldoutCheck.intervals`.

    Examples
    --------
    >>> range_verdict(pd.Series([0.91, 0.89])), range_verdict(pd.Series([0.91, 0.80]))
    ('hold', 'narrow')
    """
    off = inside - RANGE_LEVEL
    worst = float(off.iloc[int(off.abs().argmax())])
    if abs(worst) <= RANGE_TOLERANCE:
        return "hold"
    return "narrow" if worst < 0 else "wide"
