"""Customer cards: what a register wrote down of a person, with its own habits, errors and gaps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clv.data.simulate import spelling, truths
from clv.data.simulate.catalogue import CATEGORY_NAMES
from clv.data.simulate.columns import Flags, Ints, Texts, chosen, texts, where_known
from clv.data.simulate.people import GIVEN_NAMES, People
from clv.data.simulate.registers import SHOP
from clv.data.simulate.words import (
    CITIES,
    FIRM_KINDS,
    FIRM_NAMES,
    LEGAL_FORMS,
    LEGAL_FORMS_LONG,
    MAIL_DOMAINS,
    MEN,
    STREETS,
    SURNAMES,
    WOMEN,
)

# share of cards on which a field is empty, by register: three of ten fields in the mean, more where a clerk must ask
EMPTY = {
    "email": (0.35, 0.03),
    "phone": (0.20, 0.15),
    "tax_id": (0.20, 0.40),
    "address": (0.40, 0.30),
    "postal_code": (0.50, 0.40),
    "birth_date": (0.30, 0.30),
    "sex": (0.30, 0.45),
    "city": (0.15, 0.20),
    "occupation": (0.35, 0.30),
    "interest": (0.45, 0.25),
}
UPPER_SHARES, BARE_SHARES = (0.45, 0.06), (0.55, 0.35)  # capitals and no accents, by register
NICKNAME_SHARES = (0.02, 0.08)
SWAPPED_SHARE, ONE_SURNAME_SHARES = 0.025, (0.15, 0.35)
TYPO_SHARES = {"name": 0.05, "email": 0.02, "address": 0.05}
OTHER_MAIL_SHARE, OTHER_PHONE_SHARE, MOVED_SHARE = 0.12, 0.12, 0.10  # of the cards after a person's first
RECYCLED_SHARE = 0.01  # phones that were somebody else's before
WRONG_TAX_DIGIT_SHARE, WRONG_BIRTH_SHARE = 0.015, 0.02
DECLARES_TRUTH = 0.75  # share of declared interests that are the person's first category

_SURNAMES = np.stack([spelling.cases(words) for words in spelling.particles(SURNAMES)])  # (particles, cases, words)
_GIVEN = spelling.cases(GIVEN_NAMES)
_NICKNAMES = spelling.cases([*WOMEN.values(), *MEN.values()])
_STREETS = spelling.cases(STREETS)
_FIRMS = spelling.cases([f"{kind} {name}" for kind in FIRM_KINDS for name in FIRM_NAMES])
_KINDS = spelling.cases([kind for kind in FIRM_KINDS for _ in FIRM_NAMES])
_MAIL_GIVEN = np.array([spelling.plain(name).lower() for name in GIVEN_NAMES])
_MAIL_SURNAME = np.array([spelling.plain(name).lower().replace(" ", "") for name in SURNAMES])


class _Card(NamedTuple):
    """What the writing of each card has in common; one row a card."""

    person: Ints
    register: Ints
    case: Ints
    particle: Ints
    is_later: Flags  # the person had a card before


def draw_cards(people: People, interest: Ints, person: Ints, register: Ints, rng: np.random.Generator) -> pa.Table:
    """Return the cards of persons (rows of `people`) in registers, without ids and dates of registration.

    Parameters
    ----------
    people
        Who they are.
    interest
        First category of each of `people`.
    person, register
        One row a card; the cards of a person lie together.
    rng
        Source of randomness.
    """
    n = person.size

    def of_register(shares: tuple[float, float]) -> Flags:
        return np.asarray(rng.random(n) < np.array(shares)[register])

    case = 2 * of_register(UPPER_SHARES) + of_register(BARE_SHARES)
    particle = np.where(rng.random(n) < 0.75, 0, rng.integers(1, 3, n))
    card = _Card(person, register, case, particle, np.diff(person, prepend=-1) == 0)
    given, family = _names(people, card, rng)
    firm = _firm_names(people, card, rng)
    is_company = people.is_company[person]
    full = np.where(rng.random(n) < 0.25, spelling.join(family, np.array(", "), given), _spaced(given, family))
    is_shop = register == SHOP
    known = {field: ~of_register(shares) for field, shares in EMPTY.items()}
    city = np.where(card.is_later & (rng.random(n) < MOVED_SHARE), rng.integers(0, len(CITIES), n), people.city[person])
    declared = np.where(rng.random(n) < DECLARES_TRUTH, interest[person], rng.integers(0, len(CATEGORY_NAMES), n))
    return pa.table(
        {
            "name": texts(np.where(is_company, firm, full), is_shop),
            "given_name": texts(given, ~is_shop & ~is_company),
            "family_name": texts(np.where(is_company, firm, family), ~is_shop),
            "email": texts(_mail(people, card, rng), known["email"]),
            "phone": where_known(_phone(people, card, rng), known["phone"]),
            "tax_id": where_known(_tax_id(people, card, rng), known["tax_id"]),
            "address": texts(_address(people, card, rng), known["address"]),
            "postal_code": _postal(people, card, city, known["postal_code"]),
            "birth_date": _birth_date(people, card, known["birth_date"] & ~is_company, rng),
            "sex": chosen(("M", "F"), people.is_woman[person], known["sex"] & ~is_company),
            "city": chosen([each.name for each in CITIES], city, known["city"]),
            "region": chosen([each.region for each in CITIES], city, known["city"]),
            "country": pa.array(np.full(n, "Chile"), pa.string()),
            "is_company": pa.array(is_company),
            "channel": chosen(("tienda", "web"), register),
            "accepts_contact": pa.array(people.accepts[person]),
            "occupation": chosen(truths.OCCUPATIONS, people.occupation[person], known["occupation"] & ~is_company),
            "interest": chosen(CATEGORY_NAMES, declared, known["interest"]),
        }
    )


def _names(people: People, card: _Card, rng: np.random.Generator) -> tuple[Texts, Texts]:
    n, person = card.person.size, card.person
    first = np.where(
        rng.random(n) < np.array(NICKNAME_SHARES)[card.register],
        _NICKNAMES[card.case, people.given[person]],
        _GIVEN[card.case, people.given[person]],
    )
    second = people.second[person]
    writes_second = (second >= 0) & (rng.random(n) < 0.6)
    given = np.where(writes_second, _spaced(first, _GIVEN[card.case, second]), first)
    one, two = people.surname[person], people.mothers[person]
    swapped = rng.random(n) < SWAPPED_SHARE
    one, two = np.where(swapped, two, one), np.where(swapped, one, two)
    father, mother = (_SURNAMES[card.particle, card.case, name] for name in (one, two))
    only_one = rng.random(n) < np.array(ONE_SURNAME_SHARES)[card.register]
    family = np.where(only_one, father, _spaced(father, mother))
    wrong = rng.random(n) < TYPO_SHARES["name"]
    in_given = rng.random(n) < 0.4
    return spelling.misspell(given, wrong & in_given, rng), spelling.misspell(family, wrong & ~in_given, rng)


def _firm_names(people: People, card: _Card, rng: np.random.Generator) -> Texts:
    n, person = card.person.size, card.person
    firm, case = people.firm[person], card.case
    of_owner = _spaced(
        _KINDS[case, firm], _spaced(*(_SURNAMES[0, case, x[person]] for x in (people.surname, people.mothers)))
    )
    name = np.where(people.surname[person] % 3 > 0, of_owner, _FIRMS[case, firm])
    forms = np.array(
        [[""] * len(LEGAL_FORMS), [f" {form}" for form in LEGAL_FORMS], [f" {x}" for x in LEGAL_FORMS_LONG]]
    )
    form = forms[_form_shown(n, rng), people.legal_form[person]]
    return spelling.misspell(spelling.join(name, form), rng.random(n) < TYPO_SHARES["name"], rng)


def _form_shown(n: int, rng: np.random.Generator) -> Ints:
    """Draw how a legal form is written: not at all, short, or long."""
    return rng.choice(3, n, p=[0.4, 0.45, 0.15])


def _mail(people: People, card: _Card, rng: np.random.Generator) -> Texts:
    owner = people.mail_owner[card.person]
    other = card.is_later & (rng.random(owner.size) < OTHER_MAIL_SHARE)
    given, surname = _MAIL_GIVEN[people.given[owner]], _MAIL_SURNAME[people.surname[owner]]
    number = (people.tax_number[owner] % 9973).astype(str)  # keeps most namesakes apart, as the providers do
    form = np.where(other, (people.mail_form[owner] + 1) % 4, people.mail_form[owner])
    initial = given.astype("<U1")
    local = np.select(
        [form == 0, form == 1, form == 2],
        [
            spelling.join(given, np.array("."), surname, number),
            spelling.join(initial, surname, number),
            spelling.join(given, np.array("_"), number),
        ],
        spelling.join(surname, np.array("."), given, number),
    )
    is_company = people.is_company[owner]
    local = np.where(is_company, spelling.join(np.array("ventas"), number), local)
    domain = np.array([f"@{domain}" for domain in MAIL_DOMAINS])[people.mail_domain[owner]]
    mail = spelling.join(local, domain)
    mail = np.where(rng.random(owner.size) < 0.08, np.strings.upper(mail), mail)
    return spelling.misspell(mail, rng.random(owner.size) < TYPO_SHARES["email"], rng)


def _phone(people: People, card: _Card, rng: np.random.Generator) -> pa.Array:
    n = card.person.size
    number = people.phone[card.person]
    number = np.where(
        card.is_later & (rng.random(n) < OTHER_PHONE_SHARE), rng.integers(20_000_000, 99_999_999, n), number
    )
    number = np.where(rng.random(n) < RECYCLED_SHARE, people.phone[rng.integers(0, people.phone.size, n)], number)
    return spelling.mobile(number, rng.integers(0, 4, n))


def _tax_id(people: People, card: _Card, rng: np.random.Generator) -> pa.Array:
    n = card.person.size
    number, place = people.tax_number[card.person], 10 ** rng.integers(0, 6, n)
    style = rng.integers(0, 3, n)
    right = spelling.rut(number, style)
    # one digit wrong, the check digit as it was: it gives the error away
    digit = number // place % 10
    wrong = number + ((digit + rng.integers(1, 10, n)) % 10 - digit) * place
    body = pa.array(wrong).cast(pa.string())
    check = pc.utf8_slice_codeunits(right, -1)
    spoilt = pc.binary_join_element_wise(body, check, "-")
    return pc.if_else(pa.array(rng.random(n) < WRONG_TAX_DIGIT_SHARE), spoilt, right)


def _address(people: People, card: _Card, rng: np.random.Generator) -> Texts:
    n, person = card.person.size, card.person
    moved = card.is_later & (rng.random(n) < MOVED_SHARE)
    street = np.where(moved, rng.integers(0, len(STREETS), n), people.street[person])
    house = np.where(moved, rng.integers(1, 4000, n), people.house[person])
    flat = np.where(moved, 0, people.flat[person])
    words = np.array([" depto. ", " Dpto ", ", depto ", " D"])[rng.integers(0, 4, n)]
    suffix = np.where(flat > 0, spelling.join(words, flat.astype(str)), "")
    sign = np.array([" ", " N° ", " #", ", "])[rng.integers(0, 4, n)]
    text = spelling.join(_STREETS[card.case, street], sign, house.astype(str), suffix)
    return spelling.misspell(text, rng.random(n) < TYPO_SHARES["address"], rng)


def _postal(people: People, card: _Card, city: Ints, known: Flags) -> pa.Array:
    area = np.array([each.postal for each in CITIES])[city]
    code = area * 10_000 + people.street[card.person] * 100 + people.house[card.person] // 40
    return where_known(pa.array(code).cast(pa.string()), known)


def _birth_date(people: People, card: _Card, known: Flags, rng: np.random.Generator) -> pa.Array:
    """Return birth dates; some with day and month swapped, or a year off."""
    n = card.person.size
    date = people.born[card.person].astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    day, number, year = (date - month).astype(int), month.astype(int) % 12, date.astype("datetime64[Y]")
    swapped = (year.astype("datetime64[M]") + day.clip(0, 11)).astype("datetime64[D]") + number
    wrong = rng.random(n) < WRONG_BIRTH_SHARE
    date = np.where(wrong & (day < 12), swapped, np.where(wrong, date + 365, date))
    return pa.array(date.astype("datetime64[D]"), pa.date32(), mask=~known)


def _spaced(one: Texts, two: Texts) -> Texts:
    return spelling.join(one, np.array(" "), two)
