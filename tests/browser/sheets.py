"""A page on paper: which sheets its tables reach, where their headings and totals stand, and how full each sheet is.

Words are found by marks that are written into the page before it is printed, one per table, into the words of its
heading, its rows and its total: what a heading says may well stand elsewhere on a sheet.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pypdfium2
from tests.browser.opened import Opened

_MARK = """() => [...document.querySelectorAll("table:has(thead)")].forEach((table, number) => {
  const write = (cell, words) => {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    const mark = document.createElement("span");
    mark.style.cssText = "font-size: 2px; letter-spacing: 0";
    mark.textContent = words;
    if (texts.nextNode()) texts.currentNode.after(mark);
    else cell.append(mark);
  };
  write(table.tHead.rows[0].cells[0], `qhead${number}q`);
  for (const row of table.tBodies[0].rows) write(row.cells[0], `qrow${number}q`);
  if (table.tFoot) write(table.tFoot.rows[0].cells[0], `qfoot${number}q`);
})"""
_DOTS_A_POINT = 0.5  # 72 dots an inch would be 1; half of it still shows every line of text
LEAST_FILLED = 0.22  # of the height of a sheet: the last may hold only where the figures come from, which takes 24 %
_INK = 250  # of 255: paler than that is paper


@dataclass(frozen=True)
class Sheet:
    """One sheet: its words, and the share of its height down to the last thing printed on it."""

    words: str
    filled: float


def printed(page: Opened) -> list[Sheet]:
    """Print a page as a reader would and return its sheets."""
    page.tab.evaluate(_MARK)
    document = pypdfium2.PdfDocument(page.tab.pdf(prefer_css_page_size=True, print_background=True))
    sheets = [_sheet(document[number]) for number in range(len(document))]
    document.close()
    return sheets


def headless(sheets: list[Sheet]) -> list[str]:
    """Return where rows of a table stand without its heading: the number of the sheet and that of the table."""
    return [
        f"sheet {place}, table {number}"
        for place, sheet in enumerate(sheets, start=1)
        for number in sorted(set(re.findall(r"qrow(\d+)q", sheet.words)))
        if f"qhead{number}q" not in sheet.words
    ]


def repeated_totals(sheets: list[Sheet]) -> list[str]:
    """Return the totals that stand on several sheets, below some of the rows that they add up."""
    totals = Counter(total for sheet in sheets for total in re.findall(r"qfoot\d+q", sheet.words))
    return [total for total, times in totals.items() if times > 1]


def almost_empty(sheets: list[Sheet]) -> list[str]:
    """Return the sheets that hold next to nothing."""
    return [
        f"sheet {place} of {len(sheets)} is filled to {sheet.filled:.0%}"
        for place, sheet in enumerate(sheets, start=1)
        if sheet.filled < LEAST_FILLED
    ]


def _sheet(page: pypdfium2.PdfPage) -> Sheet:
    words = page.get_textpage().get_text_range().replace("\r", "").replace("\n", "")
    picture = page.render(scale=_DOTS_A_POINT, grayscale=True).to_numpy()
    rows = np.flatnonzero((picture < _INK).any(axis=1))
    return Sheet(words, float(rows.max() + 1) / len(picture) if rows.size else 0.0)
