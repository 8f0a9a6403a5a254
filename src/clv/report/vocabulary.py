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

NO_AMOUNTS: Final = message(
    "The log holds no amounts, or none but zero, so this page counts orders and values nothing; a column “amount” in "
    "the configuration adds sales and lifetime value."
)

FORECASTERS: Final = {
    "naive rate": message("Naive rule"),
    "hiatus": message("Naive rule, the long silent left out"),
    "last period again": message("Same again as in the last period"),
    "probability models": message("Probability models"),
    "regression": message("Regression"),
    "boosting": message("Decision trees"),
    "blend": message("Blend"),
    "model": message("Forecast of this report"),
    "naive": message("Naive rule"),
}

CONTEST: Final = {
    "won": message("The forecast comes from the blend: no single method was clearly better when tried on the past"),
    "clearly_better": message(
        "The forecast comes from “{winner}”: tried on the past, it was clearly better than the blend"
    ),
    "short_history": message(
        "The forecast comes from the probability models: the history is too short to let methods compete"
    ),
    "few_customers": message(
        "The forecast comes from the probability models: too few customers came back to let methods compete"
    ),
}

RANGES: Final = {
    "hold": message("The ranges hold: about nine of ten customers ended inside theirs, as promised"),
    "narrow": message("The ranges are somewhat too narrow: fewer than nine of ten customers ended inside theirs"),
    "wide": message("The ranges are somewhat too wide: more than nine of ten customers ended inside theirs"),
}

SEASONS: Final = {
    "seen": message(
        "A season was seen: orders run {high} above the mean of the year around {peak} and {low} below it around "
        "{trough}; it moves the forecast between weeks, not its total."
    ),
    "short_history": message("The history is shorter than a year and a week, so a season cannot be seen."),
    "few_purchases": message("The history holds too few repeat orders to see a season in them."),
    "not_seen": message("No season was seen: weeks differ no more than chance allows."),
}

LEVELS: Final = {
    "corrected": message(
        "The total is corrected by {factor}, for season or trend: that brought past forecasts clearly closer."
    ),
    "no_clear_gain": message(
        "The total is left as it is: no correction for season or trend would have brought past forecasts clearly "
        "closer."
    ),
    "few_origins": message(
        "The total is not corrected for season or trend: the history offers too few past forecasts to try that on."
    ),
    "no_candidate": message(
        "The total is not corrected for season or trend: nothing in the history suggests by how much."
    ),
}

SPEND_TRENDS: Final = {
    "rising": message(
        "The same customers spend {change} more per order each year (between {low} and {high}); the forecast holds "
        "spend per order for constant and may be low."
    ),
    "falling": message(
        "The same customers spend {change} less per order each year (between {low} and {high}); the forecast holds "
        "spend per order for constant and may be high."
    ),
    "none": message("What the same customers spend per order shows no clear trend."),
    "unknown": message("Whether the same customers spend more or less per order cannot be told from this history."),
}

SILENT_TEST: Final = message(
    "In the {days} days kept for the test nobody ordered, where {expected} orders had been forecast: do not plan with "
    "these figures."
)

FAR_AHEAD: Final = message(
    "It looks {horizon} days ahead, {times} times the {history} days of history: what lies that far has never been "
    "seen."
)

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

FORECAST_TRUST_IN_ORDERS: Final = {
    "high": message(
        "Tested on {days} days that it had not seen, the forecast was {bias} off in orders, all customers together."
    ),
    "medium": message(
        "Tested on {days} days that it had not seen, the forecast was {bias} off in orders, all customers together: "
        "good enough to rank customers and to plan, not to promise a figure."
    ),
    "low": message(
        "Tested on {days} days that it had not seen, the forecast was {bias} off in orders, all customers together: "
        "use it to rank customers, not to plan."
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

CARD_FIELDS: Final = {
    "email": message("E-mail"),
    "phone": message("Telephone"),
    "name": message("Name"),
    "tax_id": message("Tax number"),
    "address": message("Address"),
    "postal_code": message("Postal code"),
    "city": message("City"),
    "birth_date": message("Date of birth"),
    "sex": message("Sex"),
    "accepts_contact": message("Consent to be contacted"),
}
"""Fields of a customer card as readers know them."""
