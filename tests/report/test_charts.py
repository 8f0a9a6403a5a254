"""Charts draw what they are given, also when that is nothing, one thing or too much; warnings are errors here."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from clv.report import charts
from clv.report.charts.lines import _apart
from clv.report.charts.style import CYCLE, MEANINGS, MUTED, colours_of
from clv.report.figures import PHONE_WIDTH_INCHES, svg
from clv.report.text import Text

EN, ES = Text("en", "USD"), Text("es", "USD")
NAN = float("nan")


def frame_of(values, names=None):
    """Return a frame that suits every chart: names, dates, groups and the same values in each column."""
    names = names or [f"Portfolio {number}" for number in range(len(values))]
    dates = pd.date_range("2016-01-01", periods=len(values), freq="MS")
    columns = ("value", "other", "forecast", "actual", "naive", "share_of_customers", "share_of_value")
    return pd.DataFrame(
        {"name": names, "date": dates, "group": range(1, len(values) + 1)} | dict.fromkeys(columns, values)
    )


def draw_all(frame, text):
    two = {"value": "Returning customers", "other": "New customers"}
    start = frame["date"].iloc[len(frame) // 2] if len(frame) else pd.Timestamp("2017-01-01")
    grid = frame[["value", "other"]].set_axis(["Now", "Next"], axis="columns").set_axis(frame["name"])
    return {
        "time_lines": charts.time_lines(frame, "date", two, "Revenue", text, "money"),
        "bars": charts.bars(frame, "name", "value", "Revenue", text, "money"),
        "upright": charts.bars(frame, "name", "value", "Revenue", text, horizontal=False, highlight="Portfolio 0"),
        "grouped": charts.grouped_bars(frame, "name", two, "Share", text, "percent"),
        "histogram": charts.histogram_counts(frame, "name", "value", "Orders", "Customers", text),
        "concentration": charts.concentration_curve(
            frame, "Share", "Customers", "All equal", text, [(0.2, 0.5, "20% hold half"), (0.8, 0.9, "80%")]
        ),
        "grid": charts.heat_grid(grid, "Customers", text, "money", row_label="Risk", column_label="When"),
        "calibration": charts.forecast_against_actual(frame, text, "Orders", "Decile"),
        "tracking": charts.cumulative_tracking(frame, start, text, "Orders"),
    }


@pytest.mark.parametrize(
    "values",
    [
        [],
        [NAN, NAN, NAN],
        [5.0],
        [0.0, 0.0, 0.0],
        [3.0, NAN, 0.0, 7.5],
        [-3.0, 2.0, -1.0],
        [1.0, float("inf"), 2.0],
        [0.2, 0.5, 1.0],
        list(np.linspace(1e9, 0, 60)),
    ],
    ids=["empty", "all missing", "one", "zeros", "holes", "negative", "infinite", "shares", "sixty"],
)
def test_every_chart_is_drawn_without_a_warning_also_on_a_phone(values):
    for name, fig in draw_all(frame_of(values), ES).items():
        fig.set_size_inches(PHONE_WIDTH_INCHES, fig.get_figheight())
        assert svg(fig).startswith(b"<?xml"), name


@pytest.mark.parametrize(
    "name",
    ["$5 to $10 ^_ {x}", "東京 العربية", "W" * 80, "", "<script>alert(1)</script>", "a long name of many words " * 4],
)
def test_names_from_data_are_only_letters(name):
    for fig in draw_all(frame_of([1.0, 2.0], [name, "b"]), EN).values():
        assert b"<script" not in svg(fig)


def test_nothing_to_draw_is_said_in_the_language_of_the_reader():
    for text, words in ((EN, "There is nothing to draw yet."), (ES, "Todavía no hay datos para este gráfico.")):
        for fig in draw_all(frame_of([]), text).values():
            assert [label.get_text() for label in fig.axes[0].texts] == [words]


def test_the_same_drawing_gives_the_same_bytes():
    first, second = (draw_all(frame_of([3.0, 1.0, 2.0]), EN) for _turn in range(2))
    for name, fig in first.items():
        assert svg(fig) == svg(second[name]), name


def test_letters_are_outlines_and_no_date_is_written():
    drawing = svg(charts.bars(frame_of([1.0]), "name", "value", "Revenue", EN))
    assert b"<text" not in drawing
    assert b"<dc:date" not in drawing


def test_pyplot_keeps_no_figure_and_no_setting():
    before = dict(plt.rcParams)
    draw_all(frame_of([1.0, 2.0]), EN)
    assert plt.get_fignums() == []
    assert dict(plt.rcParams) == before


def test_bars_start_at_zero_and_carry_their_values():
    fig = charts.bars(frame_of([1000.0, NAN, 250_000.0]), "name", "value", "Revenue", EN, "money")
    ax = fig.axes[0]
    assert ax.get_xlim()[0] == 0
    assert [label.get_text() for label in ax.texts] == ["$1,000", "n/a", "$250K"]
    assert ax.yaxis_inverted()


def test_the_value_of_a_negative_bar_stands_where_no_name_is():
    fig = charts.bars(frame_of([-300.0, 200.0]), "name", "value", "Change", EN, "money")
    assert [label.xy[0] for label in fig.axes[0].texts] == [0.0, 200.0]
    assert fig.axes[0].get_xlim()[0] == -300.0


def test_a_single_date_is_the_only_tick():
    fig = charts.time_lines(frame_of([5.0]), "date", {"value": "Sales"}, "Sales", EN)
    fig.draw_without_rendering()
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == ["Jan\n2016"]


def test_the_highlighted_bar_differs_from_the_others():
    fig = charts.bars(frame_of([3.0, 2.0, 1.0]), "name", "value", "V", EN, highlight="Portfolio 1")
    colours = [bar.get_facecolor() for bar in fig.axes[0].patches]
    assert colours[0] == colours[2] != colours[1]


def test_axis_numbers_are_in_the_language_of_the_reader():
    frame = frame_of([1000.0, 2500.0, 4000.0])
    fig = charts.time_lines(frame, "date", {"value": "Ventas"}, "Compras", ES)
    fig.draw_without_rendering()
    assert "2.000" in [label.get_text() for label in fig.axes[0].get_yticklabels()]


def test_dates_on_an_axis_are_in_the_language_of_the_reader():
    frame = frame_of([1.0] * 12)
    fig = charts.time_lines(frame, "date", {"value": "Ventas"}, "Compras", ES)
    fig.draw_without_rendering()
    labels = [label.get_text() for label in fig.axes[0].get_xticklabels()]
    assert "ene\n2016" in labels


def test_lines_may_run_over_numbers_and_end_with_their_names():
    frame = pd.DataFrame({"month": [2, 0, 1], "value": [0.3, 1.0, 0.5]})
    fig = charts.time_lines(frame, "month", {"value": "Cohort"}, "Retention", EN, "percent")
    assert [label.get_text() for label in fig.axes[0].texts] == ["Cohort"]
    assert list(fig.axes[0].lines[0].get_ydata()) == [1.0, 0.5, 0.3]


def test_labels_at_line_ends_never_touch_and_keep_their_order():
    heights, gaps = [10.0, 11.0, 11.5, 60.0], [13.0] * 4
    moved = [height + move for height, move in zip(heights, _apart(heights, gaps), strict=True)]
    assert np.diff(moved).min() >= 13.0 - 1e-9
    assert moved[3] == 60.0


def test_a_meaning_has_one_colour_and_the_others_never_take_it():
    colours = colours_of(["forecast", "actual", "naive", "online", "shop"])
    assert colours["forecast"] == MEANINGS["forecast"]
    assert len(set(colours.values())) == 5


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("colour", [*CYCLE, MUTED])
def test_colours_that_write_labels_are_readable_on_white(colour):
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_missing_cells_of_a_grid_stay_empty_and_the_rest_is_written():
    grid = pd.DataFrame([[1.0, 0.4], [1.0, NAN]], index=["Jan", "Feb"], columns=[0, 1])
    fig = charts.heat_grid(grid, "Retention", EN, "percent", shade_max=0.5)
    assert [label.get_text() for label in fig.axes[0].texts] == ["100%", "40%", "100%"]


def test_a_grid_too_fine_for_numbers_has_a_scale_instead():
    fig = charts.heat_grid(pd.DataFrame(np.ones((40, 40)) * 1234), "Customers", EN, "money")
    assert len(fig.axes) == 2
    assert not fig.axes[0].texts
    assert svg(fig)


def test_forecast_may_come_without_a_naive_one():
    frame = frame_of([3.0, 2.0, 1.0]).drop(columns="naive")
    fig = charts.forecast_against_actual(frame, EN, "Orders", "Decile")
    assert sorted(label.get_text() for label in fig.axes[0].texts) == ["Forecast", "What happened"]


def test_inputs_are_left_untouched():
    frame = frame_of([3.0, NAN, 1.0])
    before = frame.copy(deep=True)
    draw_all(frame, EN)
    pd.testing.assert_frame_equal(frame, before)
