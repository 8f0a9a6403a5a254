"""Read delimited text without losing a line or changing an id: every column arrives as text.

Encoding and delimiter are stated or detected; what a date or an amount means is decided in `clv.data.parse`.
"""

from __future__ import annotations

import csv
import glob
import gzip
import io
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

import charset_normalizer
import pandas as pd
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import SourceTable
from clv.errors import DataError

SAMPLE_BYTES = 1 << 20  # what the encoding and the delimiter are guessed from
DELIMITERS = (",", ";", "\t", "|")
WIDE_ENCODINGS = ("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be")
NO_DELIMITER = "\x01"  # occurs in no text file, so that a line arrives whole


def read(engine: Backend, files: list[Path], source: SourceTable, staging: Path) -> tuple[Table, Table]:
    """Stage text files of one layout as Parquet and return their rows and their malformed lines.

    See `clv.data.connect.read_source`.
    """
    paths = [_as_utf8(file, source.encoding, staging) for file in files]
    heads = [_head(path) for path in paths]
    if empty := [file for file, head in zip(files, heads, strict=True) if not head.strip()]:
        raise DataError(f"{empty[0]}: the file holds no text; export it again")
    if source.delimiter == "whitespace":
        return _read_whitespace(engine, paths, heads[0], source, staging)
    delimiter = "\t" if source.delimiter == "tab" else source.delimiter or _detect_delimiter(heads[0])
    layouts = [_layout(head, delimiter, source, str(file)) for file, head in zip(files, heads, strict=True)]
    if other := [file for file, layout in zip(files, layouts, strict=True) if layout != layouts[0]]:
        raise DataError(f"{other[0]}: its header is not that of {files[0].name}; give all files the same columns")
    return _read_delimited(engine, paths, source.header, staging, delimiter, *layouts[0])


def _layout(head: str, delimiter: str, source: SourceTable, where: str) -> tuple[int, list[str]]:
    """Return the number of empty lines at the top and the names of the columns, no two of them equal."""
    blank = len(head) - len(head.lstrip("\r\n"))
    above = len(head[:blank].splitlines())
    header = list(source.column_names or next(csv.reader(io.StringIO(head[blank:], newline=""), delimiter=delimiter)))
    if twice := sorted({name for name in header if header.count(name) > 1} & set(source.columns.values())):
        raise DataError(f"{where}: the header names {', '.join(map(repr, twice))} twice; rename one of the columns")
    return above, _distinct(header)


def _distinct(names: Iterable[str]) -> list[str]:
    """Add its position to a name that is empty or taken; the engine tells no case in names."""
    distinct: dict[str, str] = {}
    for position, name in enumerate(names):
        own = name if name and name.lower() not in distinct else f"{name}_{position}"
        distinct[own.lower()] = own
    return list(distinct.values())


def _read_delimited(
    engine: Backend, paths: list[Path], header: bool, staging: Path, delimiter: str, skip: int, names: list[str]
) -> tuple[Table, Table]:
    lines = engine.read_csv(
        [glob.escape(str(path)) for path in paths],
        table_name="lines",
        auto_detect=False,  # the engine's guesses skip lines and take '#' for a comment
        columns=dict.fromkeys(names, "VARCHAR"),
        sep=delimiter,
        header=header,
        skip=skip,
        quote='"',
        escape='"',
        store_rejects=True,
        rejects_limit=0,
    )
    lines.to_parquet(staging / "lines.parquet")
    rows = engine.read_parquet(staging / "lines.parquet", table_name="source")
    rejects = engine.table("reject_errors")  # filled while the rows passed
    # a line with several faults is listed once for each of them
    malformed = rejects.group_by("file_id", "line").aggregate(text=_.csv_line.max())
    n_header = len(paths) * (1 + sum(name.count("\n") for name in names)) if header else 0
    _refuse_lost_lines(rows, rejects, int(malformed.count().execute()) + n_header, paths)
    pieces = malformed.select(line=_.text.split("\n").unnest()).filter(_.line != "")  # a quote may span lines
    return rows, pieces


def _refuse_lost_lines(rows: Table, rejects: Table, n_other: int, paths: list[Path]) -> None:
    """Refuse a quote that its line does not close: it swallows the lines after it, and the engine lists but one.

    What was read, with the line breaks inside it, and `n_other` lines must be all lines of the files.
    """
    found = rejects.filter(_.error_type.isin(["UNQUOTED VALUE", "LINE SIZE OVER MAXIMUM"])).line.min().execute()
    if pd.isna(found):
        return
    breaks = sum((rows[name].length() - rows[name].replace("\n", "").length()).sum() for name in rows.columns)
    counted = rows.aggregate(lines=rows.count(), breaks=breaks).execute().fillna(0)
    lost = sum(_count_lines(path) for path in paths) - int(counted.to_numpy().sum()) - n_other
    if lost > 0:
        raise DataError(
            f"{paths[0] if len(paths) == 1 else paths[0].parent}: line {found:,} or one near it opens a quote that it "
            f"does not close, so that {lost:,} lines after it cannot be told apart; close it, or export the file again"
        )


def _count_lines(file: Path) -> int:
    with _open(file) as raw:
        return sum(1 for line in raw if line.strip(b"\r\n"))


def _read_whitespace(
    engine: Backend, paths: list[Path], head: str, source: SourceTable, staging: Path
) -> tuple[Table, Table]:
    first = next(line for line in head.splitlines() if line.strip())
    names = list(source.column_names or first.split())
    lines = engine.read_csv(
        [glob.escape(str(path)) for path in paths],
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
    if encoding.replace("_", "-").lower() in {"utf-8", "ascii", "utf-8-sig"} and file.suffix != ".GZ":
        return file
    copy = folder / f"{file.name}.utf8.csv"
    try:
        with (
            _open(file) as raw,
            io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
            copy.open("w", encoding="utf-8", newline="") as out,
        ):
            shutil.copyfileobj(text, out)
    except (LookupError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: is not text in the encoding {encoding}: {error}; state 'encoding'") from None
    return copy


def _detect_encoding(sample: bytes) -> str:
    if sample.count(0) * 5 > len(sample):  # every second byte of UTF-16 is zero, three of four of UTF-32
        wide = charset_normalizer.from_bytes(sample, cp_isolation=list(WIDE_ENCODINGS)).best()
        return "utf-16" if wide is None else wide.encoding
    try:
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        # what spreadsheets of Western Europe write; a guess from a few letters takes 'ñ€' for a Chinese character
        return "cp1252"


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
    return cast("IO[bytes]", gzip.open(file, "rb") if file.suffix.lower() == ".gz" else file.open("rb"))
