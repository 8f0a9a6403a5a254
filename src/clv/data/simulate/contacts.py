"""Campaigns: who is contacted, who is kept back by lot, and the spells in which a message raises the order rate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.behaviour import Exposure, Orders
from clv.data.simulate.clock import HISTORY_DAYS
from clv.data.simulate.columns import Flags, Floats, Ints

MESSAGES = ("descuento", "novedades", "regalo")
KINDS = ("abierto", "clic", "canje")
LEAST_DAYS_KNOWN = 30  # from the first order to the campaign: who is newer is not contacted
ACCEPTING = 0.85  # share of the people
OPENS, CLICKS, REDEEMS = 0.45, 0.12, 0.65  # shares of those treated; the last of the orders in the window


class Contacts(NamedTuple):
    """One row per person and campaign, the control group included."""

    person: Ints
    campaign: Ints  # place in truths.CAMPAIGNS
    day: Ints
    message: Ints  # place in MESSAGES; −1 in the control group
    is_control: Flags


class Responses(NamedTuple):
    """What those treated did within the window; `order` is a place among the orders, −1 for none."""

    contact: Ints
    day: Floats
    kind: Ints
    order: Ints


def draw_contacts(first: Floats, accepts: Flags, rng: np.random.Generator) -> Contacts:
    """Draw who is contacted in each campaign, by lot alone among those who accept contact and are known by then."""
    parts = []
    for number, campaign in enumerate(truths.CAMPAIGNS):
        known = accepts & (first < campaign.starts - LEAST_DAYS_KNOWN)
        person = np.flatnonzero(known & (rng.random(first.size) < truths.CONTACT_SHARE))
        is_control = rng.random(person.size) < truths.CONTROL_SHARE
        offered = np.array([MESSAGES.index(message) for message in campaign.rate_ratios])
        message = np.where(is_control, -1, offered[rng.integers(0, offered.size, person.size)])
        day = campaign.starts + rng.integers(0, truths.CONTACT_DAYS, person.size)
        parts.append((person, np.full(person.size, number), day, message, is_control))
    return Contacts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def lifts(contacts: Contacts) -> list[tuple[int, Exposure, Floats]]:
    """Return for each campaign the windows of those treated and the rate added, as a share of their own."""
    found = []
    for number, campaign in enumerate(truths.CAMPAIGNS):
        here = (contacts.campaign == number) & ~contacts.is_control
        added = np.array([campaign.rate_ratios.get(message, 1.0) - 1.0 for message in MESSAGES])
        start = contacts.day[here].astype(float)
        windows = Exposure(contacts.person[here], start, start + truths.EFFECT_DAYS)
        found.append((number, windows, added[contacts.message[here]]))
    return found


def contact_of_order(contacts: Contacts, orders: Orders) -> Ints:
    """Return for each order the contact in whose window it lies, treated or not; −1 for none."""
    span = 4 * HISTORY_DAYS
    by_person = np.lexsort((contacts.day, contacts.person))
    start = contacts.person[by_person] * span + contacts.day[by_person]
    at = orders.person * span + orders.time
    place = np.searchsorted(start, at, side="right") - 1
    inside = (place >= 0) & (at < start[place] + truths.EFFECT_DAYS)  # windows of one person never overlap
    return np.where(inside, by_person[place], -1)


def draw_responses(contacts: Contacts, of_order: Ints, orders: Orders, rng: np.random.Generator) -> Responses:
    """Draw openings and clicks of those treated, and the orders of their windows that are put down to the campaign."""
    treated = np.flatnonzero(~contacts.is_control)
    opened = treated[rng.random(treated.size) < OPENS]
    clicked = opened[rng.random(opened.size) < CLICKS / OPENS]
    redeemed = np.flatnonzero((of_order >= 0) & (rng.random(of_order.size) < REDEEMS))
    redeemed = redeemed[~contacts.is_control[of_order[redeemed]] & (orders.time[redeemed] < HISTORY_DAYS)]
    contact = np.concatenate([opened, clicked, of_order[redeemed]])
    wait = rng.exponential(1.5, opened.size + clicked.size)
    day = np.concatenate(
        [np.minimum(contacts.day[contact[: wait.size]] + wait, HISTORY_DAYS - 1), orders.time[redeemed]]
    )
    kind = np.repeat([0, 1, 2], [opened.size, clicked.size, redeemed.size])
    order = np.concatenate([np.full(wait.size, -1), redeemed])
    settled = np.lexsort((kind, contact, day))
    return Responses(contact[settled], day[settled], kind[settled], order[settled])


def new_card_accepts(n: int, rng: np.random.Generator) -> Flags:
    """Draw who lets the company contact him."""
    return rng.random(n) < ACCEPTING
