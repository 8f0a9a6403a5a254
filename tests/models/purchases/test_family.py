"""Three models of one process: which one is right is seldom told, and their mean needs not know."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import ConvergenceError, DataError
from clv.models.purchases import family as family_module
from clv.models.purchases.bgnbd import BGNBD
from clv.models.purchases.family import MEMBERS, ModelFamily
from clv.units import annual, weeks

HORIZON = weeks(26)


class Refuses(BGNBD):
    """A model whose likelihood has no maximum."""

    def fit(self, customers, weights=None):
        raise ConvergenceError("BG/NBD: no maximum")


@pytest.fixture(scope="module")
def customers(simulated):
    return simulated.head(400)


@pytest.fixture(scope="module")
def family(customers):
    return ModelFamily().fit(customers)


def test_the_forecast_is_the_mean_of_the_models_and_p_alive_that_of_the_best(family, customers):
    found = family.predict(customers, HORIZON)
    each = {name: model.predict(customers, HORIZON) for name, model in family.models_.items()}
    assert set(each) == set(MEMBERS)
    purchases = np.mean([table["expected_purchases"] for table in each.values()], axis=0)
    np.testing.assert_allclose(found["expected_purchases"], purchases, rtol=1e-12)
    # in the BG/NBD nobody who bought once can have left, which says nothing of their silence
    silence = (each["MBG/NBD"]["p_no_purchase"] + each["Pareto/NBD"]["p_no_purchase"]) / 2
    np.testing.assert_allclose(found["p_no_purchase"], silence, rtol=1e-12)
    best = family.models_[family.best_]
    assert best.log_likelihood_ == max(model.log_likelihood_ for model in family.models_.values())
    pd.testing.assert_series_equal(found["p_alive"], best.predict(customers, HORIZON)["p_alive"])


def test_expected_purchases_are_told_model_by_model(family, customers):
    table = family.expected_by_model(customers, HORIZON)
    assert list(table) == list(MEMBERS)
    expected = family.predict(customers, HORIZON)["expected_purchases"]
    np.testing.assert_allclose(table.mean(axis=1), expected, rtol=1e-12)


def test_discounting_takes_off_less_than_the_rate_and_nothing_at_zero(family, customers):
    nominal = family.predict(customers, weeks(52))["expected_purchases"]
    free, dear = (family.discounted_purchases(customers, weeks(52), annual(rate)) for rate in (0.0, 0.2))
    np.testing.assert_allclose(free, nominal, rtol=1e-6)
    assert (dear < nominal).all()
    assert (dear > nominal / 1.2).all()


def test_a_model_without_a_maximum_is_left_out_and_named(monkeypatch, customers):
    monkeypatch.setattr(family_module, "MEMBERS", {"BG/NBD": BGNBD, "other": Refuses})
    family = ModelFamily().fit(customers)
    assert list(family.models_) == ["BG/NBD"]
    assert family.left_out_ == {"other": "BG/NBD: no maximum"}
    alone = BGNBD().fit(customers).predict(customers, HORIZON)
    pd.testing.assert_frame_equal(family.predict(customers, HORIZON)[list(alone)], alone)


def test_without_any_model_the_reasons_are_told(monkeypatch, customers):
    monkeypatch.setattr(family_module, "MEMBERS", {"one": Refuses, "two": Refuses})
    with pytest.raises(ConvergenceError, match="no maximum; BG/NBD: no maximum"):
        ModelFamily().fit(customers)


def test_counts_of_customers_stand_for_the_customers(family, customers):
    keys = ["frequency", "recency", "T"]
    triples = customers.groupby(keys, as_index=False).size().rename(columns={"size": "n_customers"})
    merged = ModelFamily().fit(triples, "n_customers")
    pd.testing.assert_frame_equal(merged.predict(customers, HORIZON), family.predict(customers, HORIZON), rtol=1e-6)


def test_nobody_who_came_back_is_an_error_of_the_data(customers):
    with pytest.raises(DataError, match="repeat"):
        ModelFamily().fit(customers.assign(frequency=0, recency=0.0))
