"""Silence as one curve: exact where it was told, never rising in between or beyond, and read both ways."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clv.models.outcomes.silence import Curve

N = 3
some_days = st.lists(st.integers(1, 2_000), min_size=1, max_size=5, unique=True).map(sorted)
chances = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1e-300, 1e-12, 0.5, 1 - 1e-9, 1.0]))


@st.composite
def curves(draw, chances=chances) -> Curve:
    """Return the curve of three customers of whom anything may have been said, even what cannot be."""
    days = draw(some_days)
    return Curve.through(days, draw(arrays.arrays(float, (N, len(days)), elements=chances)))


doubtful = curves(st.floats(1e-6, 1 - 1e-6))


@given(curves(), st.lists(st.floats(1e-3, 1e5), min_size=2, max_size=20).map(sorted))
def test_silence_never_becomes_likelier_with_time(curve, days):
    told = np.array([curve.at(day) for day in sorted([*days, *curve.days])])
    assert ((told >= 0) & (told <= 1)).all()
    assert (np.diff(told, axis=0) <= 1e-12).all()


@given(some_days, st.data())
def test_at_its_days_the_curve_is_what_was_told(days, data):
    told = data.draw(arrays.arrays(float, (N, len(days)), elements=st.floats(1e-9, 1 - 1e-9)))
    falling = np.minimum.accumulate(told, axis=1)
    curve = Curve.through(days, told)
    np.testing.assert_allclose(np.column_stack([curve.at(day) for day in days]), falling, rtol=1e-12)


@given(curves(), st.floats(1e-3, 1.0))
def test_before_the_first_day_orders_come_at_a_steady_rate(curve, share):
    first = float(curve.days[0])
    np.testing.assert_allclose(curve.at(share * first), curve.at(first) ** share, rtol=1e-9, atol=1e-300)


@given(curves(), st.floats(1e-6, 1 - 1e-6))
def test_the_day_by_which_a_share_has_ordered_is_where_the_curve_falls_to_the_rest(curve, share):
    day, last = curve.day_of(share), float(curve.days[-1])
    within = curve.at(last) <= 1 - share
    np.testing.assert_array_equal(np.isfinite(day), within)
    assert (day[within] <= last * (1 + 1e-9)).all()
    for row in np.flatnonzero(within):
        assert curve.at(day[row])[row] == pytest.approx(1 - share, rel=1e-6)


@given(curves(), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_larger_share_has_ordered_on_a_later_day(curve, one, other):
    assume(one < other)
    assert (curve.day_of(one) <= curve.day_of(other) * (1 + 1e-9)).all()


def test_after_its_last_day_the_last_power_of_time_goes_on():
    curve = Curve.through([10, 40], np.exp(-np.array([[1.0, 2.0]])))  # the square root of time
    assert -np.log(curve.at(160.0)) == pytest.approx([4.0])
    steady = Curve.through([10], np.array([[0.5]]))
    assert steady.at(30.0) == pytest.approx([0.5**3])


@st.composite
def two_curves(draw) -> tuple[Curve, Curve]:
    """Return a curve and one of the same customers with more days, none of them later."""
    days = draw(some_days)
    more = sorted({*days, *draw(st.lists(st.integers(1, days[-1]), max_size=4))})
    kinds = (
        arrays.arrays(float, (N, len(days)), elements=chances),
        arrays.arrays(float, (N, len(more)), elements=chances),
    )
    return Curve.through(days, draw(kinds[0])), Curve.through(more, draw(kinds[1]))


@given(two_curves())
def test_a_refined_curve_keeps_what_was_told_and_never_rises(both):
    curve, shape = both
    refined = curve.refined(shape)
    np.testing.assert_array_equal(refined.days, shape.days)
    for day in curve.days:
        np.testing.assert_allclose(refined.at(day), curve.at(day), rtol=1e-9, atol=1e-300)
    assert (np.diff([refined.at(day) for day in refined.days], axis=0) <= 1e-12).all()


@given(doubtful, st.floats(0.3, 3.0))
def test_between_two_days_a_refined_curve_falls_as_its_shape_does(curve, factor):
    ends = np.unique(curve.days[[0, -1]])
    coarse = Curve.through(ends, np.column_stack([curve.at(day) ** factor for day in ends]))
    again = coarse.refined(curve)  # the shape has other hazards: only how it falls counts
    for day in curve.days:
        np.testing.assert_allclose(again.at(day), curve.at(day) ** factor, rtol=1e-6)


def test_nobody_is_a_curve_like_any_other():
    nobody = Curve.through([30, 90], np.empty((0, 2)))
    assert nobody.at(50.0).shape == nobody.day_of(0.5).shape == (0,)
