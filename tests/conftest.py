"""What all tests share: nothing in them depends on time, and a small simulated company, made and reported on once.

The company has 400 customers, 18 months, and ids that no program should stumble over.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import nbval.kernel
import numpy as np
import pytest
from hypothesis import settings
from jupyter_client.manager import KernelManager
from nbval.plugin import IPyNbCell

if TYPE_CHECKING:
    from clv.suite.publish import Published

settings.load_profile("ci")  # the same examples every time, no deadline for any of them

HOSTILE_IDS = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.invalid","pay")',
    "007",
    " leading and trailing ",
    'O"Brien, José; ñ',
    "<img src=x onerror=alert(1)>",
    "+34600123456",
)

PERSONAL = "Zacarías Nobody"  # begins the name of every customer of the simulated company; no file of a run may hold it


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let nbval treat kernels as the suite does.

    It reaches them over sockets in a folder, since another process could take a port before the kernel binds it, and
    waits for outputs longer than its own five seconds.
    """
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    if not cells:
        return
    from clv.suite.execute import KERNEL_PATIENCE_SECONDS  # papermill takes two seconds to import
    from clv.suite.kernels import kernel_sockets, own_kernelspec

    folder = tempfile.mkdtemp(prefix="clv-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    nbval.kernel.NbvalKernelspecManager.get_kernel_spec = lambda *_: own_kernelspec(folder)
    nbval.kernel.KernelManager = partial(KernelManager, config=kernel_sockets(folder))
    for cell in cells:
        cell.output_timeout = KERNEL_PATIENCE_SECONDS


def simulated_lines(n_customers: int = 400, seed: int = 7) -> list[tuple[str, str, str]]:
    """Return (customer, day, amount) lines of customers who buy at their own pace and leave at their own time."""
    rng = np.random.default_rng(seed)
    start, days = np.datetime64("2024-01-01"), 546
    lines = []
    for number in range(n_customers):
        name = HOSTILE_IDS[number] if number < len(HOSTILE_IDS) else f"C{number:05d}"
        rate = rng.gamma(1.2, 1 / 30) + (0.2 if number < len(HOSTILE_IDS) else 0)  # the hostile ones are the best
        spend = 100.0 if number < len(HOSTILE_IDS) else rng.gamma(6, 5)
        life = days if number < len(HOSTILE_IDS) else rng.exponential(500)
        first = rng.integers(0, 200)
        visits = first + np.concatenate([[0.0], np.cumsum(rng.exponential(1 / rate, size=200))])
        for visit in visits[visits < min(days, first + life)]:
            lines.append((name, str(start + int(visit)), f"{max(0.5, spend * rng.gamma(4, 0.25)):.2f}"))
    return lines


def write_csv(
    file: Path, lines: list[tuple[str, str, str]], header: tuple[str, ...] = ("client", "day", "net")
) -> Path:
    """Write lines as a comma-separated file with quotes where they are needed."""
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([header, *lines])
    return file


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the YAML of the simulated company."""
    folder = tmp_path_factory.mktemp("company")
    lines = simulated_lines()
    write_csv(folder / "orders.csv", lines)
    cards = [
        (name, f"{PERSONAL} {number}", "Lugo") for number, name in enumerate(dict.fromkeys(line[0] for line in lines))
    ]
    write_csv(folder / "cards.csv", cards, ("client", "full name", "town"))
    config = folder / "company.yaml"
    config.write_text(
        "name: company\n"
        "title: Company <b>& Sons</b>\n"
        "source:\n"
        "  transactions: {path: orders.csv, columns: {customer_id: client, ordered_at: day, amount: net}}\n"
        "  customers: {path: cards.csv, columns: {customer_id: client, name: full name, city: town}}\n"
        "simulated: true\ncurrency: EUR\nmargin: 0.4\n",
        encoding="utf-8",
    )
    return config


@dataclass(frozen=True)
class Run:
    """A published run of the simulated company, and what it said of its steps."""

    published: Published
    events: list[tuple[str, str]]

    @property
    def folder(self) -> Path:
        return self.published.folder

    def page(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def run_company(config_file: Path, language: str, reports: Path) -> Run:
    """Run the whole suite on a company, with its pages in one language."""
    from clv.config import load_config, override  # those who need no run do not wait for what it imports
    from clv.suite.publish import run_suite

    events: list[tuple[str, str]] = []
    config = override(load_config(config_file), {"language": language}, where="test")
    return Run(run_suite(config, reports, lambda step, event: events.append((step, event))), events)


@pytest.fixture(scope="session")
def english(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_company(company, "en", tmp_path_factory.mktemp("reports_en"))


@pytest.fixture(scope="session")
def spanish(company: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_company(company, "es", tmp_path_factory.mktemp("reports_es"))
