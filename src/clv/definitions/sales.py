"""What is planned and promised: opportunities, the plan and subscriptions."""

from __future__ import annotations

from clv.definitions.column import Column, Definition, customer_id

OPPORTUNITIES = Definition(
    "opportunities",
    "one possible sale in the pipeline",
    (
        Column("opportunity_id", "id", "number of the opportunity", required=True),
        customer_id("the customer; or prospect_id", required=False),
        Column("prospect_id", "id", "the prospect; or customer_id", refers_to=("prospects", "prospect_id")),
        Column("opened_on", "day", "day on which it was entered", is_past=True),
        Column("stage", "text", "stage of the sale"),
        Column("amount", "money", "sales if it is won", at_least=0),
        Column("probability", "share", "chance of winning it, as the seller sees it"),
        Column("expected_close_on", "day", "day on which it should be decided"),
        Column("closed_on", "day", "day on which it was decided; empty while it is open", is_past=True),
        Column("is_won", "flag", "whether it was won; empty while it is open"),
        Column("owner", "text", "who follows it"),
        Column("category", "text", "what it is about, as the products name it"),
    ),
    "the pipeline, what the sales capacity can follow",
    key=("opportunity_id",),
    in_order=(("opened_on", "closed_on"),),
    one_of=("customer_id", "prospect_id"),
)

PLAN = Definition(
    "plan",
    "one objective of one portfolio",
    (
        Column("portfolio", "text", "portfolio of customers", required=True),
        Column("objective", "text", "what is to be reached"),
        Column("indicator", "text", "by what it is measured"),
        Column("target", "number", "value of the indicator to reach, in its own unit"),
        Column("starts_on", "day", "first day"),
        Column("ends_on", "day", "last day"),
        Column("budget", "money", "money for it", at_least=0),
        Column("owner", "text", "who answers for it"),
    ),
    "results against the plan, by portfolio",
    in_order=(("starts_on", "ends_on"),),
)

SUBSCRIPTIONS = Definition(
    "subscriptions",
    "one contract of a customer",
    (
        Column("subscription_id", "id", "number of the contract", required=True),
        customer_id(),
        Column("plan", "text", "what was subscribed to"),
        Column("price", "money", "price of a month", at_least=0),
        Column("started_on", "day", "first day", required=True),
        Column("ended_on", "day", "last day; empty while it runs"),
        Column("reason", "text", "reason for leaving, as the customer gave it"),
    ),
    "churn of contracts, reasons of leaving",
    key=("subscription_id",),
    in_order=(("started_on", "ended_on"),),
)
