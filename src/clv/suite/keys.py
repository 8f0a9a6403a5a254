"""One key per notebook: while it holds, what the notebook wrote and showed is what it would write and show now.

The key is made of the notebook's code, its parameters, the keys of the artefacts that it reads, the data and settings,
and the code of this package that it uses. Prose is not in it: pages take it from the notebook as it is. Beside each
artefact lies the key that it was made under. The same key decides in a run, on ``--resume`` and by hand.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import nbformat

from clv.config import Config
from clv.suite import graph
from clv.suite.code import COUNTED, SHELL, imports_of, key_of, libraries, resource_key, used_modules
from clv.suite.graph import NOTEBOOKS, Notebook, writer_of
from clv.suite.workspace import Context, has_artefact, stamp_of

PAGES = ("clv.suite.publish",)  # what renders and exports
NOT_OF_RESULTS = {"notebooks", "notebook_minutes"}  # parameters count for their own notebook, time limits for none


def notebook_keys(context: Context, config: Config | None = None) -> dict[str, str]:
    """Return the key of every notebook of the suite, by its slug.

    Parameters
    ----------
    context
        Of the run whose data are read.
    config
        Settings to ask for instead of those of the run; paths as they travel.
    """
    settings = config or context.config
    common = (
        settings.model_dump_json(exclude=NOT_OF_RESULTS),
        context.source_sha256,
        context.code_sha256,
        _day_that_counts(context),
    )
    keys: dict[str, str] = {}
    for notebook in NOTEBOOKS:  # in an order in which what is read was written before
        inputs = sorted(f"{artefact} {keys[writer_of(artefact).slug]}" for artefact in notebook.reads)
        given = json.dumps(settings.notebooks.get(notebook.slug, {}), sort_keys=True)
        keys[notebook.slug] = _sha256(notebook.slug, *_source(notebook), given, *common, *inputs)
    return keys


def pages_key() -> str:
    """Return the key of all pages: the code that renders and exports, its templates, and the prose of notebooks."""
    modules = used_modules(PAGES, machinery=True)
    prose = [_cells(notebook, "markdown") for notebook in NOTEBOOKS]
    tags = [[cell.metadata.get("tags", []) for cell in _read(notebook).cells] for notebook in NOTEBOOKS]
    return _sha256(key_of(modules), resource_key(modules, ()), json.dumps([prose, tags]))


def holds(folder: Path, notebook: Notebook, key: str) -> bool:
    """Tell whether a folder holds all that a notebook writes, made under a key."""
    return all(has_artefact(folder, name) and _stamped(folder, name) == key for name in notebook.writes)


def stamp(folder: Path, artefacts: Iterable[str], key: str) -> None:
    """Write beside artefacts the key that they were made under."""
    for name in artefacts:
        stamp_of(folder, name).write_text(key, encoding="ascii")


def awaits_a_day(context: Context) -> bool:
    """Tell whether rows lay in the future when the data were read, so that the same data say more on a later day."""
    reasons = [
        *context.intake.reasons,
        *(r for table in context.tables for r in (*table.reasons, *table.values_set_aside)),
    ]
    return any("future" in reason for reason in reasons)


def _day_that_counts(context: Context) -> str:
    return context.created_at.astimezone(dt.UTC).date().isoformat() if awaits_a_day(context) else ""


def _stamped(folder: Path, artefact: str) -> str:
    try:
        return stamp_of(folder, artefact).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _source(notebook: Notebook) -> tuple[str, str, str]:
    """Return what decides on the results of a notebook: its code, the modules it uses, the words and libraries."""
    cells = _cells(notebook, "code")
    imported = [name for cell in cells for name in imports_of(cell)]
    modules = used_modules([*imported, *COUNTED])
    others = {other.slug for other in NOTEBOOKS} - {notebook.slug}
    words = resource_key(modules, {*others, SHELL})
    return json.dumps(cells), key_of(modules), _sha256(words, libraries())


def _cells(notebook: Notebook, kind: str) -> list[str]:
    return [cell.source.rstrip() for cell in _read(notebook).cells if cell.cell_type == kind]


def _read(notebook: Notebook) -> nbformat.NotebookNode:
    content: nbformat.NotebookNode = nbformat.read(graph.notebook_folder() / f"{notebook.slug}.ipynb", as_version=4)
    return content


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
