"""The way from transactions to customers is the same on every engine: it compiles for all, and two of them agree."""

import datetime as dt
import sys

import ibis
import pandas as pd
import pytest
from ibis.config import Config as IbisOptions
from pandas.testing import assert_frame_equal
from tests.data.postgres import load
from tests.test_config import SHIPPED

from clv.config import load_config
from clv.data import behaviour, customers, history, origins, periods, series
from clv.data.engine import DIALECTS, dialects_of, net_of_earliest, open_engine
from clv.data.ingest import ingest
from clv.data.schema import TRANSACTIONS

AS_OF = dt.date(2017, 11, 30)
SPLIT = dt.date(2017, 6, 30)


def every_expression(transactions: ibis.Table, days: ibis.Table | None = None) -> dict[str, ibis.Table]:
    """Return all that the product asks an engine, each with a key that orders its rows."""
    days = customers.customer_days(transactions, AS_OF) if days is None else days
    summary = customers.customer_summary(days, AS_OF)
    daily = series.daily_series(days, AS_OF)
    return {
        "any_order": customers.customer_days(transactions, AS_OF, "any_order"),
        "days": days,
        "summary": summary,
        "holdout": customers.holdout_summary(transactions, SPLIT, AS_OF),
        "counts": customers.distinct_counts(summary),
        "behaviour": behaviour.behaviour(days, AS_OF, 91),
        "log_gaps": behaviour.log_gaps(days, AS_OF),
        "daily": daily,
        "weekly": series.weekly_series(daily, AS_OF),
        "spend": series.spend_sums(days),
        "months": history.monthly_activity(days),
        "cohorts": history.cohort_activity(days),
        "quarters": history.cohort_activity(days, 3),
        "first_orders": history.first_orders(days, SPLIT),
        "repeat_orders": history.repeat_orders(days, SPLIT),
        "gaps": history.days_between_orders(days),
    }


@pytest.fixture
def without_spark(monkeypatch):
    """Let Ibis write Spark SQL though Spark is not installed: its options come with it."""

    class Options(IbisOptions):
        treat_nan_as_null: bool = False

    if "pyspark" not in sys.modules:
        monkeypatch.setattr(ibis.options, "pyspark", Options())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_expression_compiles_without_the_words_of_another_dialect(without_spark, dialect):
    transactions = ibis.table(TRANSACTIONS, name="transactions")
    sampled = transactions.filter((transactions.customer_id.hash() % 10_000).abs() < 5)
    for name, expression in (every_expression(transactions) | {"sample": sampled}).items():
        text = ibis.to_sql(expression, dialect=dialect)
        assert text, name
        if dialect != "duckdb":
            assert "ARG_MIN" not in text, name


def test_the_aggregate_of_one_dialect_is_used_on_that_dialect_only(engine):
    columns = {"customer_id": "string", "ordered_on": "date", "net": "decimal(38,4)", "is_purchase": "bool"}
    apart, held = (
        ibis.table(columns, name="apart"),
        engine.create_table("held_days", schema=ibis.schema(columns), temp=True),
    )
    assert (dialects_of(apart.net), dialects_of(held.net)) == (set(), {"duckdb"})
    for days, said in ((apart, "FIRST("), (held, "ARG_MIN(")):
        first = days.group_by("customer_id").aggregate(net=net_of_earliest(days.net, days.ordered_on, days.is_purchase))
        assert said in ibis.to_sql(first, dialect="duckdb")


@pytest.fixture(scope="module")
def both(postgres, tmp_path_factory):
    """Return the transactions of a part of complete_journey on both engines."""
    folder = tmp_path_factory.mktemp("both")
    source = load_config(next(file for file in SHIPPED if file.stem == "complete_journey")).source.transactions[0]
    ingest(source, folder, today=dt.date(2026, 1, 1))
    engine = open_engine()
    part = engine.read_parquet(folder / "transactions.parquet").filter(lambda line: line.customer_id.length() < 3)
    part.to_parquet(folder / "part.parquet")
    types = {"customer_id": "text", "ordered_on": "date", "amount": "numeric(18,4)"}
    load(postgres, "transactions", folder / "part.parquet", types)
    there = ibis.postgres.connect(host=postgres.socket, user="postgres", database="postgres")
    yield engine.read_parquet(folder / "part.parquet"), there.table("transactions")
    there.disconnect()
    engine.disconnect()


def _ordered(table: ibis.Table) -> pd.DataFrame:
    frame = table.to_pyarrow().to_pandas(date_as_object=True)
    keys = [name for name in frame if not pd.api.types.is_float_dtype(frame[name])]
    return frame.sort_values(keys, ignore_index=True)


def test_two_engines_give_the_same_customers(both):
    for name, (ours, theirs) in zip(
        every_expression(both[0]), zip(*(every_expression(table).values() for table in both), strict=True), strict=True
    ):
        one, other = _ordered(ours), _ordered(theirs)
        assert len(one) > 0, name
        whole = [column for column in one if pd.api.types.is_integer_dtype(one[column])]
        assert_frame_equal(one[whole], other[whole], check_dtype=False, obj=name)
        for column in set(one) - set(whole):
            if pd.api.types.is_float_dtype(one[column]):
                # to the cent, and sums of logarithms to the order in which an engine adds
                assert (one[column].isna() == other[column].isna()).all(), (name, column)
                assert (one[column] - other[column].astype(float)).abs().max() < 1e-6, (name, column)
            else:
                assert one[column].tolist() == other[column].tolist(), (name, column)


def test_panels_and_origins_are_read_from_either_engine(both):
    read = []
    for table in both:
        days = customers.customer_days(table, AS_OF)
        assert periods.panel_of(days) is None
        plan = origins.plan_origins(origins.history_start(days), AS_OF, 60)
        read.append(origins.read_origins(days, plan, AS_OF))
    assert len(read[0]) == len(read[1]) > 1
    for ours, theirs in zip(*read, strict=True):
        assert_frame_equal(ours.outcome, theirs.outcome, check_dtype=False)
        assert_frame_equal(ours.known, theirs.known, check_dtype=False, check_exact=False, atol=1e-6)
