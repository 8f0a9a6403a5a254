"""What is personal reaches no file, log or refusal unless asked: unmistakable values are planted and looked for."""

import datetime as dt

import pandas as pd
import pytest
from tests.data.tables.conftest import company
from typer.testing import CliRunner

from clv.cli import app
from clv.config import TransactionsTable
from clv.data.ingest import ingest
from clv.definitions import TABLES
from clv.errors import DataError

PLANTED = "Zzyzx"  # in every personal value
HOLDERS = [name for name in TABLES if TABLES[name].personal]


def rows(name, **values):
    """Return the header and a row of a table, all its personal columns filled with planted values."""
    definition = TABLES[name]
    shown = {"id": "7", "text": "x", "day": "2017-01-31", "moment": "2017-01-31", "money": "1.5", "number": "2",
             "share": "0.5", "score": "7", "flag": "no"}  # fmt: skip
    planted = {column.name: f"{PLANTED}{place}" for place, column in enumerate(definition.columns) if column.personal}
    row = {column.name: shown[column.kind] for column in definition.columns} | planted | values
    return ",".join(row), ",".join(row.values())


def test_the_tables_that_hold_what_is_personal_are_known():
    assert {"customers", "prospects", "surveys"} <= set(HOLDERS)


@pytest.mark.parametrize("name", HOLDERS)
def test_no_planted_value_is_in_a_file_whatever_is_wrong_with_its_row(take, write, name):
    header, row = rows(name, **({"birth_date": "1985-03-02"} if "birth_date" in TABLES[name].personal else {}))
    key = TABLES[name].columns[0].name
    _, keyless = rows(name, **{key: ""})
    text = "\n".join([header, row, row, keyless, row + ",one,too,many", PLANTED]) + "\n"
    taken = take(company({name: write("t.csv", text)}, max_unreadable_share=1))
    assert taken[name].rows_quarantined >= 2
    for file in taken.folder.iterdir():
        assert PLANTED not in pd.read_parquet(file).to_csv(), file
    assert PLANTED not in str(taken.read)


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,birth_date\n1,03/04/1985\n2,05/06/1985\n",
        "customer_id,birth_date\n1,13/04/1985\n2,04/13/1985\n",
        "customer_id,birth_date\n1,03/04/85\n2,05/06/85\n",
        "customer_id,birth_date\n1,Zzyzx\n2,Zzyzx\n",
        "customer_id,birth_date\n1,31048\n2,31/12/1985\n3,13/12/1985\n",
    ],
)
def test_a_refusal_of_birth_dates_shows_none_and_names_its_line(take, write, text):
    with pytest.raises(DataError, match=r"birth_date.*line") as refusal:
        take(company({"customers": write("t.csv", text)}))
    for line in text.splitlines()[1:]:
        assert line.split(",")[1] not in str(refusal.value)


@pytest.mark.parametrize("first", ["Zzyzx Soto,zzyzx@x.cl", "Zzyzx Soto,1985-03-02", "Zzyzx,+52 55 1234 5678"])
def test_a_first_line_of_people_that_should_be_names_of_columns_is_not_shown(take, tmp_path, first):
    (tmp_path / "t.csv").write_text(first + "\n" + first + "\n")
    place = {"path": str(tmp_path / "t.csv"), "columns": {"customer_id": "id", "name": "name"}}
    with pytest.raises(DataError, match="state header: false and column_names") as refusal:
        take(company({"customers": place}))
    assert not [part for part in first.split(",") if part in str(refusal.value)]


def test_names_in_a_column_that_nobody_maps_are_no_example_of_an_encoding(tmp_path):
    lines = "".join(f"c{n},2017-01-{n + 1:02d},{n}.5,Zzyzx Núñez\n" for n in range(20))
    (tmp_path / "a.csv").write_bytes(("customer_id,ordered_at,amount,name\n" + lines).encode("cp1252"))
    mapped = {name: name for name in ("customer_id", "ordered_at", "amount")}
    source = TransactionsTable(path=str(tmp_path / "a.csv"), columns=mapped)
    (tmp_path / "read").mkdir()
    intake = ingest(source, tmp_path / "read", today=dt.date(2026, 1, 1))
    assert [said.value for said in intake.decisions if said.topic == "encoding"] == ["cp1252"]
    assert PLANTED not in str(intake)


def test_a_score_writes_and_says_nothing_of_columns_that_it_does_not_need(tmp_path):
    names = [f"{PLANTED} Núñez {n}" for n in range(60)]
    lines = [
        f"c{n},2017-{month:02d}-{n % 27 + 1:02d},{n + month}.5,{names[n]}"
        for n in range(60)
        for month in range(1, 12, 1 + n % 3)
    ]
    text = "\n".join(["customer_id,ordered_at,amount,name", *lines, f"{PLANTED},never,x,y"]) + "\n"
    (tmp_path / "orders.csv").write_bytes(text.encode("cp1252"))
    out = tmp_path / "out" / "scores.csv"
    out.parent.mkdir()
    call = ["score", str(tmp_path / "orders.csv"), "--out", str(out), "--horizon-days", "91"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert PLANTED not in done.output + "".join(file.read_text() for file in out.parent.iterdir())
