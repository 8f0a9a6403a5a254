"""The pages of one small company in two languages, opened in the Chromium of the system."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tests.browser.opened import Opened, PageName, opened, page_names
from tests.conftest import Run

NAMES = ("chromium", "chromium-browser", "google-chrome")  # of the program, by system


@pytest.fixture(scope="package")
def chromium() -> str:
    """Return where the browser of the system is; without one, nobody waits for the pages to be made."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("pages are looked at in a browser: install Chromium, e.g. apt-get install chromium")
    return found


@pytest.fixture(scope="package")
def browser(chromium: str, reports: dict[str, Path]) -> Iterator[Browser]:
    """Return one browser for all tests of this folder.

    It is closed before other folders are tested, since its loop would be theirs, and started after the runs that it
    shows for the same reason.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def reports(chromium: str, english: Run, spanish: Run) -> dict[str, Path]:
    """Return the folder of the published pages of each language."""
    return {"en": english.folder, "es": spanish.folder}


@pytest.fixture(scope="module", params=page_names(), ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, reports: dict[str, Path]) -> Iterator[Opened]:
    """Return a page of readers or analysts, opened, with all that can be unfolded open."""
    name: PageName = request.param
    with opened(browser, reports[name.language] / name.file) as page:
        page.unfold()
        yield page
