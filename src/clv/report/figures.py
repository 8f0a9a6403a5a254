"""A chart as a block: its finding, its measure, the picture with words for those who cannot see it, and its numbers."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping
from typing import Final

import matplotlib.pyplot as plt
from markupsafe import Markup
from matplotlib.figure import Figure

from clv.report.blocks import Block, plain
from clv.report.charts import IN_THE_DARK, KEEP_WIDTH, house_style
from clv.report.tables import Table
from clv.report.text import Text

PHONE_WIDTH_INCHES = 4.3  # at 360 px this keeps the letters of a chart at some 12 px

_SHORTEST_ALT = 20  # characters; less than that is not a sentence


def figure(fig: Figure, title: str, measure: str, alt: str, text: Text, data: Table | None = None) -> Block:
    """Return a chart with everything a reader needs beside it, and close the chart.

    Parameters
    ----------
    fig : Figure
        A chart of `clv.report.charts`.
    title : str
        The finding that the chart proves, as a sentence.
    measure : str
        What is measured, of whom, in which unit and period.
    alt : str
        The chart in a sentence, for readers who do not see it.
    text : Text
        Language of the words around the data table.
    data : Table, optional
        The numbers behind the chart, folded below it.

    Raises
    ------
    ValueError
        If `alt` is not a sentence.
    """
    if len(plain(alt).strip()) < _SHORTEST_ALT or " " not in plain(alt).strip():
        raise ValueError(f"alt must describe the chart in a sentence, for readers who do not see it; got {alt!r}")
    picture = _picture(fig, alt)
    plt.close(fig)
    return Block(
        Markup(
            '<figure class="chart"><figcaption><strong>{}</strong><span class="measure">{}</span></figcaption>'
            "{}{}</figure>"
        ).format(plain(title), plain(measure), picture, _numbers(data, text)),
        data.sheets if data is not None else (),
    )


def svg(fig: Figure) -> bytes:
    """Return the chart as SVG: letters as outlines, no date, the same bytes for the same drawing.

    One drawing serves light and dark screens: its colours are variables, so that the page holds no second one.
    """
    buffer = io.BytesIO()
    with house_style():
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    drawing = _COLOUR.sub(lambda found: f"var(--{found[1]})", buffer.getvalue().decode("utf-8"))
    head, start, rest = drawing.partition(_FIRST_DEFINITIONS)
    return f"{head}<style>{_THEMES}</style>{start}{rest}".encode()


def _variables(colours: Mapping[str, str]) -> str:
    return ":root{" + ";".join(f"--{name[1:]}:{value}" for name, value in colours.items()) + "}"


_FIRST_DEFINITIONS: Final = "<defs>"
_COLOUR: Final = re.compile("#(" + "|".join(colour[1:] for colour in IN_THE_DARK) + r")\b")
_THEMES: Final = (
    _variables({colour: colour for colour in IN_THE_DARK})
    + f"@media screen and (prefers-color-scheme:dark){{{_variables(IN_THE_DARK)}}}"
)


def _picture(fig: Figure, alt: str) -> Markup:
    """Return the chart in its own width and, unless it must keep it, drawn once more for a phone."""
    wide = Markup('<img alt="{}" src="{}">').format(plain(alt), _data_url(fig))
    if fig.get_label() == KEEP_WIDTH:
        return Markup('<div class="scroll chart-scroll" role="region" aria-label="{}" tabindex="0">{}</div>').format(
            plain(alt), wide
        )
    fig.set_size_inches(PHONE_WIDTH_INCHES, fig.get_figheight())
    return Markup('<picture><source media="(max-width: 34rem)" srcset="{}">{}</picture>').format(_data_url(fig), wide)


def _data_url(fig: Figure) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg(fig)).decode("ascii")


def _numbers(data: Table | None, text: Text) -> Markup:
    _ = text
    if data is None:
        return Markup("")
    return Markup("<details><summary>{}</summary>{}</details>").format(
        plain(_("The numbers behind this chart")), data.html
    )
