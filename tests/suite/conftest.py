from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from clv.config import load_config, override
from clv.suite.publish import Published, run_suite


@dataclass(frozen=True)
class Run:
    published: Published
    events: list[tuple[str, str]]

    @property
    def folder(self) -> Path:
        return self.published.folder

    def page(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def english(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _run(company, "en", tmp_path_factory.mktemp("reports_en"))


@pytest.fixture(scope="session")
def spanish(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _run(company, "es", tmp_path_factory.mktemp("reports_es"))


@pytest.fixture(scope="session")
def without_amounts(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of the same company, in Spanish, whose log says when but not for how much."""
    folder = tmp_path_factory.mktemp("without_amounts")
    config = folder / "company.yaml"
    config.write_text(company.read_text(encoding="utf-8").replace(", amount: net", ""), encoding="utf-8")
    for name in ("orders.csv", "cards.csv"):
        (folder / name).write_bytes((company.parent / name).read_bytes())
    return _run(config, "es", folder / "reports")


def _run(company: Path, language: str, reports: Path) -> Run:
    events: list[tuple[str, str]] = []
    config = override(load_config(company), {"language": language}, where="test")
    return Run(run_suite(config, reports, lambda step, event: events.append((step, event))), events)
