"""Who holds the value: classes, curve, top shares and Gini, by hand and by property."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.decisions.concentration import (
    abc_classes,
    concentration_curve,
    customers_for,
    gini_concentration,
    ranked,
    share_by_class,
    top_share,
)

values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan), st.just(10.0)), min_size=1, max_size=40)


def customers(*value: float) -> pd.Series:
    return pd.Series(value, index=[f"c{number:03d}" for number in range(len(value))], dtype=float)


@pytest.mark.parametrize(
    ("value", "classes"),
    [
        ((80, 15, 5), "ABC"),  # who begins where a class ends is in the next
        ((0.8, 0.15, 0.05), "ABC"),  # whatever rounding does to the sums
        ((79, 15, 6), "AAB"),  # who crosses a cut is still in the higher class
        ((100,), "A"),
        ((50, 50), "AA"),
        ((90, math.nan, -5, 10), "ACCB"),
        ((90, 0, 10), "ACB"),
        ((0, 0, 0), "CCC"),
        ((-1, math.nan), "CC"),
    ],
)
def test_classes_end_where_the_cumulative_share_crosses_their_cut(value, classes):
    assert "".join(abc_classes(customers(*value))) == classes


def test_equal_values_are_told_apart_by_their_id_whatever_the_order_of_rows():
    value = customers(*[10.0] * 10)
    classes = abc_classes(value)
    assert "".join(classes) == "AAAAAAAABB"
    shuffled = value.sample(frac=1, random_state=1)
    assert abc_classes(shuffled).index.equals(shuffled.index)
    assert abc_classes(shuffled).sort_index().equals(classes)
    assert ranked(shuffled).index.tolist() == value.index.tolist()


@given(values)
def test_every_customer_has_a_class_and_a_better_one_no_less_value(value):
    frame = pd.DataFrame({"value": customers(*value), "abc": abc_classes(customers(*value))})
    assert frame["abc"].isin(["A", "B", "C"]).all()
    least, most = (frame.groupby("abc")["value"].agg(pick) for pick in ("min", "max"))
    for better, worse in (("A", "B"), ("A", "C"), ("B", "C")):
        if better in least.index and worse in most.index and pd.notna(most[worse]):
            assert least[better] >= most[worse]


@given(values)
def test_classes_reconcile_with_customers_and_money(value):
    series = customers(*value)
    table = share_by_class(series, abc_classes(series))
    assert table["n_customers"].sum() == len(series)
    assert table["value"].sum() == pytest.approx(series.sum(), rel=1e-9, abs=1e-6)
    assert table["share_of_customers"].sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("value", "gini"),
    [
        ((5, 5, 5, 5), 0),
        ((0, 0, 0, 1), 0.75),  # one of n holds everything: 1 - 1/n
        ((1, 2, 3, 4), 0.25),
        ((1, 3), 0.25),
        ((1, 3, math.nan, -7), 0.625),  # missing and negative hold nothing
        ((7,), 0),
    ],
)
def test_gini_of_a_base_counted_by_hand(value, gini):
    assert gini_concentration(customers(*value)) == pytest.approx(gini, abs=1e-12)


def test_gini_does_not_depend_on_currency_or_order():
    value = customers(1, 2, 3.5, 100)
    assert gini_concentration(value * 1234) == pytest.approx(gini_concentration(value[::-1]), abs=1e-12)


def test_nothing_is_said_of_a_base_without_value():
    nothing = customers(0, 0, -1)
    assert math.isnan(gini_concentration(nothing))
    assert math.isnan(top_share(nothing))
    assert math.isnan(customers_for(nothing))
    assert concentration_curve(nothing)["share_of_value"].tolist() == [0, 1]


def test_top_share_and_its_converse():
    value = customers(50, 30, 10, 5, 5)
    assert top_share(value, 0.2) == 0.5
    assert top_share(value, 0.01) == 0.5  # at least one customer
    assert top_share(value, 1) == 1
    assert [customers_for(value, part) for part in (0.5, 0.8, 0.81, 1.0)] == [0.2, 0.4, 0.6, 1.0]


def test_refunds_beyond_the_sales_do_not_break_the_shares():
    for taken_back in (-10, -1_000):  # shares are of what the others hold, as the classes are
        value = customers(60, 40, taken_back)
        assert customers_for(value, 0.8) == pytest.approx(2 / 3)
        assert (top_share(value, 1 / 3), top_share(value, 1.0)) == (pytest.approx(0.6), pytest.approx(1.0))
        assert concentration_curve(value)["share_of_value"].max() == pytest.approx(1)
        shares = share_by_class(value, abc_classes(value))["share_of_value"]
        assert shares.sum() == pytest.approx(1)
        assert shares["C"] == 0


@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=400))
def test_the_curve_runs_from_nobody_to_everybody_and_bends_down(value):
    curve = concentration_curve(customers(*value), points=50)
    assert curve.iloc[0].tolist() == [0, 0]
    assert curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert len(curve) <= 51
    slope = np.diff(curve["share_of_value"]) / np.diff(curve["share_of_customers"])
    assert (np.diff(slope) <= 1e-6 * slope.max()).all()
