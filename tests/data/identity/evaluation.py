"""How good an assignment of records to people is, against the truth."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Quality(NamedTuple):
    precision: float  # of pairs of records with one person id
    recall: float
    b_cubed_precision: float  # mean over records of the share of its group that is its person
    b_cubed_recall: float
    exact: float  # share of true people whose group is exactly theirs
    largest: int  # records of the largest group


def quality(found: pd.Series, truth: pd.Series) -> Quality:
    """Compare two labels of the same records; pairs are counted after closure."""
    cells = pd.DataFrame({"found": found.to_numpy(), "truth": truth.to_numpy()})
    both = cells.value_counts()
    of_found, of_truth = cells["found"].value_counts(), cells["truth"].value_counts()

    def pairs(counts: pd.Series) -> int:
        return int((counts * (counts - 1) // 2).sum())

    found_of = both.index.get_level_values("found").map(of_found)
    truth_of = both.index.get_level_values("truth").map(of_truth)
    exact = (both.to_numpy() == found_of.to_numpy()) & (both.to_numpy() == truth_of.to_numpy())
    return Quality(
        pairs(both) / max(pairs(of_found), 1),
        pairs(both) / max(pairs(of_truth), 1),
        float((both**2 / found_of.to_numpy()).sum() / len(cells)),
        float((both**2 / truth_of.to_numpy()).sum() / len(cells)),
        float(exact.sum() / len(of_truth)),
        int(of_found.max()),
    )
