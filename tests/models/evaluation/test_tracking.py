"""Steps of time from running totals, and the errors of both spans."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import DataError
from clv.models.evaluation.tracking import incremental_tracking, tracking_errors

DATES = pd.date_range("1997-01-08", periods=6, freq="7D")
TOTALS = pd.DataFrame({"date": DATES, "actual": [2, 2, 5, 9, 9, 14], "forecast": [1.0, 3.0, 6.0, 9.0, 11.0, 13.0]})


def test_the_steps_add_up_to_the_running_totals():
    steps = incremental_tracking(TOTALS)
    assert list(steps.columns) == list(TOTALS.columns)
    assert steps["actual"].tolist() == [2, 0, 3, 4, 0, 5]
    back = steps[["actual", "forecast"]].cumsum()
    np.testing.assert_allclose(back, TOTALS[["actual", "forecast"]], rtol=1e-14)


def test_several_forecasts_are_taken_apart_at_once():
    steps = incremental_tracking(TOTALS.assign(other=TOTALS["forecast"] * 2))
    np.testing.assert_allclose(steps["other"], 2 * steps["forecast"], rtol=1e-14)


def test_errors_of_the_spans_are_those_computed_by_hand():
    table = tracking_errors(TOTALS, DATES[3])
    assert table.index.tolist() == ["calibration", "holdout"]
    assert table["n_steps"].tolist() == [3, 3]
    assert table["actual_total"].tolist() == [5, 9]
    assert table["deviation"].tolist() == pytest.approx([6 / 5 - 1, 7 / 9 - 1], rel=1e-14)
    assert table["step_error"].tolist() == pytest.approx([(1 + 2 + 0) / 5, (1 + 2 + 3) / 9], rel=1e-14)


def test_a_step_that_ends_on_the_first_day_of_the_holdout_belongs_to_it():
    assert tracking_errors(TOTALS, DATES[5])["n_steps"].to_dict() == {"calibration": 5, "holdout": 1}


def test_a_span_without_a_purchase_has_no_relative_error():
    table = tracking_errors(TOTALS.assign(actual=[5] * 6), DATES[3])
    assert table.loc["holdout", ["deviation", "step_error"]].isna().all()


@pytest.mark.parametrize("rows", [[1, 0], [0, 0]], ids=["backwards", "repeated"])
def test_dates_that_do_not_ascend_are_refused(rows):
    with pytest.raises(DataError, match="dates must ascend"):
        incremental_tracking(TOTALS.iloc[rows])
