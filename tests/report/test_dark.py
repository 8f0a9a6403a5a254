"""Charts are read on dark screens, too: one drawing, whose colours are those of the page."""

import pandas as pd
import pytest

from clv.report import charts
from clv.report.charts.grids import _luminance
from clv.report.charts.style import EDGE, GRID, IN_THE_DARK, PAPER, QUIET
from clv.report.content import TEMPLATES
from clv.report.figures import svg
from clv.report.text import Text

TEXTS = sorted(set(IN_THE_DARK) - {PAPER, GRID, EDGE, QUIET})


def contrast(one: str, other: str) -> float:
    lights = sorted(_luminance([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("colour", TEXTS)
def test_what_may_be_text_reads_on_the_card_of_either_screen(colour):
    assert contrast(colour, PAPER) >= 4.5
    assert contrast(IN_THE_DARK[colour], IN_THE_DARK[PAPER]) >= 4.5


def test_quiet_bars_stand_out_from_a_dark_card():
    assert contrast(IN_THE_DARK[QUIET], IN_THE_DARK[PAPER]) >= 3


def test_the_card_of_charts_is_that_of_the_page():
    light, dark = (TEMPLATES / "page.css").read_text(encoding="utf-8").split("prefers-color-scheme: dark", 1)
    assert f"--card: {PAPER};" in light
    assert f"--card: {IN_THE_DARK[PAPER]};" in dark


def test_no_colour_of_the_house_is_fixed_in_a_drawing():
    frame = pd.DataFrame({"name": ["a", "b"], "value": [1.0, 2.0]})
    drawing = svg(charts.bars(frame, "name", "value", "V", Text("en", "EUR"), highlight="a")).decode()
    themes, drawn = drawing.split("</style>", 1)
    assert "screen and (prefers-color-scheme:dark)" in themes
    assert not [colour for colour in IN_THE_DARK if colour in drawn]
    assert "fill: var(--" in drawn
