"""Prospects, some of them true clones of best customers, and the opportunities that salespeople pursue."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.behaviour import Rates
from clv.data.simulate.catalogue import CATEGORIES
from clv.data.simulate.clock import HISTORY_DAYS
from clv.data.simulate.columns import Flags, Floats, Ints, pick, rows
from clv.data.simulate.people import People, tax_numbers
from clv.data.simulate.words import SELLERS

PROSPECTS_PER_PERSON = 0.15
CLONE_SHARE, BEST_SHARE = 0.20, 0.05
PURSUED_SHARE = 0.75  # of the prospects: an opportunity was opened
OPPORTUNITIES_PER_FIRM = 1.5
SELLERS_OPTIMISM = 0.15  # what sellers add to the chance of a sale, in the mean
HORIZON_WEEKS = 104.0
N_STAGES, N_SELLERS = len(truths.STAGES), len(SELLERS)


class Prospects(NamedTuple):
    """One row a prospect."""

    clone_of: Ints  # row of a customer; −1 for none
    converted: Ints  # row of the customer; −1 for none
    created: Floats
    rate: Floats  # orders a week, were he a customer
    ticket: Floats  # money of an order, pesos
    value: Floats  # expected money of the two years after a first order
    expected: Floats  # what the seller expects of the first year
    owner: Ints


class Opportunities(NamedTuple):
    """One row an opportunity, by the day it was opened; about a prospect or a customer."""

    prospect: Ints  # −1: about a customer
    customer: Ints
    opened: Floats
    stage: Ints  # at the as-of date, or where it ended
    is_open: Flags  # at the as-of date
    closed: Floats
    is_won: Flags  # in the end, perhaps after the as-of date
    stated: Floats  # chance the seller states
    chance: Floats  # true chance at that stage
    amount: Floats
    category: Ints
    owner: Ints


def best_customers(rates: Rates, ticket: Floats) -> Ints:
    """Return the rows of the best by order rate times ticket."""
    worth = rates.rate * ticket
    n_best = max(1, int(BEST_SHARE * worth.size))
    return np.argsort(-worth, kind="stable")[:n_best]


def like(people: People, models: People, clone_of: Ints, rng: np.random.Generator) -> People:
    """Return people who have the city, occupation and age of the `models` they are clones of."""
    is_clone = clone_of >= 0
    copied = {
        field: np.where(is_clone, getattr(models, field)[clone_of], getattr(people, field))
        for field in ("city", "occupation", "is_company")
    }
    born = np.where(is_clone, models.born[clone_of] + rng.integers(-700, 700, is_clone.size), people.born)
    return people._replace(born=born, tax_number=tax_numbers(people.number, copied["is_company"]), **copied)


def draw_clones(n: int, best: Ints, rng: np.random.Generator) -> Ints:
    """Draw whom each of n prospects is a clone of; −1 for nobody."""
    return np.where(rng.random(n) < CLONE_SHARE, best[rng.integers(0, best.size, n)], -1)


class _Paths(NamedTuple):
    opened: Floats
    ends: Floats  # (opportunities, stages): when each stage would be over
    last: Ints  # stage at which it is won or lost
    is_won: Flags

    @property
    def closed(self) -> Floats:
        return np.asarray(self.ends[np.arange(self.last.size), self.last])

    def moved(self, by: Floats) -> _Paths:
        return self._replace(opened=self.opened + by, ends=self.ends + by[:, None])


def draw_pipeline(
    clone_of: Ints,
    own: tuple[Rates, Floats],
    customers: tuple[Rates, Floats],
    reachable: Ints,
    firms: Ints,
    rng: np.random.Generator,
) -> tuple[Prospects, Opportunities]:
    """Draw prospects and opportunities.

    Parameters
    ----------
    clone_of
        Whom each prospect is a clone of, −1 for nobody.
    own, customers
        Rates and tickets of the people drawn for the prospects, and of the customers.
    reachable
        Customers that prospects may turn out to have become: with each sale made by the as-of date one does.
    firms
        Customers with whom there are opportunities too.
    rng
        Source of randomness.
    """
    n, (rates, ticket) = clone_of.size, customers
    created = rng.uniform(0, HISTORY_DAYS - 1, n)
    pursued = np.flatnonzero(rng.random(n) < PURSUED_SHARE)
    paths = _draw_paths(created[pursued], rng)
    sold = np.flatnonzero(paths.is_won & (paths.closed < HISTORY_DAYS))[: reachable.size]
    became = rng.permutation(reachable)[: sold.size]
    by = np.zeros(pursued.size)
    by[sold] = rates.first[became] - paths.closed[sold]  # the sale is the first order
    paths = paths.moved(by)
    created[pursued] += by
    converted, clone_of = np.full(n, -1), clone_of.copy()
    converted[pursued[sold]], clone_of[pursued[sold]] = became, -1
    prospects = _prospects(clone_of, converted, created, own, customers, rng)
    about = np.repeat(firms, rng.poisson(OPPORTUNITIES_PER_FIRM, firms.size))
    of_firms = _draw_paths(rates.first[about], rng)
    both = _Paths(*(np.concatenate(pair) for pair in zip(paths, of_firms, strict=True)))
    prospect = np.concatenate([pursued, np.full(about.size, -1)])
    customer = np.concatenate([converted[pursued], about])
    money = np.concatenate([prospects.ticket[pursued], ticket[about]])
    return prospects, _opportunities(both, prospect, customer, money, rng)


def _draw_paths(earliest: Floats, rng: np.random.Generator) -> _Paths:
    n = earliest.size
    opened = earliest + rng.random(n) * (HISTORY_DAYS - earliest)
    ends = opened[:, None] + np.cumsum(rng.exponential(1.0, (n, N_STAGES)) * np.array(truths.STAGE_MEAN_DAYS), axis=1)
    passes = rng.random((n, N_STAGES)) < np.array(truths.STAGE_PASSES)
    is_won = np.asarray(passes.all(axis=1))
    return _Paths(opened, ends, np.where(is_won, N_STAGES - 1, passes.argmin(axis=1)), is_won)


def _prospects(
    clone_of: Ints,
    converted: Ints,
    created: Floats,
    own: tuple[Rates, Floats],
    customers: tuple[Rates, Floats],
    rng: np.random.Generator,
) -> Prospects:
    model = np.maximum(clone_of, converted)  # never both

    def truth(mine: Floats, theirs: Floats) -> Floats:
        return np.where(model >= 0, theirs[model], mine)

    rate = truth(own[0].rate, customers[0].rate)
    hazard = truth(own[0].hazard, customers[0].hazard)
    at_order = truth(own[0].order_hazard, customers[0].order_hazard)
    ticket = truth(own[1], customers[1])
    ends = hazard + rate * -np.expm1(-at_order)  # hazard of the mean person, in time and at orders
    orders = 1 + np.exp(-at_order) * rate * -np.expm1(-ends * HORIZON_WEEKS) / ends
    guess = np.exp(rng.normal(0, 0.6, ticket.size))
    return Prospects(
        clone_of=clone_of,
        converted=converted,
        created=created,
        rate=rate,
        ticket=ticket,
        value=orders * ticket,
        expected=guess * (1 + 52 * truths.RATE_MEAN) * ticket,  # the seller knows the basket, not the pace
        owner=rng.integers(0, N_SELLERS, ticket.size),
    )


def _opportunities(
    paths: _Paths, prospect: Ints, customer: Ints, money: Floats, rng: np.random.Generator
) -> Opportunities:
    n, closed = prospect.size, paths.closed
    stage = np.minimum((paths.ends < HISTORY_DAYS).sum(axis=1), paths.last)
    chance = np.array(list(truths.win_probabilities().values()))[stage]
    found = Opportunities(
        prospect=prospect,
        customer=customer,
        opened=paths.opened,
        stage=stage,
        is_open=closed >= HISTORY_DAYS,
        closed=closed,
        is_won=paths.is_won,
        stated=np.clip(chance + SELLERS_OPTIMISM + rng.normal(0, 0.10, n), 0.05, 0.95).round(2),
        chance=chance,
        amount=money * np.exp(rng.normal(1.5, 0.5, n)),
        category=pick([1.0] * len(CATEGORIES), n, rng),
        owner=rng.integers(0, N_SELLERS, n),
    )
    return rows(found, np.lexsort((np.arange(n), paths.opened)))
