"""One run per name at a time: who comes second is told who holds it, and does not wait.

The lock belongs to the process, so that a killed one frees it; who holds it is written beside it, for readers only.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from clv.errors import ConfigError, LockedError

LOCK: Final = ".lock"
HOLDER: Final = ".holder.json"


@contextlib.contextmanager
def hold(home: Path, run_id: str) -> Iterator[None]:
    """Hold the name of a company while its report is made.

    Parameters
    ----------
    home
        Folder of the company's reports; it is made where it is missing.
    run_id
        Told to whoever comes second.

    Raises
    ------
    LockedError
        Naming the run, the process and the machine that hold it, and since when.
    ConfigError
        If the folder cannot be made or written to.
    """
    lock = FileLock(home / LOCK)
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(f"{home.name}: {_holder(home)}; run again when it has ended") from None
    except OSError as error:
        raise cannot_write(home.parent, error) from None
    try:
        _tell(home, run_id)
        yield
    finally:
        with contextlib.suppress(OSError):
            (home / HOLDER).unlink(missing_ok=True)
        lock.release()


def cannot_write(reports: Path, error: OSError) -> ConfigError:
    """Return the one line for a folder that no report can be written to."""
    return ConfigError(f"{reports}: reports cannot be written there: {error.strerror or error}; choose another folder")


def _tell(home: Path, run_id: str) -> None:
    told = {
        "run_id": run_id,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    with contextlib.suppress(OSError):  # a full disk stops the run where it matters
        (home / HOLDER).write_text(json.dumps(told), encoding="utf-8")


def _holder(home: Path) -> str:
    try:
        told = json.loads((home / HOLDER).read_text(encoding="utf-8"))
        since = dt.datetime.fromisoformat(told["since"])
        return (
            f"run {told['run_id']} holds it since {since:%Y-%m-%d %H:%M} UTC (process {told['pid']} on {told['host']})"
        )
    except (OSError, ValueError, KeyError, TypeError):  # it has just begun, or could not write
        return "another run holds it"
