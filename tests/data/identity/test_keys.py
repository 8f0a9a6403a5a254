import pytest
from tests.data.identity.conftest import cards, groups

from clv.data.identity import REGION_TAX_RULES, TAX_RULES, keys, resolve


@pytest.mark.parametrize(
    ("rule", "right", "wrong"),
    [
        ("RUT", "76.086.428-5", "76.086.428-6"),
        ("NIF", "54362315K", "54362315Z"),
        ("NIE", "X-2482300W", "X-2482300A"),
        ("CIF", "J99216582", "J99216583"),
        ("RFC", "GODE 561231 GR8", "GODE 561231 GR7"),
        ("CNPJ", "16.727.230/0001-97", "16.727.230/0001-98"),
        ("CPF", "390.533.447-05", "390.533.447-06"),
    ],
)
def test_a_tax_id_needs_its_check_digit(rule, right, wrong):
    assert keys.tax_key(right, [rule]).startswith(f"{rule} ")
    assert keys.tax_key(wrong, [rule]) is None


@pytest.mark.parametrize("text", ["", None, "no tiene", "ana@", "@mail.cl", "ana@mail", "noemail@mail.cl", "a@b.c"])
def test_what_is_no_mailbox_is_no_key(text):
    assert keys.email_key(text) is None


@pytest.mark.parametrize("text", ["+56 9 8765 4321", "9-8765-4321", "0056 987654321", "56987654321"])
def test_one_phone_however_written(text):
    assert keys.phone_key(text, "CL") == "+56987654321"


@pytest.mark.parametrize("text", ["999999999", "123456789", "1234", "sin fono", None])
def test_a_placeholder_is_no_phone(text):
    assert keys.phone_key(text, "CL") is None


@pytest.mark.parametrize("text", ["1980-02-31", "19800231", "31/02/1980", "02.31.1980", "1980-02-31 00:00:00"])
def test_a_birth_date_keeps_its_digits_even_if_it_cannot_be(text):
    assert keys.birth_key(text) == "19800231"


def test_a_rule_of_ones_own_is_used(monkeypatch):
    monkeypatch.setitem(TAX_RULES, "EVEN", lambda text: text if text.isdigit() and int(text) % 2 == 0 else None)
    monkeypatch.setitem(REGION_TAX_RULES, "XX", ("EVEN",))
    same_name = {"name": "Ana Soto Rojas", "email": "ana.soto@mail.cl", "birth_date": "1980-02-03"}
    apart = cards({**same_name, "tax_id": "100002"}, {**same_name, "tax_id": "200004"})
    assert groups(resolve(apart, region="XX")) == [["1"], ["2"]]
    assert groups(resolve(apart, region="DE")) == [["1", "2"]]  # no rule: two texts, of which one may be wrong
