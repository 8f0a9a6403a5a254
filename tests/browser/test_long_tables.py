"""Long tables are searched and turned over leaf by leaf; their files and the other language are a click away."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from tests.browser.opened import Opened

SHOWN = "(body) => [...body.rows].filter((row) => row.checkVisibility()).length"
PAGED = "div.table:has(.leaves)"


def first(page: Opened, what: str):
    """Return the first such element; a page that has none has nothing to try."""
    found = page.tab.locator(what)
    if not found.count():
        pytest.skip(f"this page has no {what}")
    return found.first


def test_leaves_hold_each_row_once(page: Opened):
    table = first(page, PAGED)
    back, on = table.locator(".leaves button").all()
    n_rows = table.locator("tbody tr").count()
    seen = table.locator("tbody").evaluate(SHOWN)
    assert back.is_disabled()
    while on.is_enabled():
        on.press("Enter")
        seen += table.locator("tbody").evaluate(SHOWN)
    assert seen == n_rows


def test_a_filter_leaves_the_rows_that_hold_its_words(page: Opened):
    table = first(page, "div.table:has(input[type=search])")
    wanted = table.locator("tbody tr").nth(3).locator("th").inner_text()
    table.locator("input[type=search]").fill(wanted.upper())
    rows = [row.inner_text() for row in table.locator("tbody tr:visible").all()]
    assert rows
    assert all(wanted.lower() in row.lower() for row in rows)
    table.locator("input[type=search]").fill("no row says this")
    assert table.locator("tbody").evaluate(SHOWN) == 0
    table.locator("input[type=search]").fill("")
    assert table.locator("tbody").evaluate(SHOWN) > 0


def test_files_beside_a_table_exist_and_hold_something(page: Opened):
    first(page, ".downloads a[download]")
    for link in page.tab.locator(".downloads a[download]").all():
        file = Path(unquote(urlsplit(link.evaluate("(link) => link.href")).path))
        assert file.stat().st_size > 0


def test_the_other_language_shows_the_same_page(page: Opened):
    link = first(page, ".language a[hreflang]")
    there = Path(unquote(urlsplit(link.evaluate("(link) => link.href")).path))
    assert there.name == Path(urlsplit(page.tab.url).path).name
    language = link.get_attribute("hreflang")
    assert f'<html lang="{language}"' in there.read_text(encoding="utf-8")
