"""Rows of every table are clean or quarantined with a reason, values are what they say, and keys are counted."""

import csv
import datetime as dt
import io
from collections import Counter
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.tables.conftest import TODAY, company

from clv.config import parse_config
from clv.data.tables import read_register
from clv.definitions import TABLES
from clv.errors import ConfigError, DataError

CASES = (
    "case_id;customer_id;opened_at;resolved_at;is_escalated;satisfaction\n"
    "1;007;31/01/2017 09:30;02/02/2017;sí;8\n"
    "2;7;13/02/2017;;no;\n"
    "2;8;13/02/2017;;no;\n"  # the case before
    "3;;13/02/2017;;;\n"
    "4;7;;;;\n"
    "5;7;bald;;;\n"
    "6;7;13/02/2017;12/02/2017;;\n"
    "7;7;01/02/2027;;;\n"
    "8;7;13/02/2017;13/02/2017;maybe;11\n"
    "9;7;13/02/2017\n"
)


def test_every_faulty_row_has_its_reason_and_every_faulty_value_is_counted(take, write):
    taken = take(company({"cases": write("cases.csv", CASES)}, max_unreadable_share=0.5))
    record = taken["cases"]
    assert record.reasons == {
        "case_id given before": 1,
        "no customer_id": 1,
        "no opened_at": 1,
        "opened_at cannot be read": 1,
        "opened_at in the future": 1,
        "resolved_at before opened_at": 1,
        "the line does not have the columns of its table": 1,
    }
    assert record.values_set_aside == {"is_escalated cannot be read": 1, "satisfaction out of range": 1}
    clean = taken.clean("cases")
    assert clean["case_id"].tolist() == ["1", "2", "8"]
    assert clean["customer_id"].tolist() == ["007", "7", "7"]
    assert clean["opened_at"].tolist()[0] == pd.Timestamp("2017-01-31 09:30")
    assert clean["resolved_at"].isna().tolist() == [False, True, False]
    assert clean["is_escalated"].tolist() == [True, False, None]
    assert clean["satisfaction"].tolist()[0] == 8.0
    quarantine = taken.quarantine("cases").set_index("fault")
    assert quarantine.loc["opened_at cannot be read", "opened_at"] == "bald"
    assert quarantine.loc["resolved_at before opened_at", "resolved_at"] == "12/02/2017"
    assert quarantine.loc["the line does not have the columns of its table", "line"] == "9;7;13/02/2017"
    assert record.columns == ("case_id", "customer_id", "opened_at", "resolved_at", "is_escalated", "satisfaction")
    assert "first_response_at" in record.missing_columns


@pytest.mark.parametrize("name", [name for name in TABLES if name != "transactions"])
def test_every_table_is_read_into_the_columns_and_types_of_its_definition(take, tmp_path, name):
    definition = TABLES[name]
    values = {
        "id": "0071", "text": "x", "day": "2017-01-31", "moment": "2017-01-31 09:30", "money": "12.50",
        "number": "3.5", "share": "0.25", "score": "7.5", "flag": "no",
    }  # fmt: skip
    mapped = {column.name: f"their {column.name}" for column in definition.columns}
    text = io.StringIO()
    csv.writer(text).writerows([mapped.values(), [values[column.kind] for column in definition.columns]])
    (tmp_path / "table.csv").write_text(text.getvalue())
    taken = take(company({name: {"path": str(tmp_path / "table.csv"), "columns": mapped}}, personal_columns="keep"))
    assert (taken[name].rows_clean, taken[name].missing_columns) == (1, ())
    table = pq.read_table(taken.folder / f"{name}.parquet")
    types = {
        "id": pa.string(), "text": pa.string(), "day": pa.date32(), "moment": pa.timestamp("us"),
        "money": pa.decimal128(18, 4), "number": pa.float64(), "share": pa.float64(), "score": pa.float64(),
        "flag": pa.bool_(),
    }  # fmt: skip
    for column in definition.columns:
        assert table.schema.field(column.name).type == types[column.kind], column.name
    read = table.to_pylist()[0]
    expected = {
        "id": "0071", "text": "x", "day": dt.date(2017, 1, 31), "moment": dt.datetime(2017, 1, 31, 9, 30),
        "money": Decimal("12.5000"), "number": 3.5, "share": 0.25, "score": 7.5, "flag": False,
    }  # fmt: skip
    assert {column.name: read[column.name] for column in definition.columns} == {
        column.name: expected[column.kind] for column in definition.columns
    }


def test_columns_that_no_place_maps_are_null_of_their_type(take, write):
    taken = take(company({"products": write("p.csv", "product_id,brand\n1,A\n")}))
    table = pq.read_table(taken.folder / "products.parquet")
    assert table.column_names == [column.name for column in TABLES["products"].columns]
    assert table.schema.field("unit_cost").type == pa.decimal128(18, 4)
    assert table["unit_cost"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("column", "written", "read"),
    [
        ("unit_cost", ["1.234,50", "7,00"], [Decimal("1234.5"), Decimal(7)]),
        ("unit_cost", ["-1.00", "2.00"], [None, Decimal(2)]),
        ("margin", ["0,125", "0.250"], [0.125, 0.25]),
        ("margin", ["35%", "1"], [0.35, 1.0]),
        ("margin", ["1.01", "-0.5"], [None, None]),
    ],
)
def test_numbers_are_read_in_the_ways_of_the_transactions(take, write, column, written, read):
    text = f"product_id;{column}\n" + "".join(f"{n};{value}\n" for n, value in enumerate(written))
    taken = take(company({"products": write("p.csv", text, delimiter=";")}, max_unreadable_share=1))
    assert pq.read_table(taken.folder / "products.parquet")[column].to_pylist() == read


def test_a_way_of_writing_that_is_stated_holds_for_a_table(take, write):
    place = write("c.csv", "campaign_id,starts_on,cost\n1,03-04-17,$1.704\n", date_format="%d-%m-%y", decimal=".")
    taken = take(company({"campaigns": place | {"currency_sign": "$"}}))
    row = pq.read_table(taken.folder / "campaigns.parquet").to_pylist()[0]
    assert (row["starts_on"], row["cost"]) == (dt.date(2017, 4, 3), Decimal("1.704"))
    with pytest.raises(DataError, match=r"c\.csv: starts_on: years have two digits"):
        take(company({"campaigns": {**place, "date_format": None}}))


def test_moments_in_utc_are_brought_home_and_days_stay_where_they_are(take, tmp_path):
    columns = {"case_id": ["1"], "customer_id": ["a"], "opened_at": [dt.datetime(2017, 6, 1, 1)]}
    pq.write_table(pa.table(columns), tmp_path / "cases.parquet")
    tasks = {"task_id": ["1"], "customer_id": ["a"], "due_on": [dt.datetime(2017, 6, 1)]}
    pq.write_table(pa.table(tasks), tmp_path / "t.parquet")
    names = {name: name for name in columns}
    where = {"timezone": "America/New_York"}
    taken = take(company({
        "cases": {"path": str(tmp_path / "cases.parquet"), "columns": names, **where},
        "tasks": {"path": str(tmp_path / "t.parquet"), "columns": {n: n for n in tasks}, **where},
    }))  # fmt: skip
    assert taken.clean("cases")["opened_at"].tolist() == [pd.Timestamp("2017-05-31 21:00")]
    assert taken.clean("tasks")["due_on"].tolist() == [dt.date(2017, 6, 1)]


def test_placeholders_for_no_end_are_no_end(take, write):
    text = "subscription_id,customer_id,started_on,ended_on\n1,a,2017-01-01,9999-12-31\n2,b,2017-01-01,2017-03-01\n"
    taken = take(company({"subscriptions": write("s.csv", text)}))
    assert taken.clean("subscriptions")["ended_on"].tolist() == [None, dt.date(2017, 3, 1)]
    assert taken["subscriptions"].values_set_aside == {"ended_on before 1900 or after 2100": 1}


def test_an_opportunity_needs_a_customer_or_a_prospect(take, write):
    text = "opportunity_id,customer_id,prospect_id\n1,a,\n2,,p\n3,,\n"
    taken = take(company({"opportunities": write("o.csv", text)}))
    assert taken["opportunities"].reasons == {"neither customer_id nor prospect_id": 1}


# --- several places, registers, attributes ---


def test_registers_lie_below_each_other_and_each_has_its_own_ids(take, write):
    shop = write(
        "shop.csv", "customer_id,city,income\n1,Lugo,high\n2,Vigo,low\n2,Vigo,low\n", "income", register="shop"
    )
    web = write("web.csv", "customer_id;age\n1;33\n", "age", register="web")
    taken = take(company({"customers": [shop, web]}))
    clean = taken.clean("customers")
    assert list(zip(clean["register"], clean["customer_id"], clean["city"].fillna(""), strict=True)) == [
        ("shop", "1", "Lugo"), ("shop", "2", "Vigo"), ("web", "1", "")
    ]  # fmt: skip
    assert clean["income"].fillna("").tolist() == ["high", "low", ""]
    assert clean["age"].fillna("").tolist() == ["", "", "33"]
    assert taken["customers"].reasons == {"customer_id given before": 1}
    assert taken["customers"].attributes == ("income", "age")


def test_an_attribute_keeps_its_type_unless_places_differ(take, tmp_path, write):
    pq.write_table(
        pa.table({"id": ["a"], "age": [7], "score": [1.5], "day": [dt.date(2017, 1, 1)]}), tmp_path / "a.parquet"
    )
    names = ("age", "score", "day")
    one = {
        "path": str(tmp_path / "a.parquet"),
        "columns": {"customer_id": "id"},
        "attributes": dict(zip(names, names, strict=True)),
    }
    schema = pq.read_schema(take(company({"customers": one})).folder / "customers.parquet")
    assert [schema.field(name).type for name in names] == [pa.int64(), pa.float64(), pa.string()]
    both = take(company({"customers": [one, write("b.csv", "customer_id,age\nb,x\n", "age")]}))
    assert both.clean("customers")["age"].tolist() == ["7", "x"]


# --- keys across tables ---


def test_keys_without_a_partner_are_counted_and_kept(take, tmp_path, write):
    folder = tmp_path / "run"
    folder.mkdir()
    log = {"customer_id": ["a", "a", "b"], "register": ["main"] * 3, "product_id": ["1", "9", "9"]}
    pq.write_table(pa.table(log), folder / "transactions.parquet")
    taken = take(
        company({
            "customers": write("customers.csv", "customer_id,referred_by\na,z\nc,a\n"),
            "products": write("products.csv", "product_id,brand\n1,A\n"),
            "campaigns": write("campaigns.csv", "campaign_id,name\n1,A\n"),
            "campaign_responses": write("r.csv", "campaign_id,customer_id\n1,a\n2,a\n2,z\n3,b\n"),
            "cases": write("cases.csv", "case_id,customer_id,opened_at\n1,c,2017-01-31\n2,a,2017-01-31\n"),
        }),
        folder,
    )  # fmt: skip
    expected = {
        ("campaign_responses", "campaign_id", "campaigns"): (3, 2),
        ("campaign_responses", "customer_id", "customers"): (2, 2),
        ("campaign_responses", "customer_id", "transactions"): (1, 1),
        ("cases", "customer_id", "customers"): (0, 0),
        ("cases", "customer_id", "transactions"): (1, 1),
        ("customers", "customer_id", "transactions"): (1, 1),
        ("customers", "referred_by", "customers"): (1, 1),
        ("transactions", "customer_id", "customers"): (1, 1),
        ("transactions", "product_id", "products"): (2, 1),
    }
    found = {(o.table, o.column, o.target): (o.rows, o.values) for o in taken.read.orphans}
    assert found == expected
    assert len(taken.clean("campaign_responses")) == 4


def test_a_customer_of_another_register_is_no_partner(take, write):
    cards = write("cards.csv", "customer_id,city\na,Lugo\n", register="shop")
    for register, orphans in (("shop", 0), ("web", 1)):
        tasks = write("tasks.csv", "task_id,customer_id\n1,a\n", register=register)
        taken = take(company({"customers": cards, "tasks": tasks}))
        assert taken.orphans("tasks", "customer_id", "customers").rows == orphans


# --- personal columns ---

CARDS = (
    "customer_id,name,email,birth_date,city,nick\n1,Ana Soto,ana@x.cl,1980-01-31,Lugo,Anita\n"
    "2,Eva Rey,eva@x.cl,never,Vigo,E\n,Nil Mas,nil@x.cl,,Reus,N\n1,Ana S.,,,,\nLeo Paz\n"
)


def test_personal_columns_reach_no_file(take, write):
    taken = take(company({"customers": write("cards.csv", CARDS, "nick")}, max_unreadable_share=0.5))
    record = taken["customers"]
    assert record.personal_columns == ("name", "email", "birth_date")
    assert record.columns == ("customer_id", "city")
    assert not set(TABLES["customers"].personal) & set(taken.clean("customers"))
    assert not set(TABLES["customers"].personal) & set(taken.quarantine("customers"))
    for file in taken.folder.iterdir():
        seen = str(pq.read_table(file).to_pylist())
        assert not [word for word in ("Soto", "Rey", "Mas", "Paz", "@x.cl", "1980", "never") if word in seen]
    assert record.values_set_aside == {"birth_date cannot be read": 1}


def test_personal_columns_stay_when_asked_for(take, write):
    taken = take(
        company({"customers": write("c.csv", CARDS, "nick")}, max_unreadable_share=0.5, personal_columns="keep")
    )
    assert taken.clean("customers")["email"].tolist() == ["ana@x.cl", "eva@x.cl"]
    assert "Leo Paz" in taken.quarantine("customers")["line"].tolist()


def test_the_register_holds_all_columns_in_memory_only(engine, tmp_path, write):
    folder = tmp_path / "run"
    folder.mkdir()
    config = company({"customers": write("cards.csv", CARDS, "nick", register="shop")}, max_unreadable_share=0.5)
    register = read_register(config, engine, folder, TODAY)
    frame = register.execute()
    assert frame["name"].tolist() == ["Ana Soto", "Eva Rey"]
    assert frame["register"].tolist() == ["shop"] * 2
    assert set(register.columns) == {"register", "nick", *(column.name for column in TABLES["customers"].columns)}
    assert list(folder.iterdir()) == []
    assert read_register(company({}), engine, folder, TODAY) is None


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("case_id,customer_id,opened_at\n" + "1,a,soon\n" * 5,
         r"opened_at \(for cases\.opened_at\): 5 of 5 values cannot be read, e\.g\. 'soon' in line 2; state"),
        ("case_id,customer_id,opened_at,satisfaction\n1,a,2017-01-31,80\n",
         r"1 of 1 values are out of range, e\.g\. '80' in line 2; values go from 0 to 10"),
        ("case_id,customer_id,opened_at\n1,a\n", r"cases\.csv: 1 of 1 lines do not have the columns"),
        ("case_id,customer_id,opened_at\n1,a,03/04/2017\n", r"opened_at: day and month cannot be told apart"),
    ],
)  # fmt: skip
def test_a_table_that_was_misread_is_refused_and_nothing_is_left(tmp_path, take, write, text, said):
    folder = tmp_path / "run"
    with pytest.raises(DataError, match=said):
        take(company({"cases": write("cases.csv", text)}), folder)
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_column_that_the_file_lacks_is_named_with_the_nearest(take, write):
    place = write("p.csv", "product_id,marka\n1,A\n")
    with pytest.raises(DataError, match=r"1 of 2 columns are missing: 'marke' \(for brand; did you mean 'marka'\?\)"):
        take(company({"products": place | {"columns": {"product_id": "product_id", "brand": "marke"}}}))


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"case": {}}, r"source\.case: unknown key .*did you mean 'cases'\?"),
        ({"cases": {"path": "x.csv", "columns": {"case_id": "a", "custmer_id": "b", "opened_at": "c"}}},
         r"source\.cases: columns\.custmer_id: unknown column; did you mean 'customer_id'\?; known are case_id"),
        ({"cases": {"path": "x.csv", "columns": {"case_id": "a"}}},
         r"source\.cases: columns must name the source column of customer_id, opened_at"),
        ({"opportunities": {"path": "x.csv", "columns": {"opportunity_id": "a"}}}, r"of customer_id or prospect_id"),
        ({"plan": {"columns": {"portfolio": "a"}}}, r"source\.plan\.path: is required and missing"),
        ({"plan": [{"path": "a.csv", "columns": {"portfolio": "a"}}, {"path": "b.csv", "colums": {}}]},
         r"source\.plan\.1\.colums: unknown key .*did you mean 'columns'\?"),
        ({"plan": {"path": "x.csv", "columns": {"portfolio": "a"}, "attributes": {"owner": "b"}}},
         r"attributes\.owner: is a column of the table; map it under columns"),
        ({"plan": {"path": "x.csv", "columns": {"portfolio": "a"}, "registre": "b"}}, r"did you mean 'register'\?"),
        ({"plan": "x.csv"}, r"source\.plan = 'x\.csv': input should be a valid tuple"),
    ],
)  # fmt: skip
def test_a_faulty_table_of_a_config_is_said_as_other_faults_are(tables, said):
    with pytest.raises(ConfigError, match=said):
        company(tables)


def test_a_config_with_tables_survives_json():
    config = company(
        {"plan": {"path": "x.csv", "columns": {"portfolio": "a"}, "register": "b"}}, personal_columns="keep"
    )
    assert type(config).model_validate_json(config.model_dump_json()) == config
    assert config.source.plan[0].register_name == "b"
    again = parse_config(config.model_dump(), where="again")
    assert again == config


# --- conservation ---

ids = st.sampled_from(["1", "2", "007", "7", "ñ", "", " ", "3", "4", '"q', "a,b"])
days = st.sampled_from(["2017-01-31", "2017-02-13", "2018-01-01", "2030-01-01", "1900-01-01", "2017-02-30", "soon", ""])
flags = st.sampled_from(["true", "no", "", "perhaps"])
scores = st.sampled_from(["0", "10", "7.5", "11", "-1", "", "good"])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.tuples(ids, ids, days, days, flags, scores), max_size=20), st.integers(0, 3))
def test_rows_and_values_are_conserved_whatever_is_wrong(take, tmp_path, rows, n_malformed):
    names = ("case_id", "customer_id", "opened_at", "resolved_at", "is_escalated", "satisfaction")
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(
        [names, ("z", "z", "2017-01-01", "", "", ""), *rows]
    )
    (tmp_path / "cases.csv").write_text(text.getvalue() + "malformed\n" * n_malformed)
    place = {"path": str(tmp_path / "cases.csv"), "columns": {name: name for name in names}}
    taken = take(company({"cases": place}, max_unreadable_share=1))
    record, clean = taken["cases"], taken.clean("cases")
    assert record.rows_read == len(rows) + 1 + n_malformed
    assert record.reasons.get("the line does not have the columns of its table", 0) == n_malformed
    assert clean["case_id"].is_unique
    assert not clean[["case_id", "customer_id", "opened_at"]].isna().any(axis=None)
    assert (clean["resolved_at"].isna() | (clean["resolved_at"] >= clean["opened_at"])).all()
    assert clean["satisfaction"].dropna().between(0, 10).all()
    # the id of each row is in one of the two files, as it stood
    found = [*clean["case_id"], *taken.quarantine("cases").get("case_id", pd.Series(dtype=str)).dropna()]
    assert Counter(found) == Counter(row[0] for row in [("z",), *rows] if row[0].strip())
    readable = sum(row[5] in {"0", "10", "7.5"} for row in rows)
    aside = sum(n for name, n in record.values_set_aside.items() if name.startswith("satisfaction"))
    assert aside == sum(bool(row[5].strip()) for row in rows) - readable
