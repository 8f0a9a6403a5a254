"""What is sold, where, and what a contact costs: products, stores and costs."""

from __future__ import annotations

from clv.definitions.column import Column, Definition

PRODUCTS = Definition(
    "products",
    "one item of the catalogue",
    (
        Column("product_id", "id", "as the transactions write it", required=True),
        Column("name", "text", "name of the item"),
        Column("department", "text", "widest group of items"),
        Column("category", "text", "group of items that replace one another"),
        Column("brand", "text", "brand"),
        Column("unit_cost", "money", "cost of one unit", at_least=0),
        Column("margin", "share", "contribution margin, fraction of sales"),
    ),
    "spend by category, potential, affinity, next purchase",
    key=("product_id",),
)

STORES = Definition(
    "stores",
    "one place of sale",
    (
        Column("store_id", "id", "as the transactions write it", required=True),
        Column("name", "text", "name of the store"),
        Column("city", "text", "city or commune"),
        Column("region", "text", "region or state"),
        Column("format", "text", "kind of store, e.g. supermarket, online"),
        Column("opened_on", "day", "day of its opening"),
    ),
    "where the key customers are",
    key=("store_id",),
)

COSTS = Definition(
    "costs",
    "one channel of contact",
    (
        Column("channel", "id", "as the contacts write it", required=True),
        Column("unit_cost", "money", "cost of one contact", at_least=0),
        Column("minutes", "number", "minutes of a seller's time for one contact", at_least=0),
    ),
    "return of contacts, capacity",
    key=("channel",),
)
