"""Decide what the amounts of a whole column mean, and say so when it cannot be decided.

The decimal mark is told on the few distinct shapes of a column, counted in the engine; the reading itself is an
expression. A column that can be read in two ways is an error: a guess would be wrong by a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

import ibis
from babel.numbers import list_currencies
from ibis import _
from ibis.expr.types import Column, DecimalColumn, StringColumn, Table

from clv.data.decided import Decision
from clv.data.reading import TwoWays
from clv.data.schema import MONEY
from clv.errors import DataError

DecimalMark = Literal[".", ","]
MARK_NAMES: dict[DecimalMark, str] = {".": "decimal point", ",": "decimal comma"}

GAPS = r"\s'’_\x{00A0}\x{2007}-\x{2009}\x{202F}"  # stand between thousands: spaces of any width, Swiss apostrophes
MINUSES = "−–‒‐‑﹣－˗➖\N{SOFT HYPHEN}"  # what typesetting, spreadsheets and other scripts write for a minus
INVISIBLE = "".join(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)))
"""Marks without width: they direct writing from right to left, or were left by a web page."""
NO_SIGN = rf"[-+\s0-9.,'’_()\u00a0\u2007-\u2009\u202f%{MINUSES}{INVISIBLE}]|[eE](?=[-+]?9)"  # of a number itself
NEGATIVE = rf"[-{MINUSES}(]"
CURRENCY_COLUMN = re.compile(
    r"(^|_|\b)(currency|curr|ccy|moneda|divisa|devise|w(ä|ae)hrung|moeda|valuta)", re.IGNORECASE
)
CURRENCY_ONLY = re.compile(
    r"(currency|curr|ccy|moneda|divisa|devise|w(ä|ae)hrung|moeda|valuta)([ _-]?(code|id|iso|symbol|sign))?",
    re.IGNORECASE,
)
FEW_WORDS = 20  # distinct signs or names, e.g. $ and €, up to which a column named so holds currencies
TELLING_SHARE = 0.2  # of amounts with a mark that can be read in one way only; of prices with cents it is all


class Shape(NamedTuple):
    """A way of writing an amount, 9 for each digit but a leading zero: how often, and an example."""

    n: int
    example: str


class AmountsRead(NamedTuple):
    """A column of amounts as money, null where a value is no number, its decimal mark where told, what was decided."""

    amount: DecimalColumn
    mark: DecimalMark | None
    decisions: tuple[Decision, ...]


def read_text(
    rows: Table, name: str, where: str, *, decimal: DecimalMark | None = None, currency_sign: str | None = None
) -> AmountsRead:
    """Read a column of text as money.

    Parameters
    ----------
    rows, name
        Table and its column.
    where
        Name of the file and column, for errors.
    decimal, currency_sign
        Decimal mark and sign, where they are stated.

    Raises
    ------
    DataError
        If the decimal mark cannot be told, or most amounts carry a currency sign that is not stated.
    """
    bare = rows[name].replace(currency_sign, "") if currency_sign is not None else rows[name]
    if decimal is not None:
        stated = Decision("decimal_mark", MARK_NAMES[decimal], "stated", "decimal")
        return AmountsRead(read_amounts(rows[name], decimal, currency_sign), decimal, (stated,))
    found = shapes(rows.select(amount=bare), "amount")
    mark = detect_decimal_mark(found, where)
    decisions = _on_mark(found, mark)
    return AmountsRead(read_amounts(rows[name], mark, currency_sign), mark if decisions else None, decisions)


def shapes(table: Table, column: str) -> dict[str, Shape]:
    """Count the distinct shapes of a column of amounts, most frequent first."""
    text = table[column]
    nines = text.re_replace("[0-9]", "9")
    # a leading zero says that a mark is decimal: 0.125 is no thousands
    shape = ibis.ifelse(text.re_search(r"^[^0-9]*0[.,]"), nines.re_replace(r"^([^0-9]*)9", r"\10"), nines)
    counted = table.filter(text.notnull()).group_by(shape=shape).aggregate(n=_.count(), example=text.min())
    frame = counted.order_by(ibis.desc("n"), "shape").limit(10_000).execute()
    return {shape: Shape(int(n), example) for shape, n, example in frame.itertuples(index=False)}


def detect_decimal_mark(found: Mapping[str, Shape], where: str) -> DecimalMark:
    """Tell the decimal mark from the shapes of a whole column of amounts (digits written as 9).

    Raises
    ------
    DataError
        If amounts carry a currency sign, if both marks are used as decimals, if the only mark could be either, or if
        few amounts alone would decide for many that can be read in two ways.

    Examples
    --------
    >>> detect_decimal_mark({"99,99": Shape(10, "12,50"), "9.999,99": Shape(1, "1.234,50")}, "orders.csv: amount")
    ','
    """
    _refuse_signs(found, where)
    comma = {shape: seen for shape, seen in found.items() if _is_decimal(shape, ",")}
    point = {shape: seen for shape, seen in found.items() if _is_decimal(shape, ".")}
    if comma and point:
        raise TwoWays(
            f"{where}: {_n(comma):,} amounts have a decimal comma, e.g. {_example(comma)!r}, and {_n(point):,} a "
            f"decimal point, e.g. {_example(point)!r}; write them in one way, or state decimal: '.' or ',' "
            "and see the others in the quarantine",
            _example(comma),
            _example(point),
        )
    mark: DecimalMark = "," if comma else "."
    unclear = {shape: seen for shape, seen in found.items() if re.fullmatch(r"9{1,3}[.,]999", _digits(shape))}
    if not (comma or point):
        if unclear:
            raise TwoWays(
                f"{where}: {_n(unclear):,} amounts such as {_example(unclear)!r} can mean thousands or decimals; "
                "state decimal: '.' or ','",
                _example(unclear),
            )
        return mark
    telling, unclear = comma or point, {shape: seen for shape, seen in unclear.items() if mark in shape}
    if _n(telling) < TELLING_SHARE * (_n(telling) + _n(unclear)):
        raise TwoWays(
            f"{where}: {_n(unclear):,} amounts can mean thousands or decimals, e.g. {_example(unclear)!r}, too many "
            f"for {_n(telling):,}, e.g. {_example(telling)!r}, to decide; state decimal: '.' or ','",
            _example(unclear),
            _example(telling),
        )
    return mark


def _refuse_signs(found: Mapping[str, Shape], where: str) -> None:
    """Refuse amounts most of which carry a sign or word beside the number: it has to be stated."""
    signed = {shape: sign for shape in found if (sign := re.sub(NO_SIGN, "", shape))}
    carrying = {shape: seen for shape, seen in found.items() if shape in signed and "9" in shape}
    if _n(carrying) * 2 > _n(found):
        signs = sorted({signed[shape] for shape in carrying})
        advice = f"state currency_sign: '{signs[0]}'" if len(signs) == 1 else "convert them to one currency"
        listed = ", ".join(sign[:20] for sign in signs[:5])
        raise TwoWays(
            f"{where}: {_n(carrying):,} of {_n(found):,} amounts carry a currency sign ({listed}); {advice}; "
            f"e.g. {_example(carrying)!r}",
            _example(carrying),
        )


def _n(found: Mapping[str, Shape]) -> int:
    return sum(seen.n for seen in found.values())


def _example(found: Mapping[str, Shape]) -> str:
    return next(iter(found.values())).example[:40]


def _on_mark(found: Mapping[str, Shape], mark: DecimalMark) -> tuple[Decision, ...]:
    telling = {shape: seen for shape, seen in found.items() if _is_decimal(shape, mark)}
    if not telling:
        return ()
    because = f"{_n(telling):,} amounts can be read in no other way"
    examples = tuple(seen.example[:40] for seen in list(telling.values())[:3])
    return (Decision("decimal_mark", MARK_NAMES[mark], because, "decimal", examples=examples),)


def _is_decimal(shape: str, mark: str) -> bool:
    """Whether a shape can only be read with this decimal mark."""
    body = _digits(shape)
    other = "." if mark == "," else ","
    if re.fullmatch(rf"9{{1,3}}([{other}]999){{2,}}", body):
        return True
    if body.count(mark) != 1:
        return False
    whole, decimals = body.split(mark)
    if whole == "0":
        return True
    return other in whole or (other not in body and (len(decimals) != 3 or len(whole) > 3 or not whole))


def _digits(shape: str) -> str:
    return re.sub(rf"[\s'’_\u00a0\u2007-\u2009\u202f+(){MINUSES}{INVISIBLE}-]", "", shape)


def read_amounts(text: StringColumn, decimal: DecimalMark, currency_sign: str | None) -> DecimalColumn:
    """Read text as money; null where it is no number. Thousands separators must stand where they belong.

    A minus may stand before or after, in any of its characters, or the amount in parentheses.
    """
    thousands = "." if decimal == "," else ","
    if currency_sign is not None:
        text = text.replace(currency_sign, "")
    text = text.translate(MINUSES + INVISIBLE, "-" * len(MINUSES))
    text = text.re_replace(rf"^[{GAPS}]*\(([^()+-]*)\)[{GAPS}]*$", r"-\1")
    text = text.re_replace(rf"^([^+-]*[0-9.,])[{GAPS}]*([+-])[{GAPS}]*$", r"\2\1")
    bare = text.re_replace(rf"^[{GAPS}]*([+-]?)[{GAPS}]*(.*?)[{GAPS}]*$", r"\1\2")
    grouped = rf"^[+-]?[0-9]{{1,3}}([{thousands}{GAPS}][0-9]{{3}})+([{decimal}][0-9]*)?$"
    joined = ibis.ifelse(bare.re_search(grouped), bare.re_replace(rf"[{thousands}{GAPS}]", ""), bare)
    # a mark that is still there in the role of the other one makes the text unreadable, not a different number
    joined = ibis.ifelse(joined.contains(thousands) | joined.contains("_"), ibis.null(str), joined)
    number = joined.replace(",", ".") if decimal == "," else joined
    # the engine casts the text 5.6e-17 to 0.0001, so that a number with an exponent goes the way of floats
    return ibis.ifelse(number.lower().contains("e"), number.try_cast("float64").try_cast(MONEY), number.try_cast(MONEY))


def find_currency(rows: Table, columns: list[str], stated: str | None, where: str) -> Decision | None:
    """Tell the currency of all lines from a column that holds it; None where there is no such column.

    Parameters
    ----------
    rows
        The source.
    columns
        Its columns that are not mapped to anything else.
    stated
        The column that holds the currency, where the config maps it.
    where
        Name of the source, for errors.

    Raises
    ------
    DataError
        If the lines are in more than one currency: their amounts do not add up.
    """
    for name in [stated] if stated is not None else [name for name in columns if rows[name].type().is_string()]:
        code = rows[name].cast("string").strip().upper()
        if stated is None and not CURRENCY_COLUMN.search(name) and not _all_currencies(rows, code):
            continue
        counted = rows.select(code=code).filter(_.code.notnull() & (_.code != "")).group_by("code")
        found = counted.aggregate(n=_.count()).order_by(ibis.desc("n"), "code").limit(200).execute()
        codes = dict(zip(found["code"], found["n"].astype(int), strict=True))
        is_words = CURRENCY_ONLY.fullmatch(name) and len(codes) <= FEW_WORDS and not any(map(_has_digit, codes))
        if stated is None and not is_words and not codes.keys() <= set(list_currencies()):
            continue  # names or symbols of something else
        if len(codes) > 1:
            listed = ", ".join(f"{code} ({n:,})" for code, n in list(codes.items())[:5])
            raise DataError(
                f"{where}: {name} names {len(codes)} currencies, {listed}, whose amounts do not add up; convert them "
                "to one, or give each currency a file and a report of its own"
            )
        if codes and (stated is not None or codes.keys() <= set(list_currencies())):
            ((code_found, n),) = codes.items()
            return Decision("currency", code_found, f"{name!r} says so in {n:,} lines", "currency", n)
    return None


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _all_currencies(rows: Table, code: Column) -> bool:
    """Whether the first lines of a column all hold codes of currencies."""
    first = rows.select(code=code).filter(_.code.notnull() & (_.code != "")).limit(1_000).distinct().execute()["code"]
    return bool(len(first)) and set(first) <= set(list_currencies())
