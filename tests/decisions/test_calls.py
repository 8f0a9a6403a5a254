"""Calls: who is overdue, what a call saves, in simulation too, and from where it pays."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.decisions.calls import (
    COST_OF_A_CALL,
    LEAST_ALIVE,
    MOST_CALLS,
    STEPS,
    calls_that_pay,
    cost_of_a_call,
    first_to_call,
    saved_by_a_call,
)
from clv.models.purchases.pareto_nbd import Params, ParetoNBD
from clv.report.text import Text
from clv.units import weeks

chances = st.floats(0, 1)


def waiting(rows) -> pd.DataFrame:
    """Return customers of (portfolio, risk, value of an order) who bought once and are overdue."""
    portfolio, risk, an_order = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {"portfolio": portfolio, "p_churn": risk, "frequency": 0, "recency": 0.0, "days_since_last": 40}
    )
    frame.index = pd.Index([f"c{number:03d}" for number in range(len(frame))], name="customer_id")
    frame["p_alive"] = (1.6 - frame["p_churn"]).clip(0, 1)
    frame["window_orders"] = 1.5 * (1 - frame["p_churn"])
    return frame.assign(window_revenue=frame["window_orders"] * np.array(an_order))


@given(st.lists(st.tuples(chances, chances, st.floats(0, 1e6), st.floats(0, 50)), min_size=1, max_size=20))
def test_a_call_saves_at_most_one_order_and_nothing_of_who_has_left_for_good(rows):
    p_churn, p_alive, an_order, orders = (np.array(column) for column in zip(*rows, strict=True))
    customers = pd.DataFrame({"p_churn": p_churn, "p_alive": p_alive, "window_orders": orders})
    customers["window_revenue"] = orders * an_order
    saved, brought = saved_by_a_call(customers, "revenue"), saved_by_a_call(customers, "orders")
    assert ((saved >= 0) & (saved <= an_order * (1 + 1e-9))).all()
    assert brought.between(0, 1).all()
    assert (saved[p_alive <= 1 - p_churn] == 0).all()


def test_what_calls_save_is_what_they_save_of_simulated_customers():
    """Of those who are still there and would be silent in the window, a call brings one order each."""
    p, n, T, window = Params(1.2, 8.0, 1.0, 30.0), 40_000, 52.0, 13.0
    rng = np.random.default_rng(7)
    rate, lifetime = rng.gamma(p.r, 1 / p.alpha, n), rng.exponential(1 / rng.gamma(p.s, 1 / p.beta, n))
    observed = np.minimum(lifetime, T)
    frequency = rng.poisson(rate * observed)
    recency = np.where(frequency > 0, observed * rng.beta(np.maximum(frequency, 1), 1), 0.0)  # the last of so many
    known = pd.DataFrame({"frequency": frequency, "recency": recency, "T": T})
    bought = rng.poisson(rate * np.clip(lifetime - T, 0, window))
    model = ParetoNBD()
    model.params_ = p
    said = model.predict(known, horizon=weeks(window))
    an_order = 20.0 + 5 * frequency  # known, and dearer for those who buy often
    customers = pd.DataFrame({"p_alive": said["p_alive"], "p_churn": said["p_no_purchase"]}).assign(
        window_orders=said["expected_purchases"], window_revenue=said["expected_purchases"] * an_order
    )
    there_but_silent = (lifetime > T) & (bought == 0)
    for listed in (customers["p_churn"].between(0.3, 0.7), (customers["p_alive"] > LEAST_ALIVE) & (frequency > 3)):
        saved, truth = saved_by_a_call(customers, "revenue")[listed], (there_but_silent * an_order)[listed]
        assert listed.sum() > 2_000
        assert saved.sum() == pytest.approx(truth.sum(), abs=4 * truth.std() * np.sqrt(listed.sum()))
        assert saved.sum() == pytest.approx(truth.sum(), rel=0.08)


def test_the_call_list_is_the_class_a_that_is_slipping_with_most_to_save_first():
    portfolios = ["A_leaving", "A_steady", "B_leaving", "A_at_risk", "A_leaving", "A_at_risk"]
    customers = waiting(zip(portfolios, [0.9, 0.1, 0.9, 0.5, 0.9, 0.6], [100, 9_000, 900, 300, 100, 50], strict=True))
    assert first_to_call(customers, 35).index.tolist() == ["c003", "c000", "c004", "c005"]
    assert first_to_call(customers.iloc[::-1], 35).index.tolist()[:2] == ["c003", "c000"]
    assert first_to_call(customers[customers["portfolio"] == "B_leaving"], 35).empty


def test_who_has_left_for_good_is_no_case_for_a_call():
    customers = waiting([("A_leaving", 0.9, 100)] * 4).assign(p_alive=[LEAST_ALIVE, LEAST_ALIVE - 0.01, 0.1, 0.0])
    assert first_to_call(customers, 35).index.tolist() == ["c000"]
    gone = waiting([("A_leaving", 1.0, 100)]).assign(p_alive=1.0, window_revenue=0.0, window_orders=0.0)
    assert first_to_call(gone, 35).empty  # nothing would come either


def test_who_is_not_overdue_by_the_own_pace_is_not_called():
    customers = waiting([("A_leaving", 0.9, 100)] * 3)
    customers = customers.assign(frequency=[4, 4, 0], recency=[8.0, 8.0, 0.0], days_since_last=[14, 15, 36])
    assert first_to_call(customers, 35).index.tolist() == ["c001", "c002"]  # a pace of 14 days; a window of 35


def test_without_amounts_the_orders_to_save_lead_the_list_and_a_month_of_calls_ends_it():
    customers = waiting([("A_at_risk", 0.4, 1), ("A_leaving", 0.75, 1)] * 80).assign(window_revenue=np.nan)
    overdue = first_to_call(customers, 35, "orders")
    assert overdue["orders_to_save"].head(80).tolist() == pytest.approx([0.6] * 80)  # 15 of the 75 % have left for good
    assert len(calls_that_pay(overdue, 0.3, None)) == MOST_CALLS


@given(st.lists(st.floats(0.01, 1e4), max_size=30), st.floats(0.01, 1.0), st.floats(0.1, 500.0))
def test_calls_end_where_their_margin_no_longer_pays_them(saved, margin, cost):
    overdue = pd.DataFrame({"revenue_to_save": sorted(saved, reverse=True)}, dtype=float)
    pay = calls_that_pay(overdue, margin, cost)
    assert len(pay) == sum(margin * one >= cost for one in saved)
    assert pay.index.tolist() == list(range(len(pay)))  # the first ones


def test_a_call_costs_what_is_stated_or_a_quarter_of_an_hour_in_currencies_whose_size_is_known():
    codes = [code for step in STEPS.values() for code in step.split()]
    assert len(codes) == len(set(codes))
    assert all(Text("en", code).currency_symbol for code in codes)
    assert [cost_of_a_call(None, code) for code in ("EUR", "CLP", "XTS")] == [COST_OF_A_CALL, 5_000.0, None]
    assert cost_of_a_call(7.5, "XTS") == 7.5
