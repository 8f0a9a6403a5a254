"""Charts that show whether forecast probabilities can be taken at their word."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from clv.report.charts.lines import label_ends
from clv.report.charts.panels import above_strip, count_strip
from clv.report.charts.style import (
    BLUE,
    INK,
    MUTED,
    QUIET,
    blank,
    canvas,
    drawable,
    finite,
    from_zero,
    house_style,
    name_below,
    value_axis,
)
from clv.report.text import Text


@house_style()
def reliability_curve(
    frame: pd.DataFrame,
    histogram: pd.DataFrame,
    text: Text,
    actual_label: str,
    forecast_label: str,
    count_label: str,
    ideal_label: str,
) -> Figure:
    """Return how often it happened by forecast probability, with how many customers got which forecast below.

    Parameters
    ----------
    frame : DataFrame
        One row per bin of customers: `forecast_mean`, `actual_share`, and its interval `low`, `high`, all 0–1.
    histogram : DataFrame
        `low`, `high` (ends of classes of the probability, 0–1) and `n_customers`.
    text : Text
        Language.
    actual_label, forecast_label, count_label : str
        What the height, the axis below and the strip measure.
    ideal_label : str
        Names the diagonal, on which forecasts come true.
    """
    if not finite(frame["actual_share"]).size:
        return blank(text)
    fig, ax, strip = above_strip(height=5.2)
    forecast = drawable(frame["forecast_mean"])
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1.2, linestyle=(0, (4, 3)))
    ax.vlines(forecast, drawable(frame["low"]), drawable(frame["high"]), color=INK, linewidth=1.4)
    ax.plot(forecast, drawable(frame["actual_share"]), color=INK, marker="o", markersize=6, linewidth=1.2)
    ax.set_ylim(-0.02, 1.02)
    for axis in (ax.yaxis, ax.xaxis):
        value_axis(axis, text, "percent")
    ax.tick_params(axis="x", labelbottom=False)
    ax.set_title(actual_label)
    middle = (histogram["low"] + histogram["high"]) / 2
    width = float((histogram["high"] - histogram["low"]).min()) if len(histogram) else 1.0
    count_strip(strip, middle.to_numpy(dtype=float), histogram["n_customers"], 0.9 * width, count_label, text)
    strip.set_xlim(-0.02, 1.02)
    name_below(strip, forecast_label)
    label_ends(ax, [(1.0, ideal_label, MUTED)])
    return fig


@house_style()
def pit_histogram(frame: pd.DataFrame, text: Text, share_label: str, pit_label: str, band_label: str) -> Figure:
    """Return the histogram of PIT values, which is flat where the forecast distributions are right.

    Parameters
    ----------
    frame : DataFrame
        One row per bin: `low`, `high` (its ends, 0–1), `share` of customers, and `band_low`, `band_high`, between which
        the share of a right forecast lies.
    text : Text
        Language.
    share_label, pit_label : str
        What the height and the axis below measure.
    band_label : str
        Names the band.
    """
    if not finite(frame["share"]).size:
        return blank(text)
    fig, ax = canvas()
    low, high = drawable(frame["low"]), drawable(frame["high"])
    ax.bar((low + high) / 2, drawable(frame["share"]).fillna(0), width=0.94 * (high - low), color=QUIET)
    floor, roof = drawable(frame["band_low"]), drawable(frame["band_high"])
    ax.bar((low + high) / 2, roof - floor, bottom=floor, width=high - low, color=BLUE, alpha=0.25, zorder=3)
    from_zero(ax, frame[["share", "band_high"]].to_numpy().ravel())
    ax.set_xlim(0, 1)
    for axis in (ax.yaxis, ax.xaxis):
        value_axis(axis, text, "percent")
    ax.xaxis.grid(visible=False)
    ax.set_title(share_label)
    name_below(ax, pit_label)
    label_ends(ax, [(float((floor + roof).iloc[-1]) / 2, band_label, BLUE)])
    return fig
