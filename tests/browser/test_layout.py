"""Whatever the screen, a page fits it and every word of it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.opened import WIDTHS, Opened

DOES_NOT_FIT = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")


SCROLLERS = """() => [...document.querySelectorAll(".scroll")]
  .filter((region) => region.scrollWidth > region.clientWidth + 1)
  .map((region) => `${region.querySelector("table")?.className}: ${region.textContent.trim().slice(0, 50)}`)"""


@pytest.mark.parametrize("width", WIDTHS)
def test_every_word_fits_where_it_stands(page: Opened, width):
    page.show(width, "light")
    assert page.tab.evaluate(DOES_NOT_FIT) == []


def test_a_phone_shows_rows_of_words_without_scrolling_sideways(page: Opened):
    page.show(360, "light")
    assert [region for region in page.tab.evaluate(SCROLLERS) if region.startswith("wordy")] == []


def test_a_laptop_shows_the_tables_of_readers_whole(page: Opened):
    if page.tab.url.endswith("_analyst.html"):
        pytest.skip("frames of analysts may have any number of columns")
    page.show(1280, "light")
    assert page.tab.evaluate(SCROLLERS) == []
