"""Tell the order of day, month and year from the dates of a whole column, or say why it cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import ibis
from ibis import _
from ibis.expr.types import Table

from clv.data.date_ways import LEADING_DATE, DateOrder
from clv.data.reading import TwoWays

TELLING_SHARE = 0.05  # of distinct dates that fit one order only; in a year of days it is six of ten
MIN_DATES = 20  # distinct, from which that share says something
UNTELLING_DAYS = 0.39  # share of days up to the 12th: of them, day and month can be swapped
TOO_UNLIKELY = 0.05  # probability by chance of ways of writing that part at the 12th
MINORITY = 0.05  # share of a second way of writing above which it is no slip of single lines


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


def year_last(tokens: Iterable[str]) -> dict[str, list[int]]:
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
    is_telling = any(max(part[:2]) > 12 and part[2] > 99 for part in year_last(short).values())
    if not is_telling and sum(tokens[token] for token in short) <= MINORITY * sum(tokens.values()):
        return "ymd"  # slips of single lines, which are set aside: they do not decide for all others
    if all(int(re.split(r"[-/.]", token)[2]) < 100 for token in short):
        raise TwoWays(
            f"{where}: years have two digits, e.g. {short[0]!r}; state date_format, such as {_two_digit_format(short)}",
            short[0],
        )
    dates = year_last(tokens)
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
