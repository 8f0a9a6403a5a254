"""From every page a reader reaches every other one, and no link leads nowhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page
from tests.browser.opened import LANGUAGES, Opened, opened

from clv.suite.graph import NOTEBOOKS

LINKS = "[...document.querySelectorAll('a[href]')].map((link) => link.href)"


@pytest.fixture(scope="module", params=LANGUAGES)
def first_page(request, browser, reports):
    with opened(browser, reports[request.param] / "index.html") as page:
        yield page


def current(tab: Page) -> str:
    """Return the file of the open page, which must be the one that the navigation marks."""
    file = urlsplit(tab.url).path.rsplit("/", 1)[-1]
    assert tab.locator("nav.suite [aria-current=page]").get_attribute("href") == file
    return file


def test_the_navigation_leads_through_all_pages_and_back(first_page: Opened):
    tab, visited = first_page.tab, []
    for place in range(tab.locator("nav.suite a").count()):
        tab.locator("nav.suite a").nth(place).click()
        visited.append(current(tab))
    assert sorted(visited) == sorted(notebook.page for notebook in NOTEBOOKS)
    tab.go_back()
    assert current(tab) == visited[-2]
    assert first_page.complaints == []


def test_method_and_code_are_one_click_away_and_so_is_the_way_back(first_page: Opened):
    tab = first_page.tab
    tab.locator("nav.suite a").nth(1).click()
    page = current(tab)
    tab.locator("footer a[href$='_analyst.html']").click()
    assert tab.locator("nav.suite [aria-current]").count() == 0
    assert tab.locator(".code").count() > 0
    tab.locator(".kicker a").click()
    assert current(tab) == page


def test_whoever_uses_the_keyboard_can_skip_the_navigation(first_page: Opened):
    tab = first_page.tab
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "content"


def test_every_link_of_a_page_leads_somewhere(page: Opened):
    assert broken(page) == []


def broken(page: Opened) -> list[str]:
    """Return the links to files that do not exist and to places that their page lacks."""
    return [link for link in sorted(set(page.tab.evaluate(LINKS))) if not leads_somewhere(link)]


def leads_somewhere(link: str) -> bool:
    """Tell whether a link is to a file of the report and, where it names one, to a place in it."""
    to = urlsplit(link)
    file = Path(unquote(to.path))
    if to.scheme != "file" or not file.exists():
        return False
    return not to.fragment or f'id="{to.fragment}"' in file.read_text(encoding="utf-8")
