"""Names of people and firms as tokens that can be compared, whatever the language, order and accents.

What splits a full name into given and family names, and a name written together into its parts, is learned from
the names at hand: no list of names is needed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

_PARTICLES: Final = (
    "de del la las lo los y e i da do das dos di du des le van von vom zu zum zur der den het ten ter bin ibn al el"
)
PARTICLES: Final = frozenset(_PARTICLES.split())
_TITLES: Final = "sr sra srta don dona mr mrs ms miss dr dra prof ing lic herr frau mme"
TITLES: Final = frozenset(_TITLES.split())
LEGAL_FORMS: Final = (
    "sociedad anonima cerrada|sociedad anonima|sociedad limitada|y compania limitada|y cia ltda|y compania|y cia|"
    "sociedad por acciones|compania limitada|compania|limitada|ltda|limited|ltd|llc|llp|inc|incorporated|corp|"
    "corporation|company|co|plc|gmbh|mbh|ag|kg|ohg|bv|nv|sarl|sas|srl|spa|eirl|sac|sapi|s a de c v|sa de cv|"
    "s a s|s r l|s p a|e i r l|s a c|s a|s l u|s l|sau|slu|sa|sl|ltda me|me|eireli|cv|de rl"
)
_LEGAL = re.compile(rf"(?:\s+(?:{LEGAL_FORMS}))+$")
_OTHER_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
_MAX_PARTS = 5  # raw tokens in a row that may be written together: de la Fuente, Ruiz de Gamboa


class FullName(NamedTuple):
    """Tokens of a person's name without accents, titles and particles."""

    given: tuple[str, ...]
    family: tuple[str, ...]


@lru_cache(maxsize=200_000)
def fold(text: str) -> str:
    """Return a text in lower case without accents; anything but letters and digits becomes one space.

    >>> fold("  Núñez-O’Higgins, ÁNGEL ")
    'nunez ohiggins angel'
    """
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_OTHER_LETTERS))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", " ", re.sub(r"['’`´]", "", bare)).strip()


def words(text: str) -> tuple[str, ...]:
    """Return the words of a name, without titles, particles kept.

    >>> words("Sra. María de la Luz")
    ('maria', 'de', 'la', 'luz')
    """
    return tuple(word for word in fold(text).split() if word not in TITLES)


def without_particles(parts: Iterable[str]) -> tuple[str, ...]:
    """Leave out particles, unless there is nothing else."""
    all_parts = tuple(parts)
    return tuple(part for part in all_parts if part not in PARTICLES) or all_parts


def firm_name(text: str) -> str:
    """Return the name of a firm without its legal form.

    >>> firm_name("Comercial Los Ándes y Cía. Ltda."), firm_name("Hotel Austral S.A.")
    ('comercial los andes', 'hotel austral')
    """
    folded = fold(text)
    return _LEGAL.sub("", folded) or folded


def has_legal_form(text: str) -> bool:
    """Say whether a name ends in a legal form of two letters or more, or in one written with points."""
    folded = fold(text)
    found = _LEGAL.search(folded)
    # "co", "me" or "ag" alone end too many names of people
    return found is not None and found.group().strip() not in {"co", "me", "ag", "kg", "sl", "cv", "company"}


class Vocabulary:
    """What the names at hand say about words: how often each is a given or a family name, and how it is split.

    Parameters
    ----------
    given, family
        Names known to be one or the other, one text a record.
    full
        Names in one column: `Family, Given` where there is a comma, else the first word is mostly a given name and the
        last one a family name.
    """

    def __init__(self, given: Iterable[str], family: Iterable[str], full: Iterable[str]) -> None:
        self.given: Counter[str] = Counter()
        self.family: Counter[str] = Counter()
        self._runs: Counter[tuple[str, ...]] = Counter()
        self._together: dict[str, tuple[str, ...]] = {}
        for counter, texts in ((self.given, given), (self.family, family)):
            for text in texts:
                self._learn(counter, words(text))
        for text in full:
            self._learn_full(text)
        self._settle_together()

    def _learn(self, counter: Counter[str], parts: tuple[str, ...]) -> None:
        counter.update(without_particles(parts))
        for start in range(len(parts) - 1):
            for end in range(start + 2, min(start + _MAX_PARTS, len(parts)) + 1):
                self._runs[parts[start:end]] += 1

    def _learn_full(self, text: str) -> None:
        family, comma, given = text.partition(",")
        if comma and fold(given):
            self._learn(self.family, words(family))
            self._learn(self.given, words(given))
        elif len(parts := words(text)) > 1:
            self._learn(Counter(), parts)
            # half a count, since the order is only usual
            self.given[parts[0]] += 1
            self.family[without_particles(parts)[-1]] += 1

    def _settle_together(self) -> None:
        """Decide to split a word where the same letters are more often written apart."""
        most: Counter[str] = Counter()
        for run, count in self._runs.items():
            joined = "".join(run)
            alone = self.given[joined] + self.family[joined]
            if alone and count > alone and count > most[joined] and len(without_particles(run)[0]) > 1:
                most[joined] = count
                self._together[joined] = without_particles(run)
        self._runs.clear()

    def tokens(self, parts: Iterable[str]) -> tuple[str, ...]:
        """Return tokens without particles; words written together are split."""
        split = (piece for part in parts for piece in self._together.get(part, (part,)))
        return without_particles(split)

    def lean(self, token: str) -> float:
        """Return log odds that a word is a given rather than a family name; zero for an unknown word."""
        return math.log((self.given[token] + 0.5) / (self.family[token] + 0.5))

    def parse(self, given: str, family: str, full: str) -> FullName:
        """Return given and family names as tokens, from columns of their own or from one full name."""
        if fold(given) or fold(family):
            return self._in_order(self.tokens(words(given)), self.tokens(words(family)))
        before, comma, after = full.partition(",")
        if comma and fold(after):
            return self._in_order(self.tokens(words(after)), self.tokens(words(before)))
        return self._split(self.tokens(words(full)))

    def _in_order(self, given: tuple[str, ...], family: tuple[str, ...]) -> FullName:
        """Exchange the two where each is clearly the other: columns filled in the wrong order."""
        if given and family:
            clear = math.log(10.0)  # ten to one for each
            if max(map(self.lean, given)) < -clear and min(map(self.lean, family)) > clear:
                return FullName(family, given)
        return FullName(given, family)

    def _split(self, tokens: tuple[str, ...]) -> FullName:
        if len(tokens) < 2:
            is_given = bool(tokens) and self.lean(tokens[0]) > 0
            return FullName(tokens, ()) if is_given else FullName((), tokens)
        leans = [self.lean(token) for token in tokens]

        def fit(cut: int) -> float:
            return sum(leans[:cut]) - sum(leans[cut:])

        cuts = range(1, len(tokens))
        first = max(cuts, key=lambda cut: (fit(cut), -cut))
        last = max(cuts, key=lambda cut: (-fit(cut), cut))
        # given names come first unless the words say clearly that they do not
        if -fit(last) > fit(first) + math.log(10.0):
            return FullName(tokens[last:], tokens[:last])
        return FullName(tokens[:first], tokens[first:])
