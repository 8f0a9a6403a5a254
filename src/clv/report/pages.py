"""A page in the making: a notebook hands over claims, charts and frames, and the words say them.

Each method returns a block that Jupyter shows when it is the last value of a cell.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
from matplotlib.figure import Figure

from clv.checks.claim import ALWAYS, Claim
from clv.errors import ConfigError
from clv.report import blocks, columns
from clv.report.blocks import Block, Tile
from clv.report.figures import figure
from clv.report.tables import Table, table
from clv.report.text import Text
from clv.report.written import FOLDER, Piece, Words

SAID: Final = "CLV_WORDS_SAID"
"""Variable that names a file for the sections that were said, so that tests know which words nobody has read."""
MOST_ROWS: Final = 200  # of a table, unless told otherwise: about 150 kB; files beside it hold all


class Page:
    """The page of one notebook.

    Parameters
    ----------
    slug
        Name of the notebook, and of its words.
    text
        Language, currency and forms.
    measure
        ``money`` or ``orders``.
    facts
        What any sentence of the page may name: as_of, horizon_days, window_days and the like.
    """

    def __init__(
        self,
        slug: str,
        text: Text,
        measure: str = "money",
        facts: Mapping[str, Any] | None = None,
        words: Path = FOLDER,
    ) -> None:
        self.slug, self.text, self.measure = slug, text, measure
        self.facts: dict[str, Any] = dict(facts or {})
        self.words = Words(slug, text, measure, words)

    def label(self, name: str) -> str:
        """Return what readers call a column."""
        return columns.label(name, self.text, self.facts)

    def labels(self, *names: str) -> dict[str, str]:
        """Return columns with what readers call them, for the series of a chart."""
        return {name: self.label(name) for name in names}

    def word(self, column: str, code: str) -> str:
        """Return what readers call a code, as the vocabulary of columns has it; one that it lacks stays as it is."""
        return columns.entry(column).codes.get(code, {}).get(self.text.language, code)

    def opening(
        self, title: Claim, tiles: Sequence[Claim], badge: Sequence[Claim], also: Sequence[Claim] = ()
    ) -> Block:
        """Open the page: question and answer, that there are no amounts, key figures, and how sure all of it is.

        Parameters
        ----------
        title
            Its section holds the question as a first-level heading, and the answer.
        tiles
            See `tiles`; may be empty.
        badge
            See `badge`; may be empty.
        also
            Claims whose sentences belong to the answer.
        """
        (question, *answer) = self._pieces(title)
        answers = [_sentence(answer), *(self._sentence(one) for one in also)]
        parts = [blocks.page_title(question.body, _join(answers))]
        if self.measure != "money":
            parts.append(self.notice(Claim("notice", "no_amounts")))
        parts += [*([self.tiles(*tiles)] if tiles else []), *([self.badge(*badge)] if badge else [])]
        return blocks.together(parts)

    def tiles(self, *claims: Claim) -> Block:
        """Show key figures: each item of the sections is ``label | value | note | tone``, the last two if any."""
        return blocks.tiles(*(_tile(item) for claim in claims for item in self._items(claim)))

    def badge(self, claim: Claim, *more: Claim) -> Block:
        """Say how far the numbers can be trusted; the verdict of the first claim is the level."""
        sentences = [self._sentence(one) for one in (claim, *more)]
        return blocks.confidence(claim.verdict, _join(sentences), self.text)  # type: ignore[arg-type]

    def notice(self, claim: Claim) -> Block:
        """Show what must not be overlooked."""
        return blocks.notice(self._sentence(claim))

    def claim(
        self,
        claim: Claim,
        *,
        charts: Mapping[str, Figure] | None = None,
        tables: Mapping[str, pd.DataFrame] | None = None,
        also: Sequence[Claim] = (),
        limit: int | None = MOST_ROWS,
    ) -> Block:
        """Say a claim, with the charts and tables where its words place them.

        Parameters
        ----------
        claim
            Its section begins with the heading; links of other pages find it by its name, ``07_portfolios.html#calls``.
        charts, tables
            By the names in the words; each chart has a table of its name, which lies folded under it.
        also
            Claims that follow under the same heading: their sentences, charts and tables.
        limit
            Rows shown of each table; None shows all.

        Raises
        ------
        ConfigError
            If the words show what is not given, or leave out what is.
        """
        charts, tables = dict(charts or {}), dict(tables or {})
        pieces = [piece for one in (claim, *also) for piece in self._pieces(one)]
        _require_all(f"{self.text.language}/{self.slug}.md [{claim.name}: {claim.verdict}]", pieces, charts, tables)
        heading = next((piece.body for piece in pieces if piece.kind == "h2"), None)
        texts = [piece.body for piece in pieces if piece.kind == "text"]
        shown = [self._shown(piece, charts, tables, limit) for piece in pieces if piece.kind in {"chart", "table"}]
        said = (
            [blocks.finding(heading, *texts, anchor=claim.name)]
            if heading is not None
            else [blocks.prose(*texts)]
            if texts
            else []
        )
        return blocks.together([*said, *shown])

    def actions(self, *claims: Claim) -> Block:
        """Say what to do, most valuable first; the heading stands under ``[actions: always]``."""
        heading = self.words.sentence("actions", ALWAYS, self.facts)
        self._note()
        return blocks.actions(heading, [self._sentence(claim) for claim in claims])

    def terms(self, *verdicts: str) -> Block:
        """Explain the words of the page: items ``term | meaning`` of ``[terms: …]``, always and under the verdicts."""
        items = [item for verdict in (ALWAYS, *verdicts) for item in self._items(Claim("terms", verdict))]
        return blocks.definitions(dict(_parts(item, 2) for item in items), self.text)

    def _pieces(self, claim: Claim) -> list[Piece]:
        pieces = self.words.pieces(claim.name, claim.verdict, {**self.facts, "n": claim.n, **claim.facts})
        self._note()
        return pieces

    def _items(self, claim: Claim) -> list[str]:
        return [item for piece in self._pieces(claim) if piece.kind == "items" for item in piece.body]

    def _sentence(self, claim: Claim) -> str:
        return _sentence(self._pieces(claim))

    def _shown(
        self, piece: Piece, charts: Mapping[str, Figure], tables: Mapping[str, pd.DataFrame], limit: int | None
    ) -> Block:
        if piece.kind == "table":
            return self._table(piece.name, tables[piece.name], piece.body, limit)
        behind = self._table(piece.name, tables[piece.name], piece.title, None)
        alt = blocks.bare(blocks.Written(piece.body))
        return figure(charts[piece.name], piece.title, piece.measure, alt, self.text, behind)

    def _table(self, name: str, frame: pd.DataFrame, caption: str, limit: int | None) -> Table:
        named = [columns.column(str(column), self.text, self.facts) for column in frame.columns]
        return table(columns.in_words(frame, self.text), named, caption, self.text, limit, name)

    def _note(self) -> None:
        """Tell a test which section has been said last."""
        if file := os.environ.get(SAID):
            with Path(file).open("a", encoding="utf-8") as out:
                out.write(f"{self.text.language}/{self.slug} [{self.words.said[-1]}]\n")


def _require_all(
    where: str, pieces: Sequence[Piece], charts: Mapping[str, Figure], tables: Mapping[str, pd.DataFrame]
) -> None:
    shown = {(piece.kind, piece.name) for piece in pieces if piece.kind in {"chart", "table"}}
    given = {("chart", name) for name in charts} | {("table", name) for name in tables if name not in charts}
    if shown != given:
        kind, name = min(shown ^ given)
        fault = "is shown but not given" if (kind, name) in shown else "is given but not shown"
        raise ConfigError(f"{where}: {kind} {name!r} {fault}")
    if unproved := sorted(charts.keys() - tables.keys()):
        raise ConfigError(f"{where}: chart {unproved[0]!r} has no table of its numbers; give one of the same name")


def _sentence(pieces: Sequence[Piece]) -> str:
    return _join([piece.body for piece in pieces if piece.kind == "text"])


def _join(sentences: Sequence[str]) -> str:
    return blocks.Written(" ".join(sentence for sentence in sentences if sentence))


def _tile(item: str) -> Tile:
    label, value, *rest = _parts(item, 4)
    note, tone = [*rest, "", ""][:2]
    return Tile(label, value, note, str(tone) or None)  # type: ignore[arg-type]


def _parts(item: str, most: int) -> list[str]:
    return [blocks.Written(part.strip()) for part in item.split(" | ", most - 1)]
