"""How complete the customer card is, and whom to ask first for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from clv.data.identity import keys
from clv.data.identity.records import NAMELESS
from clv.errors import DataError

_USABLE: Final[dict[str, Callable[..., object]]] = {"email": keys.email_key, "phone": keys.phone_key}
"""Fields that must be of a certain form to be of use; an e-mail without @ is a gap that looks filled."""


class Completeness(NamedTuple):
    """Three views of the same table of gaps; none holds a personal value.

    by_field: field, n_filled, n_people, share (0–1) and, where value is known, share_of_value of those who have it.
    by_customer: person_id, n_filled, share (0–1), missing (names of fields, in the order asked for).
    campaign: person_id, missing, value, of those who lack something, the most valuable first.
    """

    by_field: pd.DataFrame
    by_customer: pd.DataFrame
    campaign: pd.DataFrame


def completeness(
    people: pd.DataFrame, fields: Sequence[str], value: pd.Series[Any] | None = None, *, region: str = "CL"
) -> Completeness:
    """Say which fields of whose card are filled.

    Parameters
    ----------
    people
        One row a person, with person_id; see `clv.data.identity.Identity.people`.
    fields
        Fields that a card should have, the most important first.
    value
        Money per person, indexed by person_id; people without one come last, as of value zero.
    region
        Country of phones without country code, ISO 3166.

    Raises
    ------
    DataError
        If `people` lacks person_id or all of the fields.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.DataFrame({"person_id": ["a", "b"], "email": ["ana@mail.cl", "no tiene"], "city": ["Talca", None]})
    >>> found = completeness(people, ["email", "city"], pd.Series({"a": 10.0, "b": 90.0}))
    >>> found.by_field["share"].tolist()
    [0.5, 0.5]
    >>> found.campaign["missing"].tolist()
    ['email, city']
    """
    known = [field for field in fields if field in people]
    if "person_id" not in people or not known:
        raise DataError(
            f"people: needs person_id and at least one of {', '.join(fields)}; check the columns of the registers"
        )
    filled = pd.DataFrame({field: is_filled(people, field, region) for field in fields})
    ids = people["person_id"]
    money = pd.Series(0.0, index=people.index)
    if value is not None:
        money = ids.map(value).astype("float64").fillna(0.0)
    by_field = pd.DataFrame({"n_filled": filled.sum(), "n_people": len(people), "share": filled.mean()})
    if value is not None:
        total = money.sum()
        worth = filled.mul(money, axis=0).sum()
        by_field["share_of_value"] = worth / total if total > 0 else np.nan
    by_customer = pd.DataFrame(
        {"person_id": ids, "n_filled": filled.sum(axis=1), "share": filled.mean(axis=1), "missing": _missing(filled)}
    )
    lacking = by_customer.loc[by_customer["missing"] != "", ["person_id", "missing"]].assign(value=money)
    campaign = lacking.sort_values(["value", "person_id"], ascending=[False, True], kind="stable", ignore_index=True)
    return Completeness(by_field.rename_axis("field").reset_index(), by_customer.reset_index(drop=True), campaign)


def is_filled(people: pd.DataFrame, field: str, region: str) -> pd.Series[bool]:
    """Tell whose card holds a usable value of a field; a name may stand in one column or in two."""
    if field == "name" and {"given_name", "family_name"} & set(people):
        named = [_filled(people, part, region) for part in ("name", "given_name", "family_name")]
        return named[0] | named[1] | named[2]
    return _filled(people, field, region)


def _filled(people: pd.DataFrame, field: str, region: str) -> pd.Series[bool]:
    if field not in people:
        return pd.Series(False, index=people.index)
    column = people[field]
    text = column.astype("string").str.strip()
    has_text = (column.notna() & ~text.str.lower().isin(NAMELESS).fillna(True)).astype(bool)
    normal = _USABLE.get(field)
    if normal is None:
        return has_text
    usable = partial(normal, region=region) if field == "phone" else normal
    codes, values = pd.factorize(text.where(has_text, None))
    table = np.array([*(usable(one) is not None for one in values), False])
    return pd.Series(table[codes], index=people.index)


def _missing(filled: pd.DataFrame) -> pd.Series[str]:
    """Return the names of the fields that each row lacks, joined by commas."""
    # one text for each of the few patterns, not for each person
    patterns = filled.drop_duplicates()
    words = [", ".join(patterns.columns[~row]) for row in patterns.to_numpy()]
    texts = pd.Series(words, index=pd.MultiIndex.from_frame(patterns), dtype=object)
    return pd.Series(texts.reindex(pd.MultiIndex.from_frame(filled)).to_numpy(), index=filled.index)
