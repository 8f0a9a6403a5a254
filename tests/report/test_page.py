import base64
import hashlib
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from clv.errors import NotebookError
from clv.report.page import Page, Site, render_analyst_page, render_page


@pytest.fixture
def html(notebook, pages, site):
    return render_page(notebook, pages[1], site)


@pytest.fixture
def page(html, read):
    return read(html)


@pytest.fixture(params=[render_page, render_analyst_page])
def either(request, notebook, pages, site, read):
    return read(request.param(notebook, pages[1], site))


def test_nothing_is_fetched_and_no_link_leads_out_of_the_folder(either):
    for element in either.elements:
        for name in ("src", "href", "srcset", "action", "data"):
            value = element.attrs.get(name) or ""
            assert not re.match(r"\s*(https?:|//|javascript:|file:)", value), element
    assert not [element for tag in ("link", "iframe", "object", "embed", "base", "form") for element in either.all(tag)]


def test_only_our_script_runs(either):
    scripts = either.all("script")
    assert len(scripts) == 1
    policy = next(
        e.attrs["content"] for e in either.all("meta") if e.attrs.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(scripts[0].text.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline';")
    assert not [name for element in either.elements for name in element.attrs if name.startswith("on")]


def test_the_policy_stands_before_anything_that_could_run(html):
    assert html.index("Content-Security-Policy") < html.index("<style>") < html.index("<script>")


def test_one_title_and_unique_anchors(either):
    assert len(either.all("h1")) == 1
    ids = [element.attrs["id"] for element in either.elements if "id" in element.attrs]
    assert len(ids) == len(set(ids))
    assert {"detail", "detail-2"} <= set(ids)


def test_every_link_inside_the_page_has_its_target(either):
    ids = {element.attrs.get("id") for element in either.elements}
    targets = [e.attrs["href"][1:] for e in either.all("a") if (e.attrs.get("href") or "").startswith("#")]
    assert "content" in targets
    assert set(targets) <= ids


def test_language_title_and_encoding_are_declared(page, text):
    assert page.all("html")[0].attrs["lang"] == text.language
    assert page.all("title")[0].text == "<script>alert(1)</script> · A <b>company</b>"
    assert page.all("meta")[0].attrs["charset"] == "utf-8"


def test_every_page_leads_to_every_other_and_says_where_one_is(page):
    links = {e.attrs["href"]: e for e in page.all("a") if e.attrs.get("href", "").endswith(".html")}
    assert {"index.html", "02_value.html", "02_value_analyst.html"} == set(links)
    assert [href for href, e in links.items() if e.attrs.get("aria-current") == "page"] == ["02_value.html"]


def test_findings_make_an_outline(page):
    outline = [element.text for element in page.all("a") if element.attrs["href"].startswith("#")][1:]
    assert outline == ["Detail", "Detail", "A heading with a link of ours"]


def test_images_are_described(page, alt):
    assert [image.attrs["alt"] for image in page.all("img")] == [alt]


def test_stakeholders_see_no_code_no_log_and_no_method(html):
    for private in ("secret", "private", "Warning", "Traceback", "alert(2)", "alert(3)", "alert(4)", "alert(5)"):
        assert private not in html


def test_hostile_text_is_shown_as_text(page):
    assert "<script>alert(1)</script>" in page.all("main")[0].text


def test_provenance_and_simulation_are_said(page, text):
    footer = page.all("footer")[0].text
    assert "Data as of" in footer
    assert "2017" in footer
    banner = next(element for element in page.all("p") if element.attrs.get("class") == "banner")
    assert banner.text.startswith({"en": "Simulated data.", "es": "Datos simulados."}[text.language])


def test_a_stale_run_says_so_and_a_fresh_one_does_not(notebook, pages, text, read):
    stale = read(render_page(notebook, pages[0], Site("S", pages, text, stale_notice="40 days old.")))
    warnings = [e.text for e in stale.all("p") if e.attrs.get("class") == "banner banner-warning"]
    assert len(warnings) == 1
    assert warnings[0].endswith("40 days old.")
    fresh = read(render_page(notebook, pages[0], Site("S", pages, text)))
    assert not [e for e in fresh.all("p") if "banner" in (e.attrs.get("class") or "")]


def test_the_same_notebook_gives_the_same_page(notebook, pages, site):
    assert render_page(notebook, pages[0], site) == render_page(notebook, pages[0], site)


def test_the_notebook_is_left_untouched(notebook, pages, site):
    before = str(notebook)
    render_page(notebook, pages[0], site)
    render_analyst_page(notebook, pages[0], site)
    assert str(notebook) == before


def test_analysts_see_code_method_and_logs_but_nothing_runs(notebook, pages, site):
    html = render_analyst_page(notebook, pages[1], site)
    for wanted in ("secret_parameter", "Secret method", "private warning", "private print", "secret analyst number"):
        assert wanted in html
    assert "alert(2)" not in html


def test_a_page_without_title_takes_that_of_its_entry(site, read):
    page = read(
        render_page(new_notebook(cells=[new_markdown_cell("Only words.")]), Page("x", "My title", "x.html"), site)
    )
    assert [element.text for element in page.all("h1")] == ["My title"]
    assert not [e for e in page.all("details") if e.attrs.get("class") == "outline"]


def test_a_second_title_becomes_a_heading(site, read):
    cells = [new_markdown_cell("# First"), new_markdown_cell("# Second")]
    page = read(render_page(new_notebook(cells=cells), Page("x", "X", "x.html"), site))
    assert [element.text for element in page.all("h1")] == ["First"]
    assert [element.text for element in page.all("h2")] == ["Second"]


def test_a_failed_notebook_has_no_page(site, pages):
    error = new_output("error", ename="DataError", evalue="no rows", traceback=["secret"])
    with pytest.raises(NotebookError, match="DataError: no rows"):
        render_page(new_notebook(cells=[new_code_cell("x", outputs=[error])]), pages[0], site)


def test_an_image_that_nobody_described_is_refused(site, pages):
    cell = new_code_cell("plt.show()", outputs=[new_output("display_data", data={"image/png": "aGVsbG8="})])
    with pytest.raises(NotebookError, match="an image has no description"):
        render_page(new_notebook(cells=[cell]), pages[0], site)
