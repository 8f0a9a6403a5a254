"""The forecast of a company: as good as the truth where the truth is known, and an answer for every odd company."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.models.blend import learned as learned_module
from clv.models.blend import scatter
from clv.models.blend.cases import Past
from clv.models.blend.forecaster import Forecaster
from clv.models.blend.tournament import BLEND, NAIVE, PROBABILITY
from clv.models.purchases import bgnbd
from clv.models.purchases.bgnbd import BGNBD
from clv.models.purchases.pareto_nbd import ParetoNBD
from clv.units import annual, days

RATE, WINDOW = annual(0.1), days(60)
HISTORY = 547  # days, a year and a half
HORIZON = 182
MONEY = ["expected_revenue", "median_revenue", "revenue_low", "revenue_high", "revenue_variance"]


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Grow few trees and draw few customers: what is tested here is not how much they tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learned_module._BOOSTING, "max_iter", 10)
        patch.setattr(scatter, "_PSEUDO_CUSTOMERS", 100)
        patch.setattr(scatter, "_PARAMETER_DRAWS", 10)
        yield


def fitted(rows: pd.DataFrame, until: int = HISTORY, horizon: int = HORIZON) -> tuple[Forecaster, pd.DataFrame]:
    """Return a forecaster of the days up to a day, from every second origin, and what was known then."""
    as_of = companies.day(until)
    seen = rows[rows["ordered_on"] <= pd.Timestamp(as_of)]
    span, past = companies.past(seen, as_of, horizon)
    known = companies.known(seen, as_of, span)
    return Forecaster().fit(known, past[::2], span=days(span), horizon=days(horizon)), known


def is_sound(table: pd.DataFrame, *, priced: bool = True) -> None:
    """Assert what holds of every forecast of every company."""
    assert np.isfinite(table.drop(columns=[] if priced else MONEY)).all(axis=None)
    assert (table.drop(columns=[] if priced else MONEY) >= -1e-9).all(axis=None)
    for name in ("p_alive", "p_churn", "p_no_order", "present_share"):
        assert table[name].between(0, 1).all(), name
    assert (table["p_no_order"] <= table["p_churn"] + 1e-9).all()  # the window is shorter than the horizon
    assert (table["expected_orders"] >= (1 - table["p_no_order"]) * (1 - 1e-6) - 2e-9).all()
    for low, middle, high in (
        ("orders_low", "median_orders", "orders_high"),
        ("revenue_low", "median_revenue", "revenue_high"),
    ):
        if priced or low == "orders_low":
            assert ((table[low] <= table[middle]) & (table[middle] <= table[high])).all()
    if not priced:
        assert table[MONEY].isna().all(axis=None)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return companies.buyers(700, 1, days=HISTORY + HORIZON, arrivals=400)


@pytest.fixture(scope="module")
def company(rows) -> tuple[Forecaster, pd.DataFrame]:
    return fitted(rows)


@pytest.fixture(scope="module")
def table(company) -> pd.DataFrame:
    forecaster, known = company
    return forecaster.predict(known, WINDOW, RATE)


def test_a_company_of_the_textbook_is_forecast_soundly(company, table):
    forecaster, known = company
    is_sound(table)
    assert table.index.equals(known.index)
    assert forecaster.tournament_.winner in (BLEND, PROBABILITY)
    assert NAIVE in forecaster.tournament_.table.index
    assert forecaster.tournament_.n_origins > 0


def test_parts_of_the_base_have_the_forecast_of_the_whole(company, table):
    forecaster, known = company
    parts = [known.iloc[:1], known.iloc[1:400], known.iloc[400:]]
    together = pd.concat([forecaster.predict(part, WINDOW, RATE) for part in parts])
    pd.testing.assert_frame_equal(together, table, check_exact=False, rtol=1e-9)
    higher = forecaster.at_level(1.2)
    apart = pd.concat([higher.predict(part, WINDOW, RATE) for part in parts])
    pd.testing.assert_frame_equal(apart, higher.predict(known, WINDOW, RATE), check_exact=False, rtol=1e-9)


def test_silence_never_becomes_likelier_with_time(company):
    forecaster, known = company
    by_length = [forecaster.expectation(known, days(length)).silent for length in (7, 30, 120, 182, 240, 400, 900)]
    assert (np.diff(by_length, axis=0) <= 1e-9).all()


def test_origins_at_which_no_spend_could_be_told_are_left_out(rows):
    seen = rows[rows["ordered_on"] <= pd.Timestamp(companies.day(HISTORY))]
    span, past = companies.past(seen, companies.day(HISTORY), HORIZON)
    past[-1] = past[-1]._replace(known=past[-1].known.assign(monetary_value=-1.0))  # refunds took all that came back
    known = companies.known(seen, companies.day(HISTORY), span)
    is_sound(Forecaster().fit(known, past, span=days(span), horizon=days(HORIZON)).predict(known, WINDOW, RATE))


def test_the_order_of_rows_does_not_matter(rows, company, table):
    as_of = companies.day(HISTORY)
    seen = rows[rows["ordered_on"] <= pd.Timestamp(as_of)]
    span, past = companies.past(seen, as_of, HORIZON)
    _, known = company
    mixed = known.sample(frac=1, random_state=1)
    then = [Past(p.as_of, p.known.sample(frac=1, random_state=2), p.outcome) for p in past[::2]]
    other = Forecaster().fit(mixed, then, span=days(span), horizon=days(HORIZON)).predict(mixed, WINDOW, RATE)
    pd.testing.assert_frame_equal(other.reindex(table.index), table, check_exact=False, rtol=1e-9)


def test_a_level_scales_what_is_expected_and_makes_silence_less_likely(company, table):
    forecaster, known = company
    raised = forecaster.at_level(1.2).predict(known, WINDOW, RATE)
    np.testing.assert_allclose(raised["expected_orders"], 1.2 * table["expected_orders"], rtol=1e-12)
    np.testing.assert_allclose(raised["expected_revenue"], 1.2 * table["expected_revenue"], rtol=1e-12)
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
    found = forecaster.predict(known, WINDOW, RATE)["expected_orders"].to_numpy()
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
    forecaster, known = fitted(rows, until=60, horizon=30)
    assert (forecaster.tournament_.winner, forecaster.tournament_.reason) == (PROBABILITY, "short_history")
    assert forecaster.tournament_.table.empty
    found = forecaster.predict(known, days(14), RATE)
    is_sound(found)
    expected = forecaster.baseline_.predict(known, days(30))["expected_orders"]
    pd.testing.assert_series_equal(found["expected_orders"], expected)


@pytest.mark.parametrize("n", [12, 40])
def test_few_customers_fall_back_to_the_models_and_say_so(n):
    rows = companies.buyers(n, 4, days=HISTORY, arrivals=200, alpha=4.0)
    forecaster, known = fitted(rows)
    assert (forecaster.tournament_.winner, forecaster.tournament_.reason) == (PROBABILITY, "few_customers")
    is_sound(forecaster.predict(known, WINDOW, RATE))


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
    is_sound(forecaster.predict(known, WINDOW, RATE))
    assert 0 < forecaster.level_error_ < 2


def test_a_log_without_amounts_has_orders_and_no_money():
    rows = companies.buyers(250, 10, days=HISTORY, arrivals=300).assign(net=np.nan)
    forecaster, known = fitted(rows)
    assert forecaster.money_ is None
    is_sound(forecaster.predict(known, WINDOW, RATE), priced=False)


def test_a_rule_that_forecasts_expects_no_money_of_whom_it_expects_no_orders(company):
    forecaster, known = company
    naive = forecaster.at_level(1.0)
    naive.tournament_ = type(forecaster.tournament_)(pd.DataFrame(), NAIVE, "clearly_better", {}, 2, 180.0)
    found = naive.predict(known, WINDOW, RATE)
    is_sound(found)
    once = known["frequency"] == 0
    assert found.loc[once, ["expected_orders", "expected_revenue", "orders_high", "revenue_high"]].eq(0).all(axis=None)
    assert (found.loc[once, "revenue_variance"] < 1e-3).all()


def test_the_error_of_the_parameters_is_finite_where_one_of_them_cannot_be_told():
    when = np.sort(np.random.default_rng(3).choice(1_400, (100, 30)), axis=1)  # nobody leaves: beta may be anything
    rows = companies.purchase_days(np.repeat(np.arange(100), 30), when.ravel(), 10.0)
    known = companies.known(rows, companies.day(1_400), 182)
    assert scatter.parameter_error(ParetoNBD().fit(known), known, days(HORIZON)) < 0.1


def test_the_error_of_the_parameters_is_that_of_a_bootstrap_over_customers(monkeypatch):
    monkeypatch.setattr(scatter, "_PARAMETER_DRAWS", 400)
    monkeypatch.setattr(scatter, "_PSEUDO_CUSTOMERS", 2_000)
    rows = companies.buyers(2_000, 11, days=HISTORY, arrivals=400)
    known = companies.known(rows, companies.day(HISTORY), 182)[["frequency", "recency", "T"]]
    model, rng = BGNBD().fit(known), np.random.default_rng(12)
    totals = []
    for _ in range(60):
        again = BGNBD().fit(known.iloc[rng.integers(len(known), size=len(known))])
        totals.append(again.predict(known, days(HORIZON))["expected_purchases"].sum())
    bootstrap = np.std(totals, ddof=1) / np.mean(totals)
    assert scatter.parameter_error(model, known, days(HORIZON)) == pytest.approx(bootstrap, rel=0.25)
