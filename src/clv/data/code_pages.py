"""Tell which old code page a text was written in: the one in whose letters its words are words of a language.

In a code page any byte is some character. What tells two apart is where letters stand, their case, and how common
each is in a language that is written in that code page. Where two do alike, the ids decide whether that matters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CLEAR: Final = 0.3  # odd characters in one, by which another code page reads better beyond doubt
TIE: Final = 0.1  # the same for the first of all, which the companies that we write for have
UNREADABLE: Final = 0.5  # odd characters in one, above which no code page fits
MAX_WORDS: Final = 3_000  # distinct words; more say the same
SELDOM: Final = 0.35  # of one odd character: a letter that hardly occurs without the language's common ones
SIGNS: Final = frozenset("€£¥¢°«»“”‘’‚„–—…¿¡·•®©™§±²³¹½¼¾×\u00a0")  # beside words, not in them


class Alphabet(NamedTuple):
    """Letters beyond ASCII of a language, and how odd a letter of its script is that is none of them.

    The names of a company of many countries mix the languages of the West, and seldom others.
    """

    script: str
    common: str
    seldom: str = ""
    seldom_odd: float = SELDOM
    other_odd: float = 1.0


_WEST: Final = Alphabet("LATIN", "áéíóúñüçãõâêôàèäöß", "œæªº", 0.25, 0.5)
_CENTRAL: Final = (
    Alphabet("LATIN", "ąęłóśżć", "ńź"),  # Polish
    Alphabet("LATIN", "áčéěířšýůž", "ďňóťúľĺŕôä"),  # Czech, Slovak
    Alphabet("LATIN", "áéíóöőü", "úű"),  # Hungarian
    Alphabet("LATIN", "ăâîşţ"),  # Romanian
    Alphabet("LATIN", "čćšž", "đ"),  # Croatian, Slovene
)
_TURKISH: Final = (Alphabet("LATIN", "ıişğüöç", "âîû"),)
_CYRILLIC: Final = (Alphabet("CYRILLIC", "оеаинтсрвл", "кмдпуяыьгзбчйхжшюцщэфъёіїєґў"),)
_GREEK: Final = (Alphabet("GREEK", "αοιετσνηυρςάίόέή", "πκλμωδγχθφβξζψύώϊϋ"),)
_HEBREW: Final = (Alphabet("HEBREW", "יוהלארתבמשנדםן", "זחטכסעפצקגףץך"),)
_ARABIC: Final = (Alphabet("ARABIC", "ايلمونرتبةعدسهحفكقأ", "ثجخذزشصضطظغىإآءئؤپچژگ"),)

WESTERN: Final = ("cp1252", "mac_roman", "cp850", "iso8859_15")
CODE_PAGES: Final[dict[str, tuple[Alphabet, ...]]] = {
    **dict.fromkeys(WESTERN, (_WEST,)),
    **dict.fromkeys(("cp1250", "iso8859_2", "cp852"), _CENTRAL),
    "cp1254": _TURKISH,
    **dict.fromkeys(("cp1251", "koi8_r", "cp866"), _CYRILLIC),
    "cp1253": _GREEK,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    **dict.fromkeys(("cp932", "cp949", "gb18030", "big5"), ()),
}
"""Languages of each code page. What spreadsheets of Western Europe write comes first, and is taken where no other reads
better; Korean comes before Chinese, which it can be read as but hardly ever the other way."""
_FREQUENT: Final = {"cp932": (0x88, 0x9F), "cp949": (0xB0, 0xC8), "gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}
"""First bytes of the characters in daily use, which the standards of these code pages list before all others."""


@dataclass(frozen=True)
class Fit:
    """How words read in a code page.

    Attributes
    ----------
    code_page
        Python's name of it.
    texts
        The words.
    odd, n
        Sum of the oddness of the characters beyond ASCII of each word, for each language, and their number.
    """

    code_page: str
    texts: tuple[str, ...]
    odd: FloatArray
    n: FloatArray

    @property
    def oddness(self) -> float:
        """Return the mean oddness of a character in the language that fits best: from 0, all make words, to 2."""
        return float((self.odd.sum(axis=1) / max(self.n.sum(), 1.0)).min())

    def worse_than(self, best: Fit) -> float:
        """Return by how much words read worse than in another code page, over all or over those that differ."""
        differ = np.array([one != other for one, other in zip(self.texts, best.texts, strict=True)], dtype=bool)
        overall = self.odd.sum(axis=1) / max(self.n.sum(), 1.0) - best.oddness
        among = self.odd[:, differ].sum(axis=1) / max(self.n[differ].sum(), 1.0)
        there = best.odd[:, differ].sum(axis=1) / max(best.n[differ].sum(), 1.0)
        return float(np.maximum(overall, among - there.min()).min())


def fits(words: Sequence[bytes], code_pages: Sequence[str]) -> list[Fit]:
    """Read words in each code page.

    Parameters
    ----------
    words
        Distinct words with a byte beyond ASCII, as they stand in the file.
    code_pages
        Names in `CODE_PAGES`.

    Returns
    -------
    list of Fit
        The one that reads best first, and then, in the order of `CODE_PAGES`, those that do about as well.

    Examples
    --------
    >>> words = [name.encode("koi8_r") for name in ("Иванов", "Петрова", "Щербаков")]
    >>> [fit.code_page for fit in fits(words, list(CODE_PAGES))]
    ['koi8_r']
    """
    found = [_fit(words[:MAX_WORDS], code_page) for code_page in code_pages]
    best = min(found, key=lambda fit: fit.oddness)  # the first among equals
    is_first = best.code_page == WESTERN[0]
    rivals = [fit for fit in found if fit is not best and not (is_first and fit.code_page in WESTERN)]
    return [best, *(fit for fit in rivals if fit.worse_than(best) < (TIE if is_first else CLEAR))]


def _fit(words: Sequence[bytes], code_page: str) -> Fit:
    texts = tuple(word.decode(code_page, "replace") for word in words)
    alphabets = CODE_PAGES[code_page] or (None,)
    odd, n = np.zeros((len(alphabets), len(texts))), np.zeros(len(texts))
    for at, text in enumerate(texts):
        for before, letter, after in _beyond_ascii(text):
            n[at] += 1
            for row, alphabet in enumerate(alphabets):
                odd[row, at] += _odd_place(before, letter, after, code_page) or _odd_letter(letter, alphabet, code_page)
    return Fit(code_page, texts, odd, n)


def _beyond_ascii(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield each character beyond ASCII between its neighbours; of a sign, those beyond the signs beside it."""
    padded = f" {text} "
    places = range(1, len(padded) - 1)
    for at in (at for at in places if not padded[at].isascii()):
        before, after = at - 1, at + 1
        if not padded[at].isalpha():
            while _is_sign(padded[before]):
                before -= 1
            while _is_sign(padded[after]):
                after += 1
        yield padded[before], padded[at], padded[after]


def _is_sign(character: str) -> bool:
    return not (character.isascii() or character.isalpha())


def _odd_place(before: str, letter: str, after: str, code_page: str) -> float:
    """Return how little a character fits between its neighbours: 0 as in a word of any language, 1 as in none."""
    if letter == "\N{REPLACEMENT CHARACTER}":
        return 2.0
    if letter.isalpha():
        if letter.isupper() and before.islower():
            return 1.0
        if letter.islower() and after.isupper() and (before.isupper() or not before.isalpha()):
            return 1.0
        sides = [side for side in (before, after) if side.isalpha()]
        if _is_latin(letter):  # nearly all letters of a word are ASCII in these languages
            return float(len(sides) == 2 and not any(map(str.isascii, sides)))
        if not sides and code_page not in _FREQUENT:
            return SELDOM  # one letter is no word
        return float(any(map(str.isascii, sides)))
    if code_page in _FREQUENT and unicodedata.east_asian_width(letter) in "WF":
        return 0.0
    if letter == "’" or (letter == "·" and before == after == "l"):
        return 0.0
    if (before.isalpha() and after.isalpha()) or letter not in SIGNS:
        return 1.0
    opens = letter in "¿¡‘“«"
    return max(0.25 * before.isalpha(), 0.5 * (after.isalpha() and not opens))


@cache
def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


@cache
def _odd_letter(letter: str, alphabet: Alphabet | None, code_page: str) -> float:
    """Return how odd a letter is in a language: 0 where it is common."""
    if not letter.isalpha():
        return 0.0
    if alphabet is None:
        return _odd_ideograph(letter, code_page)
    small = letter.replace("İ", "i").lower()
    if small in alphabet.common:
        return 0.0
    if small in alphabet.seldom:
        return alphabet.seldom_odd
    return alphabet.other_odd if unicodedata.name(letter, "").startswith(alphabet.script) else 1.0


def _odd_ideograph(letter: str, code_page: str) -> float:
    if unicodedata.name(letter, "").startswith(("HIRAGANA", "KATAKANA")):
        return 0.0 if code_page == "cp932" else 1.0
    first, last = _FREQUENT[code_page]
    code = letter.encode(code_page, "replace")
    is_frequent = len(code) == 2 and first <= code[0] <= last and (code_page in {"cp932", "big5"} or code[1] >= 0xA1)
    return 0.0 if is_frequent else 1.0
