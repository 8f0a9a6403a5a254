"""Take over from another run what a notebook would compute again: its artefacts and its executed copy.

The copy is written anew from the notebook as it is now, with the results of the other: prose and comments may have
changed since, code has not, or the key would differ.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import nbformat

from clv.suite import graph
from clv.suite.execute import Executed
from clv.suite.graph import NOTEBOOKS, Notebook
from clv.suite.keys import holds, stamp
from clv.suite.languages import translations
from clv.suite.places import FAILED, PARTIAL, latest_run
from clv.suite.workspace import file_of


def sources(home: Path, resume: bool) -> list[Path]:
    """Return the folders that results may be taken from: the latest report, with `resume` unfinished runs before."""
    latest = latest_run(home)
    unfinished = [
        folder for place in (FAILED, PARTIAL) if (home / place).is_dir() for folder in (home / place).iterdir()
    ]
    newest_first = sorted(unfinished, key=lambda folder: folder.name, reverse=True) if resume else []
    return [*newest_first, *([latest] if latest is not None else [])]


def held(keys: Mapping[str, str], folders: Iterable[Path], notebooks: Iterable[Notebook]) -> dict[str, Path]:
    """Return for each notebook that need not run the first folder that holds what it would write, by slug."""
    folders = list(folders)
    found = {}
    for notebook in notebooks:
        for folder in folders:
            if holds(folder, notebook, keys[notebook.slug]) and _results(notebook, folder) is not None:
                found[notebook.slug] = folder
                break
    return found


def take_over(notebook: Notebook, source: Path, folder: Path, key: str) -> Executed:
    """Bring what a notebook wrote in another run into the folder of this one."""
    for name in notebook.writes:
        target = file_of(folder, name)
        target.parent.mkdir(exist_ok=True)
        _same_file(file_of(source, name), target)
    output = folder / "notebooks" / f"{notebook.slug}.ipynb"
    output.parent.mkdir(exist_ok=True)
    nbformat.write(_results(notebook, source), output)
    for other in translations(source, notebook.slug):
        target = output.parent / other.parent.name / output.name
        target.parent.mkdir(exist_ok=True)
        nbformat.write(_results(notebook, source, other), target)
    stamp(folder, notebook.writes, key)
    return Executed(notebook.slug, output, 0.0, taken_from=source.name)


def _results(notebook: Notebook, folder: Path, file: Path | None = None) -> nbformat.NotebookNode | None:
    """Return a notebook as it is now with the results of a run, None where the run holds no whole copy of its code."""
    try:
        executed = nbformat.read(file or folder / "notebooks" / f"{notebook.slug}.ipynb", as_version=4)
    except (OSError, ValueError):  # none, or cut off
        return None
    present: nbformat.NotebookNode = nbformat.read(graph.notebook_folder() / f"{notebook.slug}.ipynb", as_version=4)
    theirs = [
        cell
        for cell in executed.cells
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    ]
    ours = [cell for cell in present.cells if cell.cell_type == "code"]
    if [cell.source.rstrip() for cell in theirs] != [cell.source.rstrip() for cell in ours]:
        return None
    for mine, other in zip(ours, theirs, strict=True):
        mine.outputs, mine.execution_count = other.outputs, other.execution_count
    return present


def _same_file(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # no room for large tables of every run; nobody writes to a file of a run
    except OSError:
        shutil.copyfile(source, target)


def order_of(wanted: Notebook) -> list[Notebook]:
    """Return a notebook after all that it reads from, in the order of the suite."""
    needed, waiting = set(), [wanted.slug]
    by_slug = {notebook.slug: notebook for notebook in NOTEBOOKS}
    while waiting:
        slug = waiting.pop()
        needed.add(slug)
        waiting += graph.upstream(by_slug[slug]) - needed
    return [notebook for notebook in NOTEBOOKS if notebook.slug in needed]
