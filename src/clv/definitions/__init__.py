"""The tables of a company: their columns with type, unit and meaning, and what must hold in them."""

from __future__ import annotations

from clv.definitions import campaigns, catalogue, people, sales, service, transactions
from clv.definitions.column import Column, Definition, Kind

TABLES: dict[str, Definition] = {
    definition.name: definition
    for definition in (
        transactions.TRANSACTIONS,
        people.CUSTOMERS,
        catalogue.PRODUCTS,
        catalogue.STORES,
        campaigns.CAMPAIGNS,
        campaigns.CONTACTS,
        campaigns.RESPONSES,
        service.CASES,
        service.TASKS,
        service.SURVEYS,
        people.PROSPECTS,
        sales.OPPORTUNITIES,
        catalogue.COSTS,
        sales.PLAN,
        sales.SUBSCRIPTIONS,
    )
}
"""By name, in the order of the documents; the first is required, each other one lights up more pages."""

REGISTER = "main"
"""Name of the customer register where a company has only one."""

__all__ = ["REGISTER", "TABLES", "Column", "Definition", "Kind"]
