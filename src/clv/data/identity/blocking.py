"""Which pairs of records are compared at all: those that share one of these keys, unless too many do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import pandas as pd

PAIRS_PER_RECORD: Final = 8.0
"""Most pairs that one rule may bring, per record: twenty rules on 200,000 records stay within two minutes."""
MOST_ALIKE: Final = 400  # records with one key: more than that are no key, however few pairs they make in all


class Rule(NamedTuple):
    """A rule with the most records that one of its keys may have, and how many records lie beyond."""

    name: str
    cap: int
    n_pairs: int
    n_keys_left_out: int
    n_records_left_out: int


def _joined(*parts: pd.Series) -> pd.Series:
    """Join the parts of a key; missing where one of them is."""
    key = parts[0]
    for part in parts[1:]:
        key = key + "|" + part
    return key


def _skeleton(words: pd.Series) -> pd.Series:
    """Return the first letter and the next consonants, doubled ones once: what most typing errors leave."""
    letters = words.str.replace("h", "").str.replace(r"[vw]", "b", regex=True).str.replace(r"[zç]", "s", regex=True)
    consonants = letters.str.slice(1).str.replace(r"[aeiouy ]", "", regex=True)
    return letters.str.slice(0, 1) + consonants.str.replace(r"(.)\1+", r"\1", regex=True).str.slice(0, 4)


def _keys(records: pd.DataFrame) -> dict[str, Callable[[], pd.Series]]:
    r = records
    given, family, surname = r["g1"], r["f1"], r["sorted_family"]
    return {
        "tax id": lambda: r["tax_text"],
        "e-mail": lambda: r["email"],
        "phone": lambda: r["phone"],
        "e-mail before the at sign": lambda: r["mailbox"],
        "names": lambda: _joined(given, surname),
        "names and birth year": lambda: _joined(given, family, r["birth"].str.slice(0, 4)),
        "names and postal code": lambda: _joined(given, family, r["postal"]),
        "names and city": lambda: _joined(given, family, r["city"]),
        "second given name and surname": lambda: _joined(r["g2"].fillna(given), family),
        "birth date and surname": lambda: _joined(r["birth"], family),
        "birth date and given name": lambda: _joined(r["birth"], given),
        "birth date and place": lambda: _joined(r["birth"], r["postal"].fillna(r["city"])),
        "address": lambda: r["house"],
        "house number, place and given name": lambda: _joined(r["numbers"], r["postal"].fillna(r["city"]), given),
        "house number, place and surname": lambda: _joined(r["numbers"], r["postal"].fillna(r["city"]), family),
        "house number and street": lambda: _joined(r["numbers"], r["street"].str.slice(0, 4)),
        "surname and postal code": lambda: _joined(family, r["postal"]),
        "sound of the names": lambda: _joined(_skeleton(given), _skeleton(family)),
        "sound of the surname, initial and birth month": lambda: _joined(
            _skeleton(family), given.str.slice(0, 1), r["birth"].str.slice(0, 6)
        ),
        "sound of the surname, initial and place": lambda: _joined(
            _skeleton(family), given.str.slice(0, 1), r["postal"].fillna(r["city"])
        ),
        "sound of the given name and birth month": lambda: _joined(_skeleton(given), r["birth"].str.slice(0, 6)),
        "exchanged names": lambda: given.where(given < family, family) + "|" + family.where(given < family, given),
        "firm": lambda: r["firm"],
        "firm without spaces": lambda: r["firm"].str.replace(" ", "").str.slice(0, 10),
        "birth date": lambda: r["birth"],
    }


def block(records: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Rule, ...]]:
    """Return the keys of each record, one column a rule, empty where too many records share one.

    Parameters
    ----------
    records
        Features, one row a record.

    Returns
    -------
    keys
        Columns `k0`, `k1`, … in the order of the rules.
    rules
        What each rule brings; rules that bring no pair are left out.
    """
    text = records.astype(dict.fromkeys(records.columns.intersection(_TEXT), "string"))
    columns: dict[str, pd.Series] = {}
    rules: list[Rule] = []
    for name, make in _keys(text).items():
        key = make()
        counts = key.value_counts()
        counts = counts[counts > 1]
        cap = _cap(counts, PAIRS_PER_RECORD * len(records))
        kept = counts[counts <= cap]
        if kept.empty:
            continue
        left_out = counts[counts > cap]
        columns[f"k{len(rules)}"] = key.where(key.isin(kept.index)).astype(object)
        pairs = int((kept * (kept - 1) // 2).sum())
        rules.append(Rule(name, int(cap), pairs, len(left_out), int(left_out.sum())))
    return pd.DataFrame(columns, index=records.index), tuple(rules)


_TEXT_COLUMNS: Final = "tax_text email phone mailbox g1 g2 f1 sorted_family birth postal city house street numbers firm"
_TEXT: Final = _TEXT_COLUMNS.split()


def _cap(counts: pd.Series, most_pairs: float) -> int:
    """Return the largest group size for which all groups up to it stay within so many pairs."""
    sizes = counts.value_counts().sort_index()
    pairs = (sizes * sizes.index * (sizes.index - 1) / 2).cumsum()
    within = pairs[(pairs <= most_pairs) & (pairs.index <= MOST_ALIKE)]
    return int(within.index.max()) if len(within) else 0
