"""Postal addresses as a street and its numbers, so that `N° 12, depto 3` and `#12 D3` compare."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from clv.data.identity.names import PARTICLES, fold

_KINDS: Final = (
    "calle c av avda avenida avd pasaje pje psje camino paseo plaza plz numero num no nro n depto dpto "
    "dep departamento d apto apt apartment unit flat piso of oficina casa block blk street st road rd "
    "avenue ave lane ln drive dr close cl crescent cres court ct place pl circuit cct rua r travessa "
    "alameda"
)
_NOISE: Final = PARTICLES | frozenset(_KINDS.split())


class Address(NamedTuple):
    """The words of a street and the numbers of house and flat, in order of the alphabet."""

    street: str
    numbers: str


@lru_cache(maxsize=200_000)
def address_key(text: str) -> Address:
    """Return street and numbers of an address, without kinds of street, signs and particles.

    >>> address_key("Av. Irarrázaval N° 1200, Dpto 45"), address_key("IRARRAZAVAL #1200 D45")
    (Address(street='irarrazaval', numbers='1200 45'), Address(street='irarrazaval', numbers='1200 45'))
    """
    folded = re.sub(r"\bn\s?[°ºo]\s?(?=\d)", " ", text.casefold())
    parts = re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", fold(folded)).split()
    numbers = [part.lstrip("0") or "0" for part in parts if part.isdigit()]
    street = [part for part in parts if not part.isdigit() and part not in _NOISE]
    return Address(" ".join(street or [part for part in parts if not part.isdigit()]), " ".join(numbers))
