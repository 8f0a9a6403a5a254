"""One whole run on a small company: what is published, that nothing is lost, and that pages are fit to be read."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.conftest import HOSTILE_IDS, PERSONAL, simulated_lines

from clv.decisions.export import DICTIONARY
from clv.decisions.lifetime_value import FORECAST_COLUMNS
from clv.suite.graph import NOTEBOOKS

PAGES = [notebook.page for notebook in NOTEBOOKS]


class Words(HTMLParser):
    """Collects what a reader sees, and what a browser would fetch or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self._silent = 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in {"src", "href", "srcset"} and value]
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag):
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data):
        if not self._silent:
            self.text.append(data)

    @property
    def shown(self) -> str:
        return " ".join(" ".join(self.text).split())


def test_a_run_publishes_one_page_per_notebook_and_points_latest_at_it(english):
    latest = english.folder.parent / "latest"
    assert latest.is_symlink()
    assert latest.resolve() == english.folder.resolve()
    assert all((latest / page).is_file() for page in PAGES)
    assert "index.html" in PAGES
    assert not any((english.folder.parent / ".building").glob("*"))


def test_lists_of_one_identity_name_ids_and_no_person(english):
    record = json.loads((english.folder / "run.json").read_text(encoding="utf-8"))["identity"]
    export = {name: pd.read_csv(english.folder / "export" / f"{name}.csv", dtype=str) for name in (
        "identity_map", "pairs_to_review", "cards_to_complete")}  # fmt: skip
    assert len(export["identity_map"]) == sum(record["records"].values())
    assert export["identity_map"]["person_id"].nunique() == record["people"]
    assert len(export["pairs_to_review"]) == record["review"]
    assert list(export["cards_to_complete"]) == ["customer_id", "missing", "value"]
    assert set(export["cards_to_complete"]["customer_id"]) <= set(export["identity_map"]["person_id"])
    assert not [file for file in english.folder.glob("*.parquet") if "quarantine" not in file.name]


def test_each_notebook_reports_its_progress(english):
    for notebook in NOTEBOOKS:
        assert [event.split()[0] for step, event in english.events if step == notebook.slug] == ["started", "done"]


def test_run_json_tells_what_was_read_and_how_it_was_run(english):
    record = json.loads((english.folder / "run.json").read_text(encoding="utf-8"))
    lines = simulated_lines()
    assert record["status"] == "published"
    assert record["intake"]["rows_read"] == record["intake"]["rows_clean"] == len(lines)
    assert float(record["intake"]["amount_clean"]) == pytest.approx(sum(float(line[2]) for line in lines), abs=1e-6)
    assert record["customers"] == 400
    assert record["config"]["margin"] == 0.4
    assert set(record["notebooks"]) == {notebook.slug for notebook in NOTEBOOKS}
    assert len(record["source_sha256"]) == 64
    assert {"python", "clv", "pandas", "duckdb"} <= set(record["versions"])


def test_run_json_tells_what_was_read_of_the_other_tables(english):
    record = json.loads((english.folder / "run.json").read_text(encoding="utf-8"))
    [customers] = record["tables"]
    assert (customers["table"], customers["rows_read"], customers["rows_clean"]) == ("customers", 400, 400)
    assert (customers["columns"], customers["personal_columns"]) == (["customer_id", "city"], ["name"])
    pairs = {(pair["table"], pair["column"], pair["target"]): pair["rows"] for pair in record["orphans"]}
    assert pairs == {("customers", "customer_id", "transactions"): 0, ("transactions", "customer_id", "customers"): 0}
    assert not list(english.folder.glob("*customers*.parquet"))


def test_nothing_personal_is_in_any_file_of_a_run(english):
    files = [file for file in english.folder.rglob("*") if file.is_file()]
    assert len(files) > 20
    for file in files:
        assert PERSONAL not in _said(file), file


def _said(file: Path) -> str:
    if file.suffix == ".parquet":
        return str(pq.read_table(file).to_pandas().to_csv())
    if file.suffix == ".xlsx":
        with ZipFile(file) as parts:
            return "".join(parts.read(name).decode() for name in parts.namelist())
    return file.read_bytes().decode(errors="ignore")


def test_every_customer_and_every_cent_is_in_exactly_one_portfolio(english):
    customers = pd.read_parquet(english.folder / "artefacts" / "customers.parquet")
    portfolios = pd.read_parquet(english.folder / "artefacts" / "portfolios.parquet")
    summary = pd.read_parquet(english.folder / "artefacts" / "portfolio_summary.parquet")
    total = sum(float(line[2]) for line in simulated_lines())
    assert sorted(portfolios["customer_id"]) == sorted(customers["customer_id"])
    assert portfolios["customer_id"].is_unique
    assert summary["n_customers"].sum() == len(customers) == 400
    assert summary["value_to_date"].sum() == pytest.approx(total, abs=1e-6)
    assert customers["value_to_date"].sum() == pytest.approx(total, abs=1e-6)


def test_the_export_holds_every_customer_with_its_id_and_documented_columns(english):
    exported = pd.read_parquet(english.folder / "export" / "customers.parquet")
    assert set(exported["customer_id"]) == {line[0] for line in simulated_lines()}
    assert list(exported) == [name for name in DICTIONARY if name in exported]
    meanings = pd.read_csv(english.folder / "export" / "dictionary.csv")
    assert list(meanings["column"]) == list(exported)
    as_text = pd.read_csv(english.folder / "export" / "customers.csv", dtype=str, keep_default_na=False)
    assert not as_text["customer_id"].str.match(r"[=@]").any()
    assert {"007", "+34600123456", "'" + HOSTILE_IDS[1]} <= set(as_text["customer_id"])


def test_lists_of_portfolios_hold_every_customer_once_typed_and_in_the_language_of_the_pages(spanish):
    folder = spanish.folder / "export"
    lists = {
        file.stem: pd.read_excel(file, dtype={"Cliente": str}, engine="openpyxl")
        for file in folder.glob("portfolio_*.xlsx")
    }
    everyone = pd.read_excel(folder / "customers.xlsx", dtype={"Cliente": str}, engine="openpyxl")
    assert sorted(pd.concat(lists.values())["Cliente"]) == sorted(everyone["Cliente"])
    assert {line[0] for line in simulated_lines()} == set(everyone["Cliente"])
    for stem, table in lists.items():
        as_text = pd.read_csv(
            folder / f"{stem}.csv", sep=";", decimal=",", encoding="utf-8-sig", dtype={"Cliente": str}
        )
        assert len(as_text) == len(table)
        assert as_text["Ventas hasta la fecha (EUR)"].sum() == pytest.approx(table["Ventas hasta la fecha"].sum())
    meanings = pd.read_excel(folder / "customers.xlsx", sheet_name="Diccionario", engine="openpyxl")
    assert list(meanings["Columna"]) == list(everyone)
    assert meanings["Significado"].notna().all()


@pytest.mark.parametrize("language", ["english", "spanish", "without_amounts"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_self_contained_and_reads_like_a_report(page, language, request):
    run = request.getfixturevalue(language)
    words = Words(run.page(page))
    links = [address for address in words.addresses if not address.startswith(("data:", "#"))]
    files = [address for address in links if address.startswith(("tables/", "export/"))]
    assert all((run.folder / file).is_file() for file in files), files
    assert bool(files) == (page != "index.html" or "table" in words.tags)
    fetched = [address for address in links if address not in {*files, "../index.html"}]
    assert all(re.fullmatch(r"[0-9a-z_]+\.html(#[a-z_]+)?", address) for address in fetched), fetched
    for target, _, anchor in (address.partition("#") for address in fetched if "#" in address):
        assert f'id="{anchor}"' in run.page(target), f"{page} leads to {target}#{anchor}, which is not there"
    assert words.tags.count("h1") == 1
    assert words.tags.count("script") == 1
    assert not re.search(r"\b(nan|NaN|None(?! of\b| was\b)|NaT|inf)\b", words.shown), words.shown
    assert not re.search(r"\d\.\d{5,}", words.shown)
    columns = set(DICTIONARY) - {"frequency", "recency", "T", "portfolio", "abc", "rfm", "clv"}
    raw = [name for name in columns if "_" in name and re.search(rf"\b{name}\b", words.shown)]
    assert not raw
    assert "Traceback" not in words.shown
    assert ('lang="en"' if language == "english" else 'lang="es"') in run.page(page)


def test_a_log_without_amounts_is_reported_in_orders_and_the_pages_say_what_would_add_money(without_amounts):
    for page in PAGES:
        shown = Words(without_amounts.page(page)).shown
        assert "El registro no contiene importes" in shown
        assert not re.search(r"€|\bMargen\b|\bMoneda\b", shown), shown
    assert "pedidos" in Words(without_amounts.page("index.html")).shown


def test_a_log_without_amounts_loses_no_customer_and_no_order(without_amounts, english):
    counted = pd.read_parquet(without_amounts.folder / "artefacts" / "portfolio_summary.parquet")
    forecast = pd.read_parquet(without_amounts.folder / "artefacts" / "forecast.parquet")
    exported = pd.read_parquet(without_amounts.folder / "export" / "customers.parquet")
    assert counted["n_customers"].sum() == len(exported) == 400
    assert counted["expected_orders"].sum() == pytest.approx(forecast["expected_orders"].sum())
    assert forecast[["expected_revenue", "clv"]].isna().all(axis=None)
    priced = pd.read_parquet(english.folder / "artefacts" / "customers.parquet")
    assert exported["n_orders"].sum() == priced["n_orders"].sum()


def test_the_forecast_of_a_run_is_complete_and_its_ranges_hold_what_is_expected(english):
    forecast = pd.read_parquet(english.folder / "artefacts" / "forecast.parquet").set_index("customer_id")
    (facts,) = pd.read_parquet(english.folder / "artefacts" / "forecast_facts.parquet").to_dict("records")
    assert list(forecast) == list(FORECAST_COLUMNS)
    assert forecast.drop(columns=["next_order", "overdue"]).notna().all(axis=None)
    assert (forecast["orders_low"] <= forecast["median_orders"]).all()
    assert (forecast["median_orders"] <= forecast["orders_high"]).all()
    assert facts["expected_revenue"] == pytest.approx(forecast["expected_revenue"].sum())
    assert facts["revenue_low"] < facts["expected_revenue"] < facts["revenue_high"]
    assert facts["expected_revenue"] - facts["revenue_low"] < facts["revenue_at_risk"] < facts["expected_revenue"]
    summary = pd.read_parquet(english.folder / "artefacts" / "portfolio_summary.parquet")
    assert summary["expected_revenue"].sum() == pytest.approx(facts["expected_revenue"])
    assert (summary["revenue_low"] <= summary["expected_revenue"]).all()
    assert (summary["revenue_high"] >= summary["expected_revenue"]).all()


@pytest.mark.parametrize("language", ["english", "spanish"])
def test_hostile_text_is_shown_as_text_on_the_pages(language, request):
    run = request.getfixturevalue(language)
    pages = [run.page(page) for page in PAGES]
    assert any("&lt;script&gt;alert(1)&lt;/script&gt;" in page for page in pages)
    assert not any("<script>alert" in page or "<img src=x" in page for page in pages)
    assert any('=HYPERLINK("http://example.invalid","pay")' in Words(page).shown for page in pages)
    assert all("Company <b>& Sons</b>" in Words(page).shown for page in pages)


def test_pages_of_invented_data_say_so(english):
    assert all("simulated" in Words(english.page(page)).shown.lower() for page in PAGES)


PAPER = "Counting Your Customers"  # the title of one that the method refers to


def test_spanish_pages_are_spanish(spanish, english):
    for page in PAGES:
        said, original = (Words(run.page(page)).shown.replace(PAPER, "") for run in (spanish, english))
        assert "clientes" in said
        left = [phrase for phrase in ("Customers", "What to do", "Sales", "Order") if phrase in original]
        assert left
        assert not [phrase for phrase in left if phrase in said]


def test_the_records_of_a_run_tell_no_path_of_the_machine(english, company):
    for name in ("run.json", "context.json"):
        record = (english.folder / name).read_text(encoding="utf-8")
        assert json.loads(record)["config"]["source"]["transactions"][0]["path"] == "orders.csv"
        assert not re.search(r'"(/|[A-Z]:\\\\)', record)
        assert str(company.parent) not in record


def test_executed_notebooks_tell_no_path_of_the_machine(english):
    for notebook in NOTEBOOKS:
        content = (english.folder / "notebooks" / f"{notebook.slug}.ipynb").read_text(encoding="utf-8")
        assert str(english.folder.parent.parent) not in content
        assert str(english.folder.parent.parent) not in english.page(
            f"{notebook.page.removesuffix('.html')}_analyst.html"
        )
