"""The records of all registers with the normal forms that links are made of.

Values shared by too many records say nothing about identity: they are set aside here, and counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from clv.data.identity import addresses, keys, names
from clv.data.identity.nicknames import stands_for
from clv.errors import DataError

KEYS: Final = ("register", "customer_id")
TEXTS: Final = ("name", "given_name", "family_name", "email", "phone", "tax_id", "address", "postal_code", "city")
MOST_SHARED: Final = {"tax": 12, "tax_text": 12, "email": 40, "phone": 40, "birth": 40, "house": 400}
"""Records with one value from which on it is nobody's own: a company's mail box, a shop's phone, 1 January 1900.

For tax ids the most cards that one person plausibly has, for mails and phones a large family's in two registers;
birth dates and houses grow with the register, so that theirs is the least of such limits (see `_limit`).
"""
MOSTLY: Final = 0.5  # of the ids must pass their check digit before a wrong one means anything
NAMELESS: Final = ("", "nan", "none", "null", "<na>", "n/a", "-", ".", "s/n", "xx", "xxx", "no tiene", "sin nombre")


SHORTEST_MAILBOX: Final = 5  # letters before the at sign that are hardly two people's at two providers
YES: Final = ("true", "1", "1.0", "t", "yes", "y", "si", "sí", "s")
NO: Final = ("false", "0", "0.0", "f", "no", "n")


class Shared(NamedTuple):
    """A kind of value that too many records share: how many such values there are, and on how many records."""

    field: str
    n_values: int
    n_records: int


class Records(NamedTuple):
    """Registers as read, their features row by row, and what was set aside."""

    source: pd.DataFrame  # as given, sorted by key
    features: pd.DataFrame  # one row a record of `source`, columns of which links are made
    shared: tuple[Shared, ...]
    tax_is_checked: bool


def read_records(registers: pd.DataFrame | Table) -> pd.DataFrame:
    """Return the records sorted by key, their keys checked and their texts stripped.

    Raises
    ------
    DataError
        If a key column is missing, a key is empty or occurs twice; the message holds counts, no values.
    """
    frame = registers.to_pyarrow().to_pandas() if isinstance(registers, Table) else registers.copy()
    if "customer_id" not in frame:
        raise DataError("registers: no column customer_id; map it under 'columns'")
    if "register" not in frame:
        frame["register"] = "main"
    if len(frame) and pd.api.types.is_float_dtype(frame["customer_id"]):
        raise DataError("registers: customer_id is a number with decimals; read it as text, as it is in the source")
    for key in KEYS:
        missing = frame[key].isna() | (frame[key].astype(str) == "")
        if missing.any():
            raise DataError(
                f"registers: {missing.sum()} of {len(frame)} records have no {key}; fill it or leave them out"
            )
        frame[key] = frame[key].astype(str)
    if twice := int(frame.duplicated(list(KEYS)).sum()):
        raise DataError(
            f"registers: {twice} records have the register and customer_id of another one; keys must be unique"
        )
    for column in set(TEXTS) & set(frame):
        frame[column] = _text(frame[column])
    return frame.sort_values(list(KEYS), kind="stable", ignore_index=True)


def _text(column: pd.Series) -> pd.Series:
    """Return a column as stripped text, missing where it is empty or says that there is nothing."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")  # numbers with gaps, which a reader turns into 987654321.0
    stripped = column.astype("string").str.strip()
    return stripped.mask(stripped.str.lower().isin(NAMELESS)).astype(object).where(lambda x: x.notna(), None)


def prepare(registers: pd.DataFrame | Table, region: str) -> Records:
    """Read registers and give each record the normal forms of its fields.

    Parameters
    ----------
    registers
        One row a record.
    region
        Country whose phone and tax rules apply, ISO 3166.
    """
    source = read_records(registers)

    def text(field: str) -> pd.Series:
        return source[field] if field in source else pd.Series([None] * len(source), dtype=object)

    checked, is_checked = _tax_keys(text("tax_id"), region)
    features = pd.DataFrame(
        {
            "record": np.arange(len(source)),
            "register": source["register"],
            "customer_id": source["customer_id"],
            "tax": checked,
            "tax_text": _by_value(text("tax_id"), keys.bare_id),
            "email": _by_value(text("email"), keys.email_key),
            "phone": _by_value(text("phone"), lambda value: keys.phone_key(value, region)),
            "birth": _by_value(_dates(source), keys.birth_key),
            "postal": _by_value(text("postal_code"), lambda value: names.fold(value).replace(" ", "") or None),
            "city": _by_value(text("city"), lambda value: names.fold(value) or None),
            "mailbox": None,
        }
    )
    home = _by_value(text("address"), addresses.address_key)
    features["street"] = home.map(lambda key: key.street or None, na_action="ignore")
    features["numbers"] = home.map(lambda key: key.numbers or None, na_action="ignore")
    features["house"] = (features["street"] + " " + features["numbers"].fillna("")).where(
        features["street"].notna(), None
    )
    features["mailbox"] = _by_value(features["email"], _mailbox)
    _add_names(features, source)
    shared = _set_aside(features)
    return Records(source, features.astype(object).where(features.notna(), None), shared, is_checked)


def _mailbox(email: str) -> str | None:
    box = email.partition("@")[0]
    return box if len(box) >= SHORTEST_MAILBOX else None


def _by_value(column: pd.Series, normal: Callable[[Any], Any]) -> pd.Series:
    """Apply a function once to each distinct value."""
    codes, values = pd.factorize(column)
    table = np.empty(len(values) + 1, dtype=object)  # the last is for missing values, which have code −1
    table[:-1] = [normal(value) for value in values]
    return pd.Series(table[codes], index=column.index, dtype=object)


def _dates(source: pd.DataFrame) -> pd.Series:
    if "birth_date" not in source:
        return pd.Series([None] * len(source), dtype=object)
    column = source["birth_date"]
    known = column.notna()
    return column.astype(str).where(known, None)


def _tax_keys(column: pd.Series, region: str) -> tuple[pd.Series, bool]:
    """Return tax ids that pass their check digit, and whether the rules of the region apply to this column at all."""
    rules = keys.tax_rules(region)
    checked = _by_value(column, lambda value: keys.tax_key(value, rules))
    n_written = int(column.notna().sum())
    applies = n_written > 0 and checked.notna().sum() >= MOSTLY * n_written
    return (checked if applies else pd.Series([None] * len(column), dtype=object)), applies


def _add_names(features: pd.DataFrame, source: pd.DataFrame) -> None:
    """Add the tokens of names: `given`, `family` (joined), the first two of each, and `firm` for firms."""
    columns = {
        field: source[field].fillna("") if field in source else pd.Series("", index=source.index)
        for field in ("name", "given_name", "family_name")
    }
    full, given, family = columns["name"], columns["given_name"], columns["family_name"]
    whole = full.where(full != "", (given + " " + family).str.strip())
    is_firm = _by_value(whole.where(whole != "", None), names.has_legal_form).fillna(False).astype(bool)
    if "is_company" in source:
        flagged = source["is_company"].astype("string").str.strip().str.lower()
        is_firm = flagged.isin(YES) | (is_firm & ~flagged.isin(NO))
    alone = (given == "") & (family == "") & ~is_firm
    vocabulary = names.Vocabulary(
        given[~is_firm & (given != "")], family[~is_firm & (family != "")], full[alone & (full != "")]
    )
    parsed = _by_value(
        pd.Series(list(zip(given, family, full, strict=True)), index=source.index).where(~is_firm, None),
        lambda parts: vocabulary.parse(*parts),
    )
    empty = names.FullName((), ())
    tokens = [name or empty for name in parsed]
    for field in ("given", "family"):
        lists = [getattr(name, field) for name in tokens]
        features[field] = [" ".join(parts) or None for parts in lists]
        features[field + "_list"] = pd.Series([list(parts) or None for parts in lists], dtype=object)
        for place in (0, 1):
            features[f"{field[0]}{place + 1}"] = [parts[place] if len(parts) > place else None for parts in lists]
        features[f"{field[0]}_n"] = features[f"{field[0]}1"].map(features[f"{field[0]}1"].value_counts()).fillna(0)
    features["sorted_family"] = [" ".join(sorted(name.family)) or None for name in tokens]
    features["cross_g1"], features["cross_f1"] = features["g1"], features["f1"]
    features["cross_family_list"] = features["family_list"]
    features["stands_for"] = pd.Series(
        [list(stands_for(name.given[0])) or None if name.given else None for name in tokens], dtype=object
    )
    features["firm"] = _by_value(whole.where(is_firm & (whole != ""), None), names.firm_name)
    features["is_firm"] = is_firm


def _limit(field: str, counts: pd.Series) -> int:
    least = MOST_SHARED[field]
    if field not in {"birth", "house"}:
        return least
    return max(least, 20 * int(counts.median()))  # twenty times what is usual


def _set_aside(features: pd.DataFrame) -> tuple[Shared, ...]:
    """Empty the values that too many records share; return what was emptied."""
    found = []
    for field in MOST_SHARED:
        counts = features[field].value_counts()
        if counts.empty:
            continue
        frequent = counts[counts > _limit(field, counts)]
        if len(frequent):
            hit = features[field].isin(frequent.index)
            features.loc[hit, field] = None
            if field == "email":
                features.loc[hit, "mailbox"] = None
            found.append(Shared(field, len(frequent), int(frequent.sum())))
    return tuple(found)
