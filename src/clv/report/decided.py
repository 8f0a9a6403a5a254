"""What was decided while a source was read, in the words of the reader: the table at the foot of every page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from clv.data.decided import Decision
from clv.report.text import Text, message

TOPICS: Final = {
    "encoding": message("Encoding"),
    "delimiter": message("Delimiter"),
    "lines_above_header": message("Lines above the names of the columns"),
    "row_names": message("Row names"),
    "date_order": message("Dates"),
    "time_zone": message("Time zone"),
    "decimal_mark": message("Decimal mark"),
    "currency": message("Currency"),
    "line_breaks": message("Line ends"),
    "missing_ids": message("Lines without customer"),
    "order_totals": message("Order totals"),
    "copies": message("Equal lines"),
    "one_id": message("One id with many lines"),
    "shortened_ids": message("Ids that a spreadsheet cut short"),
    "look_alike_ids": message("Ids that look alike"),
    "shared_orders": message("Order numbers of several customers"),
    "far_dates": message("Dates far from all others"),
    "gap": message("Time without lines"),
    "crowded_days": message("Days with very many customers"),
    "odd_amounts": message("Unusual amounts"),
    "largest_amount": message("One amount above all"),
    "odd_refunds": message("Refunds beyond purchases"),
    "region": message("Country of phones and tax ids"),
    "identity_threshold": message("One person"),
}
"""Every topic of a decision; a test holds the list to what the package says."""

VALUES: Final = {
    "day first": message("day first"),
    "month first": message("month first"),
    "year first": message("year first"),
    "month by its name": message("month by its name"),
    "days of a spreadsheet since 1900": message("days of a spreadsheet since 1900"),
    "seconds since 1970": message("seconds since 1970"),
    "milliseconds since 1970": message("milliseconds since 1970"),
    "microseconds since 1970": message("microseconds since 1970"),
    "nanoseconds since 1970": message("nanoseconds since 1970"),
    "the day as written": message("the day as written"),
    "decimal point": message("decimal point"),
    "decimal comma": message("decimal comma"),
    "tab": message("tab"),
    "space": message("space"),
    "skipped": message("skipped"),
    "first value of each line is a row name": message("first value of each line is a row name"),
    "lines without customer, set aside": message("set aside"),
    "lines without amount are part of their order's total": message("lines without amount belong to their order"),
    "each line counted": message("each line counted"),
    "taken for customers": message("taken for customers"),
    "read alike": message("read alike"),
    "taken for a customer": message("taken for a customer"),
    "kept apart": message("kept apart"),
    "kept as it is": message("kept as it is"),
    "kept as they are": message("kept as they are"),
    "an order of each": message("an order of each customer"),
    "counted": message("counted"),
    "set aside": message("set aside"),
    "forecast as usual days": message("count in full to date, and as a usual order in the forecast"),
    "limited to the purchases": message("count in full to date, and in the forecast up to what was bought"),
}
"""Values that are words; names of encodings, formats, zones and currencies stand as they are."""


class Row(NamedTuple):
    """A decision as a line of a table: what, where, how it was decided, what it touches, the setting, examples."""

    topic: str
    value: str
    touched: str
    setting: str
    examples: str


def rows_of(decisions: Iterable[Decision], _: Text) -> list[Row]:
    """Return the decisions in the words of the reader, in their order."""
    return [
        Row(
            (f"{_(TOPICS[decision.topic])} ({decision.place})" if decision.place else _(TOPICS[decision.topic])),
            _(VALUES[decision.value]) if decision.value in VALUES else decision.value,
            "" if decision.n is None else _.number(decision.n),
            decision.setting or "",
            "; ".join(decision.examples),
        )
        for decision in decisions
    ]
