"""Run the suite for a company and publish its report by one rename; a failed run changes nothing published.

`clv.suite.places` says what lies where in the folder of its reports.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from clv.checks.registry import Outcome, age_of_data, of_table, require_publishable
from clv.config import Config
from clv.data.identity.company import CARDS, MAP, REVIEW
from clv.decisions.export import DICTIONARY, write_table
from clv.errors import StorageError
from clv.suite.execute import FULL_OR_LOCKED, Executed, Progress, execute_suite
from clv.suite.history import HISTORY, entry_of, read_history, stage_history, with_run
from clv.suite.home import show, stage_home
from clv.suite.journal import Journal
from clv.suite.keys import pages_key
from clv.suite.languages import translations
from clv.suite.lists import customers_of
from clv.suite.lock import cannot_write, hold
from clv.suite.parameters import check_parameters
from clv.suite.places import (
    BUILDING,
    FAILED,
    LATEST,
    PARTIAL,
    RECORD,
    latest_run,
    published_runs,
    staged_link,
    write_synced,
)
from clv.suite.plan import Options, Plan, foreseen, make_plan, up_to_date
from clv.suite.remnants import REMOVED, clear_remnants, clear_sockets, drop_if_empty, set_aside_error
from clv.suite.reuse import take_over
from clv.suite.site import render_site
from clv.suite.workspace import PURCHASE_DAYS, Workspace, prepare, read_context

RECORDED_VERSIONS = ("clv", "duckdb", "ibis-framework", "numpy", "pandas", "papermill", "scipy", "seaborn")
CHECKED = "checks"  # artefact with what the checks of a run found
EVERYTHING = Options()
_OF_FORECAST = ("expected_orders", "expected_revenue", "revenue_low", "revenue_high", "clv", "trust")


@dataclass(frozen=True)
class Published:
    """A run that ended well.

    Attributes
    ----------
    folder, index
        Of the run, and the first page to open.
    seconds
        That it took.
    executed, taken
        Notebooks that ran, and those whose results were taken over.
    status
        `published`; `partial` where only some of the notebooks were asked for, which publishes nothing; or `unchanged`
        where the latest report is what a run would publish.
    """

    folder: Path
    index: Path
    seconds: float
    executed: int = 0
    taken: int = 0
    status: str = "published"

    def __str__(self) -> str:
        """Say it in one line."""
        if self.status == "unchanged":
            return f"nothing has changed since {self.folder.name}, which stays the latest report; {self.seconds:.0f} s"
        what = f"{self.executed} notebooks executed" + (f", {self.taken} taken over" if self.taken else "")
        done = "published" if self.status == "published" else "not published, being a part of the suite,"
        return f"{done} in {self.seconds:.0f} s: {what}"


def run_suite(config: Config, reports: Path, progress: Progress, options: Options = EVERYTHING) -> Published:
    """Ingest, execute, render and publish.

    Parameters
    ----------
    config
        The company.
    reports
        Folder that holds one folder per company.
    progress
        Called with a step and what happened to it, also from other threads.
    options
        Which notebooks, what may be taken over from runs before, how many runs stay.

    Returns
    -------
    Published
        Where the report is.

    Raises
    ------
    GateError
        If a check finds what the config allows no report with.
    LockedError
        If another run of this company goes on.
    StorageError
        If the disk is full or may not be written to.
    ClvError
        If the data, the config or a notebook stops the run. What was published before is untouched; the remains
        lie in `failed/`.
    """
    started = time.monotonic()
    check_parameters(config)
    options.check()
    home = reports / config.name
    run_id = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    with hold(home, run_id):
        for killed in clear_remnants(home):
            progress("clearing", f"run {killed} was killed; what it had finished lies in {FAILED}/")
        if (latest := up_to_date(config, home, options)) is not None:
            require_publishable([age_of_data(read_context(latest).as_of, _today(), config.limits)])
            done = Published(latest, latest / "index.html", time.monotonic() - started, status="unchanged")
        else:
            if options.only is not None:
                foreseen(config, home, options)  # refuses what no run before can serve, before the data are read
            done = _run(config, home, run_id, progress, options, started)
        if options.keep is not None:
            _remove_old(home, options.keep)
    return done


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _run(config: Config, home: Path, run_id: str, progress: Progress, options: Options, started: float) -> Published:
    building = home / BUILDING / run_id
    try:
        building.mkdir(parents=True)
    except OSError as error:
        raise cannot_write(home.parent, error) from None
    journal = Journal(building, progress)
    journal.note("run", "started", run_id=run_id, company=config.name, clv=version("clv"))
    try:
        plan, record = _build(config, home, building, journal, options, started)
        journal.note("run", record["status"], headline=record["headline"])
        if plan.is_whole:
            folder = _publish(home, building, record)
        else:
            folder = home / PARTIAL / run_id
            folder.parent.mkdir(exist_ok=True)
            building.rename(folder)
    except BaseException as error:  # an interruption leaves its remains, too
        told = _of_storage(error) or error
        journal.note("run", "failed", error=type(told).__name__, message=str(told))
        set_aside_error(building, home / FAILED / run_id, told)
        if not isinstance(error, Exception):
            clear_sockets(home)  # nothing waits for the kernels of an interrupted run to end
        if told is error:
            raise
        raise told from error
    drop_if_empty(building.parent)
    page = folder / plan.notebooks[-1].page if not plan.is_whole else folder / "index.html"
    seconds = time.monotonic() - started
    return Published(folder, page, seconds, len(plan.to_run), len(plan.taken), record["status"])


def _build(
    config: Config, home: Path, folder: Path, journal: Journal, options: Options, started: float
) -> tuple[Plan, dict[str, Any]]:
    journal("data", "started")
    workspace = prepare(config, folder, folder.name)
    intake = workspace.context.intake
    journal("data", f"{intake.rows_clean:,} of {intake.rows_read:,} lines usable")
    plan = make_plan(workspace.context, home, options)
    age = age_of_data(workspace.as_of, _today(), config.limits)
    if plan.is_whole:
        require_publishable([age])  # before anything is computed
    done = {}
    for notebook in plan.notebooks:
        if (source := plan.taken.get(notebook.slug)) is not None:
            done[notebook.slug] = take_over(notebook, source, folder, plan.keys[notebook.slug])
            journal(notebook.slug, f"taken from {source.name}")
    executed = execute_suite(workspace, journal, plan.to_run, plan.keys)
    done |= {notebook.slug: notebook for notebook in executed}
    outcomes = [*of_table(workspace.read(CHECKED)), age] if plan.is_whole else []
    require_publishable(outcomes)
    journal("pages", "started")
    _forget_paths(executed)
    ordered = [done[notebook.slug] for notebook in plan.notebooks]
    record = _record(workspace, plan, ordered, outcomes)
    before = read_history(home)
    render_site(workspace, ordered, (before[-1] if before else None, entry_of(record)) if plan.is_whole else None)
    if plan.is_whole:
        _export(workspace)
    _forget_sources(config, folder)
    record["seconds"] = round(time.monotonic() - started, 2)
    write_synced(folder / RECORD, json.dumps(record, indent=2, default=str))
    return plan, record


def _publish(home: Path, building: Path, record: dict[str, Any]) -> Path:
    """Show a run to readers: what needs room on the disk is done before, then there are renames only."""
    published = home / building.name
    entries = with_run(home, record)
    link, history, pages = (
        staged_link(home, building.name),
        stage_history(home, entries),
        stage_home(home, entries, record),
    )
    building.rename(published)
    os.replace(link, home / LATEST)
    os.replace(history, home / HISTORY)
    show(pages)
    return published


def _of_storage(error: BaseException) -> StorageError | None:
    """Return what to tell of a disk that took no more, whoever found out; None for any other error."""
    if isinstance(error, StorageError) or not isinstance(error, Exception):
        return None
    if isinstance(error, OSError):
        place = f"{Path(error.filename).name}: " if error.filename else ""
        return StorageError(f"{place}{error.strerror or error}; make room or give access")
    if (words := next((words for words in FULL_OR_LOCKED if words in str(error)), None)) is not None:
        return StorageError(f"{words} in the folder of the run; make room or give access")  # an engine's long sentence
    return None


def _remove_old(home: Path, keep: int) -> None:
    """Remove the oldest published runs beyond a number, never the latest, and failed and partial ones before them."""
    runs, latest = published_runs(home), latest_run(home)
    kept = [run for run in runs if run in runs[-keep:] or run.resolve() == latest]
    unfinished = [run for place in (FAILED, PARTIAL) if (home / place).is_dir() for run in (home / place).iterdir()]
    old = [run for run in runs if run not in kept]
    old += [run for run in unfinished if kept and run.name < kept[0].name]
    for run in old:
        hidden = home / f"{REMOVED}{run.name}"
        run.rename(hidden)  # at once, so that nobody reads half of it
        shutil.rmtree(hidden, ignore_errors=True)
    if old and latest is not None:
        entries = read_history(home)
        os.replace(stage_history(home, entries), home / HISTORY)
        show(stage_home(home, entries, json.loads((latest / RECORD).read_text(encoding="utf-8"))))


def _export(workspace: Workspace) -> None:
    """Write the customers of the run as files for other systems, with what each column means."""
    folder = workspace.folder / "export"
    folder.mkdir(exist_ok=True)  # lists of portfolios lie in it
    customers = customers_of(workspace)
    for name in ("customers.csv", "customers.parquet"):
        write_table(customers, folder / name)
    write_table(workspace.read("calls").reset_index(), folder / "calls.csv")
    meanings = pd.DataFrame(
        [(name, DICTIONARY[name]) for name in DICTIONARY if name in customers], columns=["column", "meaning"]
    )
    meanings.to_csv(folder / "dictionary.csv", index=False)
    if workspace.context.identity is not None:
        _export_identity(workspace, folder)


def _export_identity(workspace: Workspace, folder: Path) -> None:
    """Write which ids are which customer, the pairs to review and the cards to complete; they name ids, no person."""
    write_table(pd.read_parquet(workspace.folder / MAP), folder / "identity_map.csv")
    write_table(pd.read_parquet(workspace.folder / REVIEW), folder / "pairs_to_review.csv")
    write_table(workspace.read("cards_to_complete").reset_index(), folder / "cards_to_complete.csv")


def _record(workspace: Workspace, plan: Plan, done: list[Executed], outcomes: list[Outcome]) -> dict[str, Any]:
    settled, headline = workspace.context.model_dump(mode="json"), _headline(workspace)
    return {
        "status": "published" if plan.is_whole else "partial",
        **settled,
        "customers": headline["customers"],
        "headline": headline,
        "checks": {outcome.code: {**asdict(outcome), "rule": outcome.check.rule} for outcome in outcomes},
        "seconds": 0.0,  # until all of it is done
        "notebooks": {one.slug: _how(one) for one in done},
        "keys": {**{one.slug: plan.keys[one.slug] for one in done}, "pages": pages_key()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED_VERSIONS}},
    }


def _headline(workspace: Workspace) -> dict[str, Any]:
    """Return the numbers that the history of runs shows; money is null where none is known."""
    accounts = workspace.context.accounts
    return {
        "customers": len(workspace.read("customers")),
        "lines_used": accounts.rows_used,
        "lines_set_aside": accounts.rows_set_aside,
        "amount_used": float(accounts.amount_used) if accounts.amount_used is not None else None,
        **_expected(workspace),
    }


def _expected(workspace: Workspace) -> dict[str, Any]:
    """Return what the summary says of the base and of what is to come; nothing before the summary is written."""
    if not workspace.has("summary_facts"):
        return {}
    facts = workspace.read_facts("summary_facts")
    named = {"active": "base_active", "sales": "base_sales", **{name: name for name in _OF_FORECAST}}
    found = {name: facts.get(fact) for name, fact in named.items()}
    return {
        name: None if fact is None or pd.isna(fact) else fact if isinstance(fact, str) else float(fact)
        for name, fact in found.items()
    }


def _how(one: Executed) -> dict[str, Any]:
    return {"seconds": round(one.seconds, 2), **({"taken_from": one.taken_from} if one.taken_from else {})}


def _forget_paths(executed: list[Executed]) -> None:
    """Drop what papermill notes of the machine: a report travels, and paths tell user names."""
    for file in [file for done in executed for file in (done.file, *translations(done.file.parents[1], done.slug))]:
        notebook = json.loads(file.read_text(encoding="utf-8"))
        notebook["metadata"].pop("papermill", None)
        notebook["cells"] = [
            cell for cell in notebook["cells"] if "injected-parameters" not in cell["metadata"].get("tags", [])
        ]
        file.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def _forget_sources(config: Config, folder: Path) -> None:
    """Remove the clean rows: the data are the client's, and the run keeps what it derived from them."""
    tables = [f"{name}.parquet" for name in ("transactions", *config.source.tables)]
    for name in (*tables, PURCHASE_DAYS, MAP, REVIEW, CARDS):
        (folder / name).unlink(missing_ok=True)
