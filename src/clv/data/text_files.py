"""Read delimited text without losing a line or changing an id: every column arrives as text.

Encoding and delimiter are stated or detected; what a date or an amount means is decided in `clv.data.parse`.
"""

from __future__ import annotations

import gzip
import io
import shutil
from pathlib import Path
from typing import IO, cast

import charset_normalizer
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import TransactionsTable
from clv.errors import DataError

SAMPLE_BYTES = 1 << 20  # what the encoding and the delimiter are guessed from
DELIMITERS = (",", ";", "\t", "|")
NO_DELIMITER = "\x01"  # occurs in no text file, so that a line arrives whole


def read(engine: Backend, files: list[Path], source: TransactionsTable, staging: Path) -> tuple[Table, Table]:
    """Stage text files of one layout as Parquet and return their rows and their malformed lines.

    See `clv.data.connect.read_source`.
    """
    paths = [_as_utf8(file, source.encoding, staging) for file in files]
    head = _head(paths[0])
    if not head.strip():
        raise DataError(f"{files[0]}: the file holds no text; export it again")
    if source.delimiter == "whitespace":
        return _read_whitespace(engine, paths, head, source, staging)
    return _read_delimited(engine, paths, source, staging, source.delimiter or _detect_delimiter(head))


def _read_delimited(
    engine: Backend, paths: list[Path], source: TransactionsTable, staging: Path, delimiter: str
) -> tuple[Table, Table]:
    lines = engine.read_csv(
        [str(path) for path in paths],
        table_name="lines",
        sep="\t" if delimiter == "tab" else delimiter,
        header=source.header,
        quote='"',
        escape='"',
        all_varchar=True,
        store_rejects=True,
        rejects_limit=0,
        **({"names": list(source.column_names)} if source.column_names else {}),
    )
    lines.to_parquet(staging / "lines.parquet")
    rejects = engine.table("reject_errors")  # filled while the rows passed
    # a line with several faults is listed once for each of them
    malformed = rejects.group_by("file_id", "line").aggregate(text=_.csv_line.max())
    return engine.read_parquet(staging / "lines.parquet", table_name="source"), malformed.select(line=_.text)


def _read_whitespace(
    engine: Backend, paths: list[Path], head: str, source: TransactionsTable, staging: Path
) -> tuple[Table, Table]:
    first = next(line for line in head.splitlines() if line.strip())
    names = list(source.column_names or first.split())
    lines = engine.read_csv(
        [str(path) for path in paths],
        table_name="lines",
        sep=NO_DELIMITER,
        header=False,
        quote="",
        escape="",
        columns={"line": "VARCHAR"},
    )
    lines = lines.filter(_.line.strip() != "")
    if source.header:
        lines = lines.filter(_.line.strip() != first.strip())
    lines.mutate(cell=_.line.strip().re_split(r"\s+")).to_parquet(staging / "lines.parquet")
    cells = engine.read_parquet(staging / "lines.parquet", table_name="source")
    whole = cells.filter(_.cell.length() == len(names))
    rows = whole.select(**{column: whole.cell[position] for position, column in enumerate(names)})
    return rows, cells.filter(_.cell.length() != len(names)).select("line")


def _as_utf8(file: Path, encoding: str | None, folder: Path) -> Path:
    """Return the file itself when the engine can read it, else a UTF-8 copy; ids keep every character."""
    with _open(file) as raw:
        sample = raw.read(SAMPLE_BYTES)
    encoding = encoding or _detect_encoding(sample)
    if encoding.replace("_", "-").lower() in {"utf-8", "ascii", "utf-8-sig"}:
        return file
    copy = folder / f"{file.name.removesuffix('.gz')}.utf8.csv"
    try:
        with _open(file) as raw, copy.open("w", encoding="utf-8", newline="") as out:
            shutil.copyfileobj(io.TextIOWrapper(raw, encoding=encoding, newline=""), out)
    except (LookupError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: is not text in the encoding {encoding}: {error}; state 'encoding'") from None
    return copy


def _detect_encoding(sample: bytes) -> str:
    try:
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(sample).best()
    # cp1252 is a superset of latin-1 in print, and what spreadsheets of Western Europe write
    return "cp1252" if best is None or best.encoding.startswith(("cp125", "latin", "iso8859")) else best.encoding


def _detect_delimiter(head: str) -> str:
    """Return the delimiter that cuts the first lines into equal, and the most, cells."""
    lines = [line for line in head.splitlines()[:200] if line.strip()]
    if head and not head.endswith("\n") and len(lines) > 1:
        lines.pop()  # may be cut in the middle
    counts = {mark: [line.count(mark) for line in lines] for mark in DELIMITERS}
    usable = {mark: found for mark, found in counts.items() if found[0] > 0}
    if not usable:
        return ","
    return max(usable, key=lambda mark: (sum(n == usable[mark][0] for n in usable[mark]), usable[mark][0]))


def _head(file: Path) -> str:
    with _open(file) as raw:
        return raw.read(SAMPLE_BYTES).decode("utf-8-sig", errors="replace")


def _open(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb"))
