"""The levels of given pairs of records, whatever brought them together: for pairs that only a chain joins."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from clv.data.engine import open_engine
from clv.data.identity.columns import arrow_table
from clv.data.identity.levels import Field


def compare(features: pd.DataFrame, pairs: pd.DataFrame, fields: Iterable[Field]) -> pd.DataFrame:
    """Return `pairs` with a column gamma_<field> for each field, as the linkage library numbers the levels.

    Parameters
    ----------
    features
        One row a record, numbered from zero in `record`.
    pairs
        Columns record_l and record_r.
    fields
        Fields whose columns `features` holds.
    """
    fields = tuple(fields)
    columns = columns_of(fields)
    involved = np.unique(pairs[["record_l", "record_r"]].to_numpy())
    con = open_engine().con
    try:
        con.register("records", arrow_table(features.loc[involved, ["record", *columns]]))
        con.register("pairs", arrow_table(pairs[["record_l", "record_r"]]))
        compared: pd.DataFrame = con.sql(f"{levels_query('pairs', fields)} order by record_l, record_r").df()
        return compared
    finally:
        con.close()


def columns_of(fields: Iterable[Field]) -> list[str]:
    """Return the columns that these fields compare."""
    return sorted({column for field in fields for column in field.columns})


def levels_query(pairs: str, fields: tuple[Field, ...]) -> str:
    """Return the query for the levels of the pairs in a table, of records in the table `records`."""
    sides = ", ".join(f"{side}.{column} as {column}_{side}" for column in columns_of(fields) for side in "lr")
    gammas = ", ".join(f"{_gamma(field)} as gamma_{field.name}" for field in fields)
    return f"""
        select record_l, record_r, {gammas} from (
            select record_l, record_r, {sides} from {pairs}
            join records l on l.record = record_l join records r on r.record = record_r
        )
    """  # noqa: S608


def _gamma(field: Field) -> str:
    """Return the expression for the number of a field's level; −1 where a value is missing."""
    last = len(field.levels) - 1
    cases = [f"when {level.condition} then {last - place}" for place, level in enumerate(field.levels[:-1])]
    return f"case when {field.unknown} then -1 {' '.join(cases)} else 0 end"
