"""What the door lets in, and what it says when it does not."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import DataError
from clv.models.fitting.counts import Counts, coarsen, compress, distinct, purchase_counts, row_weights

GOOD = {"frequency": [2, 0, 1], "recency": [30.0, 0.0, 4.0], "T": [38.0, 38.0, 9.0]}


def frame(**changes) -> pd.DataFrame:
    return pd.DataFrame(GOOD | changes, index=["00123", "00124", "00125"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frequency": [2, -1, 1]}, r"1 of 3 rows have frequency below 0 or not whole.*\(ids 00124\)"),
        ({"frequency": [2, 0, 1.5]}, r"1 of 3 rows have frequency below 0 or not whole.*\(ids 00125\)"),
        ({"recency": [39.0, 0.0, 9.1]}, r"2 of 3 rows have recency > T.*calibration end.*\(ids 00123, 00125\)"),
        ({"recency": [30.0, 1.0, 4.0]}, r"1 of 3 rows have recency > 0 but frequency 0.*\(ids 00124\)"),
        ({"recency": [30.0, 0.0, 0.0]}, r"1 of 3 rows have frequency > 0 but recency 0.*\(ids 00125\)"),
        ({"recency": [30.0, 0.0, -1.0]}, r"1 of 3 rows have recency below 0.*\(ids 00125\)"),
        ({"T": [38.0, -2.0, 9.0]}, r"1 of 3 rows have T below 0.*\(ids 00124\)"),
        ({"T": [38.0, np.nan, np.inf]}, r"2 of 3 rows have T missing or not a finite number \(ids 00124, 00125\)"),
        ({"frequency": ["2", "many", None]}, r"2 of 3 rows have frequency missing or not a finite number"),
    ],
)
def test_each_broken_rule_is_named_with_its_rows(changes, message):
    with pytest.raises(DataError, match=message):
        purchase_counts(frame(**changes))


def test_all_problems_are_told_at_once():
    with pytest.raises(DataError) as e:
        purchase_counts(frame(frequency=[2, -1, 1], recency=[39.0, 0.0, 4.0]))
    assert "recency > T" in str(e.value)
    assert "frequency below 0" in str(e.value)


def test_all_missing_columns_are_told_at_once():
    with pytest.raises(DataError, match=r"missing columns \['recency', 'T'\]; found \['frequency'\]"):
        purchase_counts(pd.DataFrame({"frequency": [1]}))


def test_an_empty_frame_is_refused():
    with pytest.raises(DataError, match="no rows"):
        purchase_counts(frame().iloc[:0])


def test_only_the_first_offenders_are_listed():
    many = pd.DataFrame({"frequency": 1, "recency": 9.0, "T": 8.0}, index=range(1200))
    with pytest.raises(DataError, match=r"1,200 of 1,200 rows .* \(ids 0, 1, 2, 3, 4, …\)"):
        purchase_counts(many)


def test_nullable_integers_are_read_as_numbers():
    counts = purchase_counts(frame(frequency=pd.array([2, 0, 1], dtype="Int64")))
    assert counts.x.tolist() == [2.0, 0.0, 1.0]


def test_compression_keeps_every_customer_and_forgets_the_order():
    x, T = np.array([3.0, 1.0, 3.0, 1.0]), np.array([9.0, 9.0, 9.0, 8.0])
    columns, weight = compress({"x": x, "T": T}, None)
    backwards, backwards_weight = compress({"x": x[::-1], "T": T[::-1]}, None)
    assert np.array_equal(columns, backwards)
    assert weight.tolist() == backwards_weight.tolist() == [1.0, 1.0, 2.0]


def test_distinct_rows_expand_to_the_original():
    x, T = np.array([3.0, 1.0, 3.0, 1.0]), np.array([9.0, 9.0, 9.0, 8.0])
    (short_x, short_T), position = distinct(x, T)
    assert short_x.size == 3
    assert (short_x[position].tolist(), short_T[position].tolist()) == (x.tolist(), T.tolist())


def test_weights_must_be_above_zero():
    with pytest.raises(DataError, match=r"1 of 3 rows have n not above 0.*\(ids 00124\)"):
        row_weights(frame(n=[1, 0, 2]), "n")


def test_compression_takes_any_number_of_columns_and_values():
    """Many distinct values in many columns exceed one 64-bit key: the key is then recoded on the way."""
    rng = np.random.default_rng(2)
    columns = {str(i): rng.random(3000) for i in range(6)}  # 3000⁶ is above 2⁶²
    rows, weight = compress({name: np.tile(column, 2) for name, column in columns.items()}, None)
    frame = pd.DataFrame(columns).sort_values(list(columns))
    assert (weight == 2).all()
    assert np.array_equal(np.array(rows), frame.to_numpy().T)
    weighted, total = compress(columns, np.full(3000, 2.0))
    assert np.array_equal(weighted, rows)
    assert (total == 2).all()


def test_compression_adds_the_weights_of_equal_rows():
    x = np.array([3.0, 1.0, 3.0])
    columns, weight = compress({"x": x}, np.array([2.0, 5.0, 0.5]))
    assert (columns[0].tolist(), weight.tolist()) == ([1.0, 3.0], [5.0, 2.5])


def test_a_base_that_merging_would_hardly_shorten_is_not_merged():
    x = np.arange(12_000.0)
    assert coarsen(Counts(x, x / 20_000, np.ones(12_000)), np.ones(12_000)) is None
