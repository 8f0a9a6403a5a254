"""The pages of one small company in two languages, opened in the Chromium of the system."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser.opened import Opened, PageName, opened, page_names
from tests.conftest import Run

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="package")
def browser(english: Run, spanish: Run) -> Iterator[Browser]:
    """Return one browser for all tests of this folder.

    It is closed before other folders are tested, since its loop would be theirs, and started after the runs that it
    shows for the same reason.
    """
    if CHROMIUM is None:
        pytest.skip("the pages need a browser to be looked at: install Chromium, e.g. apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def reports(english: Run, spanish: Run) -> dict[str, Path]:
    """Return the folder of the published pages of each language."""
    return {"en": english.folder, "es": spanish.folder}


@pytest.fixture(scope="module", params=page_names(), ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, reports: dict[str, Path]) -> Iterator[Opened]:
    """Return a page of readers or analysts, opened, with all that can be unfolded open."""
    name: PageName = request.param
    with opened(browser, reports[name.language] / name.file) as page:
        page.unfold()
        yield page
