"""Business words for the codes that decisions speak in: portfolios with their objective and tactic, classes, risks."""

from __future__ import annotations

from typing import Final, NamedTuple

from clv.report.text import message


class Portfolio(NamedTuple):
    """What readers call a portfolio, what is wanted of it, and how."""

    name: str
    objective: str
    tactic: str


PORTFOLIOS: Final = {
    "A_steady": Portfolio(
        message("Key, steady"),
        message("Keep every one of them"),
        message("Named contact, first in service and stock; recognition instead of discounts"),
    ),
    "A_at_risk": Portfolio(
        message("Key, at risk"),
        message("Bring back the next order within the churn window"),
        message("Personal contact this week: ask what changed, solve it, then make one relevant offer"),
    ),
    "A_leaving": Portfolio(
        message("Key, leaving"),
        message("Win back those who still can be"),
        message("A call by someone who may decide; the best offer that the customer's lifetime value allows"),
    ),
    "B_steady": Portfolio(
        message("Solid, steady"),
        message("Grow them towards the key customers"),
        message("Cross-selling in categories they do not buy yet; reward a larger basket"),
    ),
    "B_at_risk": Portfolio(
        message("Solid, at risk"),
        message("Restore their rhythm"),
        message("Automatic reminder at their usual interval, with products they bought before"),
    ),
    "B_leaving": Portfolio(
        message("Solid, leaving"),
        message("Win back at a cost that pays"),
        message("One automatic win-back offer, limited in time; stop if it stays without an answer"),
    ),
    "C_steady": Portfolio(
        message("Small, steady"),
        message("Raise frequency at low cost"),
        message("Low-cost channels only: newsletter, app, coupons on the till receipt"),
    ),
    "C_at_risk": Portfolio(
        message("Small, at risk"),
        message("Find the few with potential"),
        message("Automatic reminder; no hand-made effort"),
    ),
    "C_leaving": Portfolio(
        message("Small, leaving"),
        message("Spend nothing on them by hand"),
        message("Include them in mass mailings; ask once why they left"),
    ),
    "no_purchase": Portfolio(
        message("Without a purchase"),
        message("Clear up the record or activate"),
        message("Only refunds or lines of zero: check the records, then invite to a first order"),
    ),
}

VALUE_CLASSES: Final = {"A": message("A · key"), "B": message("B · solid"), "C": message("C · small")}

RISKS: Final = {
    "steady": message("Steady"),
    "at_risk": message("At risk"),
    "leaving": message("Leaving"),
}

FORECAST_TRUST: Final = {
    "high": message(
        "Tested on {days} days that it had not seen, the forecast was {bias} off in orders and {money} in sales, all "
        "customers together."
    ),
    "medium": message(
        "Tested on {days} days that it had not seen, the forecast was {bias} off in orders and {money} in sales, all "
        "customers together: good enough to rank customers and to plan, not to promise a figure."
    ),
    "low": message(
        "Tested on {days} days that it had not seen, the forecast was {bias} off in orders and {money} in sales, all "
        "customers together: use it to rank customers, not to plan sales."
    ),
}

PORTFOLIO_TRUST: Final = {
    "high": message(
        "The forecast behind the portfolios held in its test; a customer near a border may belong to the neighbouring "
        "portfolio."
    ),
    "medium": message(
        "The sums are sound, the single customer is less certain: trust the order of the lists more than each figure."
    ),
    "low": message(
        "The forecast behind the portfolios missed in its test: use the portfolios as a first sorting, and check by "
        "hand before spending money."
    ),
}
