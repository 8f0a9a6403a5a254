"""What is sold and where: departments, categories, products, stores, campaigns, costs of contact, the plan."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clv.data.simulate import clock, truths
from clv.data.simulate.columns import Floats, Ints, cents, chosen, money, pick, text_ids
from clv.data.simulate.words import CITIES

# category: department, list price in pesos with tax, margin
CATEGORIES = {
    "Herramientas": ("Hogar", 24_000, 0.30),
    "Pintura": ("Hogar", 18_000, 0.34),
    "Iluminación": ("Hogar", 15_000, 0.42),
    "Jardín": ("Exterior", 21_000, 0.36),
    "Camping": ("Exterior", 32_000, 0.33),
    "Mascotas": ("Exterior", 12_000, 0.28),
    "Cocina": ("Casa", 16_000, 0.40),
    "Dormitorio": ("Casa", 38_000, 0.45),
    "Baño": ("Casa", 14_000, 0.43),
    "Limpieza": ("Diario", 6_000, 0.22),
    "Despensa": ("Diario", 5_000, 0.18),
    "Librería": ("Diario", 8_000, 0.38),
}
CATEGORY_NAMES = tuple(CATEGORIES)
DEPARTMENTS = tuple(dict.fromkeys(department for department, _, _ in CATEGORIES.values()))
BRANDS = ("Andina", "Casa Sur", "Lonquén", "Nativa", "Propia", "Rauco", "Tres Ríos", "Volcán")
PRODUCTS_PER_CATEGORY = 25
VALUE_ADDED_TAX = 1.19  # list prices end in 990 with tax; the log is net
MESSAGE_COST = {"email": 15, "carta": 650, "whatsapp": 60, "teléfono": 900}  # pesos a contact
MINUTES = {"email": 0.0, "carta": 0.0, "whatsapp": 1.0, "teléfono": 8.0, "visita": 55.0, "tienda": 5.0}
FORMATS = ("tienda", "express", "mayorista")


class Catalogue(NamedTuple):
    """Products in the order of their categories, PRODUCTS_PER_CATEGORY each."""

    category: Ints
    price: Ints  # net, hundredths of a peso
    unit_cost: Ints
    brand: Ints
    popularity: Floats  # of the products of a category; sums to one

    def mean_price(self) -> Floats:
        """Return the mean net price of what is bought, by category, in pesos."""
        weighted = (self.price * np.tile(self.popularity, len(CATEGORIES))).reshape(len(CATEGORIES), -1)
        return np.asarray(weighted.sum(axis=1) / 100)


def draw_catalogue(rng: np.random.Generator) -> Catalogue:
    """Draw the products of the company."""
    n = len(CATEGORIES) * PRODUCTS_PER_CATEGORY
    category = np.repeat(np.arange(len(CATEGORIES)), PRODUCTS_PER_CATEGORY)
    level = np.array([price for _, price, _ in CATEGORIES.values()])[category]
    with_tax = np.maximum(np.rint(level * np.exp(rng.normal(0, 0.5, n)) / 1000), 1) * 1000 - 10
    price = cents(with_tax / VALUE_ADDED_TAX)
    margin = np.array([margin for _, _, margin in CATEGORIES.values()])[category] + rng.uniform(-0.06, 0.06, n)
    popularity = 1 / np.arange(2.0, PRODUCTS_PER_CATEGORY + 2)
    return Catalogue(
        category,
        price,
        cents(price * (1 - margin) / 100),
        rng.integers(0, len(BRANDS), n),
        popularity / popularity.sum(),
    )


def product_ids() -> pa.Array:
    """Return the ids of all products."""
    return text_ids("SKU", np.arange(len(CATEGORIES) * PRODUCTS_PER_CATEGORY) + 1001, 6)


def store_ids() -> pa.Array:
    """Return the ids of all stores, one a city."""
    return text_ids("T", np.arange(len(CITIES)) + 1, 2)


def products(catalogue: Catalogue) -> pa.Table:
    """Return the table of products."""
    category = catalogue.category
    departments = [DEPARTMENTS.index(department) for department, _, _ in CATEGORIES.values()]
    brand = chosen(BRANDS, catalogue.brand)
    names = [
        f"{CATEGORY_NAMES[c]} {b} {i + 1}" for i, (c, b) in enumerate(zip(category, brand.to_pylist(), strict=True))
    ]
    return pa.table(
        {
            "product_id": product_ids(),
            "name": pa.array(names),
            "department": chosen(DEPARTMENTS, np.array(departments)[category]),
            "category": chosen(CATEGORY_NAMES, category),
            "brand": brand,
            "unit_cost": money(catalogue.unit_cost),
            "margin": pa.array(np.round(1 - catalogue.unit_cost / catalogue.price, 4)),
        }
    )


def stores(rng: np.random.Generator) -> pa.Table:
    """Return the table of stores."""
    n = len(CITIES)
    opened = [clock.START + dt.timedelta(days=int(day)) for day in -rng.integers(100, 4000, n)]
    return pa.table(
        {
            "store_id": store_ids(),
            "name": pa.array([f"{city.name} Centro" for city in CITIES]),
            "city": pa.array([city.name for city in CITIES]),
            "region": pa.array([city.region for city in CITIES]),
            "format": chosen(FORMATS, pick([0.6, 0.25, 0.15], n, rng)),
            "opened_on": pa.array(opened, pa.date32()),
        }
    )


def campaigns() -> pa.Table:
    """Return the table of campaigns: one row each, its messages joined by a slash."""
    rows = truths.CAMPAIGNS
    last = [row.starts + truths.CONTACT_DAYS + truths.EFFECT_DAYS - 1 for row in rows]
    return pa.table(
        {
            "campaign_id": pa.array([row.campaign_id for row in rows]),
            "name": pa.array([row.name for row in rows]),
            "objective": pa.array([row.objective for row in rows]),
            "channel": pa.array([row.channel for row in rows]),
            "message": pa.array([" / ".join(row.rate_ratios) for row in rows]),
            "starts_on": pa.array([clock.START + dt.timedelta(days=row.starts) for row in rows], pa.date32()),
            "ends_on": pa.array([clock.START + dt.timedelta(days=day) for day in last], pa.date32()),
            "cost": money(np.array([250_000_00 + 50_000_00 * place for place in range(len(rows))])),
        }
    )


def costs() -> pa.Table:
    """Return the cost of one contact by channel."""
    unit = np.array([MESSAGE_COST.get(channel, 0) * 100 for channel in MINUTES], np.int64)
    return pa.table({"channel": list(MINUTES), "unit_cost": money(unit), "minutes": list(MINUTES.values())})


def plan() -> pa.Table:
    """Return the plan of the year after the as-of date, by value class and risk."""
    rows = [
        ("A · riesgo bajo", "retener", "tasa de recompra", 0.92, 4_000_000, "Equipo A"),
        ("A · riesgo alto", "recuperar", "tasa de recompra", 0.60, 9_000_000, "Equipo A"),
        ("B · riesgo bajo", "crecer", "ventas por cliente", 1.10, 6_000_000, "Equipo B"),
        ("B · riesgo alto", "recuperar", "tasa de recompra", 0.45, 5_000_000, "Equipo B"),
        ("C · riesgo bajo", "crecer", "categorías por cliente", 2.50, 2_500_000, "Equipo C"),
        ("C · riesgo alto", "atender a bajo costo", "costo por pedido", 900.0, 500_000, "Equipo C"),
    ]
    portfolio, objective, indicator, target, budget, owner = (list(column) for column in zip(*rows, strict=True))
    starts = clock.AS_OF + dt.timedelta(days=1)
    return pa.table(
        {
            "portfolio": portfolio,
            "objective": objective,
            "indicator": indicator,
            "target": target,
            "starts_on": pa.array([starts] * len(rows), pa.date32()),
            "ends_on": pa.array([starts + dt.timedelta(days=364)] * len(rows), pa.date32()),
            "budget": money(np.array(budget) * 100),
            "owner": owner,
        }
    )
