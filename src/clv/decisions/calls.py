"""Whom to call: the overdue key customers, what a call that works saves of each, and from where a call pays."""

from __future__ import annotations

from typing import Final

import pandas as pd

from clv.decisions.portfolios import Measure
from clv.units import DAYS_PER_WEEK

LEAST_ALIVE: Final = 0.5  # below, a customer has more likely left for good: a case for winning back, not for a call
COST_OF_A_CALL: Final = 5.0  # in euros: a quarter of an hour of work at 20 an hour
STEPS: Final = {
    1: "AUD BAM BGN BND CAD CHF EUR GBP NZD SGD USD",
    3: "AED BRL BYN GEL ILS MYR PEN PLN QAR RON SAR TND",
    10: "BOB BWP CNY DKK GTQ HKD MAD MDL MXN NOK SEK ZAR",
    30: "CZK DOP EGP HNL MUR NIO PHP THB TRY TWD UAH UYU",
    100: "BDT DZD INR ISK JPY KES LKR NPR PKR RSD RUB",
    300: "AMD CRC HUF JMD KZT",
    1000: "ARS CLP KRW MMK NGN XAF XOF",
    3000: "COP MGA TZS UGX",
    10000: "IDR KHR LAK PYG UZS VND",
}
"""Currencies by the rough number of units to a euro: an assumption about a cost needs no rate of the day."""
MOST_CALLS: Final = 100  # of which no cost is known: what one person calls in a month, five a working day
_FEWEST_ORDERS: Final = 1e-9  # expected, below which there is no order to speak of


def cost_of_a_call(stated: float | None, currency: str) -> float | None:
    """Return what a call costs: as stated, else a quarter of an hour of work; None in a currency of unknown size.

    Parameters
    ----------
    stated
        `clv.config.PortfolioRules.cost_of_a_call`, in currency.
    currency
        ISO 4217 code.

    Examples
    --------
    >>> cost_of_a_call(None, "EUR"), cost_of_a_call(None, "JPY"), cost_of_a_call(8.0, "EUR")
    (5.0, 500.0, 8.0)
    """
    if stated is not None:
        return stated
    return next((COST_OF_A_CALL * step for step, codes in STEPS.items() if currency in codes.split()), None)


def saved_by_a_call(customers: pd.DataFrame, of: Measure) -> pd.Series:
    """Return what a call that brings the customer back is expected to save: one order of who would have been silent.

    Of the probability of silence only the part counts in which someone is still there: who has left for good, 1 −
    p_alive, is silent whatever is done. Whoever buys at random moments buys no more often after a call than before it,
    so a call adds the one order that it brings, at what an order of the customer brings in the window.

    Parameters
    ----------
    customers
        p_alive, p_churn, window_orders and, of revenue, window_revenue per customer.
    of
        Revenue (currency) or orders.

    Examples
    --------
    >>> both = pd.DataFrame({"p_churn": [0.6, 1.0], "p_alive": [0.9, 0.0], "window_orders": [0.8, 0.0]})
    >>> saved_by_a_call(both.assign(window_revenue=[40.0, 0.0]), "revenue").round(6).tolist()
    [25.0, 0.0]
    """
    though_there = (customers["p_churn"] - (1 - customers["p_alive"])).clip(lower=0.0)
    if of == "orders":
        return though_there.where(customers["window_orders"] > _FEWEST_ORDERS, 0.0)
    an_order = customers["window_revenue"] / customers["window_orders"].clip(lower=_FEWEST_ORDERS)
    return though_there * an_order.where(customers["window_orders"] > _FEWEST_ORDERS, 0.0)


def first_to_call(customers: pd.DataFrame, window_days: float, of: Measure = "revenue") -> pd.DataFrame:
    """Return the overdue customers of class A with most to save.

    The list ends where p_alive says that hardly anyone is there; who ordered more recently than their own mean interval
    is not overdue, whatever the model says.

    Parameters
    ----------
    customers
        portfolio, p_churn, p_alive, window_orders, window_revenue, frequency, recency (weeks) and days_since_last, per
        customer.
    window_days
        Churn window, the interval of customers who have none of their own.
    of
        What is at risk: revenue, or orders in a log without amounts.

    Returns
    -------
    pandas.DataFrame
        Rows of `customers` at risk or leaving with their revenue_to_save or orders_to_save, most first, ties by
        customer_id.
    """
    slipping = customers[customers["portfolio"].isin(["A_at_risk", "A_leaving"])].sort_index()
    interval = DAYS_PER_WEEK * slipping["recency"] / slipping["frequency"].where(slipping["frequency"] > 0)
    overdue = slipping["days_since_last"] > interval.fillna(window_days)
    slipping = slipping[overdue & (slipping["p_alive"] >= LEAST_ALIVE)]
    weighed = slipping.assign(**{f"{of}_to_save": saved_by_a_call(slipping, of)})
    worth_it = weighed[weighed[f"{of}_to_save"] > 0]
    return worth_it.sort_values(f"{of}_to_save", ascending=False, kind="stable")


def calls_that_pay(overdue: pd.DataFrame, margin: float, cost: float | None) -> pd.DataFrame:
    """Return the calls whose expected saving pays their cost, the first `MOST_CALLS` where no cost is known.

    Parameters
    ----------
    overdue
        From `first_to_call`.
    margin
        Contribution margin as a fraction of sales.
    cost
        Of a call, in currency; None in a log without amounts or a currency of unknown size.
    """
    if cost is None or "revenue_to_save" not in overdue:
        return overdue.head(MOST_CALLS)
    return overdue[margin * overdue["revenue_to_save"] >= cost]
