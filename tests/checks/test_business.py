"""The kind of a business follows how often customers buy and how few bring most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import business


@given(st.integers(1, 5000), st.floats(0, 1), st.floats(1, 60), st.none() | st.floats(0.001, 1))
def test_a_kind_is_named_by_its_own_numbers(buyers, share, each, for_80):
    once = round(share * buyers)
    base = {"customers": buyers, "buyers": buyers, "orders": round(each * buyers), "once": once}
    claim = business.kind_of_business(base, {"customers_for_80": for_80})
    assert claim.n == buyers
    assert claim["once_share"] + claim["again_share"] == pytest.approx(1)
    assert (claim.verdict == "single") == (claim["once_share"] >= business.MOSTLY_SINGLE)
    if claim.verdict == "accounts":
        assert 1 <= claim["accounts"] <= business.FEW_ACCOUNTS
    if claim.verdict == "regular":
        assert claim["each"] >= business.OFTEN
        assert claim["once_share"] < business.RARELY_SINGLE


@pytest.mark.parametrize(
    ("base", "value", "verdict"),
    [
        ({"customers": 6000, "buyers": 6000, "orders": 6060, "once": 5940}, {"customers_for_80": 0.54}, "single"),
        ({"customers": 320, "buyers": 320, "orders": 5184, "once": 22}, {"customers_for_80": 0.02}, "accounts"),
        ({"customers": 80, "buyers": 80, "orders": 1046, "once": 5}, {}, "regular"),  # nobody counted
        ({"customers": 2469, "buyers": 2469, "orders": 150_000, "once": 40}, {"customers_for_80": 0.4}, "regular"),
        (
            {"customers": 23570, "buyers": 23570, "orders": 67591, "once": 12054},
            {"customers_for_80": 0.33},
            "occasional",
        ),
    ],
)
def test_businesses_that_are_known(base, value, verdict):
    assert business.kind_of_business(base, value).verdict == verdict
