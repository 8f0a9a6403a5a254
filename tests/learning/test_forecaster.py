"""The forecast of a company: as good as the truth where the truth is known, and an answer for every odd company."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.learning import guards
from tests.reference import companies

from clv.data.origins import Origin
from clv.errors import ConfigError
from clv.learning import distribution, learners
from clv.learning.candidates import NAIVE, PROBABILITY, RULES, View
from clv.learning.combine import BLEND
from clv.learning.features import log_odds
from clv.learning.forecaster import Forecaster, _carried
from clv.models import BGNBD
from clv.models.outcomes.scattered import coherent
from clv.models.purchases import bgnbd
from clv.units import annual, days

RATE, WINDOW = annual(0.1), 60
HISTORY = 547  # days, a year and a half
HORIZON = 182
MONEY = ["expected_revenue", "median_revenue", "revenue_low", "revenue_high", "revenue_variance", "window_revenue"]


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Grow few trees and draw few customers: what is tested here is not how much they tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 100)
        patch.setattr(distribution, "_PARAMETER_DRAWS", 10)
        yield


def fitted(
    rows: pd.DataFrame, until: int = HISTORY, horizon: int = HORIZON, window: int = WINDOW, **more
) -> tuple[Forecaster, pd.DataFrame]:
    """Return a forecaster of the days up to a day, from some of its origins, and what was known then."""
    as_of = companies.day(until)
    seen = rows[rows["ordered_on"] <= pd.Timestamp(as_of)]
    span, past = companies.past(seen, as_of, horizon, window)
    known = companies.known(seen, as_of, span)
    terms = {"span": days(span), "horizon": days(horizon), "window": days(window)}
    return Forecaster().fit(known, some_of(past), **terms, **more), known


def some_of(past: list[Origin]) -> list[Origin]:
    """Return the origins that see the window alone and every second one of the others."""
    open_yet = [origin for origin in past if origin.outcome["orders"].isna().all()]
    return [*open_yet, *past[len(open_yet) :: 2]]


def is_sound(table: pd.DataFrame, *, priced: bool = True) -> None:
    """Assert what holds of every forecast of every company."""
    told = table.drop(columns=[] if priced else MONEY)
    assert np.isfinite(told.drop(columns="days_to_next_order")).all(axis=None)
    assert (told >= -1e-9).all(axis=None)
    for name in ("p_alive", "p_churn", "p_no_order", "present_share"):
        assert table[name].between(0, 1).all(), name
    assert (table["p_no_order"] <= table["p_churn"] + 1e-9).all()  # the window is shorter than the horizon
    for orders, silent in (("expected_orders", "p_no_order"), ("window_orders", "p_churn")):
        assert (table[orders] >= (1 - table[silent]) * (1 - 1e-6) - 2e-9).all()
    assert (table["window_orders"] <= table["expected_orders"] * (1 + 1e-9)).all()
    for low, middle, high in (
        ("orders_low", "median_orders", "orders_high"),
        ("revenue_low", "median_revenue", "revenue_high"),
    ):
        if priced or low == "orders_low":
            assert ((table[low] <= table[middle]) & (table[middle] <= table[high])).all()
    if not priced:
        assert table[MONEY].isna().all(axis=None)


def is_one_distribution(forecaster: Forecaster, known: pd.DataFrame) -> None:
    """Assert that silence, orders, their ranges and the day of the next order are read from one distribution."""
    table, expected = forecaster.predict(known, RATE), forecaster.expectation(known, forecaster.horizon)
    counts, curve, most = forecaster.counts_, forecaster.curve(known), int(expected.most[0])
    np.testing.assert_allclose(counts.cdf(np.zeros(len(known)), expected), table["p_no_order"], rtol=1e-9)
    np.testing.assert_allclose(table["p_no_order"], curve.at(forecaster.horizon.days), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(table["p_churn"], curve.at(forecaster.window.days), rtol=1e-6, atol=1e-8)
    for name in ("orders_low", "median_orders", "orders_high", "expected_orders"):
        assert (table[name] <= most).all()
    widest = table["expected_orders"] * (most - table["expected_orders"])  # all at either end
    assert (table["orders_variance"] <= widest * (1 + 1e-6) + 1e-6).all()

    by_orders, by_orders_if_any = (np.argsort(values) for values in (expected.orders, expected.orders_if_any))
    for row in {*by_orders[:: len(known) // 10 + 1], *by_orders[-3:], *by_orders_if_any[-5:]}:
        each = expected.rows(np.full(most + 1, row))
        pmf = np.diff(counts.cdf(np.arange(most + 1.0), each), prepend=0.0)
        assert pmf.min() >= -1e-12
        assert np.arange(most + 1) @ pmf == pytest.approx(table["expected_orders"].iloc[row], rel=5e-3, abs=1e-6)

    day = table["days_to_next_order"].to_numpy()
    np.testing.assert_array_equal(np.isfinite(day), table["p_no_order"] <= 0.5)
    for row in np.flatnonzero(np.isfinite(day))[:20]:
        assert curve.at(day[row])[row] == pytest.approx(0.5, abs=1e-9)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return companies.buyers(700, 1, days=HISTORY + HORIZON, arrivals=400)


@pytest.fixture(scope="module")
def company(rows) -> tuple[Forecaster, pd.DataFrame]:
    return fitted(rows)


@pytest.fixture(scope="module")
def table(company) -> pd.DataFrame:
    forecaster, known = company
    return forecaster.predict(known, RATE)


def test_a_company_of_the_textbook_is_forecast_soundly(company, table):
    forecaster, known = company
    is_sound(table)
    assert table.index.equals(known.index)
    assert forecaster.contest_.winner in (BLEND, PROBABILITY)
    assert NAIVE in forecaster.contest_.table.index
    assert forecaster.contest_.n_origins > 0
    assert forecaster.money_contest_.n_origins > 0
    assert list(forecaster.silence_) == [WINDOW, forecaster.span.days]


@pytest.mark.parametrize("level", [1.0, 0.8, 1.3])
def test_all_that_is_published_is_one_distribution(company, level):
    forecaster, known = company
    is_one_distribution(forecaster.at_level(level), known)


def test_parts_of_the_base_have_the_forecast_of_the_whole(company, table):
    forecaster, known = company
    parts = [known.iloc[:1], known.iloc[1:400], known.iloc[400:]]
    together = pd.concat([forecaster.predict(part, RATE) for part in parts])
    pd.testing.assert_frame_equal(together, table, check_exact=False, rtol=1e-9)
    higher = forecaster.at_level(1.2)
    apart = pd.concat([higher.predict(part, RATE) for part in parts])
    pd.testing.assert_frame_equal(apart, higher.predict(known, RATE), check_exact=False, rtol=1e-9)


def test_silence_never_becomes_likelier_with_time(company):
    forecaster, known = company
    lengths = (1, 7, 30, 60, 120, 182, 240, 400, 900)
    by_length = [forecaster.expectation(known, days(length)).p_no_order for length in lengths]
    assert (np.diff(by_length, axis=0) <= 1e-9).all()
    curve = forecaster.curve(known)
    assert (np.diff([curve.at(day) for day in np.geomspace(0.5, 900, 60)], axis=0) <= 1e-12).all()


def test_orders_never_become_fewer_with_time_and_revenue_grows_with_them(company):
    forecaster, known = company
    heard = [forecaster.expectation(known, days(length)) for length in (7, 30, 60, 120, 182, 400)]
    assert (np.diff([each.orders for each in heard], axis=0) >= -1e-12).all()
    assert (np.diff([each.revenue for each in heard], axis=0) >= -1e-9).all()


def test_silence_in_the_window_is_learned_of_the_window(company, table):
    forecaster, known = company
    guards.silence_is_read_in_its_window(forecaster, known)
    contest = forecaster.silence_[WINDOW]
    tried = contest.trials.index.get_level_values(0).unique()
    assert tried[0] == companies.day(HISTORY - WINDOW)  # an origin that saw the window over, though not the span
    assert contest.span_days == WINDOW
    view = View(known, forecaster.ground_.over(known, days(WINDOW)), days(WINDOW), forecaster.span)
    learned = forecaster._silence[days(WINDOW)]
    told = candidates_pooled(learned.members(view), learned.weights)
    np.testing.assert_allclose(table["p_churn"], coherent(table["window_orders"].to_numpy(), told), atol=1e-9)


def candidates_pooled(members: pd.DataFrame, weights: dict[str, float]) -> np.ndarray:
    odds = sum(weight * log_odds(members[name].to_numpy()) for name, weight in weights.items())
    return 1 / (1 + np.exp(-odds))


def test_money_is_that_of_all_who_were_tried_by_their_weights(company):
    guards.money_is_blended(*company)


def test_over_longer_times_than_were_learned_of_the_models_and_the_expected_orders_speak_for_themselves(company):
    forecaster, known = company
    learned, span = forecaster._silence[forecaster.span], forecaster.span
    base = View(known, forecaster.ground_.over(known, span), span, span)
    said, orders = learned.members(base), forecaster.expectation(known, span).orders
    same = _carried(learned._replace(contest=replace(learned.contest, winner=PROBABILITY)), said, base, base, orders)
    np.testing.assert_allclose(same, base["p_no_order"], rtol=1e-6)
    longer = View(known, forecaster.ground_.over(known, days(4 * span.days)), days(4 * span.days), span)
    for winner in (PROBABILITY, "regression"):
        alone = learned._replace(contest=replace(learned.contest, winner=winner))
        found = log_odds(_carried(alone, said, base, longer, orders)) - log_odds(longer["p_no_order"])
        own = log_odds(said[winner].to_numpy()) - log_odds(base["p_no_order"])
        assert (np.sign(found.round(6)) == np.sign(own.round(6))).all()  # as far above or below the models, at most
        assert (np.abs(found) <= np.abs(own) + 1e-6).all()


def test_origins_at_which_no_spend_could_be_told_are_left_out(rows):
    seen = rows[rows["ordered_on"] <= pd.Timestamp(companies.day(HISTORY))]
    span, past = companies.past(seen, companies.day(HISTORY), HORIZON)
    past[-1] = replace(
        past[-1], known=past[-1].known.assign(monetary_value=-1.0, mean_purchase=-1.0)
    )  # refunds took all
    known = companies.known(seen, companies.day(HISTORY), span)
    forecaster = Forecaster().fit(known, past, span=days(span), horizon=days(HORIZON))
    is_sound(forecaster.predict(known, RATE))
    assert len(forecaster.misses_) == len(past) - 1


def test_the_order_of_rows_does_not_matter(rows, company, table):
    as_of = companies.day(HISTORY)
    seen = rows[rows["ordered_on"] <= pd.Timestamp(as_of)]
    span, past = companies.past(seen, as_of, HORIZON, WINDOW)
    _, known = company
    mixed, terms = known.sample(frac=1, random_state=1), {"span": days(span), "horizon": days(HORIZON)}
    other = Forecaster().fit(mixed, some_of(past), **terms, window=days(WINDOW)).predict(mixed, RATE)
    pd.testing.assert_frame_equal(other.reindex(table.index), table, check_exact=False, rtol=1e-9)


def test_a_window_as_long_as_the_horizon_is_the_horizon(rows):
    forecaster, known = fitted(rows, window=HORIZON)
    table = forecaster.predict(known, RATE)
    pd.testing.assert_series_equal(table["p_churn"], table["p_no_order"], check_names=False)
    pd.testing.assert_series_equal(table["window_orders"], table["expected_orders"], check_names=False)


def test_a_level_scales_what_is_expected_and_makes_silence_less_likely(company, table):
    forecaster, known = company
    raised = forecaster.at_level(1.2).predict(known, RATE)
    for of in ("expected_orders", "expected_revenue"):
        assert (raised[of] <= 1.2 * table[of] * (1 + 1e-12)).all()
        assert (raised[of] / table[of]).median() == pytest.approx(1.2, rel=1e-12)
        # silence bounds what a few can order
        assert raised[of].sum() == pytest.approx(1.2 * table[of].sum(), rel=1e-3)
    assert (raised["p_no_order"] <= table["p_no_order"]).all()
    assert forecaster.level == 1.0
    is_sound(raised)


def test_the_intervals_hold_what_they_promise_on_customers_of_the_textbook(rows, company, table):
    _, known = company
    happened = companies.outcome(rows, companies.day(HISTORY), HORIZON, known.index)
    orders = happened["orders"].between(table["orders_low"], table["orders_high"]).mean()
    revenue = happened["revenue"].between(table["revenue_low"], table["revenue_high"]).mean()
    assert 0.88 <= orders <= 0.99  # whole numbers: both ends belong to the interval
    assert 0.88 <= revenue <= 0.98


def test_the_forecast_of_many_customers_is_as_good_as_one_that_knows_the_truth():
    truth = bgnbd.BGNBD._params_type(0.6, 8.0, 0.8, 2.5)
    rows = companies.buyers(6_000, 12, days=HISTORY + HORIZON, arrivals=400)
    forecaster, known = fitted(rows)
    found = forecaster.predict(known, RATE)["expected_orders"].to_numpy()
    counts = (known[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    oracle = bgnbd.expected_purchases(truth, *counts, HORIZON / 7)
    actual = companies.outcome(rows, companies.day(HISTORY), HORIZON, known.index)["orders"].to_numpy()

    def rmse(one, other):
        return np.sqrt(np.mean((one - other) ** 2))

    assert rmse(found, actual) <= 1.01 * rmse(oracle, actual)
    assert rmse(found, oracle) < 0.15 * oracle.std()
    assert found.sum() == pytest.approx(oracle.sum(), rel=0.08)


def test_a_short_history_falls_back_to_the_models_and_says_so():
    rows = companies.buyers(200, 3, days=60, arrivals=30, alpha=3.0)
    forecaster, known = fitted(rows, until=60, horizon=30, window=14)
    assert (forecaster.contest_.winner, forecaster.contest_.reason) == (PROBABILITY, "short_history")
    assert forecaster.contest_.table.empty
    found = forecaster.predict(known, RATE)
    is_sound(found)
    expected = forecaster.ground_.over(known, days(30))["expected_orders"]
    pd.testing.assert_series_equal(found["expected_orders"], expected)


@pytest.mark.parametrize("n", [12, 40])
def test_few_customers_fall_back_to_the_models_and_say_so(n):
    rows = companies.buyers(n, 4, days=HISTORY, arrivals=200, alpha=4.0)
    forecaster, known = fitted(rows)
    assert (forecaster.contest_.winner, forecaster.contest_.reason) == (PROBABILITY, "few_customers")
    is_sound(forecaster.predict(known, RATE))


def every_quarter(n: int = 60) -> pd.DataFrame:
    """Return a panel of whom everyone buys once a quarter, on a day of their own."""
    quarter, customer = np.meshgrid(np.arange(8), np.arange(n), indexing="ij")
    when = 91 * quarter + np.random.default_rng(0).integers(0, 90, quarter.shape)
    return companies.purchase_days(customer.ravel(), when.ravel(), np.random.default_rng(1).gamma(4, 10, quarter.size))


def one_whale() -> pd.DataFrame:
    """Return a small shop with one customer who buys every day for a thousand times as much."""
    shop = companies.buyers(300, 6, days=HISTORY, arrivals=400)
    days_of_whale = np.arange(HISTORY)
    whale = companies.purchase_days(np.full(HISTORY, 999_999), days_of_whale, 40_000.0)
    return pd.concat([shop, whale])


def identical(n: int = 60) -> pd.DataFrame:
    """Return customers of whom each bought on the same five days for the same money."""
    days_of_all, customer = np.meshgrid([10, 100, 210, 330, 470], np.arange(n), indexing="ij")
    return companies.purchase_days(customer.ravel(), days_of_all.ravel(), 25.0)


COMPANIES = {
    "nobody leaves and all spend alike": lambda: companies.buyers(250, 5, days=HISTORY, arrivals=300, a=0).assign(
        net=9
    ),
    "almost nobody comes back": lambda: companies.buyers(500, 6, days=HISTORY, arrivals=400, r=0.02, alpha=8.0),
    "everyone buys once a quarter": every_quarter,
    "one whale": one_whale,
    "identical customers": identical,
    "daily buyers": lambda: companies.buyers(150, 8, days=HISTORY, arrivals=300, r=5.0, alpha=1.5, a=0.3, b=30.0),
    "everyone came on one day": lambda: companies.buyers(250, 9, days=HISTORY, arrivals=1),
}


@pytest.mark.parametrize("name", COMPANIES)
def test_an_odd_company_is_forecast_soundly(name):
    forecaster, known = fitted(COMPANIES[name]())
    is_sound(forecaster.predict(known, RATE))
    is_one_distribution(forecaster, known)
    assert 0 < forecaster.level_error_ < 2


def test_a_log_without_amounts_has_orders_and_no_money():
    rows = companies.buyers(250, 10, days=HISTORY, arrivals=300).assign(net=np.nan)
    forecaster, known = fitted(rows)
    assert forecaster.money_ is None
    is_sound(forecaster.predict(known, RATE), priced=False)


def won_by(forecaster: Forecaster, winner: str) -> Forecaster:
    """Return the forecaster as if a candidate had been clearly better at orders."""
    moved = forecaster.at_level(1.0)
    contest = replace(forecaster.contest_, winner=winner, reason="clearly_better")
    moved._orders = forecaster._orders._replace(contest=contest)
    return moved


def test_a_rule_that_forecasts_expects_no_money_of_whom_it_expects_no_orders(company):
    forecaster, known = company
    found = won_by(forecaster, NAIVE).predict(known, RATE)
    is_sound(found)
    once = known["frequency"] == 0
    assert found.loc[once, ["expected_orders", "expected_revenue", "orders_high", "revenue_high"]].eq(0).all(axis=None)
    assert (found.loc[once, "revenue_variance"] < 1e-3).all()


@pytest.mark.parametrize("winner", [*RULES, PROBABILITY, "regression"])
def test_whoever_forecasts_all_that_is_published_is_one_distribution(company, winner):
    forecaster, known = company
    is_one_distribution(won_by(forecaster, winner), known)


# --- candidates from outside


def test_candidates_from_outside_compete_where_they_can_and_are_blended(rows):
    brought = [make_pipeline(StandardScaler(), LinearRegression()), LogisticRegression(max_iter=2_000), BGNBD()]
    forecaster, known = fitted(rows, candidates=brought)
    assert {"LinearRegression", "BGNBD"} <= set(forecaster.contest_.table.index)
    assert {"LinearRegression"} <= set(forecaster.money_contest_.table.index)
    for contest in forecaster.silence_.values():
        assert {"LogisticRegression", "BGNBD"} <= set(contest.table.index)
        assert {"LogisticRegression", "BGNBD"} <= set(contest.weights)
    is_sound(forecaster.predict(known, RATE))
    is_one_distribution(forecaster, known)


class EverySecondQuarter(RegressorMixin, BaseEstimator):
    """Knows how this shop works: whoever did not order in the last quarter does so six times in the next."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return 6.0 - np.expm1(X["log_orders_in_span"].to_numpy())


class NotThisQuarter(ClassifierMixin, BaseEstimator):
    """The same for silence: whoever made all six orders in the last quarter makes none in the next."""

    def fit(self, X, y):
        self.classes_ = np.array([False, True])
        return self

    def predict_proba(self, X):
        silent = np.where(np.expm1(X["log_orders_in_span"].to_numpy()) > 5.5, 0.999, 0.001)
        return np.column_stack([1 - silent, silent])

    def predict(self, X):
        return self.predict_proba(X)[:, 1] > 0.5


def every_second_quarter(n: int = 400) -> pd.DataFrame:
    """Return customers who order six times in ninety days, then not for ninety days, each at a time of their own."""
    period = 180 * np.arange(5)[:, None, None] + np.array([0, 10, 25, 40, 60, 80])[None, :, None]
    when = period + np.random.default_rng(5).integers(-180, 0, n)[None, None, :]
    customer = np.broadcast_to(np.arange(n), when.shape)
    return companies.purchase_days(customer[when >= 0], when[when >= 0], 10.0)


def test_a_candidate_from_outside_that_knows_better_forecasts():
    rows = every_second_quarter()
    brought = {"mine": EverySecondQuarter(), "silence": NotThisQuarter()}
    forecaster, known = fitted(rows, until=600, horizon=90, window=90, candidates=brought)
    truth = companies.outcome(rows, companies.day(600), 90, known.index)["orders"]
    found = forecaster.predict(known, RATE)
    assert forecaster.contest_.weights["mine"] > 0.9 or forecaster.contest_.winner == "mine"
    assert forecaster.contest_.table["rmse"].drop(BLEND).idxmin() == "mine"
    assert np.sqrt(np.mean((found["expected_orders"] - truth) ** 2)) < 0.25 * truth.std()
    assert forecaster.silence_[90].table["log_loss"].drop(BLEND).idxmin() == "silence"
    assert (found["p_no_order"] > 0.5).eq(truth == 0).mean() > 0.97


@pytest.mark.parametrize("odd", [StandardScaler(), object(), "BG/NBD"])
def test_what_can_forecast_nothing_is_refused_before_anything_is_learned(rows, odd):
    with pytest.raises(ConfigError, match="candidate 'odd' must be a regressor, a classifier or a purchase model"):
        fitted(rows, candidates={"odd": odd})
