"""Files beside the tables of a page, from the same numbers as the page, and how the page leads to them."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup
from nbformat import NotebookNode

from clv.report.content import HIDDEN_TAGS
from clv.report.downloads import FOLDER, links, write_files
from clv.report.page import Page
from clv.report.sheets import sheets_of
from clv.report.text import Text


def files_beside(notebook: NotebookNode, page: Page, folder: Path, text: Text) -> dict[str, list[Markup]]:
    """Write what the tables of an executed notebook hold into the folder of its page; return the links to it."""
    found = {}
    for sheet in sheets_of(notebook, HIDDEN_TAGS):
        stem = f"{page.slug}_{sheet['name']}"
        written = write_files(sheet, folder / FOLDER, stem, text)
        found[sheet["name"]] = [links(sheet["title"], [f"{FOLDER}/{file.name}" for file in written], text)]
    return found
