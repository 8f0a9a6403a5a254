"""How far parts of the base were off in a holdout: those flagged, tenths of the forecast, groups by risk."""

from __future__ import annotations

import pandas as pd

from clv.definitions.checks import CHECKS

FEWEST_FLAGGED = 30  # customers, below which nothing is said of flags
OVERDONE = CHECKS["risk_off"].limits.medium or 0.0  # by how much their share of silent ones may be forecast too high


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
