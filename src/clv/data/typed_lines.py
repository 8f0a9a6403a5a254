"""Give the mapped columns of a transaction log their types, each value beside how it was found."""

from __future__ import annotations

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import Column, Table

from clv.config import TransactionsTable
from clv.data import amounts
from clv.data.amounts import AmountsRead, DecimalMark
from clv.data.decided import Decision
from clv.data.ids import id_text
from clv.data.missing import MISSING_IDS, is_missing
from clv.data.order_totals import spread_totals
from clv.data.reading import ORDINAL, Reading, naming_lines
from clv.data.schema import MONEY
from clv.data.stamps import read_stamps
from clv.errors import DataError


def typed_lines(
    engine: Backend, reading: Reading, source: TransactionsTable, has_copies: bool
) -> tuple[Table, list[Decision]]:
    """Give the mapped columns their types, and say what was decided for it.

    Parameters
    ----------
    engine
        Keeps the result as a view.
    reading, source
        The log as it is, and which of its columns is what.
    has_copies
        Whether any line repeats another, from `has_copies_in`.

    Raises
    ------
    DataError
        If a column is of a type that cannot be read so, or can be read in two ways.
    """
    rows, columns, where = reading.rows, source.columns, source.path
    when = read_stamps(reading, columns["ordered_at"], source)
    decisions = list(when.decisions)
    amount, amount_missing, mark = ibis.null(MONEY), ibis.literal(False), None
    if source.has_amounts:
        amount, mark, on_amounts = _amounts(reading, source, "amount")
        amount_missing = is_missing(rows[columns["amount"]], any_case=True)
        free = [name for name in reading.columns if name not in columns.values()]
        currency = amounts.find_currency(rows, free, columns.get("currency"), where)
        decisions += [*on_amounts, *([] if currency is None else [currency])]
    optional = {
        name: id_text(rows[columns[name]], f"{where}: {columns[name]}") if name in columns else ibis.null(str)
        for name in ("order_id", "product_id", "channel", "store_id")
    }
    quantity = rows[columns["quantity"]].try_cast("float64") if "quantity" in columns else ibis.null("float64")
    money = {
        name: _amounts(reading, source, name, mark).amount if name in columns else ibis.null(MONEY)
        for name in ("discount", "cost")
    }
    repeats = _repeats(reading) if has_copies else ibis.literal(False)
    has_order = ~is_missing(rows[columns["order_id"]]) if "order_id" in columns else ibis.literal(False)
    words = MISSING_IDS if source.missing_ids is None else source.missing_ids
    typed = rows.select(
        customer_id=id_text(rows[columns["customer_id"]], f"{where}: {columns['customer_id']}"),
        customer_id_missing=is_missing(rows[columns["customer_id"]], words),
        ordered_on=when.stamp.cast("date"),
        ordered_at_found=rows[columns["ordered_at"]].cast("string"),
        ordered_at_missing=is_missing(rows[columns["ordered_at"]], any_case=True),
        amount=amount,
        amount_found=rows[columns["amount"]].cast("string") if source.has_amounts else ibis.null(str),
        amount_missing=amount_missing,
        is_copy=repeats & has_order,
        is_twin=repeats & ~has_order,
        quantity=quantity,
        **optional,
        **money,
        register=ibis.literal(source.register_name),
        **{ORDINAL: ibis.null("int64") if reading.locate is None else rows[ORDINAL]},
    )
    typed = engine.create_view("typed", typed)  # keeps the engine from typing once a reason
    if source.has_amounts and "order_id" in columns:
        typed, on_totals = spread_totals(engine, typed)
        decisions += on_totals
    return typed, decisions


def _amounts(reading: Reading, source: TransactionsTable, name: str, mark: DecimalMark | None = None) -> AmountsRead:
    """Read a column of money; `mark` is what another column of the same lines told of the decimal mark."""
    rows, theirs, where = reading.rows, source.columns[name], f"{source.path}: {source.columns[name]}"
    if rows[theirs].type().is_numeric():
        return AmountsRead(rows[theirs].try_cast(MONEY), None, ())
    if not rows[theirs].type().is_string():
        raise DataError(f"{where}: amounts are of type {rows[theirs].type()}; give numbers")
    decimal = source.decimal or mark
    with naming_lines(reading, theirs):
        return amounts.read_text(rows, theirs, where, decimal=decimal, currency_sign=source.currency_sign)


def has_copies_in(reading: Reading) -> bool:
    """Tell whether a line repeats another: a count of distinct hashes costs far less than a window over all lines."""
    rows = reading.rows
    whole = ibis.struct({name: rows[name] for name in reading.columns}).hash()
    counted = rows.aggregate(n=rows.count(), distinct=whole.nunique()).execute()
    return bool(counted["n"][0] != counted["distinct"][0])


def _repeats(reading: Reading) -> Column:
    """Whether a line repeats one before it in every column."""
    return ibis.row_number().over(ibis.window(group_by=[reading.rows[name] for name in reading.columns])) > 0
