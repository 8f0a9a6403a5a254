"""The words of a page: one Markdown file a language, in sections that are named by a claim and its verdict.

A section begins with its name in brackets and says what is true under that verdict:

    [sales_trend: rising]
    ## Sales of the last three months are {{ change | percent }} above the three before
    In full months, sales lie between {{ low | money }} and {{ high | money }}.

    ![Line of net sales per month.](months "Sales month by month | Net sales per calendar month")

Several verdicts may share a section (``[sales_trend: rising, falling]``); ``; orders`` after them marks the words for a
log without amounts. Values come from the claim through Jinja, whose filters write them in the reader's language; the
branch is chosen by the verdict, so that no template compares numbers. Values are escaped: text from data is hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template, meta
from jinja2.exceptions import TemplateError
from markdown_it import MarkdownIt

from clv.errors import ConfigError
from clv.report.blocks import Written
from clv.report.text import Language, Text

FOLDER: Final = Path(__file__).parent / "words"

_HEAD = re.compile(r"\[(\w+): ([\w, ]+)(?:; (\w+))?\]\s*")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_IMAGE = re.compile(r'!\[(?P<alt>[^\]]*)\]\((?P<name>[\w:]+)(?: "(?P<title>[^"]*)")?\)\s*')
_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands for a value while Markdown is read


@dataclass(frozen=True)
class Piece:
    """A part of a section in the order of the page: ``text``, or a ``chart`` or ``table`` that the notebook gives.

    Attributes
    ----------
    kind
        ``h1``, ``h2``, ``text``, ``items``, ``chart`` or ``table``.
    body
        HTML of a text with its values filled in, the lines of a list as HTML for ``items``, or the alternative text of
        a chart, the caption of a table.
    name, title, measure
        Of a chart or table: by which name the notebook gives it, its finding, and what is measured.
    """

    kind: str
    body: Any
    name: str = ""
    title: str = ""
    measure: str = ""


@dataclass(frozen=True)
class Section:
    """The words of one claim under one verdict, as written."""

    name: str
    verdict: str
    measure: str
    source: str

    @property
    def key(self) -> str:
        """Return its name as the file writes it."""
        return f"{self.name}: {self.verdict}" + (f"; {self.measure}" if self.measure else "")

    @property
    def values(self) -> frozenset[str]:
        """Return the facts that it names."""
        return frozenset(meta.find_undeclared_variables(_environment("en", "EUR").parse(self.source))) - {"page"}

    @property
    def shown(self) -> frozenset[str]:
        """Return the charts and tables that it shows."""
        return frozenset(match["name"] for match in _IMAGE.finditer(self.source))


@cache
def sections(language: Language, page: str, folder: Path = FOLDER) -> dict[str, Section]:
    """Read the words of a page.

    Raises
    ------
    ConfigError
        If there are none, text stands before the first section, or a section occurs twice.
    """
    file = folder / language / f"{page}.md"
    if not file.is_file():
        raise ConfigError(f"{file.name}: no words for the page in {language}; write {file.parent.name}/{file.name}")
    found: dict[str, Section] = {}
    for section in _split(file.read_text(encoding="utf-8"), f"{language}/{file.name}"):
        if section.key in found:
            raise ConfigError(f"{language}/{file.name}: section [{section.key}] occurs twice; keep one")
        found[section.key] = section
    return found


def _split(content: str, where: str) -> Iterator[Section]:
    head: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*content.splitlines(), "[end: end]"]:
        match = _HEAD.fullmatch(line)
        if match is None:
            lines.append(line)
            continue
        if head is not None:
            source = "\n".join(lines).strip()
            for verdict in head[2].split(","):
                yield Section(head[1], verdict.strip(), head[3] or "", source)
        elif "".join(lines).strip():
            raise ConfigError(f"{where}: text stands before the first section; begin with [claim: verdict]")
        head, lines = match, []


class Words:
    """The words of one page in one language, and which of its sections have been said.

    Parameters
    ----------
    page
        Slug of the notebook, e.g. ``01_customer_base``.
    text
        Language, currency and forms.
    measure
        ``money``, or ``orders`` for a log without amounts: then the sections marked so come first.
    """

    def __init__(self, page: str, text: Text, measure: str = "money", folder: Path = FOLDER) -> None:
        self.text, self.measure, self.page = text, measure, page
        self._sections = sections(text.language, page, folder)
        self.said: list[str] = []

    def section(self, name: str, verdict: str) -> Section:
        """Return the words for a verdict.

        Raises
        ------
        ConfigError
            If the page has none.
        """
        for key in (f"{name}: {verdict}; {self.measure}", f"{name}: {verdict}"):
            if key in self._sections:
                self.said.append(key)
                return self._sections[key]
        raise ConfigError(f"{self.text.language}/{self.page}.md: no section [{name}: {verdict}] for {self.measure}")

    def has(self, name: str, verdict: str) -> bool:
        """Tell whether the page has words for a verdict."""
        return any(key in self._sections for key in (f"{name}: {verdict}; {self.measure}", f"{name}: {verdict}"))

    def pieces(self, name: str, verdict: str, facts: Mapping[str, Any]) -> list[Piece]:
        """Return the parts of a section with the facts filled in.

        Raises
        ------
        ConfigError
            If it names a fact that is not given.
        """
        section = self.section(name, verdict)
        try:
            return [self._filled(piece, facts) for piece in _pieces(section.source)]
        except TemplateError as error:
            raise ConfigError(f"{self.text.language}/{self.page}.md [{section.key}]: {error}") from None

    def sentence(self, name: str, verdict: str, facts: Mapping[str, Any]) -> Written:
        """Return a section of paragraphs as one line of text."""
        return Written(" ".join(piece.body for piece in self.pieces(name, verdict, facts) if piece.body))

    def _filled(self, piece: Piece, facts: Mapping[str, Any]) -> Piece:
        def fill(source: str) -> Written:
            return Written(_template(self.text.language, self.text.currency, source).render(facts).strip())

        if piece.kind == "items":
            return Piece("items", [item for item in map(fill, piece.body) if item])
        return Piece(piece.kind, fill(piece.body), piece.name, fill(piece.title), fill(piece.measure))


@cache
def _pieces(source: str) -> tuple[Piece, ...]:
    """Turn Markdown into pieces of HTML that still hold their Jinja."""
    found: list[Piece] = []
    for block in re.split(r"\n\s*\n|\n(?=#|!\[|- )|(?<=\n)(?=## )", source):
        block = block.strip()
        if not block:
            continue
        if image := _IMAGE.fullmatch(block):
            kind, _, name = image["name"].rpartition(":")
            title, _, measure = (image["title"] or "").partition(" | ")
            found.append(Piece(kind or "chart", _inline(image["alt"]), name, _inline(title), _inline(measure)))
        elif block.startswith(("# ", "## ")):
            level, _, rest = block.partition(" ")
            heading, _, text = rest.partition("\n")
            found.append(Piece(f"h{len(level)}", _inline(heading)))
            if text.strip():
                found.append(Piece("text", _inline(text)))
        elif block.startswith("- "):
            item = _inline(block[2:])
            if found and found[-1].kind == "items":
                found[-1] = Piece("items", (*found[-1].body, item))
            else:
                found.append(Piece("items", (item,)))
        else:
            found.append(Piece("text", _inline(block)))
    return tuple(found)


def _inline(source: str) -> str:
    """Render inline Markdown (emphasis, links, code); Jinja passes through it untouched."""
    tags = _JINJA.findall(source)
    html = _markdown().renderInline(_JINJA.sub(_MARK, " ".join(source.split("\n"))))
    parts = html.split(_MARK)
    return "".join(part + tag for part, tag in zip(parts, [*tags, ""], strict=True))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "typographer": False})


@cache
def _template(language: Language, currency: str, source: str) -> Template:
    return _environment(language, currency).from_string(source)


@cache
def _environment(language: Language, currency: str) -> Environment:
    """Return Jinja with the forms of a language as filters; a fact that is missing is an error."""
    text = Text(language, currency)
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    environment.filters |= {
        "count": text.number,
        "number": text.number,
        "short": text.number_compact,
        "money": text.money,
        "money_short": text.money_compact,
        "percent": text.percent,
        "deviation": text.deviation,
        "date": text.date,
        "month": text.month,
        "list": text.listing,
        "plural": lambda n, one, many: one if int(n) == 1 else many,
    }
    return environment


def fill(source: str, text: Text, facts: Mapping[str, Any]) -> Written:
    """Return a short text with its values filled in.

    Examples
    --------
    >>> str(fill("No order in {{ days | count }} days", Text("en", "EUR"), {"days": 1200}))
    'No order in 1,200 days'
    """
    return Written(_template(text.language, text.currency, source).render(facts))
