"""What is true can be found again from the tables: twenty small companies, simple estimators, 95 % intervals.

An interval that is right holds the truth in 19 of 20 companies in the mean, and in 18 or more with a chance of .92.
"""

import numpy as np
import pytest
from scipy.stats import chi2
from tests.data.simulate import refits
from tests.data.simulate.refits import company_tables

from clv.data.simulate import clock, truths

CUSTOMERS, SEEDS, LEAST_RIGHT = 2_000, range(20), 18
CHRISTMAS = slice(47, 51)  # the weeks of the year up to 23 December
FOUND = ("campaign of Christmas", "campaign of a message without effect", "bad cases", "Christmas", "all weeks")


@pytest.fixture(scope="module")
def is_inside() -> dict[str, list[bool]]:
    """Return for each truth whether the interval of each company holds it."""
    inside: dict[str, list[bool]] = {name: [] for name in FOUND}
    for seed in SEEDS:
        for name, right in zip(FOUND, _judge(company_tables(CUSTOMERS, seed)), strict=True):
            inside[name].append(bool(right))
    return inside


def _judge(tables):
    for campaign, message in (("C04", "descuento"), ("C05", "novedades")):
        true = next(each.rate_ratios[message] for each in truths.CAMPAIGNS if each.campaign_id == campaign)
        log_ratio, error = refits.campaign_effect(tables, campaign, message, truths.EFFECT_DAYS)
        yield abs(log_ratio - np.log(true)) < refits.Z * error
    log_ratio, error = refits.hazard_ratio(tables)
    yield abs(log_ratio - np.log(truths.BAD_CASE_HAZARD_RATIO)) < refits.Z * error
    log_index, covariance = refits.season(tables)
    off = log_index - np.log(clock.SEASON_BY_WEEK)
    weight = np.full(52, -1 / 52)
    weight[CHRISTMAS] += 1 / 4
    yield abs(weight @ off) < refits.Z * np.sqrt(weight @ covariance @ weight)
    yield off @ np.linalg.pinv(covariance) @ off < chi2.ppf(0.95, 51)


@pytest.mark.parametrize("truth", FOUND)
def test_intervals_hold_the_truth(is_inside, truth):
    assert sum(is_inside[truth]) >= LEAST_RIGHT


def test_the_season_has_mean_one_and_its_peak_at_christmas():
    days = np.arange(365)
    assert clock.SEASON_BY_WEEK[clock.week_of_year(days)].mean() == pytest.approx(1)
    assert clock.SEASON_BY_WEEK.argmax() == 50
    assert int(np.argmax(clock.season_by_month())) == 11


def test_seasonal_time_can_be_read_back():
    day = np.linspace(0, clock.ALL_DAYS, 500)
    assert clock.day_of_season(clock.season_days(day)) == pytest.approx(day)
