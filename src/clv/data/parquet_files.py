"""Read Parquet files as one table: no file decides the types of another, and timestamps keep their time zone."""

from __future__ import annotations

import glob
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from clv.config import SourceTable
from clv.data.ids import EXACT_FLOATS
from clv.data.reading import Reading
from clv.errors import DataError


def read(engine: Backend, files: list[Path], source: SourceTable) -> Reading:
    """Return the rows of files with the same mapped columns, each column in the widest of its types.

    Raises
    ------
    DataError
        If a file lacks a mapped column, or a column is of types that do not go together.
    """
    schemas = {file: pq.read_schema(file) for file in files}
    mapped = [name for name in source.mapped.values() if any(name in schema.names for schema in schemas.values())]
    for file, schema in schemas.items():
        if missing := [name for name in mapped if name not in schema.names]:
            raise DataError(
                f"{file}: lacks the column {', '.join(map(repr, missing))} that {files[0].name} or another file has; "
                "give all files the same columns"
            )
        if twice := [name for name in mapped if schema.names.count(name) > 1]:
            raise DataError(f"{file}: names the column {twice[0]!r} twice; rename one of them")
        if long := [name for name in mapped if pa.types.is_decimal256(schema.field(name).type)]:
            kind = schema.field(long[0]).type
            raise DataError(f"{file}: {long[0]} is of type {kind}, with more than 38 digits; write it with 38 or fewer")
    zones = {name: zone for name in mapped if (zone := _zone(name, schemas)) is not None}
    rows = engine.read_parquet(
        [glob.escape(str(file)) for file in files], table_name="source", union_by_name=len(files) > 1
    )
    for name in mapped:
        kinds = [schema.field(name).type for schema in schemas.values()]
        if any(map(pa.types.is_integer, kinds)) and any(map(pa.types.is_floating, kinds)) and name in _ids(source):
            largest = rows[name].abs().max().execute()
            if largest is not None and largest >= EXACT_FLOATS:
                raise DataError(
                    f"{source.path}: {name} holds whole numbers in one file and floating ones in another, which cannot "
                    f"tell numbers above {EXACT_FLOATS:,} apart; write ids as text"
                )
    return Reading(rows, zones=zones)


def _ids(source: SourceTable) -> set[str]:
    return {column for ours, column in source.columns.items() if ours.endswith("_id")}


def _zone(name: str, schemas: dict[Path, pa.Schema]) -> str | None:
    """Return the one time zone that a column of timestamps keeps in all files; None where it keeps none in any."""
    kinds = {file: schema.field(name).type for file, schema in schemas.items()}
    zones = {file: kind.tz if pa.types.is_timestamp(kind) else None for file, kind in kinds.items()}
    if len(set(zones.values())) > 1:
        (one, zone), *others = zones.items()
        other, differs = next((file, other) for file, other in others if other != zone)
        raise DataError(
            f"{other}: {name} is in {differs or 'no time zone'}, but in {zone or 'no time zone'} in {one.name}; give "
            "all files one time zone"
        )
    return next(iter(zones.values()))
