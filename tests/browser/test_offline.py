"""A page is one file: it asks nobody for anything and has nothing to complain of."""

from __future__ import annotations

from itertools import product

from tests.browser.opened import SCHEMES, WIDTHS, Opened


def test_a_page_asks_for_nothing_but_itself_and_complains_of_nothing(page: Opened):
    for width, scheme in product(WIDTHS, SCHEMES):
        page.show(width, scheme)
    assert [address for address in page.requests if address != page.tab.url] == []
    assert page.complaints == []
