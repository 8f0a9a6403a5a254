"""Cards in few words, and people found in them."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from tests.data.identity import made_up

from clv.data.identity import Identity, resolve

Cards = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def made() -> made_up.Made:
    return made_up.make(900, seed=11)


@pytest.fixture(scope="session")
def found(made: made_up.Made) -> Identity:
    return resolve(made.records)


@pytest.fixture(scope="session")
def truth(made: made_up.Made) -> pd.Series:
    keys = [made.records["register"], made.records["customer_id"]]
    return made.person.set_axis(pd.MultiIndex.from_arrays(keys))


def cards(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return cards numbered 1, 2, 3, … of one register unless they say otherwise."""
    numbered = [{"register": "shop", "customer_id": str(place)} | row for place, row in enumerate(rows, start=1)]
    return pd.DataFrame(numbered)


def groups(identity: Identity) -> list[list[str]]:
    """Return the ids of each person's records, smallest first."""
    by_person = identity.identity_map.groupby("person_id")["customer_id"]
    return sorted(sorted(ids) for ids in by_person.apply(list))
