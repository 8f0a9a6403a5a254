"""The look that every chart shares: colours with a meaning, letters, number formats, and the empty chart."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from clv.report.text import Text

ChartKind = Literal["number", "money", "percent"]

WIDTH_INCHES = 7.2
HEIGHT_INCHES = 3.7
LABEL_POINTS = 10.0
BELOW_LETTERS = 46  # of what an axis measures that fit a line below it on a phone
KEEP_WIDTH = "keep width"  # Figure label of charts that a phone scrolls instead of drawing them narrower

INK = "#1b2430"
MUTED = "#566173"
GRID = "#e4e7eb"
EDGE = "#9aa3af"
PAPER = "#ffffff"  # what a chart lies on
QUIET = "#a9bccd"  # bars beside a highlighted one

# Okabe and Ito's colour-blind safe hues, darkened until each reads as text on white (contrast of 4.5 or more).
BLUE, VERMILION, GREEN, PURPLE, OCHRE = "#00629b", "#c04a00", "#00785a", "#a0417f", "#8a6400"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, OCHRE)

IN_THE_DARK = {
    PAPER: "#1b212a",
    INK: "#e9edf2",
    MUTED: "#a9b4c2",
    GRID: "#333c48",
    EDGE: "#6b7684",
    QUIET: "#64788c",
    BLUE: "#6fb8ea",
    VERMILION: "#ff9a66",
    GREEN: "#4fc9a2",
    PURPLE: "#e59bcb",
    OCHRE: "#e2b955",
}
"""What each colour becomes for readers whose screen is dark: the card of the page, and hues that read as text on it
(contrast of 4.5 or more; lines and quiet bars stand out from it)."""

# The same thing has the same colour on every page, in every language: the key is the name of the column.
MEANINGS = {
    "actual": INK,
    "forecast": BLUE,
    "naive": MUTED,
    "customers": QUIET,
    "share_of_customers": QUIET,
    "value": BLUE,
    "share_of_value": BLUE,
    "revenue": BLUE,
    "orders": GREEN,
    "new_customers": GREEN,
    "returning_customers": BLUE,
}

_FONTS = ("Noto Sans", "Segoe UI", "Helvetica Neue", "Arial", "Liberation Sans")
_ALWAYS_THERE = "DejaVu Sans"  # comes with Matplotlib; also lends the letters that the first font lacks


@contextmanager
def house_style() -> Iterator[None]:
    """Apply the house style to whatever is drawn or saved inside, also as a decorator; nothing leaks out."""
    settings = {
        **sns.axes_style("white"),
        "font.family": list(_fonts()),
        "font.size": LABEL_POINTS,
        "text.color": INK,
        "text.parse_math": False,  # "$5 to $10" is money, not a formula
        "axes.unicode_minus": False,
        "axes.labelcolor": MUTED,
        "axes.labelsize": LABEL_POINTS,
        "axes.titlesize": LABEL_POINTS,
        "axes.titlecolor": MUTED,
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.edgecolor": EDGE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "axes.axisbelow": True,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "lines.linewidth": 2.2,
        "lines.solid_capstyle": "round",
        "figure.facecolor": PAPER,
        "savefig.facecolor": PAPER,
        "svg.fonttype": "path",
        "svg.hashsalt": "clv",  # ids depend on the drawing alone, so that equal runs give equal bytes
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a name in a script we lack
        yield


@cache
def _fonts() -> tuple[str, ...]:
    """Return the first font of the house that this machine has, and the one that is always there."""
    installed = set(font_manager.fontManager.get_font_names())
    return (*[name for name in _FONTS if name in installed][:1], _ALWAYS_THERE)


def canvas(height: float = HEIGHT_INCHES, width: float = WIDTH_INCHES) -> tuple[Figure, Axes]:
    """Return an empty chart that pyplot does not know of, and its axes."""
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.add_subplot()


def blank(text: Text) -> Figure:
    """Return the chart that says there is nothing to draw."""
    _ = text
    fig, ax = canvas(height=1.2)
    ax.set_axis_off()
    ax.text(0.5, 0.5, _("There is nothing to draw yet."), ha="center", va="center", color=MUTED, transform=ax.transAxes)
    return fig


def colour_of(key: str, position: int = 0) -> str:
    """Return the colour that `key` has on every page, or the one for its `position` among the series.

    Examples
    --------
    >>> colour_of("forecast")
    '#00629b'
    """
    return MEANINGS.get(key, CYCLE[position % len(CYCLE)])


def colours_of(keys: Iterable[str]) -> dict[str, str]:
    """Return a colour for each series: its own if it has a meaning, else the next that is still free."""
    names = list(keys)
    taken = {MEANINGS[name] for name in names if name in MEANINGS}
    free = [colour for colour in CYCLE if colour not in taken] or list(CYCLE)
    others = [name for name in names if name not in MEANINGS]
    return {name: MEANINGS.get(name) or free[others.index(name) % len(free)] for name in names}


def writer(text: Text, kind: ChartKind, values: Iterable[Any]) -> Callable[[Any], str]:
    """Return how the values of a chart are written, with no more digits than their size calls for."""
    sizes = finite(values)
    if kind == "money" and sizes.size and np.abs(sizes).max() >= 100:
        return lambda value: text.money_compact(round(value)) if abs(value) < 1000 else text.money_compact(value)
    if kind == "money":
        return text.money_compact
    if kind == "percent":
        decimals = 0 if sizes.size == 0 or np.abs(sizes).max() >= 0.1 else 1
        return lambda value: text.percent(value, decimals)
    if sizes.size and np.abs(sizes).max() >= 1e6:
        return text.number_compact
    whole = bool(np.all(sizes == np.round(sizes))) or bool(sizes.size and np.abs(sizes).max() >= 100)
    return lambda value: text.number(value, 0 if whole else 2 if np.abs(sizes).max() < 1 else 1)


def finite(values: Iterable[Any]) -> np.ndarray:
    """Return the values that can be drawn, as floats."""
    return drawable(pd.Series(list(values), dtype=object)).dropna().to_numpy()


def drawable(values: pd.Series) -> pd.Series:
    """Return values as floats, with whatever cannot be drawn missing."""
    return pd.to_numeric(values, errors="coerce").astype(float).replace([np.inf, -np.inf], np.nan)


def value_axis(axis: Axis, text: Text, kind: ChartKind) -> None:
    """Give an axis few ticks, a light grid, and labels in the language of the reader."""
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10] if kind == "percent" else [1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _position: _tick(value, text, kind)))
    axis.grid(visible=True)
    axis.set_tick_params(length=0)


def _tick(value: float, text: Text, kind: ChartKind) -> str:
    """Return a tick label with the digits it needs: 0.25, 5, 1,500, 1.5M."""
    if kind == "money":
        return text.money_compact(value)
    shown = value * 100 if kind == "percent" else value
    decimals = next((places for places in range(4) if abs(round(shown, places) - shown) < 1e-9), 3)
    if kind == "percent":
        return text.percent(value, decimals)
    return text.number_compact(value) if abs(value) >= 1e6 else text.number(value, decimals)


def from_zero(ax: Axes, values: Iterable[Any]) -> None:
    """Start the upright axis at zero unless there are negative values; leave room when all are zero."""
    sizes = finite(values)
    if sizes.size and sizes.min() >= 0:
        ax.set_ylim(bottom=0, top=None if sizes.max() > 0 else 1)


def wrapped(label: object, width: int = 24) -> str:
    """Return a label in short lines; a single long word is broken."""
    return "\n".join(textwrap.wrap(str(label), width)) or str(label)


def name_below(ax: Axes, label: object, pad: float | None = None) -> None:
    """Write below a chart what its horizontal axis measures, in lines of like length that fit a phone."""
    letters = len(str(label))
    n_lines = max(1, -(-letters // BELOW_LETTERS))
    ax.set_xlabel(wrapped(label, BELOW_LETTERS if n_lines == 1 else letters // n_lines + 6), labelpad=pad)


def thinned(labels: list[str], most: int = 12) -> list[str]:
    """Return the labels with some left empty, so that at most `most` are shown."""
    step = -(-len(labels) // most) if labels else 1
    return [label if position % step == 0 else "" for position, label in enumerate(labels)]
