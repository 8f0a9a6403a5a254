from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Run, run_company


@pytest.fixture(scope="session")
def without_amounts(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of the same company, in Spanish, whose log says when but not for how much."""
    folder = tmp_path_factory.mktemp("without_amounts")
    config = folder / "company.yaml"
    config.write_text(company.read_text(encoding="utf-8").replace(", amount: net", ""), encoding="utf-8")
    for name in ("orders.csv", "cards.csv"):
        (folder / name).write_bytes((company.parent / name).read_bytes())
    return run_company(config, "es", folder / "reports")
