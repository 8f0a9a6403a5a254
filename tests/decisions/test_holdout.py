"""The proof: what a forecast missed is told as it is, to the model's favour or not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from ibis import _
from tests.conftest import simulated_lines

from clv.data.customers import customer_days
from clv.data.engine import open_engine
from clv.data.history import first_orders, repeat_orders
from clv.decisions.holdout import MODEL, HoldoutCheck, check_on_holdout, tracking
from clv.decisions.trust import calibration_gap
from clv.errors import DataError
from clv.models.outcomes.scattered import HIGH, LOW
from clv.units import days

START, END = dt.date(2025, 1, 31), dt.date(2025, 6, 29)


def days_of(lines: pd.DataFrame, folder) -> object:
    file = folder / "lines.parquet"
    lines.assign(ordered_on=pd.to_datetime(lines["ordered_on"])).to_parquet(file)
    table = open_engine().read_parquet(file)
    typed = table.mutate(ordered_on=table.ordered_on.cast("date"), amount=table.amount.cast("decimal(18, 4)"))
    return customer_days(typed, END)


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return pd.DataFrame(simulated_lines(), columns=["customer_id", "ordered_on", "amount"]).astype({"amount": float})


@pytest.fixture(scope="module")
def history(lines, tmp_path_factory):
    return days_of(lines, tmp_path_factory.mktemp("holdout"))


@pytest.fixture(scope="module")
def check(history) -> HoldoutCheck:
    return check_on_holdout(history, START, END, flagged_from=0.7)


@pytest.fixture(scope="module")
def uncounted(check) -> HoldoutCheck:
    """Return the same check as of a log without amounts."""
    return replace(check, origin=replace(check.origin, outcome=check.outcome.assign(revenue=np.nan)))


def test_every_order_of_the_holdout_is_judged_once(check, history):
    known = history.filter(history.ordered_on <= START).customer_id
    after = history.filter((_.ordered_on > START) & _.is_purchase & _.customer_id.isin(known))
    actual = after.count().execute()
    assert set(check.orders["actual_total"]) == {actual}
    assert check.calibration["actual_total"].sum() == actual
    assert check.cohorts(3)["actual"].sum() == actual
    n_customers = history.filter(history.ordered_on <= START).customer_id.nunique().execute()
    for table in (check.calibration, check.reliability, check.by_frequency(), check.by_time_since_last()):
        assert table["n_customers"].sum() == n_customers
    assert check.histogram()["n_customers"].sum() == n_customers


def test_money_of_the_holdout_is_that_of_the_log(check, lines):
    after = lines[(lines["ordered_on"] > str(START)) & lines["customer_id"].isin(check.known.index)]
    assert check.revenue["actual_total"][MODEL] == pytest.approx(after["amount"].sum())
    assert check.total("revenue").actual == pytest.approx(after["amount"].sum())


def test_the_last_day_known_is_the_start_and_the_test_begins_the_day_after(history, check):
    on_the_day = history.filter((_.ordered_on == START) & _.is_purchase).customer_id.execute()
    assert len(on_the_day)
    last = pd.to_datetime(check.known["last_order"])
    assert last.max() == pd.Timestamp(START)
    assert (last[on_the_day] == pd.Timestamp(START)).all()


def test_nothing_after_the_start_reaches_the_forecast(history, check):
    later = history.mutate(
        net=(_.ordered_on > START).ifelse(1000 * _.net, _.net),
        is_purchase=_.is_purchase & ((_.ordered_on <= START) | (_.customer_id != "C00100")),
    )
    moved = check_on_holdout(later, START, END, flagged_from=0.7)
    pd.testing.assert_frame_equal(moved.forecast, check.forecast)
    assert moved.total("revenue").actual > 100 * check.total("revenue").actual


def test_the_published_forecast_stands_beside_the_naive_rule_the_rules_of_thumb_and_each_model_alone(check):
    family = set(check.forecaster.ground_.family_.models_)
    assert set(check.orders.index) == {MODEL, "naive", "hiatus", "last period again"} | family
    assert list(check.revenue.index) == list(check.orders.index)
    assert check.orders["forecast_total"][MODEL] == pytest.approx(check.forecast["expected_orders"].sum())
    rate = check.known["frequency"] / check.known["T"].where(check.known["T"] > 0)
    naive = (rate * check.span.in_units("week")).fillna(0.0)
    assert check.orders["forecast_total"]["naive"] == pytest.approx(naive.sum())
    by_own_mean = (naive * check.known["mean_purchase"]).sum()
    assert check.revenue["forecast_total"]["naive"] == pytest.approx(by_own_mean)


def test_better_than_the_naive_rule_is_told_with_its_interval(check):
    better, errors = check.better_in_orders, check.orders["rmse"]
    assert better.estimate == pytest.approx(errors[MODEL] - errors["naive"])
    assert better.low <= better.estimate <= better.high
    assert check.beats_naive == (better.estimate <= 0)
    assert check.off == max(abs(check.orders["bias"][MODEL]), abs(check.revenue["bias"][MODEL]))


def test_the_total_has_an_interval_and_says_whether_it_held(check):
    for of in ("orders", "revenue"):
        told = check.total(of)
        assert told.forecast.low < told.forecast.expected < told.forecast.high
        assert told.inside == (told.forecast.low <= told.actual <= told.forecast.high)


def test_customers_that_the_models_describe_earn_ranges_that_hold(check):
    assert check.total("orders").inside
    assert set(check.intervals.index) == {"orders", "simulated", "revenue"}
    assert check.intervals.loc[["orders", "revenue"], "pit_inside"].between(0.83, 0.96).all()  # 392 customers
    covered = (check.outcome["orders"] >= check.forecast["orders_low"]) & (
        check.outcome["orders"] <= check.forecast["orders_high"]
    )
    assert check.intervals.loc["orders", "coverage"] == pytest.approx(covered.mean())


def test_where_outcomes_fell_is_counted_on_the_scale_of_the_published_percentiles(check):
    u, made = check.pit["orders"], check.outcome["orders"].to_numpy()
    assert ((u >= 0) & (u <= 1)).all()
    assert (u[made > check.forecast["orders_high"].to_numpy()] >= HIGH).all()
    assert (u[made < check.forecast["orders_low"].to_numpy()] <= LOW).all()


def test_the_simulated_outcomes_of_the_model_that_made_the_data_are_uniform(check):
    assert np.histogram(check.pit["simulated"], bins=4, range=(0, 1))[0].min() > 0.15 * len(check.known)


def test_flagged_customers_are_those_above_the_cut(check):
    high = check.forecast["p_churn"] >= 0.7
    assert 0 < high.sum() < len(check.known)
    assert check.flagged["n_customers"] == high.sum()
    assert check.flagged["forecast"] == pytest.approx(check.forecast["p_churn"][high].mean())
    assert check.flagged["actual"] == pytest.approx((check.outcome["orders"][high] == 0).mean())


def test_without_a_window_no_order_in_the_test_is_churn(check):
    assert check.window == check.span
    pd.testing.assert_series_equal(check.forecast["p_churn"], check.forecast["p_no_order"], check_names=False)
    assert check.probabilities.loc[MODEL, "actual_share"] == (check.outcome["orders"] == 0).mean()


@pytest.fixture(scope="module")
def in_window(history) -> HoldoutCheck:
    return check_on_holdout(history, START, END, flagged_from=0.7, window=days(42))


def test_silence_is_tested_in_the_churn_window_that_is_published(in_window, history, check):
    assert in_window.window == in_window.forecaster.window == days(42)
    bought = history.filter(
        (_.ordered_on > START) & (_.ordered_on <= START + dt.timedelta(days=42)) & _.is_purchase
    ).customer_id.execute()
    silent = ~in_window.known.index.isin(bought)
    np.testing.assert_array_equal(in_window.silent, silent)
    assert in_window.probabilities.loc[MODEL, "actual_share"] == silent.mean()
    high = in_window.forecast["p_churn"] >= 0.7
    assert in_window.flagged["n_customers"] == high.sum()
    assert in_window.flagged["actual"] == pytest.approx(silent[high].mean())
    for table in (in_window.reliability, in_window.histogram()):
        assert table["n_customers"].sum() == len(in_window.known)


def test_each_model_alone_is_tested_in_the_window_too(in_window):
    for name, model in in_window.forecaster.ground_.family_.models_.items():
        told = model.predict(in_window.known, days(42))["p_no_purchase"].mean()
        assert in_window.probabilities.loc[name, "forecast_mean"] == pytest.approx(told)


def test_the_window_changes_nothing_of_orders_and_money(in_window, check):
    pd.testing.assert_frame_equal(in_window.orders, check.orders, rtol=1e-9)
    assert (in_window.forecast["p_churn"] >= in_window.forecast["p_no_order"]).all()


def test_a_window_longer_than_the_holdout_is_cut_at_its_end(history, check):
    longer = check_on_holdout(history, START, END, flagged_from=0.7, window=days(900))
    assert longer.window == longer.span
    pd.testing.assert_frame_equal(longer.forecast, check.forecast)


def test_medians_are_judged_as_medians(check):
    assert list(check.medians.index) == ["orders", "revenue"]
    assert (check.medians[["share_below", "share_above"]] <= 0.58).all(axis=None)  # one half, and chance


def test_a_log_without_amounts_is_judged_by_its_orders_alone(uncounted, check):
    assert not uncounted.has_amounts
    assert uncounted.revenue is None
    assert uncounted.better_in_revenue is None
    assert list(uncounted.medians.index) == ["orders"]
    assert list(uncounted.intervals.index) == ["orders", "simulated"]
    assert uncounted.off == abs(uncounted.orders["bias"][MODEL])
    assert uncounted.orders["actual_total"][MODEL] == check.orders["actual_total"][MODEL]


def test_tracking_adds_up_all_repeat_orders_and_never_falls(check, history):
    firsts, repeats = first_orders(history, START).execute(), repeat_orders(history, START).execute()
    family = check.forecaster.ground_.family_
    track = tracking(family.models_[family.best_], firsts, repeats, pd.Timestamp(END))
    assert firsts["n"].sum() == len(check.known)
    assert pd.Timestamp(END) - track["date"].iloc[-1] < pd.Timedelta(days=7)
    made = repeats.loc[pd.to_datetime(repeats["ordered_on"]) <= track["date"].iloc[-1], "n"].sum()
    assert track["actual"].iloc[-1] == made
    assert (np.diff(track["forecast"]) > 0).all()
    assert track["forecast"].iloc[-1] == pytest.approx(track["actual"].iloc[-1], rel=0.15)


def test_too_little_before_the_test_names_the_setting(history):
    first = history.ordered_on.min().execute()
    start = pd.Timestamp(first).date() + dt.timedelta(days=1)
    with pytest.raises(DataError, match=r"before the \d+ days of the test, only \d+ .*, or shorten holdout_days"):
        check_on_holdout(history, start, END, flagged_from=0.7)


def test_a_holdout_in_which_nobody_ordered_says_no_share_and_misses_all_that_was_forecast(check):
    nothing = check.outcome.assign(orders=0.0, revenue=-20.0, days_to_order=np.inf)
    silent = replace(check, origin=replace(check.origin, outcome=nothing))
    assert silent.bias is None
    assert silent.money_bias is None
    assert silent.off == pytest.approx(1 + 20 * len(nothing) / silent.forecast["expected_revenue"].sum())
    assert np.isnan(calibration_gap(silent.calibration)[0])
    assert not silent.total("revenue").inside
    assert silent.intervals.loc["revenue", "share_below"] > 0


@pytest.mark.parametrize("refund", [5_000.0, 1e6])
def test_a_refund_beyond_all_sales_of_the_holdout_leaves_money_known_and_compared(check, refund):
    """One fact: that money is known never follows from what it sums to."""
    revenue = check.outcome["revenue"].copy()
    revenue.iloc[0] -= refund + revenue.sum()
    refunded = replace(check, origin=replace(check.origin, outcome=check.outcome.assign(revenue=revenue)))
    assert refunded.has_amounts
    assert refunded.bias == check.bias
    assert refunded.money_bias is None
    row = refunded.revenue.loc[MODEL]
    assert row["actual_total"] == pytest.approx(-refund)
    assert row[["bias", "gini_ranking", "capture_top_decile"]].isna().all()
    assert np.isfinite(row[["mae", "rmse"]].astype(float)).all()
    assert refunded.off == pytest.approx(1 + refund / row["forecast_total"])
    assert {"orders", "revenue"} <= set(refunded.intervals.index)
    assert list(refunded.medians.index) == ["orders", "revenue"]
