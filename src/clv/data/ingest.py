"""From a source as it is to clean transactions and a quarantine: no line and no money is lost on the way.

Each line of the source ends in exactly one of two Parquet files, the quarantine with the reason why it cannot be
used. Everything is an expression that the engine runs; only counts come back.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import ibis
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import TransactionsTable
from clv.data.columns import require_columns
from clv.data.connect import file_states, read_source, refuse_changed
from clv.data.decided import Decision
from clv.data.engine import open_engine
from clv.data.intake import Intake, count_lines
from clv.data.missing import on_missing_ids
from clv.data.odd_dates import lines_by_day, on_days, on_far_dates, proper_span
from clv.data.oddities import find_oddities, on_copies
from clv.data.order_totals import on_repeated_totals
from clv.data.reading import ORDINAL, Reading, small_table
from clv.data.schema import DATE_AT_FAULT, MONEY, QUARANTINE, TRANSACTIONS
from clv.data.typed_lines import has_copies_in, typed_lines
from clv.errors import DataError

EARLIEST_DAY = dt.date(1970, 1, 1)


def ingest(
    source: TransactionsTable,
    folder: Path,
    *,
    today: dt.date,
    max_unreadable_share: float = 0.05,
    is_whole_log: bool = True,
) -> Intake:
    """Read a transaction log into `folder/transactions.parquet` and `folder/quarantine.parquet`.

    Parameters
    ----------
    source
        Location, columns and way of writing. Without a column of amounts, amounts are null and no reason to
        quarantine a line.
    folder
        Existing folder to write into.
    today
        Dates after this day lie in the future.
    max_unreadable_share
        Share of lines with unreadable dates or amounts, or a wrong number of columns, above which the file was
        most likely misread and nothing is written.
    is_whole_log
        Whether no other source is read with it; then what looks odd in the log as a whole is said.

    Returns
    -------
    Intake
        Counts and, where there are amounts, money of both files.

    Raises
    ------
    DataError
        If the source cannot be read, lacks a mapped column, has no usable line, is mostly unreadable, or changes
        while it is read.
    """
    before = file_states(source)
    staging = folder / ".staging"
    staging.mkdir()
    engine = open_engine(spill=staging)
    try:
        intake = _ingest(engine, source, folder, staging, today, max_unreadable_share)
        refuse_changed(source, before)
        return replace(intake, decisions=(*intake.decisions, *on_log(engine, folder))) if is_whole_log else intake
    except (DataError, duckdb.Error) as error:
        for name in ("transactions.parquet", "quarantine.parquet"):
            (folder / name).unlink(missing_ok=True)
        if isinstance(error, DataError):
            raise
        reason = str(error).partition("\n")[0].strip()[:200]
        raise DataError(f"{source.path}: cannot be read: {reason}; check date_format, or export it again") from error
    finally:
        engine.disconnect()
        shutil.rmtree(staging)


def _ingest(
    engine: Backend, source: TransactionsTable, folder: Path, staging: Path, today: dt.date, limit: float
) -> Intake:
    reading = read_source(engine, source, staging)
    require_columns(reading.columns, source)
    has_copies = has_copies_in(reading)
    typed, decisions = typed_lines(engine, reading, source, has_copies)
    judged = _judge(typed, source, today)
    if has_copies:  # to find them takes a window over all lines, which is worth doing once
        judged.to_parquet(staging / "judged.parquet")
        judged = engine.read_parquet(staging / "judged.parquet")
    clean = _write_clean(engine, judged, folder, "clean")
    by_day = lines_by_day(clean)
    if not by_day.empty and not source.keep_far_dates:
        span = proper_span(by_day)
        if span.before + span.after:
            inside = judged.ordered_on.between(span.first, span.last)
            reason = ibis.ifelse(judged.reason.isnull() & ~inside, "date_far_from_rest", judged.reason)
            judged = judged.mutate(reason=reason)
            clean = _write_clean(engine, judged, folder, "clean_without_far_dates")
            decisions = [*decisions, on_far_dates(by_day, span)]
    n_malformed = 0 if reading.malformed is None else reading.malformed.count().execute()
    found = reading.rows.count().execute() + n_malformed
    quarantine = _quarantine(engine, judged, reading, is_empty=found == clean.count().execute())
    quarantine.select(*QUARANTINE).to_parquet(folder / "quarantine.parquet")
    intake = count_lines(clean, quarantine, found, source, limit)
    said = [
        *reading.decisions,
        *decisions,
        *on_missing_ids(quarantine.filter(_.reason == "no_customer_id")),
        *(on_copies(judged.filter(_.reason.isnull() & _.is_twin)) if has_copies else []),
    ]
    return replace(intake, decisions=tuple(said))


def on_log(engine: Backend, folder: Path) -> list[Decision]:
    """Return what looks odd in the usable lines of a folder as a whole: ids, orders, days."""
    clean = engine.read_parquet(folder / "transactions.parquet", table_name="log")
    return [*find_oddities(engine, clean), *on_repeated_totals(clean), *on_days(lines_by_day(clean), clean)]


def _write_clean(engine: Backend, judged: Table, folder: Path, name: str) -> Table:
    judged.filter(_.reason.isnull()).select(*TRANSACTIONS).to_parquet(folder / "transactions.parquet")
    return engine.read_parquet(folder / "transactions.parquet", table_name=name)


def _quarantine(engine: Backend, judged: Table, reading: Reading, *, is_empty: bool) -> Table:
    """Return the lines that cannot be used, values as they were found, each with its place in its text file."""
    as_found = {"ordered_at": judged.ordered_at_found, "amount": judged.amount_found}
    columns = {"reason": judged.reason, "customer_id": judged.customer_id, **as_found, "line": ibis.null(str)}
    believed = ibis.ifelse(judged.reason.isin(DATE_AT_FAULT), ibis.null("date"), judged.ordered_on)
    columns |= {"ordered_on": believed, "money": judged.amount, "ordinal": judged[ORDINAL]}
    rows = judged.filter(_.reason.notnull()).select(**columns)
    if is_empty:  # the usual case, which a second pass over the source would only slow
        rows = rows.limit(0)
    rows = engine.create_table("set_aside", rows, temp=True)
    place: Table = rows.select("ordinal", file=ibis.null(str), line_number=ibis.null("int64")).limit(0)
    if reading.locate is not None and not is_empty:
        ordinals = rows.filter(_.ordinal.notnull()).ordinal.execute().to_numpy()
        found = reading.locate(ordinals).assign(ordinal=ordinals)
        place = small_table(engine, "places", found, PLACES)
    rows = rows.left_join(place, "ordinal").select(*QUARANTINE)
    if reading.malformed is not None:
        unknown = {name: ibis.null(str) for name in ("customer_id", "ordered_at", "amount")}
        unread = {"ordered_on": ibis.null("date"), "money": ibis.null(MONEY)}
        malformed = reading.malformed.mutate(reason=ibis.literal("malformed_line"), **unknown, **unread)
        rows = rows.union(malformed.select(*QUARANTINE))
    return engine.create_table("quarantined", rows.order_by("file", "line_number"), temp=True)


PLACES = ibis.schema({"ordinal": "int64", "file": "string", "line_number": "int64"})


def _judge(typed: Table, source: TransactionsTable, today: dt.date) -> Table:
    """Add to each line the first reason why it cannot be used, null if it can."""
    priced = source.has_amounts
    faults = {
        "no_customer_id": typed.customer_id_missing,
        "no_date": typed.ordered_at_missing,
        "date_not_readable": typed.ordered_on.isnull(),
        "date_in_future": typed.ordered_on > today,
        "date_implausible": typed.ordered_on < EARLIEST_DAY,
        **({"no_amount": typed.amount_missing, "amount_not_a_number": typed.amount.isnull()} if priced else {}),
        "duplicate_line": typed.is_copy,
    }
    return typed.mutate(reason=ibis.cases(*((fault, name) for name, fault in faults.items()), else_=ibis.null(str)))
