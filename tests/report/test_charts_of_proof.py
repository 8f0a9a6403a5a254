"""Charts that judge forecasts draw the numbers they are given, also when there are few, many or none."""

import numpy as np
import pandas as pd
import pytest

from clv.report import charts
from clv.report.charts.style import BLUE, INK, MUTED, QUIET
from clv.report.figures import PHONE_WIDTH_INCHES, svg
from clv.report.text import Text

EN, ES = Text("en", "USD"), Text("es", "USD")
NAN = float("nan")
SERIES = {"actual": "What happened", "forecast": "BG/NBD", "naive": "Naive forecast"}


def frame_of(values, names=None):
    """Return a frame that suits every chart of a proof: the same values in each column."""
    edges = np.linspace(0, 1, len(values) + 1)
    columns = (
        *("actual", "forecast", "naive", "actual_share", "forecast_mean", "share", "relative_error"),
        *("band_low", "band_high"),
    )
    return pd.DataFrame(
        {
            "group": names or [f"{number}–{number + 1}" for number in range(len(values))],
            "date": pd.date_range("1997-01-08", periods=len(values), freq="7D"),
            "low": edges[:-1],
            "high": edges[1:],
            "n_customers": np.multiply(values, 1e7),
        }
        | dict.fromkeys(columns, values)
    )


def draw_all(frame, text):
    start = frame["date"].iloc[len(frame) // 2] if len(frame) else pd.Timestamp("1997-10-01")
    race = frame.rename(columns={"group": "forecast", "forecast": "_"})
    return {
        "reliability": charts.reliability_curve(frame, frame, text, "Share", "Probability", "Customers", "Ideal"),
        "pit": charts.pit_histogram(frame, text, "Share", "PIT", "Range of a right forecast"),
        "means": charts.means_by_class(frame, SERIES, text, "Orders", "Repeat purchases", "Customers"),
        "fit": charts.frequency_fit(frame, SERIES, text, "Customers", "Repeat purchases"),
        "steps": charts.incremental_tracking(frame, start, text, "Orders per week"),
        "outlook": charts.weekly_outlook(frame, start, text, "Orders per week"),
        "contest": charts.contest(race, text, "RMSE, naive forecast = 100%", "Naive forecast", "0–1"),
    }


@pytest.mark.parametrize(
    "values",
    [
        [],
        [NAN, NAN],
        [0.4],
        [0.0, 0.0],
        [0.3, NAN, 0.0, float("inf"), 0.9],
        [-0.5, 0.2],
        list(np.linspace(1, 0, 40)),
    ],
    ids=["empty", "all missing", "one", "zeros", "holes", "negative", "forty"],
)
def test_every_chart_of_a_proof_is_drawn_without_a_warning_also_on_a_phone(values):
    for name, fig in draw_all(frame_of(values), ES).items():
        fig.set_size_inches(PHONE_WIDTH_INCHES, fig.get_figheight())
        assert svg(fig).startswith(b"<?xml"), name


def test_nothing_to_draw_is_said_by_every_chart():
    for name, fig in draw_all(frame_of([]), EN).items():
        assert texts(fig.axes[0]) == ["There is nothing to draw yet."], name


def test_names_of_classes_are_only_letters():
    names = ["$5 ^_ {x}", "東京", "W" * 60, "<script>alert(1)</script>"]
    drawn = draw_all(frame_of([0.2, 0.4, 0.1, 0.3], names), EN)
    for chart in ("means", "fit", "contest"):
        assert b"<script" not in svg(drawn[chart])


def test_no_letter_of_a_chart_is_cut_off_on_a_phone():
    for name, fig in draw_all(frame_of([0.2, 0.9, 0.4]), EN).items():
        fig.set_size_inches(PHONE_WIDTH_INCHES, fig.get_figheight())
        fig.draw_without_rendering()
        drawn, paper = fig.get_tightbbox(), fig.get_size_inches()
        assert drawn.x0 >= -0.02, name
        assert drawn.x1 <= paper[0] + 0.02, name


def test_what_an_axis_measures_is_written_in_lines_that_fit_a_phone():
    long, frame = "Tenth of customers by their forecast, from the highest to the lowest", frame_of([0.2, 0.9, 0.4])
    for fig in (
        charts.means_by_class(frame, SERIES, ES, "Orders", long, "Customers"),
        charts.reliability_curve(frame, frame, ES, "Share", long, "Customers", "Ideal"),
    ):
        fig.set_size_inches(PHONE_WIDTH_INCHES, fig.get_figheight())
        fig.draw_without_rendering()
        assert fig.get_tightbbox().x0 >= -0.02
        assert fig.axes[-1].get_xlabel().replace("\n", " ") == long


def test_the_reliability_curve_holds_shares_intervals_and_the_histogram():
    bins = pd.DataFrame({"forecast_mean": [0.2, 0.8], "actual_share": [0.25, 0.7]})
    bins = bins.assign(low=[0.1, 0.6], high=[0.4, 0.8])
    counts = pd.DataFrame({"low": [0.0, 0.5], "high": [0.5, 1.0], "n_customers": [30, 12]})
    ax, strip = charts.reliability_curve(bins, counts, EN, "A", "F", "N", "Ideal").axes
    diagonal, curve = ax.lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert curve.get_xydata().tolist() == [[0.2, 0.25], [0.8, 0.7]]
    assert [segment[:, 1].tolist() for segment in ax.collections[0].get_segments()] == [[0.1, 0.4], [0.6, 0.8]]
    assert [bar.get_height() for bar in strip.patches] == [30, 12]
    assert texts(ax) == ["Ideal"]
    assert (ax.get_title("left"), strip.get_xlabel(), strip.get_title("left")) == ("A", "F", "N")


def test_the_pit_histogram_holds_shares_and_the_band():
    frame = frame_of([0.5, 0.5]).assign(share=[0.3, 0.7], band_low=0.4, band_high=0.6)
    ax = charts.pit_histogram(frame, EN, "Share", "PIT", "Band").axes[0]
    shares, band = ax.containers
    assert [bar.get_height() for bar in shares] == [0.3, 0.7]
    assert [(bar.get_y(), round(bar.get_height(), 12)) for bar in band] == [(0.4, 0.2), (0.4, 0.2)]
    assert texts(ax) == ["Band"]


def test_means_by_class_hold_points_lines_intervals_and_counts():
    frame = frame_of([1.0, 2.0]).assign(actual=[1.5, 2.5], low=[1.0, 2.0], high=[2.0, 3.0], n_customers=[1411, 64])
    fig = charts.means_by_class(frame, SERIES, EN, "Orders", "Repeat purchases", "Customers")
    fig.draw_without_rendering()
    ax, strip = fig.axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1.5, 2.5], [1, 2], [1, 2]]
    assert ax.lines[0].get_linestyle() == "None"
    assert [segment[:, 1].tolist() for segment in ax.collections[0].get_segments()] == [[1, 2], [2, 3]]
    assert [bar.get_height() for bar in strip.patches] == [1411, 64]
    assert [label.get_text() for label in strip.get_yticklabels()] == ["1,411"]
    assert sorted(texts(ax)) == ["BG/NBD", "Naive forecast", "What happened"]


def test_without_an_interval_there_are_no_whiskers():
    frame = frame_of([1.0, 2.0]).drop(columns=["low", "high"])
    ax = charts.means_by_class(frame, SERIES, EN, "Orders", "Repeat purchases", "Customers").axes[0]
    assert not ax.collections


def test_the_histogram_of_customers_has_bars_for_the_actual_and_points_for_models():
    frame = frame_of([0.0, 0.0]).assign(actual=[1411, 946], forecast=[1408.0, 949.0])
    ax = charts.frequency_fit(frame, SERIES, EN, "Customers", "Repeat purchases").axes[0]
    assert [bar.get_height() for bar in ax.patches] == [1411, 946]
    assert ax.lines[0].get_ydata().tolist() == [1408, 949]
    assert [label.get_text() for label in ax.get_legend().get_texts()] == list(SERIES.values())
    assert ax.patches[0].get_facecolor()[:3] == pytest.approx([int(QUIET[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def test_the_contest_marks_the_chosen_forecast_and_the_rule_to_beat():
    frame = pd.DataFrame({"forecast": ["BG/NBD", "Naive", "Failed"], "relative_error": [0.727, 1.0, NAN]})
    ax = charts.contest(frame, EN, "RMSE", "Naive rule", "BG/NBD").axes[0]
    assert texts(ax) == ["72.7%", "100.0%", "n/a", "Naive rule"]
    assert [label.get_color() for label in ax.texts] == [BLUE, MUTED, MUTED, INK]
    assert ax.lines[0].get_xdata() == [1, 1]
    points = ax.collections[-1].get_offsets()
    assert points[:2].tolist() == [[0.727, 0], [1, 1]]
    assert ax.get_xlim()[0] < 0.727
    assert ax.get_xlim()[1] > 1


def test_the_interval_of_an_error_is_drawn_where_it_is_known():
    frame = pd.DataFrame({"forecast": ["A"], "relative_error": [0.8], "low": [0.7], "high": [0.95]})
    ax = charts.contest(frame, EN, "RMSE", "Naive").axes[0]
    assert ax.collections[0].get_segments()[0].tolist() == [[0.7, 0], [0.95, 0]]


def test_steps_of_time_hold_both_lines_and_the_split():
    frame = frame_of([4.0, 7.0, 5.0])
    ax = charts.incremental_tracking(frame, frame["date"].iloc[1], EN, "Orders per week").axes[0]
    assert [line.get_ydata().tolist() for line in ax.lines[:2]] == [[4, 7, 5], [4, 7, 5]]
    assert {"Forecast", "What happened", "kept to check →"} <= set(texts(ax))


def test_the_weeks_ahead_continue_the_weeks_behind_and_the_split_names_both():
    dates = pd.date_range("1997-01-08", periods=4, freq="7D")
    frame = pd.DataFrame({"date": dates, "actual": [4.0, 7.0, NAN, NAN], "forecast": [NAN, NAN, 5.0, 4.5]})
    ax = charts.weekly_outlook(frame, dates[1], EN, "Orders per week").axes[0]
    forecast, actual = (line.get_ydata() for line in ax.lines[:2])
    assert forecast[2:].tolist() == [5.0, 4.5]
    assert actual[:2].tolist() == [4.0, 7.0]
    assert [" ".join(label.split()) for label in texts(ax)] == ["← what came in", "what is forecast →"]


def test_charts_of_a_proof_leave_their_input_untouched_and_repeat_to_the_byte():
    frame = frame_of([0.3, NAN, 0.9])
    before = frame.copy(deep=True)
    first, second = draw_all(frame, EN), draw_all(frame, EN)
    pd.testing.assert_frame_equal(frame, before)
    for name, fig in first.items():
        assert svg(fig) == svg(second[name]), name


def texts(ax):
    return [label.get_text() for label in ax.texts]
