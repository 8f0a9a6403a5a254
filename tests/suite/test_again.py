"""A second run executes what has changed, takes over the rest, and publishes nothing when nothing has changed."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.suite import light

from clv.config import load_config, override
from clv.errors import ConfigError, GateError, NotebookError
from clv.suite import code, graph, history, publish
from clv.suite.graph import NOTEBOOKS
from clv.suite.parameters import with_parameters
from clv.suite.plan import Options, foreseen
from clv.suite.publish import run_suite

BASE, VALUE, FORECAST, PORTFOLIOS, METHOD, SUMMARY = SLUGS = [notebook.slug for notebook in NOTEBOOKS]
ALL = len(SLUGS)


class Shop:
    """A company, its suite and its reports; `run` returns what ended well and the notebooks that were executed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.notebooks = folder / "shop.yaml", folder / "notebooks"
        self.home = folder / "reports" / "shop"

    def run(self, *parameters: str, **options) -> tuple[publish.Published, list[str]]:
        started = []
        config = with_parameters(load_config(self.config), parameters)
        done = run_suite(
            config,
            self.folder / "reports",
            lambda step, event: started.append(step) if event == "started" and step in SLUGS else None,
            Options(**options),
        )
        return done, sorted(started)

    def edit(self, slug: str, more: str) -> None:
        light.edit(self.notebooks, slug, f"{light.code_of(self.notebooks, slug)}\n{more}")


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("again")
    light.write_company(folder)
    light.write_suite(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "notebook_folder", lambda: folder / "notebooks")
        Shop(folder).run()
    return folder


@pytest.fixture
def shop(published, tmp_path, monkeypatch) -> Shop:
    """Return the company of a report that was published; each test has a copy."""
    shutil.copytree(published, tmp_path / "shop", symlinks=True)
    shop = Shop(tmp_path / "shop")
    monkeypatch.setattr(graph, "notebook_folder", lambda: shop.notebooks)
    return shop


def test_nothing_is_published_again_when_nothing_has_changed(shop):
    before = sorted(shop.home.iterdir())
    done, executed = shop.run()
    assert (done.status, executed) == ("unchanged", [])
    assert done.folder == (shop.home / "latest").resolve()
    assert sorted(shop.home.iterdir()) == before
    assert "nothing has changed" in str(done)


def test_a_changed_notebook_and_what_reads_from_it_run_again_the_rest_is_taken_over(shop):
    first = (shop.home / "latest").resolve()
    shop.edit(VALUE, "print('now seven')")
    done, executed = shop.run()
    assert executed == [SUMMARY, VALUE, PORTFOLIOS]
    assert (done.executed, done.taken, done.status) == (3, ALL - 3, "published")
    told = light.record(done.folder)["notebooks"]
    assert told[BASE] == {"seconds": 0.0, "taken_from": first.name}
    assert "taken_from" not in told[VALUE]
    assert light.whole(done.folder)
    assert light.whole(first)
    assert shop.run()[0].status == "unchanged"


def test_changed_prose_is_on_the_pages_though_nothing_runs_again(shop):
    light.edit(shop.notebooks, BASE, prose="as it reads now")
    done, executed = shop.run()
    assert (executed, done.taken, done.status) == ([], ALL, "published")
    page = (done.folder / f"{BASE}.html").read_text(encoding="utf-8")
    assert "as it reads now" in page
    assert "as written first" not in page


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "runs"),
    [
        (lambda shop: shop.config.write_text(light.YAML + "margin: 0.5\n"), ALL),
        (lambda shop: shop.config.write_text(light.YAML + "notebook_minutes: 5\n"), 0),
        (lambda shop: shop.config.write_text(light.YAML + f"notebooks: {{{FORECAST}: {{listed: 4}}}}\n"), 4),
        (lambda shop: rewrite(shop.folder / "orders.csv", "C8,2024-06-13", "C8,2024-06-12"), ALL),
        (lambda shop: next((shop.home / "latest" / "artefacts").glob("value_facts.key")).unlink(), 1),
        (lambda shop: (shop.home / "latest" / "notebooks" / f"{SUMMARY}.ipynb").write_text("{"), 1),
    ],
    ids=["a setting", "a time limit", "a parameter", "the data", "an artefact without key", "a copy that is cut off"],
)
def test_what_would_run_follows_settings_parameters_data_and_what_is_there(change, runs, shop):
    change(shop)
    plan = foreseen(load_config(shop.config), shop.home, Options())
    assert len(plan.to_run) == runs


def test_data_that_lay_in_the_future_are_read_again_on_a_later_day(shop):
    context = shop.home / "latest" / "context.json"
    told = json.loads(context.read_text(encoding="utf-8"))
    told["intake"]["reasons"] = {"date_in_future": 3}
    context.write_text(json.dumps(told), encoding="utf-8")
    assert len(foreseen(load_config(shop.config), shop.home, Options()).to_run) == ALL


def test_changed_code_of_the_package_makes_what_uses_it_run_again(shop, monkeypatch):
    read = code._read
    touched = "clv.decisions.basis"
    monkeypatch.setattr(
        code, "_read", lambda name: read(name)._replace(digest="changed") if name == touched else read(name)
    )
    assert len(foreseen(load_config(shop.config), shop.home, Options()).to_run) == ALL
    touched = "clv.report.page"
    assert foreseen(load_config(shop.config), shop.home, Options()).to_run == []
    done, executed = shop.run()
    assert (done.status, executed) == ("published", [])


def test_force_runs_all_with_parameters_and_keep_removes_old_runs_but_their_line_in_the_history_stays(shop):
    first = (shop.home / "latest").resolve()
    unfinished = shop.home / "failed" / "20200101T000000Z-abcdef"
    unfinished.mkdir(parents=True)
    done, executed = shop.run("03.listed=17", force=True, keep=1)
    assert len(executed) == ALL
    assert "listed 17" in (done.folder / "notebooks" / f"{FORECAST}.ipynb").read_text(encoding="utf-8")
    assert not first.exists()
    assert not unfinished.exists()
    told = history.read_history(shop.home)
    assert [(entry["run_id"], entry["kept"]) for entry in told] == [(first.name, False), (done.folder.name, True)]
    assert json.loads((shop.home / "history.json").read_text(encoding="utf-8")) == told
    assert told[0]["headline"]["amount_used"] == pytest.approx(sum((10 + day + 0.5) * 3 for day in range(9)))
    assert told[0]["as_of"] == "2024-06-13"


def test_keep_never_removes_the_latest_though_it_is_not_the_newest(shop):
    first = (shop.home / "latest").resolve()
    newer = shop.home / "29991231T000000Z-abcdef"
    shutil.copytree(first, newer)
    assert shop.run(keep=1)[0].status == "unchanged"
    assert first.exists()
    assert newer.exists()


def test_until_ends_with_a_notebook_and_publishes_nothing_and_only_runs_one_on_what_others_left(shop):
    latest = (shop.home / "latest").resolve()
    shop.edit(BASE, "print('changed')")
    with pytest.raises(ConfigError, match=f"--only {FORECAST}: no run holds what {BASE} would write now"):
        shop.run(only="03")
    with pytest.raises(ConfigError, match="--until 'three': no such notebook"):
        shop.run(until="three")
    assert not (shop.home / "failed").exists()  # nothing was begun
    done, executed = shop.run(until="03")
    assert (done.status, executed) == ("partial", [BASE, FORECAST])
    assert done.folder.parent == shop.home / "partial"
    assert done.index.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert not list(done.folder.glob("transactions*"))
    assert (shop.home / "latest").resolve() == latest
    assert shop.run(only="03")[1] == [FORECAST]
    done, executed = shop.run(resume=True)
    assert (done.status, executed) == ("published", [SUMMARY, VALUE, PORTFOLIOS, METHOD])


def test_resume_takes_over_what_a_failed_run_finished(shop):
    shop.edit(BASE, "print('changed')")
    shop.edit(FORECAST, "1 / 0")
    with pytest.raises(NotebookError, match="ZeroDivisionError"):
        shop.run()
    light.edit(shop.notebooks, FORECAST, light.code_of(shop.notebooks, FORECAST).replace("1 / 0", "1 / 1"))
    assert len(foreseen(load_config(shop.config), shop.home, Options()).to_run) == ALL
    done, executed = shop.run(resume=True)
    assert executed == [SUMMARY, FORECAST, PORTFOLIOS, METHOD]
    assert light.whole(done.folder)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("03.listed", "must be NOTEBOOK.NAME=VALUE"),
        ("03.lsted=4", f"notebooks.{FORECAST}.lsted: no such parameter; it has listed"),
        ("03.listed=many", f"notebooks.{FORECAST}.listed = 'many': must be int"),
        ("3_lifetime.listed=4", f"--param '3_lifetime': no such notebook; did you mean '{FORECAST}'?"),
        ("0.listed=4", "--param '0': no such notebook; the suite has"),
        ("03.run_dir=/elsewhere", "no such parameter"),
    ],
)
def test_a_wrong_parameter_of_the_command_line_is_refused(given, says, shop):
    with pytest.raises(ConfigError) as refused:
        with_parameters(load_config(shop.config), [given])
    assert says in str(refused.value)


def test_two_ends_and_no_run_to_keep_are_refused():
    with pytest.raises(ConfigError, match="--only and --until"):
        Options(only="01", until="02")
    with pytest.raises(ConfigError, match="--keep 0: must be at least 1"):
        Options(keep=0)


def test_another_language_is_another_report(shop):
    config = override(load_config(shop.config), {"language": "es"}, where="test")
    assert len(foreseen(config, shop.home, Options()).to_run) == ALL


def test_the_journal_of_a_run_is_one_line_of_json_an_event_and_tells_no_path(shop):
    lines = (shop.home / "latest" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert [told[0]["step"], told[0]["event"], told[0]["company"]] == ["run", "started", "shop"]
    assert told[-1]["event"] == "published"
    assert [line["seconds"] for line in told] == sorted(line["seconds"] for line in told)
    assert {line["step"] for line in told} == {"run", "data", "pages", *(notebook.slug for notebook in NOTEBOOKS)}
    assert not any("/" in line for line in lines)


def test_a_gate_ends_the_run_and_leaves_what_was_published(shop):
    first = (shop.home / "latest").resolve()
    found = light.record(first)["checks"]
    assert (found["forecast_off"]["level"], found["risk_off"]["level"]) == ("low", "untold")
    assert found["age_of_data"]["measured"] > 0
    rewrite(shop.config, "title: Shop", "title: Shop\nchecks: {age_of_data: {refuse: 1}}")
    with pytest.raises(GateError, match=r"age_of_data = \d+, refused from 1 on"):
        shop.run()
    assert (shop.home / "latest").resolve() == first
    [failed] = (shop.home / "failed").iterdir()
    assert not (failed / "run.json").exists()
    assert not list(failed.glob("*/*.ipynb"))  # the day is asked before anything is computed


def test_a_gate_of_the_forecast_is_asked_when_it_is_known_and_before_pages_are_made(shop):
    checks = pd.read_parquet(shop.folder / "ready" / "checks.parquet").assign(level="refuse", refuse=0.1)
    checks.to_parquet(shop.folder / "ready" / "checks.parquet")
    shop.edit(METHOD, f"copyfile({str(shop.folder / 'ready' / 'checks.parquet')!r}, folder / 'checks.parquet')")
    with pytest.raises(GateError, match=r"forecast_off = 0\.2, refused from 0.1 on") as error:
        shop.run()
    assert error.value.exit_code == 3
    [failed] = (shop.home / "failed").iterdir()
    assert not list(failed.glob("*.html"))
    assert (failed / "artefacts" / "checks.parquet").exists()


def test_what_has_grown_old_is_no_longer_unchanged(shop, monkeypatch):
    rewrite(shop.config, "title: Shop", "title: Shop\nchecks: {age_of_data: {refuse: 100000}}")
    assert shop.run()[0].status == "published"
    monkeypatch.setattr(publish, "_today", lambda: dt.date(2999, 1, 1))
    with pytest.raises(GateError, match="age_of_data"):
        shop.run()
