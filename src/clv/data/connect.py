"""Find a source and read it as one table with the columns it has."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from ibis.backends.duckdb import Backend

from clv.config import SourceTable
from clv.credentials import is_database, without_secrets
from clv.data import parquet_files, text_files
from clv.data.reading import Reading
from clv.errors import DataError

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
PARQUET_SUFFIXES = (".parquet", ".pq")
DATABASE_SUFFIXES = (".duckdb", ".ddb", ".db", ".sqlite", ".sqlite3", ".db3")
SHEET_SUFFIXES = (".xlsx", ".xlsm")
_KINDS = {"text": TEXT_SUFFIXES, "parquet": PARQUET_SUFFIXES, "database": DATABASE_SUFFIXES, "sheet": SHEET_SUFFIXES}
_REMEDY = {
    "text": "close all quotes and end all lines in the same way, or export it again",
    "parquet": "check that it is whole, or export it again",
    "database": "check that it is whole and that no other program writes to it",
    "sheet": "check that it is whole and has no password, or export the sheet as CSV",
    "postgresql": "check that the server answers, and PGUSER and PGPASSWORD in the environment",
}


def locate(path: str) -> str:
    """Turn `package:NAME/FILE` into the file inside that installed package; other paths stay as they are."""
    if not path.startswith("package:"):
        return path
    package, _, inside = path.removeprefix("package:").partition("/")
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise DataError(f"{path}: the package {package!r} is not installed; install it, or give the path of a file")
    return str(Path(found.submodule_search_locations[0]) / inside)


def read_source(engine: Backend, source: SourceTable, staging: Path) -> Reading:
    """Read a source as it is.

    Parameters
    ----------
    engine
        Reads the rows; Parquet and DuckDB files stay where they are.
    source
        Location and way of writing.
    staging
        Folder for the rows of text files, which are read only once.

    Returns
    -------
    Reading
        The rows with the source's own column names, and how they were read.

    Raises
    ------
    DataError
        If the file does not exist, is empty, or is of a kind that cannot be read.
    """
    path = locate(source.path)
    kind = _kind(path)
    files = [] if kind == "postgresql" else matching_files(path)
    try:
        return _read(engine, kind, files, source, staging)
    except DataError:
        raise
    except Exception as error:  # the engines' own errors share no base class
        reason = without_secrets(str(error).partition("\n")[0].strip())[:200]
        raise DataError(f"{path}: cannot be read as {kind}: {reason}; {_REMEDY[kind]}") from None


def _read(engine: Backend, kind: str, files: list[Path], source: SourceTable, staging: Path) -> Reading:
    match kind:  # what takes long to import is, where it is needed
        case "text":
            return text_files.read(engine, files, source, staging)
        case "parquet":
            return parquet_files.read(engine, files, source)
        case "sheet":
            from clv.data import spreadsheets

            return Reading(spreadsheets.read(engine, files, source, staging))
    from clv.data import databases

    if kind == "postgresql":
        return Reading(databases.read_postgres(engine, source, staging))
    if databases.is_sqlite(files[0]):
        return Reading(databases.read_sqlite(engine, files, source.table, staging))
    return Reading(databases.read_duckdb(engine, files, source.table))


def _kind(path: str) -> str:
    if is_database(path):
        return "postgresql"
    for kind, suffixes in _KINDS.items():
        if path.lower().endswith(suffixes):
            return kind
    known = ", ".join((*TEXT_SUFFIXES[:3], *PARQUET_SUFFIXES[:1], *DATABASE_SUFFIXES[:1], *SHEET_SUFFIXES[:1]))
    raise DataError(f"{path}: unknown kind of file; its name must end in one of {known} (text also .gz)")


def matching_files(path: str) -> list[Path]:
    """Return the files that a path or pattern names, or say why there are none to read."""
    is_pattern = any(mark in path for mark in "*?[") and not Path(path).exists()
    files = sorted(Path(path).parent.glob(Path(path).name)) if is_pattern else [Path(path)]
    if not files or not files[0].exists():
        raise DataError(f"{path}: no such file; check the path in the config or on the command line")
    if unreadable := [file for file in files if not file.is_file()]:
        raise DataError(f"{unreadable[0]}: is not a file; give a file, or a pattern such as folder/*.parquet")
    if empty := [file for file in files if file.stat().st_size == 0]:
        raise DataError(f"{empty[0]}: the file is empty (0 bytes); export it again")
    return files


def fingerprint(source: SourceTable) -> bytes:
    """Return the SHA-256 of a place of a table: of its files, or of what a server says of all rows."""
    if is_database(source.path):
        from clv.data import databases

        return hashlib.sha256(databases.fingerprint_postgres(source)).digest()
    digest = hashlib.sha256()
    for file in matching_files(locate(source.path)):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.digest()


def file_states(source: SourceTable) -> dict[str, tuple[int, ...]]:
    """Return what changes with the content of each file of a source: its inode, its size and its times."""
    files = [] if is_database(source.path) else matching_files(locate(source.path))
    found = {str(file): file.stat() for file in files}
    return {file: (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns) for file, seen in found.items()}


def refuse_changed(source: SourceTable, before: dict[str, tuple[int, ...]]) -> None:
    """Refuse what was read of files that are no longer what they were before.

    Raises
    ------
    DataError
        Naming the file.
    """
    after = file_states(source)
    if changed := sorted(file for file in before.keys() | after.keys() if before.get(file) != after.get(file)):
        raise DataError(f"{changed[0]}: changed while it was read; run again when it is complete")
