"""A page on paper: no rows without the heading of their table, totals below the last, no sheet for a line or two."""

from __future__ import annotations

import pytest
from tests.browser.opened import PageName, opened, page_names
from tests.browser.sheets import almost_empty, headless, printed, repeated_totals


@pytest.mark.parametrize("name", page_names(), ids=str)
def test_a_printed_page_names_the_columns_on_each_sheet_and_wastes_none(browser, reports, name: PageName):
    with opened(browser, reports[name.language] / name.file) as page:
        sheets = printed(page)
    assert headless(sheets) == []
    assert repeated_totals(sheets) == []
    assert almost_empty(sheets) == []
