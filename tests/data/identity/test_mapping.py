from decimal import Decimal

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.data.engine import open_engine
from clv.data.identity import count_unknown, map_ids
from clv.errors import DataError

MAP = pd.DataFrame(
    {
        "register": ["shop", "shop", "web", "web"],
        "customer_id": ["1", "2", "1", "u"],
        "person_id": ["shop:1", "shop:1", "web:1", "shop:1"],
    }
)
IDS = st.one_of(st.none(), st.sampled_from(["1", "2", "u", "01", "1 ", "", "shop:1", "ñ'\";--"]))
ROWS = st.lists(st.tuples(IDS, IDS, st.decimals(-999, 999, places=4)), min_size=1, max_size=30)
SCHEMA = {"customer_id": "string", "referred_by": "string", "amount": "decimal(18, 4)"}


def table(rows):
    frame = pd.DataFrame(rows, columns=list(SCHEMA), dtype=object)
    return ibis.memtable(frame, schema=ibis.schema(SCHEMA))


def run(expression):
    return open_engine().to_pyarrow(expression).to_pylist()


def test_ids_become_people_of_their_register_and_others_stay():
    rows = table([("1", "2", Decimal(1)), ("2", None, Decimal(2)), ("9", "u", Decimal(3))])
    mapped = run(map_ids(rows, MAP, "shop", ("customer_id", "referred_by")).order_by("amount"))
    assert [row["customer_id"] for row in mapped] == ["shop:1", "shop:1", "9"]
    assert [row["referred_by"] for row in mapped] == ["shop:1", None, "u"]
    assert run(map_ids(rows, MAP, "web").order_by("amount"))[0]["customer_id"] == "web:1"


@given(ROWS)
def test_no_row_and_no_money_is_gained_or_lost(rows):
    mapped = map_ids(table(rows), MAP, "shop", ("customer_id", "referred_by"))
    assert mapped.schema() == ibis.schema(SCHEMA)
    people = {"1": "shop:1", "2": "shop:1"}
    expected = sorted(
        (repr(people.get(one, one)), repr(people.get(other, other)), amount) for one, other, amount in rows
    )
    found = sorted((repr(r["customer_id"]), repr(r["referred_by"]), r["amount"]) for r in run(mapped))
    assert found == expected


def test_what_is_unknown_is_counted():
    rows = table([("1", "7", Decimal(1)), ("9", "7", Decimal(2)), ("9", None, Decimal(3)), (None, "1", Decimal(4))])
    counts = run(count_unknown(rows, MAP, "shop", ("customer_id", "referred_by")).order_by("column"))
    assert counts == [
        {"column": "customer_id", "n_ids": 1, "n_rows": 2},
        {"column": "referred_by", "n_ids": 1, "n_rows": 2},
    ]


def test_a_map_as_table_doubles_no_row_even_if_it_names_an_id_twice():
    twice = pd.concat([MAP, MAP.head(1)], ignore_index=True)
    assert len(run(map_ids(table([("1", None, Decimal(1))]), ibis.memtable(twice), "shop"))) == 1
    with pytest.raises(DataError, match="1 ids occur twice"):
        map_ids(table([("1", None, Decimal(1))]), twice, "shop")


def test_a_missing_column_is_said():
    with pytest.raises(DataError, match="no column 'converted_to'"):
        map_ids(table([("1", None, Decimal(1))]), MAP, "shop", ("converted_to",))


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "pyspark"])
def test_the_expression_compiles_for_other_engines(dialect):
    rows = ibis.table(SCHEMA, name="orders")
    people = ibis.table({"register": "string", "customer_id": "string", "person_id": "string"}, name="identity")
    assert "COALESCE" in ibis.to_sql(map_ids(rows, people, "shop"), dialect=dialect)
