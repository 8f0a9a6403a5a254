"""Subscriptions: a service plan billed apart from the orders, ended month by month with a stated reason."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.behaviour import Exposure, is_within
from clv.data.simulate.clock import HISTORY_DAYS
from clv.data.simulate.columns import Floats, Ints, pick, rows

SHARE = 0.10  # of the people
MONTH_DAYS = 30


class Subscriptions(NamedTuple):
    """One row a contract, by the day it began; contracts end at the end of a month of 30 days."""

    person: Ints
    plan: Ints
    started: Floats
    ended: Floats  # may lie in the future
    churn: Floats  # chance to end, each month
    reason: Ints


def draw_subscriptions(first: Floats, bad: Exposure, rng: np.random.Generator) -> Subscriptions:
    """Draw the contracts of people known since `first`; who ends one while a bad case is felt mostly says so."""
    person = np.flatnonzero(rng.random(first.size) < SHARE)
    n = person.size
    started = np.floor(first[person] + rng.random(n) * (HISTORY_DAYS - first[person]))
    churn = rng.beta(*truths.PLAN_CHURN, n)
    ended = started + float(MONTH_DAYS) * rng.geometric(churn)
    reason = pick(list(truths.REASON_SHARES), n, rng)
    felt = is_within(bad, person, ended, first.size)
    speaks = rng.random(n) < truths.SERVICE_REASON_AFTER_BAD_CASE
    reason = np.where(felt & speaks, truths.REASONS.index("servicio"), reason)
    plan = pick([0.5, 0.35, 0.15], n, rng)
    found = Subscriptions(person, plan, started, ended, churn, reason)
    return rows(found, np.lexsort((person, started)))
