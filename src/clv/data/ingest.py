"""From a source as it is to clean transactions and a quarantine: no line and no money is lost on the way.

Each line of the source ends in exactly one of two Parquet files, the quarantine with the reason why it cannot be
used. Everything is an expression that the engine runs; only counts come back.
"""

from __future__ import annotations

import datetime as dt
import difflib
import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Column, DecimalColumn, StringColumn, Table, TimestampColumn

from clv.config import TransactionsTable
from clv.data import parse
from clv.data.connect import read_source
from clv.data.engine import open_engine
from clv.data.schema import FORMAT_REASONS, MONEY, QUARANTINE, REASONS, TRANSACTIONS
from clv.data.timezones import wall_clock
from clv.errors import DataError

EARLIEST_DAY = dt.date(1970, 1, 1)
MUST_BE_THERE = ("customer_id", "ordered_at", "amount")  # in each line of a table that has the column


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
    """

    rows_read: int
    rows_clean: int
    rows_quarantined: int
    amount_clean: Decimal | None
    amount_quarantined: Decimal | None
    reasons: dict[str, int]
    first_day: dt.date
    last_day: dt.date


def ingest(source: TransactionsTable, folder: Path, *, today: dt.date, max_unreadable_share: float = 0.05) -> Intake:
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

    Returns
    -------
    Intake
        Counts and, where there are amounts, money of both files.

    Raises
    ------
    DataError
        If the source cannot be read, lacks a mapped column, has no usable line, or is mostly unreadable.
    """
    staging = folder / ".staging"
    staging.mkdir()
    engine = open_engine(spill=staging)
    try:
        return _ingest(engine, source, folder, staging, today, max_unreadable_share)
    except DataError:
        for name in ("transactions.parquet", "quarantine.parquet"):
            (folder / name).unlink(missing_ok=True)
        raise
    finally:
        engine.disconnect()
        shutil.rmtree(staging)


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
    rows, malformed = read_source(engine, source, staging)
    _require_columns(rows, source.columns, source.path)
    judged = _judge(engine, rows, source, today)
    judged.filter(_.reason.isnull()).select(*TRANSACTIONS).to_parquet(folder / "transactions.parquet")
    clean = engine.read_parquet(folder / "transactions.parquet", table_name="clean")
    quarantine = judged.filter(_.reason.notnull()).select(**_quarantined(judged), money=_.amount)
    if malformed is not None:
        quarantine = quarantine.union(_quarantine_malformed(malformed))
    found = rows.count().execute() + (0 if malformed is None else malformed.count().execute())
    if found == clean.count().execute():  # the usual case, which a second pass over the source would only slow
        quarantine = quarantine.limit(0)
    quarantine = engine.create_table("quarantined", quarantine, temp=True)
    quarantine.select(*QUARANTINE).to_parquet(folder / "quarantine.parquet")
    return _count(clean, quarantine, found, source, limit)


def _quarantined(judged: Table) -> dict[str, Column]:
    """Name the columns of the quarantine: values as they were found, as text."""
    found = {"ordered_at": judged.ordered_at_found, "amount": judged.amount_found}
    return {"reason": judged.reason, "customer_id": judged.customer_id, **found, "line": ibis.null(str)}


def _quarantine_malformed(malformed: Table) -> Table:
    unknown = {name: ibis.null(str) for name in ("customer_id", "ordered_at", "amount")}
    return malformed.select(reason=ibis.literal("malformed_line"), **unknown, line=_.line, money=ibis.null(MONEY))


def _require_columns(rows: Table, columns: dict[str, str], where: str) -> None:
    missing = {ours: theirs for ours, theirs in columns.items() if theirs not in rows.columns}
    if not missing:
        return
    named = []
    for ours, theirs in missing.items():
        near = difflib.get_close_matches(theirs, rows.columns, n=1)
        named.append(f"{theirs!r} (for {ours}" + (f"; did you mean {near[0]!r}?)" if near else ")"))
    moneyless = "no amounts at all? leave amount out of columns, or score with --no-amount; "
    raise DataError(
        f"{where}: {len(missing)} of {len(columns)} columns are missing: {', '.join(named)}; "
        f"{moneyless if 'amount' in missing else ''}"
        f"the file has: {', '.join(map(repr, rows.columns[:20]))}"
    )


def _judge(engine: Backend, rows: Table, source: TransactionsTable, today: dt.date) -> Table:
    """Add to each line the first reason why it cannot be used, null if it can."""
    priced = source.has_amounts
    typed = engine.create_view("typed", _typed(rows, source))  # keeps the engine from typing once a reason
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


def _typed(rows: Table, source: TransactionsTable) -> Table:
    columns, where = source.columns, source.path
    stamp = _timestamps(rows, source, f"{where}: {columns['ordered_at']}")
    if source.timezone is not None:
        stamp = wall_clock(rows, stamp, source.timezone, f"{where}: {columns['ordered_at']}")
    optional = {
        name: _text(rows[columns[name]], f"{where}: {columns[name]}") if name in columns else ibis.null(str)
        for name in ("order_id", "product_id", "channel", "store_id")
    }
    quantity = rows[columns["quantity"]].try_cast("float64") if "quantity" in columns else ibis.null("float64")
    money = {
        name: _amounts(rows, source, name) if name in columns else ibis.null(MONEY) for name in ("discount", "cost")
    }
    return rows.select(
        customer_id=_text(rows[columns["customer_id"]], f"{where}: {columns['customer_id']}"),
        ordered_on=stamp.cast("date"),
        ordered_at_found=rows[columns["ordered_at"]].cast("string"),
        amount=_amounts(rows, source, "amount") if source.has_amounts else ibis.null(MONEY),
        amount_found=rows[columns["amount"]].cast("string") if source.has_amounts else ibis.null(str),
        is_copy=_is_copy(rows, columns) if "order_id" in columns and _has_copies(rows) else ibis.literal(False),
        **{f"{name}_missing": _blank(rows[columns[name]]) for name in MUST_BE_THERE if name in columns},
        **optional,
        quantity=quantity,
        **money,
        register=ibis.literal(source.register_name),
    )


def _text(column: Column, where: str) -> StringColumn:
    """Write a value as text; a whole number that arrived as a float loses its '.0', an id that is text nothing."""
    if column.type().is_binary() or column.type().is_nested():
        raise DataError(f"{where}: ids are of type {column.type()}; give text or numbers")
    text = column.cast("string")
    fractional = column.type().is_floating() or column.type().is_decimal()
    return text.re_replace(r"\.0+$", "") if fractional else text


def _blank(column: Column) -> Column:
    if column.type().is_string():
        bare = column.replace("\N{NO-BREAK SPACE}", "").strip()
        return column.isnull() | (bare == "") | column.lower().isin(["nan", "nat"])
    return column.isnull() | column.isnan() if column.type().is_floating() else column.isnull()


def _timestamps(rows: Table, source: TransactionsTable, where: str) -> TimestampColumn:
    column = rows[source.columns["ordered_at"]]
    if column.type().is_timestamp() or column.type().is_date():
        return column.cast("timestamp")
    if not (column.type().is_string() or column.type().is_integer()):
        raise DataError(f"{where}: dates are of type {column.type()}; give dates, timestamps or text")
    text = rows.select(date=column.cast("string"))
    order: parse.DateOrder = "ymd"
    if source.date_format is None:
        order = parse.detect_date_order(parse.date_tokens(text, "date"), where)
    return parse.read_dates(column.cast("string"), order, source.date_format, in_utc=source.timezone is not None)


def _amounts(rows: Table, source: TransactionsTable, name: str) -> DecimalColumn:
    column, where = rows[source.columns[name]], f"{source.path}: {source.columns[name]}"
    if column.type().is_numeric():
        return column.try_cast(MONEY)
    if not column.type().is_string():
        raise DataError(f"{where}: amounts are of type {column.type()}; give numbers")
    if source.currency_sign is not None:
        rows = rows.mutate(**{column.get_name(): column.replace(source.currency_sign, "")})
    mark = source.decimal or parse.detect_decimal_mark(parse.shapes(rows, column.get_name(), "[0-9]", "9"), where)
    return parse.read_amounts(column, mark, source.currency_sign)


def _has_copies(rows: Table) -> bool:
    """Count distinct hashes of whole lines, which costs far less than a window over them."""
    whole = ibis.struct({name: rows[name] for name in rows.columns}).hash()
    counted = rows.aggregate(n=rows.count(), distinct=whole.nunique()).execute()
    return bool(counted["n"][0] != counted["distinct"][0])


def _is_copy(rows: Table, columns: dict[str, str]) -> Column:
    """Whether a line repeats one before it in every column; without an order id nothing tells a copy from a sale."""
    number = ibis.row_number().over(ibis.window(group_by=[rows[name] for name in rows.columns]))
    return (number > 0) & ~_blank(rows[columns["order_id"]])


def _count(clean: Table, quarantine: Table, n_found: int, source: TransactionsTable, limit: float) -> Intake:
    where, priced = source.path, source.has_amounts
    usable = clean.aggregate(
        n=clean.count(), money=clean.amount.sum(), first=clean.ordered_on.min(), last=clean.ordered_on.max()
    ).execute()
    by_reason = (
        quarantine.group_by("reason").aggregate(n=_.count(), money=_.money.sum()).order_by(ibis.desc("n"), "reason")
    ).execute()
    reasons = dict(zip(by_reason["reason"], by_reason["n"].astype(int), strict=True))
    n_clean, n_faulty = int(usable["n"][0]), sum(reasons.values())
    if n_clean + n_faulty != n_found:
        raise AssertionError(f"{where}: {n_found} lines read, {n_clean} usable and {n_faulty} quarantined")
    if n_found == 0:
        raise DataError(f"{where}: has a header and no line of data; export it again")
    _refuse_if_misread(reasons, n_found, where, limit)
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
    )


def _refuse_if_misread(reasons: dict[str, int], n_rows: int, where: str, limit: float) -> None:
    unreadable = {reason: n for reason, n in reasons.items() if reason in FORMAT_REASONS}
    if sum(unreadable.values()) > limit * n_rows:
        raise DataError(
            f"{where}: {sum(unreadable.values()):,} of {n_rows:,} lines cannot be read: {_listed(unreadable)}; state "
            "delimiter, date_format, decimal or currency_sign in the config, or raise max_unreadable_share"
        )


def _listed(reasons: dict[str, int]) -> str:
    return ", ".join(f"{REASONS[reason]} ({n:,})" for reason, n in reasons.items())


def _money(value: Decimal | None) -> Decimal:
    return Decimal(0) if value is None or value != value else Decimal(value)  # a sum of nothing arrives as nan


def _day(value: dt.date | pd.Timestamp) -> dt.date:
    return pd.Timestamp(value).date()
