"""Runs that are killed, come second or meet a full disk: readers keep their report, no row of the company stays."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import duckdb
import pytest
from tests.suite import light
from tests.suite.test_failures import invoke

from clv.config import load_config, override
from clv.errors import ConfigError, DataError, LockedError, NotebookError
from clv.suite import graph, lock, publish, remnants
from clv.suite.graph import NOTEBOOKS
from clv.suite.publish import run_suite
from clv.suite.remnants import socket_tag

BASE, SUMMARY = NOTEBOOKS[0].slug, NOTEBOOKS[-1].slug
KILLS = int(os.environ.get("CLV_KILLS", "4"))
"""Moments at which a run is killed; the four of every test run lie in as many stages, 30 are spread at random."""

STAGES = ("data               started", f"{BASE}   started", "07_portfolios      started", "pages              started")


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    """Return the folder of a company with a published report."""
    folder = tmp_path_factory.mktemp("ends")
    light.write_company(folder)
    light.write_suite(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "notebook_folder", lambda: folder / "notebooks")
        run_suite(load_config(folder / "shop.yaml"), folder / "reports", lambda *_: None)
    return folder


@pytest.fixture
def published(company, monkeypatch) -> Path:
    """Return the same, with its suite in the place of ours for this process."""
    monkeypatch.setattr(graph, "notebook_folder", lambda: company / "notebooks")
    return company


def rows_left(home: Path) -> list[Path]:
    """Return what lies in the reports of a company that holds its rows."""
    names = ("transactions*", "days*", "purchase_days*", "*.part*", "*.tmp")
    return [file for name in names for file in home.rglob(name)]


def sockets_left(home: Path) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"clv-{socket_tag(home)}*"))


def kill_at(process: subprocess.Popen[str], stage: str, seconds: float) -> None:
    while stage not in (line := process.stderr.readline()):
        assert line, f"the run ended before '{stage}'"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_run_killed_at_any_moment_harms_no_report_and_the_next_one_works_and_holds_the_name(company):
    home, chance = company / "reports" / "shop", random.Random(30)  # noqa: S311
    for moment in range(KILLS):
        stage, seconds = (STAGES[moment], 0.3) if len(STAGES) >= KILLS else (chance.choice(STAGES), 2 * chance.random())
        kill_at(light.start(company, "--force"), stage, seconds)
        assert light.whole((home / "latest").resolve()), (stage, seconds)
    light.edit(company / "notebooks", SUMMARY, light.code_of(company / "notebooks", SUMMARY) + "\nprint('after')")
    with light.start(company, "--resume") as after:
        said = ""
        while f"{SUMMARY}         started" not in said:
            line = after.stderr.readline()
            assert line, said
            said += line
        with pytest.raises(
            LockedError, match=rf"shop: run \w+-\w+ holds it since .* UTC \(process {after.pid} on "
        ) as no:
            run_suite(load_config(company / "shop.yaml"), home.parent, lambda *_: None)
        assert no.value.exit_code == 75
        said += after.stderr.read()
        assert after.wait(timeout=120) == 0, said
    assert "published in" in said.splitlines()[-1]
    assert light.whole((home / "latest").resolve())
    assert not rows_left(home)
    assert not sockets_left(home)
    assert not (home / ".building").exists()
    errors = [json.loads(file.read_text(encoding="utf-8"))["error"] for file in home.glob("failed/*/error.json")]
    assert errors.count("Killed") == len(errors) > 0


class FullDisk:
    """From the moment it is full, no text is written, no folder made and nothing synced."""

    def __init__(self, monkeypatch) -> None:
        self.is_full = False
        self.patch = monkeypatch
        for owner, name in ((Path, "write_text"), (Path, "mkdir"), (Path, "symlink_to"), (os, "fsync")):
            self._guard(owner, name)

    def _guard(self, owner: object, name: str) -> None:
        real = getattr(owner, name)

        def guarded(first, *rest, **more):
            if self.is_full:
                raise OSError(errno.ENOSPC, "No space left on device", str(first))
            return real(first, *rest, **more)

        self.patch.setattr(owner, name, guarded)

    def fills(self, owner: object, name: str, error: Exception | None = None) -> None:
        """Let the disk be full once a function has ended, which then fails with an error of its own if one is given."""
        real = getattr(owner, name)

        def filling(*given, **more):
            result = real(*given, **more)
            self.is_full = True
            if error is not None:
                raise error
            return result

        self.patch.setattr(owner, name, filling)


FULL = OSError(errno.ENOSPC, "No space left on device", "/somewhere/transactions.parquet")
OF_ENGINE = duckdb.IOException("IO Error: Could not write all bytes to file: No space left on device")
AS_OF_THE_FILE = DataError(f"orders.csv: cannot be read: {OF_ENGINE}; check date_format")


@pytest.mark.parametrize(
    ("where", "error", "says"),
    [
        ((publish, "prepare"), FULL, "transactions.parquet: No space left on device; make room or give access"),
        ((publish, "prepare"), AS_OF_THE_FILE, "error: No space left on device in the folder of the run; make room"),
        (
            (publish, "prepare"),
            OF_ENGINE,
            "error: No space left on device in the folder of the run; make room or give access",
        ),
        ((publish, "render_site"), None, "No space left on device"),
        ((publish, "_record"), None, "No space left on device"),
        ((publish, "write_synced"), None, "No space left on device"),
    ],
    ids=["the data", "the reading", "the engine", "the export", "the record", "the link"],
)
def test_a_full_disk_is_one_line_and_leaves_the_report_and_no_row(where, error, says, published, monkeypatch, capsys):
    home = published / "reports" / "shop"
    latest, runs = (home / "latest").resolve(), publish.published_runs(home)
    FullDisk(monkeypatch).fills(*where, error)
    monkeypatch.setattr(publish, "execute_suite", lambda workspace, progress, notebooks, keys: [])
    monkeypatch.setattr(publish, "up_to_date", lambda *_: None)
    code, out, err = invoke(
        monkeypatch, capsys, "run", str(published / "shop.yaml"), "--reports", str(published / "reports")
    )
    errors = [line for line in err.splitlines() if line.startswith("error:")]
    assert (code, out, len(errors)) == (1, "", 1)
    assert says in errors[0]
    assert "Traceback" not in err
    assert "/somewhere" not in err
    assert (home / "latest").resolve() == latest
    assert publish.published_runs(home) == runs
    assert light.whole(latest)
    assert not rows_left(home)


def test_a_full_disk_in_a_notebook_is_no_fault_of_the_notebook(published, monkeypatch, capsys):
    code = light.code_of(published / "notebooks", BASE)
    light.edit(published / "notebooks", BASE, "raise OSError(28, 'No space left on device', 'customers.parquet')")
    try:
        ended, _, err = invoke(
            monkeypatch, capsys, "run", str(published / "shop.yaml"), "--reports", str(published / "reports")
        )
    finally:
        light.edit(published / "notebooks", BASE, code)
    assert ended == 1
    assert f"error: {BASE}: [Errno 28] No space left on device: 'customers.parquet'; make room" in err


@pytest.fixture
def small_disk(tmp_path) -> Path:
    """Return a disk of 150 kB, less than a run of the company needs."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150k", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_on_a_disk_that_is_really_full_one_line_is_said_and_no_row_left(published, small_disk, monkeypatch, capsys):
    code, _, err = invoke(monkeypatch, capsys, "run", str(published / "shop.yaml"), "--reports", str(small_disk))
    assert code == 1, err
    assert len([line for line in err.splitlines() if line.startswith("error:")]) == 1
    assert "make room or give access" in err
    assert not rows_left(small_disk / "shop")
    assert not (small_disk / "shop" / "latest").exists()


def test_a_folder_that_is_read_only_is_one_line(published, small_disk, monkeypatch, capsys):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    code, _, err = invoke(monkeypatch, capsys, "run", str(published / "shop.yaml"), "--reports", str(small_disk))
    assert code == 1
    assert (
        err == f"error: {small_disk}: reports cannot be written there: Read-only file system; choose another folder\n"
    )


@pytest.mark.parametrize("place", ["mkdir", "lock"])
def test_a_folder_without_right_to_write_is_one_line_for_whoever_is_not_root(place, published, tmp_path, monkeypatch):
    refused = PermissionError(errno.EACCES, "Permission denied", "x")

    def refuse(*_, **__):
        raise refused

    monkeypatch.setattr(*((Path, "mkdir", refuse) if place == "mkdir" else (lock.FileLock, "acquire", refuse)))
    with pytest.raises(ConfigError, match="reports cannot be written there: Permission denied; choose another folder"):
        run_suite(load_config(published / "shop.yaml"), tmp_path / "elsewhere", lambda *_: None)


def test_a_kernel_that_died_is_started_once_more(published, monkeypatch, tmp_path):
    code = light.code_of(published / "notebooks", BASE)
    once = f"from pathlib import Path; once = Path({str(tmp_path / 'died')!r})"
    dying = f"{once}\nif not once.exists():\n    import os; once.touch(); os.kill(os.getpid(), 9)\n"
    light.edit(published / "notebooks", BASE, dying + code)
    told = []
    try:
        run_suite(load_config(published / "shop.yaml"), published / "reports", lambda *event: told.append(event))
    finally:
        light.edit(published / "notebooks", BASE, code)
    assert [event.split()[0] for step, event in told if step == BASE] == ["started", "its", "done"]


def test_a_notebook_beyond_its_time_is_stopped_and_the_setting_named(published):
    config = override(load_config(published / "shop.yaml"), {"notebook_minutes": 0.03}, where="test")
    code = light.code_of(published / "notebooks", BASE)
    light.edit(published / "notebooks", BASE, "import time; time.sleep(60)")
    try:
        with pytest.raises(NotebookError, match=f"{BASE}: stopped after 0.03 min; raise notebook_minutes"):
            run_suite(config, published / "reports", lambda *_: None)
    finally:
        light.edit(published / "notebooks", BASE, code)


def test_remnants_keep_what_explains_and_lose_all_else(tmp_path):
    building = tmp_path / "shop" / ".building" / "20240101T000000Z-abcdef"
    kept = ["artefacts/customers.parquet", "notebooks/x.ipynb", "quarantine.parquet", "cards_quarantine.parquet"]
    lost = [
        "transactions.parquet",
        "days.parquet",
        "cards.parquet",
        "staging/1/rows.parquet",
        "spill.tmp",
        "index.html",
    ]
    for name in [*kept, *lost, "artefacts/customers.part77", "context.json", "log.jsonl"]:
        (building / name).parent.mkdir(parents=True, exist_ok=True)
        (building / name).write_text("x", encoding="utf-8")
    assert remnants.clear_remnants(tmp_path / "shop") == [building.name]
    failed = tmp_path / "shop" / "failed" / building.name
    left = sorted(file.relative_to(failed).as_posix() for file in failed.rglob("*") if file.is_file())
    assert left == sorted([*kept, "context.json", "log.jsonl", "error.json"])
    assert not building.parent.exists()
    assert remnants.clear_remnants(tmp_path / "shop") == []
