"""The season of a base's purchases: smooth factors by time of year, where more than a year of history shows them.

log E[purchases of a week] = log(expected of the base) + level + trend·t + Σ_k (a_k cos 2πkφ + b_k sin 2πkφ), with φ the
time of year and k = 1 … 6: a Poisson regression with the base's expected purchases as offset, so that more customers
are not read as season. The waves are shrunk towards none. Holidays that move (Easter, Ramadan) are out of scope: a
smooth curve over the year cannot follow them. It says nothing of a single customer and no individual model sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import fdtrc

from clv.errors import ConvergenceError, DataError
from clv.units import DAYS_PER_WEEK, DAYS_PER_YEAR

FloatArray = npt.NDArray[np.float64]
SeasonReason = Literal["seen", "short_history", "few_purchases", "not_seen"]

N_HARMONICS = 6  # waves of 12 to 2 months: a peak of about a month is the narrowest they draw
SHORTEST_HISTORY_DAYS = 371  # 53 weeks: more than a year, so that no time of year is missing
FEWEST_PURCHASES = 100
FALSE_ALARM = 0.01  # probability of seeing a season where there is none
# each time of year seen once: a slow change of the level looks like a season, so that the test must be stricter
FALSE_ALARM_IN_ONE_PASS = 0.001
_TWO_PASSES_DAYS = 728.0  # 104 weeks
_Z95 = 1.959964  # standard normal, 97.5 %
_FREE_SD = 2.0  # of trend (log per year) and waves before they are shrunk: finite estimates from any weeks, no more
_SIZES = np.geomspace(0.01, 1.0, 41)  # sizes of the first wave (log) among which the shrinkage is chosen
_STRONGEST_MEMORY = 0.9  # autocorrelation of weeks
_MOST_STEPS, _LONGEST_STEP, _SMALLEST_STEP = 100, 2.0, 1e-10  # of Newton, in logs


@dataclass(frozen=True, eq=False)
class Season:
    """Factors by time of year, or why there are none.

    Attributes
    ----------
    reason
        `seen`; or why every factor is 1: `short_history`, `few_purchases`, `not_seen` (the weeks differ no more than
        chance and their memory allow).
    numbers
        The figures behind the reason: days and needed_days, purchases and needed_purchases, or the test's p_value with
        the dispersion and memory (autocorrelation of successive weeks) that it allowed for.
    coefficients, covariance
        Of the waves (cos and sin of k = 1 …), shapes (12,) and (12, 12); zero unless the season was seen.
    """

    reason: SeasonReason
    numbers: dict[str, float]
    coefficients: FloatArray = field(default_factory=lambda: np.zeros(2 * N_HARMONICS))
    covariance: FloatArray = field(default_factory=lambda: np.zeros((2 * N_HARMONICS, 2 * N_HARMONICS)))

    def factors(self, dates: pd.DatetimeIndex) -> pd.DataFrame:
        """Return the factor of each date and its 95 % interval; 1 is the mean of a year.

        Returns
        -------
        DataFrame
            Index dates; columns factor, low, high. Each is 1 where no season was seen.

        Examples
        --------
        >>> summer = Season("seen", {}, np.r_[-0.2, np.zeros(11)], np.diag(np.full(12, 0.03**2)))
        >>> summer.factors(pd.DatetimeIndex(["2024-01-01", "2024-07-01"])).round(2)
                    factor   low  high
        2024-01-01    0.81  0.70  0.94
        2024-07-01    1.21  1.05  1.39
        """
        year = waves(pd.date_range("2001-01-01", periods=365, freq="D"))
        here = waves(dates)
        heights = np.exp(year @ self.coefficients)
        log_factor = here @ self.coefficients - np.log(heights.mean())
        slopes = here - heights @ year / heights.sum()
        reach = _Z95 * np.sqrt(np.einsum("ni,ij,nj->n", slopes, self.covariance, slopes))
        bounds = {"factor": log_factor, "low": log_factor - reach, "high": log_factor + reach}
        return pd.DataFrame({name: np.exp(value) for name, value in bounds.items()}, index=dates)


def fit_season(weeks: pd.DataFrame) -> Season:
    """Estimate the season from the weeks of a history, or say why it cannot be seen.

    The waves are estimated twice: freely, which gives the dispersion and memory of the weeks, a test of any season
    at all (Wald, F) and the size that the waves have beyond their noise; then shrunk with that size (empirical Bayes,
    prior standard deviation size / k for wave k).

    Parameters
    ----------
    weeks : DataFrame
        One row per week, silent weeks too: week_end (date), actual (purchases, ≥ 0), expected (purchases that the
        base's size and age let expect, ≥ 0, e.g. from `expected_of_base`; its scale does not matter). Weeks in which
        nothing was expected are left out.

    Returns
    -------
    Season

    Raises
    ------
    DataError
        If a value is missing or negative, or a week occurs twice.

    Notes
    -----
    McCullagh & Nelder (1989), Generalized Linear Models, ch. 6 and 9, for the Poisson regression with dispersion; the
    standard errors allow for the memory of weeks by (1 + ρ) / (1 − ρ), exact for first-order autoregression. Between
    one and two years each time of year was seen once, and a season cannot be told from a level that wandered that year.
    In simulated flat bases (200 of each kind, on seeds that chose no threshold) it was seen in at most 1 % where weeks
    are independent, with growth, trend or extra noise. Where the level wanders with a standard deviation of 15 % and a
    memory of 0.5 it was seen in 5 to 14 % of histories of 56 weeks and 1 to 7 % of longer ones; with a memory of 0.8
    in 18 to 59 % of 56 weeks, 7 to 16 % of 78 to 104, 2 to 6 % of 156: below two years, believe it with care.

    Examples
    --------
    >>> ends = pd.date_range("2023-01-08", periods=35, freq="7D")
    >>> season = fit_season(pd.DataFrame({"week_end": ends, "actual": 90, "expected": 100.0}))
    >>> season.reason, season.numbers
    ('short_history', {'days': 245.0, 'needed_days': 371.0})
    """
    usable = _checked(weeks)
    days, purchases = DAYS_PER_WEEK * _n_weeks(usable), float(usable["actual"].sum())
    if days < SHORTEST_HISTORY_DAYS:
        return Season("short_history", {"days": days, "needed_days": float(SHORTEST_HISTORY_DAYS)})
    if purchases < FEWEST_PURCHASES:
        return Season("few_purchases", {"purchases": purchases, "needed_purchases": float(FEWEST_PURCHASES)})
    ends = pd.DatetimeIndex(usable["week_end"])
    y, log_expected = usable["actual"].to_numpy(dtype=float), np.log(usable["expected"].to_numpy(dtype=float))
    design = _design(ends)
    free = _poisson(design, y, log_expected, np.full(2 * N_HARMONICS, _FREE_SD))
    dispersion, memory = _noise(free.residuals, design.shape[1])
    noise = dispersion * (1 + memory) / (1 - memory)
    p_value = _wald(free, noise, len(y) * (1 - memory) / (1 + memory))
    numbers = {"days": days, "p_value": p_value, "dispersion": dispersion, "memory": memory}
    if p_value >= (FALSE_ALARM if days >= _TWO_PASSES_DAYS else FALSE_ALARM_IN_ONE_PASS):
        return Season("not_seen", numbers)
    size = _size(free, noise)
    # a prior of standard deviation `size` against noisy counts is one of size / √noise against Poisson counts
    shrunk = _poisson(design, y, log_expected, size / _wave_number() / np.sqrt(noise))
    return Season("seen", numbers | {"size": size}, shrunk.coefficients[2:], noise * shrunk.covariance[2:, 2:])


def expected_of_base(new_customers: FloatArray, purchases_to_age: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Return how many repeat purchases the base, as it grew, lets expect on each day.

    Parameters
    ----------
    new_customers : ndarray, shape (n,)
        Customers whose first purchase day it was, by day, silent days as zero.
    purchases_to_age : callable
        From ages in days, shape (n + 1,), to the expected repeat purchases of a new customer up to that age, e.g.
        ``lambda age: expected_purchases_new_customer(params, age / 7)``.

    Returns
    -------
    ndarray, shape (n,)
        Expected repeat purchases by day: the sum over first days of their customers times what their age adds.

    Examples
    --------
    >>> expected_of_base(np.array([10.0, 0.0, 20.0, 0.0]), lambda age: 0.1 * age)
    array([0., 1., 1., 3.])
    """
    by_age = np.diff(purchases_to_age(np.arange(new_customers.size, dtype=float)), prepend=0.0)
    return np.convolve(new_customers, by_age)[: new_customers.size]


def waves(dates: pd.DatetimeIndex) -> FloatArray:
    """Return cos and sin of each harmonic of the year at the dates, shape (n, 12)."""
    phase = ((dates - pd.Timestamp("2001-01-01")) / pd.Timedelta(days=1)).to_numpy(dtype=float) / DAYS_PER_YEAR
    angle = 2 * np.pi * phase[:, None] * np.arange(1, N_HARMONICS + 1)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1)


class _Poisson(NamedTuple):
    """A fitted Poisson regression: coefficients, their inverse information, and Pearson residuals."""

    coefficients: FloatArray
    covariance: FloatArray
    residuals: FloatArray


def _checked(weeks: pd.DataFrame) -> pd.DataFrame:
    values = weeks[["actual", "expected"]].to_numpy(dtype=float)
    bad = int((~np.isfinite(values) | (values < 0)).any(axis=1).sum()) + int(weeks["week_end"].duplicated().sum())
    if bad:
        raise DataError(
            f"weeks: {bad:,} of {len(weeks):,} have a missing or negative count or occur twice; "
            "give one row per week with actual and expected purchases"
        )
    return weeks[weeks["expected"] > 0].sort_values("week_end")


def _n_weeks(weeks: pd.DataFrame) -> int:
    """Return the length of the history in weeks, from the first to the last that can be used."""
    ends = pd.DatetimeIndex(weeks["week_end"])
    return 0 if weeks.empty else round((ends[-1] - ends[0]) / pd.Timedelta(days=DAYS_PER_WEEK)) + 1


def _design(ends: pd.DatetimeIndex) -> FloatArray:
    """Return level, trend in years from the middle, and the waves in the middle of each week."""
    years = ((ends - ends[0]) / pd.Timedelta(days=DAYS_PER_YEAR)).to_numpy(dtype=float)
    return np.column_stack([np.ones(len(ends)), years - years.mean(), waves(ends - pd.Timedelta(days=3))])


def _wave_number() -> FloatArray:
    return np.tile(np.arange(1.0, N_HARMONICS + 1), 2)


def _poisson(design: FloatArray, y: FloatArray, offset: FloatArray, wave_sd: FloatArray) -> _Poisson:
    """Maximise the Poisson likelihood with a normal prior on trend and waves, none on the level."""
    precision = np.diag(np.concatenate([[0.0, _FREE_SD**-2], wave_sd**-2]))
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(y.sum()) - np.logaddexp.reduce(offset)
    for _ in range(_MOST_STEPS):
        mu = np.exp(offset + design @ beta)
        information = design.T @ (mu[:, None] * design) + precision
        step = np.linalg.solve(information, design.T @ (y - mu) - precision @ beta)
        # a bounded step cannot overflow, and the likelihood is concave
        beta = beta + step / max(1.0, float(np.abs(design @ step).max()) / _LONGEST_STEP)
        if np.abs(step).max() < _SMALLEST_STEP:
            covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
            return _Poisson(beta, covariance, (y - mu) / np.sqrt(mu))
    raise ConvergenceError(
        f"season: the regression over {y.size:,} weeks with {y.sum():,.0f} purchases did not settle in {_MOST_STEPS} "
        "steps; look for weeks whose count is far from the others"
    )


def _noise(residuals: FloatArray, n_parameters: int) -> tuple[float, float]:
    """Return the dispersion of weeks (Poisson = 1, never below) and their memory, 0 to 0.9."""
    n = residuals.size
    dispersion = max(1.0, float(residuals @ residuals) / max(n - n_parameters, 1))
    raw = float(residuals[1:] @ residuals[:-1] / (residuals @ residuals)) if residuals.any() else 0.0
    # taking parameters out of n residuals pulls their autocorrelation down by about n_parameters / n
    return dispersion, float(np.clip(raw + n_parameters / n, 0.0, _STRONGEST_MEMORY))


def _wald(free: _Poisson, noise: float, n_independent: float) -> float:
    """Return the probability of waves this large where there is no season."""
    beta, covariance = free.coefficients[2:], noise * free.covariance[2:, 2:]
    statistic = float(beta @ np.linalg.solve(covariance, beta)) / beta.size
    return float(fdtrc(beta.size, max(n_independent - free.coefficients.size, 1.0), statistic))


def _size(free: _Poisson, noise: float) -> float:
    """Return the standard deviation of the first wave's coefficients that makes the free ones likeliest."""
    scale = _wave_number()
    variances, axes = np.linalg.eigh(noise * free.covariance[2:, 2:] * np.outer(scale, scale))
    z = axes.T @ (free.coefficients[2:] * scale)
    total = variances[:, None] + _SIZES**2
    log_likelihood = -0.5 * (np.log(total) + z[:, None] ** 2 / total).sum(axis=0)
    return float(_SIZES[np.argmax(log_likelihood)])
