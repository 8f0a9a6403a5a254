"""What a learner sees: finite for whoever it may be, and the same in every currency and every batch."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.data.behaviour import HALF_LIVES, MONEY_WINDOWS, WINDOWS
from clv.learning.features import FEATURES, features, log_odds

MONEY = ["mean_purchase", *(f"net_{window}d" for window in MONEY_WINDOWS)]


@st.composite
def customers(draw) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return up to five customers of any history, and what the probability models say of them."""
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
    ground = pd.DataFrame(
        {
            "expected_orders": column(st.floats(0, 1e4)),
            "p_no_order": column(st.floats(0, 1)),
            "spend": spend,
            "mean_spend": spend.mean(),
        }
    )
    return known, ground


@given(case=customers())
def test_features_are_finite_for_any_customer(case):
    X = features(*case)
    assert X.index.equals(case[0].index)
    assert list(X) == [feature.name for feature in FEATURES if feature.name != "log_orders_in_span"]
    assert np.isfinite(X).all(axis=None)


@given(case=customers(), unit=st.sampled_from([1e-3, 100.0, 1e3]))
def test_a_currency_leaves_no_mark(case, unit):
    known, ground = case
    money = ["spend", "mean_spend"]
    dear = known.assign(**{name: unit * known[name] for name in MONEY})
    other = features(dear, ground.assign(**{name: unit * ground[name] for name in money}))
    np.testing.assert_allclose(other, features(known, ground), rtol=1e-9, atol=1e-9)


@given(case=customers())
def test_a_batch_has_the_features_of_the_whole(case):
    known, ground = case
    pd.testing.assert_frame_equal(features(known.tail(1), ground.tail(1)), features(known, ground).tail(1))


@given(case=customers())
def test_without_amounts_there_are_no_columns_of_money(case):
    known, ground = case
    bare = features(known.assign(**dict.fromkeys(MONEY, np.nan)), ground.assign(spend=np.nan, mean_spend=np.nan))
    whole = features(known, ground)
    pd.testing.assert_frame_equal(bare, whole[bare.columns])
    assert list(whole.columns.difference(bare.columns, sort=False)) == [
        "log_spend", "log_mean_purchase", *(f"log_net_{window}d" for window in MONEY_WINDOWS)
    ]  # fmt: skip


def test_the_first_columns_are_as_computed_by_hand():
    known = pd.DataFrame({"frequency": [2.0], "recency": [20.0], "T": [30.0], "orders_28d": [1], "orders_in_span": [2]})
    ground = pd.DataFrame({"expected_orders": [0.5], "p_no_order": [0.75], "spend": [np.nan]})
    expected = {
        "log_expected_orders": np.log(0.5),
        "log_expected_orders_squared": np.log(0.5) ** 2,
        "log_odds_no_order": np.log(3.0),
        "log_tenure": np.log(211.0),
        "log_silence": np.log(71.0),
        "log_frequency": np.log(3.0),
        "log_silence_in_gaps": np.log(2.0),  # silent for 70 days, one gap of this customer's own
        "bought_once": 0.0,
        "log_orders_28d": np.log(2.0),
        "log_orders_in_span": np.log(3.0),
    }
    assert features(known, ground).iloc[0].to_dict() == pytest.approx(expected)


def test_money_is_counted_in_the_customers_own_purchases_and_spend_in_that_of_the_base():
    known = pd.DataFrame({"frequency": [2.0], "recency": [20.0], "T": [30.0], "net_28d": [60], "mean_purchase": [90.0]})
    ground = pd.DataFrame({"expected_orders": [0.5], "p_no_order": [0.75], "spend": [30.0], "mean_spend": [10.0]})
    found = features(known, ground).iloc[0]
    assert found[["log_spend", "log_mean_purchase", "log_net_28d"]].tolist() == pytest.approx(np.log([3.0, 4.0, 3.0]))


def test_every_feature_says_its_window_and_its_reason_in_words():
    assert len({feature.name for feature in FEATURES}) == len(FEATURES)
    for feature in FEATURES:
        assert feature.reason
        window = feature.name.removesuffix("d").rsplit("_", 1)[-1]
        assert feature.days == (float(window) if window.isdigit() else None)


def test_log_odds_of_certainty_are_finite():
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    assert log_odds(np.array([0.2, 0.8])).sum() == pytest.approx(0.0)
