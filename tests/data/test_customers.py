"""One row per customer, counted by hand."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.data.customers import customer_days, customer_summary, distinct_counts, holdout_summary, summary_frame
from clv.data.schema import CUSTOMERS, MONEY

AS_OF = dt.date(2024, 3, 4)
LINES = [
    ("same day", "2024-01-01", 10), ("same day", "2024-01-01", 5), ("same day", "2024-01-15", 7),
    ("netting", "2024-01-01", 100), ("netting", "2024-01-08", 30), ("netting", "2024-01-08", -10),
    ("returned all", "2024-01-01", 40), ("returned all", "2024-01-08", 25), ("returned all", "2024-01-08", -25),
    ("returned later", "2024-01-01", 40), ("returned later", "2024-01-08", -15), ("returned later", "2024-01-22", 9),
    ("only refunds", "2024-02-01", -12.5),
    ("boundary", "2024-01-01", 1), ("boundary", "2024-03-04", 2), ("boundary", "2024-03-05", 999),
    ("first today", "2024-03-04", 3),
    ("tomorrow", "2024-03-05", 4),
    ("three", "2024-01-01", 1000), ("three", "2024-01-08", 10), ("three", "2024-01-22", 30),
    ("free", "2024-01-01", 0), ("free", "2024-01-08", 0),
    ("cents", "2024-01-01", "0.1"), ("cents", "2024-01-02", "0.1"), ("cents", "2024-01-03", "0.2"),
]  # fmt: skip


def summarise(table, as_of=AS_OF, rule="positive_net") -> pd.DataFrame:
    return customer_summary(customer_days(table, as_of, rule), as_of).execute().set_index("customer_id")


@pytest.fixture
def customers(lines):
    return summarise(lines(LINES))


@pytest.mark.parametrize(
    ("name", "n_orders", "recency_days", "T_days", "monetary_value", "value"),
    [
        ("same day", 2, 14, 63, 7, 22),
        ("netting", 2, 7, 63, 20, 120),
        ("returned all", 1, 0, 63, None, 40),  # a day that nets to nothing is no purchase
        ("returned later", 2, 21, 63, 9, 34),  # a day below zero is none either, but its money counts
        ("boundary", 2, 63, 63, 2, 3),  # the as-of day belongs to the past, the next day does not
        ("first today", 1, 0, 0, None, 3),
        ("three", 3, 21, 63, 20, 1040),  # the mean is over repeat purchases only
        ("cents", 3, 2, 63, 0.15, 0.4),
        ("free", 2, 7, 63, 0, 0),  # an order without money is an order
    ],
)
def test_a_history_is_summarised_as_by_hand(customers, name, n_orders, recency_days, T_days, monetary_value, value):
    row = customers.loc[name]
    assert (row["n_orders"], row["frequency"]) == (n_orders, n_orders - 1)
    assert (row["recency"] * 7, row["T"] * 7) == pytest.approx((recency_days, T_days), abs=1e-12)
    assert row["value_to_date"] == pytest.approx(value, abs=1e-9)
    if monetary_value is None:
        assert pd.isna(row["monetary_value"])
    else:
        assert row["monetary_value"] == pytest.approx(monetary_value, abs=1e-9)


def test_a_customer_who_never_paid_has_money_but_no_dates(customers):
    row = customers.loc["only refunds"]
    assert (row["n_orders"], row["frequency"]) == (0, 0)
    assert row[["first_order", "last_order", "recency", "T", "monetary_value"]].isna().all()
    assert row["value_to_date"] == -12.5


def test_under_any_order_every_day_is_a_purchase(lines):
    customers = summarise(lines(LINES), rule="any_order")
    assert customers["n_orders"].loc[["only refunds", "free", "returned later", "returned all"]].tolist() == [
        1,
        2,
        3,
        2,
    ]
    assert customers.loc["free", "monetary_value"] == 0
    assert customers.loc["returned later", "monetary_value"] == pytest.approx(-3)


@pytest.fixture
def unpriced(lines):
    """Four lines of a log without amounts."""
    days = [("a", "2024-01-01", 0), ("a", "2024-01-08", 0), ("a", "2024-01-08", 0), ("b", "2024-01-01", 0)]
    return lines(days).mutate(amount=ibis.null(MONEY))


@pytest.mark.parametrize("rule", ["positive_net", "any_order"])
def test_without_amounts_every_day_with_a_line_is_a_purchase_of_unknown_money(unpriced, rule):
    customers = summarise(unpriced, rule=rule)
    assert customers["n_orders"].to_dict() == {"a": 2, "b": 1}
    assert (customers["recency"] * 7).to_dict() == {"a": 7, "b": 0}
    assert customers[["monetary_value", "value_to_date"]].isna().all(axis=None)
    assert customers[["monetary_value", "value_to_date"]].dtypes.eq(float).all()


def test_without_amounts_a_holdout_counts_orders_only(unpriced):
    found = holdout_summary(unpriced, dt.date(2024, 1, 7), AS_OF).execute().set_index("customer_id")
    assert found["holdout_orders"].to_dict() == {"a": 1, "b": 0}
    assert found["holdout_revenue"].isna().all()


def test_who_comes_after_the_as_of_day_is_not_there(customers):
    assert "tomorrow" not in customers.index
    assert len(customers) == 10


def test_the_summary_has_the_columns_and_types_of_the_schema(lines):
    table = customer_summary(customer_days(lines(LINES), AS_OF), AS_OF)
    assert {name: kind.copy(nullable=True) for name, kind in table.schema().items()} == dict(CUSTOMERS.items())


def test_a_summary_as_a_frame_is_what_the_engine_executes(lines, unpriced):
    for table in (lines(LINES), lines([("later", "2024-03-05", 1)]), unpriced):
        summary = customer_summary(customer_days(table, AS_OF), AS_OF)
        executed = summary.execute().set_index("customer_id").astype({"monetary_value": float})
        pd.testing.assert_frame_equal(summary_frame(summary), executed)


def test_the_order_of_rows_does_not_matter(lines, customers):
    pd.testing.assert_frame_equal(summarise(lines(LINES[::-1])), customers)


histories = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.dates(dt.date(2024, 1, 1), dt.date(2024, 2, 15)).map(str),
        st.decimals(-50, 100, places=2),
    ),
    min_size=1,
    max_size=40,
)
few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(histories, st.dates(dt.date(2024, 1, 1), dt.date(2024, 2, 20)), st.sampled_from(["positive_net", "any_order"]))
def test_a_summary_agrees_with_plain_python(lines, rows, as_of, rule):
    nets: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    largest: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for customer, day, amount in rows:
        if day <= str(as_of):
            nets[customer][day] += amount
            largest[customer, day] = max(largest[customer, day], abs(amount))
    summary = summarise(lines(rows), as_of, rule)
    assert summary.index.tolist() == sorted(nets)
    assert summary["value_to_date"].sum() == pytest.approx(
        float(sum(amount for _, day, amount in rows if day <= str(as_of))), abs=1e-9
    )
    for customer, days in nets.items():
        free = {day for day in days if largest[customer, day] == 0}
        bought = sorted(day for day, net in days.items() if net > 0 or day in free or rule == "any_order")
        row = summary.loc[customer]
        assert row["n_orders"] == len(bought)
        if bought:
            ends = dt.date.fromisoformat(bought[0]), dt.date.fromisoformat(bought[-1])
            assert row["recency"] * 7 == pytest.approx((ends[1] - ends[0]).days, abs=1e-9)
            assert row["T"] * 7 == pytest.approx((as_of - ends[0]).days, abs=1e-9)
        if len(bought) > 1:
            mean = sum(days[day] for day in bought[1:]) / (len(bought) - 1)
            assert row["monetary_value"] == pytest.approx(float(mean), abs=1e-9)
        else:
            assert pd.isna(row["monetary_value"])


def test_distinct_counts_hold_every_buyer_once(lines, customers):
    table = customer_summary(customer_days(lines(LINES), AS_OF), AS_OF)
    counts = distinct_counts(table).execute()
    buyers = customers[customers["first_order"].notna()]
    assert counts["n_customers"].sum() == len(buyers) == 9
    expected = buyers.groupby(["frequency", "recency", "T"]).size()
    pd.testing.assert_series_equal(
        counts.set_index(["frequency", "recency", "T"])["n_customers"], expected, check_names=False
    )


def test_the_holdout_counts_known_customers_after_the_split_only(lines):
    table = lines([
        ("returns", "2024-01-01", 10), ("returns", "2024-02-01", 5), ("returns", "2024-02-01", 5),
        ("returns", "2024-02-10", -3), ("returns", "2024-02-20", 4),
        ("on the split day", "2024-01-01", 10), ("on the split day", "2024-01-31", 99),
        ("silent", "2024-01-31", 10),
        ("after the end", "2024-01-05", 10), ("after the end", "2024-03-01", 10),
        ("on the last day", "2024-01-05", 10), ("on the last day", "2024-02-29", 10),
        ("new", "2024-02-01", 10),
        ("refund before", "2024-01-05", -5), ("refund before", "2024-02-05", 50),
    ])  # fmt: skip
    found = holdout_summary(table, dt.date(2024, 1, 31), dt.date(2024, 2, 29)).execute().set_index("customer_id")
    assert found["holdout_orders"].to_dict() == {
        "after the end": 0, "on the last day": 1, "on the split day": 0, "returns": 2, "silent": 0,
    }  # fmt: skip
    assert found["holdout_revenue"].to_dict() == {
        "after the end": 0.0, "on the last day": 10.0, "on the split day": 0.0, "returns": 11.0, "silent": 0.0,
    }  # fmt: skip


@few
@given(histories, st.dates(dt.date(2024, 1, 5), dt.date(2024, 2, 10)))
def test_calibration_and_holdout_add_up_to_the_whole(lines, rows, split):
    table, end = lines(rows), dt.date(2024, 2, 15)
    before, whole = summarise(table, split), summarise(table, end)
    holdout = holdout_summary(table, split, end).execute().set_index("customer_id")
    known = before[before["n_orders"] > 0]
    assert holdout.index.tolist() == known.index.tolist()
    assert (known["n_orders"] + holdout["holdout_orders"]).tolist() == whole.loc[known.index, "n_orders"].tolist()
    revenue = known["value_to_date"] + holdout["holdout_revenue"]
    assert revenue.tolist() == pytest.approx(whole.loc[known.index, "value_to_date"].tolist(), abs=1e-9)
