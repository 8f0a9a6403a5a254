"""Time the stages of one side and tell the parent process, a line of JSON a stage."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")

ENOUGH_SECONDS = 60.0  # a stage is not repeated beyond


def stage(
    name: str, action: Callable[[], Result], repeats: int, figures: Callable[[Result], dict[str, float]]
) -> Result | None:
    """Run an action some times, report its seconds, its figures and the peak memory so far, and return its result.

    An action that raises is reported with the first line of its error, and gives None.
    """
    seconds: list[float] = []
    said: dict[str, Any] = {"stage": name}
    result = None
    try:
        while len(seconds) < repeats and (not seconds or sum(seconds) + seconds[-1] < ENOUGH_SECONDS):
            started = time.perf_counter()
            result = action()
            seconds.append(time.perf_counter() - started)
        said |= {"seconds": seconds, "figures": figures(result)}
    except Exception as error:  # a peer's failure is a finding
        said |= {"failure": f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"}
    _tell(said | {"peak_mb": peak_mb()})
    return result


def introduce(**versions: str) -> None:
    """Report the versions of this side."""
    _tell({"versions": versions, "peak_mb": peak_mb()})


def peak_mb() -> float:
    """Return the most memory this process has held, in MB; without its parent's, where Linux tells them apart."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    divisor = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / divisor


def _tell(said: dict[str, Any]) -> None:
    os.write(1, (json.dumps(said) + "\n").encode())
