"""The one list of fields in which two records are compared, each with its levels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from clv.data.identity.levels import Field, Level, close, crossed, either, rare

# copies of the other field's columns: the library takes a field as known in training where a rule names its column
_CROSSED_GIVEN = crossed("g1", "cross_f1", "cross_family_list")
_CROSSED_FAMILY = crossed("cross_g1", "f1", "family_list")
_SECONDS_DIFFER = (
    "(g2_l is not null and g2_r is not null and g2_l <> g2_r and left(g2_l, 1) <> left(g2_r, 1)"
    " and damerau_levenshtein(g2_l, g2_r) > 1)"
)
_COMMON = "len(list_intersect(family_list_l, family_list_r))"
_FEWER = "least(len(list_distinct(family_list_l)), len(list_distinct(family_list_r)))"  # Pérez Pérez has one

# Daniel and Daniela, Mario and María are brother and sister, however near they are written
_OTHER_SEX = (
    either("g1_{a} = g1_{b} || 'a'")
    + " or "
    + either("right(g1_{a}, 1) = 'a' and right(g1_{b}, 1) in ('o', 'e', 's') and left(g1_{a}, -1) = left(g1_{b}, -1)")
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
            f"{close('g1')} and {rare('g_n')} and not ({_OTHER_SEX})",
            0.07,
            0.002,
            "the given names differ by a typing error",
        ),
        Level("used_second", either("g1_{a} = g2_{b}"), 0.03, 0.006, "one uses the other's second given name"),
        Level(
            "short",
            either("list_contains(stands_for_{a}, g1_{b})")
            + " or "
            + either(
                "length(g1_{a}) between 3 and 4 and starts_with(g1_{b}, g1_{a}) and g_n_{a} < g_n_{b}"
                " and length(g1_{b}) >= length(g1_{a}) + 2"
            )
            + " or "
            + either("length(g1_{a}) = 1 and starts_with(g1_{b}, g1_{a})"),
            0.05,
            0.006,
            "one given name is short for the other",
        ),
        Level("crossed", _CROSSED_GIVEN, 0.02, 0.0002, "given and family name are exchanged"),
        Level(
            "spoilt",
            f"least(length(g1_l), length(g1_r)) >= 4 and jaro_winkler_similarity(g1_l, g1_r) >= 0.8"
            f" and {rare('g_n')} and not ({_OTHER_SEX})",
            0.03,
            0.01,
            "the given names are similar",
        ),
        Level(
            "half_crossed",
            either("list_contains(cross_family_list_{a}, g1_{b})"),
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
            f"{_COMMON} >= 1 and {_FEWER} >= 2 and ({close('f1')} and f1_l <> f1_r or {close('f2')} and f2_l <> f2_r"
            f" or {either('length(f1_{a}) >= 4 and damerau_levenshtein(f1_{a}, f2_{b}) = 1')})",
            0.06,
            0.0005,
            "one surname agrees, the other differs by a typing error",
        ),
        Level(
            "typo",
            f"{_COMMON} = 0 and ({_FEWER} = 1 and {close('f1')} or length(family_l) >= 5"
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
            "begins", either("starts_with(firm_{a}, firm_{b} || ' ')"), 0.03, 0.001, "one firm's name begins the other"
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
