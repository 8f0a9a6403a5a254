"""Days in the past from which a forecast can be tried: none of them sees what it must foretell."""

import datetime as dt
import math

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.learning import guards
from tests.reference import companies

from clv.data.customers import customer_days
from clv.data.origins import (
    LEAST_DAYS,
    MOST_ORIGINS,
    SHORTEST_SPAN,
    OriginPlan,
    history_start,
    plan_origins,
    read_origins,
    sample_days,
)
from clv.data.schema import MONEY
from clv.units import days

FIRST, TODAY = dt.date(2022, 1, 1), dt.date(2024, 12, 31)


@given(history=st.integers(0, 4000), horizon=st.integers(1, 800))
def test_every_span_ends_by_the_as_of_date_and_never_exceeds_the_horizon(history, horizon):
    as_of = FIRST + dt.timedelta(days=history)
    plan = plan_origins(FIRST, as_of, horizon)
    assert plan.span_days <= horizon
    assert plan.span_days <= max(SHORTEST_SPAN, history / 3)
    assert len(plan.dates) <= MOST_ORIGINS
    assert list(plan.dates) == sorted(set(plan.dates), reverse=True)
    for date in plan.dates:
        assert date + dt.timedelta(days=plan.span_days) <= as_of
        assert (date - FIRST).days >= max(LEAST_DAYS, 0.28 * history)


@given(history=st.integers(0, 4000), horizon=st.integers(1, 800), window=st.integers(1, 400))
def test_a_shorter_window_adds_the_origins_that_see_it_over_and_moves_none(history, horizon, window):
    as_of = FIRST + dt.timedelta(days=history)
    plain, asked = plan_origins(FIRST, as_of, horizon), plan_origins(FIRST, as_of, horizon, window)
    assert asked.span_days == plain.span_days
    assert set(plain.dates) <= set(asked.dates)
    added = {(as_of - date).days for date in set(asked.dates) - set(plain.dates)}
    assert added <= {window, 2 * window}
    if window >= plain.span_days:
        assert asked == plain
    elif plain.dates and (plain.dates[0] - FIRST).days >= window:
        assert (as_of - asked.dates[0]).days == window  # what came of the window is known, of the span not yet
    assert list(asked.dates) == sorted(set(asked.dates), reverse=True)


@given(history=st.integers(120, 4000), horizon=st.integers(7, 800))
def test_four_months_of_history_or_more_always_have_an_origin_to_learn_from_and_one_to_try(history, horizon):
    plan = plan_origins(FIRST, FIRST + dt.timedelta(days=history), horizon)
    assert plan.dates[0] - plan.dates[-1] >= dt.timedelta(days=plan.span_days)


@pytest.mark.parametrize("history", [0, 7, 28, 34])
def test_a_history_of_weeks_has_no_origin(history):
    assert plan_origins(FIRST, FIRST + dt.timedelta(days=history), 90).dates == ()


def lines_of(n: int, first: str = "2022-01-01") -> list[tuple[str, str, float]]:
    """Return two purchases of each of n customers, who begin a day apart."""
    start = dt.date.fromisoformat(first)
    return [
        (f"c{number:05d}", str(start + dt.timedelta(days=number % 50 + gap)), 5.0)
        for number in range(n)
        for gap in (0, 60)
    ]


@pytest.mark.parametrize("n", [2, 30, 250])
def test_a_stray_line_of_1971_does_not_make_a_history(lines, n):
    days = customer_days(lines([*lines_of(n), ("stray", "1971-01-01", 5.0)]), dt.date(2023, 1, 1))
    assert dt.date(2022, 1, 1) <= history_start(days) <= dt.date(2022, 1, 3)


def test_refunds_before_the_first_purchase_are_no_history(lines):
    days = customer_days(lines([("a", "2020-01-01", -5.0), ("b", "2022-05-05", 5.0)]), dt.date(2023, 1, 1))
    assert history_start(days) == dt.date(2022, 5, 5)


@pytest.fixture
def many(lines):
    return customer_days(lines(lines_of(3_000)), dt.date(2023, 1, 1))


def ids(days: ibis.Table) -> set[str]:
    return set(days.customer_id.execute())


def test_a_sample_holds_about_as_many_customers_as_asked_for_and_all_their_days(many):
    drawn = sample_days(many, 600).execute()
    assert drawn["customer_id"].nunique() == pytest.approx(600, abs=4 * (600 * 0.8) ** 0.5)
    assert drawn.groupby("customer_id").size().eq(2).all()


def test_the_same_customers_are_drawn_whatever_the_day(many, lines):
    later = customer_days(lines([*lines_of(3_000), *lines_of(3_000, "2022-09-01")]), dt.date(2023, 1, 1))
    assert ids(sample_days(later, 600)) == ids(sample_days(many, 600))


def test_a_small_base_is_taken_whole(many):
    assert ids(sample_days(many, 3_000)) == ids(many)


ONE_SPAN = OriginPlan(10, (dt.date(2024, 3, 31), dt.date(2024, 3, 21)))
HISTORY = [
    ("a", "2024-03-01", 10), ("a", "2024-03-31", 4), ("a", "2024-04-01", 6), ("a", "2024-04-10", 7),
    ("a", "2024-04-11", 900),
    ("b", "2024-03-01", 10), ("b", "2024-04-02", -4),
    ("c", "2024-04-01", 10),
    ("d", "2024-03-10", -3), ("d", "2024-04-04", 9),
]  # fmt: skip


def test_the_day_of_the_origin_is_known_and_the_span_begins_the_day_after(lines):
    latest, earlier = read_origins(customer_days(lines(HISTORY), TODAY), ONE_SPAN, TODAY)
    assert latest.as_of == dt.date(2024, 3, 31)
    assert latest.known.index.tolist() == latest.outcome.index.tolist() == ["a", "b"]
    assert latest.known["n_orders"].tolist() == [2, 1]
    assert latest.outcome["orders"].tolist() == [2, 0]  # of 1 and 10 April; 11 April lies beyond
    assert latest.outcome["revenue"].tolist() == [13, -4]  # a refund is money of the span and no order
    assert latest.outcome["days_to_order"].tolist() == [1, math.inf]
    assert earlier.known["n_orders"].tolist() == [1, 1]
    assert earlier.outcome["orders"].tolist() == [1, 0]
    assert earlier.outcome["days_to_order"].tolist() == [10, math.inf]
    assert latest.known["orders_in_span"].tolist() == [1, 0]


def test_what_comes_after_an_origin_changes_nothing_that_is_known_there(lines):
    for plan_date in ONE_SPAN.dates:
        plan = OriginPlan(10, (plan_date,))
        cut = [line for line in HISTORY if line[1] <= str(plan_date)]
        whole, past = (read_origins(customer_days(lines(rows), TODAY), plan, TODAY)[0] for rows in (HISTORY, cut))
        pd.testing.assert_frame_equal(whole.known, past.known)
        assert past.outcome[["orders", "revenue"]].eq(0).all(axis=None)
        assert past.outcome["days_to_order"].eq(math.inf).all()


@pytest.mark.parametrize("today", ["2024-03-31", "2024-04-01", "2024-04-03", "2024-04-09", "2024-04-10", "2024-04-12"])
def test_what_lies_after_today_is_not_looked_at(lines, today):
    guards.reads_nothing_beyond(dt.date.fromisoformat(today), customer_days(lines(HISTORY), TODAY), ONE_SPAN)


def test_a_span_that_is_not_over_today_is_missing_and_silence_is_told_as_far_as_it_was_seen(lines):
    today = dt.date(2024, 4, 9)
    latest, earlier = read_origins(customer_days(lines(HISTORY), TODAY), ONE_SPAN, today)
    assert latest.outcome[["orders", "revenue"]].isna().all(axis=None)
    assert latest.outcome["days_to_order"].tolist() == [1, math.inf]
    assert earlier.outcome[["orders", "revenue"]].notna().all(axis=None)
    assert (latest.seen_days, earlier.seen_days) == (9, 19)
    assert latest.silent_for(days(9)).tolist() == [0, 1]
    assert latest.silent_for(days(10)).isna().all()
    assert earlier.silent_for(days(10)).tolist() == [0, 1]  # an order on the last day of a time is one within it
    assert earlier.silent_for(days(9)).tolist() == [1, 1]


def test_an_origin_says_how_much_of_todays_history_lies_behind_it(lines):
    latest, earlier = read_origins(customer_days(lines(HISTORY), TODAY), ONE_SPAN, dt.date(2024, 4, 30))
    assert latest.history == pytest.approx(30 / 60)  # the history begins with the second customer, on 1 March
    assert earlier.history == pytest.approx(20 / 60)


def test_a_log_without_amounts_has_orders_and_no_revenue(lines):
    unpriced = lines(HISTORY).mutate(amount=ibis.null(MONEY))
    latest, _ = read_origins(customer_days(unpriced, TODAY), ONE_SPAN, TODAY)
    assert latest.outcome["orders"].tolist() == [2, 1, 1]  # without money a refund is a visit, as of b and d
    assert latest.outcome["revenue"].isna().all()


def test_a_plan_without_dates_reads_nothing(lines):
    assert read_origins(customer_days(lines(HISTORY), TODAY), OriginPlan(7, ()), TODAY) == []


def test_the_reference_in_pandas_reads_the_same_origins(engine, tmp_path):
    rows = companies.buyers(120, 2, days=300, arrivals=150)
    file = tmp_path / "days.parquet"
    rows.assign(ordered_on=rows["ordered_on"].dt.date).to_parquet(file)
    table = engine.read_parquet(file)
    as_of = companies.day(280)
    span, expected = companies.past(rows[rows["ordered_on"] <= pd.Timestamp(as_of)], as_of, 70, 20)
    plan = OriginPlan(span, tuple(origin.as_of for origin in expected))
    found = read_origins(table.mutate(net=table.net.cast("decimal(38, 4)")), plan, as_of)
    for one, other in zip(found, expected, strict=True):
        assert (one.as_of, one.seen_days) == (other.as_of, other.seen_days)
        pd.testing.assert_frame_equal(one.outcome, other.outcome[list(one.outcome)], check_names=False)
        assert one.known.index.equals(other.known.index)
