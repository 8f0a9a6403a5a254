"""Whatever the screen, a page fits it and every word of it can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser.opened import WIDTHS, Opened

DOES_NOT_FIT = (Path(__file__).parent / "layout.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_word_fits_where_it_stands(page: Opened, width):
    page.show(width, "light")
    assert page.tab.evaluate(DOES_NOT_FIT) == []
