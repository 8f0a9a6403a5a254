"""Charts of a course: lines over time with their names at their ends, and the curve of concentration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter

from clv.report.charts.style import (
    BLUE,
    INK,
    LABEL_POINTS,
    MUTED,
    ChartKind,
    blank,
    canvas,
    colours_of,
    drawable,
    finite,
    from_zero,
    house_style,
    name_below,
    value_axis,
    wrapped,
)
from clv.report.text import Text

_FEW_POINTS = 30  # up to here each point is marked
_LINE_SPACING = 1.3


@house_style()
def time_lines(
    frame: pd.DataFrame,
    x: str,
    series: Mapping[str, str],
    y_label: str,
    text: Text,
    kind: ChartKind = "number",
) -> Figure:
    """Return one line per column of `series`, with its label at its end instead of a legend.

    Parameters
    ----------
    frame : DataFrame
        One row per point in time; missing values interrupt a line.
    x : str
        Column of dates, or of numbers such as months since the first purchase.
    series : mapping of str to str
        Column to label.
    y_label : str
        What the height measures.
    text : Text
        Language and currency.
    kind : {"number", "money", "percent"}
        How the numbers are written.
    """
    ordered = frame.dropna(subset=[x]).sort_values(x)
    drawn = {column: label for column, label in series.items() if finite(ordered[column]).size}
    if not drawn:
        return blank(text)
    fig, ax = canvas()
    colours = colours_of(series)
    marker = "o" if len(ordered) <= _FEW_POINTS else None
    for column in drawn:
        ax.plot(places(ordered[x]), drawable(ordered[column]), color=colours[column], marker=marker, markersize=4)
    from_zero(ax, ordered[list(drawn)].to_numpy().ravel())
    value_axis(ax.yaxis, text, kind)
    ax.set_title(y_label)
    if pd.api.types.is_numeric_dtype(ordered[x]):
        value_axis(ax.xaxis, text, "number")
        ax.xaxis.grid(visible=False)
    else:
        time_axis(ax, text)
    label_ends(ax, [(last_value(ordered[name]), label, colours[name]) for name, label in drawn.items()])
    return fig


@house_style()
def concentration_curve(
    frame: pd.DataFrame,
    y_label: str,
    x_label: str,
    equal_label: str,
    text: Text,
    marks: Sequence[tuple[float, float, str]] = (),
) -> Figure:
    """Return how much of the value the best customers hold, against the line where all are worth the same.

    Parameters
    ----------
    frame : DataFrame
        `share_of_customers` and `share_of_value`, both running from 0 to 1, the best customers first.
    y_label, x_label, equal_label : str
        What the height and the lying axis measure, and what the straight line stands for.
    text : Text
        Language.
    marks : sequence of (float, float, str)
        Points to name: share of customers, share of value, label; e.g. the one at 20 % of customers.
    """
    if not finite(frame["share_of_value"]).size:
        return blank(text)
    fig, ax = canvas(height=4.4)
    customers, value = drawable(frame["share_of_customers"]), drawable(frame["share_of_value"])
    ax.fill_between(customers, customers, value, color=BLUE, alpha=0.10, linewidth=0)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    ax.plot(customers, value, color=BLUE)
    ax.set_xlim(0, 1)
    ax.set_ylim(bottom=min(0.0, value.min()), top=max(1.02, 1.02 * value.max()))
    for axis in (ax.xaxis, ax.yaxis):
        value_axis(axis, text, "percent")
    ax.tick_params(pad=7)
    ax.set_title(y_label)
    name_below(ax, x_label)
    ax.annotate(
        wrapped(equal_label, 22),
        (0.62, 0.62),
        (10, -6),
        textcoords="offset points",
        color=MUTED,
        ha="left",
        va="top",
    )
    for number, mark in enumerate(marks):
        _name_point(ax, *mark, lift=5 + number * 2.2 * _LINE_SPACING * LABEL_POINTS)
    return fig


def last_value(values: pd.Series) -> float:
    """Return the height at which a line ends."""
    return float(drawable(values).dropna().iloc[-1])


def places(values: pd.Series) -> np.ndarray:
    """Return where points lie along the axis: numbers as they are, dates as Matplotlib counts them."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float)
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    days = mdates.date2num(pd.to_datetime(values).to_numpy())  # type: ignore[no-untyped-call]
    return np.asarray(days, dtype=float)


def time_axis(ax: Axes, text: Text) -> None:
    """Give the lying axis a few dates in the language of the reader; a single date is the only tick."""
    locator = mdates.AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(_DateLabels(text))
    if ax.dataLim.x0 == ax.dataLim.x1:
        ax.set_xticks([ax.dataLim.x0])
    ax.tick_params(axis="x", length=4)


def label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write each label in its colour at the right end of its line, moved apart where they would touch.

    `ends` holds the height of the last value, the label and the colour of each line.
    """
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # fixes the height of the axes, which no label changes
    right = ax.dataLim.x1
    points_per_pixel = 72 / ax.figure.dpi
    labels = [wrapped(label, 18) for _height, label, _colour in ends]
    wanted = [ax.transData.transform((right, height))[1] * points_per_pixel for height, _label, _colour in ends]
    gaps = [LABEL_POINTS * _LINE_SPACING * (label.count("\n") + 1) for label in labels]
    foot = ax.bbox.y0 * points_per_pixel  # the axis would strike through a label that lies on it
    clear = [max(height, foot + gap / 2) for height, gap in zip(wanted, gaps, strict=True)]
    lifts = _apart(clear, gaps)
    moves = [high - height + lift for high, height, lift in zip(clear, wanted, lifts, strict=True)]
    lowest = min(height + move - gap / 2 for height, move, gap in zip(wanted, moves, gaps, strict=True))
    moves = [move + max(0.0, foot - lowest) for move in moves]
    for (height, _label, colour), label, lift in zip(ends, labels, moves, strict=True):
        ax.annotate(
            label,
            (right, height),
            (9, lift),
            textcoords="offset points",
            color=colour,
            ha="left",
            va="center",
            fontweight="bold",
            annotation_clip=False,
        )


def _apart(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Return by how much to move each label so that none touches the next; the group stays centred.

    Examples
    --------
    >>> _apart([10.0, 11.0, 50.0], [13.0, 13.0, 13.0])
    [-6.0, 6.0, 0.0]
    """
    order = np.argsort(wanted, kind="stable")
    groups: list[list[int]] = []
    for index in order:
        groups.append([int(index)])
        while len(groups) > 1 and _bottom(groups[-1], wanted, gaps) < _top(groups[-2], wanted, gaps):
            groups[-2:] = [groups[-2] + groups[-1]]
    moves = [0.0] * len(wanted)
    for group in groups:
        edge = _bottom(group, wanted, gaps)
        for index in group:
            moves[index] = float(edge + gaps[index] / 2 - wanted[index])
            edge += gaps[index]
    return moves


def _bottom(group: Sequence[int], wanted: Sequence[float], gaps: Sequence[float]) -> float:
    """Return where a group of stacked labels begins when it is centred on the heights it names."""
    return float(np.mean([wanted[index] for index in group]) - sum(gaps[index] for index in group) / 2)


def _top(group: Sequence[int], wanted: Sequence[float], gaps: Sequence[float]) -> float:
    return _bottom(group, wanted, gaps) + sum(gaps[index] for index in group)


def _name_point(ax: Axes, x: float, y: float, label: str, lift: float) -> None:
    """Mark a point of the curve, with lines to both axes and its label at the foot, where no curve passes."""
    ax.plot([x, x, 0], [0, y, y], color=INK, linewidth=0.9, linestyle=(0, (1, 2)))
    ax.plot([x], [y], marker="o", markersize=7, color=INK)
    left = x > 0.55
    ax.annotate(
        wrapped(label, 18),
        (x, 0),
        (-6 if left else 6, lift),
        textcoords="offset points",
        ha="right" if left else "left",
        va="bottom",
        fontweight="bold",
    )


class _DateLabels(Formatter):
    """Dates as short as their ticks allow: years, else months, else days."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self.format_ticks([x])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Return the labels of all ticks, in one format."""
        dates = [mdates.num2date(value) for value in values]  # type: ignore[no-untyped-call]
        if len(dates) > 1 and all(date.month == date.day == 1 for date in dates):
            return [str(date.year) for date in dates]
        if all(date.day == 1 for date in dates):
            return [self._month(date, earlier) for date, earlier in zip(dates, [None, *dates], strict=False)]
        return [self._text.day_short(date) for date in dates]

    def _month(self, date: datetime, earlier: datetime | None) -> str:
        """Return the month and, below it where it is new, the year: narrow enough for a phone."""
        month, _, year = self._text.month_short(date).rpartition(" ")
        return month if earlier is not None and earlier.year == date.year else f"{month}\n{year}"
