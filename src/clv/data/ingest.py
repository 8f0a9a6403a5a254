"""From a source as it is to clean transactions and a quarantine: no line and no money is lost on the way.

Each line of the source ends in exactly one of two Parquet files, the quarantine with the reason why it cannot be
used. Everything is an expression that the engine runs; only counts come back.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import shutil
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pandas as pd
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Column, StringColumn, Table

from clv.config import TransactionsTable
from clv.data import amounts
from clv.data.amounts import AmountsRead, DecimalMark
from clv.data.connect import file_states, read_source, refuse_changed
from clv.data.decided import Decision
from clv.data.engine import open_engine
from clv.data.missing import MISSING_IDS, is_missing, on_missing_ids
from clv.data.odd_dates import lines_by_day, on_days, on_far_dates, proper_span
from clv.data.oddities import find_oddities, on_copies
from clv.data.order_totals import spread_totals
from clv.data.parquet_files import EXACT_FLOATS
from clv.data.reading import ORDINAL, Reading, small_table
from clv.data.schema import DATE_AT_FAULT, FORMAT_REASONS, MONEY, QUARANTINE, REASONS, TRANSACTIONS
from clv.data.stamps import read_stamps
from clv.errors import DataError

EARLIEST_DAY = dt.date(1970, 1, 1)
LOST_REFUNDS = 3  # unreadable amounts written alike, from which they are a notation and no slips


@dataclass(frozen=True)
class Intake:
    """What came in, what of it can be used, and why the rest cannot.

    Attributes
    ----------
    rows_read, rows_clean, rows_quarantined
        Lines; the first is the sum of the other two.
    amount_clean, amount_quarantined
        Money on the usable lines, and on the quarantined lines whose amount can be read; None in a log without
        amounts, where nothing is known of money and zero would be a claim.
    reasons
        Quarantined lines by reason, most frequent first.
    first_day, last_day
        Of the usable lines.
    n_unreadable_amounts
        Quarantined lines whose worth is unknown, since their amount is missing or cannot be read; None in a log
        without amounts.
    decisions
        What the data left to us or a rule made, about all lines, in the order in which they were read.
    """

    rows_read: int
    rows_clean: int
    rows_quarantined: int
    amount_clean: Decimal | None
    amount_quarantined: Decimal | None
    reasons: dict[str, int]
    first_day: dt.date
    last_day: dt.date
    n_unreadable_amounts: int | None = None
    decisions: tuple[Decision, ...] = ()


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


def check_currency(currency: str, intake: Intake, where: str) -> None:
    """Refuse a config whose currency is not the one that the source itself names.

    Raises
    ------
    DataError
        Naming both, or all that several places of a log name.
    """
    said = [decision for decision in intake.decisions if decision.topic == "currency"]
    if len({decision.value for decision in said}) > 1:
        listed = ", ".join(f"{decision.place}: {decision.value}" for decision in said)
        raise DataError(
            f"the logs are in several currencies, whose amounts do not add up ({listed}); convert them to one"
        )
    if said and said[0].value != currency:
        named = said[0]
        raise DataError(
            f"{named.place or where}: {named.because}: {named.value}, but currency is {currency}; "
            f"state currency: {named.value}"
        )


def check_as_of(as_of: dt.date, intake: Intake, today: dt.date) -> None:
    """Refuse an as-of date before the data begin or after today.

    Raises
    ------
    DataError
        Naming the date and the span of the data.
    """
    if as_of < intake.first_day:
        raise DataError(f"as_of {as_of} lies before the first usable line, {intake.first_day}; choose a later date")
    if as_of > max(today, intake.last_day):
        raise DataError(
            f"as_of {as_of} lies in the future; the data end on {intake.last_day}: choose that or leave it out"
        )


def _ingest(
    engine: Backend, source: TransactionsTable, folder: Path, staging: Path, today: dt.date, limit: float
) -> Intake:
    reading = read_source(engine, source, staging)
    _require_columns(reading.columns, source.columns, source.path)
    has_copies = _has_copies(reading)
    typed, decisions = _typed(engine, reading, source, has_copies)
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
    intake = _count(clean, quarantine, found, source, limit)
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
    return [*find_oddities(engine, clean), *on_days(lines_by_day(clean), clean)]


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


def _require_columns(found: list[str], columns: dict[str, str], where: str) -> None:
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in found}
    if not missing:
        return
    named = []
    for ours, theirs in missing.items():
        near = difflib.get_close_matches(theirs, found, n=1)
        named.append(f"{theirs!r} (for {ours}" + (f"; did you mean {near[0]!r}?)" if near else ")"))
    moneyless = "no amounts at all? leave amount out of columns, or score with --no-amount; "
    raise DataError(
        f"{where}: {len(missing)} of {len(columns)} columns are missing: {', '.join(named)}; "
        f"{moneyless if 'amount' in missing else ''}"
        f"the file has: {', '.join(map(repr, found[:20]))}"
    )


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


def _typed(
    engine: Backend, reading: Reading, source: TransactionsTable, has_copies: bool
) -> tuple[Table, list[Decision]]:
    """Give the mapped columns their types, and say what was decided for it."""
    rows, columns, where = reading.rows, source.columns, source.path
    when = read_stamps(reading, columns["ordered_at"], source)
    decisions = list(when.decisions)
    amount, amount_missing, mark = ibis.null(MONEY), ibis.literal(False), None
    if source.has_amounts:
        amount, mark, on_amounts = _amounts(rows, source, "amount")
        amount_missing = is_missing(rows[columns["amount"]], any_case=True)
        free = [name for name in reading.columns if name not in columns.values()]
        currency = amounts.find_currency(rows, free, columns.get("currency"), where)
        decisions += [*on_amounts, *([] if currency is None else [currency])]
    optional = {
        name: _text(rows[columns[name]], f"{where}: {columns[name]}") if name in columns else ibis.null(str)
        for name in ("order_id", "product_id", "channel", "store_id")
    }
    quantity = rows[columns["quantity"]].try_cast("float64") if "quantity" in columns else ibis.null("float64")
    money = {
        name: _amounts(rows, source, name, mark).amount if name in columns else ibis.null(MONEY)
        for name in ("discount", "cost")
    }
    repeats = _repeats(reading) if has_copies else ibis.literal(False)
    has_order = ~is_missing(rows[columns["order_id"]]) if "order_id" in columns else ibis.literal(False)
    words = MISSING_IDS if source.missing_ids is None else source.missing_ids
    typed = rows.select(
        customer_id=_text(rows[columns["customer_id"]], f"{where}: {columns['customer_id']}"),
        customer_id_missing=is_missing(rows[columns["customer_id"]], words),
        ordered_on=when.stamp.cast("date"),
        ordered_at_found=rows[columns["ordered_at"]].cast("string"),
        ordered_at_missing=is_missing(rows[columns["ordered_at"]], any_case=True),
        amount=amount,
        amount_found=rows[columns["amount"]].cast("string") if source.has_amounts else ibis.null(str),
        amount_missing=amount_missing,
        is_copy=repeats & has_order,
        is_twin=repeats & ~has_order,
        quantity=quantity,
        **optional,
        **money,
        register=ibis.literal(source.register_name),
        **{ORDINAL: ibis.null("int64") if reading.locate is None else rows[ORDINAL]},
    )
    typed = engine.create_view("typed", typed)  # keeps the engine from typing once a reason
    if source.has_amounts and "order_id" in columns:
        typed, on_totals = spread_totals(engine, typed)
        decisions += on_totals
    return typed, decisions


def _text(column: Column, where: str) -> StringColumn:
    """Write a value as text; a whole number that arrived as a float loses its '.0', an id that is text nothing."""
    kind = column.type()
    if kind.is_binary() or kind.is_nested() or kind.is_temporal() or kind.is_boolean():
        raise DataError(f"{where}: ids are of type {kind}; give text or numbers")
    if kind.is_floating():
        largest = column.nullif(float("nan")).abs().max().execute()
        if largest is not None and largest >= EXACT_FLOATS:
            raise DataError(
                f"{where}: holds numbers above {EXACT_FLOATS:,}, e.g. {largest:.0f}, which a number with a point "
                "cannot tell apart; write ids as text"
            )
    text = column.cast("string")
    fractional = kind.is_floating() or kind.is_decimal()
    return text.re_replace(r"\.0+$", "") if fractional else text


def _amounts(rows: Table, source: TransactionsTable, name: str, mark: DecimalMark | None = None) -> AmountsRead:
    """Read a column of money; `mark` is what another column of the same lines told of the decimal mark."""
    theirs, where = source.columns[name], f"{source.path}: {source.columns[name]}"
    if rows[theirs].type().is_numeric():
        return AmountsRead(rows[theirs].try_cast(MONEY), None, ())
    if not rows[theirs].type().is_string():
        raise DataError(f"{where}: amounts are of type {rows[theirs].type()}; give numbers")
    decimal = source.decimal or mark
    return amounts.read_text(rows, theirs, where, decimal=decimal, currency_sign=source.currency_sign)


def _has_copies(reading: Reading) -> bool:
    """Count distinct hashes of whole lines, which costs far less than a window over them."""
    rows = reading.rows
    whole = ibis.struct({name: rows[name] for name in reading.columns}).hash()
    counted = rows.aggregate(n=rows.count(), distinct=whole.nunique()).execute()
    return bool(counted["n"][0] != counted["distinct"][0])


def _repeats(reading: Reading) -> Column:
    """Whether a line repeats one before it in every column."""
    return ibis.row_number().over(ibis.window(group_by=[reading.rows[name] for name in reading.columns])) > 0


def _count(clean: Table, quarantine: Table, n_found: int, source: TransactionsTable, limit: float) -> Intake:
    where, priced = source.path, source.has_amounts
    usable = clean.aggregate(
        n=clean.count(), money=clean.amount.sum(), first=clean.ordered_on.min(), last=clean.ordered_on.max()
    ).execute()
    by_reason = (
        quarantine.group_by("reason")
        .aggregate(n=_.count(), money=_.money.sum(), unknown=_.money.isnull().sum())
        .order_by(ibis.desc("n"), "reason")
    ).execute()
    reasons = dict(zip(by_reason["reason"], by_reason["n"].astype(int), strict=True))
    n_clean, n_faulty = int(usable["n"][0]), sum(reasons.values())
    if n_clean + n_faulty != n_found:
        raise AssertionError(f"{where}: {n_found} lines read, {n_clean} usable and {n_faulty} quarantined")
    if n_found == 0:
        raise DataError(f"{where}: has a header and no line of data; export it again")
    _refuse_if_misread(quarantine, reasons, n_found, where, limit)
    _refuse_lost_refunds(quarantine, where)
    if n_clean == 0:
        raise DataError(f"{where}: none of {n_faulty:,} lines can be used: {_listed(reasons)}; check the columns map")
    return Intake(
        rows_read=n_found,
        rows_clean=n_clean,
        rows_quarantined=n_faulty,
        amount_clean=_money(usable["money"][0]) if priced else None,
        amount_quarantined=sum((_money(value) for value in by_reason["money"]), Decimal(0)) if priced else None,
        reasons=reasons,
        first_day=_day(usable["first"][0]),
        last_day=_day(usable["last"][0]),
        n_unreadable_amounts=int(by_reason["unknown"].sum()) if priced else None,
    )


def _refuse_if_misread(quarantine: Table, reasons: dict[str, int], n_rows: int, where: str, limit: float) -> None:
    unreadable = {reason: n for reason, n in reasons.items() if reason in FORMAT_REASONS}
    if sum(unreadable.values()) > limit * n_rows:
        raise DataError(
            f"{where}: {sum(unreadable.values()):,} of {n_rows:,} lines cannot be read: {_listed(unreadable)}; state "
            "delimiter, date_format, decimal or currency_sign in the config, or raise max_unreadable_share; "
            f"e.g. {_examples(quarantine, list(unreadable))}"
        )


def _examples(quarantine: Table, reasons: list[str]) -> str:
    """Return the first value of each reason as it was found, with its line where it has one."""
    shown = []
    for reason in reasons:
        first = quarantine.filter(_.reason == reason).order_by("line_number").limit(1).execute().iloc[0]
        value = {"date_not_readable": first.ordered_at, "amount_not_a_number": first.amount}.get(reason, first.line)
        place = "" if pd.isna(first.line_number) else f" in line {int(first.line_number):,}"
        shown.append(f"{str(value)[:40]!r}{place}")
    return ", ".join(shown)


def _refuse_lost_refunds(quarantine: Table, where: str) -> None:
    """Refuse a log in which one way of writing amounts cannot be read: most often it is that of refunds.

    Without its refunds a log only looks better. Slips of single lines differ from each other and are set aside.
    """
    unreadable = quarantine.filter(_.reason == "amount_not_a_number")
    bare = unreadable.amount.re_replace(r"[0-9][0-9.,\s]*", "9").strip()
    ways = (
        unreadable.mutate(way=bare)
        .filter(_.way.contains("9") & ~_.way.re_search("^[+]?9$"))
        .group_by("way")
        .aggregate(n=_.count(), example=_.amount.argmin(_.line_number.fill_null(0)), line=_.line_number.min())
    )
    found = ways.filter(_.n >= LOST_REFUNDS).order_by(ibis.desc("n"), "way").limit(1).execute()
    for _way, n, example, line in found.itertuples(index=False):
        what = "negative amounts" if re.search(amounts.NEGATIVE, example) else "amounts in a notation of their own"
        place = "" if pd.isna(line) else f" in line {int(line):,}"
        raise DataError(
            f"{where}: {n:,} {what} cannot be read, e.g. {example[:40]!r}{place}, so that refunds alone would "
            "be lost; state decimal or currency_sign, or write them as -12.50"
        )


def _listed(reasons: dict[str, int]) -> str:
    return ", ".join(f"{REASONS[reason]} ({n:,})" for reason, n in reasons.items())


def _money(value: Decimal | None) -> Decimal:
    return Decimal(0) if value is None or value != value else Decimal(value)  # a sum of nothing arrives as nan


def _day(value: dt.date | pd.Timestamp) -> dt.date:
    return pd.Timestamp(value).date()
