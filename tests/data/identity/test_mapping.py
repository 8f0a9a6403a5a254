from decimal import Decimal

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.data.engine import open_engine
from clv.data.identity import map_ids
from clv.errors import DataError

MAP = pd.DataFrame(
    {
        "register": ["shop", "shop", "web", "web"],
        "customer_id": ["1", "2", "1", "u"],
        "person_id": ["shop:1", "shop:1", "web:1", "shop:1"],
    }
)
IDS = st.one_of(st.none(), st.sampled_from(["1", "2", "u", "01", "1 ", "", "shop:1", "ñ'\";--"]))
REGISTERS = st.sampled_from(["shop", "web", "branch"])
ROWS = st.lists(st.tuples(REGISTERS, IDS, IDS, st.decimals(-999, 999, places=4)), min_size=1, max_size=30)
SCHEMA = {"register": "string", "customer_id": "string", "referred_by": "string", "amount": "decimal(18, 4)"}
BOTH = ("customer_id", "referred_by")


def table(rows):
    frame = pd.DataFrame(rows, columns=list(SCHEMA), dtype=object)
    return ibis.memtable(frame, schema=ibis.schema(SCHEMA))


def run(expression):
    return open_engine().to_pyarrow(expression).to_pylist()


def test_ids_become_people_of_their_register():
    rows = table([("shop", "1", "2", Decimal(1)), ("web", "u", None, Decimal(2)), ("web", "1", "u", Decimal(3))])
    mapped = run(map_ids(rows, MAP, BOTH).order_by("amount"))
    assert [row["customer_id"] for row in mapped] == ["shop:1", "shop:1", "web:1"]
    assert [row["referred_by"] for row in mapped] == ["shop:1", None, "shop:1"]


def test_one_id_of_two_registers_without_a_card_is_two_people():
    rows = table([("shop", "9", None, Decimal(1)), ("web", "9", None, Decimal(2))])
    assert [row["customer_id"] for row in run(map_ids(rows, MAP).order_by("amount"))] == ["shop:9", "web:9"]
    alone = run(map_ids(rows, MAP, several_registers=False).order_by("amount"))
    assert [row["customer_id"] for row in alone] == ["9", "9"]


@given(ROWS)
def test_no_row_and_no_money_is_gained_or_lost(rows):
    mapped = map_ids(table(rows), MAP, BOTH)
    assert mapped.schema() == ibis.schema(SCHEMA)
    people = {(row.register, row.customer_id): row.person_id for row in MAP.itertuples()}

    def person(register, one):
        return repr(None if one is None else people.get((register, one), f"{register}:{one}"))

    expected = sorted((where, person(where, one), person(where, other), amount) for where, one, other, amount in rows)
    found = sorted((r["register"], repr(r["customer_id"]), repr(r["referred_by"]), r["amount"]) for r in run(mapped))
    assert found == expected


def test_a_map_as_table_doubles_no_row_even_if_it_names_an_id_twice():
    twice = pd.concat([MAP, MAP.head(1)], ignore_index=True)
    rows = table([("shop", "1", None, Decimal(1))])
    assert len(run(map_ids(rows, ibis.memtable(twice)))) == 1
    with pytest.raises(DataError, match="1 ids occur twice"):
        map_ids(rows, twice)


def test_a_missing_column_is_said():
    rows = table([("shop", "1", None, Decimal(1))])
    with pytest.raises(DataError, match="no column 'converted_to'"):
        map_ids(rows, MAP, ("converted_to",))
    with pytest.raises(DataError, match="no column 'register'"):
        map_ids(rows.drop("register"), MAP)


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "pyspark"])
def test_the_expression_compiles_for_other_engines(dialect):
    rows = ibis.table(SCHEMA, name="orders")
    people = ibis.table({"register": "string", "customer_id": "string", "person_id": "string"}, name="identity")
    assert "COALESCE" in ibis.to_sql(map_ids(rows, people), dialect=dialect)
