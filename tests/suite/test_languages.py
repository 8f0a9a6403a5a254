"""Pages in two languages come of one execution, lead to each other, and have the page of all reports above them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from tests.suite import light

from clv.config import load_config
from clv.errors import NotebookError
from clv.suite import graph
from clv.suite.graph import NOTEBOOKS
from clv.suite.languages import in_turn
from clv.suite.publish import Published, run_suite

SPEAKS = """
from pathlib import Path
from clv.report.blocks import finding, prose
from clv.suite.session import open_run
run = open_run(config_path, run_dir)
with (Path(run_dir) / "cells.txt").open("a") as out:
    out.write(run.text.language + "\\n")
prose(run.text("Summary"), "<b>")
"""
SUMMARY, BASE = "00_summary", "01_customer_base"


class Shop:
    """A company whose summary speaks, its suite and its reports."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.notebooks, self.home = folder, folder / "notebooks", folder / "reports" / "shop"

    def run(self) -> Published:
        return run_suite(load_config(self.folder / "shop.yaml"), self.home.parent, lambda step, event: None)

    @property
    def latest(self) -> Path:
        return (self.home / "latest").resolve()


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("languages")
    config, notebooks = light.write_company(folder), light.write_suite(folder)
    config.write_text(config.read_text(encoding="utf-8") + "languages: [es, en]\n", encoding="utf-8")
    content = nbformat.read(notebooks / f"{SUMMARY}.ipynb", as_version=4)
    content.cells.insert(2, nbformat.v4.new_code_cell(SPEAKS, id="speaks"))
    content.cells[-1].metadata["tags"] = ["analyst"]
    nbformat.write(content, notebooks / f"{SUMMARY}.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "notebook_folder", lambda: notebooks)
        Shop(folder).run()
    return folder


@pytest.fixture
def shop(published, tmp_path, monkeypatch) -> Shop:
    """Return the company of a report that was published; each test has a copy."""
    shutil.copytree(published, tmp_path / "shop", symlinks=True)
    shop = Shop(tmp_path / "shop")
    monkeypatch.setattr(graph, "notebook_folder", lambda: shop.notebooks)
    return shop


def test_each_page_is_there_in_both_languages_and_leads_to_itself_in_the_other(shop):
    run = shop.latest
    for notebook in NOTEBOOKS:
        for stem in (notebook.page.removesuffix(".html"), notebook.page.removesuffix(".html") + "_analyst"):
            spanish = (run / f"{stem}.html").read_text(encoding="utf-8")
            english = (run / "en" / f"{stem}.html").read_text(encoding="utf-8")
            assert f'<a href="en/{stem}.html" lang="en" hreflang="en">English</a>' in spanish
            assert f'<a href="../{stem}.html" lang="es" hreflang="es">Español</a>' in english
            assert ('<html lang="es">' in spanish, '<html lang="en">' in english) == (True, True)
    assert "<p>Resumen</p>" in (run / "index.html").read_text(encoding="utf-8")
    assert "<p>Summary</p>" in (run / "en" / "index.html").read_text(encoding="utf-8")


def test_only_what_is_shown_runs_once_more(shop):
    run = shop.latest
    assert (run / "cells.txt").read_text() == "es\nen\n"
    notebook = nbformat.read(graph.notebook_folder() / f"{SUMMARY}.ipynb", as_version=4)
    again = [cell.source for cell in in_turn(notebook, ["en"]).cells[len(notebook.cells) :]]
    assert [source.strip() for source in again[1:]] == [SPEAKS.strip()]


def test_executed_notebooks_of_both_languages_hold_no_cell_twice_and_tell_no_path(shop):
    run = shop.latest
    source = nbformat.read(graph.notebook_folder() / f"{SUMMARY}.ipynb", as_version=4)
    for file in (run / "notebooks" / f"{SUMMARY}.ipynb", run / "notebooks" / "en" / f"{SUMMARY}.ipynb"):
        executed = nbformat.read(file, as_version=4)
        assert [cell.source for cell in executed.cells] == [cell.source for cell in source.cells]
        assert str(run.parent.parent) not in file.read_text(encoding="utf-8")


def test_what_is_taken_over_is_taken_over_in_both_languages(shop):
    first = shop.latest
    light.edit(graph.notebook_folder(), BASE, prose="other words")
    second = shop.run()
    assert (second.executed, second.status) == (0, "published")
    assert "<p>Summary</p>" in (second.folder / "en" / "index.html").read_text(encoding="utf-8")
    assert first != second.folder


def test_the_page_of_all_reports_leads_to_each_run_that_is_kept_and_to_the_latest(shop):
    home = shop.home
    first = shop.latest
    assert "primer informe" in (home / "index.html").read_text(encoding="utf-8")
    assert "Primer informe" in (first / "index.html").read_text(encoding="utf-8")
    light.edit(graph.notebook_folder(), BASE, prose="other words")
    second = shop.run().folder
    for file, up in ((home / "index.html", ""), (home / "en" / "index.html", "../")):
        page = file.read_text(encoding="utf-8")
        links = re.findall(r'href="([^"#]+)"', page)
        assert all((file.parent / link).resolve().is_file() for link in links), links
        way = "en/" if up else ""
        assert {f"{up}latest/{way}index.html", *(f"{up}{run.name}/{way}index.html" for run in (first, second))} <= {
            *links
        }
    again = (second / "index.html").read_text(encoding="utf-8")
    assert "sin cambios en clientes ni previsión" in again
    assert 'href="../index.html"' in again
    assert 'href="../../en/index.html"' in (second / "en" / "index.html").read_text(encoding="utf-8")


def test_a_run_that_fails_leaves_the_page_of_all_reports_as_it_was(shop):
    page = shop.home / "index.html"
    before = page.read_bytes()
    light.edit(graph.notebook_folder(), BASE, "1 / 0")
    with pytest.raises(NotebookError):
        shop.run()
    assert page.read_bytes() == before
    assert not list(page.parent.glob(".*part"))


def test_the_headline_numbers_of_a_run_are_those_of_its_summary(shop):
    record = json.loads((shop.latest / "run.json").read_text(encoding="utf-8"))
    assert record["headline"]["customers"] == 9
    assert record["headline"]["expected_revenue"] is None
