"""Charts of what was expected of kinds of customers and what they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clv.report.charts.lines import label_ends, last_value
from clv.report.charts.panels import above_strip, count_strip
from clv.report.charts.style import (
    INK,
    MUTED,
    QUIET,
    ChartKind,
    blank,
    canvas,
    colours_of,
    drawable,
    finite,
    from_zero,
    house_style,
    name_below,
    thinned,
    value_axis,
    wrapped,
)
from clv.report.text import Text

_SHORT_NAME, _MOST_LONG_NAMES, _MOST_NAMES = 3, 6, 12  # longer names of classes are written in part, for phones
_ONE_LINE = 30  # letters of a legend that fit beside each other on a phone


@house_style()
def means_by_class(
    frame: pd.DataFrame,
    series: Mapping[str, str],
    text: Text,
    value_label: str,
    class_label: str,
    count_label: str,
    kind: ChartKind = "number",
) -> Figure:
    """Return forecasts and outcome per customer for classes of customers, with how many customers each class has.

    For calibration by decile, and for the expectation by frequency or by time since the last purchase.

    Parameters
    ----------
    frame : DataFrame
        `group` (name of the class), `n_customers`, one column per series, and, if there is an interval of what
        happened, `low` and `high`.
    series : mapping of str to str
        Column to label; "actual" is drawn as points with their interval, every other one as a line.
    text : Text
        Language and currency.
    value_label, class_label, count_label : str
        What the height measures, what the classes are, and whom the strip below counts.
    kind : {"number", "money", "percent"}
        How the numbers are written.
    """
    drawn = [name for name in series if finite(frame[name]).size]
    if not drawn:
        return blank(text)
    fig, ax, strip = above_strip(height=4.6)
    across, colours = np.arange(len(frame), dtype=float), colours_of(series)
    heights = frame[drawn].to_numpy().ravel()
    if "actual" in drawn and {"low", "high"} <= set(frame.columns):
        ax.vlines(across, drawable(frame["low"]), drawable(frame["high"]), color=INK, linewidth=1.4)
        heights = np.append(heights, frame[["low", "high"]].to_numpy().ravel())
    for name in drawn:
        line: dict[str, Any] = {"linestyle": "none", "zorder": 4} if name == "actual" else {"markerfacecolor": "white"}
        ax.plot(across, drawable(frame[name]), color=colours[name], marker="o", markersize=6, **line)
    from_zero(ax, heights)
    value_axis(ax.yaxis, text, kind)
    ax.set_title(value_label)
    count_strip(strip, across, frame["n_customers"], 0.7, count_label, text)
    _name_classes(strip, frame["group"], class_label)
    label_ends(ax, [(last_value(frame[name]), series[name], colours[name]) for name in drawn])
    return fig


@house_style()
def frequency_fit(
    frame: pd.DataFrame, series: Mapping[str, str], text: Text, value_label: str, class_label: str
) -> Figure:
    """Return a histogram of customers as they are, with what models expect as points over its bars.

    Parameters
    ----------
    frame : DataFrame
        `group` (e.g. repeat purchases: "0" to "7+"), `actual`, and one column per model, all in customers.
    series : mapping of str to str
        Column to label, "actual" among them.
    text : Text
        Language.
    value_label, class_label : str
        What the height counts and what the classes are.
    """
    drawn = [name for name in series if finite(frame[name]).size]
    if not drawn:
        return blank(text)
    fig, ax = canvas(height=4.2)
    across = np.arange(len(frame), dtype=float)
    models = [name for name in drawn if name != "actual"]
    colours = {**colours_of(models), "actual": QUIET}
    if "actual" in drawn:
        ax.bar(across, drawable(frame["actual"]).fillna(0), width=0.8, color=QUIET, label=series["actual"])
    for name, shift in zip(models, _side_by_side(len(models)), strict=True):
        line: dict[str, Any] = {"linestyle": "none", "marker": "D", "markersize": 6, "markeredgecolor": "white"}
        ax.plot(across + shift, drawable(frame[name]), color=colours[name], label=series[name], **line)
    from_zero(ax, frame[drawn].to_numpy().ravel())
    value_axis(ax.yaxis, text, "number")
    _name_classes(ax, frame["group"], class_label)
    _legend(ax, series, value_label)
    return fig


def _side_by_side(n: int) -> np.ndarray:
    """Return how far the points of n models stand from the middle of a bar, so that none hides another."""
    return (np.arange(n) - (n - 1) / 2) * min(0.2, 0.6 / max(n, 1))


def _name_classes(ax: Axes, classes: pd.Series, class_label: str) -> None:
    names = [wrapped(name, 14) for name in classes]
    most = _MOST_LONG_NAMES if max(map(len, names)) > _SHORT_NAME else _MOST_NAMES
    ax.set_xticks(range(len(names)), thinned(names, most))
    ax.tick_params(axis="x", length=0)
    name_below(ax, class_label)


def _legend(ax: Axes, series: Mapping[str, str], value_label: str) -> None:
    """Write what is measured above the chart, and which mark is which below that."""
    marks = {label: mark for mark, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    labels = [label for label in series.values() if label in marks]
    legend = ax.legend(
        [marks[label] for label in labels],
        labels,
        title=value_label,
        alignment="left",
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=len(labels) if sum(map(len, labels)) <= _ONE_LINE else 1,
        frameon=False,
        borderpad=0,
        borderaxespad=0.6,
        handlelength=1.0,
        columnspacing=1.4,
    )
    legend.get_title().set_color(MUTED)
