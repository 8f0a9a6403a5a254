"""From an executed notebook to the content of a page: what to keep, made harmless, with anchors and an outline."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from clv.errors import NotebookError
from clv.report.harmless import harmless

TEMPLATES = Path(__file__).parent / "templates"

HIDDEN_TAGS = frozenset({"analyst", "parameters", "injected-parameters", "checks"})

_SHOWN_TYPES = ("text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg")  # first found, first shown
_HEADINGS = ["h1", "h2", "h3", "h4"]
_UNDESCRIBED = "No description has been provided for this image"  # what nbconvert writes for lack of a text


Files = Mapping[str, Sequence[Markup]]
"""Links to the files beside the tables of a page, by the name of the table."""


@dataclass(frozen=True)
class Content:
    """The content of a page: its opening, the rest, and the anchors and words of its second-level headings."""

    opening: str
    body: str
    outline: tuple[tuple[str, str], ...]


def stakeholder_content(notebook: NotebookNode, title: str, files: Files | None = None) -> Content:
    """Return what stakeholders see of a notebook: its shown results and its untagged prose, never code.

    Parameters
    ----------
    notebook, title
        As executed, and what the navigation calls its page.
    files
        What lies beside each table of the page, by the name of the table.

    Raises
    ------
    NotebookError
        If a cell failed, or shows an image that nobody described.
    """
    soup = _soup(_only_results(notebook), exclude_input=True)
    for image in soup.find_all("img"):
        if str(image.get("alt") or _UNDESCRIBED).strip() in {"", _UNDESCRIBED}:
            raise NotebookError(f"{title}: an image has no description; show it with clv.report.figures.figure")
    for shown in soup.select("div[data-sheet]"):
        for part in (files or {}).get(str(shown["data-sheet"]), ()):
            shown.append(BeautifulSoup(part, "html.parser"))
    return _content(soup, title)


def analyst_content(notebook: NotebookNode, title: str) -> Content:
    """Return the whole notebook with its code, for those who check the work."""
    return _content(_soup(notebook, exclude_input=False), title)


def content_of(html: str, title: str) -> Content:
    """Return the content of a page that no notebook made, from blocks of our own."""
    return _content(BeautifulSoup(html, "html.parser"), title)


def _only_results(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without the cells and outputs that are not for stakeholders."""
    kept = deepcopy(notebook)
    kept.cells = [cell for cell in kept.cells if not HIDDEN_TAGS & set(cell.metadata.get("tags", []))]
    for cell in kept.cells:
        if cell.cell_type == "code":
            cell.outputs = list(_shown(cell))
    return kept


def _shown(cell: NotebookNode) -> Iterator[NotebookNode]:
    """Yield the outputs that are meant to be seen, each in its best form only; streams and reprs are not."""
    for output in cell.outputs:
        if output.output_type == "error":
            raise NotebookError(f"a cell failed with {output.ename}: {output.evalue}; a failed notebook has no page")
        best = next((kind for kind in _SHOWN_TYPES if kind in output.get("data", {})), None)
        if best:
            output.data = {best: output.data[best]}
            yield output


def _soup(notebook: NotebookNode, exclude_input: bool) -> BeautifulSoup:
    """Return the cells as HTML that cannot act: no script, no handler, no address outside the page's folder."""
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="notebook",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=exclude_input,
        exclude_anchor_links=True,
        embed_images=True,
    )
    html, _resources = exporter.from_notebook_node(notebook)
    soup = BeautifulSoup(harmless(html), "html.parser")
    for link in soup.find_all("a", href=False):
        link.unwrap()
    return soup


def _content(soup: BeautifulSoup, title: str) -> Content:
    """Return the content with exactly one h1, unique anchors, and its outline."""
    _one_title(soup, title)
    _let_scroll(soup)
    _unique_ids(soup)
    outline = tuple((str(heading["id"]), heading.get_text(" ", strip=True)) for heading in soup.find_all("h2"))
    opening = soup.find("header", class_="page-title") or soup.find("h1")
    assert isinstance(opening, Tag)  # noqa: S101 - _one_title made one
    first = str(opening.extract())
    return Content(first, str(soup), outline)


def _one_title(soup: BeautifulSoup, title: str) -> None:
    """Make the h1 of the opening the only one, or the first; without any, the title of the page is it."""
    titles = soup.find_all("h1")
    kept = soup.select_one("header.page-title h1") or next(iter(titles), None)
    for further in titles:
        if kept is not None and further is not kept:
            _lower(further, kept)
    if not titles:
        heading = soup.new_tag("h1")
        heading.string = title
        soup.insert(0, heading)


def _lower(further: Tag, kept: Tag) -> None:
    """Make a further title a heading; where it only says again what the page is called, as notebooks do, it goes."""
    if further.get_text(" ", strip=True) == kept.get_text(" ", strip=True):
        further.decompose()
    else:
        further.name = "h2"


def _let_scroll(soup: BeautifulSoup) -> None:
    """Let tables that no block of ours holds scroll within the page, by touch and keyboard, not the page with them."""
    for table in soup.find_all("table"):
        if not table.find_parent(class_="scroll"):
            table.wrap(soup.new_tag("div", attrs={"class": "scroll", "tabindex": "0"}))


def _unique_ids(soup: BeautifulSoup) -> None:
    """Give each heading an anchor made from its words; keep every other id only where it is the first."""
    seen: set[str] = {"content"}
    for element in soup.find_all(True):
        if element.name in _HEADINGS:
            element["id"] = _unused(_slug(element.get_text(" ", strip=True)), seen)
        elif element.get("id") in seen:
            del element["id"]
        elif element.get("id"):
            seen.add(str(element["id"]))


def _slug(words: str) -> str:
    """Return words as an anchor.

    Examples
    --------
    >>> _slug("¿Cuánto valen los clientes? 20 %")
    'cuanto-valen-los-clientes-20'
    """
    letters = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:60].rstrip("-") or "section"


def _unused(anchor: str, seen: set[str]) -> str:
    """Return `anchor`, numbered if it is taken, and take it."""
    number, candidate = 1, anchor
    while candidate in seen:
        number += 1
        candidate = f"{anchor}-{number}"
    seen.add(candidate)
    return candidate
