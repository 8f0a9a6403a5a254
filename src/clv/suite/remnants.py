"""What runs leave that did not end well: kept as far as it explains them, cleared of the company's own rows.

A killed run can clear nothing. Its folder lies in `.building`, its sockets in the folder of temporary files, until the
next run of the name, which knows under its lock that nobody uses them any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from clv.errors import ClvError
from clv.suite.places import BUILDING, FAILED, JOURNAL
from clv.suite.workspace import CONTEXT

REMOVED: Final = ".removed-"  # begins the name of a run that is being deleted
_KEPT_FOLDERS: Final = {"artefacts", "notebooks"}
_KEPT_FILES: Final = {CONTEXT, JOURNAL, "error.json"}
_KEPT_SUFFIXES: Final = ("quarantine.parquet",)
_TAG_LENGTH: Final = 6  # digits; a socket's path must stay short


def socket_tag(home: Path) -> str:
    """Return what the names of the folders of sockets of a company's kernels share, on this machine."""
    return hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:_TAG_LENGTH]


def clear_remnants(home: Path) -> list[str]:
    """Clear what killed runs left in a company's folder; call it under the lock.

    Returns
    -------
    list of str
        Names of the runs, which lie in `failed` now.
    """
    clear_sockets(home)
    with contextlib.suppress(OSError):
        for link in home.glob(".*.part"):  # links and files that were about to take the place of others
            link.unlink()
    for folder in home.glob(f"{REMOVED}*"):
        shutil.rmtree(folder, ignore_errors=True)
    found = [folder for folder in sorted(_entries(home / BUILDING)) if folder.is_dir()]
    for folder in found:
        set_aside(folder, home / FAILED / folder.name, "Killed", "the run was killed, or its machine stopped")
    drop_if_empty(home / BUILDING)
    return [folder.name for folder in found]


def clear_sockets(home: Path) -> None:
    """Remove the folders of sockets that kernels of killed runs left; call it under the lock."""
    from clv.suite.kernels import places_for_sockets  # jupyter_client takes time to import

    for place in places_for_sockets():
        for folder in Path(place).glob(f"clv-{socket_tag(home)}*"):
            shutil.rmtree(folder, ignore_errors=True)


def set_aside_error(building: Path, failed: Path, error: BaseException) -> None:
    """Keep what explains a failed run, with its error."""
    set_aside(building, failed, type(error).__name__, str(error) if isinstance(error, ClvError) else repr(error))


def set_aside(building: Path, failed: Path, kind: str, message: str) -> None:
    """Move a run that was not published to where failed runs lie, without the company's rows.

    What a disk or folder does not allow is left out: the rows go first, the note of the error is worth least.
    """
    _forget_rows(building)
    with contextlib.suppress(OSError):
        note = json.dumps({"error": kind, "message": message}, indent=2)
        (building / "error.json").write_text(note, encoding="utf-8")
    with contextlib.suppress(OSError):
        failed.parent.mkdir(parents=True, exist_ok=True)
        building.rename(failed)
        _forget_rows(failed)  # what a kernel that outlived the run wrote in between
    drop_if_empty(building.parent)


def drop_if_empty(folder: Path) -> None:
    """Remove a folder unless something lies in it."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _forget_rows(folder: Path) -> None:
    for entry in _entries(folder):
        if entry.is_dir() and not entry.is_symlink():
            if entry.name not in _KEPT_FOLDERS:
                shutil.rmtree(entry, ignore_errors=True)
        elif entry.name not in _KEPT_FILES and not entry.name.endswith(_KEPT_SUFFIXES):
            with contextlib.suppress(OSError):
                entry.unlink()
    for part in [*(folder / "artefacts").glob("*.part*")]:
        with contextlib.suppress(OSError):
            part.unlink()


def _entries(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from folder.iterdir()
