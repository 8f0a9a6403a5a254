"""Find the table inside a text file: its delimiter, the lines above its header, and the names of its columns.

The mapped columns tell the header: a title, a line `sep=;` or empty lines may stand above it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from clv.config import SourceTable
from clv.data.columns import holds_personal
from clv.data.decided import Decision
from clv.data.reading import ORDINAL
from clv.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = ("^", "~", "¦", "§", "\x1f", "\x01")
"""What exports take that must not stand in a name, tried where none of the usual ones cuts the header."""
LINES_ABOVE = 50  # titles and filters that a report prints above its table
SAMPLE_LINES = 200  # what the delimiter and the number of columns are told from
ROW_NAMES = "row_name"
SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
VALUE = re.compile(r"\s*[-+(]?[$€£]?\s*[0-9][0-9.,:/T \-]*\)?\s*")  # a number or a date, not a name


@dataclass(frozen=True)
class Layout:
    """How the lines of a text file make a table.

    Attributes
    ----------
    delimiter
        One character.
    skip
        Lines above the header, or above the first line of data where there is no header.
    names
        Of the columns, no two of them equal.
    n_header
        Lines of the header: none, one, or more where a quoted name spans lines.
    titles
        Lines above the header that hold text.
    """

    delimiter: str
    skip: int
    names: tuple[str, ...]
    n_header: int
    titles: tuple[str, ...] = ()

    @property
    def has_row_names(self) -> bool:
        """Return whether the lines begin with a name that the header does not know."""
        return self.names[:1] == (ROW_NAMES,)


def find_layout(head: str, source: SourceTable, where: str) -> Layout:
    """Tell the layout of a text file from its beginning.

    Parameters
    ----------
    head
        The first lines of the file.
    source
        The mapped columns, and the delimiter and names where they are stated.
    where
        Name of the file, for errors.

    Raises
    ------
    DataError
        If the header names a mapped column twice, or the first line holds values instead of names.
    """
    lines = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", head)
    separator = SEPARATOR_LINE.fullmatch(lines[0].strip()) if lines else None
    first = next((number for number, line in enumerate(lines) if line.strip("\r\n")), 0)
    first += separator is not None
    stated = "\t" if source.delimiter == "tab" else source.delimiter
    if stated is not None and len(stated) != 1:
        raise DataError(f"{where}: delimiter {stated!r} must be a 1-character text, 'tab' or 'whitespace'")
    if source.column_names is not None and not source.header:
        delimiter = stated or (separator[1] if separator else _guess(lines[first:]))
        return Layout(delimiter, first, distinct_names(source.column_names), 0)
    skip, delimiter = _find_header(lines, first, source, [stated] if stated else [*DELIMITERS, *RARE_DELIMITERS]) or (
        first,
        stated or (separator[1] if separator else _guess(lines[first:])),
    )
    header = _cells("".join(lines[skip:]), delimiter)
    names = list(source.column_names or header)
    _refuse_twice(names, source, where)
    _refuse_values(header, source, where)
    n_header = 1 + sum(name.count("\n") for name in header)
    if _has_row_names(lines[skip + n_header :], len(names), delimiter):
        names = [ROW_NAMES, *names]
    titles = tuple(line.strip() for line in lines[:skip] if line.strip())
    return Layout(delimiter, skip, distinct_names(names), n_header, titles)


def decisions_on(layout: Layout, source: SourceTable) -> list[Decision]:
    """Return what was decided about the layout, for the record."""
    shown = {"\t": "tab", " ": "space"}.get(layout.delimiter, layout.delimiter)
    shown = shown if shown.isprintable() else f"\\x{ord(shown):02x}"
    because = "stated" if source.delimiter else f"it cuts the lines into the {len(layout.names)} columns of the header"
    found = [Decision("delimiter", shown, because, "delimiter")]
    if layout.titles:
        because = "they stand above the line that names the mapped columns"
        found.append(
            Decision("lines_above_header", "skipped", because, n=len(layout.titles), examples=layout.titles[:3])
        )
    if layout.has_row_names:
        because = "each line has one value more than the header has names, as R writes tables with row names"
        found.append(Decision("row_names", "first value of each line is a row name", because))
    return found


def _find_header(lines: list[str], first: int, source: SourceTable, delimiters: list[str]) -> tuple[int, str] | None:
    """Find the first line that names all mapped columns under one of the delimiters."""
    wanted = set(source.mapped.values())
    for number in range(first, min(first + LINES_ABOVE, len(lines))):
        text = "".join(lines[number : number + 10])  # a quoted name may span lines
        for delimiter in delimiters:
            if delimiter in text and wanted <= set(_cells(text, delimiter)):
                return number, delimiter
    return None


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except (csv.Error, StopIteration):
        return text.splitlines()[:1]


def _guess(lines: list[str]) -> str:
    """Return the delimiter that cuts the first lines into equal, and the most, cells."""
    lines = [line for line in lines[: SAMPLE_LINES + 1] if line.strip()]
    if len(lines) > 1:
        lines.pop()  # may be cut in the middle
    counts = {mark: [line.count(mark) for line in lines] for mark in (*DELIMITERS, *RARE_DELIMITERS)}
    found = {mark: counted for mark, counted in counts.items() if counted and counted[0] > 0}
    usable = {mark: counted for mark, counted in found.items() if mark in DELIMITERS} or found
    if not usable:
        return ","
    return max(usable, key=lambda mark: (sum(n == usable[mark][0] for n in usable[mark]), usable[mark][0]))


def _has_row_names(lines: list[str], n_names: int, delimiter: str) -> bool:
    """Whether lines have one value more than there are names; an empty last one is only a trailing delimiter."""
    try:
        rows = [row for row in csv.reader(lines[:SAMPLE_LINES], delimiter=delimiter) if row]
    except csv.Error:
        return False
    longer = [row for row in rows if len(row) == n_names + 1 and row[-1].strip()]
    return 2 * len(longer) > len(rows) and len({row[0] for row in longer}) == len(longer)


def _refuse_twice(names: list[str], source: SourceTable, where: str) -> None:
    counted = Counter(names)
    if twice := sorted(name for name in source.mapped.values() if counted[name] > 1):
        raise DataError(f"{where}: the header names {', '.join(map(repr, twice))} twice; rename one of the columns")


def _refuse_values(header: list[str], source: SourceTable, where: str) -> None:
    """Refuse a first line of values: it is no header, and would be lost as one."""
    if source.column_names or set(header) & set(source.mapped.values()):
        return
    if values := [cell for cell in header if VALUE.fullmatch(cell)]:
        shown = "" if holds_personal(source) else f", e.g. {values[0][:40]!r},"
        raise DataError(
            f"{where}: the first line holds values{shown} where the names of columns should be; "
            "state header: false and column_names, or add a line of names"
        )


def distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    """Add its position to a name that is empty or taken; the engine tells no case in names."""
    distinct: dict[str, str] = {ORDINAL: ""}
    for position, name in enumerate(names):
        own = name if name and name.lower() not in distinct else f"{name}_{position}"
        distinct[own.lower()] = own
    return tuple(distinct.values())[1:]
