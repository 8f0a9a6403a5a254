"""All runs that a company's reports were ever published from, with their headline numbers, as data.

`history.json` is a list, oldest run first. An entry stays when `--keep` removes the run; `kept` says whether its folder
is still there. What stands under `headline` is what `run.json` holds there, so that a number added to the one is in the
history of the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from clv.suite.places import RECORD, published_runs, write_synced

HISTORY: Final = "history.json"
_OF_CONFIG: Final = ("language", "currency", "horizon_days")


def read_history(home: Path) -> list[dict[str, Any]]:
    """Return the entries of all published runs, oldest first; those on the disk always as their `run.json` has them.

    Returns
    -------
    list of dict
        `run_id`, `created_at` (UTC, ISO 8601), `as_of` (ISO 8601), `version`, `language`, `currency`, `horizon_days`,
        `seconds`, `headline` (numbers by name) and `kept`.
    """
    known = {entry["run_id"]: {**entry, "kept": False} for entry in _written(home / HISTORY)}
    for folder in published_runs(home):
        record = _json(folder / RECORD)
        if isinstance(record, dict) and "run_id" in record:
            known[record["run_id"]] = entry_of(record)
    return [known[run_id] for run_id in sorted(known)]


def entry_of(record: dict[str, Any]) -> dict[str, Any]:
    """Return the entry of a run from its `run.json`."""
    config = record.get("config", {})
    return {
        **{name: record.get(name) for name in ("run_id", "created_at", "as_of", "version")},
        **{name: config.get(name) for name in _OF_CONFIG},
        "seconds": record.get("seconds"),
        "headline": record.get("headline", {}),
        "kept": True,
    }


def with_run(home: Path, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries as they will be once a run is published."""
    return [*(entry for entry in read_history(home) if entry["run_id"] != record["run_id"]), entry_of(record)]


def stage_history(home: Path, entries: Iterable[dict[str, Any]]) -> Path:
    """Write a history beside the present one; it is moved there later."""
    part = home / f".{HISTORY}.part"
    write_synced(part, as_text(entries))
    return part


def as_text(entries: Iterable[dict[str, Any]]) -> str:
    """Return entries as they are written."""
    return json.dumps(list(entries), indent=1, ensure_ascii=False, default=str) + "\n"


def _written(file: Path) -> list[dict[str, Any]]:
    content = _json(file)
    entries = content if isinstance(content, list) else []
    return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("run_id"), str)]


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or not ours: the folders of the runs say the same
        return None
