"""Which code a notebook is said to use: what Python makes of its modules, no more and no less."""

from __future__ import annotations

from pathlib import Path

import pytest

from clv.suite import code


@pytest.fixture
def package(tmp_path, monkeypatch) -> Path:
    """Return a small package in the place of ours, whose chain of imports takes each of their forms."""
    root = tmp_path / "clv"
    files = {
        "__init__.py": '"""Face."""\ndef run():\n    from clv.suite import publish\n',
        "units.py": "DAY = 1\n",
        "report/__init__.py": "",
        "report/charts/__init__.py": "from clv.report.charts.bars import draw\nfrom .lines import line\n__all__ = []\n",
        "report/charts/bars.py": "def draw():\n    from ...units import DAY\n    return DAY\n",
        "report/charts/lines.py": "def line():\n    return 2\n",
        "report/words/en.md": "hello",
        "report/words/01_first.md": "of the first",
        "report/templates/page.html": "<html>",
        "suite/__init__.py": "",
        "suite/workspace.py": "import clv.report.charts.lines\n",
        "suite/session.py": "from clv.suite import publish\n",
        "suite/publish.py": "X = 1\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(code, "PACKAGE", root)
    code._parsed.cache_clear()
    yield root
    code._parsed.cache_clear()


def change(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    code._parsed.cache_clear()  # two writes may share a time and a length


def test_imports_are_followed_in_every_form_and_only_what_is_taken_from_a_package_that_hands_on(package):
    used = code.used_modules(["clv.report.charts.draw"])
    assert {"clv", "clv.report", "clv.report.charts.bars", "clv.units"} <= set(used)
    assert "clv.report.charts.lines" not in used
    assert {"clv.report.charts.bars", "clv.report.charts.lines"} <= set(code.used_modules(["clv.report.charts"]))


def test_what_starts_notebooks_counts_only_where_it_is_asked_for(package):
    assert code.used_modules(["clv.suite.session", "clv.suite.workspace"]) == [
        *("clv", "clv.report", "clv.report.charts", "clv.report.charts.lines", "clv.suite.workspace")
    ]
    assert "clv.suite.publish" in code.used_modules(["clv.suite.session"], machinery=True)
    assert "clv.suite.publish" not in code.used_modules(["clv.units"])  # the face would import it when called
    assert code.used_modules(["pandas.DataFrame", "clvother.x"]) == []


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('"""A."""\n\n# why\ndef draw():\n    """B."""\n    from ...units import DAY  # c\n    return DAY\n', True),
        ("def draw():\n    from ...units import DAY\n    return DAY + 1\n", False),
        ("def draw(n=1):\n    from ...units import DAY\n    return DAY\n", False),
        ("def draw():\n    from ...units import DAY\n    return DAY\nLIMIT = 5\n'''What chose it.'''\n", False),
    ],
    ids=["comments and docstrings", "an expression", "a default", "a constant"],
)
def test_a_comment_or_docstring_changes_nothing_and_all_else_does(text, same, package):
    before = code.code_key(["clv.report.charts.draw"])
    change(package / "report/charts/bars.py", text)
    assert (code.code_key(["clv.report.charts.draw"]) == before) == same


def test_a_change_far_down_is_seen_and_one_beside_the_way_is_not(package):
    before = code.code_key(["clv.report.charts.draw"])
    change(package / "report/charts/lines.py", "def line():\n    return 3\n")
    assert code.code_key(["clv.report.charts.draw"]) == before
    change(package / "units.py", "DAY = 2\n")
    assert code.code_key(["clv.report.charts.draw"]) != before


def test_a_text_that_a_function_returns_is_no_docstring(package):
    change(package / "units.py", "def unit():\n    return 'day'\n")
    before = code.code_key(["clv.units"])
    change(package / "units.py", "def unit():\n    return 'week'\n")
    assert code.code_key(["clv.units"]) != before


def test_words_count_for_the_notebook_that_reads_them(package):
    modules = code.used_modules(["clv.report"])
    first, second = (code.resource_key(modules, left) for left in ({code.SHELL}, {code.SHELL, "01_first"}))
    change(package / "report/words/01_first.md", "changed")
    assert code.resource_key(modules, {code.SHELL}) != first
    assert code.resource_key(modules, {code.SHELL, "01_first"}) == second
    change(package / "report/templates/page.html", "<html lang>")
    assert code.resource_key(modules, {code.SHELL, "01_first"}) == second
    change(package / "report/words/en.md", "bye")
    assert code.resource_key(modules, {code.SHELL, "01_first"}) != second


def test_a_cell_that_is_no_python_imports_nothing():
    assert code.imports_of("%matplotlib inline\nimport clv") == ()
    assert code.imports_of("import clv.units as u\nfrom clv.report import charts, text") == (
        *("clv.units", "clv.report.charts", "clv.report.text"),
    )
