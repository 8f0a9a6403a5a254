import numpy as np
import pandas as pd
import pytest

from clv.errors import ConfigError, DataError
from clv.report.tables import Column, table, with_total
from clv.report.text import Text

EN, ES = Text("en", "USD"), Text("es", "USD")

NB = "\N{NO-BREAK SPACE}"
COLUMNS = [
    Column("portfolio", "Portfolio"),
    Column("customers", "Customers", "number"),
    Column("revenue", "Revenue", "money", decimals=1, bar=True),
    Column("share_of_value", "Share", "percent", decimals=1),
    Column("last_order", "Last order", "date"),
]


def cells(page, tag="td"):
    return [element.text for element in page.all(tag)]


def test_values_are_written_for_readers_and_missing_ones_say_so(portfolios, read):
    page = read(table(portfolios, COLUMNS, "Portfolios", EN)._repr_html_())
    assert cells(page)[:4] == ["124", "512,340.5", "60.0%", f"30{NB}Dec{NB}2017"]
    assert cells(page)[4:8] == ["370", "n/a", "40.0%", "n/a"]
    assert cells(page)[8:10] == ["2,469", "0.0"]
    spanish = read(table(portfolios, COLUMNS, "Carteras", ES)._repr_html_())
    assert cells(spanish)[1] == "512.340,5"
    assert "s. d." in cells(spanish)


def test_headings_carry_labels_and_units_never_column_names(portfolios, read):
    html = table(portfolios.assign(gap=3), [*COLUMNS, Column("gap", "Gap", "days")], "Portfolios", EN)._repr_html_()
    heads = [element for element in read(html).all("th") if element.attrs["scope"] == "col"]
    assert [head.text for head in heads] == [
        "Portfolio",
        "Customers",
        "Revenue ($)",
        "Share",
        "Last order",
        "Gap (days)",
    ]
    assert "share_of_value" not in html


def test_the_first_column_names_the_row_and_the_caption_names_the_scrolling_region(portfolios, read):
    page = read(table(portfolios, COLUMNS, "Portfolios", EN)._repr_html_())
    assert [element.attrs["scope"] for element in page.all("th")][-3:] == ["row"] * 3
    region = next(element for element in page.all("div") if element.attrs.get("role") == "region")
    assert region.attrs["tabindex"] == "0"
    assert region.attrs["aria-label"] == cells(page, "caption")[0] == "Portfolios"


def test_hostile_text_stays_text_in_cells_labels_caption_and_index(hostile, read):
    frame = pd.DataFrame({"name": [hostile], hostile: [hostile]}, index=pd.Index([hostile], name="id"))
    columns = [Column("id", hostile), Column("name", hostile), Column(hostile, hostile)]
    page = read(table(frame, columns, hostile, EN)._repr_html_())
    assert not page.all("script")
    assert not page.all("img")
    assert not [name for element in page.elements for name in element.attrs if name.startswith("on")]
    assert cells(page) == [hostile, hostile]
    assert cells(page, "caption") == [hostile]


def test_sort_values_are_plain_numbers_dates_and_words_and_empty_when_missing(portfolios, read):
    page = read(table(portfolios, COLUMNS, "Portfolios", ES)._repr_html_())
    keys = [element.attrs["data-sort-value"] for element in page.all("td")]
    assert keys[:8] == ["124.0", "512340.5", "0.6", "2017-12-30T00:00:00", "370.0", "", "0.3996", ""]


def test_a_bar_is_drawn_for_positive_values_only_and_from_zero(portfolios, read):
    frame = portfolios.assign(revenue=[200.0, 50.0, -100.0])
    bars = read(table(frame, COLUMNS, "P", EN)._repr_html_()).all("span")
    assert [bar.attrs["style"] for bar in bars if "style" in bar.attrs] == ["width:100.0%", "width:25.0%"]


def test_a_cut_table_says_how_much_is_missing(read):
    frame = pd.DataFrame({"id": range(2469)})
    english = read(table(frame, [Column("id", "Customer")], "All", EN)._repr_html_())
    assert cells(english, "p") == ["Showing the first 50 of 2,469; the whole list is in the export."]
    assert len(english.all("tr")) == 51
    whole = read(table(frame, [Column("id", "Customer")], "All", EN, limit=None)._repr_html_())
    assert len(whole.all("tr")) == 2470
    assert not whole.all("p")


def test_an_empty_table_says_so(portfolios, read):
    page = read(table(portfolios.head(0), COLUMNS, "Portfolios", ES)._repr_html_())
    assert cells(page) == ["No hay nada que listar."]


def test_leading_zeros_and_text_values_stay_as_they_are(read):
    page = read(table(pd.DataFrame({"n": ["007", np.nan, "nan"]}), [Column("n", "N")], "N", EN)._repr_html_())
    assert cells(page, "th")[1:] == ["007", "n/a", "nan"]


def test_a_column_that_the_frame_lacks_is_named(portfolios):
    with pytest.raises(DataError, match=r"asks for \['clv'\].*portfolio"):
        table(portfolios, [Column("clv", "Value")], "P", EN)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ConfigError, match="kind of column 'x' must be one of text, number"):
        Column("x", "X", "euros")


def test_a_table_of_sentences_becomes_cards_on_a_phone_and_names_its_cells(read):
    frame = pd.DataFrame({"name": ["A"], "aim": ["Keep them"], "how": ["Call them"]})
    page = read(table(frame, [Column(name, name.upper()) for name in frame], "Plan", EN)._repr_html_())
    assert page.all("table")[0].attrs["class"] == "wordy"
    assert [cell.attrs["data-label"] for cell in page.all("td")] == ["AIM", "HOW"]


def test_numbers_that_are_text_already_stand_right(read):
    frame = pd.DataFrame({"measure": ["Orders"], "model": ["+0.6%"]})
    page = read(table(frame, [Column("measure", "M"), Column("model", "Model", "written")], "T", EN)._repr_html_())
    assert page.all("td")[0].attrs["class"] == "number"


def test_a_total_stands_at_the_foot_where_sorting_leaves_it_and_counts_for_no_row():
    rows = pd.DataFrame({"portfolio": ["a", "b", "c"], "n": [3.0, 1, 2], "high": [9.0, 8, 7]}, index=list("abc"))
    totalled = with_total(rows, portfolio="all", high=20.0)
    columns = [Column("portfolio", "Portfolio"), Column("n", "Customers", "number"), Column("high", "High", "number")]
    html = str(table(totalled, columns, "Portfolios", Text("en", "EUR"), limit=2).html)
    body, foot = html.split("</tbody>")
    assert "all" not in body.split("<tbody>")[1]
    assert [value in foot.split("</tfoot>")[0] for value in (">all<", ">6<", ">20<")] == [True] * 3
    assert "first 2 of 3" in foot


@pytest.mark.parametrize(("first", "look"), [("customer_id", "wordy"), ("portfolio", "wordy"), ("month", "")])
def test_lists_of_customers_and_portfolios_become_cards_on_a_phone(first, look):
    frame = pd.DataFrame({first: ["a"], "n": [1]})
    columns = [Column(first, "Name"), Column("n", "Number", "number")]
    assert f'<table class="{look}">' in str(table(frame, columns, "Some rows", Text("en", "EUR")).html)
