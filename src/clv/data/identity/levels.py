"""How two records can agree in one field: levels from most to least, and the conditions that several of them share.

`m` is the share of pairs of one person at a level, `u` that of pairs of two people. Both only start the training, and
stand where the data are too few to say better; they are round figures for registers with three empty fields in ten.
"""

from __future__ import annotations

from typing import NamedTuple


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


def either(condition: str) -> str:
    """Return a condition or its mirror image, written with `a` and `b` for the two records."""
    left = condition.replace("{a}", "l").replace("{b}", "r")
    right = condition.replace("{a}", "r").replace("{b}", "l")
    return f"(({left}) or ({right}))"


def close(column: str) -> str:
    """Return the condition of a typing error: one letter, or more in a long word of the same beginning."""
    one, other = f"{column}_l", f"{column}_r"
    return (
        f"(least(length({one}), length({other})) >= 4 and (damerau_levenshtein({one}, {other}) <= 1"
        f" or jaro_winkler_similarity({one}, {other}) >= 0.92))"
    )


def rare(count: str) -> str:
    """Return the condition that one of two words is too rare beside the other to be a name of its own."""
    return f"(least({count}_l, {count}_r) <= 2 or least({count}_l, {count}_r) * 20 <= greatest({count}_l, {count}_r))"


def crossed(given: str, first: str, families: str) -> str:
    """Return the condition that each one's given name is the other's surname, in one of the two with a typing error."""
    return (
        f"(list_contains({families}_l, {given}_r)"
        f" and (list_contains({families}_r, {given}_l) or damerau_levenshtein({first}_r, {given}_l) <= 1)"
        f" or list_contains({families}_r, {given}_l) and damerau_levenshtein({first}_l, {given}_r) <= 1)"
    )


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
