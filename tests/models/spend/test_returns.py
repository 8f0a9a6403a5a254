"""What part of purchases comes back: the share of all, and each customer's own as far as customers differ."""

import numpy as np
import pandas as pd
import pytest

from clv.models.spend.expected_spend import Spend
from clv.models.spend.returns import Returns


def base(n: int, share: np.ndarray | float, seed: int = 1) -> pd.DataFrame:
    """Return customers whose purchases are taken back whole with a probability of their own."""
    rng = np.random.default_rng(seed)
    n_orders = rng.integers(1, 30, n)
    paid = rng.gamma(4, 10, n)
    returned = rng.binomial(n_orders, share) * paid
    return pd.DataFrame({"n_orders": n_orders, "mean_purchase": paid, "returned": returned})


def test_the_share_of_all_is_found():
    assert Returns().fit(base(2000, 0.3)).share_ == pytest.approx(0.3, abs=0.01)


def test_customers_alike_are_given_one_share():
    found = Returns().fit(base(2000, 0.2))
    assert found.predict(base(50, 0.2)).between(0.15, 0.25).all()


def test_customers_who_differ_are_told_apart():
    share = np.random.default_rng(2).beta(0.5, 2.0, 3000)
    known = base(3000, share)
    found = Returns().fit(known)
    assert found.weight_ == pytest.approx(2.5, rel=0.25)
    error = found.predict(known) - share
    assert np.sqrt((error**2).mean()) < 0.6 * share.std()
    assert abs(error.mean()) < 0.02


def test_no_more_comes_back_than_was_bought():
    known = base(200, 0.1)
    known.loc[0, "returned"] = 1e9
    found = Returns().fit(known)
    assert found.share_ < 0.2
    assert found.predict(known).max() <= 1


def test_without_refunds_or_money_nothing_comes_back():
    assert Returns().fit(base(50, 0.0)).predict(base(5, 0.0)).eq(0).all()
    bare = base(50, 0.0).assign(mean_purchase=np.nan, returned=np.nan)
    assert Returns().fit(bare).share_ == 0


def test_the_worth_of_a_purchase_is_net_of_what_comes_back():
    known = base(1000, 0.3).assign(frequency=lambda x: x["n_orders"] - 1)
    known["monetary_value"] = known["mean_purchase"].where(known["frequency"] > 0)
    gross = Spend().fit(known.assign(returned=0.0)).predict(known)
    net = Spend().fit(known).predict(known)
    assert (net / gross).mean() == pytest.approx(0.7, abs=0.02)
