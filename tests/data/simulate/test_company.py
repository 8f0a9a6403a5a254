"""The files of a company: the same bytes per seed, whatever it holds in memory, and the config that describes them."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from clv.cli import app
from clv.data.simulate import block, company
from clv.data.simulate.company import simulate_company
from clv.data.simulate.exports import EXPORTS
from clv.errors import ConfigError

CONFIG = Path(__file__).parents[3] / "data" / "demo.yaml"


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path):
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        simulate_company(tmp_path / name, 300, seed)
    one, again, other = (hashes(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    same = {name for name in one if one[name] == other[name]}
    assert same == {"crm/campanas.csv", "crm/costos_contacto.csv", "crm/plan.csv", "truth/campaign_effects.parquet"}


def test_what_was_there_before_leaves_no_trace(tmp_path):
    simulate_company(tmp_path / "twice", 400, 6)
    simulate_company(tmp_path / "twice", 300, 5)
    simulate_company(tmp_path / "once", 300, 5)
    assert hashes(tmp_path / "twice") == hashes(tmp_path / "once")


def test_blocks_do_not_depend_on_one_another(monkeypatch, tmp_path):
    monkeypatch.setattr(company, "PEOPLE", 200)
    simulate_company(tmp_path / "two", 400, 5)
    simulate_company(tmp_path / "three", 600, 5)
    two, three = (pq.read_table(tmp_path / name / "truth" / "customers.parquet") for name in ("two", "three"))
    assert three.slice(0, 400).equals(two)
    for table, key in (
        ("identity", ["register", "customer_id"]),
        ("cases", ["case_id"]),
        ("prospects", ["prospect_id"]),
    ):
        rows = pq.read_table(tmp_path / "three" / "truth" / f"{table}.parquet").select(key).to_pylist()
        assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_ids_of_a_million_customers_stay_apart():
    assert company.MOST_CUSTOMERS <= 2_000_000  # what the numbers of the tax registry carry
    assert block.PEOPLE * 1.15 <= block.NUMBERS  # customers and their prospects


def test_the_config_describes_the_files_as_they_are_written():
    source = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["source"]
    found = []
    for table, entries in source.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            columns = entry["columns"] | entry.get("attributes", {})
            found.append((table, entry["path"].removeprefix("demo/"), columns, entry.get("register")))
            if entry["path"].endswith(".csv"):
                assert (entry["delimiter"], entry["decimal"]) == (";", ",")
    assert found == [(each.table, each.path, each.columns, each.register) for each in EXPORTS]


def test_every_column_of_the_config_is_in_its_file(demo):
    for export in EXPORTS:
        file = demo / export.path
        if export.path.endswith(".parquet"):
            names = pq.read_schema(file).names
        else:
            names = file.read_text(encoding=export.encoding).splitlines()[0].split(";")
        assert names == list(export.columns.values())


def test_csv_holds_decimal_commas_spanish_dates_and_no_quotes(demo):
    lines = (demo / "tienda" / "boletas.csv").read_text(encoding="utf-8").splitlines()
    values = dict(zip(lines[0].split(";"), lines[1].split(";"), strict=True))
    assert values["fecha"].startswith("04/07/2022 ") or values["fecha"][2:3] == "/"
    assert values["neto"].partition(",")[2].isdigit()
    assert all(line.count(";") == lines[0].count(";") for line in lines)


def test_each_register_of_the_log_is_read_by_the_product(demo, tmp_path):
    import datetime as dt

    from clv.config import TransactionsTable
    from clv.data.ingest import ingest

    source = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["source"]["transactions"]
    known = ("customer_id", "ordered_at", "amount", "order_id", "product_id", "quantity")
    for number, entry in enumerate(source):
        folder = tmp_path / str(number)
        folder.mkdir()
        written = {key: entry[key] for key in ("delimiter", "encoding", "decimal") if key in entry}
        columns = {ours: theirs for ours, theirs in entry["columns"].items() if ours in known}
        path = str(demo / entry["path"].removeprefix("demo/"))
        table = TransactionsTable(path=path, columns=columns, **written)
        intake = ingest(table, folder, today=dt.date(2026, 1, 1))
        assert intake.rows_quarantined == 0
        assert intake.last_day <= dt.date(2025, 6, 29)


def test_parameters_name_seed_and_truths(demo):
    found = json.loads((demo / "truth" / "parameters.json").read_text(encoding="utf-8"))
    assert (found["customers"], found["seed"]) == (1500, 4)
    assert found["bad_case"]["hazard_ratio"] == 3.0
    assert len(found["season_by_week_of_year"]) == 52
    assert found["campaigns"]["C04"]["rate_ratio"] == {"descuento": 1.6, "novedades": 1.3}


@pytest.mark.parametrize(
    ("customers", "seed", "word"), [(0, 1, "customers"), (1_500_001, 1, "customers"), (5, -1, "seed")]
)
def test_numbers_out_of_range_are_refused_in_one_line(tmp_path, customers, seed, word):
    with pytest.raises(ConfigError, match=f"--{word}"):
        simulate_company(tmp_path, customers, seed)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="file"):
        simulate_company(tmp_path / "file", 5, 1)


@pytest.mark.parametrize("customers", [1, 2, 7])
def test_the_smallest_companies_have_every_file(tmp_path, customers):
    simulate_company(tmp_path, customers, 1)
    assert all((tmp_path / export.path).exists() for export in EXPORTS)


def test_the_command_prints_the_folder(tmp_path):
    result = CliRunner().invoke(app, ["simulate", "--customers", "50", "--seed", "2", "--out", str(tmp_path / "demo")])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == str(tmp_path / "demo")
