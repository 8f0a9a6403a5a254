"""A few misdated lines do not decide where a log begins and ends; pauses and slow beginnings stay in."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.data.odd_dates import crowded_days, lines_by_day, longest_gap, proper_span

FIRST, LAST = dt.date(2023, 1, 2), dt.date(2024, 6, 30)


def shop(pace: float = 4.7, first: dt.date = FIRST, last: dt.date = LAST, seed: int = 1) -> pd.DataFrame:
    day = pd.date_range(first, last)
    lines = np.random.default_rng(seed).poisson(pace, len(day))
    lines[[0, -1]] = np.maximum(lines[[0, -1]], 1)
    table = pd.DataFrame({"day": day, "lines": lines, "customers": lines})
    return table[table["lines"] > 0].reset_index(drop=True)


def with_lines(table: pd.DataFrame, day: str, lines: int = 1) -> pd.DataFrame:
    more = pd.DataFrame({"day": [pd.Timestamp(day)], "lines": [lines], "customers": [lines]})
    return pd.concat([table, more]).sort_values("day", ignore_index=True)


@pytest.mark.parametrize(
    ("odd", "first", "last", "before", "after"),
    [
        ([], FIRST, LAST, 0, 0),
        (["2026-06-15"], FIRST, LAST, 0, 1),  # two years late
        (["2024-08-09"], FIRST, LAST, 0, 1),  # forty days late
        (["1999-12-31"], FIRST, LAST, 1, 0),
        (["1999-12-31", "2025-03-01", "2026-06-15"], FIRST, LAST, 1, 2),
        (["2024-07-05"], FIRST, dt.date(2024, 7, 5), 0, 0),  # five days late may be true
    ],
)
def test_a_line_far_from_all_others_moves_neither_end(odd, first, last, before, after):
    table = shop()
    for day in odd:
        table = with_lines(table, day)
    assert proper_span(table) == (first, last, before, after)


def test_a_pause_stays_in_where_business_went_on():
    table = pd.concat([shop(last=dt.date(2023, 6, 30)), shop(first=dt.date(2024, 3, 1))], ignore_index=True)
    assert proper_span(table)[:2] == (FIRST, LAST)


def test_a_reopening_of_a_day_stays_in():
    table = pd.concat([shop(last=dt.date(2023, 7, 31)), shop(first=dt.date(2023, 8, 22), last=dt.date(2023, 8, 22))])
    assert proper_span(table.reset_index(drop=True)).last == dt.date(2023, 8, 22)


def test_a_slow_beginning_stays_in():
    early = shop(0.2, first=dt.date(2021, 1, 1), last=dt.date(2022, 12, 31))
    assert proper_span(pd.concat([early, shop()], ignore_index=True)).first == dt.date(2021, 1, 1)


def test_dates_of_a_panel_stay_in():
    quarters = pd.DataFrame({"day": pd.date_range("2020-03-31", periods=12, freq="QE"), "lines": 300, "customers": 300})
    assert proper_span(quarters)[2:] == (0, 0)


@settings(max_examples=60, deadline=None)
@given(pace=st.floats(0.02, 30.0), length=st.integers(1, 900), seed=st.integers(0, 99))
def test_a_steady_log_is_never_cut(pace, length, seed):
    table = shop(pace, last=FIRST + dt.timedelta(days=length), seed=seed)
    assert proper_span(table)[2:] == (0, 0)


def test_lines_are_counted_by_day(lines):
    table = lines([("a", "2024-01-01", 1), ("a", "2024-01-01", 2), ("b", "2024-01-01", 3), ("a", "2024-01-05", 4)])
    assert lines_by_day(table)[["lines", "customers"]].to_numpy().tolist() == [[3, 2], [1, 1]]


def test_a_gap_of_years_is_said_and_one_of_weeks_is_not():
    split = pd.concat([shop(last=dt.date(2023, 6, 30)), shop(first=dt.date(2032, 6, 30), last=dt.date(2033, 1, 1))])
    assert longest_gap(split.reset_index(drop=True)) == (dt.date(2023, 6, 30), dt.date(2032, 6, 30))
    assert longest_gap(shop()) is None


def test_a_day_on_which_everyone_bought_is_said():
    table = with_lines(shop(), "2023-05-17", 120)
    assert crowded_days(table, 400)["day"].astype(str).tolist() == ["2023-05-17"]
    assert crowded_days(shop(), 400).empty
