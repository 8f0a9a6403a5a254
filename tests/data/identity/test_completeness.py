import pandas as pd
import pytest

from clv.data.identity import completeness
from clv.errors import DataError

PEOPLE = pd.DataFrame(
    {
        "person_id": ["a", "b", "c", "d"],
        "email": ["ana@mail.cl", "no tiene", "luis@", None],
        "phone": ["987654321", "999999999", None, "912345678"],
        "city": ["Talca", "-", "Arica", "Osorno"],
    }
)
FIELDS = ["email", "phone", "city"]


def test_what_cannot_be_used_is_missing():
    by_field = completeness(PEOPLE, FIELDS).by_field.set_index("field")
    assert by_field["n_filled"].to_dict() == {"email": 1, "phone": 2, "city": 3}
    assert by_field.loc["city", "share"] == 0.75


def test_the_campaign_asks_the_most_valuable_first_for_what_is_missing():
    campaign = completeness(PEOPLE, FIELDS, pd.Series({"a": 500.0, "b": 10.0, "c": 90.0})).campaign
    assert campaign["person_id"].tolist() == ["c", "b", "d"]
    assert campaign["missing"].tolist() == ["email, phone", "email, phone, city", "email"]
    assert campaign["value"].tolist() == [90.0, 10.0, 0.0]


def test_shares_of_value():
    by_field = completeness(PEOPLE, FIELDS, pd.Series({"a": 60.0, "b": 40.0})).by_field.set_index("field")
    assert by_field["share_of_value"].to_dict() == {"email": 0.6, "phone": 0.6, "city": 0.6}


def test_each_customer_in_the_order_given():
    by_customer = completeness(PEOPLE, FIELDS).by_customer
    assert by_customer["person_id"].tolist() == list("abcd")
    assert by_customer["n_filled"].tolist() == [3, 0, 1, 2]


def test_a_field_that_no_register_has_is_missing_for_all():
    assert completeness(PEOPLE, ["email", "fax"]).by_field.set_index("field").loc["fax", "n_filled"] == 0
    with pytest.raises(DataError, match="needs person_id"):
        completeness(PEOPLE, ["fax"])
