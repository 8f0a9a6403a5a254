"""Several transaction logs of one company – shops, years, systems – read one below the other."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
from ibis.backends.duckdb import Backend

from clv.config import TransactionsTable
from clv.data.decided import Decision
from clv.data.engine import open_engine
from clv.data.ingest import ingest, on_log
from clv.data.intake import Intake

FILES = ("transactions.parquet", "quarantine.parquet")


def ingest_all(
    logs: Sequence[TransactionsTable], folder: Path, *, today: dt.date, max_unreadable_share: float = 0.05
) -> Intake:
    """Read every log as `clv.data.ingest.ingest` does, into the same two files.

    Parameters
    ----------
    logs
        At least one, all with amounts or all without; each with its own place, way of writing and register.
    folder, today, max_unreadable_share
        As for `ingest`; the share holds for each log by itself, since each may be misread by itself.

    Returns
    -------
    Intake
        Sums over the logs.

    Raises
    ------
    DataError
        As for `ingest`, naming the log; nothing is then left behind.
    """
    if len(logs) == 1:
        return ingest(logs[0], folder, today=today, max_unreadable_share=max_unreadable_share)
    parts = [folder / f".log_{number}" for number in range(len(logs))]
    try:
        for part in parts:
            part.mkdir()
        intakes = [
            ingest(log, part, today=today, max_unreadable_share=max_unreadable_share, is_whole_log=False)
            for log, part in zip(logs, parts, strict=True)
        ]
        engine = open_engine(spill=parts[0])
        try:
            for name in FILES:
                _join(engine, [part / name for part in parts], folder / name)
            odd = on_log(engine, folder)
        finally:
            engine.disconnect()
    finally:
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
    decisions = [
        replace(decision, place=_place(log))
        for log, intake in zip(logs, intakes, strict=True)
        for decision in intake.decisions
    ]
    return _sum(intakes, (*decisions, *odd))


def _place(log: TransactionsTable) -> str:
    """Return the name of a log as a reader knows it, without its folder."""
    name = Path(log.path).name
    return name if log.table is None else f"{name}: {log.table}"


def _join(engine: Backend, parts: list[Path], file: Path) -> None:
    ibis.union(*(engine.read_parquet(part) for part in parts)).to_parquet(file)


def _sum(intakes: list[Intake], decisions: tuple[Decision, ...]) -> Intake:
    reasons = sum((Counter(intake.reasons) for intake in intakes), Counter[str]())
    return Intake(
        rows_read=sum(intake.rows_read for intake in intakes),
        rows_clean=sum(intake.rows_clean for intake in intakes),
        rows_quarantined=sum(intake.rows_quarantined for intake in intakes),
        amount_clean=_total([intake.amount_clean for intake in intakes]),
        amount_quarantined=_total([intake.amount_quarantined for intake in intakes]),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        first_day=min(intake.first_day for intake in intakes),
        last_day=max(intake.last_day for intake in intakes),
        n_unreadable_amounts=_total([intake.n_unreadable_amounts for intake in intakes]),
        decisions=decisions,
    )


def _total(parts: list[Any]) -> Any:
    """Return the sum of what is known, None where nothing is."""
    known = [part for part in parts if part is not None]
    return sum(known[1:], known[0]) if known else None
