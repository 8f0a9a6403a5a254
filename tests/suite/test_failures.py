"""What a failed run leaves, and that it touches nothing that was published."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from tests.conftest import simulated_lines, write_csv

from clv import cli
from clv.config import load_config
from clv.errors import ClvError, ConfigError, DataError, NotebookError
from clv.suite import execute, graph, remnants, session, workspace
from clv.suite.publish import run_suite

YAML = """\
name: shop
title: Shop
source:
  transactions:
    path: orders.csv
    columns: {customer_id: client, ordered_at: day, amount: net}
"""


def silent(step: str, event: str) -> None:
    pass


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def invoke(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Run the command line in this process; return its exit code, stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["clv", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    printed = capsys.readouterr()
    return int(stop.value.code or 0), printed.out, printed.err


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a config whose orders.csv a test writes; a report was published before."""
    config = tmp_path / "shop.yaml"
    config.write_text(YAML, encoding="utf-8")
    before = tmp_path / "reports" / "shop" / "20240101T000000Z-abcdef"
    before.mkdir(parents=True)
    (before / "index.html").write_text("published before", encoding="utf-8")
    (before.parent / "latest").symlink_to(before.name)
    return config


def raised(reports: Path) -> list[str]:
    """Return the names of the errors that the executed notebooks of failed runs hold."""
    executed = reports.glob("*/failed/*/notebooks/*.ipynb")
    return [output.ename for file in executed for output in outputs_of(file) if output.output_type == "error"]


def outputs_of(notebook: Path) -> list[nbformat.NotebookNode]:
    cells = nbformat.read(notebook, as_version=4).cells
    return [output for cell in cells for output in cell.get("outputs", [])]


HEADER = ("client", "day", "net")
GOOD = simulated_lines(40)
ONE_TIME = [(f"C{number}", "2024-03-01", "10") for number in range(50)]
BAD_INPUTS = {
    "an empty file": ("", "the file is empty"),
    "only a header": ([], "has a header and no line of data"),
    "a missing column": (
        [("c", "d", "n"), *GOOD],
        "3 of 3 columns are missing: 'client' (for customer_id), 'day' (for ordered_at), 'net' (for amount)",
    ),
    "no id at all": ([("", day, net) for _, day, net in GOOD], "none of"),
    "dates that do not parse": ([(name, "yesterday", net) for name, _, net in GOOD], "the date cannot be read"),
    "dates that can be read two ways": ([(name, "03/04/2024", net) for name, _, net in GOOD], "state date_format"),
    "one customer": ([("C1", f"2024-01-{day:02d}", "10") for day in range(1, 29)], "only 1 customers bought"),
    "a single order": ([("C1", "2024-01-05", "10")], "only 1 customers bought"),
    "two customers and what others returned": (
        [(f"C{number}", "2024-03-01", f"{10 if number < 2 else -5}") for number in range(9)],
        "only 2 customers bought",
    ),
    "only one-time buyers": (ONE_TIME, "only 0 of 50 customers bought on more than one day"),
    "amounts with currency signs": ([(name, day, f"${net}") for name, day, net in GOOD], "state currency_sign: '$'"),
    "amounts that are words": ([(name, day, "ten") for name, day, _ in GOOD], "the amount is not a number"),
}


@pytest.mark.parametrize("problem", BAD_INPUTS)
@pytest.mark.parametrize("command", ["run", "score"])
def test_bad_input_is_one_line_exit_code_1_and_changes_nothing_published(command, problem, shop, monkeypatch, capsys):
    content, says = BAD_INPUTS[problem]
    orders = shop.parent / "orders.csv"
    if isinstance(content, str):
        orders.write_text(content, encoding="utf-8")
    else:
        renamed = bool(content) and content[0] == ("c", "d", "n")
        write_csv(orders, content[1:] if renamed else content, header=("c", "d", "n") if renamed else HEADER)
    out = shop.parent / "scores.csv"
    before = snapshot(shop.parent / "reports")
    columns = ("--customer", "client", "--date", "day", "--amount", "net", "--out", str(out))
    arguments = (str(shop), "--reports", str(shop.parent / "reports")) if command == "run" else (str(orders), *columns)
    code, stdout, stderr = invoke(monkeypatch, capsys, command, *arguments)
    errors = [line for line in stderr.splitlines() if line.startswith("error:")]
    assert code == 1
    assert stdout == ""
    assert len(errors) == 1
    assert says in errors[0]
    assert "Traceback" not in stderr
    assert not out.exists()
    after = snapshot(shop.parent / "reports")
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("shop/failed/") for name in after.keys() - before.keys() - {"shop/.lock"})
    assert set(raised(shop.parent / "reports")) <= {"DataError"}  # no notebook trips over what another refuses
    assert (shop.parent / "reports" / "shop" / "latest" / "index.html").read_text() == "published before"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("margin: lots", "margin = 'lots': input should be a valid number"),
        ("horizon_dys: 90", "horizon_dys: unknown key (value 90); did you mean 'horizon_days'?"),
        ("notebooks: {07_portfolios: {lsted: 3}}", "notebooks.07_portfolios.lsted: no such parameter"),
        ("notebooks: {07_portfolios: {listed: many}}", "notebooks.07_portfolios.listed = 'many': must be int"),
        ("notebooks: {99_nothing: {}}", "notebooks.99_nothing: no such notebook"),
    ],
)
def test_a_wrong_config_is_one_line_and_exit_code_1_before_anything_runs(line, says, shop, monkeypatch, capsys):
    shop.write_text(YAML + line + "\n", encoding="utf-8")
    before = snapshot(shop.parent / "reports")
    code, _, stderr = invoke(monkeypatch, capsys, "run", str(shop), "--reports", str(shop.parent / "reports"))
    assert code == 1
    assert says in stderr
    assert len(stderr.strip().splitlines()) == 1
    assert snapshot(shop.parent / "reports") == before


def test_a_wrong_call_is_a_usage_error(monkeypatch, capsys):
    assert invoke(monkeypatch, capsys, "run")[0] == 2
    assert invoke(monkeypatch, capsys, "fly")[0] == 2


CARDS = "  customers: {path: cards.csv, columns: {customer_id: client, city: town}}\n"


def test_a_failed_run_keeps_its_notebooks_and_its_error_but_no_table_of_the_company(shop):
    write_csv(shop.parent / "orders.csv", ONE_TIME)
    write_csv(shop.parent / "cards.csv", [("c1", "Lugo"), ("c2", "Vigo"), ("c1", "Reus")], ("client", "town"))
    shop.write_text(YAML + CARDS, encoding="utf-8")
    reports = shop.parent / "reports"
    with pytest.raises(DataError, match="03_lifetime_value: only 0 of 50 customers bought on more than one day"):
        run_suite(load_config(shop), reports, silent)
    (failed,) = (reports / "shop" / "failed").iterdir()
    error = json.loads((failed / "error.json").read_text(encoding="utf-8"))
    assert error["error"] == "DataError"
    outputs = outputs_of(failed / "notebooks" / "03_lifetime_value.ipynb")
    assert any(output.output_type == "error" for output in outputs)
    assert sorted(file.name for file in failed.glob("*.parquet")) == [
        "customers_quarantine.parquet",
        "quarantine.parquet",
    ]


@pytest.fixture
def broken_suite(monkeypatch, tmp_path):
    """Return a function that adds a cell to the first notebook of a copy of the suite."""

    def add(source: str) -> None:
        folder = tmp_path / "notebooks"
        folder.mkdir()
        for notebook in graph.NOTEBOOKS:
            content = nbformat.read(graph.notebook_folder() / f"{notebook.slug}.ipynb", as_version=4)
            if notebook is graph.NOTEBOOKS[0]:
                content.cells.insert(4, nbformat.v4.new_code_cell(source))
            nbformat.write(content, folder / f"{notebook.slug}.ipynb")
        monkeypatch.setattr(graph, "notebook_folder", lambda: folder)

    return add


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("1 / 0", "01_customer_base, cell 6: ZeroDivisionError: division by zero"),
        ("import os; os.kill(os.getpid(), 9)", "01_customer_base: the kernel failed"),
        ("import sys; sys.exit(0)", "01_customer_base"),
    ],
)
def test_a_failing_notebook_stops_the_run_with_exit_code_4(cell, says, shop, broken_suite, monkeypatch, capsys):
    write_csv(shop.parent / "orders.csv", GOOD)
    broken_suite(cell)
    before = snapshot(shop.parent / "reports")
    code, stdout, stderr = invoke(monkeypatch, capsys, "run", str(shop), "--reports", str(shop.parent / "reports"))
    assert code == NotebookError.exit_code == 4
    assert stdout == ""
    assert says in stderr
    after = snapshot(shop.parent / "reports")
    assert {name: after[name] for name in before} == before
    assert (shop.parent / "reports" / "shop" / "latest" / "index.html").read_text() == "published before"


def test_a_notebook_that_writes_less_than_it_promises_has_failed(shop, broken_suite):
    write_csv(shop.parent / "orders.csv", GOOD)
    broken_suite("run.__class__.write = lambda *_: None")
    with pytest.raises(NotebookError, match="did not write customers, base_facts"):
        run_suite(load_config(shop), shop.parent / "reports", silent)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_a_terminated_run_publishes_nothing_and_says_so_by_its_exit_code(shop):
    write_csv(shop.parent / "orders.csv", GOOD)
    reports = shop.parent / "reports"
    command = [sys.executable, "-c", "from clv.cli import main; main()", "run", str(shop), "--reports", str(reports)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while "01_customer_base" not in (line := process.stderr.readline()):
            assert line, "the run ended before its first notebook"
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
        assert process.wait(timeout=120) == 143
    assert "interrupted; nothing was published" in said
    assert (reports / "shop" / "latest" / "index.html").read_text() == "published before"
    assert len(list((reports / "shop" / "failed").iterdir())) == 1
    assert not list(Path(tempfile.gettempdir()).glob(f"clv-{remnants.socket_tag(reports / 'shop')}*"))


def test_parameters_of_a_notebook_reach_it(shop):
    write_csv(shop.parent / "orders.csv", GOOD)
    shop.write_text(YAML + "notebooks: {02_current_value: {top_share: 0.5}}\n", encoding="utf-8")
    published = run_suite(load_config(shop), shop.parent / "reports", silent)
    assert "The best 50% of customers" in (published.folder / "02_current_value.html").read_text(encoding="utf-8")


def test_a_change_in_any_table_makes_work_by_hand_start_anew(shop):
    write_csv(shop.parent / "orders.csv", GOOD)
    cards = write_csv(shop.parent / "cards.csv", [("c1", "Lugo")], ("client", "town"))
    shop.write_text(YAML + CARDS, encoding="utf-8")
    before = workspace.fingerprint(load_config(shop))
    write_csv(cards, [("c1", "Vigo")], ("client", "town"))
    assert workspace.fingerprint(load_config(shop)) != before


def test_work_by_hand_fills_itself_and_starts_anew_when_the_source_changes(shop, monkeypatch):
    monkeypatch.setattr(session, "project_root", lambda: shop.parent)
    orders = write_csv(shop.parent / "orders.csv", GOOD)
    first = session.open_run("shop.yaml")
    assert len(first.read("forecast")) == 40  # runs 01 and 03 on the way
    assert session.open_run("shop.yaml").has("forecast")
    write_csv(orders, GOOD[:-1])
    assert not session.open_run("shop.yaml").has("forecast")


def test_notebooks_opened_at_the_same_time_make_an_artefact_once(shop, monkeypatch):
    made = []

    def pretend(notebook, run):
        made.append(notebook.slug)
        time.sleep(0.05)
        for name in notebook.writes:
            run.write_facts(name, {"n": 1})

    monkeypatch.setattr(session, "project_root", lambda: shop.parent)
    monkeypatch.setattr(execute, "execute_notebook", pretend)
    write_csv(shop.parent / "orders.csv", GOOD)
    runs = [session.open_run("shop.yaml") for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        assert [len(frame) for frame in both.map(lambda run: run.read("forecast"), runs)] == [1, 1]
    assert made == ["01_customer_base", "03_lifetime_value"]


def test_an_artefact_is_written_whole_or_not_at_all(shop, monkeypatch):
    def run_out_of_space(frame, file, **_):
        Path(file).write_bytes(b"PAR1")
        raise OSError("no space left")

    write_csv(shop.parent / "orders.csv", GOOD)
    folder = shop.parent / "run"
    folder.mkdir()
    run = workspace.prepare(load_config(shop), folder, run_id="test")
    monkeypatch.setattr(pd.DataFrame, "to_parquet", run_out_of_space)
    with pytest.raises(OSError, match="no space left"):
        run.write("customers", pd.DataFrame({"customer_id": ["C1"]}))
    assert not run.has("customers")


@pytest.mark.parametrize(
    ("lines", "amounts"),
    [
        ([("C1", "2024-01-05", "10")], ""),
        ([(name, day, net) for name, day, net in GOOD if "2024-07-03" <= day <= "2024-07-29"], ", amount: net"),
    ],
    ids=["a single order without amount", "many customers in part of a month"],
)
def test_a_history_too_short_for_cohorts_is_said_to_be_so(lines, amounts, shop):
    shop.write_text(YAML.replace(", amount: net", amounts) + "horizon_days: 90\n", encoding="utf-8")
    write_csv(shop.parent / "orders.csv", lines)
    folder = shop.parent / "run"
    folder.mkdir()
    run = workspace.prepare(load_config(shop), folder, run_id="test")
    _, value = [execute.execute_notebook(notebook, run).file for notebook in graph.NOTEBOOKS[:2]]
    assert "The history is too short to follow cohorts" in str(outputs_of(value))


def test_a_source_whose_name_looks_like_a_pattern_is_fingerprinted_by_its_content(tmp_path):
    orders = write_csv(tmp_path / "orders[1].csv", GOOD)
    config = tmp_path / "shop.yaml"
    config.write_text(YAML.replace("orders.csv", "orders[1].csv"), encoding="utf-8")
    before = workspace.fingerprint(load_config(config))
    write_csv(orders, GOOD[:-1])
    assert workspace.fingerprint(load_config(config)) != before


def test_a_missing_artefact_of_a_run_names_the_notebook_that_writes_it(shop):
    write_csv(shop.parent / "orders.csv", GOOD)
    folder = shop.parent / "run"
    folder.mkdir()
    run = workspace.prepare(load_config(shop), folder, run_id="test")
    with pytest.raises(DataError, match="artefact 'forecast' is missing; 03_lifetime_value writes it"):
        run.read("forecast")
    with pytest.raises(ConfigError, match="no notebook writes an artefact 'fortune'"):
        run.write("fortune", run.days.limit(0).execute())


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("as_of: 2020-01-01", "as_of 2020-01-01 lies before the first usable line"),
        ("as_of: 2999-01-01", "as_of 2999-01-01 lies in the future"),
        ("notebooks: {02_current_value: {top_share: 2.0}}", "02_current_value: top_share = 2.0: must be above 0"),
        ("holdout_days: 5000", "holdout_days = 5000 does not fit"),
        (
            "horizon_days: 3650\nmax_horizon_multiple: 2",
            r"horizon_days = 3650 is 6\.\d times the 5\d\d days of history",
        ),
    ],
)
def test_dates_that_do_not_fit_the_data_are_refused(setting, says, shop):
    write_csv(shop.parent / "orders.csv", GOOD)
    shop.write_text(YAML + setting + "\n", encoding="utf-8")
    with pytest.raises(ClvError, match=says):
        run_suite(load_config(shop), shop.parent / "reports", silent)


def test_a_place_that_cannot_hold_reports_is_one_line(shop, monkeypatch, capsys):
    write_csv(shop.parent / "orders.csv", GOOD)
    (shop.parent / "file").write_text("in the way", encoding="utf-8")
    code, _, stderr = invoke(monkeypatch, capsys, "run", str(shop), "--reports", str(shop.parent / "file" / "x"))
    assert code == 1
    assert "reports cannot be written there: Not a directory; choose another folder" in stderr


def test_lines_after_the_as_of_date_are_told_apart(shop):
    write_csv(shop.parent / "orders.csv", GOOD)
    shop.write_text(YAML + "as_of: 2025-01-31\n", encoding="utf-8")
    folder = shop.parent / "run"
    folder.mkdir()
    run = workspace.prepare(load_config(shop), folder, run_id="test")
    later = [float(net) for _, day, net in GOOD if day > "2025-01-31"]
    assert later
    accounts = run.context.accounts
    assert (accounts.rows_used, accounts.rows_later) == (len(GOOD) - len(later), len(later))
    assert float(accounts.amount_later) == pytest.approx(sum(later), abs=1e-6)
    assert float(accounts.amount_used) == pytest.approx(run.money_as_of, abs=1e-6)
    assert run.money_as_of + sum(later) == pytest.approx(sum(float(net) for *_, net in GOOD), abs=1e-6)
