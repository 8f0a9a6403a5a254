"""How two records agree in one field: levels from most to least, each a condition, two starting values and words.

`m` is the share of pairs of one person at a level, `u` that of pairs of two people. Both only start the training, and
stand where the data are too few to say better; they are round figures for registers with three empty fields in ten.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple


class Level(NamedTuple):
    """One way of agreeing; `frequency` names the column whose rare values weigh more."""

    name: str
    condition: str
    m: float
    u: float
    words: str
    frequency: str = ""


class Field(NamedTuple):
    """One comparison: its levels in order of search, and what two members of one household could show."""

    name: str
    columns: tuple[str, ...]
    unknown: str
    levels: tuple[Level, ...]
    household: tuple[float, float] = (-99.0, 99.0)
    """Least and most bits by which a field speaks for one person rather than two of a household.

    The most is minus log2 of the share of two members that agree as well: one in twenty has the name of a parent, or a
    birth date in common (twins), one in three shares mail or phone, nearly all share the house. The least is that of
    fields in which members differ as often as two cards of one person.
    """

    def gamma(self, name: str) -> int:
        """Return the number by which the library knows a level: counted from the last one, zero."""
        return len(self.levels) - 1 - [level.name for level in self.levels].index(name)


def _either(condition: str) -> str:
    """Return a condition or its mirror image, written with `a` and `b` for the two records."""
    left = condition.replace("{a}", "l").replace("{b}", "r")
    right = condition.replace("{a}", "r").replace("{b}", "l")
    return f"(({left}) or ({right}))"


def _close(column: str) -> str:
    """Return the condition of a typing error: one letter, or more in a long word of the same beginning."""
    one, other = f"{column}_l", f"{column}_r"
    return (
        f"(least(length({one}), length({other})) >= 4 and (damerau_levenshtein({one}, {other}) <= 1"
        f" or jaro_winkler_similarity({one}, {other}) >= 0.92))"
    )


def _rare(count: str) -> str:
    """Return the condition that one of two words is too rare beside the other to be a name of its own."""
    return f"(least({count}_l, {count}_r) <= 2 or least({count}_l, {count}_r) * 20 <= greatest({count}_l, {count}_r))"


def _crossed(given: str, first: str, families: str) -> str:
    """Return the condition that each one's given name is the other's surname, in one of the two with a typing error."""
    return (
        f"(list_contains({families}_l, {given}_r)"
        f" and (list_contains({families}_r, {given}_l) or damerau_levenshtein({first}_r, {given}_l) <= 1)"
        f" or list_contains({families}_r, {given}_l) and damerau_levenshtein({first}_l, {given}_r) <= 1)"
    )


# copies of the other field's columns: the library takes a field as known in training where a rule names its column
_CROSSED_GIVEN = _crossed("g1", "cross_f1", "cross_family_list")
_CROSSED_FAMILY = _crossed("cross_g1", "f1", "family_list")
_SECONDS_DIFFER = (
    "(g2_l is not null and g2_r is not null and g2_l <> g2_r and left(g2_l, 1) <> left(g2_r, 1)"
    " and damerau_levenshtein(g2_l, g2_r) > 1)"
)
_COMMON = "len(list_intersect(family_list_l, family_list_r))"
_FEWER = "least(len(list_distinct(family_list_l)), len(list_distinct(family_list_r)))"  # Pérez Pérez has one

# Daniel and Daniela, Mario and María are brother and sister, however near they are written
_OTHER_SEX = (
    _either("g1_{a} = g1_{b} || 'a'")
    + " or "
    + _either("right(g1_{a}, 1) = 'a' and right(g1_{b}, 1) in ('o', 'e', 's') and left(g1_{a}, -1) = left(g1_{b}, -1)")
)
_ALL_COMMON = f"{_COMMON} = {_FEWER} and {_FEWER} >= 2"

GIVEN: Final = Field(
    "given",
    ("g1", "g2", "given", "g_n", "cross_f1", "cross_family_list", "stands_for"),
    "g1_l is null or g1_r is null",
    (
        Level("all", "given_l = given_r and g2_l is not null", 0.25, 0.0003, "all given names agree", "given"),
        Level("first", f"g1_l = g1_r and not {_SECONDS_DIFFER}", 0.50, 0.006, "the given name agrees", "g1"),
        Level("second_differs", "g1_l = g1_r", 0.01, 0.003, "the first given name agrees, the second differs", "g1"),
        Level(
            "typo",
            f"{_close('g1')} and {_rare('g_n')} and not ({_OTHER_SEX})",
            0.07,
            0.002,
            "the given names differ by a typing error",
        ),
        Level("used_second", _either("g1_{a} = g2_{b}"), 0.03, 0.006, "one uses the other's second given name"),
        Level(
            "short",
            _either("list_contains(stands_for_{a}, g1_{b})")
            + " or "
            + _either(
                "length(g1_{a}) between 3 and 4 and starts_with(g1_{b}, g1_{a}) and g_n_{a} < g_n_{b}"
                " and length(g1_{b}) >= length(g1_{a}) + 2"
            )
            + " or "
            + _either("length(g1_{a}) = 1 and starts_with(g1_{b}, g1_{a})"),
            0.05,
            0.006,
            "one given name is short for the other",
        ),
        Level("crossed", _CROSSED_GIVEN, 0.02, 0.0002, "given and family name are exchanged"),
        Level(
            "spoilt",
            f"least(length(g1_l), length(g1_r)) >= 4 and jaro_winkler_similarity(g1_l, g1_r) >= 0.8"
            f" and {_rare('g_n')} and not ({_OTHER_SEX})",
            0.03,
            0.01,
            "the given names are similar",
        ),
        Level(
            "half_crossed",
            _either("list_contains(cross_family_list_{a}, g1_{b})"),
            0.01,
            0.004,
            "a given name is the other's surname",
        ),
        Level("differs", "else", 0.03, 0.97, "the given names differ"),
    ),
    (-99.0, 4.5),
)
FAMILY: Final = Field(
    "family",
    ("family", "sorted_family", "f1", "f2", "family_list", "cross_g1"),
    # an exchange is one event, which the given name counts
    f"f1_l is null or f1_r is null or {_CROSSED_FAMILY}",
    (
        Level("both", f"{_ALL_COMMON} and f1_l = f1_r", 0.40, 0.0003, "both surnames agree", "family"),
        Level("reversed", _ALL_COMMON, 0.02, 0.0003, "the surnames agree in another order", "sorted_family"),
        Level("first", f"f1_l = f1_r and {_FEWER} = 1", 0.35, 0.006, "the surname agrees", "f1"),
        Level(
            "one_spelt_otherwise",
            f"{_COMMON} >= 1 and {_FEWER} >= 2 and ({_close('f1')} and f1_l <> f1_r or {_close('f2')} and f2_l <> f2_r"
            f" or {_either('length(f1_{a}) >= 4 and damerau_levenshtein(f1_{a}, f2_{b}) = 1')})",
            0.06,
            0.0005,
            "one surname agrees, the other differs by a typing error",
        ),
        Level(
            "typo",
            f"{_COMMON} = 0 and ({_FEWER} = 1 and {_close('f1')} or length(family_l) >= 5"
            " and damerau_levenshtein(family_l, family_r) <= 2)",
            0.06,
            0.003,
            "the surnames differ by a typing error",
        ),
        Level("other_surname", f"{_COMMON} >= 1 and {_FEWER} = 1", 0.03, 0.006, "one surname is the other's second"),
        Level("half", f"{_COMMON} >= 1", 0.02, 0.012, "one of two surnames agrees, the other differs"),
        Level(
            "spoilt",
            f"{_FEWER} = 1 and jaro_winkler_similarity(f1_l, f1_r) >= 0.85",
            0.02,
            0.006,
            "the surnames are similar",
        ),
        Level("differs", "else", 0.04, 0.96, "the surnames differ"),
    ),
    (-99.0, 0.3),
)
FIRM: Final = Field(
    "firm",
    ("firm",),
    "firm_l is null or firm_r is null",
    (
        Level("same", "firm_l = firm_r", 0.80, 0.001, "the firm's name agrees", "firm"),
        Level(
            "typo",
            "least(length(firm_l), length(firm_r)) >= 6 and damerau_levenshtein(firm_l, firm_r) <= 2",
            0.12,
            0.0005,
            "the firm's names differ by a typing error",
        ),
        Level(
            "begins", _either("starts_with(firm_{a}, firm_{b} || ' ')"), 0.03, 0.001, "one firm's name begins the other"
        ),
        Level("differs", "else", 0.05, 0.99, "the firm's names differ"),
    ),
)
BIRTH: Final = Field(
    "birth",
    ("birth",),
    "birth_l is null or birth_r is null",
    (
        Level("same", "birth_l = birth_r", 0.93, 0.0001, "the birth date agrees", "birth"),
        Level(
            "slip",
            "damerau_levenshtein(birth_l, birth_r) <= 1 or (left(birth_l, 4) = left(birth_r, 4)"
            " and substr(birth_l, 5, 2) = substr(birth_r, 7, 2) and substr(birth_l, 7, 2) = substr(birth_r, 5, 2))",
            0.04,
            0.002,
            "the birth dates differ by one digit or an exchange of day and month",
        ),
        Level(
            "two_parts",
            "(left(birth_l, 4) = left(birth_r, 4))::int + (substr(birth_l, 5, 2) = substr(birth_r, 5, 2))::int"
            " + (right(birth_l, 2) = right(birth_r, 2))::int = 2 or hamming(birth_l, birth_r) <= 2",
            0.015,
            0.006,
            "two of day, month and year agree, or all but two digits",
        ),
        Level("differs", "else", 0.015, 0.99, "the birth dates differ"),
    ),
    (-99.0, 4.5),
)
TAX: Final = Field(
    "tax",
    ("tax", "tax_text"),
    "tax_text_l is null or tax_text_r is null",
    (
        Level("same", "tax_l = tax_r", 0.93, 0.00001, "the tax id agrees and its check digit is right"),
        Level("same_text", "tax_text_l = tax_text_r", 0.03, 0.00001, "the id agrees"),
        Level("differs", "tax_l <> tax_r", 0.005, 0.97, "the tax ids differ, and both have the right check digit"),
        Level("slip", "damerau_levenshtein(tax_text_l, tax_text_r) <= 1", 0.03, 0.0001, "the ids differ by one digit"),
        Level("differs_unchecked", "else", 0.02, 0.03, "the ids differ"),
    ),
)
EMAIL: Final = Field(
    "email",
    ("email", "mailbox"),
    "email_l is null or email_r is null",
    (
        Level("same", "email_l = email_r", 0.75, 0.00002, "the e-mail agrees", "email"),
        Level("mailbox", "mailbox_l = mailbox_r", 0.03, 0.00005, "the e-mail agrees before the at sign"),
        Level(
            "typo",
            "left(email_l, 1) = left(email_r, 1) and damerau_levenshtein(email_l, email_r) <= 1"
            # the number after a frequent name tells one mail box from another
            " and regexp_replace(email_l, '[^0-9]', '', 'g') = regexp_replace(email_r, '[^0-9]', '', 'g')",
            0.05,
            0.00005,
            "the e-mails differ by a typing error",
        ),
        Level("differs", "else", 0.17, 0.9999, "the e-mails differ"),
    ),
    (-1.5, 1.5),
)
PHONE: Final = Field(
    "phone",
    ("phone",),
    "phone_l is null or phone_r is null",
    (
        Level("same", "phone_l = phone_r", 0.75, 0.00003, "the phone agrees", "phone"),
        Level("typo", "damerau_levenshtein(phone_l, phone_r) <= 1", 0.02, 0.00005, "the phones differ by one digit"),
        Level("differs", "else", 0.23, 0.9999, "the phones differ"),
    ),
    (-1.0, 1.5),
)
HOME: Final = Field(
    "home",
    ("house", "street", "numbers", "postal", "city"),
    "(house_l is null or house_r is null) and (postal_l is null or postal_r is null)"
    " and (city_l is null or city_r is null)",
    (
        Level(
            "same_place",
            "house_l = house_r and (postal_l = postal_r or city_l = city_r)",
            0.35,
            0.000005,
            "address and place agree",
        ),
        Level("same", "house_l = house_r", 0.20, 0.0001, "the address agrees", "house"),
        Level(
            "similar",
            "numbers_l = numbers_r and (jaro_winkler_similarity(street_l, street_r) >= 0.9"
            " or len(list_intersect(string_split(street_l, ' '), string_split(street_r, ' '))) >= 1)",
            0.12,
            0.0002,
            "the addresses are similar",
        ),
        Level(
            "street",
            "street_l = street_r and (postal_l = postal_r or city_l = city_r)",
            0.03,
            0.002,
            "the street agrees, the number differs",
        ),
        Level(
            "moved",
            "house_l is not null and house_r is not null and coalesce(postal_l <> postal_r, true)"
            " and coalesce(city_l <> city_r, true)",
            0.08,
            0.90,
            "address and place differ",
        ),
        Level("postal", "postal_l = postal_r", 0.10, 0.005, "the postal code agrees", "postal"),
        Level("city", "city_l = city_r", 0.08, 0.06, "the city agrees", "city"),
        Level("differs", "else", 0.04, 0.90, "the places differ"),
    ),
    (0.0, 0.3),
)
FIELDS: Final = (GIVEN, FAMILY, FIRM, BIRTH, TAX, EMAIL, PHONE, HOME)
PRESENT: Final = {
    "given": ("g1",),
    "family": ("f1",),
    "firm": ("firm",),
    "birth": ("birth",),
    "tax": ("tax_text",),
    "email": ("email",),
    "phone": ("phone",),
    "home": ("house", "postal", "city"),
}
"""Columns of which one must have values for a field to be compared."""


def fields_of(filled: Collection[str]) -> tuple[Field, ...]:
    """Return the fields that these filled columns allow to compare."""
    return tuple(field for field in FIELDS if any(column in filled for column in PRESENT[field.name]))


def comparison(field: Field) -> dict[str, object]:
    """Return a field in the form that the linkage library reads."""
    null = {"sql_condition": field.unknown, "label_for_charts": "unknown", "is_null_level": True}
    return {"output_column_name": field.name, "comparison_levels": [null, *map(_level, field.levels)]}


def _level(level: Level) -> dict[str, object]:
    condition = "ELSE" if level.condition == "else" else level.condition
    known: dict[str, object] = {
        "sql_condition": condition,
        "label_for_charts": level.name,
        "m_probability": level.m,
        "u_probability": level.u,
    }
    if level.frequency:
        # the level's own u is the mean over its values: there is no simpler exact level to take it from
        known |= {
            "tf_adjustment_column": level.frequency,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }
    return known
