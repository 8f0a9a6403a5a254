"""One identity: which records of the customer registers are the same person.

`resolve` finds the people, `map_ids` turns the ids of any table into theirs, `fill_cards` says what their cards hold.
"""

from clv.data.identity.completeness import cards_to_complete, completeness, fill_cards
from clv.data.identity.keys import REGION_TAX_RULES, TAX_RULES
from clv.data.identity.mapping import map_ids
from clv.data.identity.people import Identity
from clv.data.identity.resolve import resolve

__all__ = [
    "REGION_TAX_RULES",
    "TAX_RULES",
    "Identity",
    "cards_to_complete",
    "completeness",
    "fill_cards",
    "map_ids",
    "resolve",
]
