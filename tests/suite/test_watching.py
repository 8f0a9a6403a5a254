"""What is seen of a run: spinners on a terminal, plain lines in a log, and what would run."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from tests.suite import light
from tests.suite.test_failures import invoke, snapshot

from clv.suite import graph
from clv.suite.graph import NOTEBOOKS
from clv.suite.watching import Watch

EVENTS = [("data", "started"), ("data", "9 of 9 lines usable"), ("01_base", "started"), ("01_base", "done in 1.0 s")]


def shown(terminal: bool, fails: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=80, highlight=False, _environ={"TERM": "xterm"})
    try:
        with Watch(console) as watch:
            for step, event in EVENTS[: 3 if fails else 4]:
                watch(step, event)
            if fails:
                raise ValueError
    except ValueError:
        pass
    return out.getvalue()


def test_a_log_gets_one_plain_line_an_event():
    lines = shown(terminal=False).splitlines()
    assert len(lines) == len(EVENTS)
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d  \S+ +\S.*", line) for line in lines)
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("fails", [False, True])
def test_a_terminal_shows_what_goes_on_and_is_left_as_it_was(fails):
    text = shown(terminal=True, fails=fails)
    assert "01_base" in text
    assert "9 of 9 lines usable" in text
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # the cursor is back


@pytest.fixture
def shop(tmp_path, monkeypatch) -> Path:
    light.write_company(tmp_path)
    light.write_suite(tmp_path)
    monkeypatch.setattr(graph, "notebook_folder", lambda: tmp_path / "notebooks")
    return tmp_path


def test_a_dry_run_says_what_would_run_and_changes_nothing(shop, monkeypatch, capsys):
    before = snapshot(shop)
    call = ("run", str(shop / "shop.yaml"), "--reports", str(shop / "reports"), "--dry-run")
    code, out, err = invoke(monkeypatch, capsys, *call)
    assert (code, err) == (0, "")
    assert out.splitlines() == [*(f"{n.slug:<18} would run" for n in NOTEBOOKS), "would be published"]
    code, out, _ = invoke(monkeypatch, capsys, *call, "--until", "02")
    assert [line.split()[0] for line in out.splitlines()[:-1]] == [n.slug for n in NOTEBOOKS[:2]]
    code, _, err = invoke(monkeypatch, capsys, *call, "--only", "02")
    assert (code, len(err.splitlines())) == (1, 1)
    code, _, err = invoke(monkeypatch, capsys, *call, "--param", "02.nothing=1")
    assert (code, "no such parameter" in err) == (1, True)
    assert snapshot(shop) == before
