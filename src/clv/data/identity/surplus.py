"""Patterns of agreement that occur more often than chance makes them: the surplus is pairs of one person.

The model takes the fields for independent and its shares from few fields at a time. Where the pairs that agree in one
way, say names alike and two of three parts of the birth date, are many more than chance would bring, it is corrected
upwards: to the surplus over chance, with a margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import expit

from clv.data.identity.fields import PRESENT
from clv.data.identity.levels import Field

MARGIN: Final = 2.0  # times what independence expects: names go with places, and shares of chance come from a sample
DEVIATIONS: Final = 2.0  # standard deviations of a count of pairs by which a surplus must stand out
FEWEST: Final = 20  # pairs of a pattern, below which nothing is concluded
MOST_BITS: Final = 8.0  # by which a pattern is raised, at most
STEPS: Final = 20  # of halving: eight bits to a hundred-thousandth


def raise_to_surplus(
    pairs: pd.DataFrame, features: pd.DataFrame, fields: tuple[Field, ...], chances: Mapping[str, Mapping[int, float]]
) -> np.ndarray:
    """Return the weight of each pair against two random people, raised where its pattern is too frequent for chance.

    Parameters
    ----------
    pairs
        random (bits) and gamma_<field>, one row a pair.
    features
        One row a record.
    fields
        Fields compared.
    chances
        Field: level number: share of pairs of two random people at that level.
    """
    random = pairs["random"].to_numpy().copy()
    names = [f"gamma_{field.name}" for field in fields]
    known_pairs = _known_pairs(features, fields)
    for pattern, rows in pairs.groupby(names, sort=True).indices.items():
        levels = pattern if isinstance(pattern, tuple) else (pattern,)
        if len(rows) < FEWEST:
            continue
        known = sum(1 << place for place, level in enumerate(levels) if level >= 0)
        shares = [chances[field.name][level] for field, level in zip(fields, levels, strict=True) if level >= 0]
        by_chance = MARGIN * known_pairs.get(known, 0.0) * float(np.prod(shares))
        surplus = len(rows) - by_chance - DEVIATIONS * np.sqrt(len(rows))
        random[rows] += _bits_to_reach(random[rows], surplus)
    return random


def _known_pairs(features: pd.DataFrame, fields: tuple[Field, ...]) -> dict[int, float]:
    """Return how many pairs of records know just these fields both, by a number with one bit a field."""
    masks = np.zeros(len(features), dtype=np.int64)
    for place, field in enumerate(fields):
        known = features[list(PRESENT[field.name])].notna().any(axis=1).to_numpy()
        masks |= known.astype(np.int64) << place
    kinds, counts = np.unique(masks, return_counts=True)
    both = (kinds[:, None] & kinds[None, :]).ravel()
    number = np.outer(counts, counts) / 2
    number[np.diag_indices(len(kinds))] = counts * (counts - 1) / 2
    totals = np.bincount(both, weights=number.ravel())
    return {int(mask): float(totals[mask]) for mask in np.unique(both)}


def _bits_to_reach(weights: np.ndarray, expected: float) -> float:
    """Return by how many bits weights must rise until so many pairs are one person in expectation."""
    scaled = weights * np.log(2)
    if expected <= expit(scaled).sum():
        return 0.0
    low, high = 0.0, MOST_BITS
    for _ in range(STEPS):
        middle = (low + high) / 2
        if expit(scaled + middle * np.log(2)).sum() < expected:
            low = middle
        else:
            high = middle
    return low
