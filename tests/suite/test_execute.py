"""Which notebooks run and which error is told: the same whatever each of them takes, on however many cores."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

from clv.errors import ClvError, ConfigError, ConvergenceError, DataError, NotebookError
from clv.suite import execute
from clv.suite.execute import Executed, execute_suite
from clv.suite.graph import NOTEBOOKS

BASE, VALUE, FORECAST = (notebook.slug for notebook in NOTEBOOKS[:3])  # the latter two read the first alone
METHOD = "12_method"  # reads the first and the third
BLINK_SECONDS = 0.03


@pytest.fixture
def cores(request, monkeypatch) -> int:
    monkeypatch.setattr(os, "cpu_count", lambda: request.param)
    monkeypatch.setenv("CLV_ENGINE_THREADS", "1")  # the suite sets it, which other tests must not see
    return request.param


@pytest.fixture
def execute_with(monkeypatch):
    """Return a function that runs the graph with notebooks that only pause and fail; it returns who was started."""

    def run(failures: dict[str, ClvError], slow: str) -> tuple[list[str], ClvError | None]:
        def pretend(notebook, workspace):
            time.sleep(BLINK_SECONDS * (notebook.slug == slow))
            if notebook.slug in failures:
                raise failures[notebook.slug]
            return Executed(notebook.slug, Path(notebook.slug), 0.0)

        events: list[tuple[str, str]] = []
        monkeypatch.setattr(execute, "execute_notebook", pretend)
        told = None
        try:
            execute_suite(None, lambda step, event: events.append((step, event)))
        except ClvError as error:
            told = error
        return [step for step, event in events if event == "started"], told

    return run


fault, data, config = NotebookError("a fault"), DataError("too few"), ConfigError("out of range")
no_fit = ConvergenceError("no maximum")


@pytest.mark.parametrize("cores", [1, 2], indirect=True)
@pytest.mark.parametrize("slow", [VALUE, FORECAST])
@pytest.mark.parametrize(
    ("of_value", "of_forecast", "told"),
    [
        (fault, data, FORECAST),
        (fault, no_fit, FORECAST),
        (data, fault, VALUE),
        (config, data, VALUE),
        (data, config, VALUE),
        (fault, NotebookError("another fault"), VALUE),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_of_two_failures_the_data_s_is_told_first_then_that_of_the_earlier_notebook(
    cores, slow, of_value, of_forecast, told, execute_with
):
    failures = {VALUE: of_value, FORECAST: of_forecast}
    assert execute_with(failures, slow) == ([BASE, VALUE, FORECAST], failures[told])


@pytest.mark.parametrize("cores", [1, 2], indirect=True)
@pytest.mark.parametrize("slow", [VALUE, FORECAST])
@pytest.mark.parametrize("failing", [BASE, VALUE, FORECAST])
def test_a_failure_stops_what_depends_on_it_and_nothing_else(cores, slow, failing, execute_with):
    started = {BASE: [BASE], VALUE: [BASE, VALUE, FORECAST, METHOD], FORECAST: [BASE, VALUE, FORECAST]}[failing]
    assert execute_with({failing: fault}, slow) == (started, fault)


@pytest.mark.parametrize("cores", [1, 2], indirect=True)
@pytest.mark.parametrize("slow", [VALUE, FORECAST])
def test_a_run_without_failure_executes_every_notebook_once(cores, slow, execute_with):
    started, told = execute_with({}, slow)
    assert (sorted(started), told) == (sorted(notebook.slug for notebook in NOTEBOOKS), None)


@pytest.mark.parametrize("cores", [2], indirect=True)
def test_warnings_of_papermill_stay_ignored_when_a_notebook_beside_ends(cores, monkeypatch, tmp_path):
    def pretend(_, output, **more):
        time.sleep({VALUE: BLINK_SECONDS, FORECAST: 3 * BLINK_SECONDS}.get(Path(output).stem, 0))
        warnings.warn("of a dependency", DeprecationWarning, stacklevel=1)  # an error to pytest

    monkeypatch.setattr(execute.papermill, "execute_notebook", pretend)
    monkeypatch.setattr(execute, "_verify", lambda *_: None)
    monkeypatch.setattr(execute, "part_languages", lambda _: None)
    before = list(warnings.filters)
    executed = execute_suite(
        SimpleNamespace(folder=tmp_path, config=SimpleNamespace(notebooks={}, notebook_minutes=1, other_languages=())),
        lambda *_: None,
    )
    assert len(executed) == len(NOTEBOOKS)
    assert warnings.filters == before
