"""Cases: what goes wrong with an order, how it is handled, and the spell in which a bad case drives a person away."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.behaviour import Exposure, Orders
from clv.data.simulate.columns import Flags, Floats, Ints, pick, rows

TYPES = ("entrega", "producto", "cobro", "atención")
TYPE_TOUCHPOINTS = ("entrega", "tienda", "web", "servicio")
SEVERITIES = ("baja", "media", "alta")
CHANNELS = ("teléfono", "email", "tienda", "chat")
MEDIAN_DAYS = np.array([1.0, 2.0, 6.0])  # to the solution, by severity
ANSWERED = 0.45  # share of cases with a satisfaction


class Cases(NamedTuple):
    """One row a case, in the order of the orders that they are about."""

    order: Ints  # place among the orders
    person: Ints
    opened: Floats
    responded: Floats
    resolved: Floats
    type: Ints
    severity: Ints
    channel: Ints
    is_bad: Flags
    is_escalated: Flags
    satisfaction: Ints  # −1: not asked or not answered


def draw_cases(orders: Orders, latest: Floats, rng: np.random.Generator) -> Cases:
    """Draw the cases of possible orders; none is opened after the person's latest day."""
    order = np.flatnonzero(rng.random(orders.time.size) < truths.CASE_PER_ORDER)
    opened = orders.time[order] + rng.exponential(3.0, order.size)
    person = orders.person[order]
    inside = opened < latest[person]
    order, opened, person = order[inside], opened[inside], person[inside]
    n = order.size
    severity = pick([0.45, 0.30, 0.25], n, rng)
    needed = MEDIAN_DAYS[severity] * np.exp(rng.normal(0, 0.9, n))
    is_bad = (severity == SEVERITIES.index(truths.BAD_SEVERITY)) & (needed > truths.BAD_AFTER_DAYS)
    # what is called bad must not depend on the minute that a timestamp is cut to
    needed = np.where(np.abs(needed - truths.BAD_AFTER_DAYS) < 0.05, needed + np.where(is_bad, 0.05, -0.05), needed)
    score = rng.binomial(10, np.where(is_bad, 0.20, 0.82 - 0.06 * severity))
    return Cases(
        order=order,
        person=person,
        opened=opened,
        responded=opened + needed * rng.beta(1.5, 5.0, n),
        resolved=opened + needed,
        type=pick([0.35, 0.30, 0.20, 0.15], n, rng),
        severity=severity,
        channel=pick([0.40, 0.30, 0.15, 0.15], n, rng),
        is_bad=is_bad,
        is_escalated=rng.random(n) < np.where(is_bad, 0.55, np.where(severity == 2, 0.25, 0.03)),
        satisfaction=np.where(rng.random(n) < ANSWERED, score, -1),
    )


def bad_spells(cases: Cases) -> Exposure:
    """Return the spells in which a bad case is felt."""
    bad = cases.is_bad
    return Exposure(cases.person[bad], cases.opened[bad], cases.opened[bad] + truths.BAD_CASE_DAYS)


def those_that_happened(cases: Cases, kept: Flags, left: Floats) -> Cases:
    """Return the cases opened before the person left, with places among the orders that are `kept`."""
    here = kept[cases.order] & (cases.opened <= left[cases.person])
    place = np.cumsum(kept) - 1
    found = rows(cases, here)
    return found._replace(order=place[found.order])
