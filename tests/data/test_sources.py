"""The same rows come out whatever holds them: text, Parquet, DuckDB, SQLite, a workbook or a PostgreSQL server."""

import datetime as dt
import json
import logging
import sqlite3
from decimal import Decimal

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.conftest import TODAY
from tests.data.postgres import entering, load
from tests.test_config import SHIPPED

from clv.config import TransactionsTable, load_config, parse_config
from clv.credentials import without_secrets
from clv.data import databases
from clv.data.connect import fingerprint, read_source
from clv.data.engine import open_engine
from clv.data.ingest import ingest
from clv.data.logs import ingest_all
from clv.errors import ConfigError, DataError
from clv.suite.workspace import prepare

COLUMNS = {"customer_id": "Kunde Nr", "ordered_at": "am", "amount": "Betrag", "order_id": "bon", "store_id": "Laden"}
NAMES = tuple(COLUMNS.values())
ROWS = [
    ("007", dt.datetime(2017, 1, 31, 9, 30), Decimal("12.50"), "a1", "N"),
    ("ñ, \"Ana\"", dt.datetime(2017, 2, 13, 0, 0), Decimal("-3.25"), "a2", None),
    ("=SUM(1)", dt.datetime(2017, 12, 31, 23, 59), Decimal("1000.0"), "line\nbreak", "S"),
    (None, dt.datetime(2017, 2, 13, 0, 0), Decimal("7.00"), "a4", "N"),
    ("void", None, Decimal("1.00"), "a5", "N"),
    ("7", dt.datetime(2017, 3, 1, 0, 0), None, "a6", "N"),
]  # fmt: skip
CLEAN = [
    ("007", dt.date(2017, 1, 31), Decimal("12.5000"), "a1", "N"),
    ("=SUM(1)", dt.date(2017, 12, 31), Decimal("1000.0000"), "line\nbreak", "S"),
    ('ñ, "Ana"', dt.date(2017, 2, 13), Decimal("-3.2500"), "a2", None),
]
REASONS = {"no_amount": 1, "no_customer_id": 1, "no_date": 1}


def _as_csv(folder):
    file = folder / "orders.csv"
    frame = pa.table(dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True)))
    duckdb.from_arrow(frame).write_csv(str(file), header=True)
    return {"path": str(file)}


def _as_parquet(folder):
    file = folder / "orders.parquet"
    pq.write_table(pa.table(dict(zip(NAMES, map(list, zip(*ROWS, strict=True)), strict=True))), file)
    return {"path": str(file)}


def _as_duckdb(folder):
    file = folder / "it's.db"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE SCHEMA ventas; CREATE TABLE other AS SELECT 1 AS x")
        connection.execute(
            'CREATE TABLE ventas.orders ("Kunde Nr" TEXT, am TIMESTAMP, "Betrag" DECIMAL(12,2), bon TEXT, "Laden" TEXT)'
        )
        connection.executemany("INSERT INTO ventas.orders VALUES (?, ?, ?, ?, ?)", ROWS)
    return {"path": str(file), "table": "ventas.orders"}


def _as_sqlite(folder):
    file = folder / "sho'p?.db"
    with sqlite3.connect(file) as connection:
        connection.execute('CREATE TABLE "or""ders" ("Kunde Nr", am TEXT, "Betrag" REAL, bon, "Laden")')
        rows = [
            (who, day and str(day), float(sum_) if sum_ is not None else None, *rest) for who, day, sum_, *rest in ROWS
        ]
        connection.executemany('INSERT INTO "or""ders" VALUES (?, ?, ?, ?, ?)', rows)
    connection.close()
    return {"path": str(file)}


def _as_workbook(folder):
    file, book = folder / "orders.xlsx", openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("ventas")
    for row in (NAMES, *ROWS):
        sheet.append(row)
    for row in sheet:
        if row[0].value == "=SUM(1)":
            row[0].data_type = "s"
    book.save(file)
    return {"path": str(file), "table": "ventas"}


FORMS = {
    "csv": _as_csv, "parquet": _as_parquet, "duckdb": _as_duckdb, "sqlite": _as_sqlite, "workbook": _as_workbook
}  # fmt: skip


@pytest.fixture
def server(postgres, monkeypatch):
    entering(postgres, monkeypatch)
    return postgres


def _create(server, name, types, rows):
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")
        cursor.execute(f"CREATE TABLE {name} ({types})")
        cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)  # noqa: S608


def _taken(tmp_path, source):
    folder = tmp_path / "taken"
    folder.mkdir()
    intake = ingest(TransactionsTable(columns=COLUMNS, **source), folder, today=TODAY)
    table = pq.read_table(folder / "transactions.parquet")
    rows = zip(
        *(table[name].to_pylist() for name in ("customer_id", "ordered_on", "amount", "order_id", "store_id")),
        strict=True,
    )
    return sorted(rows, key=lambda row: row[0]), intake


@pytest.mark.parametrize("form", FORMS)
def test_the_same_rows_come_out_of_every_file(tmp_path, form):
    rows, intake = _taken(tmp_path, FORMS[form](tmp_path))
    assert rows == CLEAN
    assert intake.reasons == REASONS
    assert (intake.amount_clean, intake.amount_quarantined) == (Decimal("1009.25"), Decimal("8.00"))


def test_the_same_rows_come_out_of_a_server(tmp_path, server):
    types = '"Kunde Nr" text, am timestamp, "Betrag" numeric, bon varchar(20), "Laden" char(1)'
    _create(server, "orders", types, ROWS)
    rows, intake = _taken(tmp_path, {"path": "postgresql:///postgres", "table": "orders"})
    assert rows == CLEAN
    assert intake.reasons == REASONS


def _rows(source, tmp_path):
    engine = open_engine()
    staging = tmp_path / "staging"
    staging.mkdir(exist_ok=True)
    try:
        return read_source(engine, source, staging).rows.to_pyarrow()
    finally:
        engine.disconnect()


def test_a_server_hands_over_every_type_as_it_is(tmp_path, server):
    types = (
        "id uuid, word text, n numeric, price numeric(9,3), part real, yes boolean, day date, "
        "local timestamp, zoned timestamptz, list int[], whole bigint"
    )
    first = (
        "0e37df36-f698-11e6-8dd4-cb9ced3df976", 'a "b",\n\\N', Decimal("12.3400000001"), Decimal("1.5"), 0.25, True,
        dt.date(1999, 12, 31), dt.datetime(2017, 1, 1, 1, 2, 3, 4), "2017-06-01 00:30:00+02", [1, 2], 2**62,
    )  # fmt: skip
    _create(server, "kinds", types, [first, ("0e37df36-f698-11e6-8dd4-cb9ced3df977", "", "NaN", *[None] * 8)])
    source = TransactionsTable(
        path="postgresql:///postgres", table="kinds", columns={"customer_id": "id", "ordered_at": "day"}
    )
    one, other = _rows(source, tmp_path).to_pylist()
    assert list(one.values()) == [
        *first[:2], Decimal("12.3400000001"), Decimal("1.500"), *first[4:8],
        dt.datetime(2017, 5, 31, 22, 30, tzinfo=dt.UTC), "{1,2}", 2**62,
    ]  # fmt: skip
    assert list(other.values())[1:] == ["", *[None] * 9]


def test_a_table_is_found_by_its_schema_and_an_unclear_name_is_asked_for(tmp_path, server):
    with server.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS north CASCADE; DROP SCHEMA IF EXISTS south CASCADE")
        for schema in ("north", "south"):
            connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.sales AS SELECT '{schema}' AS id")
    columns = {"customer_id": "id", "ordered_at": "day"}
    source = TransactionsTable(path="postgresql:///postgres", table="south.sales", columns=columns)
    assert _rows(source, tmp_path)["id"].to_pylist() == ["south"]
    with pytest.raises(DataError, match=r"tables \(north\.sales, south\.sales\); name one with 'table'"):
        _rows(source.model_copy(update={"table": "sales"}), tmp_path)
    with pytest.raises(DataError, match=r"holds \d+ tables \(.*\); name one with 'table'"):
        _rows(source.model_copy(update={"table": None}), tmp_path)


def test_an_empty_table_of_a_server_has_no_line_of_data(tmp_path, server):
    _create(server, "nothing", "id text, day date", [("a", "2017-01-01")])
    with server.connect() as connection:
        connection.execute("TRUNCATE nothing")
    source = TransactionsTable(
        path="postgresql:///postgres", table="nothing", columns={"customer_id": "id", "ordered_at": "day"}
    )
    with pytest.raises(DataError, match="no line of data"):
        ingest(source, tmp_path, today=TODAY)


def test_a_server_cannot_be_written_to(server, monkeypatch):
    monkeypatch.setenv("PGUSER", "postgres")  # who may do anything
    source = TransactionsTable(path="postgresql:///postgres", columns={"customer_id": "id", "ordered_at": "day"})
    with databases._server(source) as connected, pytest.raises(Exception, match="read-only transaction"):
        connected.raw_sql("CREATE TABLE written (x int)")


def test_the_fingerprint_of_a_table_follows_its_rows(server):
    _create(server, "prints", "id text, day date", [("a", "2017-01-01"), ("b", "2017-01-01")])
    source = TransactionsTable(
        path="postgresql:///postgres", table="prints", columns={"customer_id": "id", "ordered_at": "day"}
    )
    before = fingerprint(source)
    assert fingerprint(source) == before
    with server.connect() as connection:
        connection.execute("UPDATE prints SET day = '2017-01-02' WHERE id = 'b'")
    assert fingerprint(source) != before


# --- no secret is shown ---

SECRET = "Geheim-31415"  # noqa: S105 - nobody's


def company(path, **more):
    table = {"path": path, "columns": {"customer_id": "id", "ordered_at": "day"}} | more
    return {"name": "shop", "title": "Shop", "source": {"transactions": table}}


@pytest.mark.parametrize(
    "content",
    [
        company(f"postgresql://ana:{SECRET}@db/shop"),
        company(f"postgresql://{SECRET}@db/shop"),
        company(f"postgresql://ana:/{SECRET}@db/shop"),
        company(f"postgresql://db/shop?user=ana&password={SECRET}"),
        company("postgresql://db/shop", password=SECRET),
        company("postgresql://db/shop", credentials=SECRET),
        company(f"postgresql://ana:{SECRET}@db/shop", delimeter=";") | {"margin": f"postgresql://x:{SECRET}@db"},
        company({"url": f"postgresql://ana:{SECRET}@db/shop"}),
        company([f"password={SECRET}"]),
        company("a.csv", **{f"postgresql://ana:{SECRET}@db": 1}),
    ],
)
def test_a_secret_in_a_config_is_refused_and_not_shown(content):
    with pytest.raises(ConfigError) as error:
        parse_config(content, where="shop.yaml")
    assert SECRET not in str(error.value)


def test_messages_keep_the_words_that_are_no_secret(monkeypatch):
    monkeypatch.setenv("PWD", "/srv/shop")
    monkeypatch.setenv("USER", "root")
    monkeypatch.setenv("SHOP_PASSWORD", SECRET)
    assert without_secrets(f"/srv/shop/root.csv: {SECRET}") == "/srv/shop/root.csv: ***"


def test_a_secret_in_a_file_that_is_no_yaml_is_not_shown(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(f"name: shop\n  password: {SECRET}\n url: postgresql://ana:{SECRET}@db\n: [")
    with pytest.raises(ConfigError) as error:
        load_config(file)
    assert SECRET not in str(error.value)


def test_a_wrong_password_is_said_without_it(tmp_path, server, monkeypatch, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    source = TransactionsTable(
        path="postgresql:///postgres", table="x", columns={"customer_id": "id", "ordered_at": "d"}
    )
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with pytest.raises(DataError, match=r"password authentication failed .* check that the server answers") as error:
        ingest(source, tmp_path, today=TODAY)
    seen = str(error.value) + repr(error.value.__cause__) + caplog.text + "".join(capfd.readouterr())
    assert SECRET not in seen


def test_a_run_from_a_server_keeps_no_trace_of_its_password(tmp_path, server, monkeypatch):
    _create(
        server, "log", "id text, day date", [(f"c{n % 40}", dt.date(2017, 1, 1) + dt.timedelta(n)) for n in range(300)]
    )
    for name in ("PGUSER", "PGPASSWORD"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("SHOP_USER", server.environment["PGUSER"])
    monkeypatch.setenv("SHOP_PASSWORD", server.password)
    config = parse_config(company("postgresql:///postgres", table="log", credentials="SHOP"), where="shop.yaml")
    workspace = prepare(config, tmp_path, run_id="x", today=TODAY)
    assert workspace.context.intake.rows_clean == 300
    for file in tmp_path.rglob("*"):
        assert file.is_dir() or server.password.encode() not in file.read_bytes(), file
    assert server.password not in repr(workspace.context)


# --- files ---


def test_a_batch_of_a_database_ends_where_the_next_begins(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "BATCH", 7)
    file = tmp_path / "many.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (id INTEGER, day TEXT, mixed)")
        connection.executemany(
            "INSERT INTO t VALUES (?, '2017-01-31', ?)", [(n, n if n % 2 else f"t{n}") for n in range(23)]
        )
    connection.close()
    rows = _rows(TransactionsTable(path=str(file), columns={"customer_id": "id", "ordered_at": "day"}), tmp_path)
    assert rows["id"].to_pylist() == list(range(23))
    assert rows["mixed"].to_pylist() == [str(n) if n % 2 else f"t{n}" for n in range(23)]


def test_several_files_of_a_database_are_all_read_and_must_have_the_same_columns(tmp_path):
    for name, column in (("a", "id"), ("b", "id"), ("other", "nr")):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute(f"CREATE TABLE sales AS SELECT '{name}' AS {column}, DATE '2017-01-31' AS day")
    columns = {"customer_id": "id", "ordered_at": "day"}
    both = TransactionsTable(path=str(tmp_path / "[ab].duckdb"), columns=columns)
    assert _rows(both, tmp_path)["id"].to_pylist() == ["a", "b"]
    with pytest.raises(DataError, match=r"other\.duckdb: its columns are not those of a\.duckdb"):
        _rows(both.model_copy(update={"path": str(tmp_path / "*.duckdb")}), tmp_path)


def _book(tmp_path, rows, merge=None):
    file, book = tmp_path / "book.xlsx", openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    book.save(file)
    return TransactionsTable(path=str(file), columns={"customer_id": "id", "ordered_at": "day"})


@pytest.mark.parametrize(
    ("rows", "merge", "said"),
    [
        ([["Sales 2017", None, None], ["id", "day", "sum"], ["a", "2017-01-31", 1]], None, "no name for 2 of 3"),
        ([["Sales 2017", None, None], ["id", "day", "sum"], ["a", "2017-01-31", 1]], "A1:C1", "merged cells"),
        ([["id", "day", None], ["a", "2017-01-31", 1]], "B1:C1", "merged cells"),
        ([[7, "2017-01-31", 1], [8, "2017-01-31", 1]], None, "its first row holds values, e.g. 7; state header"),
        ([], None, "is empty; name another with 'table'"),
    ],
)  # fmt: skip
def test_a_sheet_whose_first_row_is_no_header_is_refused_with_a_word(tmp_path, rows, merge, said):
    with pytest.raises(DataError, match=said):
        _rows(_book(tmp_path, rows, merge), tmp_path)


def test_merged_cells_below_the_header_are_no_obstacle(tmp_path):
    source = _book(tmp_path, [["id", "day"], ["a", "2017-01-31"], [None, "2017-01-31"]], "A2:A3")
    assert _rows(source, tmp_path)["id"].to_pylist() == ["a", None]


def test_a_sheet_keeps_what_a_reader_of_it_sees(tmp_path):
    source = _book(
        tmp_path, [["id", "day", "mixed"], [7, dt.date(2017, 1, 31), "x"], [2**40, dt.datetime(2017, 2, 1, 9), 7]]
    )
    rows = _rows(source, tmp_path)
    assert rows["id"].to_pylist() == [7, 2**40]
    assert rows["day"].to_pylist() == [dt.datetime(2017, 1, 31), dt.datetime(2017, 2, 1, 9)]
    assert rows["mixed"].to_pylist() == ["x", "7"]
    with pytest.raises(DataError, match=r"has no sheet 'Shet'; name one with 'table': Sheet"):
        _rows(source.model_copy(update={"table": "Shet"}), tmp_path)


# --- several logs ---


def test_several_logs_are_one_with_the_register_of_each(tmp_path):
    (tmp_path / "shop.csv").write_text("id;fecha;monto\n1;31/01/2017;1.000,50\n2;13/02/2017;7,25\n;13/02/2017;2,00\n")
    (tmp_path / "web.csv").write_text("client,date,total\n1,2017-03-01,10.25\n3,soon,5\n")
    logs = [
        TransactionsTable(path=str(tmp_path / "shop.csv"), register="shop",
                          columns={"customer_id": "id", "ordered_at": "fecha", "amount": "monto"}),
        TransactionsTable(path=str(tmp_path / "web.csv"), register="web",
                          columns={"customer_id": "client", "ordered_at": "date", "amount": "total"}),
    ]  # fmt: skip
    intake = ingest_all(logs, tmp_path, today=TODAY, max_unreadable_share=0.5)
    assert (intake.rows_read, intake.rows_clean, intake.rows_quarantined) == (5, 3, 2)
    assert (intake.amount_clean, intake.amount_quarantined) == (Decimal("1018.00"), Decimal("7.00"))
    assert intake.reasons == {"date_not_readable": 1, "no_customer_id": 1}
    assert (intake.first_day, intake.last_day) == (dt.date(2017, 1, 31), dt.date(2017, 3, 1))
    table = pq.read_table(tmp_path / "transactions.parquet")
    assert sorted(zip(table["register"].to_pylist(), table["customer_id"].to_pylist(), strict=True)) == [
        ("shop", "1"), ("shop", "2"), ("web", "1")
    ]  # fmt: skip
    assert pq.read_table(tmp_path / "quarantine.parquet").num_rows == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "quarantine.parquet", "shop.csv", "transactions.parquet", "web.csv"
    ]  # fmt: skip


def test_one_faulty_log_of_several_is_named_and_nothing_is_left(tmp_path):
    (tmp_path / "a.csv").write_text("id,date,amount\na,2017-01-31,1\n")
    (tmp_path / "b.csv").write_text("id,date,amount\na,soon,1\n")
    columns = {"customer_id": "id", "ordered_at": "date", "amount": "amount"}
    logs = [TransactionsTable(path=str(tmp_path / name), columns=columns) for name in ("a.csv", "b.csv")]
    with pytest.raises(DataError, match=r"b\.csv: 1 of 1 lines cannot be read"):
        ingest_all(logs, tmp_path, today=TODAY)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


def test_money_is_known_in_all_logs_or_in_none():
    with_money = {"path": "a.csv", "columns": {"customer_id": "id", "ordered_at": "d", "amount": "x"}}
    without = {"path": "b.csv", "columns": {"customer_id": "id", "ordered_at": "d"}}
    content = {"name": "x", "title": "X", "source": {"transactions": [with_money, without]}}
    with pytest.raises(ConfigError, match="1 of 2 logs map amount; map it in all of them, or in none"):
        parse_config(content, where="x.yaml")


# --- complete_journey ---


def test_a_log_on_a_server_gives_the_transactions_of_the_file(tmp_path, server):
    config = load_config(next(file for file in SHIPPED if file.stem == "complete_journey"))
    own = config.source.transactions[0]
    engine = open_engine()
    part = _part(engine, own, tmp_path)
    load(server, "journey", part, {
        "household_id": "bigint", "store_id": "bigint", "basket_id": "bigint", "product_id": "bigint",
        "quantity": "double precision", "sales_value": "double precision", "retail_disc": "double precision",
        "transaction_timestamp": "timestamp",
    })  # fmt: skip
    found = []
    for name, source in (
        ("file", {"path": str(part)}),
        ("server", {"path": "postgresql:///postgres", "table": "journey"}),
    ):
        folder = tmp_path / name
        folder.mkdir()
        intake = ingest(own.model_copy(update=source), folder, today=TODAY)
        lines = engine.read_parquet(folder / "transactions.parquet")
        found.append((intake, lines.order_by(lines.columns).to_pyarrow()))
    assert found[0][0] == found[1][0]
    assert found[0][1].equals(found[1][1])
    engine.disconnect()


def _part(engine, source, tmp_path):
    rows = read_source(engine, source, tmp_path).rows
    rows.filter(rows.household_id < 40).to_parquet(tmp_path / "part.parquet")
    return tmp_path / "part.parquet"


def test_run_json_says_where_from_without_more(tmp_path):
    config = parse_config(company("postgresql://db.example:6543/shop", table="a.b"), where="x")
    said = json.loads(config.model_dump_json())["source"]["transactions"][0]
    assert (said["path"], said["table"], said["register"]) == ("postgresql://db.example:6543/shop", "a.b", "main")
