"""Who they are: customers and prospects, with the attributes that both have."""

from __future__ import annotations

from clv.definitions.column import CUSTOMER, Column, Definition

CARD = (
    Column("name", "text", "full name, of a person or a company", personal=True),
    Column("given_name", "text", "given names", personal=True),
    Column("family_name", "text", "family names", personal=True),
    Column("email", "text", "e-mail address", personal=True),
    Column("phone", "text", "telephone number, in any notation", personal=True),
    Column("tax_id", "text", "tax number, e.g. RUT, NIF, RFC, CNPJ", personal=True),
    Column("address", "text", "street and number", personal=True),
    Column("postal_code", "id", "postal code, leading zeros kept", personal=True),
    Column("birth_date", "day", "day of birth", personal=True, is_past=True),
    Column("sex", "text", "as the register writes it", personal=True),
    Column("city", "text", "city or commune"),
    Column("region", "text", "region or state"),
    Column("country", "text", "country"),
    Column("is_company", "flag", "whether the customer is a company"),
    Column("registered_on", "day", "day on which the card was opened", is_past=True),
    Column("channel", "text", "channel through which the customer came"),
)
"""What a card says of a person, known customer or not."""

CUSTOMERS = Definition(
    "customers",
    "one customer card of one register",
    (
        Column("customer_id", "id", "as the transactions of the same register write it", required=True),
        *CARD,
        Column("referred_by", "id", "customer_id of who recommended the shop", refers_to=CUSTOMER),
        Column("accepts_contact", "flag", "whether the customer allows to be contacted"),
    ),
    "profiles, one identity, completeness of the cards, recommendations",
    key=("register", "customer_id"),
)

PROSPECTS = Definition(
    "prospects",
    "one person or company that has not bought yet",
    (
        Column("prospect_id", "id", "number of the prospect", required=True),
        *CARD,
        Column("stage", "text", "stage of the conversation"),
        Column("created_on", "day", "day on which the prospect was entered", is_past=True),
        Column("expected_amount", "money", "sales expected from the prospect", at_least=0),
        Column("owner", "text", "who follows the prospect"),
        Column("converted_to", "id", "customer_id that the prospect became", refers_to=CUSTOMER),
    ),
    "clones of the best customers, conversion",
    key=("prospect_id",),
)
