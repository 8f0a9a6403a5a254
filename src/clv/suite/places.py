"""Names in the folder of a company's reports, and the changes there that readers see whole or not at all.

reports/<name>/<run_id>/      pages, artefacts, executed notebooks, export and run.json of a published run
reports/<name>/latest         link to the newest of them
reports/<name>/history.json   all runs that were ever published, with their headline numbers
reports/<name>/failed/        what a failed run left: its notebooks up to the failing cell, and error.json
reports/<name>/partial/       runs of some of the notebooks, which are not published
reports/<name>/.building/     the run in the making
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

BUILDING: Final = ".building"
FAILED: Final = "failed"
PARTIAL: Final = "partial"
LATEST: Final = "latest"
RECORD: Final = "run.json"
JOURNAL: Final = "log.jsonl"


def published_runs(home: Path) -> list[Path]:
    """Return the folders of the published runs of a company, oldest first."""
    if not home.is_dir():
        return []
    return sorted(folder for folder in home.iterdir() if not folder.is_symlink() and (folder / RECORD).is_file())


def latest_run(home: Path) -> Path | None:
    """Return the folder that readers are shown, None before the first run."""
    folder = home / LATEST
    return folder.resolve() if folder.is_dir() else None


def write_synced(file: Path, content: str) -> None:
    """Write a file so that it is on the disk when this returns."""
    with file.open("w", encoding="utf-8") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def staged_link(home: Path, run_id: str) -> Path:
    """Make the link that will become `latest`; what may fail for lack of room fails before anything is published."""
    link = home / f".{run_id}.part"
    link.symlink_to(run_id, target_is_directory=True)
    return link
