"""What happened in a run, step by step: one line of JSON each in the run's folder, and told to whoever watches."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import threading
import time
from pathlib import Path
from typing import Any

from clv.suite.execute import Progress
from clv.suite.places import JOURNAL


class Journal:
    """Called with a step and what happened to it, as `Progress`; writes it down and passes it on.

    Lines hold `time` (UTC), `seconds` since the start, `step` and `event`; that of the start names run, version and
    company, that of a failure the error. They hold no path of the machine and nothing of the data but counts.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.file = folder / JOURNAL
        self._progress = progress
        self._started = time.monotonic()
        self._one_line = threading.Lock()

    def __call__(self, step: str, event: str) -> None:
        """Note an event and tell it."""
        self.note(step, event)
        self._progress(step, event)

    def note(self, step: str, event: str, **more: Any) -> None:
        """Note an event, with more about it, and tell nobody."""
        line = {
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "seconds": round(time.monotonic() - self._started, 3),
            "step": step,
            "event": event,
            **more,
        }
        text = json.dumps(line, ensure_ascii=False, default=str) + "\n"
        with (
            self._one_line,
            contextlib.suppress(OSError),  # a full disk stops the run where results are written
            self.file.open("a", encoding="utf-8") as out,
        ):
            out.write(text)
