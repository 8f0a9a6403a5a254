"""How good forecasts of a probability were: what was given 30 % should happen 30 times in 100, to the right ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri, xlogy

from clv.errors import DataError
from clv.models.evaluation.pairs import INTERVAL_LEVEL, Pairs, paired, ranked

FloatArray = npt.NDArray[np.float64]

N_BINS = 10


def probability_metrics(forecasts: pd.DataFrame, happened: pd.Series, n_bins: int = N_BINS) -> pd.DataFrame:
    """Return one row of metrics for each forecast of the probability that something happens.

    Parameters
    ----------
    forecasts : DataFrame
        Index customer_id, one column per forecast: a probability, 0–1, e.g. that of no purchase in the holdout.
    happened : Series of bool
        Index customer_id: whether it happened.
    n_bins : int, default 10
        Bins of the expected calibration error.

    Returns
    -------
    DataFrame
        Index forecast; columns n_customers; forecast_mean and actual_share (0–1; calibrated in the large where they
        agree); auc: chance that one to whom it happened had a higher forecast than one to whom it did not, a tie being
        half (0.5 = chance; nan where it happened to all or to none); brier: mean of (forecast − outcome)²; log_loss:
        −mean log probability of the outcome, in nats, infinite where something declared impossible happened; ece: the
        expected calibration error, Σ over bins of share of customers · |mean forecast − actual share|, with the bins
        of `reliability_table`.

    Raises
    ------
    DataError
        If customers differ, ids repeat, values are missing, a forecast is outside 0–1 or an outcome is not 0 or 1.

    Notes
    -----
    Brier (1950), Monthly Weather Review 78(1); Gneiting & Raftery (2007), Strictly Proper Scoring Rules, Prediction,
    and Estimation, Journal of the American Statistical Association 102(477). Brier and log_loss are proper: no
    forecast does better on average than the true probability. Even a calibrated forecast has an ece above 0, about
    √(2·n_bins·p(1 − p)/(π·n)), by chance.

    Examples
    --------
    >>> silent = pd.Series([True, True, False, False], index=list("ABCD"))
    >>> table = probability_metrics(pd.DataFrame({"model": [0.9, 0.6, 0.6, 0.1]}, index=list("ABCD")), silent)
    >>> table.loc["model"].round(4).to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'n_customers': 4.0, 'forecast_mean': 0.55, 'actual_share': 0.5, 'auc': 0.875, 'brier': 0.135, 'log_loss': 0.4095,
     'ece': 0.1}
    """
    pairs = _probabilities(forecasts, happened)
    columns = zip(forecasts.columns, pairs.forecasts.T, strict=True)
    rows = {str(name): _metrics(probability, pairs.actual, n_bins) for name, probability in columns}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index="forecast").astype({"n_customers": int})


def reliability_table(
    probability: pd.Series, happened: pd.Series, n_bins: int = N_BINS, level: float = INTERVAL_LEVEL
) -> pd.DataFrame:
    """Return how often it happened to customers with about the same forecast probability.

    Parameters
    ----------
    probability : Series
        Index customer_id, forecast probability, 0–1.
    happened : Series of bool
        Index customer_id: whether it happened.
    n_bins : int, default 10
        Bins of equal count by rank of the forecast. Equal forecasts stay together, in the bin of their mean rank, so
        that with many ties bins differ in size and some may be absent.
    level : float, default 0.90
        Level of the interval, 0–1.

    Returns
    -------
    DataFrame
        Index bin (1 = lowest probability); columns n_customers, forecast_mean, actual_share, low and high: the Wilson
        interval of the actual share.

    Raises
    ------
    DataError
        As for `probability_metrics`.

    Examples
    --------
    >>> ids = list("ABCDEF")
    >>> probability = pd.Series([0.1, 0.1, 0.3, 0.7, 0.8, 0.9], index=ids)
    >>> table = reliability_table(probability, pd.Series([0, 0, 1, 1, 0, 1], index=ids), n_bins=2)
    >>> table.round(2)  # doctest: +NORMALIZE_WHITESPACE
         n_customers  forecast_mean  actual_share   low  high
    bin
    1              3           0.17          0.33  0.08  0.75
    2              3           0.80          0.67  0.25  0.92
    """
    pairs = _probabilities(probability.to_frame(), happened)
    p = pairs.forecasts[:, 0]
    table = _reliability(p, ranked(p), pairs.actual, n_bins)
    low, high = wilson_interval(table["actual_share"] * table["n_customers"], table["n_customers"], level)
    return table.assign(low=low, high=high)


def probability_histogram(probability: pd.Series, n_bins: int = 20) -> pd.DataFrame:
    """Return how many customers got which probability, in n_bins classes of equal width from 0 to 1.

    Returns
    -------
    DataFrame
        Columns low and high (0–1, low included; the last class includes 1) and n_customers.

    Examples
    --------
    >>> probability_histogram(pd.Series([0.1, 0.5, 1.0]), n_bins=2)["n_customers"].to_list()
    [1, 2]
    """
    count, edges = np.histogram(probability.to_numpy(dtype=float), bins=n_bins, range=(0.0, 1.0))
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n_customers": count})


def wilson_interval(
    successes: npt.ArrayLike, n: npt.ArrayLike, level: float = INTERVAL_LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Return the Wilson score interval of a share, which is sensible also for small n and for shares of 0 and 1.

    Parameters
    ----------
    successes, n : array-like
        How many of how many, 0 ≤ successes ≤ n, n > 0.
    level : float, default 0.90
        Level of the interval, 0–1.

    Returns
    -------
    low, high : ndarray
        Ends of the interval, 0–1.

    Notes
    -----
    Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference, Journal of the American
    Statistical Association 22(158), 209–212.

    Examples
    --------
    >>> low, high = wilson_interval(0, 10)
    >>> float(low), float(high.round(4))
    (0.0, 0.2129)
    """
    of, z = np.asarray(n, dtype=float), ndtri((1 + level) / 2)
    share = np.asarray(successes, dtype=float) / of
    centre = share + z**2 / (2 * of)
    reach = z * np.sqrt(share * (1 - share) / of + (z / (2 * of)) ** 2)
    scale = 1 + z**2 / of
    return np.maximum((centre - reach) / scale, 0.0), np.minimum((centre + reach) / scale, 1.0)


def _metrics(p: FloatArray, y: FloatArray, n_bins: int) -> dict[str, float]:
    """Return the metrics of one forecast."""
    ranks = ranked(p)
    bins = _reliability(p, ranks, y, n_bins)
    gap = (bins["forecast_mean"] - bins["actual_share"]).abs()
    return {
        "n_customers": y.size,
        "forecast_mean": float(p.mean()),
        "actual_share": float(y.mean()),
        "auc": _auc(ranks, y),
        "brier": float(np.mean((p - y) ** 2)),
        "log_loss": float(-np.mean(xlogy(y, p) + xlogy(1 - y, 1 - p))),
        "ece": float((gap * bins["n_customers"]).sum() / y.size),
    }


def _auc(ranks: FloatArray, y: FloatArray) -> float:
    """Return the area under the ROC curve from the sum of ranks, ties averaged (Mann and Whitney)."""
    n_yes = float(y.sum())
    n_no = y.size - n_yes
    if n_yes == 0 or n_no == 0:
        return float("nan")
    return float((ranks[y == 1].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def _reliability(p: FloatArray, ranks: FloatArray, y: FloatArray, n_bins: int) -> pd.DataFrame:
    """Return size, mean forecast and actual share of each bin that has customers."""
    place = ((ranks - 0.5) / p.size * n_bins).astype(np.int64)
    size = np.bincount(place, minlength=n_bins)
    full = np.flatnonzero(size)
    sums = {"forecast_mean": np.bincount(place, p)[full], "actual_share": np.bincount(place, y)[full]}
    means = {name: total / size[full] for name, total in sums.items()}
    return pd.DataFrame({"n_customers": size[full], **means}, index=pd.Index(full + 1, name="bin"))


def _probabilities(forecasts: pd.DataFrame, happened: pd.Series) -> Pairs:
    """Return the pairs, all forecasts in 0–1 and all outcomes 0 or 1."""
    pairs = paired(forecasts, happened)
    outside = int(((pairs.forecasts < 0) | (pairs.forecasts > 1)).any(axis=1).sum())
    if outside:
        raise DataError(f"evaluation: {outside:,} customers have a probability outside 0–1; is it a rate or a score?")
    neither = int(((pairs.actual != 0) & (pairs.actual != 1)).sum())
    if neither:
        raise DataError(f"evaluation: {neither:,} outcomes are neither yes (1) nor no (0); give a Series of bool")
    return pairs
