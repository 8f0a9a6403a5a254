"""Read one column as what its definition says it is, and say what is wrong with a value."""

from __future__ import annotations

import datetime as dt
from typing import Final

import ibis
import ibis.expr.datatypes as dtypes
from ibis.expr.types import Column, StringColumn

from clv.config import SourceTable
from clv.data import amounts
from clv.data.ids import id_text, number_text
from clv.data.missing import MISSING_IDS, is_missing
from clv.data.reading import Reading, TwoWays, naming_lines
from clv.data.schema import MONEY
from clv.data.stamps import read_stamps
from clv.definitions import Column as Defined
from clv.definitions import Kind
from clv.errors import DataError

TYPES: Final[dict[Kind, dtypes.DataType]] = {
    "id": dtypes.string,
    "text": dtypes.string,
    "day": dtypes.date,
    "moment": dtypes.timestamp,
    "money": MONEY,
    "number": dtypes.float64,
    "share": dtypes.float64,
    "score": dtypes.float64,
    "flag": dtypes.boolean,
}
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 2), dt.date(2100, 12, 31)  # beyond lie placeholders: 1900-01-01, 9999-12-31
YES: Final = ("true", "t", "yes", "y", "1", "1.0", "si", "sí", "s", "sim", "x", "verdadero", "on")
NO: Final = ("false", "f", "no", "n", "0", "0.0", "não", "falso", "off")

UNREADABLE: Final = "cannot be read"
OUT_OF_RANGE: Final = "out of range"
IMPLAUSIBLE: Final = "before 1900 or after 2100"
IN_FUTURE: Final = "in the future"


def read_value(reading: Reading, column: Defined, source: SourceTable) -> Column:
    """Return a column of a source in the type of its definition, null where it holds no value or cannot be read.

    Parameters
    ----------
    reading
        The source as it is.
    column
        What a column of it is to become.
    source
        Which of its columns that is, and its ways of writing.

    Raises
    ------
    DataError
        If the column is of a type that cannot be read so, or can be read in two ways.
    """
    theirs = source.columns[column.name]
    try:
        return _read(reading, theirs, column.kind, source, f"{source.path}: {theirs}")
    except TwoWays as error:
        if not column.personal:
            raise
        raise DataError(error.without_values) from None  # what is personal reaches no log


def can_be_faulty(column: Defined) -> bool:
    """Tell whether values of a column can be wrong in themselves; text cannot."""
    return column.kind not in {"id", "text"}


def fault_of(column: Defined, read: Column, found: Column, today: dt.date) -> StringColumn:
    """Return what is wrong with each value, null where nothing is.

    Parameters
    ----------
    column
        What the values are.
    read, found
        The values, and how they stood in the source.
    today
        Days that must be past cannot lie after it.
    """
    faults = [(~is_missing(found, any_case=True) & read.isnull(), UNREADABLE)]
    if column.kind in {"day", "moment"}:
        faults.append((~read.cast("date").between(FIRST_DAY, LAST_DAY), IMPLAUSIBLE))
        if column.is_past:
            faults.append((read.cast("date") > today, IN_FUTURE))
    low, high = column.range
    if low is not None:
        faults.append((read < low, OUT_OF_RANGE))
    if high is not None:
        faults.append((read > high, OUT_OF_RANGE))
    return ibis.cases(*faults, else_=ibis.null(str))


def as_text(column: Column, where: str) -> StringColumn:
    """Write a value as text, null where it is missing; a whole number that arrived as a float loses its '.0'."""
    if column.type().is_binary() or column.type().is_nested():
        raise DataError(f"{where}: values are of type {column.type()}; give text or numbers")
    return ibis.ifelse(is_missing(column), ibis.null(str), number_text(column))


def as_attribute(column: Column, where: str) -> Column:
    """Keep a number a number, and write all else as text."""
    if column.type().is_integer():
        return column.cast("int64")
    return column.cast("float64") if column.type().is_numeric() else as_text(column, where)


def _read(reading: Reading, theirs: str, kind: Kind, source: SourceTable, where: str) -> Column:
    column = reading.rows[theirs]
    match kind:
        case "id":
            words = MISSING_IDS if source.missing_ids is None else source.missing_ids
            return ibis.ifelse(is_missing(column, words), ibis.null(str), id_text(column, where))
        case "text":
            return as_text(column, where)
        case "day":
            return read_stamps(reading, theirs, source, may_be_days=True).stamp.cast("date")
        case "moment":
            return read_stamps(reading, theirs, source, may_be_days=True).stamp
        case "flag":
            return _flag(column, where)
        case "money":
            return _amount(reading, theirs, source, where)
        case "number" if column.type().is_string():
            return _amount(reading, theirs, source, where).cast("float64")
        case "share" | "score" if column.type().is_string():
            return _small_number(column)
        case _:
            return _number(column)


def _amount(reading: Reading, theirs: str, source: SourceTable, where: str) -> Column:
    column = reading.rows[theirs]
    if not column.type().is_string():
        return _number(column).try_cast(MONEY)
    with naming_lines(reading, theirs):
        read = amounts.read_text(
            reading.rows, theirs, where, decimal=source.decimal, currency_sign=source.currency_sign
        )
    return read.amount


def _number(column: Column) -> Column:
    kind = column.type()
    if kind.is_decimal():
        return column
    number = column.try_cast("float64")
    return ibis.ifelse(number.isnan() | number.isinf(), ibis.null("float64"), number)


def _small_number(text: Column) -> Column:
    """Read a number that has no thousands, so that either mark is a decimal one; 35 % is 0.35."""
    bare = text.strip().replace(",", ".").re_replace(r"\s*%$", "")
    number = _number(bare)
    return ibis.ifelse(text.strip().endswith("%"), number / 100, number)


def _flag(column: Column, where: str) -> Column:
    if column.type().is_boolean():
        return column
    text = as_text(column, where).strip().lower()
    return ibis.cases((text.isin(YES), True), (text.isin(NO), False), else_=ibis.null(bool))
