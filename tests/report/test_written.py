"""Words of pages: sections by claim and verdict, values escaped, both languages alike."""

from __future__ import annotations

from typing import get_args

import pytest

from clv.checks.claim import Claim
from clv.errors import ConfigError
from clv.report import columns, written
from clv.report.pages import SAID, Page
from clv.report.text import Language, Text
from clv.report.written import FOLDER, Words, sections

PAGES = sorted({file.stem for file in FOLDER.glob("*/*.md")})
SAMPLE = """\
[size: large, huge]
# How *many*?
{{ n_all | count }} {{ n_all | plural("customer", "customers") }}, named {{ name }}.

[size: large; orders]
# How many orders?
Just {{ n_all | count }}.

[trend: rising]
## Up {{ change | percent }}
See [the list](07_portfolios.html#list) and `export/a_b.csv`.

![From {{ low | money }} up.](months "Month by month | Sales in {{ year }}")

![All of it](table:rows)

- One | {{ n_all | count }}
- Two | <b>
"""


@pytest.fixture
def words(tmp_path):
    """Return a function that makes words of a page from the text of one language."""

    def words(content=SAMPLE, measure="money", language="en"):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / language).mkdir(parents=True)
        (folder / language / "page.md").write_text(content, encoding="utf-8")
        return Words("page", Text(language, "EUR"), measure, folder)

    return words


def test_a_section_is_found_by_claim_and_verdict_and_without_money_by_its_own_words(words):
    facts = {"n_all": 1, "name": "x"}
    assert [str(piece.body) for piece in words().pieces("size", "huge", facts)] == [
        "How <em>many</em>?",
        "1 customer, named x.",
    ]
    assert [str(piece.body) for piece in words(measure="orders").pieces("size", "large", {"n_all": 1200})] == [
        "How many orders?",
        "Just 1,200.",
    ]
    assert words(measure="orders").pieces("size", "huge", facts)[0].kind == "h1"  # no words of its own: the plain ones


def test_charts_tables_and_items_stand_where_the_words_put_them(words):
    pieces = words().pieces("trend", "rising", {"change": 0.5, "low": 3, "year": 2024, "n_all": 2})
    assert [piece.kind for piece in pieces] == ["h2", "text", "chart", "table", "items"]
    chart, table, items = pieces[2:]
    assert (str(chart.body), chart.name, str(chart.title), str(chart.measure)) == (
        "From €3 up.", "months", "Month by month", "Sales in 2024"
    )  # fmt: skip
    assert (table.name, str(table.body)) == ("rows", "All of it")
    assert items.body == ["One | 2", "Two | &lt;b&gt;"]  # HTML in words is text
    assert pieces[1].body == 'See <a href="07_portfolios.html#list">the list</a> and <code>export/a_b.csv</code>.'


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "*b* [x](y)", "a | b", "'\"&"])
def test_values_are_text_whatever_they_hold(words, name):
    (_, answer) = words().pieces("size", "huge", {"n_all": 2, "name": name})
    assert "<script" not in answer.body
    assert "49" not in answer.body
    assert "<em>" not in answer.body
    assert "<a " not in answer.body


@pytest.mark.parametrize(
    ("content", "verdict", "says"),
    [
        (SAMPLE, "unknown", r"en/page\.md: no section \[size: unknown\] for money"),
        (SAMPLE, "huge", r"en/page\.md \[size: huge\]: 'n_all' is undefined"),
        ("words\n" + SAMPLE, "huge", "text stands before the first section"),
        (SAMPLE + "[size: huge]\nagain\n", "huge", r"section \[size: huge\] occurs twice"),
        ("[size: huge]\n{% if x %}open", "huge", r"en/page\.md \[size: huge\]: Unexpected end of template"),
    ],
)
def test_faults_of_words_name_file_and_section(words, content, verdict, says):
    with pytest.raises(ConfigError, match=says):
        words(content).pieces("size", verdict, {})


def test_a_page_without_words_says_which_file_to_write(tmp_path):
    with pytest.raises(ConfigError, match=r"12_new\.md: no words for the page in es"):
        Words("12_new", Text("es", "EUR"), folder=tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_say_the_same(page):
    one, *others = (sections(language, page) for language in get_args(Language))
    for other in others:
        assert list(one) == list(other)
        for key in one:
            assert one[key].values == other[key].values, key
            assert one[key].shown == other[key].shown, key


@pytest.mark.parametrize("page", PAGES)
def test_no_template_decides_by_numbers(page):
    for language in get_args(Language):
        for key, section in sections(language, page).items():
            for tag in written._JINJA.findall(section.source):
                assert not (tag.startswith("{%") and any(mark in tag for mark in "<>=0123456789")), key


def test_what_is_shown_is_given_and_what_is_given_is_shown(words, monkeypatch, tmp_path):
    monkeypatch.setenv(SAID, str(tmp_path / "said.txt"))
    page = Page.__new__(Page)
    page.slug, page.text, page.measure, page.facts, page.words = "page", Text("en", "EUR"), "money", {}, words()
    rising = Claim("trend", "rising", {"change": 0.5, "low": 3, "year": 2024, "n_all": 2})
    with pytest.raises(ConfigError, match="chart 'months' is shown but not given"):
        page.claim(rising)
    with pytest.raises(ConfigError, match="table 'more' is given but not shown"):
        page.claim(Claim("size", "huge", {"n_all": 2, "name": ""}), tables={"more": None})
    assert (tmp_path / "said.txt").read_text().splitlines() == ["en/page [trend: rising]", "en/page [size: huge]"]


def test_columns_have_words_in_every_language_and_values_that_can_be_written():
    for name, entry in columns.entries().items():
        for language in get_args(Language):
            assert getattr(entry, language), name
            assert all(set(word) == set(get_args(Language)) for word in entry.codes.values()), name
    with pytest.raises(ConfigError, match=r"columns\.yaml: no column 'nothing'"):
        columns.entry("nothing")
