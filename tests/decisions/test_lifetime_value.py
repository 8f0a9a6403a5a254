"""Value in money: what a customer brings, that nothing is lost or invented, and when there is too little to say."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.decisions.lifetime_value import (
    FORECAST_COLUMNS,
    forecast,
    independence,
    require_buyers,
    require_enough,
)
from clv.errors import DataError
from clv.learning import distribution, learners
from clv.learning.forecaster import Forecaster
from clv.models.purchases import family
from clv.models.purchases.bgnbd import BGNBD
from clv.units import annual, days

AS_OF, HORIZON, WINDOW = companies.day(540), 180, 91
NOBODY = ["X1", "X2"]
MISSING_BY_NATURE = ["next_order", "overdue"]  # beyond the horizon, and without a second order


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return companies.buyers(500, 3, days=540, arrivals=360, alpha=5.0)


@pytest.fixture(scope="module")
def customers(rows) -> pd.DataFrame:
    """Return the customers of a simulated company, and two who never purchased."""
    known = companies.known(rows, AS_OF, HORIZON)
    nobody = pd.DataFrame({"frequency": 0, "n_orders": 0, "value_to_date": [-5.0, 0.0]}, index=NOBODY)
    return pd.concat([known, nobody]).rename_axis("customer_id")


@pytest.fixture(scope="module")
def forecaster(rows, customers) -> Forecaster:
    span, past = companies.past(rows, AS_OF, HORIZON, WINDOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 100)
        patch.setattr(family, "MEMBERS", {"BG/NBD": BGNBD})
        buyers = customers.drop(NOBODY)
        return Forecaster().fit(buyers, past, span=days(span), horizon=days(HORIZON), window=days(WINDOW))


def predicted(customers, forecaster, **changes):
    terms = {"as_of": AS_OF, "margin": 0.4, "rate": annual(0.1)}
    return forecast(customers, forecaster, **{**terms, **changes})


def test_results_come_back_on_the_callers_customers_in_the_callers_order(customers, forecaster):
    shuffled = customers.sample(frac=1, random_state=1)
    table, other = predicted(customers, forecaster), predicted(shuffled, forecaster)
    assert table.index.equals(customers.index)
    assert other.index.equals(shuffled.index)
    assert list(table) == list(FORECAST_COLUMNS)
    pd.testing.assert_frame_equal(other.reindex(table.index), table, rtol=1e-9)


def test_who_never_purchased_has_no_forecast_and_everyone_else_has_one(customers, forecaster):
    table = predicted(customers, forecaster)
    buyers = table.drop(NOBODY)
    assert table.loc[NOBODY].isna().all(axis=None)
    assert buyers.drop(columns=MISSING_BY_NATURE).notna().all(axis=None)
    assert (buyers.drop(columns="next_order").fillna(0) >= 0).all(axis=None)
    assert buyers[["p_alive", "p_churn", "p_no_order"]].max(axis=None) <= 1
    assert (buyers["overdue"].isna() == (customers.drop(NOBODY)["frequency"] == 0)).all()


def test_a_part_of_customers_who_never_purchased_is_a_table_like_any_other(customers, forecaster):
    nobody, all_of_them = (predicted(rows, forecaster) for rows in (customers.loc[NOBODY], customers))
    assert nobody.isna().all(axis=None)
    assert nobody.index.tolist() == NOBODY
    assert list(nobody) == list(all_of_them)
    assert pd.api.types.is_datetime64_dtype(nobody["next_order"])


def test_lifetime_value_without_discount_is_margin_times_expected_revenue(customers, forecaster):
    table = predicted(customers, forecaster, rate=annual(0.0)).drop(NOBODY)
    for clv, revenue in (("clv", "expected_revenue"), ("clv_low", "revenue_low"), ("clv_high", "revenue_high")):
        np.testing.assert_allclose(table[clv], 0.4 * table[revenue], rtol=1e-6)


def test_discounting_takes_off_about_half_the_interest_of_the_horizon(customers, forecaster):
    discounted, nominal = (predicted(customers, forecaster, rate=annual(rate))["clv"] for rate in (0.1, 0.0))
    years = HORIZON / 365.25
    each = (discounted / nominal).dropna()
    assert each.between(1.1**-years, 1).all()
    # purchases come earlier rather than later: customers leave
    assert discounted.sum() / nominal.sum() == pytest.approx(1.1 ** (-years / 2), abs=0.005)


def test_percentiles_are_in_order_and_a_longer_silence_is_less_likely(customers, forecaster):
    table = predicted(customers, forecaster).drop(NOBODY)
    for name, middle in (("orders", "median_orders"), ("revenue", "median_revenue"), ("clv", "clv")):
        assert (table[f"{name}_low"] <= table[f"{name}_high"]).all()
        if middle != "clv":  # a mean may lie above nine tenths of what happens
            assert table[middle].between(table[f"{name}_low"], table[f"{name}_high"]).all()
    assert (table["p_no_order"] <= table["p_churn"] + 1e-9).all()
    assert (table["window_orders"] <= table["expected_orders"] + 1e-9).all()
    assert (table["window_revenue"] <= table["expected_revenue"] + 1e-9).all()


def test_revenue_per_order_is_about_what_customers_spend(customers, forecaster):
    table = predicted(customers, forecaster)
    spent = customers.loc[customers["frequency"] > 0]
    mean = np.average(spent["monetary_value"], weights=spent["frequency"])
    assert table["expected_revenue"].sum() / table["expected_orders"].sum() == pytest.approx(mean, rel=0.15)


def test_the_next_order_is_dated_within_the_horizon_or_not_at_all(customers, forecaster):
    table = predicted(customers, forecaster).drop(NOBODY)
    ahead = (table["next_order"] - pd.Timestamp(AS_OF)).dt.days
    assert ahead.dropna().between(1, HORIZON).all()
    assert (ahead.isna() == (table["p_no_order"] > 0.5)).all()  # of whom half do not order, nobody knows a date
    assert (ahead[table["p_churn"] <= 0.5] <= WINDOW).all()
    busy = customers["frequency"].drop(NOBODY).idxmax()
    assert ahead[busy] <= ahead.quantile(0.1)


def test_overdue_is_the_silence_in_the_customers_own_intervals(customers, forecaster):
    row = customers[customers["frequency"] == 2].iloc[:1]
    found = predicted(row, forecaster)["overdue"].iloc[0]
    assert found == pytest.approx(((row["T"] - row["recency"]) / (row["recency"] / 2)).iloc[0])


def test_money_that_is_known_but_that_no_purchase_brought_is_refused_with_the_way_out(customers, forecaster):
    unpriced = copy.copy(forecaster)
    unpriced.money_ = None
    with pytest.raises(DataError, match=r"amounts are known, but no purchase of 500 customers brought money: .*--no-a"):
        predicted(customers, unpriced)


def test_a_bare_number_is_no_rate(customers, forecaster):
    with pytest.raises(Exception, match="discount rate must be a DiscountRate"):
        predicted(customers, forecaster, rate=0.1)


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        (lambda frame: frame[frame["frequency"] == 0], "only 0 of .* customers bought on more than one day"),
        (lambda frame: frame[frame["frequency"] > 0].head(9), "only 9 customers bought; a forecast needs at least 10"),
        (lambda frame: frame.head(0), "nobody has bought: not one day of a customer nets above zero; check the sign"),
    ],
)
def test_too_little_to_fit_is_said_and_not_guessed(customers, keep, says):
    with pytest.raises(DataError, match=says):
        require_enough(keep(customers.dropna(subset="first_order"))["frequency"])


def test_distinct_counts_stand_for_their_customers():
    require_enough(pd.Series([0, 1]), pd.Series([7, 3]))
    with pytest.raises(DataError, match="only 2 of 10 customers bought on more than one day"):
        require_enough(pd.Series([0, 1]), pd.Series([8, 2]))


def test_who_never_purchased_is_no_buyer(customers):
    assert set(customers.index.difference(require_buyers(customers).index)) == {"X1", "X2"}
    with pytest.raises(DataError, match="nobody has bought: not one day of 2 customers nets above zero"):
        require_buyers(customers.loc[["X1", "X2"]])


def test_independence_of_spend_and_frequency_is_near_zero_where_it_was_simulated(customers):
    assert abs(independence(customers)) < 0.15
