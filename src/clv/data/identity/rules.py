"""What no probability may overrule: pairs that are certainly two people, and pairs that are settled by exact keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from clv.data.identity.fields import FIELDS
from clv.data.identity.levels import Field

BY_NAME: Final = {field.name: field for field in FIELDS}
SETTLED: Final = 0.99  # probability given to a pair that a rule settles, at the least

FORBIDDEN: Final = {
    "never_link": "the list of never-links keeps them apart",
    "tax": "different tax ids, both with the right check digit",
    "birth": "different birth dates",
    "given": "different given names",
    "family": "one of two surnames differs, and no birth date agrees",
    "kind": "one is a firm, the other a person",
    "shared_tax": "the tax id agrees, but neither names nor birth date do",
}
"""Why a pair is never merged, in order of weight."""


def at(pairs: pd.DataFrame, field: str, *names: str) -> np.ndarray:
    """Say of each pair whether a field agrees at one of these levels."""
    column = f"gamma_{field}"
    if column not in pairs:
        return np.zeros(len(pairs), dtype=bool)
    return np.asarray(pairs[column].isin([BY_NAME[field].gamma(name) for name in names]))


def forbidden(
    pairs: pd.DataFrame, features: pd.DataFrame, never: frozenset[tuple[int, int]], has_households: bool
) -> pd.Series:
    """Return why each pair must never be one person, an empty text where nothing forbids it.

    Parameters
    ----------
    pairs
        Columns record_l, record_r and gamma_<field>.
    features
        One row a record.
    never
        Pairs of record numbers that the caller keeps apart, the smaller number first.
    has_households
        Whether parents, siblings and twins stand in the registers; without them one field that differs is an error.
    """
    left, right = pairs["record_l"].to_numpy(), pairs["record_r"].to_numpy()
    same_tax = at(pairs, "tax", "same")
    names_differ = at(pairs, "given", "differs", "half_crossed")
    firm = features["is_firm"].to_numpy(dtype=bool)
    births_differ = at(pairs, "birth", "differs")
    all_differ = (names_differ & (at(pairs, "family", "differs", "half") | births_differ)) | at(
        pairs, "firm", "differs"
    )
    listed = [pair in never for pair in zip(left, right, strict=True)] if never else np.zeros(len(pairs), dtype=bool)
    checks = {
        "never_link": np.asarray(listed, dtype=bool),
        "tax": at(pairs, "tax", "differs"),
        "birth": births_differ & (has_households | names_differ) & ~same_tax,
        "given": names_differ & has_households & ~same_tax,
        "family": at(pairs, "family", "half") & ~at(pairs, "birth", "same", "slip") & has_households & ~same_tax,
        "kind": (firm[left] != firm[right]) & ~same_tax,
        "shared_tax": same_tax & all_differ,
    }
    return pd.Series(np.select(list(checks.values()), list(checks), ""), index=pairs.index, dtype=object)


def settled(pairs: pd.DataFrame) -> np.ndarray:
    """Say which pairs exact keys settle: one tax id, or one mail or phone with the same names and birth date.

    An exact mail or phone alone settles nothing: families share them, and phones are given to somebody else.
    """
    names = at(pairs, "given", "all", "first") & at(pairs, "family", "both", "first")
    email, phone = at(pairs, "email", "same"), at(pairs, "phone", "same")
    return np.asarray(at(pairs, "tax", "same") | (names & (email | phone) & at(pairs, "birth", "same")))


def in_words(pairs: pd.DataFrame, fields: Iterable[Field]) -> pd.Series:
    """Return what agrees and what differs in each pair, strongest field first; unknown fields are left out."""
    parts = []
    for field in fields:
        table = {field.gamma(level.name): level.words for level in field.levels}
        parts.append(pairs[f"gamma_{field.name}"].map(table))
    if not parts:
        return pd.Series("", index=pairs.index, dtype=object)
    rows = zip(*parts, strict=True)
    return pd.Series(
        ["; ".join(str(part) for part in row if pd.notna(part)) for row in rows], index=pairs.index, dtype=object
    )
