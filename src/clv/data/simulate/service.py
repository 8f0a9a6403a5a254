"""Contacts, responses, cases, surveys, tasks and subscriptions as tables, with the ids of a register."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from clv.data.simulate import complaints, contacts, contracts, experience, truths
from clv.data.simulate.catalogue import MESSAGE_COST
from clv.data.simulate.clock import HISTORY_DAYS
from clv.data.simulate.columns import Floats, Ints, chosen, days, moments, money, rows, text_ids, where_known
from clv.data.simulate.life import Company
from clv.data.simulate.registers import REGISTERS, SHOP
from clv.data.simulate.sales import minute_of_day, order_ids, person_ids
from clv.data.simulate.words import SELLERS

IDS_OF_BLOCK = 1_000_000  # numbers of cases, tasks, … kept for a block
CAMPAIGN_IDS = [each.campaign_id for each in truths.CAMPAIGNS]
CAMPAIGN_CHANNELS = [each.channel for each in truths.CAMPAIGNS]


def tables(company: Company, ids: pa.Array, rng: np.random.Generator) -> dict[str, pa.Table]:
    """Return what the company said to its people and they to it, and the truth of cases and contracts."""
    found = _contacts(company, ids, rng) | _cases(company, ids)
    first = company.rates.first
    surveys = experience.draw_surveys(company.orders, company.channel, company.bad, first.size, rng)
    tasks = experience.draw_tasks(first, company.people.is_company, company.cases, rng)
    subscribed = contracts.draw_subscriptions(first, company.bad, rng)
    found["surveys"] = _surveys(company, ids, surveys)
    found["tasks"] = _tasks(company, ids, tasks)
    return found | _subscriptions(company, ids, subscribed)


def who(company: Company, ids: pa.Array, record: Ints) -> dict[str, pa.Array]:
    """Return register and customer id of records."""
    return {
        "register": chosen(REGISTERS, company.records.register[record]),
        "customer_id": ids.take(pa.array(record)),
    }


def _of_person(company: Company, ids: pa.Array, person: Ints) -> dict[str, pa.Array]:
    return who(company, ids, company.first_record[person])


def _contacts(company: Company, ids: pa.Array, rng: np.random.Generator) -> dict[str, pa.Table]:
    sent, orders = company.contacts, company.orders
    cost = np.array([MESSAGE_COST[channel] * 100 for channel in CAMPAIGN_CHANNELS])[sent.campaign]
    contacted = pa.table(
        {
            **_of_person(company, ids, sent.person),
            "campaign_id": chosen(CAMPAIGN_IDS, sent.campaign),
            "contacted_on": days(sent.day),
            "channel": chosen(CAMPAIGN_CHANNELS, sent.campaign),
            "message": chosen(contacts.MESSAGES, np.maximum(sent.message, 0), ~sent.is_control),
            "is_control": pa.array(sent.is_control),
            "cost": money(np.where(sent.is_control, 0, cost)),
        }
    )
    responses = contacts.draw_responses(sent, company.contact_of_order, orders, rng)
    has_order, order = responses.order >= 0, np.maximum(responses.order, 0)
    person = sent.person[responses.contact]
    record = np.where(has_order, company.record[order], company.first_record[person])
    bought = company.lines.quantity > 0
    of_order = np.bincount(
        company.lines.order[bought], weights=company.lines.amount[bought], minlength=orders.time.size
    )
    responded = pa.table(
        {
            **who(company, ids, record),
            "campaign_id": chosen(CAMPAIGN_IDS, sent.campaign[responses.contact]),
            "responded_on": days(responses.day),
            "kind": chosen(contacts.KINDS, responses.kind),
            "order_id": where_known(order_ids(company).take(pa.array(order)), has_order),
            "amount": money(np.rint(of_order[order]).astype(np.int64), has_order),
        }
    )
    return {"campaign_contacts": contacted, "campaign_responses": responded}


def _cases(company: Company, ids: pa.Array) -> dict[str, pa.Table]:
    settled = np.argsort(company.cases.opened, kind="stable")
    cases = rows(company.cases, settled[company.cases.opened[settled] < HISTORY_DAYS])
    later = _shift(company, cases)
    opened, responded, resolved = (moment + later for moment in (cases.opened, cases.responded, cases.resolved))
    case_id = text_ids("R", company.number * IDS_OF_BLOCK + np.arange(opened.size) + 1, 9)
    table = pa.table(
        {
            **who(company, ids, company.record[cases.order]),
            "case_id": case_id,
            "opened_at": _moment(opened),
            "first_response_at": _moment(responded, HISTORY_DAYS),
            "resolved_at": _moment(resolved, HISTORY_DAYS),
            "type": chosen(complaints.TYPES, cases.type),
            "severity": chosen(complaints.SEVERITIES, cases.severity),
            "touchpoint": chosen(complaints.TYPE_TOUCHPOINTS, cases.type),
            "channel": chosen(complaints.CHANNELS, cases.channel),
            "order_id": order_ids(company).take(pa.array(cases.order)),
            "is_escalated": pa.array(cases.is_escalated),
            "satisfaction": pa.array(cases.satisfaction, mask=(cases.satisfaction < 0) | (resolved >= HISTORY_DAYS)),
        }
    )
    truth = pa.table(
        {
            "case_id": case_id,
            "person_id": person_ids(company).take(pa.array(cases.person)),
            "is_bad": pa.array(cases.is_bad),
            "felt_from": days(cases.opened, cases.is_bad),
            "felt_until": days(cases.opened + truths.BAD_CASE_DAYS, cases.is_bad),
        }
    )
    return {"cases": table, "truth/cases": truth}


def _shift(company: Company, cases: complaints.Cases) -> Floats:
    """Return by how much a case moves so that it is opened after its order, whose minute lies within opening hours."""
    ordered = company.orders.time[cases.order]
    minute = minute_of_day(ordered, company.channel[cases.order])
    written = np.floor(ordered) + (minute + 1.5) / 1440  # half a minute more, so that no rounding makes them one
    return np.maximum(written - cases.opened, 0)


def _moment(time: Floats, before: float = np.inf) -> pa.Array:
    return moments(time, (time - np.floor(time)) * 1440, time < before)


def _surveys(company: Company, ids: pa.Array, answers: experience.Surveys) -> pa.Table:
    return pa.table(
        {
            **_of_person(company, ids, answers.person),
            "answered_on": days(answers.answered),
            "touchpoint": chosen(truths.TOUCHPOINTS, answers.touchpoint),
            "score": pa.array(answers.score),
            "comment": chosen(experience.COMMENTS, np.maximum(answers.comment, 0), answers.comment >= 0),
        }
    )


def _tasks(company: Company, ids: pa.Array, due: experience.Tasks) -> pa.Table:
    return pa.table(
        {
            **_of_person(company, ids, due.person),
            "task_id": text_ids("T", company.number * IDS_OF_BLOCK + np.arange(due.person.size) + 1, 9),
            "type": chosen(experience.TASKS, due.type),
            "due_on": days(due.due),
            "done_on": days(due.done, np.isfinite(due.done)),
            "owner": chosen(SELLERS, due.owner),
        }
    )


def _subscriptions(company: Company, ids: pa.Array, contracted: contracts.Subscriptions) -> dict[str, pa.Table]:
    record = company.first_record[contracted.person]
    in_shop = company.records.register[record] == SHOP  # the shop alone sells them
    contracted, record = rows(contracted, in_shop), record[in_shop]
    number = text_ids("S", company.number * IDS_OF_BLOCK + np.arange(contracted.person.size) + 1, 9)
    over = contracted.ended < HISTORY_DAYS
    table = pa.table(
        {
            **who(company, ids, record),
            "subscription_id": number,
            "plan": chosen(truths.PLANS, contracted.plan),
            "price": money(np.array(truths.PLAN_PRICES)[contracted.plan] * 100),
            "started_on": days(contracted.started),
            "ended_on": days(contracted.ended, over),
            "reason": chosen(truths.REASONS, contracted.reason, over),
        }
    )
    truth = pa.table(
        {
            "subscription_id": number,
            "person_id": person_ids(company).take(pa.array(contracted.person)),
            "monthly_churn": pa.array(contracted.churn),
            "ends_on": days(contracted.ended),
        }
    )
    return {"subscriptions": table, "truth/subscriptions": truth}
