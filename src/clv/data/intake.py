"""What came in of a transaction log, and the refusals of what most likely was misread."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from clv.config import TransactionsTable
from clv.data import amounts
from clv.data.decided import Decision
from clv.data.schema import FORMAT_REASONS, REASONS
from clv.errors import DataError

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


def count_lines(clean: Table, quarantine: Table, n_found: int, source: TransactionsTable, limit: float) -> Intake:
    """Count what came in, after a check that no line is lost and the source was not misread.

    Parameters
    ----------
    clean, quarantine
        Usable lines, and the others with their `reason` and `money`.
    n_found
        Lines of the source.
    source
        Says whether there are amounts.
    limit
        Share of unreadable lines above which the source was most likely misread.

    Raises
    ------
    DataError
        If no line can be used, too many cannot be read, or refunds alone would be lost.
    """
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
