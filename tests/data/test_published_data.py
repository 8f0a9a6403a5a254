"""The data sets that ship give the totals their publishers state."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from clv.config import TransactionsTable, load_config
from clv.data.customers import customer_days, customer_summary, distinct_counts, holdout_summary
from clv.data.history import days_between_orders, first_orders, monthly_activity, repeat_orders
from clv.data.ingest import ingest
from clv.data.tables import read_tables

CONFIGS = Path(__file__).parents[2] / "data"
TODAY = dt.date(2026, 1, 1)
CALIBRATION_END, LAST_DAY = dt.date(1997, 9, 30), dt.date(1998, 6, 30)
SAMPLE = TransactionsTable(
    path="package:lifetimes/datasets/CDNOW_sample.txt",
    delimiter="whitespace",
    header=False,
    column_names=("master_id", "id", "date", "cds", "dollars"),
    columns={"customer_id": "id", "ordered_at": "date", "amount": "dollars"},
)


def _read(engine, source, folder):
    intake = ingest(source, folder, today=TODAY)
    return intake, engine.read_parquet(folder / "transactions.parquet")


def test_complete_journey_is_read_to_the_cent_and_to_the_day(engine, tmp_path):
    source = load_config(CONFIGS / "complete_journey.yaml").source.transactions[0]
    intake, transactions = _read(engine, source, tmp_path)
    assert (intake.rows_read, intake.rows_quarantined) == (1_469_307, 0)
    assert intake.amount_clean == Decimal("4596039.58")
    assert (intake.first_day, intake.last_day) == (dt.date(2017, 1, 1), dt.date(2017, 12, 31))
    assert transactions.customer_id.nunique().execute() == 2_469
    assert transactions.store_id.nunique().execute() == 457
    assert transactions.discount.sum().execute() == Decimal("791650.64")
    assert transactions.cost.notnull().sum().execute() == 0


def test_the_tables_of_complete_journey_are_read_whole(engine, tmp_path):
    read = read_tables(load_config(CONFIGS / "complete_journey.yaml"), engine, tmp_path, TODAY)
    assert {record.table: record.rows_clean for record in read.tables} == {
        "customers": 801, "products": 92_331, "campaigns": 27, "campaign_contacts": 6_589, "campaign_responses": 2_102,
    }  # fmt: skip
    assert not any(record.rows_quarantined or record.values_set_aside for record in read.tables)
    products = engine.read_parquet(tmp_path / "products.parquet").select(
        "product_id", "department", "category", "brand"
    )
    ice = products.filter(products.product_id == "25671").execute()
    assert ice.iloc[0].tolist() == ["25671", "GROCERY", "FRZN ICE", "National"]
    unknown = {(pair.table, pair.target): pair.values for pair in read.orphans}
    assert unknown[("campaign_contacts", "campaigns")] == unknown[("campaign_responses", "campaigns")] == 0


def test_the_whole_of_cdnow_is_read(engine, tmp_path):
    intake, transactions = _read(engine, load_config(CONFIGS / "cdnow.yaml").source.transactions[0], tmp_path)
    assert (intake.rows_read, intake.rows_clean) == (69_659, 69_659)
    assert transactions.customer_id.nunique().execute() == 23_570


@pytest.fixture(scope="module")
def sample(engine, tmp_path_factory):
    """Return the lines of the 1/10 sample of CDNOW."""
    return _read(engine, SAMPLE, tmp_path_factory.mktemp("sample"))[1]


def test_the_sample_of_cdnow_has_the_published_customers(sample):
    days = customer_days(sample, CALIBRATION_END, "any_order")
    summary = customer_summary(days, CALIBRATION_END)
    frame = summary.execute().set_index("customer_id")
    assert (len(frame), (frame["frequency"] > 0).sum()) == (2_357, 946)
    first = frame.loc["0001"]  # Hardie's sheet: x = 2, t_x = 30.43, T = 38.86 weeks, mean 22.35
    assert first["frequency"] == 2
    assert [round(first[name], 2) for name in ("recency", "T", "monetary_value")] == [30.43, 38.86, 22.34]
    counts = distinct_counts(summary).execute()
    assert counts["n_customers"].sum() == 2_357
    assert not counts.duplicated(["frequency", "recency", "T"]).any()


def test_a_purchase_on_the_split_day_is_calibration_as_in_clvtools(sample):
    holdout = holdout_summary(sample, dt.date(1998, 1, 1), LAST_DAY, "any_order").execute().set_index("customer_id")
    assert holdout.loc[["0001", "1000", "1056"], "holdout_orders"].tolist() == [0, 3, 3]
    # 1056 bought on 1998-01-01 itself: with the split a day before, it counts
    before = holdout_summary(sample, dt.date(1997, 12, 31), LAST_DAY, "any_order").execute().set_index("customer_id")
    assert before.loc["1056", "holdout_orders"] == 4


def test_the_history_of_the_sample_reconciles_with_its_customers(sample):
    days = customer_days(sample, LAST_DAY, "any_order")
    frame = customer_summary(days, LAST_DAY).execute()
    assert first_orders(days, LAST_DAY).n.sum().execute() == 2_357
    assert repeat_orders(days, LAST_DAY).n.sum().execute() == frame["frequency"].sum()
    assert days_between_orders(days).n.sum().execute() == frame["frequency"].sum()
    months = monthly_activity(days).execute()
    assert months["revenue"].sum() == pytest.approx(float(sample.amount.sum().execute()), abs=0.005)
    assert (months["orders"].sum(), months["new_customers"].sum()) == (frame["n_orders"].sum(), 2_357)
