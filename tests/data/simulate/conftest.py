"""One small company, made once, and as many companies in memory as a test asks for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.data.simulate.refits import company_tables

from clv.data.simulate.company import simulate_company

CUSTOMERS = 1_500


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a simulated company, as `clv simulate` writes it."""
    folder = tmp_path_factory.mktemp("simulated") / "demo"
    simulate_company(folder, CUSTOMERS, seed=4)
    return folder


@pytest.fixture(scope="session")
def tables() -> dict[str, pa.Table]:
    """Return the tables of a company by our names."""
    return company_tables(CUSTOMERS, seed=4)
