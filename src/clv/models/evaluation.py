"""How a forecast did against what happened: size of the errors, bias, ranking and calibration by decile.

Ranks run from the highest forecast to the lowest and ties go by customer_id, so that the same numbers always give the
same table. Forecast and actual must have the same customers; the order of rows does not matter.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import DataError

FloatArray = npt.NDArray[np.float64]

N_DECILES = 10
_IDS_SHOWN = 5


def holdout_metrics(forecasts: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Return one row of metrics for each forecast, so that models and the naive rule stand side by side.

    Parameters
    ----------
    forecasts : DataFrame
        Index customer_id, one column per forecast (e.g. "BG/NBD", "naive"), in the unit of actual.
    actual : Series
        Index customer_id: what happened in the holdout; money may be negative where refunds outweigh sales.

    Returns
    -------
    DataFrame
        Index forecast; columns n_customers, forecast_total, actual_total, mae and rmse (unit of actual), bias
        (forecast_total / actual_total − 1), gini_ranking (1 = perfect order, 0 = chance) and capture_top_decile (share
        of actual that the decile with the highest forecast brought, 0–1).

    Raises
    ------
    DataError
        If customers differ, ids repeat, values are missing, or the actual values do not sum to more than zero.

    Examples
    --------
    >>> forecasts = pd.DataFrame({"good": [3.0, 1.0, 0.0], "bad": [0.0, 1.0, 2.0]}, index=["A", "D", "K"])
    >>> table = holdout_metrics(forecasts, pd.Series([4, 0, 1], index=["A", "D", "K"]))
    >>> table.loc["good", ["mae", "bias", "gini_ranking"]].round(3).to_dict()
    {'mae': 1.0, 'bias': -0.2, 'gini_ranking': 0.75}
    """
    rows = {str(name): _metrics(forecasts[name], actual) for name in forecasts.columns}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index="forecast").astype({"n_customers": int})


def calibration_by_decile(forecast: pd.Series, actual: pd.Series) -> pd.DataFrame:
    """Return what was forecast and what happened in each decile of the forecast.

    Parameters
    ----------
    forecast, actual : Series
        Index customer_id, same unit.

    Returns
    -------
    DataFrame
        Index decile (1 = highest forecast; deciles without customers are absent); columns n_customers,
        forecast_mean, actual_mean, forecast_total, actual_total.

    Raises
    ------
    DataError
        As for `holdout_metrics`.

    Examples
    --------
    >>> forecast = pd.Series(np.arange(20.0))
    >>> calibration_by_decile(forecast, forecast + 1).loc[1].to_dict()
    {'n_customers': 2.0, 'forecast_mean': 18.5, 'actual_mean': 19.5, 'forecast_total': 37.0, 'actual_total': 39.0}
    """
    predicted, happened = _matched(forecast, actual)
    frame = pd.DataFrame({"forecast": predicted, "actual": happened})
    groups = frame.groupby(deciles(predicted))
    return pd.DataFrame(
        {
            "n_customers": groups.size(),
            "forecast_mean": groups["forecast"].mean(),
            "actual_mean": groups["actual"].mean(),
            "forecast_total": groups["forecast"].sum(),
            "actual_total": groups["actual"].sum(),
        }
    )


def deciles(values: pd.Series) -> pd.Series:
    """Return each customer's tenth by rank, 1 = highest values, ties by customer_id (the index).

    Examples
    --------
    >>> deciles(pd.Series([5.0, 5.0, 9.0], index=["B", "A", "C"])).to_dict()
    {'B': 7, 'A': 4, 'C': 1}
    """
    ranked = pd.Series(np.arange(len(values)) * N_DECILES // max(len(values), 1) + 1, index=_by_rank(values).index)
    return ranked.reindex(values.index).rename("decile")


def gini_ranking(forecast: pd.Series, actual: pd.Series) -> float:
    """Return the Gini of the gain curve in the forecast's order over that in the perfect order.

    Parameters
    ----------
    forecast, actual : Series
        Index customer_id.

    Returns
    -------
    float
        1 = perfect order, 0 = chance, −1 = upside down; nan where all customers did the same, so that no order is
        better than another. For a yes-or-no outcome it is 2·AUC − 1. Trapezoid rule.

    Raises
    ------
    DataError
        As for `holdout_metrics`.

    Examples
    --------
    >>> gini_ranking(pd.Series([0.9, 0.5, 0.1]), pd.Series([1, 0, 0]))
    1.0
    """
    predicted, happened = _matched(forecast, actual)
    best = _gain_gini(_by_rank(happened).to_numpy())
    if np.ptp(happened.to_numpy()) == 0:
        return float("nan")
    return _gain_gini(happened.loc[_by_rank(predicted).index].to_numpy()) / best


def _metrics(forecast: pd.Series, actual: pd.Series) -> dict[str, float]:
    """Return the metrics of one forecast."""
    predicted, happened = _matched(forecast, actual)
    error, total = predicted - happened, float(happened.sum())
    return {
        "n_customers": len(error),
        "forecast_total": float(predicted.sum()),
        "actual_total": total,
        "mae": float(error.abs().mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "bias": float(predicted.sum()) / total - 1,
        "gini_ranking": gini_ranking(predicted, happened),
        "capture_top_decile": float(happened[deciles(predicted) == 1].sum()) / total,
    }


def _by_rank(values: pd.Series) -> pd.Series:
    """Return the values from highest to lowest, ties in the order of customer_id."""
    return values.sort_index().sort_values(ascending=False, kind="stable")


def _gain_gini(ordered: FloatArray) -> float:
    """Return twice the area between the gain curve and the diagonal, by the trapezoid rule."""
    gain = np.concatenate([[0.0], np.cumsum(ordered)]) / ordered.sum()
    return float(2 * np.trapezoid(gain, dx=1 / ordered.size) - 1)


def _matched(forecast: pd.Series, actual: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return both as floats in one order, or say why they cannot be compared."""
    if not (forecast.index.is_unique and actual.index.is_unique):
        raise DataError("evaluation: a customer_id occurs more than once; give one row per customer")
    apart = forecast.index.symmetric_difference(actual.index)
    if len(apart):
        ids = ", ".join(map(str, apart[:_IDS_SHOWN]))
        raise DataError(f"evaluation: {len(apart):,} customers are in only one of forecast and actual (ids {ids})")
    predicted, happened = forecast.astype(float), actual.reindex(forecast.index).astype(float)
    unfit = int((~np.isfinite(predicted) | ~np.isfinite(happened)).sum())
    if unfit:
        raise DataError(f"evaluation: {unfit:,} customers have a missing forecast or a missing actual")
    if not happened.sum() > 0:
        raise DataError("evaluation: nothing happened in the holdout; is it empty, or does it lie after the data end?")
    return predicted, happened
