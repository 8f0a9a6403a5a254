"""How a forecast did against what happened: size of the errors, bias, ranking and calibration by decile.

Deciles run from the highest forecast to the lowest and ties go by customer_id, so that the same numbers always give
the same table. Ranking figures (Gini, Spearman) give no order to customers with equal forecasts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from clv.errors import DataError
from clv.models.evaluation.pairs import INTERVAL_LEVEL, Pairs, paired, ranked

FloatArray = npt.NDArray[np.float64]

N_DECILES = 10


def holdout_metrics(forecasts: pd.DataFrame, actual: pd.Series, *, signed: bool = False) -> pd.DataFrame:
    """Return one row of metrics for each forecast of a mean, so that models and the naive rule stand side by side.

    Judge a mean by rmse and bias: the mean squared error is least at the mean, and only means add up to a total. The
    mean absolute error is least at the median, which for most customers is 0 purchases; the mae of a mean stands here
    beside that of medians (see `median_metrics`), not to choose between forecasts of means.

    Parameters
    ----------
    forecasts : DataFrame
        Index customer_id, one column per forecast (e.g. "BG/NBD", "naive"), in the unit of actual.
    actual : Series
        Index customer_id: what happened in the holdout; money may be negative where refunds outweigh sales.
    signed : bool, default False
        Whether the actual values may sum to zero or less, as money can; what is a share of that sum is then missing.
        Without it such a holdout is refused.

    Returns
    -------
    DataFrame
        Index forecast; columns n_customers, forecast_total, actual_total, mae and rmse (unit of actual), bias
        (forecast_total / actual_total − 1), gini_ranking (1 = perfect order, 0 = chance), spearman (rank correlation,
        −1 to 1, ties averaged; nan where one side is constant) and capture_top_decile (share of actual that the decile
        with the highest forecast brought, 0–1).

    Raises
    ------
    DataError
        If customers differ, ids repeat, values are missing, or the actual values do not sum to more than zero though
        they are not signed.

    Notes
    -----
    Gneiting (2011), Making and Evaluating Point Forecasts, Journal of the American Statistical Association 106(494),
    746–762: the squared error elicits the mean, the absolute error the median.

    Examples
    --------
    >>> forecasts = pd.DataFrame({"good": [3.0, 1.0, 0.0], "bad": [0.0, 1.0, 2.0]}, index=["A", "D", "K"])
    >>> table = holdout_metrics(forecasts, pd.Series([4, 0, 1], index=["A", "D", "K"]))
    >>> table.loc["good", ["mae", "bias", "gini_ranking", "spearman"]].round(3).to_dict()
    {'mae': 1.0, 'bias': -0.2, 'gini_ranking': 0.75, 'spearman': 0.5}
    """
    pairs = paired(forecasts, actual) if signed else _with_outcome(forecasts, actual)
    best = _gain_gini(pairs.actual, _descending(pairs.actual), pairs.actual)
    ranks = ranked(pairs.actual)
    columns = zip(forecasts.columns, pairs.forecasts.T, strict=True)
    rows = {str(name): _metrics(predicted, pairs.actual, ranks, best) for name, predicted in columns}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index="forecast").astype({"n_customers": int})


def median_metrics(medians: pd.DataFrame, actual: pd.Series) -> pd.DataFrame:
    """Return how each forecast of a median did: its mean absolute error, and how often it was too high or too low.

    No bias is given: medians do not add up to a total, and those of outcomes skewed to the right, as purchases are,
    lie below the mean.

    Parameters
    ----------
    medians : DataFrame
        Index customer_id, one column per forecast of the median; means may stand beside them to be compared by mae.
    actual : Series
        Index customer_id: what happened, in the same unit.

    Returns
    -------
    DataFrame
        Index forecast; columns n_customers, mae (unit of actual), share_below and share_above: the shares of customers
        with an outcome below and above the forecast, 0–1. For true medians neither exceeds one half, sampling noise
        apart; for counts both may be far below it.

    Raises
    ------
    DataError
        If customers differ, ids repeat, or values are missing.

    Examples
    --------
    >>> actual = pd.Series([0, 0, 1, 8], index=list("ABCD"))
    >>> forecasts = pd.DataFrame({"median": [0, 0, 1, 5], "mean": [0.5, 0.5, 2.0, 6.0]}, index=list("ABCD"))
    >>> median_metrics(forecasts, actual)  # doctest: +NORMALIZE_WHITESPACE
              n_customers   mae  share_below  share_above
    forecast
    median              4  0.75         0.00         0.25
    mean                4  1.00         0.75         0.25
    """
    pairs = paired(medians, actual)
    happened = pairs.actual[:, None]
    return pd.DataFrame(
        {
            "n_customers": len(pairs.actual),
            "mae": np.abs(pairs.forecasts - happened).mean(axis=0),
            "share_below": (happened < pairs.forecasts).mean(axis=0),
            "share_above": (happened > pairs.forecasts).mean(axis=0),
        },
        index=pd.Index([str(name) for name in medians.columns], name="forecast"),
    )


def calibration_by_decile(forecast: pd.Series, actual: pd.Series, *, signed: bool = False) -> pd.DataFrame:
    """Return what was forecast and what happened in each decile of the forecast.

    Parameters
    ----------
    forecast, actual : Series
        Index customer_id, same unit.
    signed : bool, default False
        As for `holdout_metrics`.

    Returns
    -------
    DataFrame
        Index decile (1 = highest forecast; deciles without customers are absent); columns n_customers,
        forecast_mean, actual_mean, forecast_total, actual_total, actual_low and actual_high: the 90 % interval of the
        actual mean over customers like these (normal, from their standard deviation; missing for a single customer).

    Raises
    ------
    DataError
        As for `holdout_metrics`.

    Examples
    --------
    >>> forecast = pd.Series(np.arange(20.0))
    >>> calibration_by_decile(forecast, forecast + 1).loc[1].round(2).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'n_customers': 2.0, 'forecast_mean': 18.5, 'actual_mean': 19.5, 'forecast_total': 37.0, 'actual_total': 39.0,
     'actual_low': 18.68, 'actual_high': 20.32}
    """
    pairs = paired(forecast.to_frame(), actual) if signed else _with_outcome(forecast.to_frame(), actual)
    predicted = pairs.forecasts[:, 0]
    frame = pd.DataFrame({"forecast": predicted, "actual": pairs.actual})
    groups = frame.groupby(pd.Series(_tenths(predicted), name="decile"))
    mean, size = groups["actual"].mean(), groups.size()
    reach: pd.Series = groups["actual"].std() * ndtri((1 + INTERVAL_LEVEL) / 2) / np.sqrt(size)
    return pd.DataFrame(
        {
            "n_customers": size,
            "forecast_mean": groups["forecast"].mean(),
            "actual_mean": mean,
            "forecast_total": groups["forecast"].sum(),
            "actual_total": groups["actual"].sum(),
            "actual_low": mean - reach,
            "actual_high": mean + reach,
        }
    )


def deciles(values: pd.Series) -> pd.Series:
    """Return each customer's tenth by rank, 1 = highest values, ties by customer_id (the index).

    Examples
    --------
    >>> deciles(pd.Series([5.0, 5.0, 9.0], index=["B", "A", "C"])).to_dict()
    {'B': 7, 'A': 4, 'C': 1}
    """
    by_id = values.index.argsort()
    tenth = np.empty(len(values), dtype=np.int64)
    tenth[by_id] = _tenths(values.to_numpy(dtype=float, na_value=np.nan)[by_id])
    return pd.Series(tenth, index=values.index, name="decile")


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
        better than another. Trapezoid rule; customers with equal forecasts share one straight piece of the curve, so
        that it needs no order among them and is 2·AUC − 1 for a yes-or-no outcome.

    Raises
    ------
    DataError
        As for `holdout_metrics`.

    Examples
    --------
    >>> gini_ranking(pd.Series([0.9, 0.5, 0.1]), pd.Series([1, 0, 0]))
    1.0
    """
    pairs = _with_outcome(forecast.to_frame(), actual)
    predicted, happened = pairs.forecasts[:, 0], pairs.actual
    best = _gain_gini(happened, _descending(happened), happened)
    return _over_best(_gain_gini(predicted, _descending(predicted), happened), best)


def _metrics(predicted: FloatArray, happened: FloatArray, ranks: FloatArray, best: float) -> dict[str, float]:
    """Return the metrics of one forecast; `ranks` are those of what happened, `best` its Gini in perfect order."""
    error, order, sum_of_all = predicted - happened, _descending(predicted), float(happened.sum())
    total = sum_of_all if sum_of_all > 0 else float("nan")  # of which nothing else can be a share
    top = order[: -(-order.size // N_DECILES)]
    return {
        "n_customers": error.size,
        "forecast_total": float(predicted.sum()),
        "actual_total": sum_of_all,
        "mae": float(np.abs(error).mean()),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "bias": float(predicted.sum()) / total - 1,
        "gini_ranking": _over_best(_gain_gini(predicted, order, happened), best),
        "spearman": _correlation(ranked(predicted), ranks),
        "capture_top_decile": float(happened[top].sum()) / total,
    }


def _with_outcome(forecasts: pd.DataFrame, actual: pd.Series) -> Pairs:
    """Return the pairs of a holdout in which something happened."""
    pairs = paired(forecasts, actual)
    if not pairs.actual.sum() > 0:
        raise DataError("evaluation: nothing happened in the holdout; is it empty, or does it lie after the data end?")
    return pairs


def _descending(values: FloatArray) -> npt.NDArray[np.intp]:
    """Return the order from the highest value to the lowest; among equal values the earlier row comes first."""
    return np.argsort(-values, kind="stable")


def _tenths(values: FloatArray) -> npt.NDArray[np.int64]:
    """Return the tenth of each value, 1 = highest."""
    tenth = np.empty(values.size, dtype=np.int64)
    tenth[_descending(values)] = np.arange(values.size) * N_DECILES // max(values.size, 1) + 1
    return tenth


def _gain_gini(values: FloatArray, order: npt.NDArray[np.intp], happened: FloatArray) -> float:
    """Return twice the area between gain curve and diagonal; the curve has a point after each run of equal values."""
    run_ends = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))
    customers = np.append(0.0, (run_ends + 1) / order.size)
    gained = np.append(0.0, np.cumsum(happened[order])[run_ends])
    if not gained[-1] > 0:
        return float("nan")
    return float(2 * np.trapezoid(gained / gained[-1], customers) - 1)


def _over_best(gini: float, best: float) -> float:
    """Return the Gini as a share of that in perfect order, nan where no order is better than another."""
    return gini / best if best else float("nan")


def _correlation(one: FloatArray, other: FloatArray) -> float:
    """Return the correlation, nan where either side is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    a, b = one - one.mean(), other - other.mean()
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))
