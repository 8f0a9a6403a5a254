"""Charts that hold a forecast against what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clv.report.charts.lines import label_ends, last_value, places, time_axis
from clv.report.charts.style import (
    MUTED,
    ChartKind,
    blank,
    canvas,
    colour_of,
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

_LOOKS: dict[str, dict[str, Any]] = {
    "naive": {"linestyle": (0, (4, 3)), "linewidth": 1.4},
    "forecast": {"marker": "o", "markersize": 7, "markerfacecolor": "white", "markeredgewidth": 1.8},
    "actual": {"marker": "o", "markersize": 6, "linewidth": 1.2},
}


@house_style()
def forecast_against_actual(
    frame: pd.DataFrame,
    text: Text,
    value_label: str,
    group_label: str,
    kind: ChartKind = "number",
) -> Figure:
    """Return forecast and outcome per group of customers, e.g. by decile of the forecast.

    Parameters
    ----------
    frame : DataFrame
        `group`, `forecast`, `actual` and, if there is one, `naive`: the forecast to beat.
    text : Text
        Language and currency.
    value_label, group_label : str
        What the height measures and what the groups are.
    kind : {"number", "money", "percent"}
        How the numbers are written.
    """
    drawn = [name for name in _LOOKS if name in frame.columns and finite(frame[name]).size]
    if not drawn:
        return blank(text)
    fig, ax = canvas(height=4.0)
    across = np.arange(len(frame))
    for name in drawn:
        ax.plot(across, drawable(frame[name]), color=colour_of(name), zorder=3, **_LOOKS[name])
    from_zero(ax, frame[drawn].to_numpy().ravel())
    value_axis(ax.yaxis, text, kind)
    ax.set_xticks(across, thinned([str(group) for group in frame["group"]]))
    ax.set_title(value_label)
    name_below(ax, group_label)
    _name_lines(ax, frame, drawn, text)
    return fig


@house_style()
def cumulative_tracking(
    frame: pd.DataFrame,
    holdout_start: Any,
    text: Text,
    value_label: str,
    kind: ChartKind = "number",
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Return how the running totals of forecast and outcome stay together, also where the model had not looked.

    Parameters
    ----------
    frame : DataFrame
        `date`, `actual` and `forecast`, both cumulative.
    holdout_start : date
        First day that was kept from the model.
    text : Text
        Language and currency.
    value_label : str
        What is added up.
    kind : {"number", "money", "percent"}
        How the numbers are written.
    names : mapping of str to str, optional
        What stands at the ends of the lines of actual and forecast, where the latter is not the published forecast.
    """
    return _track(frame, holdout_start, text, value_label, kind, {"forecast": {"linestyle": (0, (5, 2))}}, None, names)


@house_style()
def incremental_tracking(
    frame: pd.DataFrame,
    holdout_start: Any,
    text: Text,
    value_label: str,
    kind: ChartKind = "number",
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Return forecast and outcome of each step of time, e.g. each week: the forecast smooth, the outcome restless.

    Parameters
    ----------
    frame : DataFrame
        `date`, `actual` and `forecast` of the step that ends on date.
    holdout_start, text, value_label, kind, names
        As for `cumulative_tracking`.
    """
    return _track(frame, holdout_start, text, value_label, kind, {"actual": {"linewidth": 1.2}}, None, names)


@house_style()
def weekly_outlook(frame: pd.DataFrame, as_of: Any, text: Text, value_label: str, kind: ChartKind = "number") -> Figure:
    """Return what came in by week up to the as-of date, continued by what is forecast for the weeks after it.

    Parameters
    ----------
    frame : DataFrame
        `date` (end of the week), `actual` (missing after the as-of date), `forecast` (missing before it) and, if it
        has a range, `low` and `high`.
    as_of : date
        Last day of the past.
    text, value_label, kind
        As for `cumulative_tracking`.
    """
    _ = text
    sides = (_("← what came in"), _("what is forecast →"))
    return _track(frame, as_of, text, value_label, kind, {"actual": {"linewidth": 1.2}}, sides)


def _track(
    frame: pd.DataFrame,
    holdout_start: Any,
    text: Text,
    value_label: str,
    kind: ChartKind,
    looks: dict[str, dict[str, Any]],
    sides: tuple[str, str] | None = None,
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Draw both lines, parted at a date; named sides need no names at the ends of the lines."""
    ordered = frame.dropna(subset=["date"]).sort_values("date")
    drawn = [name for name in ("forecast", "actual") if finite(ordered[name]).size]
    if not drawn:
        return blank(text)
    fig, ax = canvas(height=4.0)
    heights = ordered[drawn].to_numpy().ravel()
    if {"low", "high"} <= set(ordered.columns):
        low, high = drawable(ordered["low"]), drawable(ordered["high"])
        ax.fill_between(places(ordered["date"]), low, high, color=colour_of("forecast"), alpha=0.15, linewidth=0)
        heights = np.append(heights, [low, high])
    for name in drawn:
        ax.plot(places(ordered["date"]), drawable(ordered[name]), color=colour_of(name), **looks.get(name, {}))
    from_zero(ax, heights)
    value_axis(ax.yaxis, text, kind)
    time_axis(ax, text)
    ax.set_title(value_label)
    _ = text
    _split(ax, holdout_start, sides or (_("← what the model saw"), _("kept to check →")))
    if sides is None:
        _name_lines(ax, ordered, drawn, text, names)
    return fig


def _name_lines(
    ax: Axes, frame: pd.DataFrame, drawn: list[str], text: Text, names: Mapping[str, str] | None = None
) -> None:
    _ = text
    names = names or {"actual": _("What happened"), "forecast": _("Forecast"), "naive": _("Naive forecast")}
    label_ends(ax, [(last_value(frame[name]), names[name], colour_of(name)) for name in drawn])


def _split(ax: Axes, holdout_start: Any, labels: tuple[str, str]) -> None:
    """Mark where one part of time ends and the next begins, and name both."""
    start = places(pd.Series([holdout_start]))[0]
    ax.axvline(start, color=MUTED, linewidth=1)
    foot = ax.get_xaxis_transform()
    for label, align, offset in zip(labels, ("right", "left"), (-7, 7), strict=True):
        ax.annotate(
            wrapped(label, 15),
            (start, 0),
            (offset, 8),
            xycoords=foot,
            textcoords="offset points",
            ha=align,
            color=MUTED,
        )
