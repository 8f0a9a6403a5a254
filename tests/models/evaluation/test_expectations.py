"""The figures of Fader, Hardie & Lee (2005) on CDNOW, and the classes behind them."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import DataError
from clv.models import BGNBD
from clv.models.evaluation.expectations import (
    chi_square,
    conditional_expectation,
    count_classes,
    expected_frequency_table,
    time_classes,
)
from clv.models.purchases.bgnbd import Params, pmf_new_customer
from clv.units import weeks

CALIBRATION_END = pd.Timestamp("1997-09-30")
FITTED = Params(0.2425945, 4.4136019, 0.7929199, 2.4258881)  # CLVTools, test_correctness_bgnbd.R
PAPER_CHI_SQUARE, PAPER_P_VALUE = 4.82, 0.19  # Fader, Hardie & Lee (2005), with three degrees of freedom
# author's script of BTYDplus, 39 weeks of holdout, by 0 to 5 repeat purchases in calibration
ACTUAL_MEANS = [0.24, 0.70, 1.39, 1.56, 2.53, 2.95]
BGNBD_MEANS = [0.23, 0.52, 1.04, 1.52, 2.16, 2.65]


def geometric(n, T):
    return np.full(np.shape(T), 0.5 ** (n + 1))


def test_the_histogram_of_cdnow_has_the_published_fit(cdnow):
    table = expected_frequency_table(cdnow["frequency"], cdnow["T"], lambda n, T: pmf_new_customer(FITTED, n, T))
    assert table["actual"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    test = chi_square(table, n_parameters=4)
    assert test.degrees_of_freedom == 3
    assert test.statistic == pytest.approx(PAPER_CHI_SQUARE, abs=5e-3)
    assert test.p_value == pytest.approx(PAPER_P_VALUE, abs=5e-3)


def test_the_expectations_by_frequency_on_cdnow_are_the_published_ones(cdnow, cdnow_days):
    kept = cdnow_days[cdnow_days["day"] > CALIBRATION_END]
    actual = kept.groupby("customer_id").size().reindex(cdnow.index, fill_value=0)
    model = BGNBD()
    model.params_ = FITTED
    forecast = model.predict(cdnow, weeks(39))[["expected_purchases"]]
    table = conditional_expectation(forecast, actual, count_classes(cdnow["frequency"]))
    np.testing.assert_allclose(table["actual"].head(6), ACTUAL_MEANS, atol=6e-3)
    np.testing.assert_allclose(table["expected_purchases"].head(6), BGNBD_MEANS, atol=6e-3)
    assert table.index.tolist() == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert table["n_customers"].sum() == 2357


def test_expected_customers_are_as_many_as_there_are():
    table = expected_frequency_table([0, 1, 9, 3], [1.0, 2.0, 2.0, 7.0], geometric, max_count=3)
    assert table["expected"].sum() == pytest.approx(4, rel=1e-14)
    assert table["actual"].tolist() == [1, 1, 0, 2]
    np.testing.assert_allclose(table["expected"], [2, 1, 0.5, 0.5])


def test_a_row_may_stand_for_many_customers():
    weighted = expected_frequency_table([0, 2], [3.0, 4.0], geometric, weights=[5, 2], max_count=4)
    one_each = expected_frequency_table([0] * 5 + [2] * 2, [3.0] * 5 + [4.0] * 2, geometric, max_count=4)
    pd.testing.assert_frame_equal(weighted, one_each)


def test_the_model_is_asked_for_each_count_once_on_the_distinct_times():
    asked = []

    def pmf(n, T):
        asked.append((n, T.tolist()))
        return geometric(n, T)

    expected_frequency_table(np.zeros(1000), np.repeat([4.0, 2.0], 500), pmf, max_count=3)
    assert asked == [(0, [2.0, 4.0]), (1, [2.0, 4.0]), (2, [2.0, 4.0])]


def test_a_wrong_model_is_rejected_and_the_right_one_is_not():
    rng = np.random.default_rng(4)
    count = rng.geometric(0.5, 5000) - 1
    right = expected_frequency_table(count, np.ones(5000), geometric)
    wrong = expected_frequency_table(count, np.ones(5000), lambda n, T: np.full(np.shape(T), 0.45 * 0.55**n))
    assert chi_square(right, 0).p_value > 0.01
    assert chi_square(wrong, 0).p_value < 1e-6


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: chi_square(pd.DataFrame({"actual": [1.0] * 5, "expected": [1.0] * 5}), 4), "5 classes are too few"),
        (lambda: chi_square(pd.DataFrame({"actual": [1.0] * 3, "expected": [1.0, 2, 0]}), 1), "without expected"),
        (lambda: time_classes(pd.Series([1.0, -2.0, np.nan]), [0, 4]), "2 times are missing or below 0"),
        (lambda: time_classes(pd.Series([1.0]), [0, 4, 4]), "edges of classes must ascend"),
    ],
)
def test_what_cannot_be_classed_or_tested_is_refused(attempt, message):
    with pytest.raises(DataError, match=message):
        attempt()


def test_a_customer_without_class_is_refused():
    customers = pd.Series([0.0, 1.0], index=["A", "B"])
    with pytest.raises(DataError, match="1 customers have no class"):
        conditional_expectation(customers.to_frame("m"), customers, count_classes(pd.Series([1], index=["A"])))


def test_a_time_on_an_edge_begins_its_class():
    classes = time_classes(pd.Series([0.0, 3.99, 4.0, 51.9, 52.0, 400.0]), [0, 4, 13, 52])
    assert classes.to_list() == ["0–4", "0–4", "4–13", "13–52", "52+", "52+"]
    assert classes.cat.ordered


def test_classes_conserve_customers_and_totals_whatever_the_order_of_rows():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"model": rng.random(300), "actual": rng.poisson(1, 300), "frequency": rng.poisson(4, 300)})
    classes = count_classes(frame["frequency"])
    table = conditional_expectation(frame[["model"]], frame["actual"], classes)
    for name in ("model", "actual"):
        assert (table[name] * table["n_customers"]).sum() == pytest.approx(frame[name].sum(), rel=1e-12)
    shuffled = conditional_expectation(frame[["model"]].sample(frac=1, random_state=2), frame["actual"], classes[::-1])
    pd.testing.assert_frame_equal(table, shuffled)
