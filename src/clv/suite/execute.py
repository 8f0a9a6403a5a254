"""Execute notebooks with papermill: one, or the whole suite as a graph with as many kernels as cores.

What papermill reports is not trusted alone: a notebook has succeeded when every code cell completed and every
artefact that the graph promises lies in the run.
"""

from __future__ import annotations

import ast
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from clv import errors
from clv.config import Config
from clv.errors import ClvError, ConfigError, NotebookError
from clv.suite.graph import NOTEBOOKS, Notebook, notebook_folder, upstream
from clv.suite.kernels import OwnKernelManager, kernel_folder, kernel_sockets
from clv.suite.workspace import Workspace

CELL_TIMEOUT_SECONDS = 900
KERNEL_PATIENCE_SECONDS = 300  # to start and to hand over outputs: busy machines are slow, dead kernels noticed at once
OWN_PARAMETERS = ("config_path", "run_dir")  # set by the run itself, never by a config

Progress = Callable[[str, str], None]
"""Called with a notebook's slug and what happened to it."""


@dataclass(frozen=True)
class Executed:
    """A notebook that ran: where its copy with outputs lies and how long it took, in seconds."""

    slug: str
    file: Path
    seconds: float


def check_parameters(config: Config) -> None:
    """Refuse parameters that no notebook has, or of another type than the notebook's own, before anything runs.

    Raises
    ------
    ConfigError
        One line with every fault.
    """
    known = {notebook.slug: declared_parameters(notebook) for notebook in NOTEBOOKS}
    faults = []
    for slug, given in config.notebooks.items():
        if slug not in known:
            faults.append(f"notebooks.{slug}: no such notebook; the suite has {', '.join(known)}")
            continue
        own = {name: value for name, value in known[slug].items() if name not in OWN_PARAMETERS}
        for name, value in given.items():
            if name not in own:
                faults.append(f"notebooks.{slug}.{name}: no such parameter; it has {', '.join(own) or 'none'}")
            elif not _same_kind(value, own[name]):
                kind = type(own[name]).__name__
                faults.append(f"notebooks.{slug}.{name} = {value!r}: must be {kind}, as its default {own[name]!r}")
    if faults:
        raise ConfigError("; ".join(faults))


def _same_kind(value: object, default: object) -> bool:
    if isinstance(default, float) and not isinstance(value, bool):
        return isinstance(value, int | float)
    return type(value) is type(default)


def declared_parameters(notebook: Notebook) -> dict[str, Any]:
    """Return the parameters that a notebook declares, with their defaults."""
    found = papermill.inspect_notebook(str(notebook_folder() / f"{notebook.slug}.ipynb"))
    return {name: ast.literal_eval(parameter["default"]) for name, parameter in found.items()}


def execute_suite(workspace: Workspace, progress: Progress) -> list[Executed]:
    """Execute every notebook after those it reads from, as many at once as there are cores.

    A failure stops only what depends on it: all else still runs, so that neither time nor the number of cores decides
    which failures come to light. A failed run takes longer for it, though never longer than a whole one.

    Raises
    ------
    ClvError
        When notebooks fail, one of their errors: what the data or the config cannot carry before the fault of a
        notebook, and among equals that of the first notebook in the order of the graph.
    """
    waiting, done, failed = list(NOTEBOOKS), dict[str, Executed](), dict[str, ClvError]()
    running: dict[Future[Executed], Notebook] = {}
    with _threads() as pool:
        while (ready := [n for n in waiting if upstream(n) <= done.keys()]) or running:
            for notebook in ready:
                waiting.remove(notebook)
                progress(notebook.slug, "started")
                running[pool.submit(execute_notebook, notebook, workspace)] = notebook
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                notebook = running.pop(future)
                try:
                    done[notebook.slug] = future.result()
                    progress(notebook.slug, f"done in {done[notebook.slug].seconds:.1f} s")
                except ClvError as error:
                    progress(notebook.slug, "failed")
                    failed[notebook.slug] = error
    if failed:
        raise _told(failed)
    return [done[notebook.slug] for notebook in NOTEBOOKS]


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Offer a thread for each core, to wait for a kernel that keeps the core busy."""
    os.environ["CLV_ENGINE_THREADS"] = "1"  # the kernels share the cores
    pool = ThreadPoolExecutor(max(1, os.cpu_count() or 1), thread_name_prefix="notebook")
    try:
        with without_warnings():
            yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # an interruption does not wait for kernels


def _told(failed: dict[str, ClvError]) -> ClvError:
    """Choose the error to tell; a notebook may fail for what another says of the data, so that is told first."""
    in_order = [failed[notebook.slug] for notebook in NOTEBOOKS if notebook.slug in failed]
    return min(in_order, key=lambda error: isinstance(error, NotebookError))  # the first among equals


@contextmanager
def without_warnings() -> Iterator[None]:
    """Ignore the warnings of papermill's own dependencies; those of a notebook go to its stderr.

    Filters belong to the process: whoever runs notebooks in several threads opens this once around them all, for
    threads that change filters by themselves undo each other's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def execute_notebook(notebook: Notebook, workspace: Workspace) -> Executed:
    """Execute one notebook in a kernel of its own; its copy with outputs goes to the run's folder.

    Raises
    ------
    NotebookError
        Naming the notebook, the cell and the error; the copy then holds the traceback.
    ClvError
        Of the kind that the notebook itself raised, e.g. because the data cannot answer its question.
    """
    started = time.monotonic()
    source = notebook_folder() / f"{notebook.slug}.ipynb"
    output = workspace.folder / "notebooks" / f"{notebook.slug}.ipynb"
    output.parent.mkdir(exist_ok=True)
    parameters = {**workspace.config.notebooks.get(notebook.slug, {}), "run_dir": str(workspace.folder)}
    try:
        _papermill(source, output, parameters)
    except PapermillExecutionError as error:
        raise _failure(notebook, error) from error
    except Exception as error:  # a dead kernel, a time-out: papermill's copy may then claim success
        raise NotebookError(f"{notebook.slug}: the kernel failed: {type(error).__name__}: {error}") from error
    _verify(notebook, workspace, output)
    return Executed(notebook.slug, output, time.monotonic() - started)


def _papermill(source: Path, output: Path, parameters: dict[str, Any]) -> None:
    logging.getLogger("papermill").setLevel(logging.WARNING)
    with kernel_folder() as sockets:
        papermill.execute_notebook(
            str(source),
            str(output),
            parameters=parameters,
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            execution_timeout=CELL_TIMEOUT_SECONDS,
            start_timeout=KERNEL_PATIENCE_SECONDS,
            iopub_timeout=KERNEL_PATIENCE_SECONDS,
            shutdown_kernel="immediate",  # a graceful shutdown sometimes waits for four seconds
            kernel_manager_class=OwnKernelManager,
            config=kernel_sockets(sockets),
        )


def _verify(notebook: Notebook, workspace: Workspace, output: Path) -> None:
    executed = nbformat.read(output, as_version=4)
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    if unfinished := [cell for cell in cells if cell.metadata.get("papermill", {}).get("status") != "completed"]:
        raise NotebookError(f"{notebook.slug}: {len(unfinished)} of {len(cells)} cells did not run to their end")
    missing = [name for name in notebook.writes if not workspace.has(name)]
    if missing:
        raise NotebookError(f"{notebook.slug}: ran, but did not write {', '.join(missing)}")


def _failure(notebook: Notebook, error: PapermillExecutionError) -> ClvError:
    """Turn a failed cell into the error that the notebook raised, or into a notebook error that names the cell."""
    text = " ".join(str(error.evalue).split())
    kind = getattr(errors, error.ename, None)
    if isinstance(kind, type) and issubclass(kind, ClvError):
        return kind(f"{notebook.slug}: {text}")
    return NotebookError(f"{notebook.slug}, cell {error.cell_index + 1}: {error.ename}: {text}")
