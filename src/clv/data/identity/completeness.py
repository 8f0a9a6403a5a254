"""How complete the customer card is, and whom to ask first for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from clv.data.identity import keys
from clv.data.identity.records import NAMELESS

_USABLE: Final[dict[str, Callable[..., object]]] = {"email": keys.email_key, "phone": keys.phone_key}
"""Fields that must be of a certain form to be of use; an e-mail without @ is a gap that looks filled."""


def fill_cards(people: pd.DataFrame, fields: Sequence[str], *, region: str = "CL") -> pd.DataFrame:
    """Say which fields of whose card hold a value that can be used; the result holds no personal value.

    Parameters
    ----------
    people
        One row a person, with customer_id.
    fields
        Fields that a card should have, the most important first; what no register has is missing for all.
    region
        Country of phones without country code, ISO 3166.

    Returns
    -------
    pandas.DataFrame
        Indexed by customer_id, true or false for each field.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["a", "b"], "email": ["ana@mail.cl", "no tiene"]})
    >>> fill_cards(people, ["email", "city"])["email"].tolist()
    [True, False]
    """
    filled = {field: is_filled(people, field, region).to_numpy() for field in fields}
    return pd.DataFrame(filled, index=pd.Index(people["customer_id"], name="customer_id"))


def completeness(cards: pd.DataFrame, classes: pd.Series[str]) -> pd.DataFrame:
    """Return the share of people whose card holds each field, in all and by class.

    Parameters
    ----------
    cards
        From `fill_cards`.
    classes
        Class of each person, indexed by customer_id.

    Returns
    -------
    pandas.DataFrame
        field, all and one column a class: shares from 0 to 1, of the people who have a class.
    """
    known = cards.loc[cards.index.intersection(classes.index)]
    by_class = known.groupby(classes.reindex(known.index)).mean().T
    return by_class.assign(all=known.mean()).rename_axis("field").reset_index()


def cards_to_complete(cards: pd.DataFrame, value: pd.Series[float]) -> pd.DataFrame:
    """Return who to ask for what, the most valuable first.

    Parameters
    ----------
    cards
        From `fill_cards`.
    value
        Money per person, indexed by customer_id; only they are asked.

    Returns
    -------
    pandas.DataFrame
        customer_id, missing (names of fields, the most important first), value.
    """
    known = cards.loc[cards.index.intersection(value.index)]
    lacking = pd.DataFrame({"missing": _missing(known), "value": value.reindex(known.index)})
    lacking = lacking[lacking["missing"] != ""].reset_index()
    return lacking.sort_values(["value", "customer_id"], ascending=[False, True], kind="stable", ignore_index=True)


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
    if not len(filled.columns):
        return pd.Series("", index=filled.index, dtype=object)
    # one text for each of the few patterns, not for each person
    patterns = filled.drop_duplicates()
    words = [", ".join(patterns.columns[~row]) for row in patterns.to_numpy()]
    texts = pd.Series(words, index=pd.MultiIndex.from_frame(patterns), dtype=object)
    return pd.Series(texts.reindex(pd.MultiIndex.from_frame(filled)).to_numpy(), index=filled.index)
