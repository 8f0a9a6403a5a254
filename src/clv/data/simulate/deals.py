"""Prospects and opportunities as tables, and what is true of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from clv.data.simulate import truths
from clv.data.simulate.baskets import Tastes
from clv.data.simulate.cards import draw_cards
from clv.data.simulate.catalogue import CATEGORY_NAMES
from clv.data.simulate.columns import cents, chosen, days, money, text_ids, where_known
from clv.data.simulate.life import Company
from clv.data.simulate.people import People
from clv.data.simulate.pipeline import Opportunities, Prospects
from clv.data.simulate.registers import SHOP
from clv.data.simulate.sales import person_ids
from clv.data.simulate.words import SELLERS

NUMBERS = 10_000  # of prospects kept for a block; ten times that of opportunities
PROSPECT_STAGES = ("nuevo", "en seguimiento", "cliente", "perdido")


def tables(
    company: Company,
    ids: pa.Array,
    people: People,
    tastes: Tastes,
    prospects: Prospects,
    opportunities: Opportunities,
    rng: np.random.Generator,
) -> dict[str, pa.Table]:
    """Return prospects and opportunities with the ids of the shop; `people` are those drawn for the prospects."""
    prospect_id = text_ids("PR", company.number * NUMBERS + np.arange(prospects.created.size) + 1, 7)
    return {
        "prospects": _prospects(company, ids, people, tastes, prospects, opportunities, prospect_id, rng),
        "opportunities": _opportunities(company, ids.take(pa.array(company.first_record)), opportunities, prospect_id),
        "truth/prospects": _truth(company, people, prospects, prospect_id),
        "truth/opportunities": _outcomes(company, opportunities),
    }


def _prospects(
    company: Company,
    ids: pa.Array,
    people: People,
    tastes: Tastes,
    rows: Prospects,
    opportunities: Opportunities,
    prospect_id: pa.Array,
    rng: np.random.Generator,
) -> pa.Table:
    n, became = rows.created.size, rows.converted >= 0
    # who became a customer is written down as that customer, a clone likes what his model likes
    known = People(
        *(np.where(became, theirs[rows.converted], mine) for mine, theirs in zip(people, company.people, strict=True))
    )
    known = known._replace(mail_owner=np.arange(n))
    model = np.maximum(rows.clone_of, rows.converted)
    interest = np.where(model >= 0, company.tastes.interest.argmax(axis=1)[model], tastes.interest.argmax(axis=1))
    cards = draw_cards(known, interest, np.arange(n), np.full(n, SHOP), rng)
    cards = cards.drop_columns(["given_name", "family_name", "accepts_contact", "channel"])
    about = opportunities.prospect[opportunities.prospect >= 0]
    is_open = opportunities.is_open[opportunities.prospect >= 0]
    stage = np.zeros(n, np.int64)
    stage[about] = np.where(is_open, 1, 3)
    stage[became] = 2
    more = {
        "channel": chosen(("referido", "web", "feria", "llamada"), rng.integers(0, 4, n)),
        "stage": chosen(PROSPECT_STAGES, stage),
        "created_on": days(rows.created),
        "expected_amount": money(cents(rows.expected.round(-3))),
        "owner": chosen(SELLERS, rows.owner),
        "converted_to": where_known(ids.take(pa.array(company.first_record[rows.converted])), became),
    }
    for name, column in more.items():
        cards = cards.append_column(name, column)
    return cards.add_column(0, "prospect_id", prospect_id)


def _opportunity_ids(company: Company, n: int) -> pa.Array:
    return text_ids("OP", company.number * 10 * NUMBERS + np.arange(n) + 1, 8)


def _opportunities(company: Company, shop_ids: pa.Array, rows: Opportunities, prospect_id: pa.Array) -> pa.Table:
    closed = ~rows.is_open
    expected = rows.closed + np.where(rows.is_open, -0.3, 0) * (rows.closed - rows.opened)  # sellers hope for earlier
    return pa.table(
        {
            "opportunity_id": _opportunity_ids(company, rows.stage.size),
            "customer_id": where_known(shop_ids.take(pa.array(np.maximum(rows.customer, 0))), rows.customer >= 0),
            "prospect_id": where_known(prospect_id.take(pa.array(np.maximum(rows.prospect, 0))), rows.prospect >= 0),
            "opened_on": days(rows.opened),
            "stage": chosen(truths.STAGES, rows.stage),
            "amount": money(cents(rows.amount.round(-2))),
            "probability": pa.array(rows.stated),
            "expected_close_on": days(expected),
            "closed_on": days(rows.closed, closed),
            "is_won": pa.array(rows.is_won, mask=~closed),
            "owner": chosen(SELLERS, rows.owner),
            "category": chosen(CATEGORY_NAMES, rows.category),
        }
    )


def _outcomes(company: Company, rows: Opportunities) -> pa.Table:
    return pa.table(
        {
            "opportunity_id": _opportunity_ids(company, rows.stage.size),
            "win_probability": pa.array(rows.chance),
            "is_won_in_the_end": pa.array(rows.is_won),
            "closes_on": days(rows.closed),
        }
    )


def _truth(company: Company, people: People, rows: Prospects, prospect_id: pa.Array) -> pa.Table:
    of_customers = person_ids(company)
    own = text_ids("P", people.number, 8)
    became, is_clone = rows.converted >= 0, rows.clone_of >= 0
    person = pa.compute.if_else(pa.array(became), of_customers.take(pa.array(np.maximum(rows.converted, 0))), own)
    return pa.table(
        {
            "prospect_id": prospect_id,
            "person_id": person,
            "is_clone": pa.array(is_clone),
            "clone_of": where_known(of_customers.take(pa.array(np.maximum(rows.clone_of, 0))), is_clone),
            "rate_per_week": pa.array(rows.rate),
            "expected_ticket": pa.array(rows.ticket),
            "expected_money_of_two_years": pa.array(np.rint(rows.value).astype(np.int64)),
        }
    )
