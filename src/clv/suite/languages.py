"""Pages in several languages from one execution of a notebook.

What a notebook computes knows no language; what it shows does. Its shown cells therefore run once more for each further
language, at the end of the same notebook and in the same kernel, and its results are parted afterwards:
notebooks/01_customer_base.ipynb in the first language, notebooks/en/01_customer_base.ipynb in another.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Final, get_args

import nbformat
from nbformat import NotebookNode

from clv.config import Language
from clv.report.content import HIDDEN_TAGS

_TURN: Final = "clv_language"  # in the metadata of a cell: the language it shows once more


def in_turn(notebook: NotebookNode, languages: Sequence[Language]) -> NotebookNode:
    """Return a notebook that shows its results once more in each of some languages."""
    extended = deepcopy(notebook)
    for language in languages:
        extended.cells.append(_cell(f"from clv.suite.workspace import speak\nspeak({language!r})", language, "speak"))
        extended.cells += [
            _cell(cell.source, language, str(number))
            for number, cell in enumerate(notebook.cells)
            if cell.cell_type == "code" and not HIDDEN_TAGS & set(cell.metadata.get("tags", []))
        ]
    return extended


def part_languages(file: Path) -> None:
    """Part an executed notebook: the file keeps the first language, each other one goes to a folder of its own."""
    executed = nbformat.read(file, as_version=4)
    again = [cell for cell in executed.cells if _TURN in cell.metadata]
    if not again:
        return
    executed.cells = [cell for cell in executed.cells if _TURN not in cell.metadata]
    for language in dict.fromkeys(cell.metadata[_TURN] for cell in again):
        shown = iter([cell for cell in again if cell.metadata[_TURN] == language][1:])
        translated = deepcopy(executed)
        for cell in translated.cells:
            if cell.cell_type == "code" and not HIDDEN_TAGS & set(cell.metadata.get("tags", [])):
                cell.outputs = next(shown).outputs
        place = file.parent / language / file.name
        place.parent.mkdir(exist_ok=True)
        nbformat.write(translated, place)
    nbformat.write(executed, file)


def translations(folder: Path, slug: str) -> list[Path]:
    """Return the executed copies of a notebook in further languages that a run holds."""
    files = [folder / "notebooks" / language / f"{slug}.ipynb" for language in get_args(Language)]
    return [file for file in files if file.is_file()]


def _cell(source: str, language: Language, name: str) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source, id=f"{language}-{name}", metadata={_TURN: language})
    return cell
