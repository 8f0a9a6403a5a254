"""One forecast whatever door it came through: its table, its total, who competed, and its charts."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import clv
from clv.config import config_for_file
from clv.decisions import scoring
from clv.decisions.export import DICTIONARY
from clv.decisions.reach import reach_of, reach_of_buyers
from clv.errors import ClvError, ConfigError, DataError
from clv.models import BGNBD

COUNTS = ["frequency", "recency", "T"]
COLUMNS = {"customer": "client", "date": "day", "amount": "net"}


def test_the_face_forecasts_what_clv_score_writes(shop, log, contested):
    columns = {"customer_id": "client", "ordered_at": "day", "amount": "net"}
    config = config_for_file(shop, {"columns": columns}, as_of=log.as_of, horizon_days=91, margin=0.4)
    written = scoring.score(config).set_index("customer_id")
    pd.testing.assert_frame_equal(contested.table, written, rtol=1e-9)


def test_every_column_is_in_the_dictionary(contested, alone):
    assert list(contested.table) == [name for name in DICTIONARY if name in contested.table]
    assert list(alone.table) == list(contested.table)
    assert alone.table.index.equals(contested.table.index)


@pytest.mark.parametrize("which", ["contested", "alone"])
def test_totals_are_the_sums_of_the_table_within_their_range(request, which):
    found = request.getfixturevalue(which)
    sums = found.table[["expected_orders", "expected_revenue", "clv"]].sum()
    np.testing.assert_allclose(found.total["expected"], sums)
    assert (found.total["low"] < found.total["expected"]).all()
    assert (found.total["expected"] < found.total["high"]).all()
    # chance evens out over customers, and a sum is surer than any one of them
    one = (found.table["orders_high"] - found.table["orders_low"]).sum() / sums["expected_orders"]
    assert (found.total["high"] - found.total["low"])["orders"] / sums["expected_orders"] < one


def test_ranges_hold_their_medians(alone):
    table = alone.table
    assert (table["orders_low"] <= table["median_orders"]).all()
    assert (table["median_orders"] <= table["orders_high"]).all()
    assert (table["revenue_low"] <= table["median_revenue"]).all()
    assert table["p_churn"].between(0, 1).all()
    assert (table["p_no_order"] <= table["p_churn"] + 1e-12).all()


def test_models_alone_expect_what_a_family_of_them_expects(log, alone):
    from clv.models.purchases.family import ModelFamily

    counts = clv.customers(log).table[COUNTS]
    expected = ModelFamily().fit(counts).predict(counts, clv.days(91))["expected_purchases"]
    np.testing.assert_allclose(alone.table["expected_orders"], expected, rtol=1e-6)
    assert alone.winner == "probability models"
    assert alone.contest.empty


def test_a_table_of_counts_forecasts_the_orders_of_its_log(log, alone):
    counts = clv.customers(log).table[[*COUNTS, "monetary_value"]]
    shuffled = counts.sample(frac=1, random_state=1)
    found = clv.forecast(clv.customers(shuffled, unit="week", as_of=log.as_of), clv.days(91), margin=0.4)
    assert found.table.index.equals(shuffled.index)
    same = [name for name in alone.table if name.split("_")[-1] not in {"revenue", "clv", "value"}]
    of_orders = [name for name in same if name in found.table and "revenue" not in name and "clv" not in name]
    pd.testing.assert_frame_equal(found.table.loc[counts.index, of_orders], alone.table[of_orders], check_dtype=False)
    # of first purchases it knows nothing, so that money differs a little
    assert found.total.loc["revenue", "expected"] == pytest.approx(alone.total.loc["revenue", "expected"], rel=0.1)


def test_a_table_without_money_or_day_forecasts_neither(log):
    found = clv.forecast(clv.customers(clv.customers(log).table[COUNTS], unit="week"), clv.weeks(13))
    assert found.total.index.tolist() == ["orders"]
    assert not {"clv", "expected_revenue", "next_order", "monetary_value"} & set(found.table)
    assert "revenue" not in repr(found)
    assert found.as_of is None


def test_the_margin_scales_the_value_alone(log, alone):
    whole = clv.forecast(log, clv.days(91), contest=False)
    np.testing.assert_allclose(0.4 * whole.table["clv"], alone.table["clv"])
    np.testing.assert_allclose(0.4 * whole.total.loc["clv"], alone.total.loc["clv"])
    assert whole.table["expected_revenue"].equals(alone.table["expected_revenue"])


def test_who_competed_stands_best_first_with_weights(contested):
    contest = contested.contest
    assert contest["rmse"].is_monotonic_increasing
    assert {"blend", "probability models", "regression", "naive rate"} <= set(contest.index)
    assert contest["weight"].sum() == pytest.approx(1)


def test_candidates_compete_where_there_is_a_past(log, quick):
    found = clv.forecast(log, clv.days(91), candidates={"mine": BGNBD()})
    assert "mine" in found.contest.index
    with pytest.raises(ConfigError, match="candidates compete at past days"):
        clv.forecast(log, clv.days(91), candidates=[BGNBD()], contest=False)


def test_score_reads_forecasts_and_writes(shop, log, alone, tmp_path):
    out = tmp_path / "scores.parquet"
    found = clv.score(shop, clv.days(91), **COLUMNS, as_of=log.as_of, margin=0.4, contest=False, out=out)
    pd.testing.assert_frame_equal(found.table, alone.table, rtol=1e-9)
    written = pd.read_parquet(out)
    assert written["customer_id"].tolist() == found.table.index.tolist()
    np.testing.assert_allclose(written["clv"], found.table["clv"])


def test_a_forecast_tells_itself_in_a_sentence(alone):
    orders = alone.total.loc["orders"]
    said = f"<Forecast of {len(alone.table)} customers over 91 days from 2025-06-29 by probability models: orders "
    assert repr(alone).startswith(f"{said}{orders['expected']:,.0f} ({orders['low']:,.0f} to {orders['high']:,.0f}); ")


# --- charts


def test_charts_are_figures_that_pyplot_does_not_know(contested, alone):
    from matplotlib import pyplot

    drawn = [contested.plot.contest(), contested.plot.customers(), alone.plot.deciles(), alone.plot.cumulative()]
    assert all(isinstance(figure, Figure) and figure.axes for figure in drawn)
    assert not pyplot.get_fignums()


def test_the_test_on_a_holdout_is_that_of_the_forecast(log, alone):
    check = alone.plot.holdout()
    assert check is alone.plot.holdout()  # once, for all charts
    assert check.span.days == 91  # a third of the history, and no more than the horizon
    assert check.forecaster.contest_.table.empty  # the models alone, as forecast
    made = log.table[log.table["is_purchase"] & (log.table["ordered_on"] > pd.Timestamp(check.origin.as_of))]
    assert check.outcome["orders"].sum() == made["customer_id"].isin(check.known.index).sum()
    with pytest.raises(ConfigError, match="holdout_days must be above 0 and below the"):
        alone.plot.holdout(9_999)


def test_a_chart_that_cannot_be_says_why(alone, log):
    with pytest.raises(DataError, match="nobody competed: the probability models forecast alone"):
        alone.plot.contest()
    counted = clv.forecast(clv.customers(clv.customers(log).table[COUNTS], unit="week"), clv.weeks(13))
    assert isinstance(counted.plot.customers(), Figure)
    with pytest.raises(DataError, match="a test needs the transactions"):
        counted.plot.deciles()


# --- what is refused


FAULTS = [
    ({"horizon": 365}, "horizon must be a Horizon, e.g. weeks(39); got 365"),
    ({"window": 90}, "horizon must be a Horizon"),
    ({"margin": 40}, "margin must be above 0 and at most 1, a fraction of sales; got 40"),
    ({"annual_discount_rate": 10}, "annual discount rate must be at least 0 and below 1"),
    ({"horizon": clv.days(9_000)}, "horizon_days = 9000 is"),
]


@pytest.mark.parametrize(("terms", "said"), FAULTS)
@pytest.mark.parametrize("contest", [True, False])
def test_terms_that_cannot_be_are_refused_in_one_line(log, terms, said, contest):
    with pytest.raises(ClvError) as raised:
        clv.forecast(log, **terms, contest=contest)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_frame_must_come_through_a_door(orders):
    with pytest.raises(ConfigError, match=r"got DataFrame: clv.read\(transactions\), or clv.customers\(counts, unit="):
        clv.forecast(orders, clv.days(30))


def test_too_few_customers_are_refused(orders):
    few = clv.read(orders[orders["client"] < "0003"], **COLUMNS)
    with pytest.raises(DataError, match="only 3 customers bought"):
        clv.forecast(few, clv.days(30), contest=False)
    with pytest.raises(DataError, match="only 3 customers bought"):
        clv.forecast(few, clv.days(30))


def test_the_reach_of_buyers_is_that_of_their_days(log):
    buyers = clv.customers(log).buyers
    found = reach_of_buyers(buyers["first_order"], buyers["frequency"], log.as_of, 91)
    assert found == reach_of(log.days, log.as_of, 91)
    assert reach_of_buyers(buyers["first_order"].head(9), buyers["frequency"].head(9), log.as_of, 91) is None
