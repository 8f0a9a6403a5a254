"""The tables of the data layer: their columns, types and meaning, in one place.

Amounts are decimals with four places, so that sums are exact: money in equals money out to the cent.
"""

from __future__ import annotations

from typing import Final

import ibis
import ibis.expr.datatypes as dtypes

MONEY: Final = dtypes.Decimal(18, 4)

TRANSACTIONS: Final = ibis.schema(
    {
        "customer_id": "string",  # the text of the source, byte for byte
        "ordered_on": "date",  # calendar day in the shops' own time
        "amount": MONEY,  # net of tax, in the one currency of the config; refunds are negative. Null only as a whole
        "order_id": "string",
        "product_id": "string",
        "quantity": "float64",
        "channel": "string",
        "store_id": "string",
        "discount": MONEY,
        "cost": MONEY,  # of the line
        "register": "string",  # of the customers whose ids these are
    }
)
"""One row per usable line of the source. A column that the source lacks is all null."""

QUARANTINE: Final = ibis.schema(
    {
        "reason": "string",
        "customer_id": "string",
        "ordered_at": "string",
        "amount": "string",
        "line": "string",  # of a line without the columns of its table
        "file": "string",  # name of the text file; null for typed sources
        "line_number": "int64",  # in that file, from 1; null where quotes make it impossible to tell lines apart
        "ordered_on": "date",  # where it can be read and believed: the line counts as of that day
        "money": MONEY,  # the amount where it can be read
    }
)
"""One row per line that cannot be used, with the values as they were found."""

REASONS: Final = {
    "malformed_line": "the line does not have the columns of its table",
    "no_customer_id": "no customer id",
    "no_date": "no date",
    "date_not_readable": "the date cannot be read",
    "date_in_future": "the date lies in the future",
    "date_implausible": "the date lies before 1970, as placeholders for a missing date do",
    "date_far_from_rest": "the date lies far from all others",
    "no_amount": "no amount",
    "amount_not_a_number": "the amount is not a number",
    "duplicate_line": "an exact copy of another line with the same order id",
}
"""Why a line cannot be used; where more than one applies, the first in this order is given."""

DATE_AT_FAULT: Final = ("date_in_future", "date_implausible", "date_far_from_rest")
"""Reasons of lines whose date can be read and is not believed."""

FORMAT_REASONS: Final = ("malformed_line", "date_not_readable", "amount_not_a_number")
"""Reasons that, when frequent, say that the file was misread rather than that its lines are poor."""

CUSTOMERS: Final = ibis.schema(
    {
        "customer_id": "string",
        "first_order": "date",  # missing when no day was a purchase
        "last_order": "date",
        "n_orders": "int64",  # purchase days
        "frequency": "int64",  # purchase days after the first
        "recency": "float64",  # weeks from the first to the last purchase day
        "T": "float64",  # weeks from the first purchase day to the as-of date
        "monetary_value": "float64",  # mean net of the repeat purchase days; missing when there is none, or no amount
        "value_to_date": "float64",  # net of all days, purchases or not; missing in a log without amounts
    }
)
"""One row per customer with a usable line on or before the as-of date; time in weeks of seven days."""
