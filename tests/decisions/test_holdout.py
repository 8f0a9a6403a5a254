"""The proof: what a forecast missed is told as it is, to the model's favour or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.conftest import simulated_lines

from clv.data.connect import open_engine
from clv.data.customers import customer_days, customer_summary, holdout_summary
from clv.data.history import first_orders, repeat_orders
from clv.decisions.holdout import HoldoutCheck, calibration_gap, check_on_holdout, tracking, trust_level, weighted_gap
from clv.decisions.lifetime_value import fit_value_models
from clv.errors import DataError
from clv.units import days

START, END = pd.Timestamp("2025-01-31").date(), pd.Timestamp("2025-06-29").date()


@pytest.fixture(scope="module")
def transactions(tmp_path_factory):
    lines = pd.DataFrame(simulated_lines(), columns=["customer_id", "ordered_on", "amount"])
    lines = lines.assign(ordered_on=pd.to_datetime(lines["ordered_on"]), amount=lines["amount"].astype(float))
    file = tmp_path_factory.mktemp("holdout") / "lines.parquet"
    lines.to_parquet(file)
    table = open_engine().read_parquet(file)
    return table.mutate(ordered_on=table.ordered_on.cast("date"), amount=table.amount.cast("decimal(18, 4)"))


@pytest.fixture(scope="module")
def past(transactions):
    return customer_summary(customer_days(transactions, START), START).execute().set_index("customer_id")


@pytest.fixture(scope="module")
def check(transactions, past) -> HoldoutCheck:
    held = holdout_summary(transactions, START, END).execute().set_index("customer_id")
    return check_on_holdout(past, held, days((END - START).days), flagged_from=0.7)


def test_every_order_of_the_holdout_is_judged_once(check, transactions, past):
    after = transactions.filter((transactions.ordered_on > START) & (transactions.ordered_on <= END))
    known = after.filter(after.customer_id.isin(list(past.index)))
    actual = known.select("customer_id", "ordered_on").distinct().count().execute()
    assert check.orders["actual_total"]["model"] == check.orders["actual_total"]["naive"] == actual
    assert check.calibration["actual_total"].sum() == actual
    assert check.silent["n_customers"].sum() == check.orders["n_customers"]["model"] == len(past)


def test_flagged_customers_are_those_above_the_cut(check, past):
    assert 0 < check.flagged["n_customers"] < len(past)
    assert check.flagged["forecast"] >= 0.7
    assert 0 <= check.flagged["actual"] <= 1


def test_a_model_that_simulated_the_data_earns_trust_and_one_that_misses_does_not(check):
    assert trust_level(check, days(365)) in {"high", "medium"}
    missed = replace(check, orders=check.orders.assign(bias=-0.3))
    assert trust_level(missed, days(365)) == "low"


def test_being_worse_than_the_naive_rule_costs_the_highest_trust(check):
    exact = replace(check, revenue=check.revenue.assign(bias=0.0))
    for rmse, level in (([1.0, 2.0], "high"), ([2.0, 1.0], "medium")):
        judged = replace(exact, orders=check.orders.assign(bias=0.0, rmse=rmse))
        assert trust_level(judged, days(365)) == level


def test_the_gap_of_tenths_is_weighted_by_what_happened():
    tenths = pd.DataFrame({"forecast_total": [120.0, 45.0], "actual_total": [100.0, 50.0]}, index=[1, 2])
    assert calibration_gap(tenths) == (pytest.approx(25 / 150), 1, pytest.approx(0.2))
    low = pd.DataFrame({"forecast_total": [100.0, 30.0], "actual_total": [100.0, 50.0]}, index=[1, 2])
    assert calibration_gap(low) == (pytest.approx(20 / 150), 2, pytest.approx(-0.4))


def test_the_gap_of_silence_is_weighted_by_customers():
    silent = pd.DataFrame({"forecast": [0.1, 0.9], "actual": [0.2, 0.5], "n_customers": [90, 10]})
    assert weighted_gap(silent) == pytest.approx(0.13)


def test_tracking_adds_up_all_repeat_orders_and_never_falls(transactions, past):
    history = customer_days(transactions, END)
    firsts, repeats = first_orders(history, START).execute(), repeat_orders(history, START).execute()
    track = tracking(fit_value_models(past).purchases, firsts, repeats, pd.Timestamp(END))
    assert firsts["n"].sum() == len(past)
    last_week = pd.Timestamp(END) - track["date"].iloc[-1]
    assert last_week < pd.Timedelta(days=7)
    made = repeats.loc[pd.to_datetime(repeats["ordered_on"]) <= track["date"].iloc[-1], "n"].sum()
    assert track["actual"].iloc[-1] == made
    assert (np.diff(track["forecast"]) > 0).all()
    assert track["forecast"].iloc[-1] == pytest.approx(track["actual"].iloc[-1], rel=0.15)


def test_a_test_much_shorter_than_the_forecast_earns_less_trust(check):
    exact = {"orders": check.orders.assign(bias=0.0, rmse=[1.0, 2.0]), "revenue": check.revenue.assign(bias=0.0)}
    for span, level in ((100, "high"), (60, "medium"), (6, "low")):
        assert trust_level(replace(check, **exact, span=days(span)), days(365)) == level


def test_too_little_before_the_test_names_the_setting(past):
    held = pd.DataFrame({"holdout_orders": 1, "holdout_revenue": 1.0}, index=past.index)
    with pytest.raises(DataError, match=r"before the 150 days of the test, only 0 of .*, or shorten holdout_days"):
        check_on_holdout(past.assign(frequency=0, recency=0.0), held, days(150), flagged_from=0.7)
