"""Ids as text, kept exactly as they are told apart; what cannot be an id, or lost digits on its way, is refused."""

from __future__ import annotations

from typing import Final

from ibis.expr.types import Column, StringColumn

from clv.errors import DataError

EXACT_FLOATS: Final = 2**53  # whole numbers up to here are exact as floats


def id_text(column: Column, where: str) -> StringColumn:
    """Write ids as text; a whole number that arrived as a float loses its '.0', an id that is text nothing.

    Raises
    ------
    DataError
        If the column is of a type that no id has, or holds floats too large to tell whole numbers apart.
    """
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
    return number_text(column)


def number_text(column: Column) -> StringColumn:
    """Write a value as text, a whole number without '.0'."""
    text = column.cast("string")
    return text.re_replace(r"\.0+$", "") if column.type().is_floating() or column.type().is_decimal() else text
