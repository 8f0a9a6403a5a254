"""How a person behaves: orders at a pace of his own, in season and after campaigns, until he leaves.

Orders are a Poisson process. What a campaign adds is a process of its own laid over it, so each order that a campaign
caused is known. Leaving is settled by one threshold per person: he leaves when his summed hazard reaches it. The same
threshold without the effect of bad cases says when he would have left otherwise.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.clock import ALL_DAYS, HISTORY_DAYS, day_of_season, season_days
from clv.data.simulate.columns import Flags, Floats, Ints

WEEK = 7.0


class Rates(NamedTuple):
    """What drives each person; one row a person."""

    first: Floats  # day of the first order, with its fraction
    gamma_part: Floats  # of the order rate, orders a week
    rate: Floats  # orders a week in the mean week
    hazard: Floats  # of leaving, a week
    order_hazard: Floats  # of leaving, at each order
    patience: Floats  # summed hazard at which the person leaves

    @property
    def latest(self) -> Floats:
        """Return the day by which the person has left whatever happens, at most the end of all days."""
        return np.minimum(self.first + self.patience / self.hazard * WEEK, ALL_DAYS)


class Orders(NamedTuple):
    """Orders by person and time."""

    person: Ints
    time: Floats  # day with its fraction
    campaign: Ints  # that caused it; −1 for none


class Exposure(NamedTuple):
    """Spells in which something lies on a person."""

    person: Ints
    start: Floats
    end: Floats


def draw_rates(log_effect: Floats, rng: np.random.Generator) -> Rates:
    """Draw what drives people whose order rate is exp(log_effect) times the usual."""
    n = log_effect.size
    gamma = rng.gamma(truths.RATE_SHAPE, truths.RATE_MEAN / truths.RATE_SHAPE, n)
    return Rates(
        first=day_of_season(rng.random(n) * season_days(np.array([HISTORY_DAYS - 1e-6]))),  # in season, as orders are
        gamma_part=gamma,
        rate=gamma * np.exp(log_effect),
        hazard=rng.gamma(truths.LEAVING_SHAPE, truths.LEAVING_MEAN / truths.LEAVING_SHAPE, n),
        order_hazard=rng.gamma(truths.AFTER_ORDER_SHAPE, truths.AFTER_ORDER_MEAN / truths.AFTER_ORDER_SHAPE, n),
        patience=rng.standard_exponential(n),
    )


def possible_orders(rates: Rates, lifts: list[tuple[int, Exposure, Floats]], rng: np.random.Generator) -> Orders:
    """Draw the orders of people who leave as late as they can; `lifts` are (campaign, its windows, rate added)."""
    everyone = np.arange(rates.first.size)
    parts = [(everyone, rates.first, np.full(everyone.size, -1))]
    usual = Exposure(everyone, rates.first, rates.latest)
    for campaign, windows, added in [(-1, usual, np.ones(everyone.size)), *lifts]:
        person, time = _poisson(windows, rates.rate[windows.person] * added, rates.latest, rng)
        parts.append((person, time, np.full(person.size, campaign)))
    person, time, cause = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((time, person))
    return Orders(person[order], time[order], cause[order])


def _poisson(windows: Exposure, rate: Floats, latest: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    start, end = season_days(windows.start), season_days(np.minimum(windows.end, latest[windows.person]))
    length = np.maximum(end - start, 0)
    number = rng.poisson(rate * length / WEEK)
    passed = np.repeat(start, number) + rng.random(int(number.sum())) * np.repeat(length, number)
    return np.repeat(windows.person, number), day_of_season(passed)


def day_of_leaving(rates: Rates, orders: Orders, bad: Exposure, ratio: float) -> Floats:
    """Return when each person leaves; infinite for those who are still there at the end of all days.

    Parameters
    ----------
    rates
        What drives the people.
    orders
        Possible orders, each with a hazard of leaving right after it.
    bad
        Spells that multiply every hazard; overlapping ones count once.
    ratio
        By how much.
    """
    n = rates.first.size
    # events of a person by time: 0 the life begins, 1 a spell begins, 2 one ends, 3 an order, 4 the end
    person = np.concatenate([np.arange(n), bad.person, bad.person, orders.person, np.arange(n)])
    time = np.concatenate([rates.first, bad.start, bad.end, orders.time, rates.latest])
    kind = np.repeat([0, 1, 2, 3, 4], [n, bad.person.size, bad.person.size, orders.person.size, n])
    time = np.minimum(time, rates.latest[person])
    order = np.lexsort((kind, time, person))
    person, time, kind = person[order], time[order], kind[order]
    spells = np.cumsum((kind == 1).astype(np.int64) - (kind == 2))
    weight = np.where(spells > 0, ratio, 1.0)  # after the event; all spells of a person end with him
    waited = np.diff(time, prepend=0.0) * (kind != 0)
    before = np.concatenate([[1.0], weight[:-1]])
    by_time = rates.hazard[person] * before * waited / WEEK
    by_order = rates.order_hazard[person] * weight * (kind == 3)
    summed = np.cumsum(by_time + by_order)
    begins = np.flatnonzero(kind == 0)
    summed -= np.repeat(summed[begins], np.diff(np.append(begins, person.size)))
    return _first_crossing(rates, person, time, summed, by_order, before)


def _first_crossing(
    rates: Rates, person: Ints, time: Floats, summed: Floats, by_order: Floats, before: Floats
) -> Floats:
    left = np.where(rates.latest < ALL_DAYS, rates.latest, np.inf)  # where rounding leaves the sum below the threshold
    crossed = np.flatnonzero(summed >= rates.patience[person])
    who, first = np.unique(person[crossed], return_index=True)
    place = crossed[first]
    over = summed[place] - by_order[place] - rates.patience[who]  # above zero: before the event, by time alone
    slope = rates.hazard[who] * before[place] / WEEK
    left[who] = time[place] - np.maximum(over, 0) / slope
    left[left >= ALL_DAYS] = np.inf
    return left


def is_within(spells: Exposure, person: Ints, time: Floats, n_people: int) -> Flags:
    """Return whether each moment of a person lies within one of his spells."""
    if spells.person.size == 0:
        return np.zeros(person.size, bool)
    # one axis for all: a person's days lie apart from the next one's by more than any spell can reach
    span = 4.0 * ALL_DAYS
    starts, ends = (np.sort(spells.person * span + side) for side in (spells.start, spells.end))
    at = person * span + time
    begun, over = np.searchsorted(starts, at, side="right"), np.searchsorted(ends, at, side="right")
    return np.asarray(begun > over)
