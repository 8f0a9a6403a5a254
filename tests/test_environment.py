"""One list of dependencies in three files, without the address of a registry in any of them."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def listing():
    spec = importlib.util.spec_from_file_location("environment", ROOT / ".ci" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_environment_yml_is_what_the_lock_says(listing):
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == listing.environment(), "run make lock"


def test_the_lock_satisfies_every_dependency_of_the_project(listing):
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = listing.locked_versions()
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        assert locked[wanted.name.lower().replace("_", "-")] in wanted.specifier, f"{line}: run make lock"


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml", "pyproject.toml", "Makefile", ".ci/run"])
def test_no_address_of_a_registry_is_written_down(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index-url|--find-links[ =]", text)


def test_the_lock_has_a_hash_for_every_package():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.strip())
    assert len(entries) > 100
    assert all("--hash=sha256:" in entry for entry in entries)
