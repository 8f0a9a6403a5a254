"""Weeks add up to the sum of the individual forecasts; a season moves purchases between them, a level moves the sum."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from clv.decisions.outlook import cumulative_forecast, observed_weeks, weekly_outlook
from clv.errors import DataError
from clv.models import BGNBD
from clv.models.calendar.level import Level
from clv.models.calendar.season import N_HARMONICS, Season, fit_season
from clv.models.purchases.bgnbd import Params
from clv.units import days, weeks

AS_OF = dt.date(2024, 6, 30)
NO_SEASON, NO_LEVEL = Season("not_seen", {}), Level(1.0, "no_candidate", {})
SEASON = Season(
    "seen", {}, np.r_[0.4, np.zeros(2 * N_HARMONICS - 1)], np.eye(2 * N_HARMONICS) * 1e-4
)  # high in January


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(5)
    x, T = rng.poisson(2, 300), rng.uniform(5, 80, 300)
    recency = np.where(x > 0, T * rng.uniform(0.2, 1, 300), 0)
    return pd.DataFrame({"frequency": x, "recency": recency, "T": T, "value": rng.gamma(4, 10, 300)})


@pytest.fixture(scope="module")
def expected(customers):
    model = BGNBD()
    model.params_ = Params(0.243, 4.414, 0.793, 2.426)
    return lambda horizon: model.predict(customers, horizon)["expected_purchases"]


@pytest.mark.parametrize("horizon", [weeks(8), weeks(52), days(365), days(3)])
def test_weeks_add_up_to_the_sum_of_the_customers(customers, expected, horizon):
    outlook = weekly_outlook(cumulative_forecast(expected, customers["value"], horizon), AS_OF, SEASON, NO_LEVEL)
    assert outlook["purchases"].sum() == pytest.approx(expected(horizon).sum(), rel=1e-12)
    assert outlook["revenue"].sum() == pytest.approx((expected(horizon) * customers["value"]).sum(), rel=1e-12)
    assert outlook["days"].sum() == horizon.days
    assert outlook.index[-1] == pd.Timestamp(AS_OF) + pd.Timedelta(days=horizon.days)


def test_weeks_follow_the_expectations_as_they_run_off(customers, expected):
    outlook = weekly_outlook(cumulative_forecast(expected, customers["value"], weeks(52)), AS_OF, NO_SEASON, NO_LEVEL)
    exact = np.diff([0.0] + [expected(weeks(number)).sum() for number in range(1, 53)])
    assert outlook["purchases"].to_numpy() == pytest.approx(exact, rel=5e-3)
    assert (np.diff(outlook["purchases"]) < 0).all()
    assert (outlook[["factor", "factor_low", "factor_high"]] == 1).all(axis=None)


def test_a_season_moves_purchases_to_its_weeks(customers, expected):
    table = cumulative_forecast(expected, customers["value"], weeks(52))
    flat, seasonal = (weekly_outlook(table, AS_OF, season, NO_LEVEL)["purchases"] for season in (NO_SEASON, SEASON))
    moved = seasonal / flat
    assert moved["2025-01-01":"2025-01-31"].min() > 1.3
    assert moved["2024-07-07":"2024-07-31"].max() < 0.8


def test_a_level_moves_the_sum_alone(customers, expected):
    table = cumulative_forecast(expected, customers["value"], weeks(26))
    plain = weekly_outlook(table, AS_OF, SEASON, NO_LEVEL)
    raised = weekly_outlook(table, AS_OF, SEASON, Level(1.2, "corrected", {}))
    assert (raised["purchases"] / plain["purchases"]).to_numpy() == pytest.approx(np.full(26, 1.2))
    assert (raised["revenue"] / plain["revenue"]).to_numpy() == pytest.approx(np.full(26, 1.2))


def test_a_last_week_that_is_not_whole_says_so():
    table = pd.DataFrame({"weeks": [0.0, 10 / 7], "purchases": [0.0, 10.0], "revenue": [0.0, 10.0]})
    outlook = weekly_outlook(table, AS_OF, NO_SEASON, NO_LEVEL)
    assert outlook["days"].tolist() == [7, 3]
    assert outlook["purchases"].tolist() == pytest.approx([7, 3])


def test_a_base_from_which_nothing_is_expected_has_weeks_of_zero():
    table = pd.DataFrame({"weeks": [0.0, 2.0], "purchases": [0.0, 0.0], "revenue": [0.0, 0.0]})
    assert not weekly_outlook(table, AS_OF, SEASON, NO_LEVEL)[["purchases", "revenue"]].any(axis=None)


def test_without_amounts_there_are_purchases_and_no_revenue(customers, expected):
    no_money = pd.Series(np.nan, index=customers.index)
    outlook = weekly_outlook(cumulative_forecast(expected, no_money, weeks(4)), AS_OF, NO_SEASON, NO_LEVEL)
    assert outlook["purchases"].gt(0).all()
    assert outlook["revenue"].isna().all()


@pytest.mark.parametrize("rows", [[(0, 0)], [(1, 0), (2, 5)], [(0, 0), (2, 5), (1, 6)], [(0, 0), (1, 5), (2, 4)]])
def test_a_table_that_does_not_rise_from_zero_is_refused(rows):
    table = pd.DataFrame(rows, columns=["weeks", "purchases"], dtype=float).assign(revenue=0.0)
    with pytest.raises(DataError, match=f"{len(rows)} rows do not rise from zero purchases"):
        weekly_outlook(table, AS_OF, NO_SEASON, NO_LEVEL)


def test_observed_weeks_are_whole_and_reconcile_with_their_days():
    rng = np.random.default_rng(1)
    span = pd.date_range("2024-01-01", periods=7 * 10 + 3)
    daily = pd.DataFrame(
        {"day": span, "new_customers": rng.poisson(4, len(span)), "repeat_orders": rng.poisson(9, len(span))}
    )
    observed = observed_weeks(daily.sample(frac=1, random_state=0), lambda age: 0.2 * age)
    assert len(observed) == 10
    assert observed["week_end"].iloc[-1] == span[-1]
    assert observed["actual"].sum() == daily["repeat_orders"].iloc[3:].sum()
    rate = 0.2 / 7  # a day, of every customer who is known
    known = daily["new_customers"].cumsum().shift(fill_value=0)
    assert observed["expected"].sum() == pytest.approx(rate * known.iloc[3:].sum())


def test_customers_who_buy_by_the_season_show_it_through_the_whole_chain():
    rng = np.random.default_rng(2)
    span = pd.date_range("2022-01-01", periods=7 * 120)
    new = rng.poisson(np.linspace(2, 20, len(span)))
    known = np.concatenate([[0], new.cumsum()[:-1]])
    season = np.exp(0.4 * np.cos(2 * np.pi * span.day_of_year.to_numpy() / 365.25))
    daily = pd.DataFrame({"day": span, "new_customers": new, "repeat_orders": rng.poisson(0.02 * known * season)})
    found = fit_season(observed_weeks(daily, lambda age: 0.14 * age))
    assert found.reason == "seen"
    dates = pd.DatetimeIndex(["2025-01-01", "2025-07-01"])
    mean = np.exp(0.4 * np.cos(2 * np.pi * np.arange(365) / 365)).mean()
    assert found.factors(dates)["factor"].tolist() == pytest.approx(np.exp([0.4, -0.4]) / mean, rel=0.05)
