import pandas as pd
import pytest

from clv.data.identity.survivorship import survive
from clv.errors import ConfigError

CARDS = pd.DataFrame(
    {
        "register": ["shop", "shop", "web"],
        "customer_id": ["1", "2", "3"],
        "name": ["Ana Soto Rojas", "A. Soto", None],
        "email": ["old@mail.cl", None, "new@mail.cl"],
        "birth_date": ["1980-01-02", "1980-01-02", "1981-01-02"],
        "address": ["Prat 1", "Colón 22", None],
        "city": ["Talca", "Arica", "Osorno"],
        "registered_on": pd.to_datetime(["2020-01-01", "2022-01-01", "2024-01-01"]),
    }
)
ONE = pd.Series(["p"] * 3)


def survivor(**options):
    return survive(CARDS, ONE, **options).iloc[0]


def test_each_field_by_its_rule():
    person = survivor()
    assert person["name"] == "Ana Soto Rojas"  # most complete
    assert person["email"] == "new@mail.cl"  # most recent
    assert person["birth_date"] == "1980-01-02"  # most common
    assert person["n_records"] == 3


def test_an_address_stays_with_its_city():
    assert tuple(survivor()[["address", "city"]]) == ("Colón 22", "Arica")


def test_rules_of_ones_own():
    assert survivor(rules={"email": "precedence"}, precedence=["shop", "web"])["email"] == "old@mail.cl"
    assert survivor(rules={"email": "precedence"}, precedence=["web", "shop"])["email"] == "new@mail.cl"
    assert survivor(rules={"birth_date": "recent"})["birth_date"] == "1981-01-02"


def test_nothing_is_invented_and_each_person_has_one_row():
    people = survive(CARDS, pd.Series(["a", "b", "b"]))
    assert people["person_id"].tolist() == ["a", "b"]
    assert people["n_records"].tolist() == [1, 2]
    assert people.loc[1, "name"] == "A. Soto"


@pytest.mark.parametrize(
    ("rules", "message"), [({"email": "best"}, "no rule called"), ({"fax": "recent"}, "no register")]
)
def test_a_wrong_rule_is_said(rules, message):
    with pytest.raises(ConfigError, match=message):
        survivor(rules=rules)
