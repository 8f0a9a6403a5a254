"""Some thousand people from first order to last: every table of theirs and every truth about them.

A block is drawn from a seed of its own, so that a company is the same however many blocks are worked at once.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from clv.data.simulate import behaviour, contacts, deals, pipeline, registry, sales, service
from clv.data.simulate.baskets import draw_tastes
from clv.data.simulate.catalogue import Catalogue
from clv.data.simulate.life import NUMBERS, Company, live
from clv.data.simulate.people import draw_people
from clv.data.simulate.registers import SHOP

PEOPLE = 20_000  # of a block: a few hundred megabytes while it is worked


def make_block(number: int, n: int, catalogue: Catalogue, seed: np.random.SeedSequence) -> dict[str, pa.Table]:
    """Return the tables of a block by name; those of the truth begin with ``truth/``.

    Parameters
    ----------
    number
        Which block, from 0.
    n
        People in it, at most `PEOPLE`.
    catalogue
        Products of the company.
    seed
        Of this block alone.
    """
    first, second, third = (np.random.default_rng(child) for child in seed.spawn(3))
    company = live(number, n, catalogue, first)
    ids = company.records.ids()
    found = sales.tables(company, ids) | registry.tables(company, ids, catalogue, second)
    return found | service.tables(company, ids, second) | _pipeline(company, ids, catalogue, third)


def _pipeline(company: Company, ids: pa.Array, catalogue: Catalogue, rng: np.random.Generator) -> dict[str, pa.Table]:
    n = max(1, int(pipeline.PROSPECTS_PER_PERSON * company.people.number.size))
    ticket = company.tastes.ticket(catalogue).sum(axis=1)
    clone_of = pipeline.draw_clones(n, pipeline.best_customers(company.rates, ticket), rng)
    accepts = contacts.new_card_accepts(n, rng)
    drawn = draw_people(company.number * NUMBERS + PEOPLE, n, accepts, rng)
    people = pipeline.like(drawn, company.people, clone_of, rng)
    rates, tastes = behaviour.draw_rates(people.log_effect, rng), draw_tastes(n, rng)
    in_shop = company.records.register[company.first_record] == SHOP
    prospects, opportunities = pipeline.draw_pipeline(
        clone_of,
        (rates, tastes.ticket(catalogue).sum(axis=1)),
        (company.rates, ticket),
        np.flatnonzero(in_shop),
        np.flatnonzero(in_shop & company.people.is_company),
        rng,
    )
    return deals.tables(company, ids, people, tastes, prospects, opportunities, rng)
