"""Read delimited text without losing a line or changing an id: every column arrives as text.

Encoding and layout are stated or detected; what a date or an amount means is decided in `clv.data.dates` and
`clv.data.amounts`.
"""

from __future__ import annotations

import glob
import gzip
import zlib
from functools import partial
from pathlib import Path

import duckdb
import ibis
import pandas as pd
from ibis import _
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from clv.config import SourceTable
from clv.data.decided import Decision
from clv.data.encodings import as_utf8, open_text, read_head
from clv.data.layout import ROW_NAMES, Layout, decisions_on, find_layout
from clv.data.line_numbers import TextFile, locate, rejected_lines
from clv.data.reading import ORDINAL, Reading, small_table
from clv.errors import DataError

NO_DELIMITER = "\x01"  # occurs in no text file, so that a line arrives whole
OTHER_KINDS = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive", ".xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", ".xlsx, once saved as such"),
    (b"SQLite format 3\x00", "an SQLite database", ".sqlite"),
    (b"PAR1", "a Parquet file", ".parquet"),
    (b"\x1f\x8b", "a gzip archive", ".csv.gz"),
    (b"BZh", "a bzip2 archive", ".csv, once unpacked"),
    (b"\xfd7zXZ", "an xz archive", ".csv, once unpacked"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", ".csv, once unpacked"),
    (b"%PDF", "a PDF document", ".csv, once exported as a table"),
)
"""First bytes of files that are no text whatever their name says; what they are and the name they should have."""
MOST_COLUMNS = 2_000  # the engine's memory grows with their square; no table of ours has more than a few dozen
DUCKDB_MAGIC = b"DUCK"  # eight bytes into the file


def read(engine: Backend, files: list[Path], source: SourceTable, staging: Path) -> Reading:
    """Stage text files of one layout as Parquet and return their rows and their malformed lines.

    See `clv.data.connect.read_source`.
    """
    for file in files:
        _refuse_other_kind(file)
    texts = [as_utf8(file, source, staging) for file in files]
    paths = [path for path, _ in texts]
    heads = [read_head(path) for path in paths]
    if empty := [file for file, head in zip(files, heads, strict=True) if not head.strip()]:
        raise DataError(f"{empty[0]}: the file holds no text; export it again")
    encodings = list(dict.fromkeys(decision for _, decision in texts if decision is not None))
    if source.delimiter == "whitespace":
        return _read_whitespace(engine, files, paths, heads[0], source, staging, encodings)
    layouts = [find_layout(head, source, str(file)) for file, head in zip(files, heads, strict=True)]
    for file, layout in zip(files, layouts, strict=True):
        if len(layout.names) > MOST_COLUMNS:
            raise DataError(f"{file}: its header names {len(layout.names):,} columns; keep those that are mapped")
    if other := [f for f, layout in zip(files, layouts, strict=True) if layout.names != layouts[0].names]:
        raise DataError(f"{other[0]}: its header is not that of {files[0].name}; give all files the same columns")
    decisions = (*encodings, *dict.fromkeys(d for layout in layouts for d in decisions_on(layout, source)))
    try:
        return _read_delimited(engine, files, paths, layouts, staging, decisions)
    except duckdb.InvalidInputException as error:
        if "invalid state" not in str(error):
            raise
    # what the engine says of lines that end in two ways, as where files were put together
    paths = [_with_one_break(path, staging / f"{number}.breaks.csv") for number, path in enumerate(paths)]
    because = "some lines end in CR LF and some in LF, as where files were put together"
    decisions = (*decisions, Decision("line_breaks", "read alike", because))
    return _read_delimited(engine, files, paths, layouts, staging, decisions)


def _with_one_break(file: Path, copy: Path) -> Path:
    """Copy a text with every line ended by LF; breaks inside quotes stay as they are."""
    is_open = False
    with open_text(file) as raw, copy.open("wb") as out:
        for line in raw:
            is_open ^= line.count(b'"') % 2 == 1
            out.write(line if is_open or not line.endswith(b"\r\n") else line[:-2] + b"\n")
    return copy


def _refuse_other_kind(file: Path) -> None:
    """Refuse a file whose first bytes say that it is no text, whatever its name says."""
    try:
        with open_text(file) as raw:
            begin = raw.read(16)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise DataError(f"{file}: is no gzip archive; give text a name without .gz, or copy it again") from None
    found = [(kind, ending) for magic, kind, ending in OTHER_KINDS if begin.startswith(magic)]
    if begin[8:12] == DUCKDB_MAGIC:
        found = [("a DuckDB database", ".duckdb")]
    if found:
        raise DataError(f"{file}: is {found[0][0]}, not text; give it a name that ends in {found[0][1]}")


def _read_delimited(
    engine: Backend,
    files: list[Path],
    paths: list[Path],
    layouts: list[Layout],
    staging: Path,
    decisions: tuple[Decision, ...],
) -> Reading:
    """Read files of the same columns, those of the same layout in one go; rows keep the order of the files."""
    groups: dict[tuple[str, int], list[int]] = {}
    for number, layout in enumerate(layouts):
        groups.setdefault((layout.delimiter, layout.skip + layout.n_header), []).append(number)
    texts, staged, rejected = list[TextFile](), list[Path](), list[pd.DataFrame]()
    for number, members in enumerate(groups.values()):
        group = [paths[member] for member in members]
        staged.append(staging / f"lines_{number}.parquet")
        rejects = _stage(engine, group, layouts[members[0]], staged[-1])
        for path, member in zip(group, members, strict=True):
            own = rejects[rejects["path"] == str(path)]
            n_head = layouts[member].skip + layouts[member].n_header
            spans = tuple(zip(own["offset"].astype(int), own["text"].map(_n_lines), strict=True))
            texts.append(TextFile(path, files[member].name, n_head, spans))
            rejected.append(_pieces(texts[-1], own))
    rows = _rows(engine, staged, staging)
    malformed = pd.concat(rejected, ignore_index=True)
    return Reading(
        rows,
        small_table(engine, "malformed", malformed, MALFORMED),
        decisions,
        locate=partial(locate, texts, int(rows.count().execute())),
    )


MALFORMED = ibis.schema({"file": "string", "line_number": "int64", "line": "string"})


def _rows(engine: Backend, staged: list[Path], staging: Path) -> Table:
    """Return the staged rows with their position."""
    if len(staged) > 1:
        together = ibis.union(*(engine.read_parquet(path) for path in staged))
        staged = [staging / "lines.parquet"]
        together.to_parquet(staged[0])
    return engine.read_parquet(staged[0], table_name="source", file_row_number=True)


def _stage(engine: Backend, paths: list[Path], layout: Layout, target: Path) -> pd.DataFrame:
    """Write the rows of text files as Parquet; return the rejected records: path, offset in bytes, text."""
    for name in ("reject_errors", "reject_scans"):
        engine.raw_sql(f"DROP TABLE IF EXISTS {name}")
    lines = engine.read_csv(
        [glob.escape(str(path)) for path in paths],
        table_name="lines",
        auto_detect=False,  # the engine's guesses skip lines and take '#' for a comment
        columns=dict.fromkeys(layout.names, "VARCHAR"),
        sep=layout.delimiter,
        header=False,
        skip=layout.skip + layout.n_header,
        quote='"',
        escape='"',
        store_rejects=True,
        rejects_limit=0,
    )
    lines.to_parquet(target)
    errors, scans = engine.table("reject_errors"), engine.table("reject_scans")  # filled while the rows passed
    # a line with several faults is listed once for each of them
    records = errors.group_by("file_id", "line_byte_position").aggregate(text=_.csv_line.max())
    named = records.join(scans, "file_id").select(path=_.file_path, offset=_.line_byte_position - 1, text=_.text)
    rejects: pd.DataFrame = named.distinct().order_by("path", "offset").execute()
    n_head = len(paths) * layout.n_header
    _refuse_lost_lines(engine.read_parquet(target), errors, len(rejects) + n_head, paths)
    return rejects


def _n_lines(text: str) -> int:
    return len([line for line in text.split("\n") if line])


def _pieces(file: TextFile, rejects: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of rejected records: a quote may span lines."""
    numbers = rejected_lines(file)
    found = [
        (file.name, first + extra, line)
        for first, text in zip(numbers, rejects["text"], strict=True)
        for extra, line in enumerate(line for line in text.split("\n") if line)
    ]
    return pd.DataFrame(found, columns=list(MALFORMED))


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
    with open_text(file) as raw:
        return sum(1 for line in raw if line.strip(b"\r\n"))


def _read_whitespace(
    engine: Backend,
    files: list[Path],
    paths: list[Path],
    head: str,
    source: SourceTable,
    staging: Path,
    decisions: list[Decision],
) -> Reading:
    shown = [line for line in head.splitlines() if line.strip()]
    names = list(source.column_names or shown[0].split())
    if source.header and _all_longer(shown[1:-1], len(names)):
        names.insert(0, ROW_NAMES)
        because = "each line has one value more than the header has names, as R writes tables with row names"
        decisions = [*decisions, Decision("row_names", "first value of each line is a row name", because)]
    lines = engine.read_csv(
        [glob.escape(str(path)) for path in paths],
        table_name="lines",
        sep=NO_DELIMITER,
        header=False,
        quote="",
        escape="",
        columns={"line": "VARCHAR"},
    )
    lines.mutate(cell=_.line.strip().re_split(r"\s+")).to_parquet(staging / "lines.parquet")
    cells = engine.read_parquet(staging / "lines.parquet", table_name="source", file_row_number=True)
    n_lines = int(cells.count().execute())
    cells = cells.filter(_.line.strip() != "")
    if source.header:
        cells = cells.filter(_.line.strip() != shown[0].strip())
    whole = cells.filter(_.cell.length() == len(names))
    rows = whole.select(ORDINAL, **{column: whole.cell[position] for position, column in enumerate(names)})
    find = partial(
        locate, [TextFile(p, f.name, 0, blanks_count=True) for p, f in zip(paths, files, strict=True)], n_lines
    )
    broken = cells.filter(_.cell.length() != len(names)).select(ORDINAL, "line").execute()
    malformed = find(broken[ORDINAL].to_numpy()).assign(line=broken["line"])
    table = small_table(engine, "malformed", malformed, MALFORMED)
    return Reading(rows, table, tuple(decisions), locate=find)


def _all_longer(lines: list[str], n_names: int) -> bool:
    return bool(lines) and all(len(line.split()) == n_names + 1 for line in lines)
