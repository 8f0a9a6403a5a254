"""What slips away from a model fitted once: the spend of the same customers, and the fit across their cohorts.

The models of spend hold a customer's mean for constant, and a model of purchases describes all cohorts by one set of
parameters. Both can be wrong while every total looks right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtrit

from clv.errors import DataError

FloatArray = npt.NDArray[np.float64]
SpendVerdict = Literal["rising", "falling", "none", "unknown"]

SIZE_THAT_MATTERS = 0.05  # change of a purchase's net in a year, as a share: below it a forecast of a year stands
FEWEST_CUSTOMERS = 30  # clusters below which a clustered standard error is not to be trusted
SHORTEST_YEARS = 1.0  # a season in spend would be read as a trend
_CONFIDENCE = 0.95
_MONTHS = {1: "M", 3: "Q", 12: "Y"}


@dataclass(frozen=True)
class SpendTrend:
    """Whether the same customers spend more or less per purchase as time goes by.

    Attributes
    ----------
    verdict
        `rising` or `falling`: the 95 % interval excludes no change and the estimate is at least 5 % a year; `none`
        otherwise; `unknown`: fewer than 30 customers with two repeat purchases, or less than a year between the first
        and the last of them.
    change_per_year, low, high
        exp(slope) − 1, the change of a purchase's net in a year, as a share, and its 95 % interval; nan where it
        cannot be estimated.
    slope, standard_error
        Of log(net) per year, within customers; the standard error is clustered by customer.
    n_customers, n_purchases, years
        What it was estimated from.
    """

    verdict: SpendVerdict
    change_per_year: float
    low: float
    high: float
    slope: float
    standard_error: float
    n_customers: int
    n_purchases: int
    years: float


def spend_trend(sums: pd.DataFrame) -> SpendTrend:
    """Estimate the yearly change of a purchase's net within customers, from sums over customers.

    Regression of log(net) on time with an effect for each customer, so that who buys does not matter, only how each
    one's purchases change: slope = Σ s_ty / Σ s_tt, standard error by the sum over customers of (s_ty − slope·s_tt)².
    The mean is the geometric one: a rarer but larger whale purchase moves it little. Prices are not taken out.

    Parameters
    ----------
    sums : DataFrame
        The one row of `clv.data.series.spend_sums`.

    Returns
    -------
    SpendTrend

    Notes
    -----
    Arellano (1987), Computing Robust Standard Errors for Within-Groups Estimators, Oxford Bulletin of Economics and
    Statistics 49(4), 431–434; with the factor G / (G − 1) and G − 1 degrees of freedom for G customers. What moves
    all customers at once (a price list, a season in a history that is not of whole years) is part of the trend.

    Examples
    --------
    >>> sums = {"n_customers": 400, "n_purchases": 3_000, "years": 2.0, "s_tt": 500.0, "s_ty": 50.0}
    >>> trend = spend_trend(pd.DataFrame([sums | {"s_tt_tt": 900.0, "s_tt_ty": 90.0, "s_ty_ty": 34.0}]))
    >>> trend.verdict, round(trend.change_per_year, 3), round(trend.low, 3), round(trend.high, 3)
    ('rising', 0.105, 0.084, 0.127)
    """
    one = sums.iloc[0].astype(float)
    n_customers, years = int(one["n_customers"]), float(one["years"])
    size = n_customers, int(one["n_purchases"]), years
    if n_customers < FEWEST_CUSTOMERS or years < SHORTEST_YEARS:
        missing = float("nan")
        return SpendTrend("unknown", missing, missing, missing, missing, missing, *size)
    slope = float(one["s_ty"] / one["s_tt"])
    scores = one["s_ty_ty"] - 2 * slope * one["s_tt_ty"] + slope**2 * one["s_tt_tt"]
    standard_error = float(np.sqrt(max(scores, 0.0) * n_customers / (n_customers - 1)) / one["s_tt"])
    reach = float(stdtrit(n_customers - 1, (1 + _CONFIDENCE) / 2)) * standard_error
    change, low, high = np.expm1([slope, slope - reach, slope + reach]).tolist()
    return SpendTrend(_verdict(change, low, high), change, low, high, slope, standard_error, *size)


def cohort_tracking(customers: pd.DataFrame, months_per_cohort: int = 3) -> pd.DataFrame:
    """Put the purchases expected of each acquisition cohort beside those made.

    One set of parameters over cohorts that differ can be right in total and wrong in every part. The same table does
    for a holdout (forecast given each history, purchases in the holdout) and for the fit itself (expectation of a new
    customer to age T, repeat purchases to date).

    Parameters
    ----------
    customers : DataFrame
        One row per customer: first_order (date), forecast and actual (purchases, ≥ 0).
    months_per_cohort : {1, 3, 12}, default 3
        Length of a cohort in calendar months.

    Returns
    -------
    DataFrame
        Index cohort (first day of the period, oldest first); columns n_customers, forecast and actual (totals), ratio
        (actual / forecast) with its 95 % interval low and high. The interval is that of a ratio of sums over
        customers; ratio, low and high are missing where nothing was forecast, low and high for a single customer.

    Raises
    ------
    DataError
        If a value is missing or negative.

    Examples
    --------
    >>> seen = {"first_order": ["2023-01-09", "2023-02-10", "2023-05-01"], "forecast": [1.0, 3.0, 2.0]}
    >>> cohorts = cohort_tracking(pd.DataFrame(seen | {"actual": [1, 4, 1]})).rename_axis(None)
    >>> cohorts[["n_customers", "forecast", "actual", "ratio"]]
                n_customers  forecast  actual  ratio
    2023-01-01            2       4.0     5.0   1.25
    2023-04-01            1       2.0     1.0   0.50
    """
    counts = customers[["forecast", "actual"]].astype(float)
    first_order = pd.to_datetime(customers["first_order"])
    bad = int((~np.isfinite(counts) | (counts < 0)).any(axis=1).sum()) + int(first_order.isna().sum())
    if bad:
        raise DataError(f"cohorts: {bad:,} of {len(counts):,} customers lack a first order or have a bad count")
    cohort = first_order.dt.to_period(_MONTHS[months_per_cohort]).dt.start_time.rename("cohort")
    squares = {"ff": counts["forecast"] ** 2, "fa": counts["forecast"] * counts["actual"], "aa": counts["actual"] ** 2}
    sums = counts.assign(n_customers=1, **squares).groupby(cohort).sum()
    forecast = sums["forecast"].where(sums["forecast"] > 0)
    ratio = sums["actual"] / forecast
    reach = _reach_of_ratio(sums, ratio) / forecast
    table = sums[["n_customers", "forecast", "actual"]]
    return table.assign(ratio=ratio, low=(ratio - reach).clip(lower=0), high=ratio + reach)


def cohort_spread(cohorts: pd.DataFrame) -> float:
    """Return how far cohorts are from their forecasts beyond what they have in common, as a share of the forecast.

    The mean over cohorts, weighted by forecast, of |actual / forecast − common ratio|: 0 where one set of parameters
    fits all cohorts alike, however wrong the total. Small cohorts differ by chance: read it beside their intervals.
    Forecasts must not all be zero.

    Examples
    --------
    >>> cohorts = pd.DataFrame({"forecast": [100.0, 100.0], "actual": [130.0, 70.0]})
    >>> cohort_spread(cohorts)
    0.3
    """
    common = cohorts["actual"].sum() / cohorts["forecast"].sum()
    return float((cohorts["actual"] - common * cohorts["forecast"]).abs().sum() / cohorts["forecast"].sum())


def _verdict(change: float, low: float, high: float) -> SpendVerdict:
    if low > 0 and change >= SIZE_THAT_MATTERS:
        return "rising"
    return "falling" if high < 0 and change <= -SIZE_THAT_MATTERS else "none"


def _reach_of_ratio(sums: pd.DataFrame, ratio: pd.Series) -> pd.Series:
    """Return half the 95 % interval of each cohort's actual, given its forecast: of Σ (actual − ratio·forecast)."""
    n = sums["n_customers"].where(sums["n_customers"] > 1)
    spread = (sums["aa"] - 2 * ratio * sums["fa"] + ratio**2 * sums["ff"]).clip(lower=0)
    quantile = pd.Series(stdtrit(n - 1, (1 + _CONFIDENCE) / 2), index=sums.index)
    return quantile * np.sqrt(spread * n / (n - 1))
