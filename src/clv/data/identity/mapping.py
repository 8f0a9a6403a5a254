"""Turn the ids of a table into those of people; no row and no money is gained or lost."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd
from ibis.expr.types import Table

from clv.errors import DataError


def map_ids(
    table: Table, identity_map: pd.DataFrame | Table, register: str, columns: Sequence[str] = ("customer_id",)
) -> Table:
    """Replace the ids of one register by person ids.

    Parameters
    ----------
    table
        Any table with ids of that register.
    identity_map
        register, customer_id, person_id; see `clv.data.identity.Identity.identity_map`.
    register
        The register whose ids `table` carries.
    columns
        Its columns that hold ids, for instance customer_id and referred_by.

    Returns
    -------
    Table
        An expression: the rows and columns of `table` in the same order of columns. Ids that are not in the register
        stay as they are (count them with `count_unknown`); a missing id stays missing.

    Raises
    ------
    DataError
        If the table has no such column, or the map is not one row an id.
    """
    _check(table, columns)
    persons = _of_register(identity_map, register)
    mapped = table
    for column in columns:
        ids = persons.select(**{_ID: persons.customer_id, _PERSON: persons.person_id})
        joined = mapped.left_join(ids, mapped[column] == ids[_ID])
        mapped = joined.mutate(**{column: ibis.coalesce(joined[_PERSON], joined[column])}).select(*table.columns)
    return mapped


def count_unknown(
    table: Table, identity_map: pd.DataFrame | Table, register: str, columns: Sequence[str] = ("customer_id",)
) -> Table:
    """Count what `map_ids` leaves as it is.

    Returns
    -------
    Table
        column, n_ids, n_rows: distinct ids that the register does not know, and their rows; one row a column.
    """
    _check(table, columns)
    persons = _of_register(identity_map, register)
    counts = []
    for column in columns:
        unknown = table.filter(table[column].notnull()).anti_join(persons, table[column] == persons.customer_id)
        counted = unknown.aggregate(n_ids=unknown[column].nunique(), n_rows=unknown.count())
        counts.append(counted.mutate(column=ibis.literal(column)).select("column", "n_ids", "n_rows"))
    return ibis.union(*counts, distinct=False) if len(counts) > 1 else counts[0]


_ID, _PERSON = "clv_known_id", "clv_person_id"  # names that no table of a company has


def _check(table: Table, columns: Sequence[str]) -> None:
    if missing := [column for column in columns if column not in table.columns]:
        raise DataError(f"map_ids: the table has no column {missing[0]!r}; it has {', '.join(table.columns)}")


def _of_register(identity_map: pd.DataFrame | Table, register: str) -> Table:
    if isinstance(identity_map, pd.DataFrame):
        twice = int(identity_map.duplicated(["register", "customer_id"]).sum())
        if twice:
            raise DataError(f"identity map: {twice} ids occur twice in their register; one row an id is needed")
        known = identity_map.loc[identity_map["register"] == register, ["customer_id", "person_id"]]
        schema = ibis.schema({"customer_id": "string", "person_id": "string"})
        return ibis.memtable(known.astype(object), schema=schema)
    mine = identity_map.filter(identity_map.register == register)
    # an id that stands twice would double its rows
    return mine.group_by("customer_id").aggregate(person_id=mine.person_id.min())
