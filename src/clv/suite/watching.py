"""What a person sees of a run: on a terminal the steps that go on, elsewhere one plain line an event."""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Watch:
    """Called with a step and what happened to it, from any thread; used as a context, which puts the terminal right.

    Parameters
    ----------
    console
        Where to write; a terminal gets spinners, a file or a log plain lines.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._going_on: dict[str, TaskID] = {}
        if console.is_terminal and not console.is_dumb_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._bars = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """Leave the terminal as it was, whatever ended the run."""
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, step: str, event: str) -> None:
        """Show an event."""
        if self._bars is None:
            self._line(step, event)
        elif event == "started":
            self._going_on[step] = self._bars.add_task(escape(step))
        else:
            if (task := self._going_on.pop(step, None)) is not None:
                self._bars.remove_task(task)
            self._line(step, event)
            if event.endswith("once more"):
                self._going_on[step] = self._bars.add_task(escape(step))

    def _line(self, step: str, event: str) -> None:
        self._console.print(f"{dt.datetime.now():%H:%M:%S}  {step:<18} {event}", markup=False)
