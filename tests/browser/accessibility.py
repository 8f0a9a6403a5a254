"""What axe finds on a page that keeps people from reading it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from tests.browser.opened import Opened

_GRAVE = {"serious", "critical"}
_CONTRAST = "color-contrast"
_OF_THE_SCREEN = ["scrollable-region-focusable", "target-size"]  # what a width changes besides the layout


def barriers(page: Opened) -> list[str]:
    """Return the serious and critical findings of axe but for colours."""
    return _findings(page, {"rules": {_CONTRAST: {"enabled": False}}})


def barriers_of_the_screen(page: Opened) -> list[str]:
    """Return those that depend on the width of the screen."""
    return _findings(page, {"runOnly": _OF_THE_SCREEN})


def pale_words(page: Opened) -> list[str]:
    """Return the words that do not stand out from what is behind them."""
    return _findings(page, {"runOnly": [_CONTRAST]})


def _findings(page: Opened, options: dict[str, Any]) -> list[str]:
    """Return each finding with its rule and the element that it concerns."""
    found = Axe().run(page.tab, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [
        f"{rule['id']}: {node['target'][0]} – {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found
        if rule["impact"] in _GRAVE
        for node in rule["nodes"]
    ]
