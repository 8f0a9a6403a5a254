"""Artefacts of notebooks opened by hand are those that the notebooks, as they are saved, would write now."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.suite import light

from clv.suite import code, execute, graph, session
from clv.suite.graph import NOTEBOOKS

BASE, VALUE, FORECAST = (notebook.slug for notebook in NOTEBOOKS[:3])


@pytest.fixture
def made(tmp_path, monkeypatch) -> list[str]:
    """Return the list of the notebooks that work by hand has executed, which only pretend to."""
    executed: list[str] = []

    def pretend(notebook, run):
        executed.append(notebook.slug)
        for name in notebook.writes:
            run.write_facts(name, {"n": len(executed)})

    light.write_company(tmp_path)
    light.write_suite(tmp_path)
    monkeypatch.setattr(session, "project_root", lambda: tmp_path)
    monkeypatch.setattr(graph, "notebook_folder", lambda: tmp_path / "notebooks")
    monkeypatch.setattr(execute, "execute_notebook", pretend)
    return executed


def test_an_artefact_of_an_edited_notebook_and_what_rests_on_it_are_made_anew(made, tmp_path):
    run = session.open_run("shop.yaml")
    run.read("value_facts")
    run.read("value_facts")
    assert made == [BASE, VALUE]
    light.edit(tmp_path / "notebooks", VALUE, "print('another value')")
    assert run.read("customers")["n"].item() == 1
    assert run.read("value_facts")["n"].item() == 3
    light.edit(tmp_path / "notebooks", BASE, "print('another base')")
    assert run.read("value_facts")["n"].item() == 5
    assert made == [BASE, VALUE, VALUE, BASE, VALUE]
    light.edit(tmp_path / "notebooks", BASE, prose="other words")
    assert session.open_run("shop.yaml").read("value_facts")["n"].item() == 5


def test_what_a_notebook_opened_by_hand_has_written_is_read_by_the_next(made, tmp_path):
    run = session.open_run("shop.yaml")
    run.read("value_facts")
    light.edit(tmp_path / "notebooks", BASE, "print('seven customers')")
    by_hand = session.open_run("shop.yaml")
    for name in NOTEBOOKS[0].writes:
        by_hand.write(name, pd.DataFrame({"customer_id": light.IDS[:7]}))
    assert len(run.read("customers")) == 7
    assert made == [BASE, VALUE]
    run.read("value_facts")
    assert made == [BASE, VALUE, VALUE]


def test_code_that_reads_the_data_makes_the_folder_anew_other_code_what_uses_it(made, monkeypatch):
    run = session.open_run("shop.yaml")
    run.read("value_facts")
    read, touched = code._read, "clv.report.charts.bars"
    monkeypatch.setattr(
        code, "_read", lambda name: read(name)._replace(digest="changed") if name == touched else read(name)
    )
    assert session.open_run("shop.yaml").has("value_facts")  # these notebooks draw nothing
    session.open_run("shop.yaml").read("value_facts")
    assert made == [BASE, VALUE]
    touched = "clv.data.ingest"
    assert not session.open_run("shop.yaml").has("value_facts")
