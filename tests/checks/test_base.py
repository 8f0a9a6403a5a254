"""What is said of the base follows its own numbers, whatever they are."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import base
from clv.data.accounting import Accounts

MONTHS = st.lists(st.floats(0, 1e6), max_size=40)


def accounts(used, aside, unknown=0, later=0, worth="5"):
    reasons = {"no_amount": aside} if aside else {}
    return Accounts(
        used + aside + later, used, later, aside, 0, reasons, unknown, Decimal(9), Decimal(1), Decimal(worth), True
    )


@given(MONTHS, st.sampled_from([0.0, 0.03, 0.2]))
def test_a_trend_has_the_sign_of_its_change_and_a_year_is_compared_where_there_is_one(values, least):
    claim = base.trend(pd.Series(values, dtype=float), least)
    assert claim.n == len(values)
    if claim.verdict == "too_short":
        assert len(values) < 6 or sum(values[-6:-3]) == 0 or (len(values) >= 15 and sum(values[-15:-12]) == 0)
        return
    way, _, against = claim.verdict.partition("_on_")
    before = values[-15:-12] if against == "year" else values[-6:-3]
    change = sum(values[-3:]) / sum(before) - 1
    assert against == ("year" if len(values) >= 15 and sum(values[-15:-12]) > 0 else "quarter")
    assert claim["change"] == pytest.approx(abs(change), abs=1e-6)
    assert way == ("steady" if abs(round(change, 6)) < least else "rising" if round(change, 6) > 0 else "falling")
    assert claim["low"] == min(values)


def test_a_season_is_no_growth():
    """Thirteen per cent above the quarter before, six below the year before: the year is what counts."""
    values = pd.Series([100.0, 100, 100, 90, 90, 90, 85, 85, 85, 83, 83, 83, 94, 94, 94])
    claim = base.trend(values, 0.03)
    assert (claim.verdict, claim["change"]) == ("falling_on_year", 0.06)


@given(st.integers(0, 500), st.integers(0, 500))
def test_newcomers_are_some_or_hardly_any_as_their_share_says(new, more):
    claim = base.newcomers(new, new + more)
    assert claim.verdict == ("nobody_bought" if new + more == 0 else "hardly" if new / (new + more) < 0.02 else "some")


@given(st.integers(1, 10_000), st.integers(0, 2_000), st.integers(0, 50), st.integers(0, 9))
def test_lines_set_aside_are_told_with_what_is_known_of_their_worth(used, aside, unknown, later):
    unknown = min(unknown, aside)
    level, *said = base.lines_used(accounts(used, aside, unknown, later))
    share = aside / (used + aside)
    assert level.verdict == ("high" if share < 0.01 else "medium" if share < 0.05 else "low")
    assert (level.severity == "pass") == (level.verdict == "high")
    verdicts = {claim.name: claim.verdict for claim in said}
    assert verdicts["lines_used"] == ("some" if aside else "all")
    assert verdicts.get("worth") == (
        None if not aside else "known" if not unknown else "unknown" if unknown == aside else "partly"
    )
    assert ("later" in verdicts) == (later > 0)


def test_figures_by_hand():
    customers = pd.DataFrame(
        {
            "n_orders": [1, 3, 0],
            "first_order": pd.to_datetime(["2024-06-20", "2023-01-01", None]),
            "last_order": pd.to_datetime(["2024-06-20", "2024-03-01", None]),
            "value_to_date": [10.0, 30.0, -2.0],
        }
    )
    found = base.figures(customers, dt.date(2024, 6, 30), window_days=60)
    assert (found["customers"], found["buyers"], found["orders"], found["sales"]) == (3, 2, 4, 38.0)
    assert (found["active"], found["new"], found["bought_lately"], found["once"]) == (1, 1, 1, 1)


@pytest.mark.parametrize(("filled", "verdict"), [([True, True], "well"), ([True, False], "gap"), ([], "nobody")])
def test_who_is_reached(filled, verdict):
    cards = pd.DataFrame({"email": filled, "city": [True] * len(filled)}, index=list("ab")[: len(filled)])
    claim = base.reached(cards.astype(bool), pd.Series("A", index=list("ab")), 3)
    assert claim.verdict == verdict
    if filled:
        assert claim["missing"] == filled.count(False)


def test_what_to_do_follows_what_was_found():
    made = base.orders_made(pd.Series([1, 1, 1, 2]))
    short, often = base.trend(pd.Series(dtype=float), 0.03), base.orders_made(pd.Series([3, 4]))
    nothing = base.actions(short, base.newcomers(5, 10), often, None, None, accounts(10, 0), 0)
    assert nothing == []
    falling = base.trend(pd.Series([2.0, 2, 2, 1, 1, 1]), 0.03)
    done = base.actions(falling, base.newcomers(0, 10), made, None, None, accounts(9, 1), 7)
    assert [claim.name for claim in done] == [
        "win_customers", "second_purchase", "find_the_fall", "correct_lines", "follow_up"
    ]  # fmt: skip
