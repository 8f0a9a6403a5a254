"""Which value of each field survives when several records become one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd

from clv.data.identity.records import KEYS
from clv.errors import ConfigError

SurvivorRule = Literal["recent", "complete", "common", "precedence"]

DEFAULT_RULES: Final[dict[str, SurvivorRule]] = {
    "name": "complete",
    "given_name": "complete",
    "family_name": "complete",
    "email": "recent",
    "phone": "recent",
    "address": "recent",
    "tax_id": "common",
    "birth_date": "common",
    "sex": "common",
    "is_company": "common",
}
"""Rule per field; other fields take the most recent value.

`recent`: of the record with the latest date. `complete`: the longest text. `common`: what most records say.
`precedence`: of the register named first. What a rule leaves open is settled by date, then by register, then by key.
"""

TOGETHER: Final = {"postal_code": "address", "city": "address", "region": "address", "country": "address"}
"""Fields that come from the record that gave another one, where it has them: parts of two addresses are no address."""
DATES: Final = ("updated_on", "registered_on")


def survive(
    source: pd.DataFrame,
    person: pd.Series,
    rules: Mapping[str, SurvivorRule] | None = None,
    precedence: Sequence[str] = (),
) -> pd.DataFrame:
    """Return one row a person with the surviving value of each field.

    Parameters
    ----------
    source
        Records, one row each, with register and customer_id.
    person
        Person id of each record.
    rules
        Field: rule, where it differs from `DEFAULT_RULES`.
    precedence
        Registers, the most trusted first; others follow in alphabetical order.

    Returns
    -------
    pandas.DataFrame
        person_id, the fields of `source`, n_records; sorted by person_id.

    Raises
    ------
    ConfigError
        If a rule is unknown or names a field that no register has.
    """
    chosen = {**DEFAULT_RULES, **(rules or {})}
    _check(chosen, rules or {}, source)
    fields = [str(column) for column in source if column not in KEYS]
    order = _order(source, precedence)
    ranked = source.assign(person_id=person.to_numpy()).iloc[order].reset_index(drop=True)
    by_person = ranked.groupby("person_id", sort=True)
    people = pd.DataFrame({"n_records": by_person.size()})
    winners: dict[str, pd.Series] = {}
    for field in sorted(fields, key=lambda name: name in TOGETHER):
        row = _winning_row(ranked, field, chosen.get(field, "recent"), precedence, winners.get(TOGETHER.get(field, "")))
        winners[field] = row
        people[field] = ranked[field].reindex(row.to_numpy()).set_axis(row.index)
    return people[[*fields, "n_records"]].reset_index()


def _check(chosen: Mapping[str, str], given: Mapping[str, str], source: pd.DataFrame) -> None:
    known = get_args(SurvivorRule)
    for field, rule in chosen.items():
        if rule not in known:
            raise ConfigError(f"survivorship of {field}: no rule called {rule!r}; known are {', '.join(known)}")
    if missing := sorted(set(given) - set(source)):
        raise ConfigError(f"survivorship of {missing[0]}: no register has that field; leave the rule out")


def _order(source: pd.DataFrame, precedence: Sequence[str]) -> np.ndarray:
    """Return the records with the latest date first, then by register and key."""
    dates = pd.Series(pd.NaT, index=source.index, dtype="datetime64[us]")
    for column in reversed([name for name in DATES if name in source]):
        dates = pd.to_datetime(source[column], errors="coerce").astype("datetime64[us]").fillna(dates)
    rank = source["register"].map({name: place for place, name in enumerate(precedence)}).fillna(len(precedence))
    frame = pd.DataFrame({"date": dates, "rank": rank, "register": source["register"], "id": source["customer_id"]})
    by = ["date", "rank", "register", "id"]
    sorted_rows = frame.sort_values(by, ascending=[False, True, True, True], na_position="last", kind="stable")
    return np.asarray(sorted_rows.index)


def _winning_row(
    ranked: pd.DataFrame, field: str, rule: SurvivorRule, precedence: Sequence[str], together: pd.Series | None
) -> pd.Series:
    """Return the row of `ranked` whose value survives, by person; missing where nobody has one."""
    known = ranked.loc[ranked[field].notna(), ["person_id", "register", field]]
    if rule == "complete":
        known = known.assign(rank=-known[field].astype(str).str.len())
    elif rule == "common":
        known = known.assign(rank=-known.groupby(["person_id", field])[field].transform("size").astype("int64"))
    elif rule == "precedence":
        known = known.assign(
            rank=known["register"].map({n: p for p, n in enumerate(precedence)}).fillna(len(precedence))
        )
    else:
        known = known.assign(rank=0)
    best = known.sort_values("rank", kind="stable").drop_duplicates("person_id")
    row = pd.Series(best.index, index=best["person_id"])
    if together is None:
        return row
    has_it = together[ranked[field].reindex(together.to_numpy()).notna().to_numpy()]
    return has_it.combine_first(row).astype("int64")
