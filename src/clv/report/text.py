"""Words, numbers and dates in the reader's language.

Messages are written in English and looked up in ``locale/<language>/LC_MESSAGES/clv.po``. English needs no catalogue,
because the message is already English. The catalogue is read as text at run time, so there is no compiled file that
could be older than its source. A message without translation comes out in English; a test of the suite forbids that
in a release.
"""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any, Literal, get_args

import pandas as pd
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal, get_currency_precision, get_currency_symbol

from clv.errors import ConfigError

Language = Literal["en", "es"]

LOCALE_DIR = Path(__file__).parent / "locale"

_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_WRITTEN_OUT = 10_000  # below it a number is as short as its magnitude
_COMPACT_DIGITS = 3  # significant digits of a compact amount: $1.23M, $12.3K, $123K
# words, day first: 12/11 cannot be misread; the day stays on the line of its month
_LONG_DATE = {"en": "d\N{NO-BREAK SPACE}MMMM y", "es": "d\N{NO-BREAK SPACE}'de'\N{NO-BREAK SPACE}MMMM 'de' y"}
_SHORT_DATE = "d\N{NO-BREAK SPACE}MMM\N{NO-BREAK SPACE}y"
_MINUS = "\N{MINUS SIGN}"
_LIST_LOCALE = {"en": "en_001", "es": "es"}  # en_001 writes "a, b and c", as our English does


def message(source: str) -> str:
    """Return `source` unchanged and mark it for translation: for tables of labels at the top of a module.

    Examples
    --------
    >>> LABELS = {"at_risk": message("At risk")}
    >>> LABELS["at_risk"]
    'At risk'
    """
    return source


_NOT_AVAILABLE = message("n/a")


@dataclass(frozen=True)
class Text:
    """A translator and formatter for one language and one currency; notebooks call it ``_``.

    Parameters
    ----------
    language : {"en", "es"}
        Language of words, separators and dates.
    currency : str
        ISO 4217 code of every amount of the run, e.g. "EUR".

    Examples
    --------
    >>> _ = Text("en", "USD")
    >>> _("Top {share} of customers hold {money}", share=_.percent(0.2), money=_.money(1234.5))
    'Top 20% of customers hold $1,235'
    >>> _.plural("{n} customer", "{n} customers", 2469)
    '2,469 customers'
    """

    language: Language
    currency: str

    def __post_init__(self) -> None:
        """Refuse a language that has no catalogue."""
        if self.language not in get_args(Language):
            raise ConfigError(f"language must be one of {', '.join(get_args(Language))}; got {self.language!r}")

    def __call__(self, source: str, /, **values: object) -> str:
        """Return `source` translated, with its {placeholders} filled from `values`."""
        return _catalogue(self.language).gettext(source).format(**values)

    def plural(self, one: str, many: str, n: int, /, **values: object) -> str:
        """Return `one` or `many` as the language counts `n`; {n} is `n` with its thousands separated."""
        return _catalogue(self.language).ngettext(one, many, int(n)).format(n=self.number(n), **values)

    @property
    def not_available(self) -> str:
        """What stands where there is no value; never "nan"."""
        return self(_NOT_AVAILABLE)

    @property
    def currency_symbol(self) -> str:
        """The currency as this language writes it, e.g. "US$"."""
        return get_currency_symbol(self.currency, locale=self.language)

    def number(self, value: Any, decimals: int = 0) -> str:
        """Return a number with separators, e.g. "1,234.5"; halves are rounded up, as in a spreadsheet."""
        if _is_missing(value):
            return self.not_available
        return self._digits(value, "#,##0", decimals)

    def number_compact(self, value: Any) -> str:
        """Return a number in three digits with its magnitude, e.g. "1.23M"; below 10,000 as it is."""
        if _is_missing(value):
            return self.not_available
        if abs(value) < _WRITTEN_OUT:
            return self.number(value, decimals=0 if float(value).is_integer() or abs(value) >= 100 else 2)
        rounded = float(f"{float(value):.{_COMPACT_DIGITS}g}")
        return _signed(format_compact_decimal(rounded, locale=self.language, fraction_digits=_COMPACT_DIGITS - 1))

    def deviation(self, share: Any, decimals: int = 0) -> str:
        """Return a share as a percentage with its sign, e.g. "+0.6%": by how much something is off."""
        written = self.percent(share, decimals)
        return f"+{written}" if not _is_missing(share) and share > 0 and written[0].isdigit() else written

    def percent(self, share: Any, decimals: int = 0) -> str:
        r"""Return a share as a percentage; what would round to a false 0 % or 100 % is printed as a bound.

        Examples
        --------
        >>> [Text("en", "USD").percent(share, 1) for share in (0.2, 0.0002, 0.9999, 0, None)]
        ['20.0%', '<\xa00.1%', '>\xa099.9%', '0.0%', 'n/a']
        """
        if _is_missing(share):
            return self.not_available
        printed, sign = _honest_bound(float(share), 10.0 ** -(decimals + 2))
        pattern = Locale.parse(self.language).percent_formats[None].pattern
        return sign + self._digits(printed, pattern, decimals, scale=2)

    def money(self, value: Any, decimals: int = 0) -> str:
        """Return an amount with its currency, e.g. "$1,235" or "1.235 €"."""
        places = min(decimals, get_currency_precision(self.currency))  # there is no cent of a yen
        return self.not_available if _is_missing(value) else self._with_symbol(self.number(value, places))

    def money_compact(self, value: Any) -> str:
        """Return an amount in three digits with its magnitude, e.g. "$1.23M" or "1,23 M €"."""
        return self.not_available if _is_missing(value) else self._with_symbol(self.number_compact(value))

    def date(self, value: Any) -> str:
        """Return a date in words, e.g. "31 December 2017" or "31 de diciembre de 2017"."""
        if _is_missing(value):
            return self.not_available
        return format_date(_as_date(value), format=_LONG_DATE[self.language], locale=self.language)

    def date_short(self, value: Any) -> str:
        """Return a date for a table, e.g. "31 Dec 2017" or "31 dic 2017"."""
        return (
            format_date(_as_date(value), format=_SHORT_DATE, locale=self.language)
            if not _is_missing(value)
            else (self.not_available)
        )

    def month(self, value: Any) -> str:
        """Return the month of a date in words, e.g. "December 2017"."""
        return self._skeleton(value, "yMMMM")

    def month_short(self, value: Any) -> str:
        """Return the month of a date for an axis, e.g. "Dec 2017"."""
        return self._skeleton(value, "yMMM")

    def period(self, first_day: Any, months: int) -> str:
        """Return the name of a span of calendar months, e.g. "December 2017", "Oct 2017 – Dec 2017" or "2017".

        Examples
        --------
        >>> [Text("en", "USD").period("2017-10-01", months) for months in (1, 3, 12)]
        ['October 2017', 'Oct 2017 – Dec 2017', '2017']
        """
        day = pd.Timestamp(first_day)
        if months == 1:
            return self.month(day)
        if months == 12:
            return str(day.year)
        return f"{self.month_short(day)} – {self.month_short(day + pd.DateOffset(months=months - 1))}"

    def day_short(self, value: Any) -> str:
        """Return day and month of a date for an axis, e.g. "Dec 31" or "31 dic"."""
        return self._skeleton(value, "MMMd")

    def listing(self, items: Sequence[str]) -> str:
        """Return items as a phrase, e.g. "a, b and c"; Spanish turns "y" into "e" before the sound i.

        Examples
        --------
        >>> Text("es", "EUR").listing(["ventas", "finanzas", "informes"])
        'ventas, finanzas e informes'
        """
        words = [str(item) for item in items]
        phrase = format_list(words, locale=_LIST_LOCALE[self.language]) if words else ""
        if self.language == "es" and len(words) > 1 and _starts_with_i(words[-1]):
            phrase = phrase.removesuffix(f"y {words[-1]}") + f"e {words[-1]}"
        return phrase

    def _skeleton(self, value: Any, skeleton: str) -> str:
        if _is_missing(value):
            return self.not_available
        return format_skeleton(skeleton, _as_date(value), locale=self.language)

    def _digits(self, value: Any, pattern: str, decimals: int, scale: int = 0) -> str:
        """Return `value` rounded to `decimals` after multiplying by 10 ** scale, in the pattern of the locale."""
        exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals - scale), ROUND_HALF_UP)
        places = pattern.replace("#,##0", "#,##0." + "0" * decimals if decimals else "#,##0")
        return _signed(format_decimal(exact + 0, format=places, locale=self.language))  # + 0 turns -0 into 0

    def _with_symbol(self, number: str) -> str:
        """Put the currency where the language puts it, with the minus sign first."""
        if self.language == "es":
            return f"{number}{_NO_BREAK_SPACE}{self.currency_symbol}"
        minus, digits = (_MINUS, number[1:]) if number.startswith(_MINUS) else ("", number)
        gap = _NO_BREAK_SPACE if self.currency_symbol[-1].isalpha() else ""  # "PEN 12", but "$12"
        return f"{minus}{self.currency_symbol}{gap}{digits}"


def _signed(number: str) -> str:
    """Return a number with a minus sign, not a hyphen."""
    return number.replace("-", _MINUS)


@cache
def _catalogue(language: Language) -> NullTranslations:
    """Return the messages of `language`, compiled in memory from the catalogue that people edit."""
    path = LOCALE_DIR / language / "LC_MESSAGES" / "clv.po"
    if language == "en":
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _is_missing(value: Any) -> bool:
    """Return whether there is no value to print: None, NaN, NaT, or an infinite number."""
    return bool(pd.isna(value)) or (isinstance(value, float) and math.isinf(value))


def _as_date(value: Any) -> datetime.date:
    return pd.Timestamp(value).date()


def _honest_bound(share: float, step: float) -> tuple[float, str]:
    """Return the share to print and a sign before it, so that little is not shown as nothing, nor most as all."""
    if 0 < share < step / 2:
        return step, f"<{_NO_BREAK_SPACE}"
    if -step / 2 < share < 0:
        return -step, f">{_NO_BREAK_SPACE}"
    if 1 - step / 2 <= share < 1:
        return 1 - step, f">{_NO_BREAK_SPACE}"
    return share, ""


def _starts_with_i(word: str) -> bool:
    """Return whether a Spanish word starts with the sound i (informes, hijos, but not hielo)."""
    start = word.lower().removeprefix("h")
    return start.startswith(("i", "í")) and not (word.lower().startswith("h") and start[1:2] in {"a", "e"})
