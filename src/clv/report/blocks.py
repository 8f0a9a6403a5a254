"""What a notebook shows to stakeholders: titles, tiles, findings, actions, confidence, notices and definitions.

Every text that enters a block is escaped, wherever it comes from, and there is no way to pass HTML: a customer may be
called ``<script>``. A block is shown by being the last value of a cell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from markupsafe import Markup

from clv.errors import ConfigError
from clv.report.text import Text, message

Tone = Literal["good", "warning", "bad"]
Level = Literal["high", "medium", "low"]

LEVEL_WORDS: dict[Level, str] = {
    "high": message("High confidence"),
    "medium": message("Medium confidence"),
    "low": message("Low confidence"),
}


SHEETS: Final = "application/vnd.clv.sheets+json"
"""Under which name a notebook keeps what the tables of its blocks hold."""

_TILES_A_ROW = 4


@dataclass(frozen=True)
class Block:
    """A piece of a page, made by the functions of this package and shown by Jupyter through `_repr_html_`.

    `sheets` are what its tables hold, see `clv.report.sheets`; they travel with it.
    """

    html: Markup
    sheets: tuple[Mapping[str, Any], ...] = ()

    def _repr_html_(self) -> str:
        return str(self.html)

    def _repr_mimebundle_(self, **_wanted: Any) -> dict[str, Any]:
        return {SHEETS: list(self.sheets)} if self.sheets else {}


@dataclass(frozen=True)
class Tile:
    """One key figure: what it is, its value as text, and a note such as the change since the previous run.

    `tone` colours the note ("good", "warning", "bad"); the note must say the same in words.
    """

    label: str
    value: str
    note: str = ""
    tone: Tone | None = None


class Written(Markup):
    """Words of a page whose values were escaped when they were filled in; only `clv.report.written` makes them."""


def plain(value: object) -> str:
    """Return `value` as a bare string, so that text that claims to be safe HTML is escaped like any other.

    Examples
    --------
    >>> from markupsafe import escape
    >>> str(escape(plain(Markup("<b>"))))
    '&lt;b&gt;'
    """
    return value if isinstance(value, Written) else str.__str__(str(value))


def bare(value: object) -> str:
    """Return words as they are read, without markup: for alternative texts and files.

    Examples
    --------
    >>> bare(Written("Sales &gt; <em>5</em>")), bare("<b>")
    ('Sales > 5', '<b>')
    """
    return value.striptags() if isinstance(value, Written) else str.__str__(str(value))


def together(blocks: Sequence[Block]) -> Block:
    """Return blocks one below the other as one, with all that their tables hold."""
    return Block(joined([block.html for block in blocks]), tuple(sheet for block in blocks for sheet in block.sheets))


def joined(parts: Sequence[Markup]) -> Markup:
    """Return pieces of finished HTML as one."""
    return Markup("").join(parts)


def page_title(question: str, answer: str) -> Block:
    """Open a page: the question as its only h1, and the answer in a sentence or two."""
    return _block('<header class="page-title"><h1>{}</h1><p class="lead">{}</p></header>', question, answer)


def tiles(*items: Tile) -> Block:
    """Show four to six key figures side by side.

    Examples
    --------
    >>> tiles(Tile("Customers", "2,469"))._repr_html_()  # doctest: +ELLIPSIS
    '...<div class="tile"><dt>Customers</dt><dd class="tile-value">2,469</dd></div></dl>'
    """
    columns = len(items) if len(items) <= _TILES_A_ROW else math.ceil(len(items) / 2)
    html = Markup('<dl class="tiles" style="--columns:{}">{}</dl>')
    return Block(html.format(min(columns, _TILES_A_ROW), joined([_tile(item) for item in items])))


def finding(title: str, *paragraphs: str, anchor: str = "") -> Block:
    """State a finding as a heading, with its reading below; the heading enters the table of contents.

    `anchor` is what links of other pages point to: unlike that of the heading it does not change with its words.
    """
    place = Markup(' id="{}"').format(plain(anchor)) if anchor else Markup("")
    html = Markup('<div class="finding"{}><h2>{}</h2>{}</div>')
    return Block(html.format(place, plain(title), _paragraphs(paragraphs)))


def prose(*paragraphs: str) -> Block:
    """Show plain paragraphs."""
    return Block(Markup('<div class="prose">{}</div>').format(_paragraphs(paragraphs)))


def actions(title: str, steps: Sequence[str]) -> Block:
    """Say what to do, most valuable first, as a numbered list under its own heading."""
    items = joined([Markup("<li>{}</li>").format(plain(step)) for step in steps])
    return Block(Markup('<section class="actions"><h2>{}</h2><ol>{}</ol></section>').format(plain(title), items))


def confidence(level: Level, sentence: str, text: Text) -> Block:
    """Say how far the numbers can be trusted: a traffic light, the word for it, and the reason in a sentence.

    Raises
    ------
    ConfigError
        If `level` is not "high", "medium" or "low".
    """
    if level not in LEVEL_WORDS:
        raise ConfigError(f"level must be one of {', '.join(LEVEL_WORDS)}; got {level!r}")
    return Block(
        Markup(
            '<p class="confidence confidence-{}"><span class="light" aria-hidden="true"><i></i><i></i><i></i></span>'
            "<span><strong>{}.</strong> {}</span></p>"
        ).format(level, plain(text(LEVEL_WORDS[level])), plain(sentence))
    )


def notice(sentence: str) -> Block:
    """Show one sentence that must not be overlooked, e.g. which table would light up this page."""
    return _block('<p class="notice" role="note">{}</p>', sentence)


def definitions(terms: Mapping[str, str], text: Text) -> Block:
    """Explain the words of a page in plain language; folded on screen, unfolded in print."""
    rows = [Markup("<dt>{}</dt><dd>{}</dd>").format(plain(term), plain(meaning)) for term, meaning in terms.items()]
    _ = text
    return Block(
        Markup('<details class="definitions"><summary>{}</summary><dl>{}</dl></details>').format(
            plain(_("What the words on this page mean")), joined(rows)
        )
    )


def _block(template: str, *values: str) -> Block:
    return Block(Markup(template).format(*(plain(value) for value in values)))  # noqa: S704 - templates of this module


def _paragraphs(paragraphs: Sequence[str]) -> Markup:
    return joined([Markup("<p>{}</p>").format(plain(paragraph)) for paragraph in paragraphs if paragraph])


def _tile(item: Tile) -> Markup:
    tone = Markup(" tone-{}").format(item.tone) if item.tone else ""
    note = Markup('<dd class="tile-note{}">{}</dd>').format(tone, plain(item.note)) if item.note else ""
    return Markup('<div class="tile"><dt>{}</dt><dd class="tile-value">{}</dd>{}</div>').format(
        plain(item.label), plain(item.value), note
    )
