"""The largest customers carry the money: what is forecast of them is right, and they do not settle it for others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.learning import distribution, learners
from clv.learning.forecaster import Forecaster
from clv.units import annual, days

DAYS, HORIZON = 697, 90
WHALE, PRICE = 999_999, 7.14


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learners._BOOSTING, "max_iter", 20)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 100)
        patch.setattr(distribution, "_PARAMETER_DRAWS", 10)
        yield


def forecast(rows: pd.DataFrame, until: int, horizon: int = HORIZON) -> pd.DataFrame:
    """Return the forecast of a day, from all of its origins, with what the naive rule says beside it."""
    as_of = companies.day(until)
    seen = rows[rows["ordered_on"] <= pd.Timestamp(as_of)]
    span, past = companies.past(seen, as_of, horizon, 30)
    known = companies.known(seen, as_of, span)
    forecaster = Forecaster().fit(known, past, span=days(span), horizon=days(horizon), window=days(30))
    naive = (known["frequency"] / known["T"].where(known["T"] > 0)).fillna(0.0) * horizon / 7
    return forecaster.predict(known, annual(0.0)).assign(naive=naive, naive_revenue=naive * known["mean_purchase"])


def shop(seed: int, n: int = 400) -> pd.DataFrame:
    """Return ordinary customers: a mean pace of one order in thirty days, of whom many leave after an order."""
    rng = np.random.default_rng(seed)
    rate, leaves, level = rng.gamma(1.2, 1 / 36, n), rng.beta(1, 5, n), rng.gamma(6, 5, n)
    clock, active, bought = rng.integers(0, 600, n).astype(float), np.ones(n, dtype=bool), []
    while active.any():
        bought.append((np.flatnonzero(active), np.floor(clock[active])))
        clock = clock + rng.exponential(1 / np.maximum(rate, 1e-9))
        active &= (rng.random(n) >= leaves) & (clock < DAYS)
    customer, when = (np.concatenate(column) for column in zip(*bought, strict=True))
    return companies.purchase_days(
        customer, when, (level[customer] * rng.gamma(4, 0.25, customer.size)).round(2) + 0.01
    )


@pytest.fixture(scope="module", params=[1, 2])
def shops(request) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the forecasts of a shop, and of the same shop with one customer who comes every day."""
    ordinary = shop(request.param)
    whale = companies.purchase_days(np.full(DAYS, WHALE), np.arange(DAYS), PRICE)
    return forecast(ordinary, DAYS - 1), forecast(pd.concat([ordinary, whale]), DAYS - 1)


def test_a_customer_who_comes_every_day_for_two_years_is_expected_to_go_on(shops):
    whale = shops[1].loc[f"C{WHALE:06d}"]
    assert 0.9 * HORIZON <= whale["expected_orders"] <= HORIZON
    assert whale["expected_revenue"] == pytest.approx(PRICE * HORIZON, rel=0.1)
    assert whale["orders_high"] <= HORIZON
    assert whale["p_churn"] < 0.01
    assert whale["days_to_next_order"] <= 1.5


@pytest.mark.parametrize("of", ["expected_orders", "expected_revenue", "p_churn", "p_no_order"])
def test_one_customer_who_comes_every_day_moves_the_forecasts_of_the_others_little(shops, of):
    alone, beside = shops[0][of], shops[1][of].drop(f"C{WHALE:06d}")
    assert beside.sum() == pytest.approx(alone.sum(), rel=0.03)
    assert ((beside - alone).abs() / alone).median() < 0.10  # .02 to .098 here; .20 with all trees, where another wins


def heavy_tailed(seed: int, n: int = 1_500, until: int = 540) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a company with log-normal pace and Pareto spend, and what each customer truly is expected to bring."""
    rng = np.random.default_rng(seed)
    rate = np.minimum(np.exp(1.6 * rng.standard_normal(n) - 1.6**2 / 2) / 25, 1.5)
    level, leaves = 10 * (rng.pareto(1.8, n) + 0.5), np.maximum(rng.beta(0.32, 7.68, n), 1e-6)
    first, alive, bought, comes_a_day = rng.integers(0, 430, n), np.ones(n, dtype=bool), [], -np.expm1(-rate)
    for day in range(until + 1):
        comes = (first == day) | ((first < day) & alive & (rng.random(n) < comes_a_day))
        bought.append(np.flatnonzero(comes))
        alive &= ~(comes & (rng.random(n) < leaves))
    customer, when = np.concatenate(bought), np.repeat(np.arange(until + 1), [len(some) for some in bought])
    net = (level[customer] * rng.gamma(5, 0.2, customer.size)).round(2) + 0.01
    orders = alive * -np.expm1(2 * HORIZON * np.log1p(-comes_a_day * leaves)) / leaves
    truth = pd.DataFrame({"orders": orders, "revenue": orders * level}, index=[f"C{number:06d}" for number in range(n)])
    return companies.purchase_days(customer, when, net), truth


@pytest.fixture(scope="module")
def largest() -> pd.DataFrame:
    """Return the hundredth of customers of whom most money is expected, in several companies, beside the truth."""
    found = []
    for seed in range(10):
        rows, truth = heavy_tailed(seed)
        table = forecast(rows, 540, 2 * HORIZON)
        top = table.sort_values("expected_revenue", ascending=False).head(len(table) // 100)
        found.append(top.join(truth).assign(seed=seed))
    return pd.concat(found)


@pytest.mark.parametrize(("of", "true"), [("expected_orders", "orders"), ("expected_revenue", "revenue")])
def test_the_largest_hundredth_are_expected_to_bring_what_they_truly_bring(largest, of, true):
    by_company = largest.groupby("seed")[[of, true]].sum()
    assert (by_company[of] / by_company[true]).mean() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("of", "naive", "true"),
    [("expected_orders", "naive", "orders"), ("expected_revenue", "naive_revenue", "revenue")],
)
def test_of_the_largest_hundredth_the_forecast_errs_no_more_than_the_naive_rate(largest, of, naive, true):
    unit = largest.groupby("seed")[true].transform("mean")  # each company counts alike
    error = {name: np.mean(((largest[name] - largest[true]) / unit) ** 2) for name in (of, naive)}
    assert error[of] <= error[naive]
