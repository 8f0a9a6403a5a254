"""Metrics on cases small enough to compute by hand, and their laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from clv.errors import DataError
from clv.models.evaluation.accuracy import calibration_by_decile, deciles, gini_ranking, holdout_metrics, median_metrics

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
    assert (
        row["gini_ranking"] == 0.75
    )  # the tie of b and c is one straight piece: gain 0, 1/2, 1, 1 over 0, 1/4, 3/4, 1
    assert row["spearman"] == pytest.approx(3 / np.sqrt(18), rel=1e-14)  # ranks 4, 2.5, 2.5, 1 and 3.5, 3.5, 1.5, 1.5
    assert row["capture_top_decile"] == 0.5  # of four customers the top decile is one


def test_perfect_and_reversed_orders_are_one_and_minus_one():
    assert gini_ranking(ACTUAL, ACTUAL) == pytest.approx(1.0, abs=1e-12)
    actual = pd.Series(np.arange(50.0))
    assert gini_ranking(-actual, actual) == pytest.approx(-1.0, abs=1e-12)


@pytest.mark.parametrize("forecast", [FORECAST, FORECAST.round(), FORECAST.clip(upper=1)], ids=["fine", "ties", "heap"])
def test_for_a_binary_outcome_the_gini_is_twice_the_auc_less_one_also_with_ties(forecast):
    bought = (ACTUAL > 1).astype(float)
    assert gini_ranking(forecast, bought) == pytest.approx(2 * roc_auc_score(bought, forecast) - 1, abs=1e-12)


def test_a_forecast_that_is_the_same_for_all_ranks_nobody():
    """Ties broken by customer_id would give a naive rule credit for ids that grow with time."""
    constant = holdout_metrics((FORECAST * 0 + 2).to_frame("m"), ACTUAL.sort_values().set_axis(IDS)).loc["m"]
    assert constant["gini_ranking"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(constant["spearman"])


def test_equal_outcomes_have_no_ranking():
    """A gain curve by steps instead of trapezoids gives 1/n here."""
    for same in (1.0, 0.1):  # 0.1 has no exact sum
        assert np.isnan(gini_ranking(FORECAST, ACTUAL * 0 + same))
    assert np.isnan(holdout_metrics(FORECAST.to_frame("m"), ACTUAL * 0 + 1).loc["m", "spearman"])


def test_spearman_is_that_of_scipy_with_ties_averaged():
    coarse = FORECAST.round()
    found = holdout_metrics(coarse.to_frame("m"), ACTUAL).loc["m", "spearman"]
    assert found == pytest.approx(spearmanr(coarse, ACTUAL).statistic, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), min_size=2, max_size=40))
def test_ranking_figures_depend_on_the_order_of_forecasts_alone(pairs):
    forecast, actual = (pd.Series(values, dtype=float) for values in zip(*pairs, strict=True))
    actual += 1.0
    one, other = (holdout_metrics(values.to_frame("m"), actual).loc["m"] for values in (forecast, forecast**3 - 5))
    for name in ("gini_ranking", "spearman", "capture_top_decile"):
        assert one[name] == pytest.approx(other[name], abs=1e-9, nan_ok=True)
        assert np.isnan(one[name]) or -1 - 1e-9 <= one[name] <= 1 + 1e-9


def test_the_order_of_rows_does_not_matter():
    shuffled = ACTUAL.sample(frac=1, random_state=3)
    coarse = FORECAST.round()  # with many ties
    one = holdout_metrics(coarse.to_frame("m"), ACTUAL)
    other = holdout_metrics(coarse.sample(frac=1, random_state=4).to_frame("m"), shuffled)
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_the_mean_wins_by_rmse_and_the_median_by_mae():
    """The reason why each is judged by its own measure: outcomes of one customer with skewed purchases."""
    outcome = pd.Series(np.random.default_rng(2).negative_binomial(0.4, 0.2, 20_000).astype(float))
    constants = {"mean": outcome.mean(), "median": outcome.median()}
    forecasts = pd.DataFrame(dict.fromkeys(constants, outcome)).assign(**constants)
    means, medians = holdout_metrics(forecasts, outcome), median_metrics(forecasts, outcome)
    assert means["rmse"]["mean"] < means["rmse"]["median"]
    assert medians["mae"]["median"] < medians["mae"]["mean"]
    assert abs(means["bias"]["mean"]) < 1e-12
    assert means["bias"]["median"] < -0.5
    assert medians.loc["median", ["share_below", "share_above"]].max() <= 0.5


def test_shares_beside_a_median_count_customers_strictly_apart_from_it():
    table = median_metrics(pd.DataFrame({"m": [1, 1, 1, 1]}), pd.Series([0, 1, 1, 5]))
    assert table.loc["m"].to_dict() == {"n_customers": 4, "mae": 1.25, "share_below": 0.25, "share_above": 0.25}


def test_a_holdout_without_any_purchase_still_has_medians():
    assert median_metrics(pd.DataFrame({"m": [0.0, 0.0]}), pd.Series([0, 0])).loc["m", "mae"] == 0


def test_deciles_hold_a_tenth_each_and_one_is_highest():
    groups = deciles(FORECAST.round())
    assert groups.value_counts().tolist() == [100] * 10
    means = FORECAST.round().groupby(groups).mean()
    assert (means.diff().dropna() <= 0).all()
    assert groups.index.equals(FORECAST.index)


def test_ties_of_deciles_go_by_customer_id_whatever_the_order_of_rows():
    groups = deciles(pd.Series(1.0, index=IDS[::-1]))
    assert groups.to_dict() == {name: place // 100 + 1 for place, name in enumerate(IDS)}


def test_the_calibration_table_conserves_the_totals():
    table = calibration_by_decile(FORECAST, ACTUAL)
    assert table.index.tolist() == list(range(1, 11))
    assert table.index.name == "decile"
    assert table["forecast_total"].sum() == pytest.approx(FORECAST.sum(), rel=1e-12)
    assert table["actual_total"].sum() == ACTUAL.sum()
    assert table["n_customers"].sum() == 1000


def test_the_interval_of_a_decile_is_that_of_a_mean():
    table = calibration_by_decile(pd.Series(np.arange(20.0)), pd.Series([*np.zeros(18), 2.0, 5.0]))
    reach = 1.6448536 * (3 / np.sqrt(2)) / np.sqrt(2)
    assert table.loc[1, ["actual_low", "actual_high"]].tolist() == pytest.approx([3.5 - reach, 3.5 + reach], rel=1e-7)


def test_the_interval_of_a_decile_holds_the_true_mean_nine_times_in_ten():
    rng, inside = np.random.default_rng(11), []
    for _sample in range(60):
        rate = pd.Series(rng.gamma(2.0, 1.0, 2000))
        table = calibration_by_decile(rate, pd.Series(rng.poisson(rate)).astype(float))
        inside += [((table["actual_low"] <= table["forecast_mean"]) & (table["forecast_mean"] <= table["actual_high"]))]
    share = np.mean(inside)
    assert abs(share - 0.90) < 3 * np.sqrt(0.9 * 0.1 / 600)


def test_a_decile_of_one_customer_has_no_interval():
    table = calibration_by_decile(pd.Series([3.0, 1.0]), pd.Series([2.0, 1.0]))
    assert table[["actual_low", "actual_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("actual", "message"),
    [
        (ACTUAL.iloc[:-2], r"2 customers are in only one of forecast and actual \(ids 00998, 00999\)"),
        (ACTUAL.set_axis([*IDS[:-1], "x"]), r"2 customers are in only one of forecast and actual \(ids 00999, x\)"),
        (ACTUAL * 0, "nothing happened in the holdout"),
        (ACTUAL.where(ACTUAL.index != "00003"), "1 customers have a missing forecast"),
        (ACTUAL.where(ACTUAL.index != "00003", np.inf), "1 customers have a missing forecast"),
        (pd.concat([ACTUAL, ACTUAL.head(1)]), "occurs more than once"),
    ],
)
def test_what_cannot_be_compared_is_refused(actual, message):
    with pytest.raises(DataError, match=message):
        holdout_metrics(FORECAST.to_frame("m"), actual)


def test_nobody_to_compare_is_said():
    with pytest.raises(DataError, match="no customers to compare"):
        holdout_metrics(FORECAST.head(0).to_frame("m"), ACTUAL.head(0))


def test_a_customer_who_occurs_twice_on_both_sides_is_refused():
    twice = pd.concat([ACTUAL, ACTUAL.head(1)])
    with pytest.raises(DataError, match="occurs more than once"):
        holdout_metrics(twice.to_frame("m"), twice)


def test_inputs_are_left_untouched():
    forecasts, actual = FORECAST.to_frame("m").iloc[::-1], ACTUAL.copy()
    before = forecasts.copy(deep=True)
    holdout_metrics(forecasts, actual)
    calibration_by_decile(forecasts["m"], actual)
    pd.testing.assert_frame_equal(forecasts, before)
    pd.testing.assert_series_equal(actual, ACTUAL)
