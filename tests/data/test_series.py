"""Days and weeks reconcile with the purchases they are made of; spend sums with a regression on the lines."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest

from clv.data.customers import customer_days
from clv.data.history import first_orders, repeat_orders
from clv.data.series import daily_series, spend_sums, weekly_series

AS_OF = dt.date(2024, 1, 17)
LINES = [
    ("refund first", "2023-12-30", -2), ("refund first", "2024-01-05", -2), ("refund first", "2024-01-09", 8),
    ("a", "2024-01-01", 10), ("a", "2024-01-03", 5), ("a", "2024-01-10", -4), ("a", "2024-01-16", 2),
    ("b", "2024-01-03", 20), ("b", "2024-01-17", 7), ("b", "2024-01-17", 3), ("b", "2024-01-18", 99),
    ("only refunds", "2024-01-12", -9),
]  # fmt: skip


@pytest.fixture
def days(lines):
    return customer_days(lines(LINES), AS_OF)


def test_every_day_is_there_and_a_silent_one_is_zero(days):
    daily = daily_series(days, AS_OF).execute()
    assert pd.DatetimeIndex(daily["day"]).equals(pd.date_range("2024-01-01", AS_OF))
    seen = daily[(daily[["new_customers", "repeat_orders", "repeat_revenue"]] != 0).any(axis=1)]
    assert seen.assign(day=seen["day"].astype(str).str[8:10]).to_numpy().tolist() == [
        ["01", 1, 0, 0], ["03", 1, 1, 5], ["09", 1, 0, 0], ["10", 0, 0, -4], ["16", 0, 1, 2], ["17", 0, 1, 10],
    ]  # fmt: skip


def test_days_count_the_same_purchases_as_first_and_repeat_orders(days):
    daily = daily_series(days, AS_OF).execute()
    assert daily["new_customers"].sum() == first_orders(days, AS_OF).execute()["n"].sum()
    assert daily["repeat_orders"].sum() == repeat_orders(days, AS_OF).execute()["n"].sum()


def test_weeks_are_whole_and_end_on_the_weekday_of_the_as_of_date(days):
    weeks = weekly_series(daily_series(days, AS_OF), AS_OF).execute()
    assert weeks["week_end"].astype(str).str[:10].tolist() == ["2024-01-10", "2024-01-17"]
    assert weeks[["new_customers", "repeat_orders", "repeat_revenue"]].to_numpy().tolist() == [[1, 0, -4], [0, 2, 12]]


def test_a_log_without_amounts_has_weeks_without_revenue(days):
    unpriced = days.mutate(net=ibis.null("decimal(18, 4)"))
    daily = daily_series(unpriced, AS_OF)
    assert daily.execute()["repeat_orders"].sum() == 3
    assert daily.execute()["repeat_revenue"].isna().all()
    assert weekly_series(daily, AS_OF).execute()["repeat_revenue"].isna().all()
    assert spend_sums(unpriced).execute().loc[0, "n_customers"] == 0


def test_spend_sums_give_the_slope_and_clustered_error_of_a_regression_with_customer_effects(lines):
    rng = np.random.default_rng(3)
    rows = [
        (f"c{customer}", str(np.datetime64("2022-01-01") + int(day)), round(float(rng.lognormal(3, 0.5)), 2))
        for customer in range(40)
        for day in rng.choice(700, rng.integers(1, 9), replace=False)
    ]
    sums = spend_sums(customer_days(lines([*rows, ("c1", "2023-12-30", -500)]), dt.date(2024, 1, 1))).execute().loc[0]

    table = pd.DataFrame(rows, columns=["customer", "day", "net"]).sort_values(["customer", "day"])
    repeats = table[table.duplicated("customer")]
    repeats = repeats[repeats.groupby("customer")["day"].transform("size") >= 2]
    t = pd.to_datetime(repeats["day"]).astype("datetime64[s]").astype("int64").to_numpy() / 86_400 / 365.25
    effects = pd.get_dummies(repeats["customer"]).to_numpy(dtype=float)
    y = np.log(repeats["net"].to_numpy())
    t_within = t - effects @ np.linalg.lstsq(effects, t, rcond=None)[0]
    coefficients = np.linalg.lstsq(np.column_stack([t_within, effects]), y, rcond=None)[0]
    residual = y - np.column_stack([t_within, effects]) @ coefficients
    scores = effects.T @ (t_within * residual)

    slope = sums["s_ty"] / sums["s_tt"]
    assert slope == pytest.approx(coefficients[0], rel=1e-9)
    squared = sums["s_ty_ty"] - 2 * slope * sums["s_tt_ty"] + slope**2 * sums["s_tt_tt"]
    assert squared == pytest.approx(scores @ scores, rel=1e-6)
    assert sums["n_customers"] == repeats["customer"].nunique()
    assert sums["n_purchases"] == len(repeats)
    assert sums["years"] == pytest.approx(np.ptp(t))


def test_no_repeat_purchase_gives_sums_of_zero(lines):
    sums = spend_sums(customer_days(lines([("a", "2024-01-01", 5), ("b", "2024-01-02", 5)]), AS_OF)).execute()
    assert len(sums) == 1
    assert not sums.loc[0].any()
