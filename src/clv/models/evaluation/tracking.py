"""Forecast and outcome over time: from running totals to the purchases of each week, and how far they were apart."""

from __future__ import annotations

import pandas as pd

from clv.errors import DataError


def incremental_tracking(cumulative: pd.DataFrame) -> pd.DataFrame:
    """Return what was expected and made in each step of a table of running totals.

    Parameters
    ----------
    cumulative : DataFrame
        date (ends of equal steps, e.g. each seventh day, ascending), actual and one column per forecast: totals that
        start from zero before the first row.

    Returns
    -------
    DataFrame
        The same columns and rows; actual and the forecasts are those of the step that ends on date.

    Raises
    ------
    DataError
        If the dates do not ascend.

    Examples
    --------
    >>> dates = pd.to_datetime(["1997-01-08", "1997-01-15", "1997-01-22"])
    >>> incremental_tracking(pd.DataFrame({"date": dates, "actual": [3, 5, 9], "forecast": [2.5, 6.0, 8.5]}))
            date  actual  forecast
    0 1997-01-08     3.0       2.5
    1 1997-01-15     2.0       3.5
    2 1997-01-22     4.0       2.5
    """
    if not (cumulative["date"].is_monotonic_increasing and cumulative["date"].is_unique):
        raise DataError("tracking: the dates must ascend without repetition; sort the table of running totals by date")
    totals = cumulative.drop(columns="date").astype(float)
    steps = totals.diff().fillna(totals.head(1))
    return pd.concat([cumulative["date"], steps], axis="columns")[list(cumulative.columns)]


def tracking_errors(cumulative: pd.DataFrame, holdout_start: pd.Timestamp) -> pd.DataFrame:
    """Return how far a forecast was from the outcome in the steps that the model saw and in those kept to check.

    Parameters
    ----------
    cumulative : DataFrame
        date, actual and forecast, as for `incremental_tracking`.
    holdout_start : Timestamp
        First day that was kept from the model; a step that ends before it belongs to calibration.

    Returns
    -------
    DataFrame
        Index span ("calibration", "holdout"; absent where it has no step); columns n_steps, actual_total,
        forecast_total, deviation (forecast_total / actual_total − 1) and step_error: Σ|forecast − actual| of the steps
        over Σ actual, the mean absolute percentage error with each step weighted by its size, so that a step without
        a purchase does not make it infinite. Both are nan where nothing happened.

    Raises
    ------
    DataError
        If the dates do not ascend.

    Examples
    --------
    >>> dates = pd.to_datetime(["1997-01-08", "1997-01-15", "1997-01-22"])
    >>> totals = pd.DataFrame({"date": dates, "actual": [3, 5, 9], "forecast": [2.5, 6.0, 8.5]})
    >>> tracking_errors(totals, pd.Timestamp("1997-01-16"))["deviation"].round(3).to_dict()
    {'calibration': 0.2, 'holdout': -0.375}
    """
    steps = incremental_tracking(cumulative)
    held = (steps["date"] >= holdout_start).map({False: "calibration", True: "holdout"}).rename("span")
    groups = steps.assign(apart=(steps["forecast"] - steps["actual"]).abs()).groupby(held)
    total = groups[["actual", "forecast", "apart"]].sum()
    base = total["actual"].where(total["actual"] != 0)
    return pd.DataFrame(
        {
            "n_steps": groups.size(),
            "actual_total": total["actual"],
            "forecast_total": total["forecast"],
            "deviation": total["forecast"] / base - 1,
            "step_error": total["apart"] / base,
        }
    )
