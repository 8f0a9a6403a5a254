"""Metrics on cases small enough to compute by hand, and their laws."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from clv.errors import DataError
from clv.models.evaluation import calibration_by_decile, deciles, gini_ranking, holdout_metrics

RNG = np.random.default_rng(7)
IDS = [f"{i:05d}" for i in range(1000)]
ACTUAL = pd.Series(RNG.poisson(1.5, 1000).astype(float), index=IDS)
FORECAST = ACTUAL + RNG.normal(0, 1, 1000)


def test_the_metrics_are_those_computed_by_hand():
    forecasts = pd.DataFrame({"model": [4.0, 1.0, 1.0, 0.0]}, index=list("abcd"))
    row = holdout_metrics(forecasts, pd.Series([2, 2, 0, 0], index=list("abcd"))).loc["model"]
    assert row["mae"] == 1.0
    assert row["rmse"] == pytest.approx(np.sqrt(6 / 4), rel=1e-14)
    assert row["bias"] == 0.5
    assert (row["forecast_total"], row["actual_total"], row["n_customers"]) == (6.0, 4.0, 4)
    assert row["gini_ranking"] == 1.0  # a tie of b and c goes by customer_id, which puts b first
    assert row["capture_top_decile"] == 0.5  # of four customers the top decile is one


def test_perfect_and_reversed_orders_are_one_and_minus_one():
    assert gini_ranking(ACTUAL, ACTUAL) == pytest.approx(1.0, abs=1e-12)
    actual = pd.Series(np.arange(50.0))
    assert gini_ranking(-actual, actual) == pytest.approx(-1.0, abs=1e-12)


def test_for_a_binary_outcome_the_gini_is_twice_the_auc_less_one():
    bought = (ACTUAL > 1).astype(float)
    assert gini_ranking(FORECAST, bought) == pytest.approx(2 * roc_auc_score(bought, FORECAST) - 1, abs=1e-12)


def test_equal_outcomes_have_no_ranking():
    """A gain curve by steps instead of trapezoids gives 1/n here."""
    assert np.isnan(gini_ranking(FORECAST, ACTUAL * 0 + 1))


def test_the_order_of_rows_does_not_matter():
    shuffled = ACTUAL.sample(frac=1, random_state=3)
    coarse = FORECAST.round()  # with many ties
    one = holdout_metrics(coarse.to_frame("m"), ACTUAL)
    other = holdout_metrics(coarse.sample(frac=1, random_state=4).to_frame("m"), shuffled)
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)


def test_deciles_hold_a_tenth_each_and_one_is_highest():
    groups = deciles(FORECAST.round())
    assert groups.value_counts().tolist() == [100] * 10
    means = FORECAST.round().groupby(groups).mean()
    assert (means.diff().dropna() <= 0).all()
    assert groups.index.equals(FORECAST.index)


def test_the_calibration_table_conserves_the_totals():
    table = calibration_by_decile(FORECAST, ACTUAL)
    assert table.index.tolist() == list(range(1, 11))
    assert table["forecast_total"].sum() == pytest.approx(FORECAST.sum(), rel=1e-12)
    assert table["actual_total"].sum() == ACTUAL.sum()
    assert table["n_customers"].sum() == 1000


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (ACTUAL.iloc[:-2], r"2 customers are in only one of forecast and actual \(ids 00998, 00999\)"),
        (ACTUAL * 0, "nothing happened in the holdout"),
        (ACTUAL.where(ACTUAL.index != "00003"), "1 customers have a missing forecast"),
        (pd.concat([ACTUAL, ACTUAL.head(1)]), "occurs more than once"),
    ],
)
def test_what_cannot_be_compared_is_refused(actual, message):
    with pytest.raises(DataError, match=message):
        holdout_metrics(FORECAST.to_frame("m"), actual)
