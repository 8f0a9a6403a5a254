"""Charts that compare amounts of things: bars from zero, with their values at their ends."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clv.report.charts.style import (
    BLUE,
    EDGE,
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
    writer,
)
from clv.report.text import Text

_MOST_DIRECT_LABELS = 12  # upright bars; with more, an axis is easier to read than numbers side by side
_SHORT_NAME, _MOST_LONG_NAMES = 3, 6  # letters; upright bars with longer names are named in part, for phones
_ONE_LINE = 30  # letters of a legend that fit beside each other on a phone
_CROWD = 20  # from here on lying bars are thinner


@house_style()
def bars(
    frame: pd.DataFrame,
    category: str,
    value: str,
    value_label: str,
    text: Text,
    kind: ChartKind = "number",
    *,
    horizontal: bool = True,
    highlight: object = None,
    ends: tuple[str, str] | None = None,
) -> Figure:
    """Return one bar per row, in the order of the frame, with its value at its end.

    Parameters
    ----------
    frame : DataFrame
        One row per bar.
    category, value : str
        Columns with the name and the length of each bar.
    value_label : str
        What the length measures.
    text : Text
        Language and currency of the numbers.
    kind : {"number", "money", "percent"}
        How the numbers are written.
    horizontal : bool
        Whether the bars lie, which leaves room for long names.
    highlight : object, optional
        The category that the finding is about; the others step back.
    ends : (str, str), optional
        Columns with the low and high end of each value's range, drawn as a line over a lying bar.
    """
    if not finite(frame[value]).size:
        return blank(text)
    colours = [BLUE if highlight is None or name == highlight else QUIET for name in frame[category]]
    if horizontal:
        beyond = None if ends is None else frame[ends[1]]
        fig, ax = _lying(frame[category], {value: frame[value]}, {value: colours}, value_label, text, kind, beyond)
        if ends is not None:
            low, high = (drawable(frame[end]) for end in ends)
            ax.hlines(np.arange(len(frame)), low, high, color=INK, linewidth=1.4)
        return fig
    return _upright(frame[category], frame[value], colours, "", value_label, text, kind, width=0.7)


@house_style()
def grouped_bars(
    frame: pd.DataFrame,
    category: str,
    series: Mapping[str, str],
    value_label: str,
    text: Text,
    kind: ChartKind = "number",
) -> Figure:
    """Return two or three lying bars per row, e.g. its share of customers beside its share of value.

    `series` maps the columns to their labels; the other parameters are those of `bars`.
    """
    if not finite(frame[list(series)].to_numpy().ravel()).size:
        return blank(text)
    colours = colours_of(series)
    many = {column: [colours[column]] * len(frame) for column in series}
    fig, ax = _lying(frame[category], {column: frame[column] for column in series}, many, value_label, text, kind)
    _name_colours(ax, list(series.values()), value_label)
    return fig


@house_style()
def histogram_counts(
    frame: pd.DataFrame,
    category: str,
    count: str,
    category_label: str,
    count_label: str,
    text: Text,
    *,
    highlight: object = None,
) -> Figure:
    """Return a histogram of counts made before, e.g. customers by number of orders; the last class may be "10+"."""
    if not finite(frame[count]).size:
        return blank(text)
    colours = [BLUE if highlight is None or name == highlight else QUIET for name in frame[category]]
    return _upright(frame[category], frame[count], colours, category_label, count_label, text, "number", width=0.9)


def _lying(
    categories: pd.Series,
    values: Mapping[str, pd.Series],
    colours: Mapping[str, list[str]],
    value_label: str,
    text: Text,
    kind: ChartKind,
    beyond: pd.Series | None = None,
) -> tuple[Figure, Axes]:
    """Draw lying bars: one per category and column, the first category on top; numbers stand beyond what is drawn."""
    names = [wrapped(name, 28) for name in categories]
    lines = 1 + max(name.count("\n") for name in names)
    one = max(0.36 if len(categories) <= _CROWD else 0.26, 0.2 * lines)
    step = max(one, 0.26 * len(values))
    fig, ax = canvas(height=max(1.6, step * len(categories) + 0.7))
    write = writer(text, kind, np.concatenate([series.to_numpy() for series in values.values()]))
    thickness = (0.68 if len(values) == 1 else 0.78) / len(values)
    for number, (column, series) in enumerate(values.items()):
        places = np.arange(len(categories)) + (number - (len(values) - 1) / 2) * thickness
        lengths = _lengths(series)
        ax.barh(places, lengths, height=thickness * 0.94, color=colours[column])
        tips = lengths if beyond is None else np.maximum(lengths, _lengths(beyond))
        for place, tip, value in zip(places, tips, series, strict=True):
            _label(ax, (max(tip, 0.0), place), write(value), (5, 0), "left")  # a negative bar has it beside its root
    ax.set_yticks(range(len(categories)), names)
    ax.set_ylim(len(categories) - 0.4, -0.6)
    ax.set_title(value_label)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    _zero_line(ax, values if beyond is None else {**values, "": beyond})
    return fig, ax


def _name_colours(ax: Axes, labels: list[str], value_label: str) -> None:
    """Write what is measured above the bars, and which colour is which below that."""
    ax.set_title("")
    legend = ax.legend(
        ax.containers,
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
        handleheight=1.0,
        columnspacing=1.4,
    )
    legend.get_title().set_color(MUTED)


def _zero_line(ax: Axes, values: Mapping[str, pd.Series]) -> None:
    """Draw where bars start, which is zero, and end the axis where the longest ends."""
    sizes = np.concatenate([_lengths(series) for series in values.values()])
    low, high = min(0.0, sizes.min()), max(0.0, sizes.max())
    ax.set_xlim(low, high if high > low else 1.0)
    ax.axvline(0, color=EDGE, linewidth=0.8)


def _upright(
    categories: pd.Series,
    values: pd.Series,
    colours: list[str],
    category_label: str,
    value_label: str,
    text: Text,
    kind: ChartKind,
    width: float,
) -> Figure:
    """Draw upright bars, with numbers on top while there is room and with an axis beyond."""
    fig, ax = canvas()
    places, heights = np.arange(len(categories)), _lengths(values)
    ax.bar(places, heights, width=width, color=colours)
    labels = [wrapped(name, 14) for name in categories]
    ax.set_xticks(places, thinned(labels, most=_MOST_LONG_NAMES if max(map(len, labels)) > _SHORT_NAME else 12))
    ax.tick_params(axis="x", length=0)
    ax.set_title(value_label, pad=20)
    name_below(ax, category_label)
    from_zero(ax, values)
    if len(categories) > _MOST_DIRECT_LABELS:
        value_axis(ax.yaxis, text, kind)
        return fig
    ax.yaxis.set_visible(False)
    write = writer(text, kind, values)
    for place, height, value in zip(places, heights, values, strict=True):
        _label(ax, (float(place), height), write(value), (0, -5 if height < 0 else 4), "center")
    return fig


def _lengths(values: pd.Series) -> np.ndarray:
    """Return the length of each bar; a missing value has none, and its label says so."""
    return drawable(values).fillna(0).to_numpy()


def _label(ax: Axes, place: tuple[float, float], label: str, offset: tuple[float, float], align: str) -> None:
    upright = "center" if offset[1] == 0 else "bottom" if offset[1] > 0 else "top"
    ax.annotate(
        label, place, offset, textcoords="offset points", ha=align, va=upright, color=INK, annotation_clip=False
    )
