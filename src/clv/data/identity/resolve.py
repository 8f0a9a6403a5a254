"""From records of several registers to people: rules first, then probability, then groups without contradictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from clv.data.identity import rules
from clv.data.identity.clusters import LONGEST_CHAIN, Clusters, cluster
from clv.data.identity.comparing import compare
from clv.data.identity.levels import Field
from clv.data.identity.links import Scored, score
from clv.data.identity.people import Identity
from clv.data.identity.records import KEYS, Records, prepare
from clv.data.identity.survivorship import SurvivorRule, survive
from clv.errors import ConfigError

THRESHOLD: Final = 0.9
DOUBTFUL: Final = 0.5  # pairs at least as likely one person as two are shown for review
DECIDING: Final = ("given", "family", "firm", "birth", "tax")  # fields that rules speak of

NOT_MERGED: Final = {
    **rules.FORBIDDEN,
    "": "less likely than the threshold",
    "chain": f"would make a chain of more than {LONGEST_CHAIN} records",
    "large": f"one person with more than {LONGEST_CHAIN} records: check that it is one",
}


def resolve(
    registers: pd.DataFrame | Table,
    *,
    never_links: Iterable[tuple[tuple[str, str], tuple[str, str]]] = (),
    threshold: float = THRESHOLD,
    region: str = "CL",
    survivorship: Mapping[str, SurvivorRule] | None = None,
    precedence: Sequence[str] = (),
    several_registers: bool | None = None,
) -> Identity:
    """Find which records are the same person, and what is known of each person.

    Parameters
    ----------
    registers
        One row a record: customer_id, register (one register where there is no such column), and any of name,
        given_name, family_name, email, phone, tax_id, address, postal_code, city, birth_date, is_company. Further
        columns survive into `people`.
    never_links
        Pairs ((register, customer_id), (register, customer_id)) that are never one person, whatever else is known.
    threshold
        Probability of being one person from which on two records are joined, between 0.5 and 1.
    region
        Country of phones without country code and of tax ids, ISO 3166.
    survivorship
        Field: rule, where it differs from `clv.data.identity.survivorship.DEFAULT_RULES`.
    precedence
        Registers, the most trusted first.
    several_registers
        Whether the company has more than one register, also of ids without cards; default: as the records say.

    Returns
    -------
    Identity
        The map from ids to people, the people, and the pairs to review. A person's id is the smallest key of its
        records: the customer_id where there is one register, else `register:customer_id`.

    Raises
    ------
    DataError
        If keys are missing or occur twice.
    ConfigError
        If the threshold is out of range, or a never-link names a record that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> cards = pd.DataFrame({
    ...     "register": ["shop", "web", "web"], "customer_id": ["1", "a", "b"],
    ...     "name": ["Ana Soto Rojas", "ANA SOTO", "Luis Díaz"], "tax_id": ["12.345.678-5", "12345678-5", None],
    ... })
    >>> identity = resolve(cards)
    >>> identity
    Identity(3 records, 2 people, 0 pairs to review)
    >>> identity.identity_map["person_id"].tolist()
    ['shop:1', 'shop:1', 'web:b']
    """
    if not 0.5 <= threshold < 1:
        raise ConfigError(f"threshold: {threshold} is not a probability from 0.5 up to 1, which excludes 1 itself")
    records = prepare(registers, region)
    never = _record_pairs(records.source, never_links)
    scored = score(records)

    def forbids(unseen: pd.DataFrame) -> pd.Series:
        fields = [field for field in scored.fields if field.name in DECIDING]
        compared = compare(records.features, unseen, fields)
        return rules.forbidden(compared, records.features, never, scored.has_households)

    pairs = _judged(scored, records, never)
    links = pairs[(pairs["why"] == "") & (pairs["probability"] >= threshold)]
    groups = cluster(len(records.source), links, forbids)
    several = records.source["register"].nunique() > 1 if several_registers is None else several_registers
    person = _person_ids(records.source, groups, several=several)
    review = _review(pairs, links, groups, records, scored.fields)
    return Identity(
        records.source[list(KEYS)].assign(person_id=person),
        survive(records.source, person, survivorship, precedence),
        review,
        _counts(scored, pairs, links, groups, review),
        _notes(records, scored),
    )


def _record_pairs(
    source: pd.DataFrame, never_links: Iterable[tuple[tuple[str, str], tuple[str, str]]]
) -> frozenset[tuple[int, int]]:
    place = {key: number for number, key in enumerate(zip(*(source[key] for key in KEYS), strict=True))}
    pairs = [(tuple(one), tuple(other)) for one, other in never_links]
    unknown = [key for pair in pairs for key in pair if key not in place]
    if unknown:
        (register, customer_id), registers = unknown[0], ", ".join(sorted(source["register"].unique()))
        raise ConfigError(
            f"never_links: {len(unknown)} of {2 * len(pairs)} records are in no register, e.g. {customer_id!r} of "
            f"{register!r}; check their ids, and that register is one of {registers}"
        )
    if own := [one for one, other in pairs if one == other]:
        raise ConfigError(
            f"never_links: {own[0][1]!r} of {own[0][0]!r} is kept apart from itself; name two records, or take it out"
        )
    numbers = ((place[one], place[other]) for one, other in pairs)
    return frozenset((min(pair), max(pair)) for pair in numbers)


def _judged(scored: Scored, records: Records, never: frozenset[tuple[int, int]]) -> pd.DataFrame:
    """Add what a rule says: `why` not, and `is_settled`, which raises the probability."""
    pairs = scored.pairs
    why = rules.forbidden(pairs, records.features, never, scored.has_households)
    is_settled = rules.settled(pairs) & (why == "").to_numpy()
    probability = pairs["probability"].where(~is_settled, pairs["probability"].clip(lower=rules.SETTLED))
    return pairs.assign(why=why, is_settled=is_settled, probability=probability)


def _person_ids(source: pd.DataFrame, groups: Clusters, *, several: bool) -> pd.Series:
    ids = source["customer_id"]
    if several:
        ids = source["register"] + ":" + ids
    # records are sorted by key, so that the smallest number is the smallest key
    return pd.Series(ids.to_numpy()[groups.group], index=source.index)


def _review(
    pairs: pd.DataFrame, links: pd.DataFrame, groups: Clusters, records: Records, fields: Sequence[Field]
) -> pd.DataFrame:
    """Return the pairs that are at least as likely one person as two but apart, and those of large groups."""
    group = groups.group
    merged = group[pairs["record_l"]] == group[pairs["record_r"]]
    large = merged & np.isin(group[pairs["record_l"]], groups.large)
    doubtful = ~merged & (pairs["probability"] >= DOUBTFUL).to_numpy() & (pairs["why"] != "never_link").to_numpy()
    shown = pairs[doubtful | large].copy()
    refused = groups.refused.rename(columns={"why": "refused"})
    shown = shown.merge(refused, on=["record_l", "record_r"], how="left")
    is_merged = group[shown["record_l"]] == group[shown["record_r"]]
    code = shown["why"].where(shown["why"] != "", shown["refused"].fillna("")).mask(is_merged, "large")
    sides = {
        f"{key}_{side}": records.source[key].to_numpy()[shown[f"record_{side}"]] for side in ("l", "r") for key in KEYS
    }
    review = pd.DataFrame(
        {
            **sides,
            "probability": shown["probability"].to_numpy(),
            "is_merged": is_merged,
            "why": code.map(NOT_MERGED).to_numpy(),
            "reasons": rules.in_words(shown, fields).to_numpy(),
        }
    )
    order = ["probability", *sides]
    return review.sort_values(order, ascending=[False] + [True] * len(sides), kind="stable", ignore_index=True)


def _counts(
    scored: Scored, pairs: pd.DataFrame, links: pd.DataFrame, groups: Clusters, review: pd.DataFrame
) -> dict[str, int]:
    sizes = np.bincount(groups.group)
    return {
        "candidates": scored.n_candidates,
        "settled": int(links["is_settled"].sum()),
        "probable": int((~links["is_settled"]).sum()),
        "forbidden": int((pairs["why"] != "").sum()),
        "refused": len(groups.refused),
        "doubtful": len(review),
        "merged": int((sizes * (sizes - 1) // 2).sum()),
    }


def _notes(records: Records, scored: Scored) -> tuple[str, ...]:
    notes = [
        f"{shared.field}: {shared.n_values:,} values stand on {shared.n_records:,} records and say nothing of identity"
        for shared in records.shared
    ]
    notes += [
        f"pairs by {rule.name}: {rule.n_keys_left_out:,} keys with more than {rule.cap} records each are left out "
        f"({rule.n_records_left_out:,} records)"
        for rule in scored.rules
        if rule.n_keys_left_out
    ]
    if "tax_id" in records.source and records.source["tax_id"].notna().any() and not records.tax_is_checked:
        notes.append("tax_id: most do not pass the region's check digits; they are compared as text and forbid nothing")
    if not scored.trained_on and scored.n_candidates:
        notes.append("too few alike records to learn from: the starting values of the model stand")
    return tuple(notes)
