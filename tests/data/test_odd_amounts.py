"""A forecast takes a few odd amounts at their usual; the money itself stays as it is."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.data.engine import open_engine
from clv.data.odd_amounts import LEAST_FACTOR, as_usual, find_odd


def shop(n: int = 300, seed: int = 7, spread: float = 0.4) -> pd.DataFrame:
    """Return days of customers with amounts of their own size."""
    rng = np.random.default_rng(seed)
    n_orders = rng.geometric(0.2, n)
    who = np.repeat(np.arange(n), n_orders)
    size = rng.normal(3.5, 0.5, n)[who] + rng.normal(0, spread, who.size)
    day = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.arange(who.size) % 500, unit="D")
    frame = pd.DataFrame({"customer_id": [f"K{i:03d}" for i in who], "ordered_on": day, "net": np.exp(size).round(2)})
    return frame.drop_duplicates(["customer_id", "ordered_on"], ignore_index=True)


SCHEMA = {"customer_id": "string", "ordered_on": "date", "net": "decimal(38, 4)", "is_purchase": "bool"}


def table(frame: pd.DataFrame):
    net = [None if np.isnan(value) else Decimal(str(value)) for value in frame["net"]]
    bought = frame["net"].isna() | (frame["net"] > 0)
    engine = open_engine()
    days = engine.create_table("days", schema=SCHEMA)
    engine.insert("days", frame.assign(net=net, ordered_on=frame["ordered_on"].dt.date, is_purchase=bought)[[*SCHEMA]])
    return days


def test_nothing_is_odd_in_a_usual_shop():
    found = find_odd(table(shop()))
    assert found.days.empty
    assert found.refunds.empty
    assert found.decisions == ()


@pytest.mark.parametrize("factor", [100, 1e4, 1e10])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_lost_decimal_point_is_found_wherever_it_stands(factor, seed):
    frame = shop()
    at = int(np.random.default_rng(seed).integers(len(frame)))
    true = float(frame.loc[at, "net"])
    frame.loc[at, "net"] = round(true * factor, 2)
    found = find_odd(table(frame))
    assert found.days["customer_id"].tolist() == [frame.loc[at, "customer_id"]]
    if (frame["customer_id"] == frame.loc[at, "customer_id"]).sum() > 3:
        assert 1 / 3 < found.days["usual"].item() / true < 3
    assert found.decisions[0].n == 1
    assert found.decisions[0].examples[0].startswith(frame.loc[at, "customer_id"])


def test_two_odd_days_of_one_customer_do_not_hide_each_other():
    frame = shop()
    largest = frame["customer_id"].value_counts().index[0]
    at = frame.index[frame["customer_id"] == largest][:2]
    frame.loc[at, "net"] *= 100
    assert len(find_odd(table(frame)).days) == 2


def test_a_large_customer_is_not_odd():
    frame = shop()
    largest = frame["customer_id"].value_counts().index[0]
    frame.loc[frame["customer_id"] == largest, "net"] *= 1000
    assert find_odd(table(frame)).days.empty


def test_what_happens_often_is_how_the_company_sells():
    frame = shop()
    frame.loc[::20, "net"] *= 60  # every twentieth order
    assert find_odd(table(frame)).days.empty


def test_amounts_that_are_all_alike_leave_room_for_a_larger_one():
    frame = shop().assign(net=10.0)
    frame.loc[3, "net"] = 10 * LEAST_FACTOR - 1
    assert find_odd(table(frame)).days.empty
    frame.loc[3, "net"] = 10 * LEAST_FACTOR + 1
    assert len(find_odd(table(frame)).days) == 1


def test_a_refund_beyond_all_purchases_takes_no_more_back():
    frame = shop()
    who = frame["customer_id"].value_counts().index[0]
    paid = frame.loc[frame["customer_id"] == who, "net"].sum()
    refund = pd.DataFrame({"customer_id": [who], "ordered_on": [pd.Timestamp("2024-08-01")], "net": [-50_000.0]})
    days = table(pd.concat([frame, refund], ignore_index=True))
    odd = find_odd(days)
    usual = as_usual(days, odd).execute()
    own = usual[usual["customer_id"] == who]
    assert float(own["usual_net"].sum()) == pytest.approx(0.0, abs=0.01)
    assert float(own["net"].sum()) == pytest.approx(paid - 50_000, abs=0.01)
    assert odd.decisions[0].topic == "odd_refunds"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n_odd=st.integers(0, 3), n_refunds=st.integers(0, 3))
def test_rows_and_money_are_kept_whatever_is_odd(seed, n_odd, n_refunds):
    rng = np.random.default_rng(seed)
    frame = shop(60, seed)
    frame.loc[rng.integers(0, len(frame), n_odd), "net"] *= 1000
    frame.loc[rng.integers(0, len(frame), n_refunds), "net"] *= -300
    days = table(frame)
    usual = as_usual(days, find_odd(days)).execute()
    assert len(usual) == len(frame)
    assert float(usual["net"].sum()) == pytest.approx(frame["net"].sum(), rel=1e-9)
    assert list(usual.columns) == [*days.columns, "usual_net"]


def test_a_log_without_amounts_has_none():
    days = table(shop().assign(net=np.nan))
    found = find_odd(days)
    assert found.days.empty
    assert as_usual(days, found).execute()["usual_net"].isna().all()
