"""Tell in which encoding a text file is written, from all of it, and hand it on as UTF-8; ids keep every character.

Valid UTF-8 beyond ASCII hardly occurs by chance, so that a bad byte in it spoils its line and not the file. In an old
code page any byte is some character: `clv.data.code_pages` tells in which the letters make words, and where two do and
the ids differ, the file is refused.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import charset_normalizer

from clv.config import SourceTable
from clv.data.code_pages import CODE_PAGES, UNREADABLE, fits
from clv.data.columns import PERSONAL
from clv.data.decided import Decision
from clv.data.layout import Layout, find_layout
from clv.errors import DataError

MOST_EXAMPLES = 3  # words that a reader can check at a glance
SAMPLE_BYTES = 1 << 20  # head of a file, from which its layout is told
CHUNK_BYTES = 4 << 20
MAX_LINE_BYTES = 16 << 20  # the engine passes over lines beyond its buffer of 32 MB without a word
MAX_UNPACKED = 200  # times the size of an archive; tables of text unpack to 5 to 50 times
UNPACKED_BYTES = 100 << 20  # up to which an archive may unpack in any proportion
MAX_WORDS = 20_000  # distinct words that an old code page is told from
WIDE_ENCODINGS = ("utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be")
WORD = re.compile(rb"[^\s,;|\"]*[\x80-\xff][^\s,;|\"]*")


def open_text(file: Path) -> IO[bytes]:
    """Open a text file, packed or not, as the bytes of its text."""
    return cast("IO[bytes]", gzip.open(file, "rb") if file.suffix.lower() == ".gz" else file.open("rb"))


def read_head(file: Path) -> str:
    """Return the beginning of a UTF-8 text."""
    with open_text(file) as raw:
        return raw.read(SAMPLE_BYTES).decode("utf-8-sig", errors="replace")


def as_utf8(file: Path, source: SourceTable, folder: Path) -> tuple[Path, Decision | None]:
    """Return the file itself when the engine can read it, else a UTF-8 copy in `folder`, and what was decided.

    Raises
    ------
    DataError
        If the text is not in the stated encoding, could be in several or in none, mixes two, holds a line that no
        table has, or unpacks to more than a table would.
    """
    found = _survey(file)
    encoding, decision = source.encoding, None
    if encoding is None:
        encoding, decision = _detect(file, found, source)
    else:
        decision = Decision("encoding", encoding, "stated", "encoding")
    if codecs_name(encoding) in {"utf-8", "ascii", "utf-8-sig"} and file.suffix != ".GZ":
        return file, decision
    copy = folder / f"{file.name}.utf8.csv"
    try:
        with (
            open_text(file) as raw,
            io.TextIOWrapper(raw, encoding=encoding, newline="") as text,
            copy.open("w", encoding="utf-8", newline="") as out,
        ):
            shutil.copyfileobj(text, out)
    except (LookupError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: is not text in the encoding {encoding}: {error}; state 'encoding'") from None
    return copy, decision


def codecs_name(encoding: str) -> str:
    """Return the one name that Python has for an encoding."""
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return encoding


@dataclass(frozen=True)
class _Survey:
    """What one pass over all bytes of a file found."""

    is_ascii: bool
    is_utf8: bool
    sample: bytes


def _survey(file: Path) -> _Survey:
    packed, unpacked, since_break, n_breaks = file.stat().st_size, 0, 0, 0
    is_ascii, decoder, sample = True, codecs.getincrementaldecoder("utf-8")(), b""
    is_utf8 = True
    for chunk in _chunks(file):
        sample = sample or chunk[:SAMPLE_BYTES]
        unpacked += len(chunk)
        if file.suffix.lower() == ".gz" and unpacked > max(UNPACKED_BYTES, MAX_UNPACKED * packed):
            raise DataError(
                f"{file}: {packed:,} bytes unpack to more than {MAX_UNPACKED} times as many, which no table of orders "
                "does; unpack it yourself, look at it, and give the unpacked file"
            )
        since_break = _refuse_long_line(chunk, since_break, n_breaks, file)
        n_breaks += chunk.count(b"\n")
        if is_utf8 and not (is_ascii and chunk.isascii()):
            is_ascii = False
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
    if is_utf8 and not is_ascii:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    return _Survey(is_ascii, is_utf8, sample)


def _chunks(file: Path) -> Iterator[bytes]:
    n_read = 0
    with open_text(file) as raw:
        try:
            while chunk := raw.read(CHUNK_BYTES):
                n_read += len(chunk)
                yield chunk
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise DataError(
                f"{file}: the archive ends too early or is damaged, after {n_read:,} bytes of text or a little more; "
                "copy it again, or pack the file again"
            ) from None


def _refuse_long_line(chunk: bytes, since_break: int, n_breaks: int, file: Path) -> int:
    """Return the bytes after the last line break so far."""
    mark = b"\n" if b"\n" in chunk else b"\r"
    first, last = chunk.find(mark), chunk.rfind(mark)
    length = since_break + (len(chunk) if first < 0 else first)
    if length > MAX_LINE_BYTES:
        raise DataError(
            f"{file}: line {n_breaks + 1:,} is longer than {MAX_LINE_BYTES >> 20} MB, as no line of a table is; "
            "remove it, close its quote, or export the file again"
        )
    return length if first < 0 else len(chunk) - last - 1


def _detect(file: Path, found: _Survey, source: SourceTable) -> tuple[str, Decision | None]:
    sample = found.sample
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or sample.count(0) * 5 > len(sample):
        # every second byte of UTF-16 is zero, three of four of UTF-32
        wide = charset_normalizer.from_bytes(sample, cp_isolation=list(WIDE_ENCODINGS)).best()
        encoding = "utf-16" if wide is None else wide.encoding
        return encoding, Decision("encoding", encoding, "two or four bytes make a character", "encoding")
    if found.is_ascii:
        return "utf-8", None
    if found.is_utf8:
        return "utf-8", Decision("encoding", "utf-8", "the whole file is valid UTF-8", "encoding")
    lines = _odd_lines(file)
    if lines.n_valid >= lines.n_bad:
        return "utf-8", Decision(
            "encoding",
            "utf-8",
            f"{lines.n_valid:,} lines with letters beyond ASCII are valid UTF-8; {lines.n_bad:,} are not and are set "
            f"aside, the first of them line {lines.first_bad:,}",
            "encoding",
            n=lines.n_bad,
        )
    if lines.n_valid * 20 > lines.n_bad:  # by chance, hardly one in a thousand
        raise DataError(
            f"{file}: {lines.n_valid:,} lines with letters beyond ASCII are UTF-8 (line {lines.first_valid:,}) and "
            f"{lines.n_bad:,} are not (line {lines.first_bad:,}); export the file again in one encoding"
        )
    return _old_encoding(file, lines, source)


@dataclass
class _OddLines:
    """Lines with bytes beyond ASCII, and the distinct words that hold them."""

    n_valid: int = 0
    n_bad: int = 0
    first_valid: int = 0
    first_bad: int = 0
    words: dict[bytes, None] | None = None
    lines: list[bytes] | None = None


def _odd_lines(file: Path) -> _OddLines:
    found, words, lines = _OddLines(), dict[bytes, None](), list[bytes]()
    with open_text(file) as raw:
        for number, line in enumerate(raw, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                found.n_valid += 1
                found.first_valid = found.first_valid or number
            except UnicodeDecodeError:
                found.n_bad += 1
                found.first_bad = found.first_bad or number
            if len(words) < MAX_WORDS:
                words.update(dict.fromkeys(WORD.findall(line)))
                lines.append(line)
    found.words, found.lines = words, lines
    return found


def _old_encoding(file: Path, found: _OddLines, source: SourceTable) -> tuple[str, Decision]:
    if any(b"\0" in line for line in found.lines or []):
        raise DataError(f"{file}: is not text, it holds zero bytes; give text, a workbook, Parquet or a database")
    words = list(found.words or {})
    tried = [code_page for code_page in CODE_PAGES if _names_columns(file, source, code_page)] or list(CODE_PAGES)
    best, *rivals = fits(words, tried)
    if best.oddness > UNREADABLE:
        raise DataError(
            f"{file}: line {found.first_bad:,} is no UTF-8, and in no encoding tried ({len(tried)}) do its letters "
            f"make words; state 'encoding'"
        )
    for rival in rivals:
        _refuse_other_ids(file, found.lines or [], source, best.code_page, rival.code_page)
    because = f"{found.n_bad:,} lines are no UTF-8, and in it {len(words):,} distinct words read best"
    if rivals:
        because += f"; {' and '.join(rival.code_page for rival in rivals)} would do as well, with the same ids"
    examples = _examples(file, found.lines or [], source, best.code_page)
    return best.code_page, Decision("encoding", best.code_page, because, "encoding", n=found.n_bad, examples=examples)


def _examples(file: Path, lines: list[bytes], source: SourceTable, code_page: str) -> tuple[str, ...]:
    """Return the first values with letters beyond ASCII of mapped columns; what nobody maps may be of a person."""
    if source.delimiter == "whitespace":
        return ()
    shown = set(source.columns.values()) - {source.columns.get(name) for name in PERSONAL}
    layout, positions = _positions(file, source, code_page, shown)
    examples = dict[str, None]()
    for line in lines if positions else ():
        cells = next(csv.reader([line.decode(code_page, "replace")], delimiter=layout.delimiter), [])
        examples |= {cells[at][:40]: None for at in positions if at < len(cells) and not cells[at].isascii()}
        if len(examples) >= MOST_EXAMPLES:
            break
    return tuple(examples)[:MOST_EXAMPLES]


def _positions(file: Path, source: SourceTable, code_page: str, names: set[str]) -> tuple[Layout, list[int]]:
    """Return the layout of a file, and where these columns stand in it."""
    with open_text(file) as raw:
        layout = find_layout(raw.read(SAMPLE_BYTES).decode(code_page, "replace"), source, str(file))
    return layout, [layout.names.index(name) for name in sorted(names & set(layout.names))]


def _names_columns(file: Path, source: SourceTable, encoding: str) -> bool:
    """Whether the header names all mapped columns when the file is read in this encoding."""
    return set(source.mapped.values()) <= set(_layout_names(file, source, encoding))


def _layout_names(file: Path, source: SourceTable, encoding: str) -> list[str]:
    with open_text(file) as raw:
        head = raw.read(SAMPLE_BYTES).decode(encoding, "replace")
    try:
        return list(find_layout(head, source, str(file)).names)
    except DataError:
        return []


def _refuse_other_ids(file: Path, lines: list[bytes], source: SourceTable, one: str, other: str) -> None:
    """Refuse two encodings that both fit when an id differs between them; without a delimiter, it may."""
    if source.delimiter == "whitespace":
        raise DataError(f"{file}: is no UTF-8 and can be read in two encodings, {one} and {other}; state 'encoding'")
    ids = {t for ours, t in source.columns.items() if (ours.endswith("_id") or ours == "referred_by")}
    layout, positions = _positions(file, source, one, ids - {source.columns.get("tax_id")})
    for line in lines:
        cells, others = (
            next(csv.reader([line.decode(encoding, "replace")], delimiter=layout.delimiter), [])
            for encoding in (one, other)
        )
        for position in positions:
            if cells[position : position + 1] != others[position : position + 1]:
                raise DataError(
                    f"{file}: is no UTF-8 and can be read in two encodings, e.g. the id {_cell(cells, position)} in "
                    f"{one} and {_cell(others, position)} in {other}; state 'encoding'"
                )


def _cell(cells: list[str], position: int) -> str:
    return repr(cells[position][:40] if position < len(cells) else "")
