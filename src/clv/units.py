"""Time and discount with their unit in the type, so that weeks are never read as days.

One year is `DAYS_PER_YEAR` days everywhere, so that twelve months are never 360 days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from clv.errors import ConfigError

DAYS_PER_WEEK = 7.0
DAYS_PER_YEAR = 365.25  # Julian year

TimeUnit = Literal["day", "week"]
DAYS_PER_UNIT: dict[TimeUnit, float] = {"day": 1.0, "week": DAYS_PER_WEEK}


@dataclass(frozen=True, order=True)
class Horizon:
    """A length of time after the as-of date; build it with `days`, `weeks` or `years`.

    Examples
    --------
    >>> weeks(39).days
    273.0
    >>> days(365).in_units("week")
    52.142857142857146
    """

    days: float

    def __post_init__(self) -> None:
        """Refuse a length that is not positive and finite."""
        if not (math.isfinite(self.days) and self.days > 0):
            raise ConfigError(f"horizon must be a positive, finite length of time; got {self.days!r} days")

    def in_units(self, unit: TimeUnit) -> float:
        """Return the length in the time unit of a model."""
        return self.days / DAYS_PER_UNIT[unit]

    @property
    def in_years(self) -> float:
        """Return the length in Julian years."""
        return self.days / DAYS_PER_YEAR


def days(number: float) -> Horizon:
    """Return a horizon of so many days."""
    return Horizon(float(number))


def weeks(number: float) -> Horizon:
    """Return a horizon of so many weeks of seven days."""
    return Horizon(number * DAYS_PER_WEEK)


def years(number: float) -> Horizon:
    """Return a horizon of so many Julian years."""
    return Horizon(number * DAYS_PER_YEAR)


def require_horizon(horizon: object) -> Horizon:
    """Return `horizon` if it carries its unit; a bare number is an error that shows the right call."""
    if isinstance(horizon, Horizon):
        return horizon
    raise ConfigError(f"horizon must be a Horizon, e.g. weeks(39); got {horizon!r}")


@dataclass(frozen=True)
class DiscountRate:
    """An effective annual discount rate; build it with `annual`.

    A payment one year ahead is worth 1 / (1 + rate) of one today; in between, the discount is continuous.

    Examples
    --------
    >>> round(annual(0.10).per("week"), 6)
    0.001827
    """

    effective_annual: float

    def __post_init__(self) -> None:
        """Refuse a rate below zero, and one so high that it is surely a percentage."""
        if not 0.0 <= self.effective_annual < 1.0:
            raise ConfigError(
                f"annual discount rate must be at least 0 and below 1 (0.10 is 10 %); got {self.effective_annual!r}"
            )

    def per(self, unit: TimeUnit) -> float:
        """Return the continuous rate per time unit, ln(1 + d) × unit in years."""
        return math.log1p(self.effective_annual) * DAYS_PER_UNIT[unit] / DAYS_PER_YEAR


def annual(rate: float) -> DiscountRate:
    """Return an effective annual discount rate, as a fraction: 0.10 is 10 % a year."""
    return DiscountRate(float(rate))


def require_rate(rate: object) -> DiscountRate:
    """Return `rate` if it is a `DiscountRate`; a bare number is an error that shows the right call."""
    if isinstance(rate, DiscountRate):
        return rate
    raise ConfigError(f"discount rate must be a DiscountRate, e.g. annual(0.10); got {rate!r}")
