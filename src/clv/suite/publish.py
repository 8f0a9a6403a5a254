"""Run the suite for a company and publish its report by one rename; a failed run changes nothing published.

reports/<name>/<run_id>/   pages, artefacts, executed notebooks, export and run.json of a published run
reports/<name>/latest      link to the newest of them
reports/<name>/failed/     what a failed run left: its notebooks up to the failing cell, and error.json
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import platform
import secrets
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from clv.config import Config
from clv.data.identity.company import CARDS, MAP, REVIEW
from clv.decisions.export import DICTIONARY, export_table, write_table
from clv.errors import ClvError, ConfigError
from clv.suite.execute import Executed, Progress, check_parameters, execute_suite
from clv.suite.site import render_site
from clv.suite.workspace import PURCHASE_DAYS, Workspace, prepare

RECORDED_VERSIONS = ("clv", "duckdb", "ibis-framework", "numpy", "pandas", "papermill", "scipy", "seaborn")


@dataclass(frozen=True)
class Published:
    """A published run: its folder and the first page to open."""

    folder: Path
    index: Path
    seconds: float


def run_suite(config: Config, reports: Path, progress: Progress) -> Published:
    """Ingest, execute, render and publish.

    Parameters
    ----------
    config
        The company.
    reports
        Folder that holds one folder per company.
    progress
        Called with a step and what happened to it.

    Returns
    -------
    Published
        Where the report is.

    Raises
    ------
    ClvError
        If the data, the config or a notebook stops the run. What was published before is untouched; the remains
        lie in `failed/`.
    """
    started = time.monotonic()
    check_parameters(config)
    home = reports / config.name
    run_id = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    building = home / ".building" / run_id
    try:
        building.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            f"{reports}: reports cannot be written there: {error.strerror}; choose another folder"
        ) from None
    try:
        _build(config, building, run_id, progress, started)
    except BaseException as error:  # an interruption leaves its remains, too
        _set_aside(config, building, home / "failed" / run_id, error)
        raise
    published = home / run_id
    building.rename(published)
    _drop_if_empty(building.parent)
    _point_latest(home, run_id)
    return Published(published, published / "index.html", time.monotonic() - started)


def _build(config: Config, folder: Path, run_id: str, progress: Progress, started: float) -> None:
    progress("data", "started")
    workspace = prepare(config, folder, run_id)
    intake = workspace.context.intake
    progress("data", f"{intake.rows_clean:,} of {intake.rows_read:,} lines usable")
    executed = execute_suite(workspace, progress)
    progress("pages", "started")
    _forget_paths(executed)
    render_site(workspace, executed)
    _export(workspace)
    _forget_sources(config, folder)
    record = _record(workspace, executed, time.monotonic() - started)
    _write_synced(folder / "run.json", json.dumps(record, indent=2, default=str))


def _export(workspace: Workspace) -> None:
    """Write the customers of the run as files for other systems, with what each column means."""
    folder = workspace.folder / "export"
    folder.mkdir()
    scores, portfolios = workspace.read("current_value"), workspace.read("portfolios")
    customers = export_table(
        workspace.read("customers"), workspace.read("forecast"), scores[["abc", "rfm"]], portfolios[["portfolio"]]
    )
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


def _record(workspace: Workspace, executed: list[Executed], seconds: float) -> dict[str, Any]:
    settled = workspace.context.model_dump(mode="json")
    return {
        "status": "published",
        **settled,
        "customers": len(workspace.read("customers")),
        "seconds": round(seconds, 2),
        "notebooks": {done.slug: {"seconds": round(done.seconds, 2)} for done in executed},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED_VERSIONS}},
    }


def _forget_paths(executed: list[Executed]) -> None:
    """Drop what papermill notes of the machine: a report travels, and paths tell user names."""
    for done in executed:
        notebook = json.loads(done.file.read_text(encoding="utf-8"))
        notebook["metadata"].pop("papermill", None)
        notebook["cells"] = [
            cell for cell in notebook["cells"] if "injected-parameters" not in cell["metadata"].get("tags", [])
        ]
        done.file.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")


def _forget_sources(config: Config, folder: Path) -> None:
    """Remove the clean rows: the data are the client's, and the run keeps what it derived from them."""
    tables = [f"{name}.parquet" for name in ("transactions", *config.source.tables)]
    for name in (*tables, PURCHASE_DAYS, MAP, REVIEW, CARDS):
        (folder / name).unlink(missing_ok=True)


def _set_aside(config: Config, building: Path, failed: Path, error: BaseException) -> None:
    failed.parent.mkdir(parents=True, exist_ok=True)
    kind, text = type(error).__name__, str(error) if isinstance(error, ClvError) else repr(error)
    (building / "error.json").write_text(json.dumps({"error": kind, "message": text}, indent=2), encoding="utf-8")
    _forget_sources(config, building)
    building.rename(failed)
    _drop_if_empty(building.parent)


def _drop_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # another run may be building beside this one
        folder.rmdir()


def _point_latest(home: Path, run_id: str) -> None:
    link = home / f".latest-{run_id}"
    link.symlink_to(run_id, target_is_directory=True)
    os.replace(link, home / "latest")


def _write_synced(file: Path, content: str) -> None:
    with file.open("w", encoding="utf-8") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
