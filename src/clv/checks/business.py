"""What kind of business a log tells of: advice, lists and headings follow it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clv.checks.claim import Claim

MOSTLY_SINGLE: Final = 0.8  # share of buyers who bought once, from which hardly anything rests on coming back
FEW_ACCOUNTS: Final = 50  # customers that one person knows by name
RARELY_SINGLE: Final = 0.25  # share of buyers who bought once, below which coming back is the rule
OFTEN: Final = 6.0  # orders of a mean buyer, from which a rhythm can be seen


def kind_of_business(base: Mapping[str, Any], value: Mapping[str, Any]) -> Claim:
    """Say on what a business rests: single purchases, a few accounts, regular customers or occasional ones.

    Parameters
    ----------
    base
        ``base_facts``: customers, buyers, orders and once, the buyers who have bought on a single day.
    value
        ``value_facts``: customers_for_80, the share of customers who bring four fifths of sales (without amounts: of
        orders), if any.

    Returns
    -------
    Claim
        ``single``, ``accounts``, ``regular`` or ``occasional``. Facts: buyers, once, once_share, again_share (of
        buyers), each (orders of a mean buyer), accounts (customers who bring four fifths).

    Examples
    --------
    >>> base = {"customers": 300, "buyers": 300, "orders": 9000, "once": 20}
    >>> kind_of_business(base, {"customers_for_80": 0.04}).verdict, kind_of_business(base, {}).verdict
    ('accounts', 'regular')
    """
    buyers = int(base["buyers"])
    share, each = base["once"] / max(buyers, 1), base["orders"] / max(buyers, 1)
    for_80 = value.get("customers_for_80")
    accounts = max(1, round(for_80 * base["customers"])) if pd.notna(for_80) else buyers
    facts = {
        "buyers": buyers, "once": int(base["once"]), "once_share": share, "again_share": 1 - share, "each": each,
        "accounts": accounts,
    }  # fmt: skip
    if share >= MOSTLY_SINGLE:
        verdict = "single"
    elif accounts <= FEW_ACCOUNTS:
        verdict = "accounts"
    else:
        verdict = "regular" if share < RARELY_SINGLE and each >= OFTEN else "occasional"
    return Claim("kind", verdict, facts, n=buyers)
