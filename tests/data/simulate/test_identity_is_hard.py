"""Cards are hard to match on purpose, and yet right in what they claim."""

import numpy as np
import pandas as pd
import pytest
from stdnum.cl import rut

from clv.data.simulate import spelling
from clv.data.simulate.cards import WRONG_TAX_DIGIT_SHARE

FIELDS = ["email", "phone", "tax_id", "address", "postal_code", "birth_date", "sex", "city", "occupation", "interest"]


@pytest.fixture(scope="module")
def cards(tables):
    cards = tables["customers"].to_pandas().merge(tables["truth/identity"].to_pandas(), on=["register", "customer_id"])
    return cards.merge(tables["truth/customers"].to_pandas()[["person_id", "household", "is_twin"]], on="person_id")


def test_three_of_ten_fields_are_empty(cards):
    private = cards[~cards["is_company"]]
    assert private[FIELDS].isna().to_numpy().mean() == pytest.approx(0.30, abs=0.03)


def test_people_stand_in_both_registers_and_twice_in_one(cards):
    n = pd.crosstab(cards["person_id"], cards["register"])
    assert (n > 0).all(axis=1).mean() == pytest.approx(0.25, abs=0.04)
    assert 0.02 < (n.max(axis=1) == 2).mean() < 0.09


def test_tax_ids_are_valid_but_for_the_wrong_digits(cards):
    known = cards["tax_id"].dropna()
    valid = known.map(rut.is_valid)
    assert 1 - valid.mean() == pytest.approx(WRONG_TAX_DIGIT_SHARE, abs=0.015)
    right = cards.loc[known.index[valid]].assign(number=lambda rows: rows["tax_id"].map(rut.compact))
    assert right.groupby("number")["person_id"].nunique().max() == 1
    assert right.groupby("person_id")["number"].nunique().max() == 1
    assert right["tax_id"].str.contains(".", regex=False).any()
    assert (~right["tax_id"].str.contains("-")).any()


def test_check_digits_follow_the_registry():
    number = np.arange(1_000_000, 99_000_000, 77_777)
    for text in spelling.rut(number, np.zeros(number.size, int)).to_pylist():
        assert rut.is_valid(text)


def test_families_share_addresses_mails_and_phones(cards):
    for field in ("address", "email", "phone"):
        shared = cards.dropna(subset=[field]).groupby(field)["person_id"].nunique()
        assert (shared > 1).sum() > 5, field
    twins = cards[cards["is_twin"]].dropna(subset=["birth_date"])
    born_together = twins.groupby(["household", "birth_date"])["person_id"].nunique()
    assert born_together.max() == 2


def test_names_are_written_in_many_ways(cards):
    names = cards.loc[~cards["is_company"], "name"].dropna()
    assert names.str.isupper().mean() == pytest.approx(0.45, abs=0.06)
    assert names.str.contains(", ").any()
    assert names.str.contains("de la ", regex=False).any()
    assert names.str.contains("[áéíóúñ]").any()
    assert names.str.contains("Gonzalez").any()
    assert names.str.contains("González").any()
    firms = pd.concat([cards.loc[cards["is_company"], "name"], cards.loc[cards["is_company"], "family_name"]]).dropna()
    assert (
        0.2
        < firms.str.contains(r"(?:S\.A\.|SpA|S\.p\.A\.|Ltda|Limitada|LTDA|LIMITADA|SPA|EIRL|E\.I\.R\.L\.)").mean()
        < 0.8
    )


def test_a_typing_error_changes_one_place():
    text = np.array(["González Muñoz", "Ana", "abcd", ""])
    wrong = spelling.misspell(text, np.ones(4, bool), np.random.default_rng(0))
    assert wrong[1] == "Ana"  # too short to be read with an error
    assert wrong[3] == ""
    for seed in range(40):
        found = spelling.misspell(text[:1], np.array([True]), np.random.default_rng(seed))[0]
        assert abs(len(found) - len(text[0])) <= 1
        assert sum(a != b for a, b in zip(found, text[0], strict=False)) <= len(text[0])
        assert found[:1] in {"G", "o"}
    assert (spelling.misspell(text, np.zeros(4, bool), np.random.default_rng(0)) == text).all()


def test_the_truth_of_rates_hangs_on_nothing_but_occupation(tables):
    people = tables["truth/customers"].to_pandas()
    for attribute in ("city", "is_twin"):
        groups = [np.log(rows["gamma_part_of_rate"]) for _, rows in people.groupby(attribute) if len(rows) > 20]
        overall = np.log(people["gamma_part_of_rate"])
        for rows in groups:
            assert abs(rows.mean() - overall.mean()) < 4 * overall.std() / np.sqrt(len(rows))
    for column in ("leaving_hazard_per_week", "web_share", "expected_ticket"):
        assert abs(people["gamma_part_of_rate"].corr(people[column], method="spearman")) < 4 / np.sqrt(len(people))
