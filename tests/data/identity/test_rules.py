"""What never happens, whatever the probability: small registers written for one rule each."""

import pytest
from tests.data.identity.conftest import cards, groups

from clv.data.identity import resolve
from clv.errors import ConfigError, DataError

ANA = {
    "name": "Ana María Soto Rojas",
    "email": "ana.soto@mail.cl",
    "phone": "987654321",
    "birth_date": "1980-02-13",
    "address": "Calle Prat 123",
    "postal_code": "8320000",
}
RUT_1, RUT_2 = "12.345.678-5", "7.654.321-6"


def test_everything_alike_is_one_person():
    assert groups(resolve(cards(ANA, ANA))) == [["1", "2"]]


def test_one_tax_id_joins_what_else_agrees_little():
    one = {"name": "Ana Soto", "tax_id": RUT_1, "email": "ana@mail.cl"}
    other = {"name": "SOTO ROJAS, ANA MARIA", "tax_id": "12345678-5", "email": "otra@correo.cl"}
    assert groups(resolve(cards(one, other))) == [["1", "2"]]


def test_different_tax_ids_part_what_else_agrees_entirely():
    identity = resolve(cards({**ANA, "tax_id": RUT_1}, {**ANA, "tax_id": RUT_2}))
    assert groups(identity) == [["1"], ["2"]]


def test_a_wrong_check_digit_parts_nobody():
    filler = [{"name": f"Otro Nombre{n}", "tax_id": RUT_2} for n in range(1)]
    identity = resolve(cards({**ANA, "tax_id": RUT_1}, {**ANA, "tax_id": "12.345.679-5"}, *filler))
    assert ["1", "2"] in groups(identity)


@pytest.mark.parametrize(
    "names", [("Ana", "Luis"), ("Daniel", "Daniela"), ("Mario", "María"), ("Ana María", "Luisa María")]
)
def test_twins_stay_two_and_are_shown(names):
    twins = [{**ANA, "name": f"{name} Soto Rojas"} for name in names]
    # each twice: what is shared within a household is then no proof of one person
    identity = resolve(cards(*twins, *twins))
    assert groups(identity) == [["1", "3"], ["2", "4"]]
    assert set(identity.review["why"]) <= {"different given names"}


def test_father_and_son_of_one_name_stay_two():
    father = {**ANA, "name": "Juan Soto Rojas", "birth_date": "1950-05-17"}
    son = {**ANA, "name": "Juan Soto Pérez", "birth_date": "1981-11-28"}
    assert groups(resolve(cards(father, son))) == [["1"], ["2"]]


@pytest.mark.parametrize("shared", ["email", "phone"])
def test_a_shared_mail_or_phone_joins_nobody_of_another_name(shared):
    one, other = {"name": "Ana Soto", shared: ANA[shared]}, {"name": "Pedro Muñoz", shared: ANA[shared]}
    assert groups(resolve(cards(one, other))) == [["1"], ["2"]]


def test_a_person_is_no_firm():
    firm = {**ANA, "name": "Ana Soto SpA", "is_company": True}
    assert groups(resolve(cards({**ANA, "is_company": False}, firm))) == [["1"], ["2"]]


def test_never_links_hold_through_any_chain():
    many = cards(*[ANA] * 5)
    never = [(("shop", "1"), ("shop", "4")), (("shop", "5"), ("shop", "2"))]
    persons = resolve(many, never_links=never).identity_map.set_index("customer_id")["person_id"]
    assert persons["1"] != persons["4"]
    assert persons["2"] != persons["5"]
    assert persons.nunique() == 2  # and nobody is set apart without need


def test_an_unknown_never_link_is_named_by_its_id():
    with pytest.raises(ConfigError, match=r"1 of 2 records.*'twin' of 'shop'"):
        resolve(cards(ANA, ANA), never_links=[(("shop", "1"), ("shop", "twin"))])


def test_a_mailbox_of_a_thousand_joins_nobody_and_is_said():
    crowd = cards(*[{"name": f"Persona{n} Apellido{n % 97}", "email": "info@firma.cl"} for n in range(1000)])
    identity = resolve(crowd)
    assert len(identity.people) == 1000
    assert any(note.startswith("email: 1 values stand on 1,000 records") for note in identity.notes)
    assert "info@firma.cl" not in " ".join(identity.notes)


def test_a_thousand_records_of_one_name_do_not_explode():
    crowd = cards(*[{"name": "José González", "city": "Talca"}] * 1000)
    identity = resolve(crowd)
    assert identity.pairs["candidates"] <= 8 * 1000
    assert len(identity.people) == 1000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customer_id": ["1", "1"]}, "1 records have the register and customer_id of another"),
        ({"customer_id": ["1", None]}, "1 of 2 records have no customer_id"),
        ({"customer_id": [1.0, 2.0]}, "with decimals"),
    ],
)
def test_keys_are_checked_at_the_door(change, message):
    with pytest.raises(DataError, match=message):
        resolve(cards(ANA, ANA).assign(**change))


def test_a_register_without_any_field_is_left_as_it_is():
    identity = resolve(cards({}, {}))
    assert groups(identity) == [["1"], ["2"]]
    assert identity.identity_map["person_id"].tolist() == ["1", "2"]


def test_a_phone_read_as_a_number_is_the_same_phone():
    one, other = {"name": "Ana Soto Rojas", "phone": 987654321.0}, {"name": "Pedro Muñoz", "phone": None}
    people = resolve(cards(one, other)).people
    assert people["phone"].tolist()[0] == "987654321"


def test_hostile_text_is_only_text():
    hostile = ["'; drop table records; --", '<b>"Ana"</b>', "=1+1", "   ", "ñ" * 5000, "{{a}}", "%s %(x)s", "(", "🙂"]
    fields = (
        "name",
        "given_name",
        "family_name",
        "email",
        "phone",
        "tax_id",
        "address",
        "postal_code",
        "city",
        "birth_date",
    )
    identity = resolve(cards(*[dict.fromkeys(fields, text) for text in hostile]))
    assert identity.identity_map["customer_id"].nunique() == len(hostile)


def test_no_record_and_one_record():
    assert resolve(cards({"name": "Ana"}).head(0)).people.empty
    assert groups(resolve(cards(ANA))) == [["1"]]


@pytest.mark.parametrize("threshold", [0.3, 1.0])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(ConfigError, match="threshold"):
        resolve(cards(ANA, ANA), threshold=threshold)
