"""Execute notebooks with papermill: one, or the whole suite as a graph with as many kernels as cores.

What papermill reports is not trusted alone: a notebook has succeeded when every code cell completed and every
artefact that the graph promises lies in the run.
"""

from __future__ import annotations

import logging
import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from clv import errors
from clv.errors import ClvError, NotebookError, StorageError
from clv.suite import graph
from clv.suite.graph import NOTEBOOKS, Notebook, upstream
from clv.suite.kernels import OwnKernelManager, kernel_folder, kernel_sockets
from clv.suite.keys import stamp
from clv.suite.languages import in_turn, part_languages
from clv.suite.places import BUILDING
from clv.suite.remnants import socket_tag
from clv.suite.workspace import Workspace

KERNEL_PATIENCE_SECONDS = 300  # to start and to hand over outputs: busy machines are slow, dead kernels noticed at once
FULL_OR_LOCKED = ("No space left on device", "Disk quota exceeded", "Read-only file system")  # as engines word it, too

Progress = Callable[[str, str], None]
"""Called with a notebook's slug and what happened to it."""


@dataclass(frozen=True)
class Executed:
    """A notebook that ran: where its copy with outputs lies, how long it took, in seconds, and in which other run."""

    slug: str
    file: Path
    seconds: float
    taken_from: str | None = None


class KernelDiedError(NotebookError):
    """The process of a notebook ended by itself, e.g. for lack of memory."""


def execute_suite(
    workspace: Workspace,
    progress: Progress,
    notebooks: Sequence[Notebook] = NOTEBOOKS,
    keys: Mapping[str, str] | None = None,
) -> list[Executed]:
    """Execute notebooks, each after those of them it reads from, as many at once as there are cores.

    A failure stops only what depends on it: all else still runs, so that neither time nor the number of cores decides
    which failures come to light. A failed run takes longer for it, though never longer than a whole one.

    Parameters
    ----------
    workspace
        Folder of the run; artefacts of the notebooks that are not to be executed lie in it.
    progress
        Called with a slug and what happened to the notebook, also from other threads.
    notebooks
        In the order of the graph.
    keys
        By slug; written beside what each notebook has written.

    Raises
    ------
    ClvError
        When notebooks fail, one of their errors: what the data or the config cannot carry before the fault of a
        notebook, and among equals that of the first notebook in the order of the graph.
    """
    waiting, done, failed = list(notebooks), dict[str, Executed](), dict[str, ClvError]()
    at_hand = {notebook.slug for notebook in NOTEBOOKS} - {notebook.slug for notebook in notebooks}
    running: dict[Future[Executed], Notebook] = {}
    with _threads() as pool:
        while (ready := [n for n in waiting if upstream(n) <= done.keys() | at_hand]) or running:
            for notebook in ready:
                waiting.remove(notebook)
                progress(notebook.slug, "started")
                running[pool.submit(_execute_with_retry, notebook, workspace, progress)] = notebook
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                notebook = running.pop(future)
                try:
                    done[notebook.slug] = future.result()
                    if keys is not None:
                        stamp(workspace.folder, notebook.writes, keys[notebook.slug])
                    progress(notebook.slug, f"done in {done[notebook.slug].seconds:.1f} s")
                except ClvError as error:
                    progress(notebook.slug, "failed")
                    failed[notebook.slug] = error
    if failed:
        raise _told(failed)
    return [done[notebook.slug] for notebook in notebooks]


def _execute_with_retry(notebook: Notebook, workspace: Workspace, progress: Progress) -> Executed:
    """Execute a notebook, once more when its kernel died: for lack of memory beside others, it may live alone."""
    try:
        return execute_notebook(notebook, workspace)
    except KernelDiedError:
        progress(notebook.slug, "its kernel died; started once more")
        return execute_notebook(notebook, workspace)


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
    StorageError
        If the disk is full or may not be written to.
    ClvError
        Of the kind that the notebook itself raised, e.g. because the data cannot answer its question.
    """
    started = time.monotonic()
    source = graph.notebook_folder() / f"{notebook.slug}.ipynb"
    output = workspace.folder / "notebooks" / f"{notebook.slug}.ipynb"
    output.parent.mkdir(exist_ok=True)
    parameters = {**workspace.config.notebooks.get(notebook.slug, {}), "run_dir": str(workspace.folder)}
    minutes, languages = workspace.config.notebook_minutes, workspace.config.other_languages
    try:
        cells = in_turn(nbformat.read(source, as_version=4), languages)
        _papermill(cells, output, parameters, seconds=60 * minutes, tag=_tag(workspace.folder))
    except PapermillExecutionError as error:
        raise _failure(notebook, error) from error
    except CellTimeoutError as error:  # an OSError, too
        raise NotebookError(f"{notebook.slug}: stopped after {minutes:g} min; raise notebook_minutes") from error
    except OSError as error:
        raise _of_storage(notebook, str(error)) or _fault_of_kernel(notebook, error) from error
    except DeadKernelError as error:
        raise KernelDiedError(f"{notebook.slug}: the kernel failed: {type(error).__name__}: {error}") from error
    except Exception as error:  # papermill's copy may then claim success
        raise _fault_of_kernel(notebook, error) from error
    _verify(notebook, workspace, output)
    part_languages(output)
    return Executed(notebook.slug, output, time.monotonic() - started)


def _fault_of_kernel(notebook: Notebook, error: Exception) -> NotebookError:
    return NotebookError(f"{notebook.slug}: the kernel failed: {type(error).__name__}: {error}")


def _of_storage(notebook: Notebook, text: str) -> StorageError | None:
    """Return the error of a disk that took no more, None where the text tells of something else."""
    if any(words in text for words in FULL_OR_LOCKED):
        return StorageError(f"{notebook.slug}: {text}; make room or give access")
    return None


def _tag(folder: Path) -> str:
    return socket_tag(folder.parents[1] if folder.parent.name == BUILDING else folder)


def _papermill(
    source: Path | nbformat.NotebookNode,
    output: Path,
    parameters: dict[str, Any],
    seconds: float = 900.0,
    tag: str = "",
) -> None:
    """Execute a notebook in a kernel of its own, all its cells together within some seconds."""
    for name in ("papermill", "asyncio"):  # what they call an error is raised, and told in one line
        logging.getLogger(name).setLevel(logging.CRITICAL)
    end = time.monotonic() + seconds
    with kernel_folder(tag) as sockets:
        papermill.execute_notebook(
            source,
            str(output),
            parameters=parameters,
            progress_bar=False,
            log_output=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            timeout_func=lambda cell: max(1, math.ceil(end - time.monotonic())),  # zero would mean no limit
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
    if (full := _of_storage(notebook, text)) is not None:
        return full
    return NotebookError(f"{notebook.slug}, cell {error.cell_index + 1}: {error.ename}: {text}")
