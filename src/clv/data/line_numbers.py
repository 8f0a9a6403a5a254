"""Find the lines of a text file that rows came from, in one pass over its bytes and only when a row is set aside.

The engine gives rows their order and rejected lines their place, but no row its line: empty lines, rejected lines and
line breaks inside quotes stand between. Where the lines do not add up to the rows, no number is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.data.encodings import open_text

CHUNK_BYTES = 16 << 20
_BREAK, _RETURN, _QUOTE = b"\n"[0], b"\r"[0], b'"'[0]

Lines = NDArray[np.int64]


@dataclass(frozen=True)
class TextFile:
    """A file as the engine read it: its name for readers, its lines of no data, and its rejected lines.

    Attributes
    ----------
    path, name
        Of the UTF-8 text, and of the file that the config names.
    n_head
        Lines up to the end of the header.
    rejected
        Offset in bytes of each rejected record, and the lines that it spans.
    blanks_count
        Whether an empty line is a row, as where lines are not cut.
    """

    path: Path
    name: str
    n_head: int
    rejected: tuple[tuple[int, int], ...] = ()
    blanks_count: bool = False


def locate(files: list[TextFile], n_rows: int, positions: Lines) -> pd.DataFrame:
    """Return `file` and `line_number` of rows, given their positions among the `n_rows` rows of all files.

    A line number is missing where quotes make it impossible to tell lines apart.
    """
    for quotes in (False, True):
        wanted = np.unique(positions)
        start, names, numbers = 0, np.full(len(wanted), None, dtype=object), np.zeros(len(wanted), dtype=np.int64)
        for file in files:
            for lines in _row_lines(file, quotes):
                low, high = np.searchsorted(wanted, [start, start + len(lines)])
                names[low:high] = file.name
                numbers[low:high] = lines[wanted[low:high] - start]
                start += len(lines)
        if start == n_rows:
            place = np.searchsorted(wanted, positions)
            return pd.DataFrame(
                {"file": names[place], "line_number": pd.array(numbers[place], dtype="Int64")},
            )
    name = files[0].name if len(files) == 1 else None
    return pd.DataFrame(
        {"file": [name] * len(positions), "line_number": pd.array([pd.NA] * len(positions), dtype="Int64")}
    )


def rejected_lines(file: TextFile) -> list[int]:
    """Return the line number of each rejected record of a file, in their order."""
    return [line for line, _ in _rejected(file)]


def _rejected(file: TextFile) -> list[tuple[int, int]]:
    """Return the first line of each rejected record and the lines it spans; its offset may lie on empty lines."""
    found, records = list[tuple[int, int]](), sorted(file.rejected)
    for block in _blocks(file.path) if records else ():
        while records and records[0][0] < block.base + len(block.text):
            offset, n_lines = records.pop(0)
            index = int(np.searchsorted(block.starts, offset, side="right")) - 1
            while index + 1 < len(block.starts) and block.blank[index]:
                index += 1
            found.append((block.first_line + index, n_lines))
    return found


@dataclass(frozen=True)
class _Block:
    """Whole lines of a file: offsets of their starts, whether they are empty, and quotes up to each one's end."""

    text: bytes
    base: int
    first_line: int
    starts: Lines
    blank: NDArray[np.bool_]
    quotes: Lines


def _blocks(path: Path) -> Iterator[_Block]:
    rest, base, line, n_quotes = b"", 0, 1, 0
    with open_text(path) as raw:
        first = raw.read(CHUNK_BYTES)
        mark = b"\n" if b"\n" in first or b"\r" not in first else b"\r"
        chunk = first
        while chunk or rest:
            text = rest + chunk
            cut = text.rfind(mark) + 1 if chunk else len(text)
            text, rest = text[:cut], text[cut:]
            chunk = raw.read(CHUNK_BYTES)
            if not text:
                continue
            block = _block(text, base, line, n_quotes, mark[0])
            yield block
            base, line, n_quotes = base + len(text), line + len(block.starts), int(block.quotes[-1])


def _block(text: bytes, base: int, line: int, n_quotes: int, mark: int) -> _Block:
    codes = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(codes == mark)
    if not len(ends) or ends[-1] != len(codes) - 1:
        ends = np.append(ends, len(codes))
    starts = np.concatenate([[0], ends[:-1] + 1])
    blank = (ends == starts) | ((ends == starts + 1) & (codes[starts.clip(max=len(codes) - 1)] == _RETURN))
    quotes = n_quotes + np.cumsum(codes == _QUOTE)[ends.clip(max=len(codes) - 1)]
    return _Block(text, base, line, starts + base, blank, quotes)


def _row_lines(file: TextFile, quotes: bool) -> Iterator[Lines]:
    """Yield the line numbers of the rows of a file, in order."""
    rejected = np.array(
        [line + extra for line, n_lines in _rejected(file) for extra in range(n_lines)] or [0], dtype=np.int64
    )
    open_before = False
    for block in _blocks(file.path):
        numbers = block.first_line + np.arange(len(block.starts))
        is_row = (numbers > file.n_head) & ~np.isin(numbers, rejected)
        inside = np.zeros(len(numbers), dtype=bool)
        if quotes:
            is_open = block.quotes % 2 == 1
            inside = np.concatenate([[open_before], is_open[:-1]])
            open_before = bool(is_open[-1])
        if not file.blanks_count:
            is_row &= ~(block.blank & ~inside)
        yield numbers[is_row & ~inside]
