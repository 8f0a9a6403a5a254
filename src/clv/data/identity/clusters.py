"""From linked pairs to people: connected records, without joining what a rule forbids and without long chains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

LONGEST_CHAIN: Final = 6  # records; more are one person only where most of them are linked with each other
DENSE: Final = 0.5  # share of the pairs between two groups that must be links before more than that are joined
MOST_COMPARED: Final = (
    1000  # records of a component, so that all its pairs can be compared; larger ones lose weak links
)

Forbids = Callable[[pd.DataFrame], pd.Series]


class Clusters(NamedTuple):
    """The group of each record and what was not joined."""

    group: np.ndarray  # number of the smallest record of the group
    refused: pd.DataFrame  # record_l, record_r, why: links that would join what must stay apart
    large: np.ndarray  # groups with more records than LONGEST_CHAIN


def cluster(n: int, links: pd.DataFrame, forbids: Forbids) -> Clusters:
    """Join records along links, the strongest first, unless a forbidden pair or a chain would come of it.

    Parameters
    ----------
    n
        Number of records.
    links
        Columns record_l, record_r and weight: pairs that may be joined.
    forbids
        Gives for pairs of records (record_l, record_r) why each may not be one person, or an empty text.
    """
    component, links, weak = _components(n, links)
    sizes = np.bincount(component, minlength=1)
    apart = _forbidden_inside(component, sizes, forbids)
    troubled = np.zeros(len(sizes), dtype=bool)
    troubled[component[[pair[0] for pair in apart]]] = True
    troubled |= sizes > LONGEST_CHAIN
    group = _smallest(component)
    hard = links[troubled[component[links["record_l"].to_numpy(dtype="int64")]]]
    group, refused = _join_one_by_one(group, component, troubled, hard, apart)
    counts = np.bincount(group, minlength=n)
    return Clusters(group, pd.concat([refused, weak], ignore_index=True), np.flatnonzero(counts > LONGEST_CHAIN))


def _components(n: int, links: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame, pd.DataFrame]:
    """Return the component of each record, the links that were kept, and those left out to keep components small."""
    weak = [
        pd.DataFrame({"record_l": [], "record_r": [], "why": []}).astype({"record_l": "int64", "record_r": "int64"})
    ]
    while True:
        left, right = (links[column].to_numpy(dtype="int64") for column in ("record_l", "record_r"))
        graph = coo_array((np.ones(len(links)), (left, right)), shape=(n, n))
        _, component = connected_components(graph, directed=False)
        within = component[left]
        too_large = np.bincount(component, minlength=1)[within] > MOST_COMPARED
        if not too_large.any():
            return component, links, pd.concat(weak, ignore_index=True)
        middle = links["weight"].groupby(within).transform("median")
        least = links["weight"].groupby(within).transform("min")
        # the weaker half; where that is none, all of the least weight
        drop = too_large & ((links["weight"] < middle) | (links["weight"] == least)).to_numpy()
        weak.append(links.loc[drop, ["record_l", "record_r"]].assign(why="chain"))
        links = links[~drop]


def _smallest(component: np.ndarray) -> np.ndarray:
    first = np.full(component.max(initial=-1) + 1, len(component))
    np.minimum.at(first, component, np.arange(len(component)))
    return np.asarray(first[component])


def _forbidden_inside(component: np.ndarray, sizes: np.ndarray, forbids: Forbids) -> dict[tuple[int, int], str]:
    """Return the forbidden pairs of the components of three records or more; pairs of two were judged before."""
    chosen = np.flatnonzero(sizes[component] >= 3)
    members = pd.DataFrame({"record": chosen, "component": component[chosen]})
    pairs = members.merge(members, on="component", suffixes=("_l", "_r"))
    pairs = pairs.loc[pairs["record_l"] < pairs["record_r"], ["record_l", "record_r"]].reset_index(drop=True)
    if pairs.empty:
        return {}
    why = forbids(pairs)
    hit = pairs[why.to_numpy() != ""]
    return dict(zip(zip(hit["record_l"], hit["record_r"], strict=True), why[why != ""], strict=True))


def _join_one_by_one(
    group: np.ndarray,
    component: np.ndarray,
    troubled: np.ndarray,
    links: pd.DataFrame,
    apart: dict[tuple[int, int], str],
) -> tuple[np.ndarray, pd.DataFrame]:
    """Join the records of troubled components again, link by link."""
    group = group.copy()
    loose = np.flatnonzero(troubled[component])
    group[loose] = loose
    members: dict[int, list[int]] = {int(record): [int(record)] for record in loose}
    ordered = links.sort_values(["weight", "record_l", "record_r"], ascending=[False, True, True], kind="stable")
    linked = set(zip(links["record_l"], links["record_r"], strict=True))
    refused = []
    for left, right in zip(ordered["record_l"], ordered["record_r"], strict=True):
        one, other = int(group[left]), int(group[right])
        if one == other:
            continue
        why = _objection(members[one], members[other], linked, apart)
        if why:
            refused.append((left, right, why))
            continue
        keep, lose = min(one, other), max(one, other)
        group[members[lose]] = keep
        members[keep] += members.pop(lose)
    return group, pd.DataFrame(refused, columns=["record_l", "record_r", "why"])


def _objection(
    one: list[int], other: list[int], linked: set[tuple[int, int]], apart: dict[tuple[int, int], str]
) -> str:
    """Return why two groups may not be joined, an empty text if they may."""
    crossing = [(min(a, b), max(a, b)) for a in one for b in other]
    if why := next((apart[pair] for pair in crossing if pair in apart), ""):
        return why
    if len(one) + len(other) > LONGEST_CHAIN and sum(pair in linked for pair in crossing) < DENSE * len(crossing):
        return "chain"
    return ""
