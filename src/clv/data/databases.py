"""Tables of databases, copied once into Parquet or read where they lie; nothing is ever written to a database."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from functools import reduce
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

import ibis
import ibis.expr.datatypes as dtypes
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from ibis.backends.postgres import Backend as Postgres
from ibis.expr.types import Table
from psycopg import sql

from clv.config import SourceTable
from clv.credentials import login
from clv.data.ids import EXACT_FLOATS
from clv.errors import DataError

BATCH: Final = 50_000  # rows; a few megabytes
WAIT_SECONDS: Final = 10  # for a server that does not answer
LONGEST_LINE: Final = 16_000_000  # bytes of one row as text
SQLITE_MAGIC: Final = b"SQLite format 3\x00"
OWN_SCHEMAS: Final = ("information_schema", "pg_catalog", "pg_toast")
SERVER_OPTIONS: Final = ("sslmode", "sslrootcert", "host", "port")


def read_duckdb(engine: Backend, files: list[Path], table: str | None) -> Table:
    """Return the table of each DuckDB file, one below the other; `table` may name its schema: `schema.table`."""
    return _below_each_other([(file, _attached(engine, file, table)) for file in files])


def _attached(engine: Backend, file: Path, table: str | None) -> Table:
    name = f"source_{hashlib.sha256(str(file).encode()).hexdigest()[:12]}"
    attached = engine.con.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    if (name,) not in attached:
        engine.attach(str(file).replace("'", "''"), name=name, read_only=True)
    listed = engine.con.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ?", [name]
    ).fetchall()
    schema, chosen = _choose(str(file), table, listed, "main")
    return engine.table(chosen, database=(name, schema))


def is_sqlite(file: Path) -> bool:
    """Tell an SQLite file from a DuckDB file, whatever its name."""
    with file.open("rb") as content:
        return content.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def read_sqlite(engine: Backend, files: list[Path], table: str | None, staging: Path) -> Table:
    """Copy the table of each SQLite file with Python's own module: DuckDB would download an extension for it."""
    copied = []
    for number, file in enumerate(files):
        copy = staging / f"sqlite_{number}.parquet"
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as connection:
            _copy_sqlite(connection, str(file), table, copy)
        copied.append((file, engine.read_parquet(copy, table_name=f"sqlite_{number}")))
    return _below_each_other(copied)


def _copy_sqlite(connection: sqlite3.Connection, where: str, table: str | None, copy: Path) -> None:
    listed = connection.execute(
        "SELECT 'main', name FROM sqlite_master WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"
    )
    _, chosen = _choose(where, table, sorted(listed), "main")
    name = _quoted(chosen)
    # the last figure tells columns of virtual tables that no query of all shows; computed ones are shown
    columns = [row[1] for row in connection.execute(f"PRAGMA table_xinfo({name})") if row[-1] != 1]
    kinds = [f"group_concat(DISTINCT typeof({_quoted(column)}))" for column in columns]
    found = connection.execute(f"SELECT {', '.join(kinds)} FROM {name}").fetchone()  # noqa: S608 - quoted names
    schema = pa.schema([(column, _arrow_type(kind)) for column, kind in zip(columns, found, strict=True)])
    rows = connection.execute(f"SELECT {', '.join(map(_quoted, columns))} FROM {name}")  # noqa: S608 - quoted names
    with pq.ParquetWriter(copy, schema) as writer:
        while batch := rows.fetchmany(BATCH):
            writer.write_batch(_typed_batch(batch, schema))


def _arrow_type(kinds: str | None) -> pa.DataType:
    """Return the type that holds all kinds of value of a column: SQLite has a kind for each value."""
    held = set((kinds or "").split(",")) - {"null", ""}
    if held == {"integer"}:
        return pa.int64()
    if held and held <= {"integer", "real"}:
        return pa.float64()
    return pa.binary() if held == {"blob"} else pa.string()


def _typed_batch(batch: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = []
    for values, kind in zip(zip(*batch, strict=True), schema.types, strict=True):
        kept = [_as_text(value) for value in values] if pa.types.is_string(kind) else values
        columns.append(pa.array(kept, kind))
    return pa.record_batch(columns, schema=schema)


def _as_text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")  # bytes that differ stay different ids
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_FLOATS:
        return str(int(value))
    return None if value is None else str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def read_postgres(engine: Backend, source: SourceTable, staging: Path) -> Table:
    """Copy a table of a PostgreSQL server, which hands over its rows as text in one pass."""
    copy = staging / "postgres.parquet"
    with _server(source) as server:
        schema, name = _chosen_on(server, source)
        columns = server.get_schema(name, database=schema)
        select = sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join(_sent(column, kind) for column, kind in columns.items()), sql.Identifier(schema, name)
        )
        text = staging / "postgres.csv"
        command = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(select)
        with server.con.cursor() as cursor, text.open("wb") as out, cursor.copy(command) as rows:
            for block in rows:
                out.write(block)
    received = {column: _received(kind) for column, kind in columns.items()}
    if text.stat().st_size == 0:
        return engine.create_table("postgres", schema=ibis.schema(received), temp=True)
    lines = engine.read_csv(
        text,
        table_name="postgres_lines",
        auto_detect=False,
        columns={column: _duckdb_type(kind) for column, kind in received.items()},
        header=False,
        sep=",",
        quote='"',
        escape='"',
        nullstr="",
        allow_quoted_nulls=False,  # an empty text is no missing one
        max_line_size=LONGEST_LINE,
    )
    lines.to_parquet(copy)
    text.unlink()
    return engine.read_parquet(copy, table_name="postgres")


def fingerprint_postgres(source: SourceTable) -> bytes:
    """Return the number of rows of a table and a sum over all of them, computed by the server."""
    with _server(source) as server:
        table = sql.Identifier(*_chosen_on(server, source))
        query = sql.SQL("SELECT count(*), sum(hashtextextended(line::text, 0)::numeric) FROM {} AS line").format(table)
        with server.con.cursor() as cursor:
            return repr(cursor.execute(query).fetchone()).encode()


@contextmanager
def _server(source: SourceTable) -> Iterator[Postgres]:
    address = urlsplit(source.path)
    given: dict[str, Any] = {name: value for name, value in parse_qsl(address.query) if name in SERVER_OPTIONS}
    user, password = login(source.credentials)
    server = ibis.postgres.connect(
        host=address.hostname or given.pop("host", None),
        port=address.port or int(given.pop("port", None) or os.environ.get("PGPORT", "5432")),
        user=user,
        password=password,
        database=address.path.strip("/") or None,
        options="-c default_transaction_read_only=on",
        connect_timeout=int(os.environ.get("PGCONNECT_TIMEOUT", WAIT_SECONDS)),
        **given,
    )
    try:
        yield server
    finally:
        server.disconnect()


def _chosen_on(server: Postgres, source: SourceTable) -> tuple[str, str]:
    """Return schema and name of the table to read."""
    with server.con.cursor() as cursor:
        listed = cursor.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> ALL(%s) AND n.nspname !~ '^pg_'",
            [list(OWN_SCHEMAS)],
        ).fetchall()
    return _choose(source.path, source.table, listed, server.current_database)


def _sent(column: str, kind: dtypes.DataType) -> sql.Composable:
    """Write how a column leaves the server; what no table of ours has a type for leaves as text."""
    name = sql.Identifier(column)
    if kind.is_decimal() and kind.precision is None:
        return sql.SQL("nullif({}, 'NaN')::numeric(38, 10)").format(name)
    if kind.is_decimal():
        return sql.SQL("nullif({}, 'NaN')").format(name)
    return name if _is_plain(kind) else sql.SQL("{}::text").format(name)


def _is_plain(kind: dtypes.DataType) -> bool:
    return any((kind.is_numeric(), kind.is_boolean(), kind.is_date(), kind.is_timestamp()))


def _received(kind: dtypes.DataType) -> dtypes.DataType:
    if kind.is_decimal() and kind.precision is None:
        return dtypes.Decimal(38, 10)
    return kind if _is_plain(kind) else dtypes.string


def _duckdb_type(kind: dtypes.DataType) -> str:
    if kind.is_timestamp():
        return "TIMESTAMPTZ" if kind.timezone else "TIMESTAMP"
    if kind.is_decimal():
        return f"DECIMAL({kind.precision}, {kind.scale})"
    names = {"integer": "BIGINT", "floating": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
    return next((name for test, name in names.items() if getattr(kind, f"is_{test}")()), "VARCHAR")


def _choose(where: str, table: str | None, listed: Iterable[tuple[str, str]], home: str) -> tuple[str, str]:
    """Return schema and name of the table that is meant: the only one, or the one named, `schema.table` or `table`."""
    found = sorted(listed)
    named = [pair for pair in found if table is None or table in {pair[1], ".".join(pair)}]
    if len(named) > 1 and table is not None:
        named = [pair for pair in named if pair[0] == home] or named
    if len(named) == 1:
        return named[0]
    if not found:
        raise DataError(f"{where}: holds no table; give the database that does")
    names = [name if schema == home else f"{schema}.{name}" for schema, name in named or found]
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    raise DataError(f"{where}: holds {len(found)} tables ({shown}); name one with 'table'")


def _below_each_other(tables: list[tuple[Path, Table]]) -> Table:
    first = tables[0][1]
    for file, table in tables[1:]:
        if set(table.columns) != set(first.columns):
            raise DataError(
                f"{file}: its columns are not those of {tables[0][0].name}; give all files the same columns"
            )
    return reduce(lambda above, below: above.union(below.select(*above.columns)), (table for _, table in tables))
