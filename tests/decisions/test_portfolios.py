"""Every customer in exactly one portfolio; customers and money of the portfolios are those of the base."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.decisions.portfolios import (
    NO_PURCHASE,
    PORTFOLIOS,
    assign_portfolios,
    at_risk,
    portfolio_grid,
    summarise_portfolios,
)
from clv.errors import DataError

CUTS = (0.3, 0.7)
risks = st.one_of(st.floats(0, 1), st.sampled_from([0.3, 0.7, 0.0, 1.0]), st.just(math.nan))
bases = st.lists(st.tuples(st.sampled_from("ABC"), risks, st.integers(-500, 10_000)), min_size=1, max_size=40)


def base(rows) -> pd.DataFrame:
    abc, risk, money = zip(*rows, strict=True)
    frame = pd.DataFrame({"abc": abc, "p_churn": np.array(risk, dtype=float), "value_to_date": np.array(money, float)})
    frame.index = pd.Index([f"c{number:03d}" for number in range(len(rows))], name="customer_id")
    known = frame["p_churn"].notna()
    for name, share in (("expected_orders", 0.01), ("expected_revenue", 0.5), ("clv", 0.2)):
        frame[name] = (frame["value_to_date"] * share).where(known)
    for of in ("orders", "revenue"):  # who is silent for sure brings nothing in the window
        frame[f"window_{of}"] = (1 - frame["p_churn"]) * frame[f"expected_{of}"].abs() / 2
    frame["p_alive"] = (1.6 - frame["p_churn"]).clip(0, 1)
    frame["orders_variance"], frame["revenue_variance"] = pd.Series(4.0, frame.index).where(known), 400.0 * known
    return frame.join(assign_portfolios(frame["abc"], frame["p_churn"], CUTS))


@pytest.mark.parametrize(
    ("abc", "risk", "portfolio"),
    [
        ("A", 0.0, "A_steady"),
        ("A", 0.2999, "A_steady"),
        ("B", 0.3, "B_at_risk"),
        ("B", 0.6999, "B_at_risk"),
        ("C", 0.7, "C_leaving"),
        ("A", 1.0, "A_leaving"),
        ("C", math.nan, NO_PURCHASE),
    ],
)
def test_a_customer_stands_where_value_and_risk_meet(abc, risk, portfolio):
    row = base([(abc, risk, 1)]).iloc[0]
    assert row["portfolio"] == portfolio
    assert pd.isna(row["risk"]) if portfolio == NO_PURCHASE else portfolio == f"{abc}_{row['risk']}"


@settings(max_examples=25, deadline=None)
@given(bases)
def test_every_customer_is_in_exactly_one_portfolio_and_nothing_is_lost(rows):
    customers = base(rows)
    assert customers["portfolio"].isin(PORTFOLIOS).all()
    table = summarise_portfolios(customers, 0.1)
    assert table.index.tolist() == [name for name in PORTFOLIOS if name in set(customers["portfolio"])]
    assert table["n_customers"].sum() == len(customers)
    assert table.notna().all(axis=None)
    for name in ("value_to_date", "expected_orders", "expected_revenue", "clv"):
        assert table[name].sum() == pytest.approx(customers[name].sum(), rel=1e-12, abs=1e-9)
    assert table["expected_silent"].sum() == pytest.approx(customers["p_churn"].sum())
    for of in ("orders", "revenue"):
        assert table[f"{of}_at_risk"].sum() == pytest.approx(at_risk(customers, of).sum(), rel=1e-12, abs=1e-9)
    never = (customers["portfolio"] == NO_PURCHASE).sum()
    assert never == customers["p_churn"].isna().sum()
    assert portfolio_grid(customers).to_numpy().sum() == len(customers) - never
    assert portfolio_grid(customers).shape == (3, 3)


def test_a_portfolio_ranges_by_its_own_luck_and_by_the_level_that_all_share():
    customers = base([("A", 0.1, 1000)] * 4 + [("C", 0.9, 100)] * 25)
    by_luck, by_both = summarise_portfolios(customers, 0.0), summarise_portfolios(customers, 0.2)
    mean = by_luck.loc["A_steady", "expected_revenue"]
    reach = 1.645 * np.sqrt(4 * 400.0)
    assert by_luck.loc["A_steady", "revenue_low"] == pytest.approx(mean - reach, rel=1e-3)
    assert by_luck.loc["A_steady", "revenue_high"] == pytest.approx(mean + reach, rel=1e-3)
    assert by_both.loc["A_steady", "revenue_low"] == pytest.approx(mean * 0.71, rel=0.01)  # log-normal of mean 1
    assert (by_both["revenue_low"] < by_luck["revenue_low"]).all()
    assert (by_both["orders_high"] > by_luck["orders_high"]).all()


def test_what_is_at_risk_is_what_the_window_would_bring_times_the_probability_that_it_brings_nothing():
    one = pd.DataFrame({"p_churn": [0.2], "p_alive": [0.95], "window_orders": [1.6], "window_revenue": [80.0]})
    assert at_risk(one, "orders").tolist() == pytest.approx([0.4])  # two orders of who orders at all
    assert at_risk(one, "revenue").tolist() == pytest.approx([20.0])


def test_classes_and_risks_of_different_customers_are_refused():
    with pytest.raises(DataError, match=r"portfolios: 2 value classes and 1 risks are not of the same customers"):
        assign_portfolios(pd.Series(["A", "B"]), pd.Series([0.5]), CUTS)
    with pytest.raises(DataError, match="in the same order; build both from one customer table"):
        assign_portfolios(pd.Series(["A", "B"], index=["x", "y"]), pd.Series([0.5, 0.1], index=["y", "x"]), CUTS)
