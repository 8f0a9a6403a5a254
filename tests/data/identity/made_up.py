"""Registers of made-up people, hard on purpose: the truth is known, and nothing of it comes from the product.

Households with one surname and address, twins, parents and children of one name, mails and phones shared in the family
or taken over from strangers, double surnames with particles, accents dropped, names exchanged, short names, typing
errors, firms, and three fields in ten left empty.
"""

from __future__ import annotations

import random
import unicodedata
from typing import NamedTuple

import pandas as pd

_WOMEN = (
    "María Ana Lucía Carmen Daniela Paula Andrea Josefa Francisca Martina Sofía Elena Rosa Julia Teresa "
    "Marta Laura Claudia Patricia Isabel Beatriz Cristina Silvia Raquel Alicia Emilia Antonia Manuela "
    "Gabriela Valeria"
)
WOMEN = _WOMEN.split()
_MEN = (
    "José Juan Luis Carlos Daniel Pablo Andrés Francisco Martín Mario Manuel Pedro Jorge Miguel Ángel "
    "Alberto Rafael Antonio Fernando Sergio Raúl Javier Iván Óscar Emilio Gabriel Julián Álvaro Hugo "
    "Rubén"
)
MEN = _MEN.split()
SHORT = {
    "Francisco": "Paco", "José": "Pepe", "Manuel": "Manolo", "María": "Mari", "Isabel": "Isa", "Antonio": "Toni",
    "Francisca": "Pancha", "Daniel": "Dani", "Daniela": "Dani", "Rafael": "Rafa", "Teresa": "Tere", "Alberto": "Beto",
    "Luis": "Lucho", "Patricia": "Pati", "Gabriel": "Gabi", "Beatriz": "Bea", "Javier": "Javi", "Fernando": "Nando",
}  # fmt: skip
_SURNAMES = (
    "García González Rodríguez López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz "
    "Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez "
    "Serrano Blanco Molina Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez Iglesias "
    "Medina Garrido Cortés Castillo Santos Lozano Guerrero Cano Prieto Méndez Cruz Calvo Gallego Vidal "
    "León Márquez Herrera Peña Flores Cabrera Campos Vega Fuentes Carrasco Diez Reyes Caballero Nieto "
    "Aguilar Pascual Santana Herrero Lorenzo Montero Hidalgo Giménez Ibáñez Ferrer"
)
SURNAMES = [
    *_SURNAMES.split(),
    "de la Torre",
    "del Valle",
    "de los Santos",
    "San Juan",
    "Ponce de León",
    "de la Rosa",
    "von Appen",
]
_STREETS = "Mayor Real Sol Luna Nueva Ancha Larga Palma Rosario Olivo Fuente Castillo Molino Prado Jardines Estación"
STREETS = _STREETS.split()
CITIES = {"Talca": "346", "Curicó": "334", "Linares": "358", "Osorno": "529", "Valdivia": "509", "Arica": "100"}
FIRMS = ["Comercial", "Transportes", "Ferretería", "Panadería", "Imprenta", "Talleres"]
FORMS = ("S.A.", "SpA", "Ltda.", "Limitada", "")


class Made(NamedTuple):
    """Records of two registers, and who each of them is."""

    records: pd.DataFrame
    person: pd.Series


class Person(NamedTuple):
    number: int
    given: str
    second: str
    father: str
    mother: str
    firm: str
    email: str
    phone: str
    tax: str
    street: str
    city: str
    birth: str


def make(n_people: int, seed: int) -> Made:
    """Return the records of so many people; half of them have two or more."""
    rng = random.Random(seed)  # noqa: S311 – names, not secrets
    people: list[Person] = []
    while len(people) < n_people:
        people += _household(len(people), rng)
    rows, truth = [], []
    for person in people[:n_people]:
        registers = rng.choices((("shop",), ("web",), ("shop", "web"), ("shop", "shop", "web")), (35, 20, 38, 7))[0]
        for place, register in enumerate(registers):
            rows.append(_card(person, register, place > 0, rng.choice(people), rng))
            truth.append(person.number)
    order = list(range(len(rows)))
    rng.shuffle(order)
    records = pd.DataFrame([rows[place] for place in order])
    records.insert(1, "customer_id", [f"{rng.randrange(10**8):08d}x{number}" for number in range(len(order))])
    return Made(records, pd.Series([truth[place] for place in order]))


def rut(number: int) -> str:
    """Return a Chilean tax id with its check digit."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(number))))
    return f"{number}-{'0123456789K0'[11 - total % 11]}"


def _household(first: int, rng: random.Random) -> list[Person]:
    if rng.random() < 0.06:
        return [_firm(first, rng)]
    size = rng.choices((1, 2, 3, 4, 5), (45, 22, 15, 12, 6))[0]
    street = f"Calle {rng.choice(STREETS)} {rng.randrange(1, 900)}" + (
        f" depto {rng.randrange(1, 99)}" if rng.random() < 0.4 else ""
    )
    city = rng.choice(list(CITIES))
    father, mother = [(_surname(rng), _surname(rng)) for _ in "ab"]
    family: list[Person] = []
    twins = size >= 4 and rng.random() < 0.25
    for place in range(size):
        is_woman = rng.random() < 0.5 if place != 1 else family[0].given not in WOMEN
        given = rng.choice(WOMEN if is_woman else MEN)
        if place == 2 and rng.random() < 0.12:
            given = family[0].given  # named after a parent
        while place > 2 and given in {member.given for member in family}:
            given = rng.choice(WOMEN if is_woman else MEN)
        surnames = (father, mother)[place] if place < 2 else (father[0], mother[0])
        year = rng.randrange(1945, 1980) if place < 2 else rng.randrange(1975, 2006)
        birth = f"{year}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
        if place == 3 and twins:
            birth = family[2].birth
        number = first + place
        second = rng.choice(WOMEN if is_woman else MEN) if rng.random() < 0.5 else ""
        box = f"{_plain(given)}.{_plain(surnames[0])}{rng.randrange(1000)}".lower().replace(" ", "")
        own = f"{box}@correo{rng.randrange(3)}.cl"
        shares_mail, shares_phone = (place > 0 and rng.random() < share for share in (0.25, 0.35))
        family.append(
            Person(
                number, given, second, *surnames, "", family[0].email if shares_mail else own,
                family[0].phone if shares_phone else f"9{rng.randrange(10**7, 10**8)}", rut(5_000_000 + number * 37),
                street, city, birth,
            )
        )  # fmt: skip
    return family


def _firm(number: int, rng: random.Random) -> Person:
    name = f"{rng.choice(FIRMS)} {rng.choice(SURNAMES)}" + (f" y {rng.choice(SURNAMES)}" if rng.random() < 0.5 else "")
    firm = f"{name} {rng.choice(FORMS)}".strip()
    mail = "info@" + _plain(name).lower().replace(" ", "") + ".cl"
    street = f"Avenida {rng.choice(STREETS)} {rng.randrange(1, 900)}"
    phone = f"22{rng.randrange(10**6, 10**7)}"
    return Person(
        number, "", "", "", "", firm, mail, phone, rut(76_000_000 + number * 41), street, rng.choice(list(CITIES)), ""
    )


def _surname(rng: random.Random) -> str:
    return SURNAMES[min(int(rng.expovariate(1 / 25)), len(SURNAMES) - 1)]


def _card(person: Person, register: str, is_later: bool, stranger: Person, rng: random.Random) -> dict[str, object]:
    card: dict[str, object] = dict.fromkeys(
        (
            "name",
            "given_name",
            "family_name",
            "email",
            "phone",
            "tax_id",
            "address",
            "postal_code",
            "city",
            "birth_date",
        ),
        None,
    )
    given, family = _written_name(person, rng)
    card["register"] = register
    card["is_company"] = bool(person.firm)
    if person.firm:
        card["name"] = _spoil(_firm_written(person.firm, rng), 0.05, rng)
    elif register == "shop":
        card["name"] = f"{family}, {given}" if rng.random() < 0.3 else f"{given} {family}"
    else:
        card["given_name"], card["family_name"] = given, family
    phone = person.phone
    if is_later and rng.random() < 0.15:
        phone = f"9{rng.randrange(10**7, 10**8)}"
    elif rng.random() < 0.02:
        phone = stranger.phone  # given to somebody else years ago
    moved = is_later and rng.random() < 0.1
    city = rng.choice(list(CITIES)) if moved else person.city
    street = f"Calle {rng.choice(STREETS)} {rng.randrange(1, 900)}" if moved else person.street
    email = f"nuevo{rng.randrange(10**6)}@correo.cl" if is_later and rng.random() < 0.12 else person.email
    tax = person.tax
    if rng.random() < 0.02:
        tax = tax[:2] + str((int(tax[2]) + 1) % 10) + tax[3:]  # the check digit gives the error away
    values = {
        "email": _spoil(email, 0.02, rng),
        "phone": rng.choice(("+56 {}", "{}", "0056{}")).format(phone),
        "tax_id": tax if rng.random() < 0.5 else tax.replace("-", ""),
        "address": _spoil(street.replace("Calle", rng.choice(("Calle", "C/", ""))).strip(), 0.06, rng),
        "postal_code": CITIES[city] + f"{sum(map(ord, street)) % 40:04d}",
        "city": city.upper() if rng.random() < 0.3 else city,
        "birth_date": _birth_written(person.birth, rng) if person.birth else None,
    }
    empty = {
        "email": 0.3,
        "phone": 0.25,
        "tax_id": 0.4,
        "address": 0.35,
        "postal_code": 0.45,
        "city": 0.2,
        "birth_date": 0.35,
    }
    card |= {field: value for field, value in values.items() if rng.random() >= empty[field]}
    return card


def _written_name(person: Person, rng: random.Random) -> tuple[str, str]:
    given = SHORT.get(person.given, person.given) if rng.random() < 0.05 else person.given
    if person.second and rng.random() < 0.5:
        given = f"{given} {person.second}"
    one, two = person.father, person.mother
    if rng.random() < 0.03:
        one, two = two, one
    family = one if rng.random() < 0.3 else f"{one} {two}"
    if rng.random() < 0.15:
        family = " ".join(word for word in family.split() if word not in {"de", "la", "del", "los", "von"})
    given, family = _spoil(given, 0.02, rng), _spoil(family, 0.03, rng)
    if rng.random() < 0.4:
        given, family = _plain(given), _plain(family)
    return (given.upper(), family.upper()) if rng.random() < 0.3 else (given, family)


def _firm_written(firm: str, rng: random.Random) -> str:
    bare = " ".join(word for word in firm.split() if word not in FORMS)
    return rng.choice((firm, bare, firm.upper(), f"{bare} {rng.choice(FORMS)}".strip()))


def _birth_written(birth: str, rng: random.Random) -> str:
    year, month, day = birth.split("-")
    if rng.random() < 0.04 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if rng.random() < 0.01:
        return f"{int(year) + 1}-{month}-{day}"
    return birth


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))


def _spoil(text: str, share: float, rng: random.Random) -> str:
    if rng.random() >= share or len(text) < 4:
        return text
    at = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + ("", text[at] * 2, rng.choice("aeiorst"))[kind - 1] + text[at + 1 :]
