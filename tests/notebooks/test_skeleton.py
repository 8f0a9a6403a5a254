"""Notebooks stay thin, stripped and readable by papermill; nbval runs them."""

from __future__ import annotations

import ast
import json

import pytest

from clv.suite.graph import NOTEBOOKS, notebook_folder, upstream
from clv.suite.parameters import OWN_PARAMETERS, declared_parameters

LONGEST_CELL = 45  # lines of code as formatted; most of them are the reader's sentences


def cells(notebook, kind="code"):
    content = json.loads((notebook_folder() / f"{notebook.slug}.ipynb").read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == kind]


def tagged(notebook, tag):
    return [cell for cell in cells(notebook) if tag in cell["metadata"].get("tags", [])]


def source(cell):
    return "".join(cell["source"])


def test_every_notebook_of_the_folder_is_in_the_graph_and_the_graph_has_an_order():
    assert {file.stem for file in notebook_folder().glob("*.ipynb")} == {notebook.slug for notebook in NOTEBOOKS}
    seen: set[str] = set()
    for notebook in NOTEBOOKS:
        assert upstream(notebook) <= seen, f"{notebook.slug} reads what comes after it"
        seen.add(notebook.slug)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.slug)
class TestNotebook:
    def test_opens_with_its_question_and_contract(self, notebook):
        first = source(cells(notebook, "markdown")[0])
        assert first.startswith("# ")
        assert all(word in first for word in ("Who decides with it", "Reads", "Writes"))
        assert all(f"`{artefact}`" in first for artefact in notebook.writes)

    def test_its_parameters_are_literals_that_papermill_reads(self, notebook):
        (cell,) = tagged(notebook, "parameters")
        statements = ast.parse(source(cell)).body
        assert all(isinstance(statement, ast.AnnAssign) for statement in statements)
        assert all(ast.literal_eval(statement.value) is not None for statement in statements)
        names = [statement.target.id for statement in statements]
        assert list(declared_parameters(notebook)) == names
        assert set(OWN_PARAMETERS) <= set(names)
        assert all("  # " in line for line in source(cell).splitlines()), "say what a parameter is, and its unit"

    def test_defines_nothing_and_calls_no_shell(self, notebook):
        for cell in cells(notebook):
            tree = ast.parse(source(cell))  # `!` and `%` are no Python
            assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
            assert len(source(cell).splitlines()) <= LONGEST_CELL

    def test_checks_itself_with_messages(self, notebook):
        (cell,) = tagged(notebook, "checks")
        asserts = [node for node in ast.parse(source(cell)).body if isinstance(node, ast.Assert)]
        assert asserts
        assert all(node.msg is not None for node in asserts)

    def test_is_stripped(self, notebook):
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells(notebook))


def test_the_forecast_opens_with_the_cell_where_a_data_scientist_adds_candidates_that_both_fits_take():
    (forecast,) = (notebook for notebook in NOTEBOOKS if "forecast" in notebook.writes)
    _parameters, _imports, models, *rest = cells(forecast)
    assert "analyst" in models["metadata"]["tags"]
    first, fit, contest = ast.parse(source(models)).body
    assert ast.unparse(first) == "candidates = []"
    assert ast.unparse(fit.value).startswith("fit_forecaster(")
    assert "candidates" in ast.unparse(fit.value)
    assert "contests" in ast.unparse(contest)
    assert (
        sum("check_on_holdout(run.days, start, as_of, cut, window, candidates)" in source(cell) for cell in rest) == 1
    )
