import pandas as pd
import pytest

from clv.data.identity import cards_to_complete, completeness, fill_cards

PEOPLE = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "email": ["ana@mail.cl", "no tiene", "luis@", None],
        "phone": ["987654321", "999999999", None, "912345678"],
        "city": ["Talca", "-", "Arica", "Osorno"],
    }
)
CARDS = fill_cards(PEOPLE, ["email", "phone", "city"])


def test_what_cannot_be_used_is_missing():
    assert CARDS.sum().to_dict() == {"email": 1, "phone": 2, "city": 3}
    assert fill_cards(PEOPLE, ["email", "fax"])["fax"].sum() == 0


@pytest.mark.parametrize(
    ("names", "filled"),
    [
        ({"given_name": ["Ana", None], "family_name": [None, "Soto"]}, [True, True]),
        ({"name": [None, "Ana Soto"], "given_name": ["Luis", None], "family_name": ["Díaz", None]}, [True, True]),
        ({"name": ["-", None]}, [False, False]),
    ],
)
def test_a_name_stands_in_one_column_or_in_two(names, filled):
    people = pd.DataFrame({"customer_id": ["a", "b"], **names})
    assert fill_cards(people, ["name"])["name"].tolist() == filled


def test_the_campaign_asks_the_most_valuable_first_for_what_is_missing():
    campaign = cards_to_complete(CARDS, pd.Series({"a": 500.0, "b": 10.0, "c": 90.0, "no card": 1000.0}))
    assert campaign["customer_id"].tolist() == ["c", "b"]
    assert campaign["missing"].tolist() == ["email, phone", "email, phone, city"]
    assert campaign["value"].tolist() == [90.0, 10.0]


def test_shares_by_class():
    classes = pd.Series({"a": "A", "b": "C", "c": "C", "x": "C"})
    found = completeness(CARDS, classes).set_index("field")
    assert found["A"].to_dict() == {"email": 1.0, "phone": 1.0, "city": 1.0}
    assert found["C"].to_dict() == {"email": 0.0, "phone": 0.0, "city": 0.5}
    assert found.loc["city", "all"] == pytest.approx(2 / 3)
