"""Which date formats a config may state: those that the engine reads, with a year, a month and a day in them."""

from __future__ import annotations

import re
from typing import Final

DIRECTIVES: Final = {
    "a": "weekday, short", "A": "weekday", "b": "month, short", "B": "month", "c": "date and time", "d": "day",
    "f": "microseconds", "g": "milliseconds", "G": "year of the week", "h": "month, short", "H": "hour",
    "I": "hour to 12", "j": "day of the year", "m": "month", "M": "minute", "n": "nanoseconds", "p": "AM or PM",
    "S": "second", "T": "time", "u": "weekday, Monday is 1",
    "U": "week from Sunday", "V": "week", "w": "weekday, Sunday is 0", "W": "week from Monday", "x": "date",
    "X": "time", "y": "year in two digits", "Y": "year", "z": "offset", "Z": "time zone", "%": "percent sign",
}  # fmt: skip
"""Letters that the engine reads after %, also with a minus between where the number may lack its zero."""

_UNPADDED: Final = "dHIjmMSy"
_DAYS: Final = ("YyGxc", "mbBhjUWVxc", "djaAuwxc")  # one of each says which day


def require_date_format(layout: str) -> None:
    """Refuse a layout that the engine cannot read, or that does not say which day.

    Raises
    ------
    ValueError
        Naming what is wrong and a layout that is right.

    Examples
    --------
    >>> require_date_format("%d/%m/%Y %H:%M")
    >>> require_date_format("%d/%m/%Q")
    Traceback (most recent call last):
    ValueError: date_format '%d/%m/%Q': %Q is not known; write e.g. %d/%m/%Y, or %Y-%m-%d %H:%M:%S
    """
    advice = "write e.g. %d/%m/%Y, or %Y-%m-%d %H:%M:%S"
    found = re.findall(r"%(-?.?)", layout, flags=re.DOTALL)
    for written in found:
        letter = written.removeprefix("-")
        if letter not in DIRECTIVES or letter == "" or (written != letter and letter not in _UNPADDED):
            raise ValueError(f"date_format {layout!r}: %{written} is not known; {advice}")
    letters = {written.removeprefix("-") for written in found}
    if not all(letters & set(part) for part in _DAYS):
        raise ValueError(f"date_format {layout!r} does not say year, month and day; {advice}")
