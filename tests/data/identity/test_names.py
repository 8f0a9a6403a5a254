import pytest

from clv.data.identity.names import Vocabulary, firm_name, fold, has_legal_form
from clv.data.identity.nicknames import stands_for


def vocabulary(given=(), family=(), full=()):
    return Vocabulary(given, family, full)


KNOWN = vocabulary(
    given=["María José", "Ana", "Juan Carlos", "Ana María"] * 3,
    family=["de la Fuente Soto", "Núñez", "Soto Díaz", "San Martín"] * 3,
)


@pytest.mark.parametrize(
    ("full", "given", "family"),
    [
        ("María José Núñez Soto", ("maria", "jose"), ("nunez", "soto")),
        ("Soto Díaz, Ana María", ("ana", "maria"), ("soto", "diaz")),
        ("Sra. ANA DE LA FUENTE", ("ana",), ("fuente",)),
        ("Nunez Soto Juan Carlos", ("juan", "carlos"), ("nunez", "soto")),
        ("Núñez", (), ("nunez",)),
    ],
)
def test_a_full_name_is_split_by_what_the_words_mostly_are(full, given, family):
    assert KNOWN.parse("", "", full) == (given, family)


def test_columns_in_the_wrong_order_are_exchanged():
    many = vocabulary(given=["Ana"] * 30, family=["Soto"] * 30)
    assert many.parse("Soto", "Ana", "") == (("ana",), ("soto",))


def test_a_name_written_together_is_split_where_it_is_mostly_written_apart():
    assert vocabulary(family=["de la Fuente"] * 3 + ["delaFuente"]).parse("Ana", "Delafuente", "").family == ("fuente",)
    # Johnson is no John Son
    assert vocabulary(family=["Johnson"] * 9 + ["John Son"]).parse("Al", "Johnson", "").family == ("johnson",)


def test_english_names_need_no_list():
    english = vocabulary(full=["Mary Smith", "John Smith", "John van Dyke", "Mary O'Hara"])
    assert english.parse("", "", "Mary van Dyke") == (("mary",), ("dyke",))


@pytest.mark.parametrize(
    "text", ["Transportes Díaz S.A.", "TRANSPORTES DIAZ", "Transportes Diaz y Cía. Ltda.", "transportes díaz SpA"]
)
def test_a_firm_is_the_same_under_each_legal_form(text):
    assert firm_name(text) == "transportes diaz"


@pytest.mark.parametrize(("text", "is_firm"), [("Acme GmbH", True), ("Hotel Sur E.I.R.L.", True), ("Ana Salas", False)])
def test_a_legal_form_tells_a_firm(text, is_firm):
    assert has_legal_form(text) is is_firm


def test_short_names_and_letters():
    assert "francisco" in stands_for("paco")
    assert "william" in stands_for("bill")
    assert "carmen" in stands_for("carmencita")
    assert fold("Ñandú Øster Łódź Straße") == "nandu oster lodz strasse"
