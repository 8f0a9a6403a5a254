"""What was bought: the one table that every company must have."""

from __future__ import annotations

from clv.definitions.column import Column, Definition, customer_id

TRANSACTIONS = Definition(
    "transactions",
    "one ticket, or one item of it",
    (
        customer_id("kept byte for byte: leading zeros, case, spaces"),
        Column("ordered_at", "moment", "when; the calendar day counts", required=True),
        Column("amount", "money", "net of tax, one currency; refunds negative"),
        Column("order_id", "id", "ticket; exact copies of a line with the same ticket are set aside"),
        Column("product_id", "id", "item", refers_to=("products", "product_id")),
        Column("quantity", "number", "units"),
        Column("currency", "text", "of the line; more than one is refused, and it must be that of the config"),
        Column("channel", "text", "channel of the sale"),
        Column("store_id", "id", "place of the sale", refers_to=("stores", "store_id")),
        Column("discount", "money", "taken off the price of the line", at_least=0),
        Column("cost", "money", "cost of the line"),
    ),
    "everything",
)
