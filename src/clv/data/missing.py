"""Words that exports write where a value is missing, in one list; what is not in it is a value.

An id is missing only in the exact spelling of an export: `NaN`, `NA` and `NULL` are missing, a customer `Nat` or `Na`
is a customer. Dates and amounts have no such names, so that there case does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import BooleanValue, Column, Table

from clv.data.decided import Decision

MISSING_IDS: Final = (
    r"\N", "NULL", "Null", "null", "(null)", "[null]", "<null>", "None", "none", "NONE", "<NA>", "NA", "N/A", "n/a",
    "#N/A", "#NA", "NaN", "nan", "NAN", "-nan", "NaT", "nat", "nil", "(not set)", "(none)", "(blank)", "(en blanco)",
    "undefined", "-", "--", "#NULL!", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?",
    "#N/D", "#NV", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?",
)  # fmt: skip
"""What databases, pandas, R, JavaScript, spreadsheets and web analytics write for no value."""

ONE_ID_SHARE: Final = 0.10  # of all lines, from which one id is said: most likely it stands for many
FEW_CUSTOMERS: Final = 20  # below, an id with a tenth of the lines is nothing to speak of


def is_missing(column: Column, words: Sequence[str] = MISSING_IDS, *, any_case: bool = False) -> BooleanValue:
    """Tell of each value whether it is null, blank or one of the words, spaces around it left aside."""
    if column.type().is_floating():
        return column.isnull() | column.isnan()
    if not column.type().is_string():
        return column.isnull()
    bare = column.replace("\N{NO-BREAK SPACE}", " ").strip()
    named = bare.lower().isin(sorted({word.lower() for word in words})) if any_case else bare.isin([*words])
    return column.isnull() | (bare == "") | (named if words else ibis.literal(False))


def on_missing_ids(set_aside: Table) -> list[Decision]:
    """Count the lines without customer by what stands in their place, for the record."""
    counted = set_aside.group_by(value=_.customer_id.strip().fill_null("")).aggregate(n=_.count())
    found = counted.order_by(ibis.desc("n"), "value").limit(20).execute()
    if found.empty:
        return []
    total = int(set_aside.count().execute())
    listed = ", ".join(f"{value or 'empty'} ({n:,})" for value, n in found.head(5).itertuples(index=False))
    examples = tuple(value[:40] for value in found["value"].head(3))
    because = f"these stand where a customer's id should: {listed}"
    return [Decision("missing_ids", "lines without customer, set aside", because, "missing_ids", total, examples)]


def on_one_id(customers: Table, n_lines: int) -> list[Decision]:
    """Say when one of the `customers` (customer_id, n lines) holds a tenth of all lines, for the record."""
    if int(customers.count().execute()) < FEW_CUSTOMERS:
        return []
    largest = customers.order_by(ibis.desc("n"), "customer_id").limit(5).execute()
    return [
        Decision(
            "one_id",
            "taken for a customer",
            f"{name[:40]!r} holds {n / n_lines:.0%} of all lines; if it stands for guests, name it",
            "missing_ids",
            int(n),
            (name[:40],),
        )
        for name, n in largest.itertuples(index=False)
        if n >= ONE_ID_SHARE * n_lines
    ]
