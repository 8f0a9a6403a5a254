"""A table sorted by a click holds the same rows in another order, and its total stays at its foot."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator
from tests.browser.opened import LANGUAGES, opened

from clv.suite.graph import NOTEBOOKS

SEEN = """(table, column) => {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  return {
    rows: rows.map((row) => row.textContent),
    foot: table.tFoot ? table.tFoot.textContent : "",
    keys: rows.map((row) => row.cells.item(column).dataset.sortValue),
    states: heads.map((head) => head.getAttribute("aria-sort")),
    of_numbers: heads[column].classList.contains("number"),
  };
}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", [notebook.page for notebook in NOTEBOOKS])
def test_sorting_keeps_rows_and_total(browser, reports, language, file):
    with opened(browser, reports[language] / file) as page:
        page.unfold()
        tables = page.tab.locator("div.table table:has(thead button)").all()
        for table in tables:
            check_sorting(table)
        assert page.complaints == []
    assert tables


def check_sorting(table: Locator) -> None:
    """Sort a table by its last column, both ways, then by its first."""
    last = table.locator("thead th").count() - 1
    before = table.evaluate(SEEN, last)
    for column in (last, last, 0):
        press(table, column)
        after = table.evaluate(SEEN, column)
        assert sorted(after["rows"]) == sorted(before["rows"])
        assert after["foot"] == before["foot"]
        assert [place for place, state in enumerate(after["states"]) if state] == [column]
        assert in_order(after, after["states"][column] == "descending")


def press(table: Locator, column: int) -> None:
    """Press the button of a heading from the keyboard."""
    button = table.locator("thead th").nth(column).locator("button")
    button.focus()
    table.page.keyboard.press("Enter")


def in_order(seen: dict[str, Any], falling: bool) -> bool:
    """Tell whether missing values stand last and numbers in order; the order of words is that of their language."""
    present = [key for key in seen["keys"] if key]
    if seen["keys"] != present + [""] * (len(seen["keys"]) - len(present)):
        return False
    numbers = [float(key) for key in present if seen["of_numbers"] and key.replace(".", "").lstrip("-").isdigit()]
    return numbers == sorted(numbers, reverse=falling)
