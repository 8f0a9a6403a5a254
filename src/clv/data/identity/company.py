"""One identity for a whole company: its registers become people, and every table of the run names people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ibis
import pandas as pd
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table
from phonenumbers import SUPPORTED_REGIONS

from clv.config import Config
from clv.data.decided import Decision
from clv.data.identity.completeness import fill_cards
from clv.data.identity.keys import REGION_TAX_RULES, tax_key
from clv.data.identity.mapping import map_ids
from clv.data.identity.people import Identity
from clv.data.identity.resolve import resolve
from clv.data.reading import small_table
from clv.data.tables import read_register
from clv.definitions import TABLES
from clv.definitions.column import CUSTOMER
from clv.errors import ConfigError

MAP, REVIEW, CARDS = "identity_map.parquet", "identity_review.parquet", "cards.parquet"
NAMED_BY: Final = {"name": ("given_name", "family_name")}  # registers write a name in one column or in two
IDENTIFYING: Final = frozenset({"name", "given_name", "family_name", "email", "phone", "tax_id"})
"""Columns of a card without which nobody can be told from another."""
CARD_FIELDS: Final = (
    *("email", "phone", "name", "tax_id", "address", "postal_code", "city", "birth_date", "sex", "accepts_contact"),
)
"""What a complete card holds, the most useful for reaching somebody first; only those that a register maps count."""
REGION_OF_CURRENCY: Final = {
    **{"CLP": "CL", "MXN": "MX", "BRL": "BR", "ARS": "AR", "COP": "CO", "PEN": "PE", "UYU": "UY", "BOB": "BO"},
    **{"PYG": "PY", "CRC": "CR", "GTQ": "GT", "DOP": "DO", "USD": "US", "GBP": "GB", "CHF": "CH", "EUR": "ES"},
}
"""Country of a currency; several have the dollar and the euro, so that a tax id that passes elsewhere comes first."""
TELLING_SHARE: Final = 0.5  # of tax ids must pass the check digits of a country to tell it


@dataclass(frozen=True)
class IdentityRecord:
    """What became of the customer registers; counts only, nothing of a person.

    Attributes
    ----------
    records
        Cards by register.
    people
        Different people on them.
    joined
        People with more than one card.
    pairs
        See `clv.data.identity.Identity.pairs`.
    review
        Pairs for somebody to look at.
    notes
        What was set aside and why.
    decisions
        Country of phones and tax ids, and the threshold.
    """

    records: dict[str, int]
    people: int
    joined: int
    pairs: dict[str, int]
    review: int
    notes: tuple[str, ...]
    decisions: tuple[Decision, ...]


def identify(config: Config, engine: Backend, folder: Path, today: dt.date) -> IdentityRecord | None:
    """Find the people on the cards and write their ids into every table of a run.

    Parameters
    ----------
    config
        Maps the registers (`source.customers`); `identity` holds the rules.
    engine
        Reads and writes the files.
    folder
        Holds `transactions.parquet` and the tables that were read. Written: `identity_map.parquet` (register,
        customer_id, person_id), `identity_review.parquet`, `cards.parquet` (customer_id and which fields of the card
        are filled), and all tables anew, `customers.parquet` with one row a person.
    today
        As for `clv.data.tables.read_tables`.

    Returns
    -------
    IdentityRecord or None
        None where no register holds what tells people apart: then ids stay, after the name of their register where
        there are several.

    Raises
    ------
    ConfigError, DataError
        As `resolve`, and where `identity.never_links` cannot be read.
    """
    several = len(config.source.registers) > 1
    mapped = {name for place in config.source.customers for name in place.columns}
    cards = read_register(config, engine, folder, today) if mapped & IDENTIFYING and config.identity.resolve else None
    if cards is None:
        if several:
            _rename(config, engine, folder, _no_map(engine), several=True)
        return None
    frame = cards.to_pyarrow().to_pandas()
    if unknown := set(config.identity.precedence) - set(config.source.registers):
        raise ConfigError(
            f"identity.precedence: no register is called {min(unknown)!r}; name {', '.join(config.source.registers)}"
        )
    region, decision = choose_region(config, frame)
    if "referred_by" in frame and several:
        frame["referred_by"] = (frame["register"] + ":" + frame["referred_by"]).where(frame["referred_by"].notna())
    rules = config.identity
    identity = resolve(
        frame,
        never_links=_never_links(rules.never_links),
        threshold=rules.threshold,
        region=region,
        survivorship=dict(rules.survivorship),
        precedence=rules.precedence,
        several_registers=several,
    )
    identity.identity_map.to_parquet(folder / MAP, index=False)
    identity.review.to_parquet(folder / REVIEW, index=False)
    _write_people(config, engine, folder, identity, cards.schema(), region)
    _rename(config, engine, folder, engine.read_parquet(folder / MAP), several=several)
    threshold = Decision(
        "identity_threshold", f"{rules.threshold:g}", "probability of one person", "identity.threshold"
    )
    return IdentityRecord(
        records=dict(frame["register"].value_counts().sort_index()),
        people=len(identity.people),
        joined=int((identity.people["n_records"] > 1).sum()),
        pairs=identity.pairs,
        review=len(identity.review),
        notes=identity.notes,
        decisions=(*decision, threshold),
    )


def choose_region(config: Config, cards: pd.DataFrame) -> tuple[str, tuple[Decision, ...]]:
    """Tell the country of phones without a country code and of tax ids: stated, or by check digits, or by currency."""
    if config.identity.region is not None:
        if config.identity.region not in SUPPORTED_REGIONS:
            raise ConfigError(
                f"identity.region: {config.identity.region!r} is no country of ISO 3166; give its two letters, e.g. GB "
                "for the United Kingdom"
            )
        return config.identity.region, (Decision("region", config.identity.region, "stated", "identity.region"),)
    ids = cards["tax_id"].dropna() if "tax_id" in cards else pd.Series(dtype=object)
    passed = {
        country: float(ids.head(2_000).map(lambda value, r=rules: tax_key(str(value), r) is not None).mean())
        for country, rules in REGION_TAX_RULES.items()
        if len(ids)
    }
    best = max(passed, key=lambda country: passed[country], default=None)
    if best is not None and passed[best] >= TELLING_SHARE:
        because = f"{passed[best]:.0%} of tax ids pass its check digits"
        return best, (Decision("region", best, because, "identity.region"),)
    country = REGION_OF_CURRENCY.get(config.currency)
    if country is None:
        raise ConfigError(f"identity.region: state the country of phones and tax ids, ISO 3166; {config.currency} "
                          "does not tell it")  # fmt: skip
    return country, (Decision("region", country, f"amounts are in {config.currency}", "identity.region"),)


def _never_links(file: str | None) -> list[tuple[tuple[str, str], tuple[str, str]]]:
    """Read pairs that are never one person: rows copied from the list of pairs to review."""
    if file is None:
        return []
    sides = ["register_l", "customer_id_l", "register_r", "customer_id_r"]
    try:
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"identity.never_links: {file} cannot be read as CSV: {error}") from None
    if missing := [name for name in sides if name not in frame]:
        raise ConfigError(f"identity.never_links: {file} has no column {missing[0]}; it needs {', '.join(sides)}")
    return [((row[0], row[1]), (row[2], row[3])) for row in frame[sides].itertuples(index=False)]


def _write_people(
    config: Config, engine: Backend, folder: Path, identity: Identity, schema: ibis.Schema, region: str
) -> None:
    """Write the cards of the people, without what is personal, and which of their fields are filled."""
    mapped = {name for place in config.source.customers for name in place.columns}
    several = len(config.source.registers) > 1
    people = identity.people.rename(columns={"person_id": "customer_id"})
    asked = [name for name in CARD_FIELDS if mapped & {name, *NAMED_BY.get(name, ())}]
    fill_cards(people, asked, region=region).reset_index().to_parquet(folder / CARDS, index=False)
    personal = set() if config.personal_columns == "keep" else set(TABLES[CUSTOMER[0]].personal)
    kept = {"customer_id": "string", **{name: kind for name, kind in schema.items() if name in people}}
    kept = {name: kind for name, kind in kept.items() if name not in personal} | {"n_records": "int64"}
    if "referred_by" in kept:
        person = _person_of(identity.identity_map, several=several)
        people["referred_by"] = people["referred_by"].map(lambda one: person.get(one, one), na_action="ignore")
    table = small_table(engine, "people", people[list(kept)], ibis.schema(kept))
    table.order_by("customer_id").to_parquet(folder / f"{CUSTOMER[0]}.parquet")


def _person_of(identity_map: pd.DataFrame, *, several: bool) -> dict[str, str]:
    ids = identity_map["customer_id"]
    if several:
        ids = identity_map["register"] + ":" + ids
    return dict(zip(ids, identity_map["person_id"], strict=True))


def _rename(config: Config, engine: Backend, folder: Path, identity_map: Table, *, several: bool) -> None:
    """Write the transactions and all tables that speak of customers anew, with people in the place of ids."""
    for name in ("transactions", *config.source.tables):
        columns = [column.name for column in TABLES[name].columns if column.refers_to == CUSTOMER]
        file = folder / f"{name}.parquet"
        if name == CUSTOMER[0] or not columns or not file.exists():
            continue
        new = folder / f".{name}.parquet"
        map_ids(engine.read_parquet(file), identity_map, columns, several_registers=several).to_parquet(new)
        new.replace(file)


def _no_map(engine: Backend) -> Table:
    kinds = {"register": "string", "customer_id": "string", "person_id": "string"}
    return small_table(engine, "no_cards", pd.DataFrame(columns=list(kinds), dtype=object), ibis.schema(kinds))
