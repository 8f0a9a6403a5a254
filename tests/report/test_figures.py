import base64

import pandas as pd
import pytest

from clv.report import charts
from clv.report.figures import figure
from clv.report.tables import Column, table
from clv.report.text import Text

EN = Text("en", "USD")
FRAME = pd.DataFrame({"name": ["Key", "Growing"], "value": [3.0, 1.0]})


def chart():
    return charts.bars(FRAME, "name", "value", "Revenue", EN)


def test_a_figure_holds_finding_measure_picture_and_numbers(alt, read):
    data = table(FRAME, [Column("name", "Portfolio"), Column("value", "Value", "number")], "Values", EN)
    page = read(figure(chart(), "Key first", "Dollars a year", alt, EN, data)._repr_html_())
    assert page.all("figcaption")[0].text == "Key firstDollars a year"
    image = page.all("img")[0]
    assert image.attrs["alt"] == alt
    kind, drawing = image.attrs["src"].split(",")
    assert kind == "data:image/svg+xml;base64"
    assert b"<svg" in base64.b64decode(drawing)
    assert page.all("summary")[0].text == "The numbers behind this chart"
    assert len(page.all("table")) == 1


def test_a_phone_gets_its_own_drawing_unless_the_chart_must_keep_its_width(alt, read):
    page = read(figure(chart(), "T", "M", alt, EN)._repr_html_())
    assert page.all("source")[0].attrs["srcset"] != page.all("img")[0].attrs["src"]
    wide = charts.heat_grid(pd.DataFrame([[1.0] * 12]), "V", EN)
    page = read(figure(wide, "T", "M", alt, EN)._repr_html_())
    assert not page.all("source")
    assert (
        next(element for element in page.all("div") if element.attrs.get("role") == "region").attrs["tabindex"] == "0"
    )


@pytest.mark.parametrize("poor", ["", "   ", "chart", "x" * 40])
def test_a_chart_without_a_sentence_for_the_blind_is_refused(poor):
    with pytest.raises(ValueError, match="alt must describe the chart in a sentence"):
        figure(chart(), "T", "M", poor, EN)


def test_hostile_text_stays_text(hostile, read):
    page = read(figure(chart(), hostile, hostile, f"{hostile} is in this sentence.", EN)._repr_html_())
    assert not page.all("script")
    assert len(page.all("img")) == 1
    assert not [name for element in page.elements for name in element.attrs if name.startswith("on")]


def test_equal_figures_are_equal_bytes(alt):
    first, second = (figure(chart(), "T", "M", alt, EN)._repr_html_() for _turn in range(2))
    assert first == second
