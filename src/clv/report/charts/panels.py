"""A chart above a strip that shows how many customers stand behind each of its places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from clv.report.charts.style import QUIET, WIDTH_INCHES, drawable
from clv.report.text import Text

_CHART_TO_STRIP = (4, 1)  # heights


def above_strip(height: float) -> tuple[Figure, Axes, Axes]:
    """Return an empty chart that pyplot does not know of, with its axes and those of the strip below it."""
    fig = Figure(figsize=(WIDTH_INCHES, height), layout="constrained")
    ax, strip = fig.subplots(2, 1, sharex=True, height_ratios=_CHART_TO_STRIP)
    ax.tick_params(axis="x", length=0, labelbottom=False)
    return fig, ax, strip


def count_strip(
    strip: Axes, places: npt.NDArray[np.float64], counts: pd.Series, width: float, count_label: str, text: Text
) -> None:
    """Draw the counts as low bars; the only number on their axis is that of the highest."""
    heights = drawable(counts).fillna(0).to_numpy()
    strip.bar(places, heights, width=width, color=QUIET)
    strip.set_title(count_label)
    most = heights.max(initial=0.0)
    strip.set_ylim(0, most or 1.0)
    strip.yaxis.set_major_locator(FixedLocator([most] if most else []))
    strip.yaxis.set_major_formatter(FuncFormatter(lambda value, _position: text.number_compact(value)))
    strip.tick_params(axis="y", length=0)
