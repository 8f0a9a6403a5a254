"""Who the customers are: households with one surname and address, twins, namesakes, and firms.

Spanish names: a person has one or two given names and two surnames, the father's and the mother's first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clv.data.simulate import truths
from clv.data.simulate.columns import Flags, Floats, Ints, pick, rows
from clv.data.simulate.words import (
    CITIES,
    FIRM_KINDS,
    FIRM_NAMES,
    LEGAL_FORMS,
    MAIL_DOMAINS,
    MEN,
    STREETS,
    SURNAMES,
    WOMEN,
)

FIRM_SHARE = 0.06
HOUSEHOLD_SIZES, HOUSEHOLD_SHARES = (1, 2, 3, 4), (0.58, 0.20, 0.12, 0.10)
TWIN_SHARE = 0.15  # of households with two children
NAMESAKE_SHARE = 0.08  # of first children: the given name of the parent
SECOND_NAME_SHARE = 0.6
SHARED_MAIL_SHARE = 0.25  # of the members of a household: the mail of its first member
SHARED_PHONE_SHARE = 0.20
GIVEN_NAMES = (*WOMEN, *MEN)
PARENT_A, PARENT_B, CHILD_1, CHILD_2 = range(4)


class People(NamedTuple):
    """What is true of each person or firm; indices point into `words`, one row a person."""

    number: Ints  # in the whole company
    household: Ints
    is_company: Flags
    is_twin: Flags
    is_woman: Flags
    given: Ints
    second: Ints  # −1 for none
    surname: Ints
    mothers: Ints
    firm: Ints  # kind × name
    legal_form: Ints
    born: Ints  # days since 1970
    tax_number: Ints
    phone: Ints  # eight digits
    mail_owner: Ints  # row of the person whose mail is used
    mail_form: Ints
    mail_domain: Ints
    city: Ints
    street: Ints
    house: Ints
    flat: Ints  # 0 for none
    occupation: Ints
    accepts: Flags

    @property
    def log_effect(self) -> Floats:
        """Return the log of how much more often such a person orders."""
        private = np.array(truths.OCCUPATION_LOG_EFFECTS)[self.occupation]
        return np.where(self.is_company, truths.COMPANY_LOG_EFFECT, private)


def draw_people(first_number: int, n: int, accepts: Flags, rng: np.random.Generator) -> People:
    """Draw n people, numbered from `first_number` in an order that says nothing."""
    household, role = _households(n, rng)
    n_households = int(household[-1]) + 1
    is_company = (rng.random(n_households) < FIRM_SHARE / _share_of_singles())[household] & (
        np.bincount(household)[household] == 1
    )

    def of_house(most: int) -> Ints:
        return rng.integers(0, most, n_households)[household]

    children_twins = (rng.random(n_households) < TWIN_SHARE)[household]
    is_twin = children_twins & (role >= CHILD_1) & (np.bincount(household)[household] == 4)
    surname, mothers = _surnames(household, role, n_households, rng)
    is_woman, given, second = _given_names(household, role, is_twin, rng)
    born = _birth_days(household, role, is_twin, rng)
    shares_mail = (role != PARENT_A) & (rng.random(n) < SHARED_MAIL_SHARE)
    shares_phone = (role != PARENT_A) & (rng.random(n) < SHARED_PHONE_SHARE)
    phone = rng.integers(20_000_000, 99_999_999, n)
    head = np.flatnonzero(role == PARENT_A)[household]
    people = People(
        number=first_number + np.arange(n),
        household=household,
        is_company=is_company,
        is_twin=is_twin,
        is_woman=is_woman,
        given=given,
        second=second,
        surname=surname,
        mothers=mothers,
        firm=rng.integers(0, len(FIRM_KINDS) * len(FIRM_NAMES), n),
        legal_form=pick([0.25, 0.35, 0.30, 0.06, 0.04], n, rng).clip(0, len(LEGAL_FORMS) - 1),
        born=born,
        tax_number=np.zeros(n, np.int64),  # goes with the number, below
        phone=np.where(shares_phone, phone[head], phone),
        mail_owner=np.where(shares_mail, head, np.arange(n)),
        mail_form=rng.integers(0, 4, n),
        mail_domain=pick([0.6, 0.2, 0.1, 0.07, 0.03], n, rng).clip(0, len(MAIL_DOMAINS) - 1),
        city=pick([city.share for city in CITIES], n_households, rng)[household],
        street=of_house(len(STREETS)),
        house=1 + of_house(4000),
        flat=np.maximum(of_house(1200) - 600, 0),
        occupation=pick(list(truths.OCCUPATION_SHARES), n, rng),
        accepts=accepts,
    )
    shuffled = rng.permutation(n)
    rank = np.argsort(shuffled)
    mixed = rows(people, shuffled)
    tax_number = tax_numbers(people.number, mixed.is_company)
    return mixed._replace(number=people.number, mail_owner=rank[mixed.mail_owner], tax_number=tax_number)


def _share_of_singles() -> float:
    """Return the share of households with one member times people per household: firms are drawn among those."""
    mean_size = float(np.dot(HOUSEHOLD_SIZES, HOUSEHOLD_SHARES))
    return HOUSEHOLD_SHARES[0] / mean_size


def _households(n: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return each person's household and place in it."""
    sizes = np.array(HOUSEHOLD_SIZES)[pick(list(HOUSEHOLD_SHARES), n, rng)]
    household = np.repeat(np.arange(n), sizes)[:n]
    first = np.flatnonzero(np.diff(household, prepend=-1))
    return household, np.arange(n) - first[household]


def _surnames(household: Ints, role: Ints, n_households: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    weights = 1 / (np.arange(len(SURNAMES)) + 12.0)
    drawn = [pick(weights, n_households, rng)[household] for _ in range(4)]  # A's two, B's two
    is_child = role >= CHILD_1
    surname = np.where(role == PARENT_B, drawn[2], drawn[0])
    mothers = np.select([is_child, role == PARENT_B], [drawn[2], drawn[3]], drawn[1])
    return surname, mothers


def _given_names(household: Ints, role: Ints, is_twin: Flags, rng: np.random.Generator) -> tuple[Flags, Ints, Ints]:
    n = role.size
    is_woman = np.select(
        [role == PARENT_A, role == PARENT_B], [rng.random(n) < 0.4, rng.random(n) < 0.6], rng.random(n) < 0.5
    )
    rank = pick(1 / (np.arange(len(WOMEN)) + 6.0), 2 * n, rng).reshape(2, n)
    head = np.flatnonzero(role == PARENT_A)[household]
    is_namesake = (role == CHILD_1) & (rng.random(n) < NAMESAKE_SHARE)
    is_woman = np.where(is_namesake, is_woman[head], is_woman)
    first = np.where(is_namesake, rank[0][head], rank[0])
    # twins never share the given name
    sibling = np.concatenate([[0], first[:-1]])
    first = np.where(is_twin & (role == CHILD_2) & (first == sibling), (first + 1) % len(WOMEN), first)
    offset = np.where(is_woman, 0, len(WOMEN))
    has_second = (rng.random(n) < SECOND_NAME_SHARE) & (rank[1] != first)
    return is_woman, first + offset, np.where(has_second, rank[1] + offset, -1)


def _birth_days(household: Ints, role: Ints, is_twin: Flags, rng: np.random.Generator) -> Ints:
    n = role.size
    born = rng.integers(-11_000, 6_000, n)  # 1940 to 1986: parents and those who live alone
    head = np.flatnonzero(role == PARENT_A)[household]
    partner = born[head] + rng.integers(-2500, 2500, n)
    child = born[head] + rng.integers(7_000, 13_000, n)
    born = np.select([role == PARENT_B, role >= CHILD_1], [partner, child], born).clip(-11_000, 13_500)
    elder = np.concatenate([[0], born[:-1]])
    return np.where(is_twin & (role == CHILD_2), elder, born)


def tax_numbers(number: Ints, is_company: Flags) -> Ints:
    """Return a number for each person of up to two million, no two alike, in bands of the Chilean registry."""
    return np.where(is_company, 76_000_000 + number * 7, 4_000_000 + number * 7_368_787 % 21_000_017)
