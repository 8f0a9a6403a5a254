"""Decide what text means – dates, amounts – from the whole column, and say so when it cannot be decided.

Each decision is taken on the few distinct shapes of a column, counted in the engine; the reading itself is an
expression. A column that can be read in two ways is an error: a guess would be wrong by a month or by a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import ibis
from ibis import _
from ibis.expr.types import DecimalColumn, StringColumn, Table, TimestampColumn

from clv.data.schema import MONEY
from clv.errors import DataError

DateOrder = Literal["ymd", "dmy", "mdy"]
DecimalMark = Literal[".", ","]

LEADING_DATE = r"^\s*([0-9]{8}|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})"
GAPS = r"\s'\x{00A0}\x{202F}"  # stand between thousands: spaces, also unbreakable ones, and the Swiss apostrophe
CURRENCY_SIGNS = r"[$€£¥₹₽₩₺]|(?i:US\$|USD|EUR|GBP|MXN|ARS|CLP|COP|PEN|BRL|CHF)"
ISO_PARTS: dict[DateOrder, tuple[str, str]] = {
    "ymd": (r"^\s*([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})([^0-9]|$)", r"\1-\2-\3\4"),
    "dmy": (r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([^0-9]|$)", r"\3-\2-\1\4"),
    "mdy": (r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([^0-9]|$)", r"\3-\1-\2\4"),
}
COMPACT_DATE = (r"^\s*([0-9]{4})([0-9]{2})([0-9]{2})", r"\1-\2-\3")


@ibis.udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, layout: str) -> ibis.dtype("timestamp"):  # type: ignore[valid-type]
    """DuckDB's strptime that answers null where the text does not fit; Ibis has no name for it yet."""


def shapes(table: Table, column: str, pattern: str, mark: str) -> dict[str, int]:
    """Count the distinct shapes of a text column after replacing `pattern` by `mark`, most frequent first."""
    shape = table[column].re_replace(pattern, mark)
    counted = table.filter(table[column].notnull()).group_by(shape=shape).aggregate(n=_.count())
    frame = counted.order_by(ibis.desc("n"), "shape").limit(10_000).execute()
    return dict(zip(frame["shape"], frame["n"].astype(int), strict=True))


def date_tokens(table: Table, column: str) -> dict[str, int]:
    """Count the distinct leading dates of a text column, as written; text that holds none is left out."""
    token = table[column].re_extract(LEADING_DATE, 1)
    counted = table.filter(table[column].notnull()).group_by(token=token).aggregate(n=_.count())
    frame = counted.filter(_.token != "").limit(200_000).execute()
    return dict(zip(frame["token"], frame["n"].astype(int), strict=True))


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
        If two orders fit every date, if no order fits all, or if years have two digits.

    Examples
    --------
    >>> detect_date_order({"03/04/2017": 2, "25/04/2017": 1}, "orders.csv: date")
    'dmy'
    """
    written = {token: re.split(r"[-/.]", token) for token in tokens if not token.isdigit()}
    example, year_last = "", []
    for token, parts in written.items():
        if len(parts[0]) <= 2:
            example = example or token
            year_last.append([int(part) for part in parts])
    if not year_last:
        return "ymd"
    if all(part[2] < 100 for part in year_last):
        raise DataError(f"{where}: years have two digits, e.g. {example!r}; state date_format, such as '%d/%m/%y'")
    year_last = [part for part in year_last if 1 <= min(part[:2]) <= 12 and max(part[:2]) <= 31]
    if not year_last:  # 99/99/9999 says nothing
        return "ymd"
    day_first = sum(part[0] > 12 for part in year_last)
    month_first = sum(part[1] > 12 for part in year_last)
    if day_first and month_first:
        raise DataError(
            f"{where}: {day_first} distinct dates begin with the day and {month_first} with the month, "
            f"e.g. {example!r}; write them in one order, best as 2017-12-31"
        )
    if not day_first and not month_first:
        raise DataError(
            f"{where}: day and month cannot be told apart in {len(year_last)} distinct dates, e.g. {example!r}; "
            "state date_format, '%d/%m/%Y' or '%m/%d/%Y'"
        )
    return "dmy" if day_first else "mdy"


def read_dates(
    text: StringColumn, order: DateOrder, date_format: str | None, *, in_utc: bool = False
) -> TimestampColumn:
    """Read text as timestamps; null where it is no date.

    A written offset such as +02:00 is the shops' own and left aside, unless the timestamps are wanted `in_utc`.
    """
    if date_format is not None:
        return _try_strptime(text.strip(), date_format)
    pattern, iso = ISO_PARTS[order]
    written = ibis.ifelse(
        text.re_search(r"^\s*[0-9]{8}([^0-9]|$)"), text.re_replace(*COMPACT_DATE), text.re_replace(pattern, iso)
    )
    # the engine would take 31/12/17 for a day of the year 31
    dated = ibis.ifelse(written.re_search(r"^\s*[0-9]{4}[-/]"), written.strip(), ibis.null(str))
    return dated.try_cast("timestamp('UTC')").cast("timestamp") if in_utc else dated.try_cast("timestamp")


def detect_decimal_mark(found: Mapping[str, int], where: str) -> DecimalMark:
    """Tell the decimal mark from the shapes of a whole column of amounts (digits written as 9).

    Raises
    ------
    DataError
        If amounts carry a currency sign, if both marks are used as decimals, or if the only mark could be either.

    Examples
    --------
    >>> detect_decimal_mark({"99,99": 10, "9.999,99": 1}, "orders.csv: amount")
    ','
    """
    signed = {shape: n for shape, n in found.items() if re.search(CURRENCY_SIGNS, shape)}
    if sum(signed.values()) * 2 > sum(found.values()):
        signs = {match.group() for shape in signed if (match := re.search(CURRENCY_SIGNS, shape))}
        advice = f"state currency_sign: '{min(signs)}'" if len(signs) == 1 else "convert them to one currency"
        raise DataError(
            f"{where}: {sum(signed.values()):,} of {sum(found.values()):,} amounts carry a currency sign "
            f"({', '.join(sorted(signs))}); {advice}"
        )
    comma = sum(n for shape, n in found.items() if _is_decimal(shape, ","))
    point = sum(n for shape, n in found.items() if _is_decimal(shape, "."))
    if comma and point:
        raise DataError(
            f"{where}: {comma:,} amounts have a decimal comma and {point:,} a decimal point; write them in one way, "
            "or state decimal: '.' or ',' and see the others in the quarantine"
        )
    if comma or point:
        return "," if comma else "."
    if unclear := next((shape for shape in found if re.fullmatch(r"9{1,3}[.,]999", _digits(shape))), None):
        raise DataError(
            f"{where}: amounts such as {unclear!r} (9 for a digit) can mean thousands or decimals; "
            "state decimal: '.' or ','"
        )
    return "."


def _is_decimal(shape: str, mark: str) -> bool:
    """Whether a shape can only be read with this decimal mark."""
    body = _digits(shape)
    other = "." if mark == "," else ","
    if re.fullmatch(rf"9{{1,3}}([{other}]999){{2,}}", body):
        return True
    if body.count(mark) != 1:
        return False
    whole, decimals = body.split(mark)
    return other in whole or (other not in body and (len(decimals) != 3 or len(whole) > 3 or not whole))


def _digits(shape: str) -> str:
    return re.sub(r"[\s'\u00a0\u202f+-]", "", shape)


def read_amounts(text: StringColumn, decimal: DecimalMark, currency_sign: str | None) -> DecimalColumn:
    """Read text as money; null where it is no number. Thousands separators must stand where they belong."""
    thousands = "." if decimal == "," else ","
    if currency_sign is not None:
        text = text.replace(currency_sign, "")
    bare = text.re_replace(rf"^[{GAPS}]*([+-]?)[{GAPS}]*(.*?)[{GAPS}]*$", r"\1\2")
    grouped = rf"^[+-]?[0-9]{{1,3}}([{thousands}{GAPS}][0-9]{{3}})+([{decimal}][0-9]*)?$"
    joined = ibis.ifelse(bare.re_search(grouped), bare.re_replace(rf"[{thousands}{GAPS}]", ""), bare)
    # a mark that is still there in the role of the other one makes the text unreadable, not a different number
    joined = ibis.ifelse(joined.contains(thousands), ibis.null(str), joined)
    number = joined.replace(",", ".") if decimal == "," else joined
    # the engine casts the text 5.6e-17 to 0.0001, so that a number with an exponent goes the way of floats
    return ibis.ifelse(number.lower().contains("e"), number.try_cast("float64").try_cast(MONEY), number.try_cast(MONEY))
