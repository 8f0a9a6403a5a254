"""The life of a block: people, what they do, what happens to them, in the order in which it comes about."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import behaviour, complaints, contacts, truths
from clv.data.simulate.baskets import Lines, Tastes, draw_lines, draw_tastes
from clv.data.simulate.catalogue import Catalogue
from clv.data.simulate.columns import Floats, Ints, pick, rows
from clv.data.simulate.people import People, draw_people
from clv.data.simulate.registers import Records, draw_records, record_of
from clv.data.simulate.words import CITIES

NUMBERS = 25_000  # person numbers kept for a block: its customers, then its prospects
STORE, PHONE, WEB, APP = range(4)  # channels of orders
OWN_STORE_SHARE = 0.85  # of the orders in stores: the one of the person's city
REFERRED_SHARE = 0.25  # of the people, where somebody is found who was there before


class Company(NamedTuple):
    """All that happened among the people of a block, before it is written down."""

    number: int
    people: People
    rates: behaviour.Rates
    tastes: Tastes
    records: Records
    contacts: contacts.Contacts
    orders: behaviour.Orders
    contact_of_order: Ints
    channel: Ints
    store: Ints  # −1 where the order was made in none
    record: Ints  # that each order was written to
    first_record: Ints  # of each person: that of the first order, which no contact precedes
    lines: Lines
    cases: complaints.Cases
    bad: behaviour.Exposure
    left: Floats
    left_without_bad_cases: Floats
    referrer: Ints  # −1 for none


def live(number: int, n: int, catalogue: Catalogue, rng: np.random.Generator) -> Company:
    """Draw n people of block `number` and all that they do until the end of all days."""
    people = draw_people(number * NUMBERS, n, contacts.new_card_accepts(n, rng), rng)
    rates = behaviour.draw_rates(people.log_effect, rng)
    tastes = draw_tastes(n, rng)
    records = draw_records(number, rates.first, rng)
    contacted = contacts.draw_contacts(rates.first, people.accepts, rng)
    possible = behaviour.possible_orders(rates, contacts.lifts(contacted), rng)
    cases = complaints.draw_cases(possible, rates.latest, rng)
    bad = complaints.bad_spells(cases)
    left = behaviour.day_of_leaving(rates, possible, bad, truths.BAD_CASE_HAZARD_RATIO)
    kept = possible.time <= left[possible.person]
    orders = rows(possible, kept)
    cases = complaints.those_that_happened(cases, kept, left)
    of_order = contacts.contact_of_order(contacted, orders)
    channel, store = _channels(orders, records, people, rng)
    record = record_of(records, orders.person, orders.time, channel >= WEB)
    message = np.where(of_order >= 0, contacted.message[of_order], -1)
    promised = message == contacts.MESSAGES.index("descuento")
    return Company(
        number=number,
        people=people,
        rates=rates,
        tastes=tastes,
        records=records,
        contacts=contacted,
        orders=orders,
        contact_of_order=of_order,
        channel=channel,
        store=store,
        record=record,
        first_record=record[np.searchsorted(orders.person, np.arange(n))],
        lines=draw_lines(orders, promised, tastes, catalogue, rng),
        cases=cases,
        bad=complaints.bad_spells(cases),
        left=left,
        left_without_bad_cases=behaviour.day_of_leaving(rates, possible, bad, 1.0),
        referrer=_referrers(rates, left, rng),
    )


def _channels(
    orders: behaviour.Orders, records: Records, people: People, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    n = orders.time.size
    is_web = rng.random(n) < records.web_share[orders.person]
    channel = np.where(is_web, pick([0.7, 0.3], n, rng) + WEB, pick([0.85, 0.15], n, rng))
    near = rng.random(n) < OWN_STORE_SHARE
    store = np.where(near, people.city[orders.person], rng.integers(0, len(CITIES), n))
    return channel, np.where(channel == STORE, store, -1)


def _referrers(rates: behaviour.Rates, left: Floats, rng: np.random.Generator) -> Ints:
    """Draw who recommended whom: people recommend as often as they order, while they are customers."""
    n = rates.first.size
    found = pick(rates.rate, n, rng)
    was_there = (rates.first[found] < rates.first) & (left[found] > rates.first)
    return np.where(was_there & (rng.random(n) < REFERRED_SHARE), found, -1)
