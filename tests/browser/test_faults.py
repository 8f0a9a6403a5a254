"""What the tests of pages look for, planted: each of them finds it, on a page where it finds nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.browser.accessibility import barriers, barriers_of_the_screen, pale_words
from tests.browser.opened import Opened, opened
from tests.browser.sheets import almost_empty, headless, printed, repeated_totals
from tests.browser.test_contrast import SHORTEN
from tests.browser.test_layout import DOES_NOT_FIT
from tests.browser.test_navigation import broken

LONG_TABLE = (
    '<div class="table"><div class="scroll" tabindex="0"><table><thead><tr><th>Week</th><th>Orders</th></tr></thead>'
    + f"<tbody>{'<tr><th>1</th><td data-sort-value=1>1</td></tr>' * 100}</tbody>"
    + "<tfoot><tr><th>All</th><td>100</td></tr></tfoot></table></div></div>"
)


@pytest.fixture
def planted(browser, reports, tmp_path: Path):
    """Return a function that opens the page of portfolios with HTML or CSS added at the end of its body."""
    sound = (reports["en"] / "07_portfolios.html").read_text(encoding="utf-8")

    @contextmanager
    def plant(html: str, policy: bool = True) -> Iterator[Opened]:
        page = sound if policy else sound.replace("Content-Security-Policy", "X-Nothing")
        file = tmp_path / "07_portfolios.html"
        file.write_text(page.replace("</footer>", f"</footer>{html}", 1), encoding="utf-8")
        with opened(browser, file) as tab:
            tab.unfold()
            yield tab

    return plant


@pytest.mark.parametrize(
    ("html", "finding", "width"),
    [
        ("<style>.tile-value { white-space: nowrap; font-size: 9rem; }</style>", "sticks out: dd.tile-value", 360),
        ("<style>.tile dt { white-space: nowrap; overflow: hidden; width: 2rem; }</style>", "cut: dt", 360),
        ("<style>.lead { display: block; height: 1rem; overflow: hidden; }</style>", "cut: p.lead", 360),
        ('<div style="width: 2000px">wide</div>', "the page is 2000 px wide", 360),
        (
            "<style>td.number { display: block; width: 1rem; white-space: nowrap; }</style>",
            "sticks out: td.number",
            1280,
        ),
    ],
)
def test_what_does_not_fit_is_found(planted, html, finding, width):
    with planted(html) as page:
        page.show(width, "light")
        assert any(fault.startswith(finding) for fault in page.tab.evaluate(DOES_NOT_FIT))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pale_words_are_found_in_the_scheme_that_makes_them_pale(planted, scheme):
    pale = {"light": "#bbb", "dark": "#333"}[scheme]
    with planted(f"<style>@media (prefers-color-scheme: {scheme}) {{ .lead {{ color: {pale}; }} }}</style>") as page:
        page.tab.evaluate(SHORTEN)
        found = {}
        for shown in ("light", "dark"):
            page.show(1280, shown)
            found[shown] = [fault for fault in pale_words(page) if ".lead" in fault]
    assert len(found.pop(scheme)) == 1
    assert list(found.values()) == [[]]


def test_what_scrolls_but_takes_no_focus_is_found(planted):
    scroller = '<div style="overflow-x: auto; width: 5rem"><div style="width: 9rem">cannot be reached</div></div>'
    with planted(scroller) as page:
        assert [fault.split(":")[0] for fault in barriers_of_the_screen(page)] == ["scrollable-region-focusable"]


def test_a_picture_without_words_is_found(planted):
    with planted('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">') as page:
        assert [fault.split(":")[0] for fault in barriers(page)] == ["image-alt"]


def test_a_picture_from_elsewhere_is_asked_for_or_complained_of(planted):
    picture = '<img alt="from elsewhere" src="http://127.0.0.1:9/logo.png">'
    with planted(picture, policy=False) as page:
        assert [address for address in page.requests if address != page.tab.url] == ["http://127.0.0.1:9/logo.png"]
    with planted(picture) as page:
        assert any("Content Security Policy" in words for words in page.complaints)


def test_errors_of_scripts_are_heard(planted):
    with planted("<script>console.error('not well')</script>", policy=False) as page:
        assert page.complaints == ["error: not well"]
    with planted("<script>nobody.home()</script>", policy=False) as page:
        assert page.complaints == ["nobody is not defined"]


def test_links_that_lead_nowhere_are_found(planted):
    with planted('<a href="nowhere.html">x</a><a href="#nobody">y</a><a href="#content">z</a>') as page:
        lost = {link.rsplit("/", 1)[-1] for link in broken(page)}
    assert {"nowhere.html", "07_portfolios.html#nobody"} <= lost
    assert "07_portfolios.html#content" not in lost


def test_sheets_without_heads_with_repeated_totals_or_next_to_nothing_are_found(planted):
    with planted(LONG_TABLE) as page:
        sound = printed(page)
    assert (headless(sound), repeated_totals(sound)) == ([], [])
    with planted(f"{LONG_TABLE}<style>thead {{ display: table-row-group !important; }}</style>") as page:
        assert headless(printed(page))
    with planted(f"{LONG_TABLE}<style>tfoot {{ display: table-footer-group !important; }}</style>") as page:
        assert repeated_totals(printed(page))
    with planted('<p style="break-before: page">alone</p>') as page:
        assert any("filled to" in fault for fault in almost_empty(printed(page)))
