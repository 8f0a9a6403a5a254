"""How people and clerks write: typing errors, accents kept or dropped, capitals, particles, ways to write a number.

All of it works on whole columns; a text is a row of characters.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clv.data.simulate.columns import Flags, Ints, Texts

PARTICLES = {"de", "la", "del", "los", "y"}
CASES = 4  # as it is; without accents; capitals; capitals without accents
_ROWS = ("qwertyuiop", "asdfghjklñ", "zxcvbnm")
_BESIDE = {a: b for row in _ROWS for a, b in zip(row, row[1:] + row[-2], strict=True)}


def plain(word: str) -> str:
    """Return a word without accents; ñ becomes n.

    >>> plain("Núñez y Álvarez")
    'Nunez y Alvarez'
    """
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).replace("’", "")


def cases(words: list[str] | tuple[str, ...]) -> Texts:
    """Return a table of (CASES, words): each word in every way of writing it."""
    bare = [plain(word) for word in words]
    return np.array([list(words), bare, [word.upper() for word in words], [word.upper() for word in bare]])


def particles(words: list[str] | tuple[str, ...]) -> list[list[str]]:
    """Return the words as they are, with particles left out, and written together."""
    left_out = [" ".join(part for part in word.split() if part not in PARTICLES) for word in words]
    return [list(words), left_out, [word.replace(" ", "") for word in words]]


def join(*parts: Texts) -> Texts:
    """Return the parts of each row one after the other."""
    joined = parts[0]
    for part in parts[1:]:
        joined = np.strings.add(joined, part)
    return joined


def misspell(text: Texts, which: Flags, rng: np.random.Generator) -> Texts:
    """Return the texts with a typing error in each of `which`: two letters swapped, one left out, doubled or beside."""
    place = np.flatnonzero(which & (np.strings.str_len(text) >= 4))
    if place.size == 0:
        return text
    width = text.dtype.itemsize // 4 + 1  # room for a doubled letter
    letters = text[place].astype(f"<U{width}").view(np.uint32).reshape(place.size, width).copy()
    length = (letters > 0).sum(axis=1)
    at = 1 + (rng.random(place.size) * (length - 2)).astype(np.int64)
    row, columns = np.arange(place.size), np.arange(width)
    swapped = letters.copy()
    swapped[row, at], swapped[row, at - 1] = letters[row, at - 1], letters[row, at]
    dropped = np.take_along_axis(letters, np.minimum(columns + (columns >= at[:, None]), width - 1), axis=1)
    doubled = np.take_along_axis(letters, columns - (columns > at[:, None]), axis=1)
    beside = letters.copy()
    beside[row, at] = _next_key()[letters[row, at] % 512]
    kind = rng.integers(0, 4, place.size)[:, None]
    wrong = np.select([kind == 0, kind == 1, kind == 2], [swapped, dropped, doubled], beside).astype(np.uint32)
    spoilt = text.astype(f"<U{width}")
    spoilt[place] = np.ascontiguousarray(wrong).view(f"<U{width}").reshape(place.size)
    return spoilt


def _next_key() -> Ints:
    keys = np.arange(512)
    for letter, beside in _BESIDE.items():
        keys[ord(letter)] = ord(beside)
        keys[ord(letter.upper())] = ord(beside.upper())
    return keys


def rut(number: Ints, style: Ints) -> pa.Array:
    """Return Chilean tax ids with their check digit, as 12.345.678-5, 12345678-5 or 123456785.

    >>> import numpy as np
    >>> rut(np.array([12345678, 12345678, 7654321]), np.array([0, 1, 2])).to_pylist()
    ['12.345.678-5', '12345678-5', '76543216']
    """
    digit = pa.array(list("0123456789K")).take(pa.array(_check_digit(number)))
    text = [
        pa.array(part).cast(pa.string()) for part in (number, number // 10**6, number // 1000 % 1000, number % 1000)
    ]
    dotted = pc.binary_join_element_wise(text[1], *(pc.utf8_lpad(part, 3, "0") for part in text[2:]), ".")
    body = pc.if_else(pa.array(style == 0), dotted, text[0])
    dash = pc.if_else(pa.array(style < 2), "-", "")
    return pc.binary_join_element_wise(body, dash, digit, "")


def _check_digit(number: Ints) -> Ints:
    """Return the digit modulo 11 over weights 2 to 7 from the right; 10 stands for K."""
    total = sum(number // 10**place % 10 * (2 + place % 6) for place in range(8))
    return np.asarray((11 - total % 11) % 11)


def mobile(number: Ints, style: Ints) -> pa.Array:
    """Return mobile numbers of eight digits in the ways they are written in Chile.

    >>> import numpy as np
    >>> mobile(np.array([87654321] * 2), np.array([0, 3])).to_pylist()
    ['+56 9 8765 4321', '56987654321']
    """
    whole = pc.utf8_lpad(pa.array(number).cast(pa.string()), 8, "0")
    spaced = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(whole, 0, 4), pc.utf8_slice_codeunits(whole, 4, 8), " "
    )
    fronts = pa.array(["+56 9 ", "9 ", "9", "569"]).take(pa.array(style))
    return pc.binary_join_element_wise(fronts, pc.if_else(pa.array(style < 2), spaced, whole), "")
