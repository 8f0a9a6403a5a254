"""On registers that are hard on purpose: how right the people are, and what stays the same however they come."""

import logging

import ibis
import numpy as np
import pandas as pd
import pytest
from tests.data.identity.evaluation import quality

from clv.data.identity import resolve


def of_truth(identity, truth):
    found = identity.identity_map.set_index(["register", "customer_id"])["person_id"]
    return quality(found, truth.reindex(found.index))


def test_people_are_found_and_not_mixed(found, truth):
    result = of_truth(found, truth)
    assert result.precision >= 0.985  # of some 500 pairs; on five thousand people .992 to .999
    assert result.recall >= 0.90
    assert result.b_cubed_precision >= 0.99
    assert result.b_cubed_recall >= 0.96
    assert result.exact >= 0.93
    assert result.largest <= 6


def test_neither_the_order_of_rows_nor_their_source_changes_anything(made, found):
    order = np.random.default_rng(3).permutation(len(made.records))
    again = resolve(ibis.memtable(made.records.iloc[order].reset_index(drop=True)))
    pd.testing.assert_frame_equal(again.identity_map, found.identity_map, check_dtype=False)
    pd.testing.assert_frame_equal(again.review, found.review)


def test_each_record_has_one_person_named_by_its_smallest_key(made, found):
    assert len(found.identity_map) == len(made.records)
    assert not found.identity_map.duplicated(["register", "customer_id"]).any()
    key = found.identity_map["register"] + ":" + found.identity_map["customer_id"]
    smallest = key.groupby(found.identity_map["person_id"]).min()
    assert (smallest == smallest.index).all()
    assert found.people["n_records"].sum() == len(made.records)
    assert set(found.people["person_id"]) == set(found.identity_map["person_id"])


def test_no_two_valid_tax_ids_in_one_person(made, found):
    from clv.data.identity.keys import tax_key

    tax = made.records["tax_id"].map(lambda text: tax_key(text, ["RUT"]), na_action="ignore")
    with_tax = made.records.assign(tax=tax).merge(found.identity_map, on=["register", "customer_id"])
    assert with_tax.groupby("person_id")["tax"].nunique().max() == 1


def test_doubtful_pairs_are_explained(found):
    review = found.review
    assert 5 < len(review) < 100
    assert review["probability"].is_monotonic_decreasing
    assert (review["reasons"].str.len() > 10).all()
    assert review["why"].notna().all()
    assert not review["is_merged"].any()


def test_doubtful_pairs_are_mostly_right_or_wrong_by_their_probability(found, truth):
    keys = [list(zip(found.review[f"register_{s}"], found.review[f"customer_id_{s}"], strict=True)) for s in "lr"]
    below = (found.review["why"] == "less likely than the threshold").to_numpy()
    same = truth.reindex(keys[0]).to_numpy() == truth.reindex(keys[1]).to_numpy()
    assert 0.4 < same[below].mean() < 1  # half to nine tenths by their probability


def test_nothing_personal_in_logs_output_or_repr(made, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        identity = resolve(made.records.head(300))
    out, err = capfd.readouterr()
    assert out == err == ""
    assert not [record for record in caplog.records if record.name.startswith("splink")]
    assert repr(identity).startswith("Identity(300 records, ")
    assert "@" not in repr(identity) + " ".join(identity.notes)


def test_an_error_of_the_engine_shows_no_value(made, monkeypatch):
    import duckdb

    from clv.data.identity import links
    from clv.errors import DataError

    def fail(*_):
        raise duckdb.ConversionException("Could not convert string 'ana.soto@mail.cl'")

    monkeypatch.setattr(links, "Model", fail)
    with pytest.raises(DataError) as error:
        resolve(made.records.head(50))
    assert "ana" not in str(error.value)
    assert error.value.__cause__ is None


def test_only_the_people_of_names_and_birth_dates(made, truth):
    few = resolve(made.records[["register", "customer_id", "name", "given_name", "family_name", "birth_date"]])
    assert of_truth(few, truth).precision >= 0.95


def test_importing_the_package_imports_no_linkage_library():
    import subprocess
    import sys

    code = "import sys, clv.data.identity; sys.exit('splink' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
