import pytest
from markupsafe import Markup

from clv.errors import ConfigError
from clv.report import blocks
from clv.report.blocks import Tile
from clv.report.text import Text

EN, ES = Text("en", "USD"), Text("es", "USD")


def every_block(words):
    return [
        blocks.page_title(words, words),
        blocks.tiles(Tile(words, words, words, "bad")),
        blocks.finding(words, words, words),
        blocks.prose(words),
        blocks.actions(words, [words, words]),
        blocks.confidence("low", words, EN),
        blocks.notice(words),
        blocks.definitions({words: words}, EN),
    ]


def test_hostile_text_stays_text_in_every_block(hostile, read):
    for block in every_block(hostile):
        page = read(block._repr_html_())
        assert not page.all("script")
        assert not page.all("img")
        assert not [name for element in page.elements for name in element.attrs if name.startswith("on")]
        assert hostile in "".join(element.text for element in page.elements)


def test_markup_is_escaped_like_any_text(read):
    class Sly(str):
        __slots__ = ()

        def __html__(self):
            return "<script>alert(1)</script>"

        def __str__(self):
            return Markup("<script>alert(1)</script>")

    for words in (Markup("<script>alert(1)</script>"), Sly("x")):
        for block in every_block(words):
            assert not read(block._repr_html_()).all("script")


def test_a_page_opens_with_its_question_and_its_answer(read):
    page = read(blocks.page_title("Who?", "They.")._repr_html_())
    assert [element.text for element in page.all("h1")] == ["Who?"]
    assert [element.text for element in page.all("p")] == ["They."]


def test_a_tile_shows_label_value_and_note_and_leaves_out_an_empty_note(read):
    page = read(blocks.tiles(Tile("Customers", "2,469", "+2%", "good"), Tile("Orders", "9"))._repr_html_())
    assert [element.text for element in page.all("dt")] == ["Customers", "Orders"]
    assert [element.text for element in page.all("dd")] == ["2,469", "+2%", "9"]


@pytest.mark.parametrize(("number", "columns"), [(1, 1), (4, 4), (5, 3), (6, 3), (8, 4), (12, 4)])
def test_tiles_stand_in_even_rows(number, columns):
    html = blocks.tiles(*[Tile("a", "1")] * number)._repr_html_()
    assert f"--columns:{columns}" in html


@pytest.mark.parametrize(
    ("level", "english", "spanish"),
    [
        ("high", "High confidence.", "Confianza alta."),
        ("medium", "Medium confidence.", "Confianza media."),
        ("low", "Low confidence.", "Confianza baja."),
    ],
)
def test_confidence_is_a_word_not_only_a_colour(level, english, spanish, read):
    for text, word in ((EN, english), (ES, spanish)):
        page = read(blocks.confidence(level, "Because.", text)._repr_html_())
        assert page.all("p")[0].text == f"{word} Because."


def test_an_unknown_level_is_refused():
    with pytest.raises(ConfigError, match="one of high, medium, low; got 'sure'"):
        blocks.confidence("sure", "Because.", EN)


def test_actions_are_numbered_in_order(read):
    page = read(blocks.actions("Do", ["first", "second"])._repr_html_())
    assert [element.text for element in page.all("li")] == ["first", "second"]
    assert len(page.all("ol")) == 1
