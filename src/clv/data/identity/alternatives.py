"""One person, or two? Weighed against two people drawn at random, and against two members of one household.

Against two people at random every agreement counts in full. Members of a household share surname and address, often
mail and phone: only what differs within a household, given name, birth date and tax id, tells them apart. How many
members stand in the registers for each person who stands there twice is counted in the data.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit

from clv.data.identity.fields import BIRTH, FAMILY, GIVEN, TAX
from clv.data.identity.levels import Field

ODDS_RANGE: Final = (0.25, 256.0)  # what counts of a few pairs can be trusted to say
NO_HOUSEHOLDS: Final = (50, 16.0)
"""Pairs of one person, and of these to each pair of two members, from which on registers hold single people only.

Then a given name or birth date that differs where all else agrees is an error rather than a twin, parent or sibling.
"""
ONE_SURNAME_OF_TWO: Final = -4.0  # bits, for a given name that agrees: one in sixteen such pairs is one person
BOTH_SURNAMES: Final = 3.0  # bits, likewise: one in eight parents and children of one name has cousins for parents
PRIOR_ROUNDS: Final = 5  # the expected number of pairs then moves by less than a hundredth
PRIOR_SHIFT: Final = (0.0, 3.0)  # bits by which the first guess may be short: up to eight times too few, never too many
LEAST_WEIGHT: Final = -3.0  # bits, one in nine: pairs below are forgotten
SHARED: Final = {"home": "similar", "email": "same", "phone": "same"}  # what makes two records those of one household


class Households(NamedTuple):
    """How many pairs are one person for each of two members of a household, and whether there are households at all."""

    odds: float
    present: bool


def count_households(connection: Any, fields: tuple[Field, ...]) -> Households:
    """Count, among pairs of one surname that share something, those of one person and those of two.

    Two members are told by given names that differ and birth dates that do not agree, one person by a given name that
    agrees. The levels of the pairs stand in the table `compared`.
    """
    names = {field.name for field in fields}
    if not {"given", "family"} <= names:
        return Households(ODDS_RANGE[1], present=True)
    by_name = {field.name: field for field in fields}
    shared = [f"gamma_{name} >= {by_name[name].gamma(level)}" for name, level in SHARED.items() if name in names]
    related = f"gamma_family > {FAMILY.gamma('half')} and ({' or '.join(shared) or 'true'})"
    same, other = f"gamma_given >= {GIVEN.gamma('first')}", f"gamma_given = {GIVEN.gamma('differs')}"
    if "birth" in names and shared:
        birth = BIRTH.gamma
        same, other = f"{same} and gamma_birth <> {birth('differs')}", f"{other} and gamma_birth < {birth('slip')}"
    counts = f"select count(*) filter ({same}), count(*) filter ({other}) from compared where {related}"  # noqa: S608
    n_same, n_other = connection.sql(counts).fetchone()
    odds = float(np.clip((n_same + 1) / (n_other + 1), *ODDS_RANGE))
    fewest, ratio = NO_HOUSEHOLDS
    return Households(odds, present=not (n_same >= fewest and n_same >= ratio * n_other))


def weights_query(predicted: str, fields: tuple[Field, ...], odds: float) -> str:
    """Return the query for the bits of each pair against either alternative, and its levels.

    `random` and `household` are rounded, so that the order in which threads add does not reach the result.
    """
    bits = {field.name: _bits(field) for field in fields}
    gammas = ", ".join(f"gamma_{field.name}" for field in fields)
    return f"""
        select record_l, record_r, round(match_weight, 6) as random,
            round(log2({odds}) + {_within_a_household(bits, fields)}, 6) as household, {gammas}
        from {predicted} join compared using (record_l, record_r) order by record_l, record_r
    """  # noqa: S608


def against_both(pairs: pd.DataFrame, n_supposed: float) -> pd.DataFrame:
    """Add the weight against both alternatives and its probability; leave out pairs not worth a look.

    `n_supposed` pairs were supposed to be one person; how many are expected replaces that, until both agree.
    Pairs of one tax id stay, whatever their weight.
    """
    random, household = pairs["random"].to_numpy(), pairs["household"].to_numpy()
    shift = 0.0
    for _ in range(PRIOR_ROUNDS):
        weight = -np.logaddexp2(-(random + shift), -household)
        expected = float(expit(weight * np.log(2)).sum())
        shift = float(np.clip(np.log2(max(expected, 1.0) / n_supposed), *PRIOR_SHIFT))
    weight = np.round(-np.logaddexp2(-(random + shift), -household), 6)
    found = pairs.assign(probability=expit(weight * np.log(2)), weight=weight)
    same_tax = found["gamma_tax"] == TAX.gamma("same") if "gamma_tax" in found else False
    kept: pd.DataFrame = found[(weight >= LEAST_WEIGHT) | same_tax].reset_index(drop=True)
    return kept


def _bits(field: Field) -> str:
    column = f"mw_{field.name}"
    return f"({column} + mw_tf_adj_{field.name})" if any(level.frequency for level in field.levels) else column


def _within_a_household(bits: dict[str, str], fields: tuple[Field, ...]) -> str:
    """Return the expression for the bits by which a pair is one person rather than two of a household."""
    terms = {}
    for field in fields:
        least, most = field.household
        terms[field.name] = f"greatest({least}, least({bits[field.name]}, {most}))"
    if {"given", "family"} <= terms.keys():
        # parents and children of one name share one surname of two; brothers share both, but not the given name
        terms["family"] = f"""case when gamma_family = {FAMILY.gamma("half")} then {ONE_SURNAME_OF_TWO}
            when gamma_family = {FAMILY.gamma("both")} and gamma_given >= {GIVEN.gamma("first")}
                then least({bits["family"]}, {BOTH_SURNAMES}) else {terms["family"]} end"""
    return " + ".join(terms.values())
