"""Spend of a future purchase: who spends more by all purchases, how much by the level of the repeat ones."""

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.errors import DataError
from clv.models.spend.expected_spend import Spend
from clv.models.spend.gamma_gamma import GammaGamma
from clv.models.spend.mean_spend import MeanSpend

AS_OF = companies.day(400)


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return companies.known(companies.buyers(700, 5, days=400, arrivals=200), AS_OF, 90)


@pytest.fixture(scope="module")
def spend(known):
    return Spend().fit(known)


def test_among_returning_customers_the_level_is_that_of_the_published_model(known, spend):
    returned = known[known["frequency"] > 0]
    published = GammaGamma().fit(returned).expected_spend(returned)
    found = spend.predict(returned)
    weight = returned["frequency"].clip(upper=returned["frequency"].quantile(0.99))
    assert weight @ found == pytest.approx(weight @ published, rel=1e-9)


def test_one_purchase_already_tells_who_spends_more(known, spend):
    once = known[known["frequency"] == 0].sort_values("mean_purchase")
    assert spend.predict(once).is_monotonic_increasing
    assert spend.predict(once).iloc[-1] > 1.5 * spend.predict(once).iloc[0]


def test_spend_follows_the_currency(known, spend):
    money = ["monetary_value", "mean_purchase", "value_to_date"]
    cents = known.assign(**{name: 100 * known[name] for name in money})
    np.testing.assert_allclose(Spend().fit(cents).predict(cents), 100 * spend.predict(known), rtol=1e-4)


def test_the_truth_of_a_gamma_gamma_is_found(known, spend):
    p, q, gamma = 6.0, 4.0, 60.0
    assert spend.predict(known).mean() == pytest.approx(p * gamma / (q - 1), rel=0.06)
    assert spend.variation_ == pytest.approx(p**-0.5, rel=0.15)


def test_customers_who_spend_alike_all_get_that_spend(known):
    gym = known.assign(mean_purchase=29.9, monetary_value=known["monetary_value"].where(known["frequency"] == 0, 29.9))
    spend = Spend().fit(gym)
    assert isinstance(spend.repeat_, MeanSpend)
    np.testing.assert_allclose(spend.predict(gym), 29.9, rtol=1e-12)
    assert spend.variation_ == pytest.approx(0.0, abs=1e-6)


def test_a_log_without_amounts_has_no_spend(known):
    spend = Spend().fit(known.assign(mean_purchase=np.nan, monetary_value=np.nan))
    assert spend.repeat_ is None
    assert spend.predict(known).isna().all()
    assert spend.variation_ == 0.0


def test_purchases_for_nothing_have_a_positive_spend(known, spend):
    gifts = known.head(20).assign(mean_purchase=0.0, monetary_value=0.0)
    assert (spend.predict(gifts) > 0).all()


@pytest.mark.parametrize("money", [7.0, 40_000.0])
def test_one_customer_who_buys_every_day_does_not_set_the_level_of_all(known, spend, money):
    whale = known.iloc[[0]].assign(frequency=390, n_orders=391, monetary_value=money, mean_purchase=money)
    together = pd.concat([known, whale.set_axis(["whale"])])
    beside = Spend().fit(together).predict(together)
    assert beside[known.index].sum() == pytest.approx(spend.predict(known).sum(), rel=0.02)
    assert beside["whale"] == pytest.approx(money, rel=0.02)


def test_mean_spend_weighs_customers_by_their_purchases():
    few = pd.DataFrame({"frequency": [3, 1, 0], "monetary_value": [10.0, 30.0, np.nan]})
    assert MeanSpend().fit(few).mean_ == pytest.approx(15.0)
    with pytest.raises(DataError, match="every customer bought once"):
        MeanSpend().fit(few.tail(1))
