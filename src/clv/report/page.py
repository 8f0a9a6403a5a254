"""One self-contained HTML page per notebook: it opens from a shared drive, fetches nothing and runs one own script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from clv.report.blocks import Block, together
from clv.report.content import TEMPLATES, Content, Files, analyst_content, content_of, stakeholder_content
from clv.report.decided import Row
from clv.report.text import Text

_SHORTEST_OUTLINE = 3  # findings; a page with fewer needs no table of contents


@dataclass(frozen=True)
class Page:
    """A page of the suite.

    Parameters
    ----------
    slug : str
        Short name, e.g. "02_current_value".
    title : str
        What the navigation calls it, already translated.
    file : str
        File name inside the published folder, e.g. "02_current_value.html".
    has_method : bool
        Whether a page with method and code lies beside it.
    """

    slug: str
    title: str
    file: str
    has_method: bool = True

    @property
    def analyst_file(self) -> str:
        """Name of the page with method and code: "02_current_value_analyst.html"."""
        return f"{PurePosixPath(self.file).stem}_analyst.html"


@dataclass(frozen=True)
class Elsewhere:
    """The same pages in another language: its code, its own name for itself, and the way to the folder they lie in."""

    language: str
    name: str
    way: str


@dataclass(frozen=True)
class Site:
    """What all pages of a run share.

    Parameters
    ----------
    title : str
        Name of the report, e.g. that of the company.
    pages : sequence of Page
        The suite in the order of its navigation.
    text : Text
        Language and currency.
    provenance : list of (str, str)
        Label and value, already translated and formatted: data as of, run id, rows, currency, horizon, versions.
        The first pair, the date of the data, also stands at the top of every page.
    decisions : sequence of Row
        What was decided while the data were read, at the foot of every page.
    simulated : bool
        Whether the data are invented; every page says so.
    stale_notice : str, optional
        A sentence for the top of every page when data are old or the run is partial.
    languages : sequence of Elsewhere
        Other languages of the pages; every page leads to itself in each.
    home : str, optional
        Address of the page of all reports.
    since : str, optional
        What has changed since the report before, for the first page.
    """

    title: str
    pages: tuple[Page, ...] | list[Page]
    text: Text
    provenance: list[tuple[str, str]] = field(default_factory=list)
    decisions: Sequence[Row] = ()
    simulated: bool = False
    stale_notice: str | None = None
    languages: Sequence[Elsewhere] = ()
    home: str | None = None
    since: str | None = None


def render_page(notebook: NotebookNode, page: Page, site: Site, files: Files | None = None) -> str:
    """Return the stakeholders' page of an executed notebook, with links to the files beside its tables.

    Cells tagged ``analyst``, ``parameters``, ``injected-parameters`` or ``checks`` are left out, and so are all code,
    printed lines and warnings.

    Raises
    ------
    NotebookError
        If a cell failed, or shows an image without a description.
    """
    return _shell(stakeholder_content(notebook, page.title, files), page, site, analyst=False)


def render_analyst_page(notebook: NotebookNode, page: Page, site: Site) -> str:
    """Return the same notebook complete, with method notes, diagnostics and code."""
    return _shell(analyst_content(notebook, page.title), page, site, analyst=True)


def render_blocks(blocks: Sequence[Block], page: Page, site: Site) -> str:
    """Return a page of blocks, without a notebook."""
    return _shell(content_of(str(together(blocks).html), page.title), page, site, analyst=False)


def _shell(content: Content, page: Page, site: Site, analyst: bool) -> str:
    """Return the content inside the shell that all pages share."""
    style, script = _asset("page.css"), _asset("page.js")
    if analyst:
        style += _colours_of_code()
    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            _=site.text,
            language=site.text.language,
            policy=_policy(script),
            page=page,
            site=site,
            analyst=analyst,
            opening=Markup(content.opening),  # noqa: S704 - from clv.report.content, which makes it harmless
            body=Markup(content.body),  # noqa: S704 - likewise
            outline=content.outline if len(content.outline) >= _SHORTEST_OUTLINE else (),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - our own file
        )
    )


def _colours_of_code() -> str:
    """Return the colours of code on paper and on light screens, and those on dark ones."""
    return _coloured("print, (prefers-color-scheme: light)", "default") + _coloured(
        "screen and (prefers-color-scheme: dark)", "github-dark"
    )


def _coloured(where: str, style: str) -> str:
    """Return a style of Pygments for some media; what lies behind the code is the page's own."""
    colours = HtmlFormatter(style=style).get_style_defs(".highlight")
    return f"@media {where} {{ {colours} .highlight {{ background: none }} }}"


def _policy(script: str) -> str:
    """Return the Content-Security-Policy under which only `script` runs and nothing is fetched."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


@cache
def _templates() -> Environment:
    settings: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, **settings)
