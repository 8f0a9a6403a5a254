"""Time and rates carry their unit, and a bare number is refused."""

import math

import pytest

from clv.errors import ConfigError
from clv.units import DAYS_PER_YEAR, DiscountRate, Horizon, annual, days, require_horizon, require_rate, weeks, years


def test_a_length_is_the_same_in_every_unit():
    assert weeks(52) == days(364) == Horizon(364.0)
    assert years(1).days == DAYS_PER_YEAR
    assert weeks(39).in_units("day") == 273
    assert days(273).in_units("week") == 39
    assert years(2).in_years == 2


def test_twelve_months_of_discount_are_the_annual_rate():
    for unit, per_year in (("day", DAYS_PER_YEAR), ("week", DAYS_PER_YEAR / 7)):
        assert math.exp(-annual(0.10).per(unit) * per_year) == pytest.approx(1 / 1.10, rel=1e-12)
    assert annual(0).per("week") == 0


@pytest.mark.parametrize("number", [0, -1, math.inf, math.nan])
def test_a_horizon_is_positive_and_finite(number):
    with pytest.raises(ConfigError, match=r"horizon must be a positive, finite length of time; got .* days"):
        weeks(number)


@pytest.mark.parametrize("rate", [-0.01, 1, 10, math.nan])
def test_a_rate_given_in_percent_is_refused(rate):
    with pytest.raises(ConfigError, match=r"at least 0 and below 1 \(0\.10 is 10 %\); got"):
        annual(rate)


def test_a_bare_number_is_refused_with_the_right_call():
    with pytest.raises(ConfigError, match=r"horizon must be a Horizon, e\.g\. weeks\(39\); got 39"):
        require_horizon(39)
    with pytest.raises(ConfigError, match=r"must be a DiscountRate, e\.g\. annual\(0\.10\); got 0\.1"):
        require_rate(0.1)
    assert require_horizon(weeks(39)) is not None
    assert require_rate(annual(0.1)) == DiscountRate(0.1)


def test_lengths_are_ordered():
    assert min(days(8), weeks(1)) == weeks(1)
