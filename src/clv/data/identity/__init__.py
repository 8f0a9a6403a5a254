"""One identity: which records of the customer registers are the same person.

`resolve` finds the people, `map_ids` turns the ids of any table into theirs, `completeness` says what their cards lack.
"""

from clv.data.identity.completeness import Completeness, completeness
from clv.data.identity.keys import REGION_TAX_RULES, TAX_RULES
from clv.data.identity.mapping import map_ids
from clv.data.identity.people import Identity
from clv.data.identity.resolve import resolve

__all__ = [
    "REGION_TAX_RULES",
    "TAX_RULES",
    "Completeness",
    "Identity",
    "completeness",
    "map_ids",
    "resolve",
]
