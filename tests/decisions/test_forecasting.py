"""From purchase days to a fitted forecaster, through the engine: what is learned is what the past held."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler
from tests.reference import companies

from clv.data.engine import open_engine
from clv.data.origins import OriginPlan
from clv.decisions.forecasting import buyers_as_of, choose_level_of, churn_window, fit_forecaster
from clv.errors import ConfigError, DataError
from clv.learning import distribution, learners
from clv.learning.candidates import NAIVE
from clv.learning.distribution import Miss, level_error
from clv.learning.forecaster import Forecaster
from clv.models.purchases import family
from clv.models.purchases.bgnbd import BGNBD
from clv.units import annual, days

AS_OF, HORIZON = companies.day(480), days(150)


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Fit one model, grow few trees, draw few customers: what is tested here is not how much they tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(family, "MEMBERS", {"BG/NBD": BGNBD})
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 100)
        yield


@pytest.fixture(scope="module")
def as_table(tmp_path_factory):
    """Return a function that makes the days of an engine from those of a frame."""
    engine, folder = open_engine(), tmp_path_factory.mktemp("days")

    def as_table(rows: pd.DataFrame):
        file = folder / f"{len(list(folder.iterdir()))}.parquet"
        rows.assign(ordered_on=rows["ordered_on"].dt.date).to_parquet(file)
        table = engine.read_parquet(file)
        return table.mutate(net=table.net.cast("decimal(38, 4)"))

    yield as_table
    engine.disconnect()


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return companies.buyers(500, 21, days=600, arrivals=400, alpha=5.0)


@pytest.fixture(scope="module")
def forecaster(as_table, rows) -> Forecaster:
    return fit_forecaster(as_table(rows), AS_OF, HORIZON)


def test_a_company_with_a_past_is_tried_on_it(forecaster):
    assert forecaster.contest_.n_origins > 0
    assert NAIVE in forecaster.contest_.table.index
    assert (forecaster.span.days, forecaster.horizon) == (150, HORIZON)


def test_silence_is_learned_over_the_churn_window_and_the_span(as_table, rows, forecaster):
    assert forecaster.window == churn_window(forecaster.known_, None, HORIZON)
    assert list(forecaster.silence_) == sorted({min(forecaster.window.days, 150.0), 150.0})
    stated = fit_forecaster(as_table(rows), AS_OF, HORIZON, window_days=21)
    assert stated.window == days(21)
    assert list(stated.silence_) == [21.0, 150.0]
    assert stated.silence_[21.0].n_origins > 0
    table = stated.predict(stated.known_, annual(0.1))
    assert (table["p_churn"] >= table["p_no_order"]).all()
    # the window touches orders only of the few who are so surely silent that silence bounds what they order
    apart = (table["expected_orders"] - forecaster.predict(stated.known_, annual(0.1))["expected_orders"]).abs()
    assert (apart > 1e-9).mean() < 0.05
    assert apart.sum() < 1e-3 * table["expected_orders"].sum()


def test_candidates_from_outside_compete_through_the_engine_too(as_table, rows):
    found = fit_forecaster(as_table(rows), AS_OF, HORIZON, candidates={"mine": BGNBD(), "linear": LinearRegression()})
    assert {"mine", "linear"} <= set(found.contest_.table.index)
    with pytest.raises(ConfigError, match="candidate 'odd'"):
        fit_forecaster(as_table(rows), AS_OF, HORIZON, candidates={"odd": StandardScaler()})


def test_the_churn_window_is_the_pace_of_nine_in_ten_returning_customers_in_whole_weeks(rows):
    customers = companies.known(rows, AS_OF, 150)
    returned = customers[customers["frequency"] > 0]
    window = churn_window(customers, None, days(365))
    share = (returned["recency"] / returned["frequency"] <= window.days / 7).mean()
    assert window.days % 7 == 0
    assert 0.9 - 1 / len(returned) <= share <= 0.95
    assert churn_window(customers, 45, days(365)) == days(45)
    assert churn_window(customers, None, days(20)) == days(20)
    assert churn_window(customers.assign(frequency=0), None, days(90)) == days(90)


def test_distinct_counts_have_the_churn_window_of_their_customers(rows):
    customers = companies.known(rows, AS_OF, 150)
    triples = customers.groupby(["frequency", "recency", "T"]).size().rename("n_customers").reset_index()
    assert churn_window(triples, None, days(365)) == churn_window(customers, None, days(365))


def test_the_customers_of_the_fit_are_the_buyers_of_the_day(forecaster, rows):
    expected = companies.known(rows, AS_OF, 150)
    assert forecaster.known_.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(forecaster.known_["fading_orders_45d"], expected["fading_orders_45d"])


def test_what_comes_after_the_as_of_date_changes_nothing(as_table, rows, forecaster):
    later = rows["ordered_on"] > pd.Timestamp(AS_OF)
    other = fit_forecaster(as_table(rows[~later]), AS_OF, HORIZON)
    known = forecaster.known_
    pd.testing.assert_frame_equal(other.predict(known, annual(0.1)), forecaster.predict(known, annual(0.1)), rtol=1e-9)


def test_buyers_come_in_the_order_of_their_ids_and_without_who_never_bought(as_table, rows):
    refunds = pd.DataFrame(
        {"customer_id": ["A", "Z"], "ordered_on": pd.Timestamp(AS_OF), "net": -5.0, "is_purchase": False}
    )
    found = buyers_as_of(as_table(pd.concat([rows[::-1], refunds])), AS_OF, OriginPlan(150, ()))
    assert found.index.is_monotonic_increasing
    assert {"A", "Z"}.isdisjoint(found.index)


@pytest.mark.parametrize(("n", "says"), [(6, "only 6 customers bought"), (40, "only 0 of 40 customers bought on more")])
def test_too_little_is_said_and_not_guessed(as_table, n, says):
    once = companies.purchase_days(np.arange(n), np.arange(n), 10.0)
    with pytest.raises(DataError, match=says):
        fit_forecaster(as_table(once), AS_OF, HORIZON)


def test_a_company_without_seasons_is_left_at_its_level(as_table, rows, forecaster):
    found = choose_level_of(as_table(rows[rows["ordered_on"] <= pd.Timestamp(AS_OF)]), AS_OF, HORIZON,
                            forecaster.ground_.family_)  # fmt: skip
    assert (found.factor, forecaster.level) == (1.0, 1.0)


def seasonal() -> pd.DataFrame:
    """Return four years of purchases, three times as many in the second half of each year, of customers who leave."""
    rng, days_of_all = np.random.default_rng(3), np.arange(4 * 364)
    weight = np.where(days_of_all % 364 < 182, 1.0, 3.0)
    n = 150
    when = rng.choice(days_of_all, size=(n, 40), p=weight / weight.sum())
    first = rng.integers(0, 60, (n, 1))
    life = rng.exponential(900, (n, 1))
    number = np.sort(np.where(when < first + life, np.maximum(when, first), first), axis=1)
    return companies.purchase_days(np.repeat(np.arange(n), 40), number.ravel(), 10.0)


def test_a_level_that_the_past_supports_is_taken(as_table):
    rows, end = seasonal(), companies.day(4 * 364 - 182)
    table = as_table(rows[rows["ordered_on"] <= pd.Timestamp(end)])
    forecaster = fit_forecaster(table, end, days(91))
    level = choose_level_of(table, end, days(91), forecaster.ground_.family_)
    assert level.reason == "corrected"
    assert forecaster.level == level.factor > 1.2  # the busy half of the year is about to begin
    left = [Miss(1.25 * level.numbers["error_after"], np.inf, 1.0)] * round(level.numbers["n_origins"])
    assert forecaster.level_error_ > level_error(left, 0.0, 1.0)  # the error of the parameters comes on top
    misdated = companies.purchase_days([0], [-9_000], 10.0).assign(customer_id="long ago")
    stray = choose_level_of(as_table(pd.concat([misdated, rows])), end, days(91), forecaster.ground_.family_)
    assert stray.factor == pytest.approx(level.factor, rel=0.05)


def test_a_history_of_weeks_has_a_forecast_and_no_level(as_table):
    rows = companies.buyers(150, 22, days=40, arrivals=25, alpha=2.0)
    found = fit_forecaster(as_table(rows), companies.day(40), days(365))
    assert (found.level, found.contest_.reason) == (1.0, "short_history")
    assert found.predict(found.known_, annual(0.1)).notna().all(axis=None)
