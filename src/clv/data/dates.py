"""Decide what the dates of a whole column mean, and say so when it cannot be decided.

Each decision is taken on the few distinct ways of writing of a column, counted in the engine; the reading itself is
an expression that rewrites text to ISO 8601. A column that can be read in two ways is an error: a guess would be
wrong by a month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import ibis
from ibis import _
from ibis.expr.types import StringColumn, Table, TimestampColumn

from clv.data.decided import Decision
from clv.data.reading import TwoWays

DateOrder = Literal["ymd", "dmy", "mdy"]
ORDER_NAMES: dict[DateOrder, str] = {"ymd": "year first", "dmy": "day first", "mdy": "month first"}

LEADING_DATE = r"^\s*([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})"
ISO_PARTS: dict[DateOrder, tuple[str, str]] = {
    "ymd": (r"^\s*([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})([^0-9]|$)", r"\1-\2-\3\4"),
    "dmy": (r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([^0-9]|$)", r"\3-\2-\1\4"),
    "mdy": (r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([^0-9]|$)", r"\3-\1-\2\4"),
}
COMPACT_DATE = (r"^\s*([0-9]{4})([0-9]{2})([0-9]{2})", r"\1-\2-\3")
OFFSET = re.compile(
    r"(:[0-9]{2}[0-9:.]*|[T ][0-9]{4,6}) ?(Z|UTC|GMT|(UTC|GMT)?[+-][0-9]{2}:?([0-9]{2})?)( ?\(.*\))?\s*$"
)

TELLING_SHARE = 0.05  # of distinct dates that fit one order only; in a year of days it is six of ten
MIN_DATES = 20  # distinct, from which that share says something
UNTELLING_DAYS = 0.39  # share of days up to the 12th: of them, day and month can be swapped
TOO_UNLIKELY = 0.05  # probability by chance of ways of writing that part at the 12th
MINORITY = 0.05  # share of a second way of writing above which it is no slip of single lines

MONTHS = (
    "january|enero|janeiro|jan|ene", "february|febrero|fevereiro|feb|fev", "march|marzo|março|mar",
    "april|abril|apr|abr", "may|mayo|maio|mai", "june|junio|junho|jun", "july|julio|julho|jul",
    "august|agosto|aug|ago", "september|septiembre|setiembre|setembro|sept|sep|set", "october|octubre|outubro|oct|out",
    "november|noviembre|novembro|nov", "december|diciembre|dezembro|dec|dic|dez",
)  # fmt: skip
_WEEKDAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues|tue|wed|thurs|thur|thu|fri|sat|sun|"
    "lunes|martes|miércoles|miercoles|jueves|viernes|sábado|sabado|domingo|lun|mié|mie|jue|vie|sáb|sab|dom"
)
_DAY = r"([0-9]{1,2})(?:st|nd|rd|th|º)?[ ./-]*(?:(?i:de|of) )?"
_NAMED = r"<([0-9]{2})>"
_ISO = r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
_GAP = "[ \u00a0\u202f]"
MORNING, EVENING = " AM ", " PM "  # the space at the end tells what is rewritten from what was found


class Rewrite(NamedTuple):
    """A pattern and its replacement; both the engine's and Python's regular expressions read it."""

    pattern: str
    into: str


WORDS = (
    Rewrite(rf"^(?i:{_WEEKDAYS})\.?,? +", ""),
    Rewrite(r"^(?i:mar)\.?,? +([0-9]{1,2} +(?:(?i:de) +)?[A-Za-z])", r"\1"),  # martes, not marzo
    *(Rewrite(rf"(^|[^A-Za-z])(?i:{names})\.?([^A-Za-z]|$)", rf"\1<{n:02d}>\2") for n, names in enumerate(MONTHS, 1)),
    Rewrite(rf"^{_DAY}{_NAMED}[ .,/-]*(?:(?i:de|del) )?([0-9]{{4}})", r"\3-\2-\1"),
    Rewrite(rf"^{_DAY}{_NAMED}[ .,/-]*([0-6][0-9])([^0-9]|$)", r"20\3-\2-\1\4"),  # the pivot of POSIX
    Rewrite(rf"^{_DAY}{_NAMED}[ .,/-]*([7-9][0-9])([^0-9]|$)", r"19\3-\2-\1\4"),
    Rewrite(rf"^{_NAMED}[ ./-]*([0-9]{{1,2}})(?:st|nd|rd|th)?,?[ ./-]+([0-9]{{4}})", r"\3-\1-\2"),
    Rewrite(rf"^{_NAMED} +([0-9]{{1,2}}) +([0-9:]+) +([0-9]{{4}})$", r"\4-\1-\2 \3"),
    Rewrite(rf"^([0-9]{{4}})[ ./-]*{_NAMED}[ ./-]*([0-9]{{1,2}})", r"\1-\2-\3"),
)
"""Dates with the name of a month, English, Spanish or Portuguese, brought to ISO 8601."""

DIGITS = (
    Rewrite(r"^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$", r"\1-\2-\3 \4:\5:\6"),
    Rewrite(r"^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$", r"\1-\2-\3 \4:\5"),
)
TIMES = (
    Rewrite(rf"{_ISO}(?:[,:]{_GAP}*|{_GAP}+(?:-{_GAP}*)?)(?:(?i:at|a las){_GAP}+)?([0-9])", r"\1 \2"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})([^0-9:].*|$)", r"\1 \2:\3:\4\5"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{2}})([0-9]{{2}})([^0-9:.].*|$)", r"\1 \2:\3\4"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{1,2}})[hH.]([0-9]{{2}})(?:[.:]?([0-9]{{2}}))$", r"\1 \2:\3:\4"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{1,2}})[hH.]([0-9]{{2}})m?$", r"\1 \2:\3"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{1,2}}) ?(?:h|hs|hrs)\.?$", r"\1 \2:00"),
    Rewrite(rf"{_ISO}[ T]([0-9:]+) ?(?:h|hs|hrs)\.?$", r"\1 \2"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+){_GAP}*(?i:a)\.?{_GAP}?(?i:m)\.?$", rf"\1 \2{MORNING}"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+){_GAP}*(?i:p)\.?{_GAP}?(?i:m)\.?$", rf"\1 \2{EVENING}"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+) ?(?:UTC|GMT|Z)?([+-][0-9]{{2}}):?([0-9]{{2}})(?: ?\(.*\))?$", r"\1 \2\3:\4"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+) ?(?:UTC|GMT)$", r"\1 \2Z"),
)
END_OF_DAY = Rewrite(r"([ T])24:00(?::00(?:[.,]0+)?)?", r"\1" "23:59:59")  # the day as written, not the one after it
ZONE_WORD = Rewrite(rf"{_ISO}[ T]([0-9:.]+) [A-Z]{{3,4}}$", r"\1 \2")  # CET: the shops' own clock
MERIDIEMS = ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %I %p", "%Y-%m-%d %I:%M:%S.%g %p")


@ibis.udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, layout: str) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's strptime that answers null where the text does not fit; Ibis has no name for it yet."""


@ibis.udf.scalar.builtin(name="make_timestamp")
def _from_microseconds(microseconds: int) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's timestamp of so many microseconds after 1970; Ibis rounds to seconds."""


class Written(NamedTuple):
    """A way of writing: the leading date as it is, what follows with 9 for each digit, how often, and an example."""

    token: str
    tail: str
    n: int
    example: str

    @property
    def shape(self) -> str:
        """Return the whole text with 9 for each digit."""
        return re.sub("[0-9]", "9", self.token) + self.tail


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


def written(table: Table, column: str) -> list[Written]:
    """Count the distinct ways of writing of a text column, most frequent first; blank text is left out."""
    text = table[column].strip()
    token, tail = text.re_extract(LEADING_DATE, 1), text.re_replace(LEADING_DATE, "").re_replace("[0-9]", "9")
    counted = (
        table.filter(text.notnull() & (text != ""))
        .select(token=token.fill_null(""), tail=tail, text=text)
        .group_by("token", "tail")
        .aggregate(n=_.count(), example=_.text.min())
    )
    frame = counted.order_by(ibis.desc("n"), "token", "tail").limit(200_000).execute()
    return [Written(*row) for row in frame.itertuples(index=False)]


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
    parts = _year_last(tokens)
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


def _year_last(tokens: Iterable[str]) -> dict[str, list[int]]:
    """Return the parts of dates that end in a year of four digits and can be a date at all."""
    parts = {token: [int(part) for part in re.split(r"[-/.]", token)] for token in tokens if not token.isdigit()}
    short = {token: part for token, part in parts.items() if len(re.split(r"[-/.]", token)[0]) <= 2}
    # 99/99/9999 says nothing
    return {t: part for t, part in short.items() if 1 <= min(part[:2]) <= 12 and max(part[:2]) <= 31}


def detect_date_order(tokens: Mapping[str, int], where: str) -> DateOrder:
    """Tell the order of day, month and year from the dates of a whole column.

    Parameters
    ----------
    tokens
        Dates as written, with how often each occurs.
    where
        Name of the file and column, for errors.

    Returns
    -------
    DateOrder
        The one order in which the column can be read.

    Raises
    ------
    DataError
        If two orders fit every date, if no order fits all, if a few dates alone would decide for all, or if years
        have two digits.

    Examples
    --------
    >>> detect_date_order({"03/04/2017": 2, "25/04/2017": 1}, "orders.csv: date")
    'dmy'
    """
    short = [token for token in tokens if not token.isdigit() and len(re.split(r"[-/.]", token)[0]) <= 2]
    if not short:
        return "ymd"
    is_telling = any(max(part[:2]) > 12 and part[2] > 99 for part in _year_last(short).values())
    if not is_telling and sum(tokens[token] for token in short) <= MINORITY * sum(tokens.values()):
        return "ymd"  # slips of single lines, which are set aside: they do not decide for all others
    if all(int(re.split(r"[-/.]", token)[2]) < 100 for token in short):
        raise TwoWays(
            f"{where}: years have two digits, e.g. {short[0]!r}; state date_format, such as {_two_digit_format(short)}",
            short[0],
        )
    dates = _year_last(tokens)
    if not dates:
        return "ymd"
    day_first = [token for token, part in dates.items() if part[0] > 12]
    month_first = [token for token, part in dates.items() if part[1] > 12]
    if day_first and month_first:
        raise TwoWays(
            f"{where}: {len(day_first):,} distinct dates begin with the day and {len(month_first):,} with the month, "
            f"e.g. {day_first[0]!r} and {month_first[0]!r}; write them in one order, best as 2017-12-31",
            day_first[0],
            month_first[0],
        )
    telling = day_first or month_first
    advice = "state date_format, '%d/%m/%Y' or '%m/%d/%Y'"
    if not telling:
        raise TwoWays(
            f"{where}: day and month cannot be told apart in {len(dates)} distinct dates, e.g. {short[0]!r}; {advice}",
            short[0],
        )
    if len(dates) >= MIN_DATES and len(telling) < TELLING_SHARE * len(dates):
        unclear = next(token for token in dates if token not in telling)
        raise TwoWays(
            f"{where}: {len(dates) - len(telling):,} of {len(dates):,} distinct dates can be read in two ways, e.g. "
            f"{unclear!r}, too many for {len(telling):,}, e.g. {telling[0]!r}, to decide; {advice}",
            unclear,
            telling[0],
        )
    return "dmy" if day_first else "mdy"


def _two_digit_format(short: list[str]) -> str:
    """Suggest the one format that all dates with years of two digits fit, or an example where several do."""
    mark = next(character for character in short[0] if not character.isdigit())
    parts = [[int(part) for part in re.split(r"[-/.]", token)] for token in short]
    fits = []
    for layout, day, month in (("%d{0}%m{0}%y", 0, 1), ("%m{0}%d{0}%y", 1, 0), ("%y{0}%m{0}%d", 2, 1)):
        if all(1 <= part[day] <= 31 and 1 <= part[month] <= 12 for part in parts):
            fits.append(repr(layout.format(mark)))
    return " or ".join(fits) or "'%d/%m/%y'"


class _Style(NamedTuple):
    """How a date is written, whatever its day."""

    year_first: bool
    mark: str
    padding: str
    tail: str


def refuse_two_ways(found: list[Written], where: str) -> None:
    """Refuse a column in which one way of writing holds days up to the 12th only, and another the rest.

    A spreadsheet makes this of text in another order than its own: it takes day and month for each other where both
    can be a month, and leaves the rest as text.
    """
    styles: dict[_Style, dict[str, bool]] = {}
    examples: dict[str, str] = {}
    for way in found:
        parts = re.split(r"[-/.]", way.token)
        if len(parts) != 3 or max(map(len, parts)) != 4 or {"0", "00", "0000"} & set(parts):
            continue
        year_first = len(parts[0]) == 4
        pair = parts[1:] if year_first else parts[:2]
        if max(map(int, pair)) > 31:
            continue
        widths = {len(part) for part in pair}
        padding = "" if all(int(part) > 9 for part in pair) else "single digits" if 1 in widths else "padded"
        style = _Style(year_first, re.sub("[0-9]", "", way.token)[:1], padding, way.tail)
        styles.setdefault(style, {})[way.token] = max(map(int, pair)) > 12
        examples.setdefault(way.token, way.example)
    for swapped, rest in sorted(_pairs(styles), key=lambda pair: -len(styles[pair[0]])):
        untelling, telling = styles[swapped], {t: far for t, far in styles[rest].items() if far}
        chance = UNTELLING_DAYS ** len(untelling) * (1 - UNTELLING_DAYS) ** len(telling)
        if chance < TOO_UNLIKELY:
            raise TwoWays(
                f"{where}: dates are written in two ways that part at the 12th of the month, {len(untelling):,} as "
                f"{examples[next(iter(untelling))]!r} and {len(telling):,} as {examples[next(iter(telling))]!r}, as a "
                "spreadsheet leaves them that took day and month for each other; export them again in one way, best "
                "as 2017-12-31",
                examples[next(iter(untelling))],
                examples[next(iter(telling))],
            )


def _pairs(styles: dict[_Style, dict[str, bool]]) -> list[tuple[_Style, _Style]]:
    """Return styles all of whose days lie up to the 12th, each with one of which none does."""
    early = [style for style, days in styles.items() if not any(days.values())]
    late = [style for style, days in styles.items() if all(days.values())]
    merged = [_merged(styles, late, style) for style in early]
    return [(one, other) for one, others in zip(early, merged, strict=True) for other in others]


def _merged(styles: dict[_Style, dict[str, bool]], late: list[_Style], early: _Style) -> list[_Style]:
    """Return the late styles that are truly another way: of dates above 9 the padding cannot be seen."""
    return [
        style
        for style in late
        if style[:2] + style[3:] != early[:2] + early[3:]
        or (style.padding and early.padding and style.padding != early.padding)
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
