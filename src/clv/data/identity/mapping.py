"""Turn the ids of a table into those of people; no row and no money is gained or lost."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import pandas as pd
from ibis.expr.types import StringColumn, Table

from clv.errors import DataError

_ID, _REGISTER, _PERSON = "clv_known_id", "clv_known_register", "clv_person_id"  # names that no table of a company has


def map_ids(
    table: Table,
    identity_map: pd.DataFrame | Table,
    columns: Sequence[str] = ("customer_id",),
    *,
    several_registers: bool = True,
) -> Table:
    """Replace the ids of registers by person ids.

    Parameters
    ----------
    table
        Any table with ids and the column register, which says whose they are.
    identity_map
        register, customer_id, person_id; see `clv.data.identity.Identity.identity_map`.
    columns
        Its columns that hold ids, for instance customer_id and referred_by.
    several_registers
        Whether there is more than one: then one id can mean two people, and an id without a card becomes
        `register:id`; else it stays as it is.

    Returns
    -------
    Table
        An expression: the rows and columns of `table` in the same order of columns; a missing id stays missing.

    Raises
    ------
    DataError
        If the table has no such column, or the map is not one row an id.
    """
    _check(table, columns)
    persons, mapped = _one_row_an_id(identity_map), table
    for column in columns:
        known = persons.select(**{_REGISTER: persons.register, _ID: persons.customer_id, _PERSON: persons.person_id})
        joined = mapped.left_join(known, [mapped.register == known[_REGISTER], mapped[column] == known[_ID]])
        stays = without_card(joined.register, joined[column]) if several_registers else joined[column]
        mapped = joined.mutate(**{column: ibis.coalesce(joined[_PERSON], stays)}).select(*table.columns)
    return mapped


def without_card(register: StringColumn, customer_id: StringColumn) -> StringColumn:
    """Return who an id is that no card knows, where there are several registers; missing for a missing id."""
    return register + ":" + customer_id


def _check(table: Table, columns: Sequence[str]) -> None:
    if missing := [column for column in ("register", *columns) if column not in table.columns]:
        raise DataError(f"map_ids: the table has no column {missing[0]!r}; it has {', '.join(table.columns)}")


def _one_row_an_id(identity_map: pd.DataFrame | Table) -> Table:
    if isinstance(identity_map, pd.DataFrame):
        twice = int(identity_map.duplicated(["register", "customer_id"]).sum())
        if twice:
            raise DataError(f"identity map: {twice} ids occur twice in their register; one row an id is needed")
        schema = ibis.schema({"register": "string", "customer_id": "string", "person_id": "string"})
        return ibis.memtable(identity_map[list(schema)].astype(object), schema=schema)
    # an id that stands twice would double its rows
    return identity_map.group_by("register", "customer_id").aggregate(person_id=identity_map.person_id.min())
