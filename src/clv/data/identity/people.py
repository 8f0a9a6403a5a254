"""What `resolve` gives back: who is whom, the people, and the pairs that somebody should look at."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, repr=False)
class Identity:
    """Several customer registers made one. `people` and `review` hold personal data and are written by nobody unasked.

    Attributes
    ----------
    identity_map
        register, customer_id, person_id: one row a record.
    people
        person_id, the surviving value of each field, n_records: one row a person.
    review
        Doubtful pairs, the most probable first: register_l, customer_id_l, register_r, customer_id_r, probability,
        is_merged, why (not merged, or to be checked), reasons (what agrees and differs, in words).
    pairs
        Counts: candidates, settled (by exact keys), probable (by the model), forbidden, refused (would have joined what
        must stay apart, or made a chain), doubtful, merged (pairs of records with one person id).
    notes
        What was set aside and why, one sentence each, without any value of a record.
    """

    identity_map: pd.DataFrame
    people: pd.DataFrame
    review: pd.DataFrame
    pairs: dict[str, int]
    notes: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        """Return counts only: a log that shows the object shows nobody."""
        return (
            f"Identity({len(self.identity_map):,} records, {len(self.people):,} people, "
            f"{len(self.review):,} pairs to review)"
        )
