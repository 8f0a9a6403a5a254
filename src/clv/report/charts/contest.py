"""A chart of competing forecasts, each by its error against that of the rule to beat."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clv.report.charts.style import (
    BLUE,
    INK,
    MUTED,
    blank,
    canvas,
    drawable,
    finite,
    house_style,
    wrapped,
)
from clv.report.text import Text

_ROOM = 0.12  # of the range of errors, left free on either side
_TITLE = 36  # letters that fit a line beside the names on a phone
_DECIMALS = 1  # of a percentage: good forecasts differ by less than one


@house_style()
def contest(
    frame: pd.DataFrame, text: Text, value_label: str, reference_label: str, highlight: object = None
) -> Figure:
    """Return one point per forecast: its error as a share of that of the rule to beat, left being better.

    Parameters
    ----------
    frame : DataFrame
        `forecast` (name), `relative_error` (1 = as large as that of the rule to beat) and, if known, its interval
        `low`, `high`. Drawn in the order of the rows.
    text : Text
        Language.
    value_label : str
        What the axis measures, e.g. "RMSE, naive forecast = 100%".
    reference_label : str
        Names the line at 100 %.
    highlight : object, optional
        Name of the forecast that is used; the others step back.
    """
    if not finite(frame["relative_error"]).size:
        return blank(text)
    names = [wrapped(name, 20) for name in frame["forecast"]]
    lines = sum(1 + name.count("\n") for name in names)
    fig, ax = canvas(height=0.9 + 0.25 * (lines + len(names)))
    errors, down = drawable(frame["relative_error"]), np.arange(len(frame))
    colours = [BLUE if highlight is None or name == highlight else MUTED for name in frame["forecast"]]
    ax.axvline(1, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    low, high = (drawable(frame[name]) if name in frame.columns else errors for name in ("low", "high"))
    ax.hlines(down, low, high, color=colours, linewidth=1.6)
    ax.scatter(errors, down, s=55, color=colours, zorder=3)
    for place, error, colour in zip(down, errors, colours, strict=True):
        _write(ax, (error if np.isfinite(error) else 1.0, float(place)), text.percent(error, _DECIMALS), colour)
    _limits(ax, np.concatenate([errors, low, high, [1.0]]))
    ax.set_yticks(down, names)
    ax.set_ylim(len(names) - 0.4, -0.7)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_visible(False)
    ax.spines["bottom"].set_visible(False)
    ax.set_title(wrapped(value_label, _TITLE))
    _name_reference(ax, reference_label)
    return fig


def _limits(ax: Axes, errors: np.ndarray) -> None:
    """Leave room on either side of what is drawn, for the numbers above the points."""
    low, high = float(np.nanmin(errors)), float(np.nanmax(errors))
    room = _ROOM * ((high - low) or 1.0)
    ax.set_xlim(low - room, high + room)


def _write(ax: Axes, place: tuple[float, float], label: str, colour: str) -> None:
    """Write the error above its point, clear of the line that may pass there."""
    clear = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    ax.annotate(label, place, (0, 7), textcoords="offset points", ha="center", va="bottom", color=colour, bbox=clear)


def _name_reference(ax: Axes, label: str) -> None:
    """Write the name of the line below it."""
    foot = ax.get_xaxis_transform()
    ax.annotate(
        wrapped(label, 20),
        (1, 0),
        (0, -4),
        xycoords=foot,
        textcoords="offset points",
        ha="center",
        va="top",
        color=INK,
        annotation_clip=False,
    )
