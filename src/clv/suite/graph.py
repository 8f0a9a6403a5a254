"""The notebooks of the suite and what each reads and writes; the order of a run follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clv.errors import ConfigError
from clv.report.text import message


@dataclass(frozen=True)
class Notebook:
    """One notebook: its file name without suffix, what its page is called, the artefacts it reads and those it writes.

    The title is a message, said in the language of the reader.
    """

    slug: str
    title: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    @property
    def page(self) -> str:
        """Return the file name of its page; the summary is the first page of a report."""
        return "index.html" if self.slug == SUMMARY else f"{self.slug}.html"


SUMMARY = "00_summary"

NOTEBOOKS: tuple[Notebook, ...] = (
    Notebook(
        "01_customer_base", message("Customer base"), reads=(), writes=("customers", "base_facts", "cards_to_complete")
    ),
    Notebook(
        "02_current_value",
        message("Current value"),
        reads=("customers", "base_facts"),
        writes=("current_value", "value_facts"),
    ),
    Notebook(
        "03_lifetime_value",
        message("Lifetime value"),
        reads=("customers", "base_facts"),
        writes=("forecast", "forecast_facts"),
    ),
    Notebook(
        "07_portfolios",
        message("Portfolios"),
        reads=("customers", "base_facts", "current_value", "value_facts", "forecast", "forecast_facts"),
        writes=("portfolios", "portfolio_summary", "calls"),
    ),
    Notebook(
        "12_method",
        message("Method"),
        reads=("base_facts", "forecast_facts"),
        writes=("checks",),
    ),
    Notebook(
        SUMMARY,
        message("Summary"),
        reads=("base_facts", "value_facts", "forecast_facts", "portfolio_summary"),
        writes=("summary_facts",),
    ),
)


def writer_of(artefact: str) -> Notebook:
    """Return the notebook that writes an artefact."""
    for notebook in NOTEBOOKS:
        if artefact in notebook.writes:
            return notebook
    known = sorted(name for notebook in NOTEBOOKS for name in notebook.writes)
    raise ConfigError(f"no notebook writes an artefact {artefact!r}; known are {', '.join(known)}")


def upstream(notebook: Notebook) -> set[str]:
    """Return the slugs of the notebooks that must have run before this one."""
    return {writer_of(artefact).slug for artefact in notebook.reads}


def notebook_folder() -> Path:
    """Return the folder of the suite's notebooks, in the checkout that this package is installed from."""
    return project_root() / "notebooks"


def project_root() -> Path:
    """Return the checkout that this package is installed from."""
    root = Path(__file__).resolve().parents[3]
    if not (root / "notebooks").is_dir():
        raise ConfigError(f"{root}: has no folder notebooks/; run from a clone, installed with 'make install'")
    return root
