"""The ways in which companies write dates: patterns, and what brings each to ISO 8601."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

DateOrder = Literal["ymd", "dmy", "mdy"]
ORDER_NAMES: dict[DateOrder, str] = {"ymd": "year first", "dmy": "day first", "mdy": "month first"}

LEADING_DATE = r"^\s*([0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4})"
ISO_PARTS: dict[DateOrder, tuple[str, str]] = {
    "ymd": (r"^\s*([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})([^0-9]|$)", r"\1-\2-\3\4"),
    "dmy": (r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([^0-9]|$)", r"\3-\2-\1\4"),
    "mdy": (r"^\s*([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})([^0-9]|$)", r"\3-\1-\2\4"),
}
COMPACT_DATE = (r"^\s*([0-9]{4})([0-9]{2})([0-9]{2})", r"\1-\2-\3")
OFFSET = re.compile(
    r"(:[0-9]{2}[0-9:.]*|[T ][0-9]{4,6}) ?(Z|UTC|GMT|(UTC|GMT)?[+-][0-9]{2}:?([0-9]{2})?)( ?\(.*\))?\s*$"
)

MONTHS = (
    "january|enero|janeiro|jan|ene", "february|febrero|fevereiro|feb|fev", "march|marzo|março|mar",
    "april|abril|apr|abr", "may|mayo|maio|mai", "june|junio|junho|jun", "july|julio|julho|jul",
    "august|agosto|aug|ago", "september|septiembre|setiembre|setembro|sept|sep|set", "october|octubre|outubro|oct|out",
    "november|noviembre|novembro|nov", "december|diciembre|dezembro|dec|dic|dez",
)  # fmt: skip
_WEEKDAYS = (
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues|tue|wed|thurs|thur|thu|fri|sat|sun|"
    "lunes|martes|miércoles|miercoles|jueves|viernes|sábado|sabado|domingo|lun|mié|mie|jue|vie|sáb|sab|dom"
)
_DAY = r"([0-9]{1,2})(?:st|nd|rd|th|º)?[ ./-]*(?:(?i:de|of) )?"
_NAMED = r"<([0-9]{2})>"
_ISO = r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
_GAP = "[ \u00a0\u202f]"
MORNING, EVENING = " AM ", " PM "  # the space at the end tells what is rewritten from what was found


class Rewrite(NamedTuple):
    """A pattern and its replacement; both the engine's and Python's regular expressions read it."""

    pattern: str
    into: str


WORDS = (
    Rewrite(rf"^(?i:{_WEEKDAYS})\.?,? +", ""),
    Rewrite(r"^(?i:mar)\.?,? +([0-9]{1,2} +(?:(?i:de) +)?[A-Za-z])", r"\1"),  # martes, not marzo
    *(Rewrite(rf"(^|[^A-Za-z])(?i:{names})\.?([^A-Za-z]|$)", rf"\1<{n:02d}>\2") for n, names in enumerate(MONTHS, 1)),
    Rewrite(rf"^{_DAY}{_NAMED}[ .,/-]*(?:(?i:de|del) )?([0-9]{{4}})", r"\3-\2-\1"),
    Rewrite(rf"^{_DAY}{_NAMED}[ .,/-]*([0-6][0-9])([^0-9]|$)", r"20\3-\2-\1\4"),  # the pivot of POSIX
    Rewrite(rf"^{_DAY}{_NAMED}[ .,/-]*([7-9][0-9])([^0-9]|$)", r"19\3-\2-\1\4"),
    Rewrite(rf"^{_NAMED}[ ./-]*([0-9]{{1,2}})(?:st|nd|rd|th)?,?[ ./-]+([0-9]{{4}})", r"\3-\1-\2"),
    Rewrite(rf"^{_NAMED} +([0-9]{{1,2}}) +([0-9:]+) +([0-9]{{4}})$", r"\4-\1-\2 \3"),
    Rewrite(rf"^([0-9]{{4}})[ ./-]*{_NAMED}[ ./-]*([0-9]{{1,2}})", r"\1-\2-\3"),
)
"""Dates with the name of a month, English, Spanish or Portuguese, brought to ISO 8601."""

DIGITS = (
    Rewrite(r"^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$", r"\1-\2-\3 \4:\5:\6"),
    Rewrite(r"^([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})$", r"\1-\2-\3 \4:\5"),
)
TIMES = (
    Rewrite(rf"{_ISO}(?:[,:]{_GAP}*|{_GAP}+(?:-{_GAP}*)?)(?:(?i:at|a las){_GAP}+)?([0-9])", r"\1 \2"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{2}})([0-9]{{2}})([0-9]{{2}})([^0-9:].*|$)", r"\1 \2:\3:\4\5"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{2}})([0-9]{{2}})([^0-9:.].*|$)", r"\1 \2:\3\4"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{1,2}})[hH.]([0-9]{{2}})(?:[.:]?([0-9]{{2}}))$", r"\1 \2:\3:\4"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{1,2}})[hH.]([0-9]{{2}})m?$", r"\1 \2:\3"),
    Rewrite(rf"{_ISO}[ T]([0-9]{{1,2}}) ?(?:h|hs|hrs)\.?$", r"\1 \2:00"),
    Rewrite(rf"{_ISO}[ T]([0-9:]+) ?(?:h|hs|hrs)\.?$", r"\1 \2"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+){_GAP}*(?i:a)\.?{_GAP}?(?i:m)\.?$", rf"\1 \2{MORNING}"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+){_GAP}*(?i:p)\.?{_GAP}?(?i:m)\.?$", rf"\1 \2{EVENING}"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+) ?(?:UTC|GMT|Z)?([+-][0-9]{{2}}):?([0-9]{{2}})(?: ?\(.*\))?$", r"\1 \2\3:\4"),
    Rewrite(rf"{_ISO}[ T]([0-9:.]+) ?(?:UTC|GMT)$", r"\1 \2Z"),
)
END_OF_DAY = Rewrite(r"([ T])24:00(?::00(?:[.,]0+)?)?", r"\1" "23:59:59")  # the day as written, not the one after it
ZONE_WORD = Rewrite(rf"{_ISO}[ T]([0-9:.]+) [A-Z]{{3,4}}$", r"\1 \2")  # CET: the shops' own clock
MERIDIEMS = ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %I %p", "%Y-%m-%d %I:%M:%S.%g %p")
