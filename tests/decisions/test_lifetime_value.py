"""Value in money: what a customer brings, that nothing is lost or invented, and when there is too little to say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv.decisions.lifetime_value import churn_window, expected_spend, fit_value_models, forecast, independence
from clv.errors import DataError
from clv.models.mean_spend import MeanSpend
from clv.units import annual, days, weeks


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Return 800 customers of a simulated BG/NBD and Gamma-Gamma company, and two who never purchased."""
    rng = np.random.default_rng(3)
    n, end = 800, 78.0
    rate, leave = rng.gamma(0.9, 1 / 6, n), rng.beta(1, 3, n)
    spend = 6 * 15 / rng.gamma(4, 1, n)
    first = rng.uniform(0, 40, n)
    rows = []
    for name in range(n):
        clock, last, x = first[name], 0.0, 0
        while (clock := clock + rng.exponential(1 / rate[name])) < end and (x == 0 or rng.random() > leave[name]):
            x, last = x + 1, clock - first[name]
        rows.append((x, last, end - first[name], rng.gamma(6 * x, spend[name] / (6 * x)) if x else np.nan))
    frame = pd.DataFrame(rows, columns=["frequency", "recency", "T", "monetary_value"]).set_index(
        pd.Index([f"C{number:04d}" for number in range(n)], name="customer_id")
    )
    frame = frame.assign(first_order=pd.Timestamp("2024-01-01"), n_orders=frame["frequency"] + 1, value_to_date=50.0)
    nobody = pd.DataFrame({"frequency": [0, 0], "n_orders": [0, 0], "value_to_date": [-5.0, 0.0]}, index=["X1", "X2"])
    return pd.concat([frame, nobody]).rename_axis("customer_id")


@pytest.fixture(scope="module")
def models(customers):
    return fit_value_models(customers)


def predicted(customers, models, **changes):
    terms = {"horizon": weeks(52), "window": weeks(13), "margin": 0.4, "rate": annual(0.1)}
    return forecast(customers, models, **{**terms, **changes})


def test_results_come_back_on_the_callers_customers_in_the_callers_order(customers, models):
    shuffled = customers.sample(frac=1, random_state=1)
    table, other = predicted(customers, models), predicted(shuffled, models)
    assert table.index.equals(customers.index)
    assert other.index.equals(shuffled.index)
    pd.testing.assert_frame_equal(other.reindex(table.index), table, rtol=1e-12)


def test_who_never_purchased_has_no_forecast_and_everyone_else_has_one(customers, models):
    table = predicted(customers, models)
    assert table.loc[["X1", "X2"]].isna().all(axis=None)
    assert table.drop(["X1", "X2"]).notna().all(axis=None)
    assert (table.drop(["X1", "X2"]) >= 0).all(axis=None)
    assert table[["p_alive", "p_churn"]].max(axis=None) <= 1


def test_lifetime_value_without_discount_is_margin_times_expected_revenue(customers, models):
    table = predicted(customers, models, rate=annual(0.0)).dropna()
    np.testing.assert_allclose(table["clv"], 0.4 * table["expected_revenue"], rtol=1e-10)


def test_discounting_takes_off_about_half_a_years_interest_over_a_year(customers, models):
    ratio = predicted(customers, models)["clv"].sum() / predicted(customers, models, rate=annual(0.0))["clv"].sum()
    assert 1 / 1.1 < ratio < 1.0
    assert ratio == pytest.approx(1.1**-0.5, abs=0.01)  # purchases come earlier rather than later: customers leave


def test_revenue_is_orders_times_expected_spend(customers, models):
    buyers = customers.drop(["X1", "X2"])
    table = predicted(buyers, models)
    spend = expected_spend(buyers, models.spend)
    np.testing.assert_allclose(table["expected_revenue"], table["expected_orders"] * spend, rtol=1e-12)


def test_repeat_purchases_for_nothing_lower_the_expected_spend(customers, models):
    buyers = customers.drop(["X1", "X2"]).assign(monetary_value=lambda frame: frame["monetary_value"].fillna(0))
    gifts = buyers[buyers["frequency"] > 0].head(5).assign(monetary_value=0.0)
    spend = expected_spend(gifts, models.spend)
    assert (spend > 0).all()
    assert (spend < models.spend.population_mean_).all()


def test_a_bare_number_is_no_horizon_and_no_rate(customers, models):
    with pytest.raises(Exception, match="horizon must be a Horizon"):
        predicted(customers, models, horizon=52)
    with pytest.raises(Exception, match="discount rate must be a DiscountRate"):
        predicted(customers, models, rate=0.1)


def test_the_churn_window_is_the_pace_of_nine_in_ten_returning_customers_in_whole_weeks(customers):
    returned = customers[customers["frequency"] > 0]
    window = churn_window(customers, None, days(365))
    share = (returned["recency"] / returned["frequency"] <= window.days / 7).mean()
    assert window.days % 7 == 0
    assert 0.9 <= share <= 0.95
    assert churn_window(customers, 45, days(365)) == days(45)
    assert churn_window(customers, None, days(20)) == days(20)
    assert churn_window(customers.assign(frequency=0), None, days(90)) == days(90)


@pytest.mark.parametrize(
    ("keep", "says"),
    [
        (lambda frame: frame[frame["frequency"] == 0], "only 0 of .* customers bought on more than one day"),
        (lambda frame: frame[frame["frequency"] > 0].head(9), "only 9 customers bought; a forecast needs at least 10"),
        (lambda frame: frame.loc[["X1", "X2"]], "nobody has bought: not one day of 2 customers nets above zero"),
        (lambda frame: frame.assign(monetary_value=0.0), "none of .* returning customers spent more than zero"),
    ],
)
def test_too_little_to_fit_is_said_and_not_guessed(customers, keep, says):
    with pytest.raises(DataError, match=says):
        fit_value_models(keep(customers))


def test_independence_of_spend_and_frequency_is_near_zero_where_it_was_simulated(customers):
    assert abs(independence(customers)) < 0.15


def test_customers_who_all_spend_the_same_get_that_spend_and_no_error(customers):
    gym = customers.assign(monetary_value=customers["monetary_value"].where(customers["frequency"].eq(0), 29.9))
    models = fit_value_models(gym)
    assert isinstance(models.spend, MeanSpend)
    buyers = gym.drop(["X1", "X2"])
    assert expected_spend(buyers, models.spend).to_numpy() == pytest.approx(29.9)
    table = predicted(buyers, models)
    np.testing.assert_allclose(table["expected_revenue"], 29.9 * table["expected_orders"], rtol=1e-12)


def test_mean_spend_weighs_customers_by_their_purchases():
    few = pd.DataFrame({"frequency": [3, 1, 0], "monetary_value": [10.0, 30.0, np.nan]})
    assert MeanSpend().fit(few).mean_ == pytest.approx(15.0)
    with pytest.raises(DataError, match="every customer bought once"):
        MeanSpend().fit(few.tail(1))
