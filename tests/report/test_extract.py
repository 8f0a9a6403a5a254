from textwrap import dedent

import nbformat
import pytest
from babel.messages import Catalog
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from clv.report import extract

SOURCE = dedent("""
    LABELS = {"risk": message("At risk")}

    def show(text):
        _ = text
        return _("Top {share} " "hold {money}", share=_("inner"), money=_.money(3)) + _.plural(
            "{n} customer", "{n} customers", 3
        )
""")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "src/clv/report").mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "src/clv/report/code.py").write_text(SOURCE)
    (tmp_path / "src/clv/report/page.html.j2").write_text('<p>{{ _("From a template") }}</p>')
    cells = [
        new_markdown_cell('_("not code")'),
        new_code_cell('_("From a notebook")\n_.plural("{n} day", "{n} days", 2)'),
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "notebooks/00_summary.ipynb")
    return tmp_path


def ids(catalogue: Catalog) -> set:
    return {entry.id for entry in catalogue if entry.id}


def test_messages_are_found_in_code_templates_and_notebooks(project):
    assert ids(extract.catalogue_of(project)) == {
        "At risk",
        "Top {share} hold {money}",
        "inner",
        ("{n} customer", "{n} customers"),
        "From a template",
        "From a notebook",
        ("{n} day", "{n} days"),
    }


@pytest.fixture
def spanish(tmp_path, monkeypatch):
    """Return a function that writes a Spanish catalogue and makes it the one in use."""
    path = tmp_path / "es/LC_MESSAGES/clv.po"
    path.parent.mkdir(parents=True)
    monkeypatch.setattr(extract, "LOCALE_DIR", tmp_path)

    def write(body: str):
        path.write_text(f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n{body}', encoding="utf-8")
        return path

    return write


def catalogue(*messages) -> Catalog:
    found = Catalog()
    for entry in messages:
        found.add(entry)
    return found


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("", "not in the catalogue"),
        ('msgid "Hold {money}"\nmsgstr ""', "not translated"),
        ('#, fuzzy\nmsgid "Hold {money}"\nmsgstr "Suman {money}"', "marked as fuzzy"),
        ('msgid "Hold {money}"\nmsgstr "Suman {dinero}"', "placeholders differ"),
        ('msgid "Hold {money}"\nmsgstr "Suman mucho"', "placeholders differ"),
    ],
)
def test_what_is_wrong_with_a_translation_is_said(spanish, body, complaint):
    spanish(body)
    assert extract.missing(catalogue("Hold {money}"), "es") == [f"Hold {{money}}: {complaint}"]


def test_a_singular_may_spell_its_number_out(spanish):
    spanish('msgid "{n} day"\nmsgid_plural "{n} days"\nmsgstr[0] "{n} día"\nmsgstr[1] "{n} días"')
    assert extract.missing(catalogue(("{n} day", "{n} days")), "es") == []


def test_nothing_is_missing_in_the_language_of_the_messages():
    assert extract.missing(catalogue("Anything"), "en") == []


def test_an_update_keeps_adds_and_drops(spanish):
    path = spanish('msgid "Kept"\nmsgstr "Guardado"\n\nmsgid "Gone"\nmsgstr "Ido"')
    extract.update("es", catalogue("Kept", "New"))
    written = path.read_text(encoding="utf-8")
    assert "Guardado" in written
    assert '"New"' in written
    assert "Ido" not in written


def test_an_update_without_new_words_changes_nothing(spanish):
    path = spanish('msgid "Kept"\nmsgstr "Guardado"')
    extract.update("es", catalogue("Kept"))
    first = path.read_bytes()
    extract.update("es", catalogue("Kept"))
    assert path.read_bytes() == first


def test_this_floor_speaks_spanish():
    report = extract.PROJECT_ROOT / "src" / "clv" / "report"
    ours = Catalog()
    for entry in extract.catalogue_of():
        if any(
            place.startswith(report.relative_to(extract.PROJECT_ROOT).as_posix()) for place, _line in entry.locations
        ):
            ours.add(entry.id)
    assert len(ours) > 20
    assert extract.missing(ours, "es") == []
