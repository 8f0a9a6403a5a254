"""The schedules that ship are read by what reads them, and their commands by our command line."""

from __future__ import annotations

import configparser
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import types
from pathlib import Path

import click
import pytest
import typer.main

from clv import cli
from clv.config import parse_config
from clv.errors import LockedError
from clv.yaml_text import read_yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEDULES = ROOT / "reports" / "schedules"
RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
CHECKOUT = "/srv/clv"


def assert_time_of_cron(fields: list[str]) -> None:
    assert len(fields) == len(RANGES)
    for field, (name, (low, high)) in zip(fields, RANGES.items(), strict=True):
        for part in field.split(","):
            span, _, step = part.partition("/")
            assert span == "*" or all(low <= int(number) <= high for number in span.split("-")), f"{name}: {field}"
            assert not step or int(step) > 0


def assert_command_of_ours(words: list[str]) -> None:
    """Let our command line parse the words, as far as it would before it begins."""
    assert Path(words[0]).name == "clv"
    command = typer.main.get_command(cli.app).commands[words[1]]
    try:
        command.make_context(words[1], list(words[2:]))
    except click.ClickException as wrong:
        pytest.fail(f"{' '.join(words)}: {wrong.format_message()}")


def commands(text: str) -> list[str]:
    """Return the lines of a script that call us."""
    found = [line.strip() for line in text.splitlines() if re.search(r"(^|[ /=])clv (run|validate|score) ", line)]
    return [re.split(r"\s(?:>>|2>&1)", re.search(r"\S*clv (?:run|validate|score) .*", line)[0])[0] for line in found]


@pytest.fixture
def checkout(tmp_path) -> Path:
    """Return a folder with a command in the place of ours, which says where it was called and with what."""
    command = tmp_path / ".venv" / "bin" / "clv"
    command.parent.mkdir(parents=True)
    (tmp_path / "reports").mkdir()
    command.write_text('#!/bin/sh\necho "$PWD $MPLBACKEND $*"\nexit "${CODE:-0}"\n', encoding="utf-8")
    command.chmod(0o755)
    return tmp_path


def test_every_schedule_is_tried_here_and_every_command_in_it_is_one_of_ours():
    names = {"crontab", "clv.service", "clv.timer", "github-actions.yml", "airflow_dag.py"}
    assert {file.name for file in SCHEDULES.iterdir() if file.is_file()} == names
    for name in names - {"clv.timer", "airflow_dag.py"}:
        found = commands((SCHEDULES / name).read_text(encoding="utf-8"))
        assert len(found) == 1, name
        assert_command_of_ours(shlex.split(found[0]))


def test_a_company_cannot_take_the_name_of_the_folder_of_schedules():
    with pytest.raises(Exception, match="must not be 'latest' or 'failed' or 'pictures' or 'schedules'"):
        parse_config({"name": "schedules", "title": "x", "source": {}}, where="test")


def test_the_line_of_cron_runs_in_the_shell_and_the_bare_environment_of_cron(checkout):
    lines = [line for line in (SCHEDULES / "crontab").read_text(encoding="utf-8").splitlines() if line[:1] not in "#"]
    environment = dict(line.split("=", 1) for line in lines if re.fullmatch(r"[A-Z_]+=\S+", line))
    (job,) = [line for line in lines if not re.fullmatch(r"[A-Z_]+=\S+", line)]
    *fields, command = job.split(maxsplit=5)
    assert_time_of_cron(fields)
    assert "%" not in command
    shell = {"PATH": "/usr/bin:/bin", "HOME": str(checkout), **environment}
    ran = subprocess.run(
        ["/bin/sh", "-c", command.replace(CHECKOUT, str(checkout))], env=shell, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    said = (checkout / "reports" / "my_shop.log").read_text(encoding="utf-8")
    assert said == f"{checkout} agg run data/my_shop.yaml --resume --keep 60\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
def test_systemd_finds_no_fault_in_service_and_timer(checkout):
    units = checkout / "units"
    units.mkdir()
    for name in ("clv.service", "clv.timer"):
        text = (SCHEDULES / name).read_text(encoding="utf-8").replace(CHECKOUT, str(checkout))
        (units / name).write_text(text, encoding="utf-8")
    said = subprocess.run(
        [
            "systemd-analyze",
            "verify",
            "--man=no",
            "--recursive-errors=no",
            str(units / "clv.service"),
            str(units / "clv.timer"),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:"},
    )
    assert not [line for line in said.stderr.splitlines() if "clv." in line], said.stderr
    assert said.returncode == 0, said.stderr
    (when,) = re.findall(r"OnCalendar=(.*)", (SCHEDULES / "clv.timer").read_text(encoding="utf-8"))
    assert subprocess.run(["systemd-analyze", "calendar", when], capture_output=True).returncode == 0


def test_the_service_is_one_run_that_may_find_the_name_held():
    units = {}
    for name in ("clv.service", "clv.timer"):
        units[name] = configparser.ConfigParser(interpolation=None, strict=True)
        units[name].optionxform = str
        units[name].read(SCHEDULES / name, encoding="utf-8")
    service = units["clv.service"]["Service"]
    assert service["Type"] == "oneshot"
    assert int(service["SuccessExitStatus"]) == LockedError.exit_code
    assert service["ExecStart"].startswith(f"{service['WorkingDirectory']}/.venv/bin/clv run ")
    assert units["clv.timer"]["Install"]["WantedBy"] == "timers.target"


KEYS = {
    "workflow": {"name", "on", "permissions", "concurrency", "jobs", "env", "defaults", "run-name"},
    "job": {"runs-on", "timeout-minutes", "env", "steps", "needs", "if", "permissions", "strategy", "concurrency"},
    "step": {"name", "id", "if", "uses", "with", "run", "env", "shell", "working-directory", "timeout-minutes"},
}


def test_the_workflow_of_github_has_known_keys_pinned_actions_and_scripts_that_parse():
    file = SCHEDULES / "github-actions.yml"
    workflow = read_yaml(file)
    assert workflow.keys() <= KEYS["workflow"]
    assert workflow["permissions"] == {"contents": "read"}
    for entry in workflow["on"]["schedule"]:
        assert_time_of_cron(entry["cron"].split())
    for job in workflow["jobs"].values():
        assert job.keys() <= KEYS["job"]
        assert {"runs-on", "steps", "timeout-minutes"} <= job.keys()
        for step in job["steps"]:
            assert step.keys() <= KEYS["step"]
            assert ("uses" in step) != ("run" in step)
            assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/x@v1"))
            subprocess.run(["bash", "-n", "-c", step.get("run", ":")], check=True)
            assert all(isinstance(value, str) for value in step.get("env", {}).values())
    expressions = re.findall(r"\$\{\{ *(.*?) *\}\}", file.read_text(encoding="utf-8"))
    assert expressions
    assert all(re.fullmatch(r"(github|secrets)\.\w+", expression) for expression in expressions)


class Task:
    """Takes what BashOperator of Airflow 3 takes, and nothing else; knows what comes after it."""

    def __init__(
        self, *, task_id, bash_command, cwd=None, env=None, append_env=False, skip_on_exit_code=99, retries=0,
        retry_delay=None, execution_timeout=None,
    ) -> None:  # fmt: skip
        self.task_id, self.bash_command, self.cwd, self.env = task_id, bash_command, cwd, env
        self.append_env, self.skip_on_exit_code, self.retries = append_env, skip_on_exit_code, retries
        self.after: list[Task] = []
        Dag.opened.tasks.append(self)

    def __rshift__(self, other: Task) -> Task:
        self.after.append(other)
        return other


class Dag:
    """Takes what a DAG of Airflow 3 takes here."""

    opened: Dag

    def __init__(self, *, dag_id, schedule, start_date, catchup, max_active_runs) -> None:
        self.dag_id, self.schedule, self.start_date, self.catchup = dag_id, schedule, start_date, catchup
        self.max_active_runs = max_active_runs
        self.tasks: list[Task] = []

    def __enter__(self) -> Dag:
        Dag.opened = self
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_the_dag_of_airflow_validates_then_reports_and_skips_when_the_name_is_held(monkeypatch, checkout):
    path = "airflow.providers.standard.operators.bash"
    for name in ("airflow", "airflow.sdk", *(path.rsplit(".", n)[0] for n in range(4))):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["airflow.sdk"].DAG, sys.modules[path].BashOperator = Dag, Task
    dag = runpy.run_path(str(SCHEDULES / "airflow_dag.py"))["dag"]
    assert_time_of_cron(dag.schedule.split())
    assert (dag.catchup, dag.max_active_runs, dag.start_date.utcoffset().total_seconds()) == (False, 1, 0)
    validate, report = dag.tasks
    assert (validate.after, report.after) == ([report], [])
    assert report.skip_on_exit_code == LockedError.exit_code
    for task in dag.tasks:
        assert task.cwd == CHECKOUT
        assert not task.bash_command.endswith((".sh", ".bash"))  # Airflow would look for a file of that name
        assert_command_of_ours(shlex.split(task.bash_command))
        ran = subprocess.run(["bash", "-c", task.bash_command], cwd=checkout, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
