"""People who see nothing, or use no mouse, can read every page on every screen."""

from __future__ import annotations

import pytest
from tests.browser.accessibility import barriers, barriers_of_the_screen
from tests.browser.opened import WIDTHS, Opened


def test_nothing_keeps_anybody_from_reading(page: Opened):
    page.show(WIDTHS[0], "light")
    assert barriers(page) == []


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_nothing_does_so_on_wider_screens(page: Opened, width):
    page.show(width, "light")
    assert barriers_of_the_screen(page) == []
