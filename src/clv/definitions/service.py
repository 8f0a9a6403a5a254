"""What happens after a sale: cases, tasks and surveys."""

from __future__ import annotations

from clv.definitions.column import Column, Definition, customer_id

CASES = Definition(
    "cases",
    "one problem that a customer reported",
    (
        Column("case_id", "id", "number of the case", required=True),
        customer_id(),
        Column("opened_at", "moment", "when it was reported", required=True, is_past=True),
        Column("first_response_at", "moment", "when somebody answered", is_past=True),
        Column("resolved_at", "moment", "when it was resolved; empty while it is open", is_past=True),
        Column("type", "text", "e.g. delay, fault, claim"),
        Column("severity", "text", "how grave, as the system writes it"),
        Column("touchpoint", "text", "where it arose"),
        Column("channel", "text", "channel of the report"),
        Column("order_id", "id", "order that it is about"),
        Column("is_escalated", "flag", "whether it was passed up"),
        Column("satisfaction", "score", "what the customer said of the solution"),
    ),
    "service: time to response and resolution, effect of bad cases on leaving",
    key=("case_id",),
    in_order=(("opened_at", "first_response_at"), ("opened_at", "resolved_at")),
)

TASKS = Definition(
    "tasks",
    "one service task for a customer",
    (
        Column("task_id", "id", "number of the task", required=True),
        customer_id(),
        Column("type", "text", "e.g. training, visit, collection, audit"),
        Column("due_on", "day", "day by which it is due"),
        Column("done_on", "day", "day on which it was done; empty while it is open", is_past=True),
        Column("owner", "text", "who does it"),
    ),
    "tasks done and overdue, by portfolio",
    key=("task_id",),
)

SURVEYS = Definition(
    "surveys",
    "one answer to a survey",
    (
        customer_id(),
        Column("answered_on", "day", "day of the answer", required=True, is_past=True),
        Column("touchpoint", "text", "what it was about"),
        Column("score", "score", "the answer"),
        Column("comment", "text", "free text", personal=True),
    ),
    "satisfaction by touchpoint, as a sign of leaving",
)
