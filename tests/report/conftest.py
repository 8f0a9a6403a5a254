"""What the tests of the report floor share: a page with every block and chart, and a reader of HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clv.report import blocks, charts
from clv.report.figures import figure
from clv.report.page import Page, Site
from clv.report.tables import Column, table
from clv.report.text import Text

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{x}{0}%s",
    "</style>",
)
ALT = "Bars for three portfolios; the first is by far the longest."


@dataclass
class Element:
    """A start tag and what it says."""

    tag: str
    attrs: dict[str, str | None]
    text: str = ""


@dataclass
class Reader(HTMLParser):
    """Collect the elements of a page with the text inside each."""

    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    VOID = frozenset({"meta", "img", "source", "br", "hr", "link", "input"})

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data):
        for element in self._open:
            element.text += data

    def all(self, tag):
        return [element for element in self.elements if element.tag == tag]


@pytest.fixture
def read():
    """Return a function that reads HTML into a Reader."""

    def parse(html: str) -> Reader:
        reader = Reader()
        reader.feed(html)
        return reader

    return parse


@pytest.fixture(params=HOSTILE)
def hostile(request) -> str:
    return request.param


@pytest.fixture
def alt() -> str:
    return ALT


def shown(block: blocks.Block, **metadata):
    """Return a cell that showed `block`, as papermill leaves it."""
    data = {"text/plain": "Block(html='private repr')", "text/html": block._repr_html_()}
    warning = new_output("stream", name="stderr", text="RuntimeWarning: private warning")
    printed = new_output("stream", name="stdout", text="private print")
    return new_code_cell(
        "show(private_code)",
        outputs=[warning, printed, new_output("execute_result", data=data)],
        metadata=metadata,
    )


@pytest.fixture(params=["en", "es"])
def text(request) -> Text:
    return Text(request.param, "EUR")


def portfolio_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "portfolio": ["Key", "Growing", HOSTILE[0]],
            "customers": [124, 370, 2469],
            "revenue": [512340.5, np.nan, 0.0],
            "share_of_customers": [0.05, 0.15, 0.8],
            "share_of_value": [0.6, 0.3996, 0.0004],
            "last_order": pd.to_datetime(["2017-12-30", None, "2017-10-02"]),
        }
    )


@pytest.fixture
def portfolios() -> pd.DataFrame:
    return portfolio_frame()


@cache
def chart_block(text: Text) -> blocks.Block:
    """Return one chart with its numbers; drawn once, because drawing is what takes time."""
    frame = portfolio_frame()
    listing = table(frame, [Column("portfolio", HOSTILE[1]), Column("revenue", "R", "money")], HOSTILE[1], text)
    chart = charts.bars(frame, "portfolio", "revenue", "Revenue", text, "money")
    return figure(chart, "Key first", "Euro", ALT, text, listing)


@pytest.fixture
def notebook(text):
    """An executed notebook with prose, blocks, a table, a chart, and everything that must not be published."""
    return new_notebook(
        cells=[
            new_markdown_cell("Secret method", metadata={"tags": ["analyst"]}),
            new_code_cell("secret_parameter = 1", metadata={"tags": ["parameters"]}),
            new_code_cell("secret_injected = '/home/somebody'", metadata={"tags": ["injected-parameters"]}),
            shown(blocks.page_title("What is it worth?", HOSTILE[0])),
            shown(blocks.tiles(blocks.Tile(HOSTILE[0], HOSTILE[1], HOSTILE[2], "good"))),
            shown(blocks.finding("Detail", "One.", "Two.")),
            shown(blocks.finding("Detail", *HOSTILE)),
            new_markdown_cell("## A heading [with a link](https://example.org/x) of ours"),
            shown(chart_block(text)),
            shown(blocks.prose("secret analyst number"), tags=["analyst"]),
            new_code_cell(
                "secret_script()",
                outputs=[new_output("display_data", data={"application/javascript": "alert(2)", "text/plain": "x"})],
            ),
            new_code_cell(
                "styler",
                outputs=[
                    new_output(
                        "display_data",
                        data={
                            "text/html": '<p onclick="alert(3)">ours<script>alert(4)</script>'
                            '<a href="javascript:alert(5)">j</a><iframe src="http://x"></iframe></p>'
                        },
                    )
                ],
            ),
            new_code_cell("assert secret", metadata={"tags": ["checks"]}),
        ]
    )


@pytest.fixture
def pages():
    return [Page("00_summary", "Summary & more", "index.html"), Page("02_value", HOSTILE[0], "02_value.html")]


@pytest.fixture
def site(text, pages):
    return Site("A <b>company</b>", pages, text, [("Data as of", "2017"), ("Run", HOSTILE[0])], simulated=True)
