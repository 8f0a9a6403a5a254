"""Words stand out from what is behind them, by day and by night.

Rows of one table share their colours, and so do blocks of code: the first two stand for all. Whole pages would take
axe minutes.
"""

from __future__ import annotations

import pytest
from tests.browser.accessibility import pale_words
from tests.browser.opened import SCHEMES, WIDTHS, Opened

SHORTEN = """() => {
  const drop = (elements) => elements.slice(2).forEach((element) => element.remove());
  for (const body of document.querySelectorAll("tbody")) drop([...body.rows]);
  drop([...document.querySelectorAll(".code")]);
}"""


@pytest.fixture(scope="module")
def short_page(page: Opened) -> Opened:
    page.tab.evaluate(SHORTEN)
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_words_stand_out(short_page: Opened, width, scheme):
    short_page.show(width, scheme)
    assert pale_words(short_page) == []
