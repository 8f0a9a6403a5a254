"""Read the dates of a whole column as what they mean, and say so when it cannot be decided.

Each decision is taken on the few distinct ways of writing of a column, counted in the engine; the reading itself is
an expression that rewrites text to ISO 8601. A column that can be read in two ways is an error: a guess would be
wrong by a month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import ibis
from ibis.expr.types import StringColumn, Table, TimestampColumn

from clv.data.date_order import MINORITY, Written, detect_date_order, refuse_two_ways, written, year_last
from clv.data.date_ways import (
    COMPACT_DATE,
    DIGITS,
    END_OF_DAY,
    EVENING,
    ISO_PARTS,
    MERIDIEMS,
    MORNING,
    OFFSET,
    ORDER_NAMES,
    TIMES,
    WORDS,
    ZONE_WORD,
    DateOrder,
    Rewrite,
)
from clv.data.decided import Decision
from clv.data.reading import TwoWays


@ibis.udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, layout: str) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's strptime that answers null where the text does not fit; Ibis has no name for it yet."""


@ibis.udf.scalar.builtin(name="make_timestamp")
def _from_microseconds(microseconds: int) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's timestamp of so many microseconds after 1970; Ibis rounds to seconds."""


@dataclass(frozen=True)
class DatesRead:
    """A column of dates as timestamps, whether they are moments in UTC, what was decided, and if numbers were read."""

    stamp: TimestampColumn
    in_utc: bool
    decisions: tuple[Decision, ...]
    is_number: bool = False


def read_text(rows: Table, name: str, where: str, *, date_format: str | None = None, in_utc: bool = False) -> DatesRead:
    """Read a column of text or numbers as timestamps, null where a value is no date.

    Parameters
    ----------
    rows, name
        Table and its column.
    where
        Name of the file and column, for errors.
    date_format
        strptime format that decides instead of the column.
    in_utc
        Whether times are moments in UTC; a written offset is then taken off, else it is the shops' own and left aside.

    Raises
    ------
    DataError
        If day and month cannot be told apart, or two ways of writing in one column contradict each other.
    """
    text = rows[name].cast("string")
    if date_format is not None:
        stated = Decision("date_order", date_format, "stated", "date_format")
        return DatesRead(read_dates(text, "ymd", date_format), in_utc, (stated,))
    found = written(rows.select(date=text), "date")
    number = _number_kind(found, where)
    if number is not None:
        return number.read(text, found)
    return _read_written(text, found, where, in_utc)


class NumberKind(NamedTuple):
    """A way to write a moment as one number."""

    name: str
    pattern: str
    microseconds: float  # in one unit of it
    origin: float  # its number on 1970-01-01
    is_moment: bool

    def read(self, text: StringColumn, found: list[Written]) -> DatesRead:
        """Read numbers of this kind; other text is no date."""
        fits = text.re_search(self.pattern)
        if self.microseconds < 1:
            micros = text.try_cast("int64") // round(1 / self.microseconds)
        else:
            days = text.replace(",", ".").try_cast("float64") - self.origin
            micros = (days * self.microseconds / 1e6).round().cast("int64") * 1_000_000
        stamp = _from_microseconds(ibis.ifelse(fits, micros, ibis.null("int64")))
        n = sum(way.n for way in found if re.fullmatch(self.pattern, way.shape))
        decision = Decision(
            "date_order", self.name, f"{n:,} values are such numbers", "date_format", n, (found[0].example,)
        )
        return DatesRead(stamp, self.is_moment, (decision,), is_number=True)


_SECOND = 1e6
NUMBER_KINDS = (
    NumberKind("days of a spreadsheet since 1900", r"^\s*[2-7][0-9]{4}([.,][0-9]+)?\s*$", 86_400e6, 25_569, False),
    NumberKind("seconds since 1970", r"^\s*[0-9]{9,10}(\.[0-9]+)?\s*$", _SECOND, 0, True),
    NumberKind("milliseconds since 1970", r"^\s*[0-9]{12,13}(\.[0-9]+)?\s*$", _SECOND / 1e3, 0, True),
    NumberKind("microseconds since 1970", r"^\s*[0-9]{15,16}\s*$", 1.0, 0, True),
    NumberKind("nanoseconds since 1970", r"^\s*[0-9]{18,19}\s*$", 1e-3, 0, True),
)


def _number_kind(found: list[Written], where: str) -> NumberKind | None:
    """Return the kind of number that more than half of the values are; a smaller part beside dates is refused."""
    total = sum(way.n for way in found)
    for kind in NUMBER_KINDS:
        ways = [way for way in found if re.fullmatch(kind.pattern.replace("[2-7]", "[0-9]"), way.shape)]
        if kind.name.startswith("milli"):  # twelve digits may be a date with hour and minute
            ways = [way for way in ways if not re.match(r"\s*(19|20)[0-9]{2}(0[1-9]|1[0-2])", way.example)]
        n = sum(way.n for way in ways)
        if not MINORITY * total < n:
            continue
        other = [way for way in found if way not in ways and (way.token or 2 * n <= total)]
        if sum(way.n for way in other) <= MINORITY * total:
            return kind
        raise TwoWays(
            f"{where}: {n:,} dates are written as numbers, e.g. {ways[0].example!r} ({kind.name}), and {total - n:,} "
            f"in another way, e.g. {other[0].example!r}, as a spreadsheet leaves them that took day and month for each "
            "other; export the column again as text, best as 2017-12-31",
            ways[0].example,
            other[0].example,
        )
    return None


def _read_written(text: StringColumn, found: list[Written], where: str, in_utc: bool) -> DatesRead:
    tokens: dict[str, int] = {}
    for way in found:
        if way.token:
            tokens[way.token] = tokens.get(way.token, 0) + way.n
    refuse_two_ways(found, where)
    order = detect_date_order(tokens, where)
    shapes = list(dict.fromkeys(way.shape for way in found))
    rewrites = _needed(shapes, order, in_utc)
    stamp = read_dates(text, order, None, in_utc=in_utc, rewrites=rewrites)
    return DatesRead(stamp, in_utc, (*_on_order(found, tokens, order), *_on_offsets(found, in_utc)))


def _needed(shapes: list[str], order: DateOrder, in_utc: bool) -> tuple[Rewrite, ...]:
    """Return the rewrites that change any of the shapes, in turn, so that plain columns pay for none."""
    basic = {ISO_PARTS[order], COMPACT_DATE}
    every = (*WORDS, *DIGITS, Rewrite(*COMPACT_DATE), Rewrite(*ISO_PARTS[order]), *TIMES)
    needed, before = list[Rewrite](), ""
    shapes = [shape.strip() for shape in shapes]
    for rewrite in every if in_utc else (*every, ZONE_WORD):
        pattern = re.sub(r"\[[0-9]-[0-9]\]\[0-9\]", "[0-9]{2}", rewrite.pattern)  # shapes keep no century
        changed = [re.sub(pattern, rewrite.into, shape) for shape in shapes]
        if tuple(rewrite) not in basic and (changed != shapes or pattern == before):
            needed.append(rewrite)
            before = pattern
        shapes = changed
    return tuple(needed)


def _on_order(found: list[Written], tokens: Mapping[str, int], order: DateOrder) -> list[Decision]:
    if not found:
        return []
    parts = year_last(tokens)
    if order == "ymd":
        named = next((way.example for way in found if re.search("[A-Za-z]{3}", way.shape.replace("UTC", ""))), None)
        value = "month by its name" if named and not tokens else ORDER_NAMES[order]
        return [Decision("date_order", value, "the dates can be read in no other way", "date_format",
                         examples=(named or found[0].example,))]  # fmt: skip
    place = 0 if order == "dmy" else 1
    telling = [token for token, part in parts.items() if part[place] > 12]
    because = f"{len(telling):,} of {len(parts):,} distinct dates have a number above 12 where only a day can stand"
    return [Decision("date_order", ORDER_NAMES[order], because, "date_format", examples=tuple(sorted(telling)[:3]))]


def _on_offsets(found: list[Written], in_utc: bool) -> list[Decision]:
    with_offset = [way for way in found if OFFSET.search(way.shape)]
    if in_utc or not with_offset:
        return []
    n, total = sum(way.n for way in with_offset), sum(way.n for way in found)
    return [
        Decision(
            "time_zone",
            "the day as written",
            f"{n:,} of {total:,} times carry an offset, taken for that of the place of the order",
            "timezone",
            n,
            (with_offset[0].example,),
        )
    ]


def read_dates(
    text: StringColumn,
    order: DateOrder,
    date_format: str | None,
    *,
    in_utc: bool = False,
    rewrites: Iterable[Rewrite] = (),
) -> TimestampColumn:
    """Read text as timestamps; null where it is no date.

    A written offset such as +02:00 is the shops' own and left aside, unless the timestamps are wanted `in_utc`.
    `rewrites` bring other ways of writing to ISO 8601 first.
    """
    if date_format is not None:
        return _try_strptime(text.strip(), date_format)
    rewrites = tuple(rewrites)
    pattern, iso = ISO_PARTS[order]
    # shapes know digits as 9 only, so that this rewrite cannot be left out by them; most columns pay for a look
    dated = ibis.ifelse(text.contains("24:00"), text.strip().re_replace(*END_OF_DAY), text.strip())
    for rewrite in (rewrite for rewrite in rewrites if rewrite not in TIMES and rewrite != ZONE_WORD):
        dated = dated.re_replace(*rewrite)
    dated = ibis.ifelse(
        dated.re_search(r"^\s*[0-9]{8}([^0-9]|$)"), dated.re_replace(*COMPACT_DATE), dated.re_replace(pattern, iso)
    )
    for rewrite in (rewrite for rewrite in rewrites if rewrite in TIMES or rewrite == ZONE_WORD):
        dated = dated.re_replace(*rewrite)
    # the engine would take 31/12/17 for a day of the year 31
    dated = ibis.ifelse(dated.re_search(r"^\s*[0-9]{4}[-/]"), dated.strip(), ibis.null(str))
    stamp = dated.try_cast("timestamp('UTC')").cast("timestamp") if in_utc else dated.try_cast("timestamp")
    if any(rewrite.into.endswith((MORNING, EVENING)) for rewrite in rewrites):
        stamp = ibis.coalesce(stamp, *(_try_strptime(dated, layout) for layout in MERIDIEMS))
    return stamp
