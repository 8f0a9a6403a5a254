"""What a learner sees: finite for whoever it may be, and the same in every currency and every batch."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.data.behaviour import HALF_LIVES, MONEY_WINDOWS, WINDOWS
from clv.models.blend.features import features, log_odds

MONEY = ["mean_purchase", *(f"net_{window}d" for window in MONEY_WINDOWS)]


@st.composite
def customers(draw) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return up to five customers of any history, with the forecast of a baseline."""
    n = draw(st.integers(1, 5))

    def column(strategy):
        return np.array(draw(st.lists(strategy, min_size=n, max_size=n)), dtype=float)

    x, T = column(st.integers(0, 5_000)), column(st.floats(0, 3_000))
    x = np.where(T > 0, x, 0)
    orders = {f"orders_{window}d": np.minimum(x, column(st.integers(0, window))) for window in WINDOWS}
    fading = {f"fading_orders_{half_life}d": column(st.floats(0, 5_000)) for half_life in HALF_LIVES}
    money = {name: column(st.floats(-1e9, 1e9)) for name in MONEY}
    recency = np.where(x > 0, np.maximum(T * column(st.floats(0.01, 1)), 1e-3), 0.0)
    known = pd.DataFrame({"frequency": x, "recency": np.minimum(recency, T), "T": T} | orders | fading | money)
    spend = column(st.floats(1e-6, 1e9))
    baseline = pd.DataFrame(
        {
            "expected_orders": column(st.floats(0, 1e4)),
            "p_no_order": column(st.floats(0, 1)),
            "spend": spend,
            "mean_spend": spend.mean(),
        }
    )
    return known, baseline


@given(case=customers())
def test_features_are_finite_for_any_customer(case):
    X = features(*case)
    assert X.shape == (len(case[0]), 8 + len(WINDOWS) + len(HALF_LIVES) + 2 + len(MONEY_WINDOWS))
    assert np.isfinite(X).all()


@given(case=customers(), unit=st.sampled_from([1e-3, 100.0, 1e3]))
def test_a_currency_leaves_no_mark(case, unit):
    known, baseline = case
    money = ["spend", "mean_spend"]
    dear = known.assign(**{name: unit * known[name] for name in MONEY})
    other = features(dear, baseline.assign(**{name: unit * baseline[name] for name in money}))
    np.testing.assert_allclose(other, features(known, baseline), rtol=1e-9, atol=1e-9)


@given(case=customers())
def test_a_batch_has_the_features_of_the_whole(case):
    known, baseline = case
    np.testing.assert_array_equal(features(known.tail(1), baseline.tail(1)), features(known, baseline)[-1:])


@given(case=customers())
def test_without_amounts_there_are_no_columns_of_money(case):
    known, baseline = case
    bare = features(known.assign(**dict.fromkeys(MONEY, np.nan)), baseline.assign(spend=np.nan, mean_spend=np.nan))
    np.testing.assert_array_equal(bare, features(known, baseline)[:, : bare.shape[1]])
    assert bare.shape[1] == 8 + len(WINDOWS) + len(HALF_LIVES)


def test_the_first_columns_are_as_computed_by_hand():
    known = pd.DataFrame({"frequency": [2.0], "recency": [20.0], "T": [30.0], "orders_28d": [1], "orders_in_span": [2]})
    baseline = pd.DataFrame({"expected_orders": [0.5], "p_no_order": [0.75], "spend": [np.nan]})
    expected = [
        np.log(0.5),
        np.log(0.5) ** 2,
        np.log(3.0),
        np.log(211.0),
        np.log(71.0),
        np.log(3.0),
        np.log(2.0),  # silent for 70 days, one gap of this customer's own
        0.0,
        np.log(2.0),  # orders_in_span has a name without days: its length differs from company to company
    ]
    assert features(known, baseline)[0].tolist() == pytest.approx(expected)


def test_log_odds_of_certainty_are_finite():
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    assert log_odds(np.array([0.2, 0.8])).sum() == pytest.approx(0.0)
