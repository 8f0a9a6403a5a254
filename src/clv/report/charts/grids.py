"""A grid of values with their shade, readable in print: RFM, retention of cohorts, portfolios."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from clv.report.charts.style import (
    KEEP_WIDTH,
    LABEL_POINTS,
    WIDTH_INCHES,
    ChartKind,
    blank,
    canvas,
    drawable,
    finite,
    house_style,
    name_below,
    thinned,
    wrapped,
    writer,
)
from clv.report.text import Text

_SHADES = LinearSegmentedColormap.from_list("clv", ["#f1f5f9", "#9cc3de", "#3f86b8", "#004a77"])
_NARROW_COLUMNS = 6  # up to here a grid fits a phone
_SMALLEST_POINTS = 6.5  # numbers smaller than this are left to the data table
_LETTER_WIDTH = 0.62  # of the size of the letters
_WHITE = "#fefefe"  # of numbers: unlike the paper, it stays white where the page is dark, as the shades stay
_WHITE_BELOW = 0.18  # luminance at which white and black stand out equally
_NAMES_INCHES = 1.4  # for the names of the rows


@house_style()
def heat_grid(
    frame: pd.DataFrame,
    value_label: str,
    text: Text,
    kind: ChartKind = "number",
    *,
    row_label: str = "",
    column_label: str = "",
    shade_max: float | None = None,
) -> Figure:
    """Return a grid with each value written in its cell and shown by its shade.

    Parameters
    ----------
    frame : DataFrame
        The matrix; its index and columns are the labels. Missing cells stay empty, so it may be triangular.
    value_label : str
        What the cells measure.
    text : Text
        Language and currency.
    kind : {"number", "money", "percent"}
        How the numbers are written.
    row_label, column_label : str
        What the rows and the columns stand for.
    shade_max : float, optional
        Value of the darkest shade, so that one extreme cell (the 100 % of month 0) does not pale the others.
    """
    matrix = frame.apply(drawable)
    sizes = finite(matrix.to_numpy().ravel())
    if not sizes.size:
        return blank(text)
    write = writer(text, kind, sizes)
    labels = matrix.map(lambda value: "" if np.isnan(value) else write(value))
    points = _points(labels)
    annotated = points >= _SMALLEST_POINTS
    fig, ax = canvas(height=0.36 * len(matrix) + 1.1)
    low, high = min(0.0, sizes.min()), shade_max or sizes.max()
    sns.heatmap(
        matrix.to_numpy(),
        mask=matrix.isna().to_numpy(),
        cmap=_SHADES,
        vmin=low,
        vmax=high if high > low else low + 1,
        linewidths=1.5,
        linecolor="white",
        cbar=not annotated,
        ax=ax,
    )
    if annotated:
        _write_cells(ax, matrix, labels, points)
    _name_sides(ax, matrix, value_label, row_label, column_label)
    fig.set_label(KEEP_WIDTH if matrix.shape[1] > _NARROW_COLUMNS else "")
    return fig


def _points(labels: pd.DataFrame) -> float:
    """Return the size of letters at which the longest number still fits its cell."""
    cell = 72 * (WIDTH_INCHES - _NAMES_INCHES) / labels.shape[1]
    longest = int(labels.map(len).to_numpy().max())
    return min(LABEL_POINTS, 0.92 * cell / (_LETTER_WIDTH * max(longest, 1)))


def _write_cells(ax: Axes, matrix: pd.DataFrame, labels: pd.DataFrame, points: float) -> None:
    """Write each value in its cell, in white or black, whichever is easier to read on the shade."""
    shades = ax.collections[0]
    for (row, column), value in np.ndenumerate(matrix.to_numpy()):
        if np.isfinite(value):
            colour = _WHITE if _luminance(shades.cmap(shades.norm(value))) < _WHITE_BELOW else "black"
            label = str(labels.iloc[row, column])
            ax.text(column + 0.5, row + 0.5, label, ha="center", va="center", color=colour, fontsize=points)


def _luminance(colour: Any) -> float:
    """Return the relative luminance of a colour, as the WCAG define it for contrast."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


def _name_sides(ax: Axes, matrix: pd.DataFrame, value_label: str, row_label: str, column_label: str) -> None:
    """Write the names of rows and columns, and what the grid measures above it."""
    columns = thinned([wrapped(name, 12) for name in matrix.columns], most=24)
    ax.set_xticks(np.arange(matrix.shape[1]) + 0.5, columns, rotation=0)
    ax.set_yticks(np.arange(matrix.shape[0]) + 0.5, [wrapped(name) for name in matrix.index], rotation=0)
    ax.tick_params(length=0)
    ax.set_title(value_label)
    name_below(ax, column_label, pad=8)
    ax.set_ylabel(row_label, labelpad=8)
