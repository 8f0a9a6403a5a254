"""Charts in the house style, one function each; show them through `clv.report.figures.figure`.

Every function takes a frame of finished numbers and labels in the reader's language, and returns a Figure that
pyplot does not know of. A frame without a value to draw gives a chart that says so.
"""

from clv.report.charts.bars import bars, grouped_bars, histogram_counts
from clv.report.charts.contest import contest
from clv.report.charts.expectation import frequency_fit, means_by_class
from clv.report.charts.grids import heat_grid
from clv.report.charts.lines import concentration_curve, time_lines
from clv.report.charts.probability import pit_histogram, reliability_curve
from clv.report.charts.style import IN_THE_DARK, KEEP_WIDTH, colour_of, house_style
from clv.report.charts.tracking import (
    cumulative_tracking,
    forecast_against_actual,
    incremental_tracking,
    weekly_outlook,
)

__all__ = [
    "IN_THE_DARK",
    "KEEP_WIDTH",
    "bars",
    "colour_of",
    "concentration_curve",
    "contest",
    "cumulative_tracking",
    "forecast_against_actual",
    "frequency_fit",
    "grouped_bars",
    "heat_grid",
    "histogram_counts",
    "house_style",
    "incremental_tracking",
    "means_by_class",
    "pit_histogram",
    "reliability_curve",
    "time_lines",
    "weekly_outlook",
]
