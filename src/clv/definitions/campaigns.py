"""What was said to whom, and what came back: campaigns, contacts and responses."""

from __future__ import annotations

from clv.definitions.column import Column, Definition, customer_id

_CAMPAIGN = Column("campaign_id", "id", "the campaign", required=True, refers_to=("campaigns", "campaign_id"))

CAMPAIGNS = Definition(
    "campaigns",
    "one campaign",
    (
        Column("campaign_id", "id", "number of the campaign", required=True),
        Column("name", "text", "name"),
        Column("objective", "text", "what it was for, e.g. new customers, frequency, ticket"),
        Column("channel", "text", "channel of the contacts"),
        Column("message", "text", "what was offered"),
        Column("starts_on", "day", "first day"),
        Column("ends_on", "day", "last day"),
        Column("cost", "money", "cost of the whole campaign beside its contacts", at_least=0),
    ),
    "what was offered, when, and what it cost",
    key=("campaign_id",),
    in_order=(("starts_on", "ends_on"),),
)

CONTACTS = Definition(
    "campaign_contacts",
    "one customer of the target group of a campaign, contacted or kept as control",
    (
        _CAMPAIGN,
        customer_id(),
        Column("contacted_on", "day", "day of the contact"),
        Column("channel", "text", "channel of this contact"),
        Column("message", "text", "message of this contact"),
        Column("is_control", "flag", "whether the customer was kept back at random to compare with"),
        Column("cost", "money", "cost of this contact", at_least=0),
    ),
    "response rates and, with a control, the incremental effect",
)

RESPONSES = Definition(
    "campaign_responses",
    "one answer to a campaign",
    (
        _CAMPAIGN,
        customer_id(),
        Column("responded_on", "day", "day of the answer", is_past=True),
        Column("kind", "text", "e.g. click, coupon, order"),
        Column("order_id", "id", "order that it led to"),
        Column("product_id", "id", "item that it led to", refers_to=("products", "product_id")),
        Column("amount", "money", "sales that it led to"),
    ),
    "response rates",
)
