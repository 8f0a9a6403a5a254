"""Scores by fifths of the base: equal figures score the same, and 5 is best."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.decisions.rfm import rfm_grid, rfm_scores

AS_OF = dt.date(2024, 3, 31)


def base(days_ago, n_orders, value) -> pd.DataFrame:
    last = [None if days is None else pd.Timestamp(AS_OF) - pd.Timedelta(days=days) for days in days_ago]
    frame = {"last_order": pd.to_datetime(pd.Series(last, dtype="datetime64[us]")), "n_orders": n_orders}
    return pd.DataFrame(frame | {"value_to_date": [float(money) for money in value]}).rename_axis("customer_id")


def test_ten_customers_fill_the_fifths_two_by_two():
    scores = rfm_scores(base(range(10), range(10, 0, -1), range(100, 0, -10)), AS_OF)
    for score in "rfm":
        assert scores[score].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scores["rfm"].iloc[0] == "555"
    assert scores["days_since_last"].tolist() == list(range(10))


def test_each_score_stands_at_its_own_place():
    scores = rfm_scores(base([0, 9, 5, 4, 3], [1, 9, 5, 4, 3], [50, 10, 90, 30, 20]), AS_OF)
    assert scores["rfm"].tolist() == ["514", "151", "245", "333", "422"]


def test_who_never_bought_has_zeros_and_does_not_move_the_others():
    buyers = rfm_scores(base([1, 2, 3], [3, 2, 1], [3, 2, 1]), AS_OF)
    scores = rfm_scores(base([1, 2, 3, None], [3, 2, 1, 0], [3, 2, 1, -5]), AS_OF)
    assert scores["rfm"].iloc[3] == "000"
    assert scores["rfm"].iloc[:3].tolist() == buyers["rfm"].tolist()
    assert pd.isna(scores["days_since_last"].iloc[3])
    assert rfm_grid(scores).to_numpy().sum() == 3


def test_a_base_of_equals_is_in_the_middle():
    assert set(rfm_scores(base([1] * 7, [2] * 7, [3] * 7), AS_OF)["rfm"]) == {"333"}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(-2, 3)), min_size=1, max_size=50))
def test_equal_figures_score_the_same_and_better_ones_no_less(rows):
    scores = rfm_scores(base(*zip(*rows, strict=True)), AS_OF)
    for score, figure in (
        ("r", [-row[0] for row in rows]),
        ("f", [row[1] for row in rows]),
        ("m", [r[2] for r in rows]),
    ):
        by_figure = scores.groupby(pd.Series(figure))[score]
        assert by_figure.min().equals(by_figure.max())
        assert by_figure.first().is_monotonic_increasing
        assert scores[score].between(1, 5).all()
    grid = rfm_grid(scores)
    assert grid.to_numpy().sum() == len(rows)
    assert (grid.index.tolist(), grid.columns.tolist()) == ([5, 4, 3, 2, 1], [1, 2, 3, 4, 5])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_does_not_matter(seed):
    frame = base([0, 1, 1, 2, 8, 8], [1, 1, 2, 2, 3, 9], [5, 5, 1, 0, 2, 2])
    shuffled = frame.sample(frac=1, random_state=seed)
    assert rfm_scores(shuffled, AS_OF)["rfm"].sort_index().equals(rfm_scores(frame, AS_OF)["rfm"])
