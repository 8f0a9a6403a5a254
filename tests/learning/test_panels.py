"""Logs recorded in periods, forecast from the dates alone: the total and each customer are those of the true model.

Customers follow the BG/BB exactly. Expected orders in total, over what the true model expects, and how far a customer's
expected orders lie from that (root mean square); means of three seeds. Beside it the forecast without the dates, which
learners had to rescue at past origins, and the three continuous models that it starts from.

======================================  ===========  =================  ===============
1,500 customers                         forecast     without dates      models alone
======================================  ===========  =================  ===============
15 quarters, the next year              0.99   0.05  0.95          0.27  1.21       0.48
8 quarters, the next year               0.98   0.06  0.99          0.48  1.36       0.78
8 quarters, 60 days after the last      0.98   0.06  0.86          0.39  1.11       0.61
24 months, the next six                 0.99   0.06  0.98          0.22  1.15       0.35
24 months, 29 days after the last       0.99   0.05  0.90          0.25  1.00       0.29
78 weeks, the next 13                   1.01   0.05  1.01          0.10  1.06       0.20
======================================  ===========  =================  ===============
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.data.engine import open_engine
from clv.data.periods import Panel
from clv.decisions.forecasting import churn_window, fit_forecaster, weeks_of
from clv.learning import distribution, learners
from clv.learning.backtest import Habit, cases_of
from clv.learning.forecaster import Forecaster
from clv.models.purchases import bgbb, family
from clv.models.purchases.family import ON_DATES, ModelFamily
from clv.models.purchases.mbgnbd import MBGNBD
from clv.units import annual, days

N = 1_500
SPARSE, USUAL, OFTEN = (1.2, 0.75, 0.66, 4.0), (1.2, 1.8, 0.6, 9.0), (1.0, 4.0, 0.5, 20.0)


def quarters(number: int) -> dt.date:
    return dt.date(2021 + number // 4, 1 + 3 * (number % 4), 1)


def months(number: int) -> dt.date:
    return dt.date(2021 + number // 12, 1 + number % 12, 1)


def mondays(number: int) -> dt.date:
    return dt.date(2021, 1, 4) + dt.timedelta(days=7 * number)


@dataclass
class Company:
    """Purchases on dates by customers who follow the BG/BB, and what the true model expects of them."""

    rows: pd.DataFrame
    as_of: dt.date
    horizon_days: int
    expected: pd.Series
    made: pd.Series


def company(calendar, seen: int, ahead: int, horizon_days: int, cohorts: int, p, seed: int, late: int = 0) -> Company:
    """Return customers who enter at the first `cohorts` dates, seen until some days after the last of `seen` dates."""
    rng, dates = np.random.default_rng(seed), [calendar(number) for number in range(seen + ahead)]
    buys, leaves = rng.beta(p[0], p[1], N), rng.beta(p[2], p[3], N)
    entry, number = rng.integers(0, cohorts, N)[:, np.newaxis], np.arange(seen + ahead)
    chance = number > entry
    stays = np.cumprod(~chance | (rng.random(chance.shape) >= leaves[:, np.newaxis]), axis=1).astype(bool)
    bought = (number == entry) | (chance & stays & (rng.random(chance.shape) < buys[:, np.newaxis]))
    who, when = np.nonzero(bought)
    names = np.array([f"C{name:06d}" for name in range(N)])
    net = np.maximum(0.01, rng.gamma(4.0, 10.0, who.size).round(2))
    rows = pd.DataFrame({"customer_id": names[who], "ordered_on": pd.to_datetime(dates)[when], "net": net})
    past = bought[:, :seen]
    last = (past * np.arange(seen)).max(axis=1) - entry[:, 0]
    history = past.sum(axis=1) - 1, last, seen - 1 - entry[:, 0]
    return Company(
        rows.assign(is_purchase=True),
        dates[seen - 1] + dt.timedelta(days=late),
        horizon_days,
        pd.Series(bgbb.expected_purchases(bgbb.Params(*p), *history, ahead), index=names),
        pd.Series(bought[:, seen:].sum(axis=1), index=names),
    )


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Grow few trees, draw few customers, fit one continuous model: what is tested is the model of panels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(family, "MEMBERS", {"MBG/NBD": MBGNBD})
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 100)
        yield


@pytest.fixture(scope="module")
def table_of(tmp_path_factory):
    """Return a function that makes the days of an engine from those of a company, up to its as-of date."""
    engine, folder = open_engine(), tmp_path_factory.mktemp("days")

    def table_of(company: Company):
        file = folder / f"{len(list(folder.iterdir()))}.parquet"
        seen = company.rows[company.rows["ordered_on"] <= pd.Timestamp(company.as_of)]
        seen.assign(ordered_on=seen["ordered_on"].dt.date).to_parquet(file)
        table = engine.read_parquet(file)
        return table.mutate(net=table.net.cast("decimal(38, 4)"))

    yield table_of
    engine.disconnect()


@pytest.fixture(scope="module")
def forecast_of(table_of):
    """Return a function that fits the forecaster to the log of a company alone."""

    def forecast_of(company: Company) -> Forecaster:
        return fit_forecaster(table_of(company), company.as_of, days(company.horizon_days))

    return forecast_of


@pytest.fixture(scope="module")
def monthly(forecast_of) -> tuple[Company, Forecaster]:
    one = company(months, 24, 6, 183, 14, USUAL, seed=2, late=2)
    return one, forecast_of(one)


def distance(one: pd.Series, other: pd.Series) -> float:
    return float(np.sqrt(np.mean((one - other.reindex(one.index)) ** 2)))


def check(one: Company, forecaster: Forecaster) -> None:
    said = forecaster.predict(forecaster.known_, annual(0.1))
    usual = ModelFamily().fit(forecaster.known_).predict(forecaster.known_, forecaster.horizon)["expected_purchases"]
    assert list(forecaster.ground_.family_.models_) == [ON_DATES]
    assert said["expected_orders"].sum() == pytest.approx(one.expected.sum(), rel=0.08)
    assert distance(said["expected_orders"], one.expected) < 0.8 * distance(usual, one.expected)
    assert distance(said["expected_orders"], one.made) <= distance(usual, one.made)
    most = len([date for date in one.rows["ordered_on"].unique() if date > pd.Timestamp(one.as_of)])
    assert said["orders_high"].max() <= most
    assert said["expected_orders"].max() <= most


@pytest.mark.parametrize(
    "one",
    [
        company(quarters, 15, 4, 365, 10, SPARSE, seed=1),
        company(mondays, 78, 13, 91, 45, OFTEN, seed=1),
        company(quarters, 8, 4, 365, 5, SPARSE, seed=1, late=60),
    ],
    ids=["quarters", "weeks", "few quarters"],
)
def test_the_forecast_is_that_of_the_true_model(forecast_of, one):
    check(one, forecast_of(one))


def test_months_are_forecast_and_their_silence_ends_on_dates(monthly):
    one, forecaster = monthly
    check(one, forecaster)
    known, first = forecaster.known_, (months(24) - one.as_of).days
    before, at, later = (forecaster.expectation(known, days(n)) for n in (first - 1, first, first + 20))
    assert before.orders.sum() == 0
    assert before.p_no_order.min() > 0.999
    assert at.p_no_order.mean() < 0.9
    np.testing.assert_allclose(later.p_no_order, at.p_no_order, atol=0.01)
    soon = forecaster.predict(known, annual(0.1))["days_to_next_order"]
    assert soon.min() == pytest.approx(first, abs=1)


def test_the_past_of_a_panel_is_tried_in_whole_periods(monthly):
    _, forecaster = monthly
    assert forecaster.contest_.n_origins == 2
    assert {date.day for date, _ in forecaster.contest_.trials.index} == {3}  # as late in the month as today
    assert forecaster.contest_.trials["outcome"].max() == 6


def test_the_weeks_of_a_panel_hold_its_purchases_spread_over_the_periods(monthly, table_of):
    one, forecaster = monthly
    weeks = weeks_of(table_of(one), one.as_of, forecaster.ground_.family_)
    seen = one.rows[one.rows["ordered_on"] <= pd.Timestamp(one.as_of)]
    assert weeks["actual"].sum() == pytest.approx(seen.duplicated("customer_id").sum(), rel=0.01)
    assert weeks["week_end"].max() == pd.Timestamp(months(23))
    ratio = weeks["actual"].iloc[13:] / weeks["expected"].iloc[13:]
    assert ratio.between(0.7, 1.3).all()
    assert forecaster.level == 1.0


def test_a_horizon_before_the_next_date_expects_nothing(forecast_of):
    one = company(quarters, 8, 1, 60, 5, SPARSE, seed=4)
    forecaster = forecast_of(one)
    said = forecaster.predict(forecaster.known_, annual(0.1))
    assert said[["expected_orders", "orders_high", "expected_revenue"]].eq(0).all(axis=None)
    assert said["p_no_order"].min() > 0.999


def test_dates_that_do_not_help_are_not_believed():
    rows = companies.buyers(300, 3, days=500, arrivals=300)
    span, past = companies.past(rows, companies.day(500), 120)
    known, dates = companies.known(rows, companies.day(500), span), tuple(np.arange(-70.0, 20.0, 8.0))
    told = [replace(origin, opportunities=dates) for origin in past]
    habit, cases = cases_of(known, told, days(span), dates)
    assert habit == Habit()
    assert list(cases[0].ground.family_.models_) == list(family.MEMBERS)
    assert cases_of(known, [], days(span), dates) == (Habit(opportunities=dates), [])


def test_the_churn_window_of_a_panel_holds_a_date():
    panel = Panel(365.25 / 12, tuple(months(number) for number in range(24)))
    counts = pd.DataFrame({"frequency": [20, 20, 7], "recency": [87.0, 87.0, 87.0]})
    assert churn_window(counts.iloc[:2], None, days(365), panel) == days(31)
    assert churn_window(counts, None, days(365), panel) == days(92)
    assert churn_window(counts, 10, days(365), panel) == days(10)
    assert churn_window(counts, None, days(20), panel) == days(20)
