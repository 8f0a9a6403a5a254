"""Customer cards as they are exported, and the truth about each person behind them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from clv.data.simulate import truths
from clv.data.simulate.cards import draw_cards
from clv.data.simulate.catalogue import CATEGORY_NAMES, Catalogue
from clv.data.simulate.clock import FUTURE_DAYS, HISTORY_DAYS
from clv.data.simulate.columns import Floats, Ints, chosen, days, money, where_known
from clv.data.simulate.life import NUMBERS, Company
from clv.data.simulate.registers import REGISTERS, registered_days
from clv.data.simulate.sales import person_ids
from clv.data.simulate.words import CITIES

KNOWN_REFERRAL_SHARE = 0.8  # of the recommendations: written on the card, where both stand in one register
WEEK = 7.0


def tables(company: Company, ids: pa.Array, catalogue: Catalogue, rng: np.random.Generator) -> dict[str, pa.Table]:
    """Return the cards, and the truth: identity, people, potential, recommendations."""
    records = company.records
    person_id = person_ids(company)
    interest = company.tastes.interest.argmax(axis=1)
    cards = draw_cards(company.people, interest, records.person, records.register, rng)
    made = registered_days(records, company.rates.first, company.record, company.orders.time, rng)
    register = chosen(REGISTERS, records.register)
    cards = cards.add_column(0, "register", register).add_column(1, "customer_id", ids)
    cards = cards.append_column("registered_on", days(made))
    cards = cards.append_column("referred_by", _referred_by(company, ids, rng))
    identity = {"register": register, "customer_id": ids, "person_id": person_id.take(pa.array(records.person))}
    return {
        "customers": cards.take(pa.array(np.lexsort((records.number, made)))),  # as a register grows, not by person
        "truth/identity": pa.table(identity),
        "truth/customers": _people(company, person_id, catalogue),
        "truth/potential": _potential(company, person_id, catalogue, rng),
        "truth/referrals": _referrals(company, person_id),
    }


def _referred_by(company: Company, ids: pa.Array, rng: np.random.Generator) -> pa.Array:
    records = company.records
    referrer = company.referrer[records.person]
    card = np.where(referrer >= 0, records.of[referrer, records.register], -1)
    known = (card >= 0) & ~records.is_second & (rng.random(card.size) < KNOWN_REFERRAL_SHARE)
    return where_known(ids.take(pa.array(np.maximum(card, 0))), known)


def _referrals(company: Company, person_id: pa.Array) -> pa.Table:
    rows = np.flatnonzero(company.referrer >= 0)
    pairs = {"person_id": rows, "recommended_by": company.referrer[rows]}
    return pa.table({name: person_id.take(pa.array(row)) for name, row in pairs.items()})


def _people(company: Company, person_id: pa.Array, catalogue: Catalogue) -> pa.Table:
    rates, people, left = company.rates, company.people, company.left
    stays, without = np.isfinite(left), np.isfinite(company.left_without_bad_cases)
    n = left.size

    def orders(start: int, length: int) -> pa.Array:
        time, person = company.orders.time, company.orders.person
        return pa.array(np.bincount(person[(time >= start) & (time < start + length)], minlength=n))

    return pa.table(
        {
            "person_id": person_id,
            "household": pa.array(company.number * NUMBERS + people.household),
            "is_company": pa.array(people.is_company),
            "is_twin": pa.array(people.is_twin),
            "occupation": chosen(truths.OCCUPATIONS, people.occupation, ~people.is_company),
            "city": chosen([city.name for city in CITIES], people.city),
            "first_order_on": days(rates.first),
            "left_on": days(left, stays),
            "left_without_bad_cases_on": days(company.left_without_bad_cases, without),
            "is_customer_at_as_of": pa.array(left >= HISTORY_DAYS),
            "rate_per_week": pa.array(rates.rate),
            "gamma_part_of_rate": pa.array(rates.gamma_part),
            "leaving_hazard_per_week": pa.array(rates.hazard),
            "leaving_hazard_per_order": pa.array(rates.order_hazard),
            "expected_ticket": pa.array(company.tastes.ticket(catalogue).sum(axis=1)),
            "web_share": pa.array(company.records.web_share),
            "orders_to_date": orders(0, HISTORY_DAYS),
            "money_to_date": _money(company, 0, HISTORY_DAYS),
            "future_orders_365": orders(HISTORY_DAYS, 365),
            "future_money_365": _money(company, HISTORY_DAYS, 365),
            "future_orders_730": orders(HISTORY_DAYS, FUTURE_DAYS),
            "future_money_730": _money(company, HISTORY_DAYS, FUTURE_DAYS),
        }
    )


def _money(company: Company, start: int, length: int) -> pa.Array:
    """Return the net of each person's lines within these days; what comes back counts on its own day."""
    lines = company.lines
    inside = (lines.time >= start) & (lines.time < start + length)
    person = company.orders.person[lines.order[inside]]
    total = np.bincount(person, weights=lines.amount[inside], minlength=company.left.size)  # exact below 2^53
    return money(np.rint(total).astype(np.int64))


def _potential(company: Company, person_id: pa.Array, catalogue: Catalogue, rng: np.random.Generator) -> pa.Table:
    """Return what each person spends with us in a year while a customer, and everywhere: the ceiling, by category."""
    n, m = company.tastes.interest.shape
    yearly = company.tastes.ticket(catalogue) * (company.rates.rate * 365 / WEEK)[:, None]
    share = np.maximum(rng.beta(*truths.SHARE_OF_WALLET, (n, m)), 0.05)
    # where nothing is bought from us, all is spent elsewhere: as much as those spend who do buy
    usual = _mean_of_buyers(yearly)
    elsewhere = usual * np.exp(rng.normal(-0.5, 1.0, (n, m)))
    ceiling = np.where(yearly > 0, yearly / share, elsewhere)
    category = np.tile(np.arange(m), n)
    return pa.table(
        {
            "person_id": person_id.take(pa.array(np.repeat(np.arange(n), m))),
            "category": pa.DictionaryArray.from_arrays(pa.array(category.astype(np.int8)), pa.array(CATEGORY_NAMES)),
            "expected_annual_spend": pa.array(np.rint(yearly).astype(np.int64).ravel()),
            "ceiling_annual_spend": pa.array(np.rint(ceiling).astype(np.int64).ravel()),
        }
    )


def _mean_of_buyers(yearly: Floats) -> Floats:
    buyers: Ints = np.maximum((yearly > 0).sum(axis=0), 1)
    return np.asarray(yearly.sum(axis=0) / buyers)
