"""A page in a tab, with what it asked for and what it complained of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from playwright.sync_api import Browser, Page

from clv.suite.graph import NOTEBOOKS

Scheme = Literal["light", "dark"]

LANGUAGES = ("en", "es")
WIDTHS = (360, 768, 1280)  # px: phone, tablet, laptop
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HEIGHT = 900


class PageName(NamedTuple):
    """A page of a report: its language and its file."""

    language: str
    file: str

    def __str__(self) -> str:
        return f"{self.language}-{PurePosixPath(self.file).stem}"

    @property
    def of_analysts(self) -> bool:
        return self.file.endswith("_analyst.html")


def page_names() -> list[PageName]:
    """Return every page of the suite, those of readers first."""
    files = [notebook.page for notebook in NOTEBOOKS]
    files += [f"{PurePosixPath(file).stem}_analyst.html" for file in files]
    return [PageName(language, file) for language in LANGUAGES for file in files]


@dataclass
class Opened:
    """A page in a tab.

    Attributes
    ----------
    tab : Page
        To click and to measure.
    requests : list of str
        Addresses that it asked for, its own among them; pictures inside it are not asked for.
    complaints : list of str
        Errors and warnings of the console, and exceptions that nobody caught.
    """

    tab: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def show(self, width: int, scheme: Scheme) -> None:
        """Show the page on a screen of this width, in light or dark colours."""
        self.tab.set_viewport_size({"width": width, "height": HEIGHT})
        self.tab.emulate_media(color_scheme=scheme)

    def unfold(self) -> None:
        """Open all that is folded, so that it is looked at too."""
        self.tab.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true; })")


@contextmanager
def opened(browser: Browser, file: Path) -> Iterator[Opened]:
    """Open a file in a tab of its own, listening from before its first byte."""
    with browser.new_context(viewport={"width": 1280, "height": HEIGHT}) as context:
        page = Opened(context.new_page())
        page.tab.on("request", lambda request: page.requests.append(request.url))
        page.tab.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.tab.on("console", lambda message: _hear(page, message.type, message.text))
        page.tab.goto(file.as_uri())
        yield page


def _hear(page: Opened, kind: str, words: str) -> None:
    if kind in {"error", "warning"}:
        page.complaints.append(f"{kind}: {words}")
