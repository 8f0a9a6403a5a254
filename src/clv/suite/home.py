"""The page of a company's reports, reports/<name>/index.html: the latest, the history of runs, a way to each.

Further languages lie in folders of their own beside it, e.g. reports/<name>/en/index.html.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clv.config import Config
from clv.report.history import headlines, history_blocks
from clv.report.page import Page, Site, render_blocks
from clv.report.text import Text
from clv.suite.places import LATEST, write_synced
from clv.suite.site import elsewhere, folder_of, pages_of

INDEX: Final = "index.html"

Staged = list[tuple[Path, Path]]
"""Finished files and where they will stand."""


def stage_home(home: Path, entries: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> Staged:
    """Write the page of all reports, in every language of the latest, beside where it will stand.

    Parameters
    ----------
    home
        Folder of the company's reports.
    entries
        Of the history, the latest included.
    record
        ``run.json`` of the latest run.
    """
    config = Config.model_validate(record["config"], strict=False)
    runs, staged = headlines(entries), []
    for language in (config.language, *config.other_languages):
        way = f"{folder}/" if (folder := folder_of(language, config)) else ""
        text = Text(language, config.currency)
        page = Page("home", text("All reports"), INDEX, has_method=False)
        up = "../" if way else ""
        pages = [
            Page(one.slug, one.title, f"{up}{LATEST}/{way}{one.file}")
            for one in pages_of(text, set(record["notebooks"]))
        ]
        site = Site(config.title, pages, text, simulated=config.simulated, languages=elsewhere(language, config))
        (home / way).mkdir(exist_ok=True)
        part = home / f".{language}_{INDEX}.part"
        write_synced(part, render_blocks(history_blocks(runs, config.title, text, way), page, site))
        staged.append((part, home / way / INDEX))
    return staged


def show(staged: Staged) -> None:
    """Put finished files in their place."""
    for part, place in staged:
        os.replace(part, place)
