"""What a run is asked for, and which notebooks it therefore executes and which it takes over from a run before."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from clv.config import Config
from clv.errors import ConfigError
from clv.suite.code import reading_key
from clv.suite.graph import NOTEBOOKS, Notebook
from clv.suite.keys import notebook_keys, pages_key
from clv.suite.parameters import check_parameters, notebook_named
from clv.suite.places import PARTIAL, RECORD, latest_run
from clv.suite.reuse import held, order_of, sources
from clv.suite.workspace import CONTEXT, Context, fingerprint

_SHOWN = ("export", *(notebook.page for notebook in NOTEBOOKS))


@dataclass(frozen=True)
class Options:
    """What a run is asked for beside its config.

    Attributes
    ----------
    only
        Notebook to execute, whether or not it has changed; what it reads is taken from runs before.
    until
        Notebook to end with; of the others only those run that it reads from.
    resume
        Take over what failed, killed and partial runs finished, beside what the latest report holds.
    force
        Execute every notebook, whatever has changed.
    keep
        Published runs that stay, the newest; None: all.
    """

    only: str | None = None
    until: str | None = None
    resume: bool = False
    force: bool = False
    keep: int | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.only is not None and self.until is not None:
            raise ConfigError("--only and --until name two ends of one run; give one of them")
        if self.keep is not None and self.keep < 1:
            raise ConfigError(f"--keep {self.keep}: must be at least 1; the latest report always stays")

    def check(self) -> None:
        """Refuse the name of a notebook that the suite does not have."""
        _ = self.notebooks

    @property
    def notebooks(self) -> list[Notebook]:
        """Return the notebooks that the run is about, in the order of the suite."""
        if self.only is not None:
            return order_of(notebook_named(self.only, "--only"))
        return order_of(notebook_named(self.until, "--until")) if self.until is not None else list(NOTEBOOKS)


@dataclass(frozen=True)
class Plan:
    """Notebooks of a run in their order, the keys of all, and the folders from which some are taken over, by slug."""

    notebooks: list[Notebook]
    keys: dict[str, str]
    taken: dict[str, Path] = field(default_factory=dict)

    @property
    def to_run(self) -> list[Notebook]:
        """Return the notebooks to execute."""
        return [notebook for notebook in self.notebooks if notebook.slug not in self.taken]

    @property
    def is_whole(self) -> bool:
        """Return whether all pages come of it; others than whole reports are not published."""
        return len(self.notebooks) == len(NOTEBOOKS)

    def lines(self) -> list[str]:
        """Say it, one notebook a line."""
        return [
            f"{notebook.slug:<18} "
            + (f"taken from {self.taken[notebook.slug].name}" if notebook.slug in self.taken else "would run")
            for notebook in self.notebooks
        ]


def make_plan(context: Context, home: Path, options: Options) -> Plan:
    """Decide what to execute for data that were read.

    Raises
    ------
    ConfigError
        If a single notebook is asked for, and no run holds what it reads.
    """
    notebooks, keys = options.notebooks, notebook_keys(context)
    if options.force and options.only is None:
        return Plan(notebooks, keys)
    taken = held(keys, sources(home, options.resume or options.only is not None), notebooks)
    if options.only is not None:
        wanted = notebooks[-1]
        taken.pop(wanted.slug, None)
        _require_inputs(notebooks, taken)
    return Plan(notebooks, keys, taken)


def _require_inputs(notebooks: list[Notebook], taken: dict[str, Path]) -> None:
    """Refuse to run the last of some notebooks alone where no run holds what the others would write."""
    if missing := [notebook.slug for notebook in notebooks[:-1] if notebook.slug not in taken]:
        wanted = notebooks[-1].slug
        raise ConfigError(
            f"--only {wanted}: no run holds what {', '.join(missing)} would write now; run --until {wanted} once"
        )


def foresee(config: Config, home: Path, options: Options) -> list[str]:
    """Say what a run would do, a line for each notebook and one for what would come of it; changes nothing.

    Raises
    ------
    ClvError
        If a parameter is wrong, a source cannot be found, or what a single notebook reads is missing.
    """
    check_parameters(config)
    if (latest := up_to_date(config, home, options)) is not None:
        return [f"nothing has changed since {latest.name}, which stays the latest report"]
    plan = foreseen(config, home, options)
    end = "would be published" if plan.is_whole else f"would lie in {PARTIAL}/, being a part of the suite"
    return [*plan.lines(), end]


def foreseen(config: Config, home: Path, options: Options) -> Plan:
    """Decide as `make_plan` does, as far as can be told without reading the data."""
    source_sha256 = fingerprint(config)
    for folder in sources(home, options.resume or options.only is not None):
        if (context := _as_it_would_be(folder, config, source_sha256)) is not None:
            return make_plan(context, home, options)
    if options.only is not None:
        _require_inputs(options.notebooks, {})
    return Plan(options.notebooks, {})


def up_to_date(config: Config, home: Path, options: Options) -> Path | None:
    """Return the folder of the latest report where a run would publish the same again, else None."""
    latest = latest_run(home)
    if latest is None or options.force or options.only is not None or len(options.notebooks) < len(NOTEBOOKS):
        return None
    if _pages_of(latest) != pages_key() or not all((latest / name).exists() for name in _SHOWN):
        return None
    context = _as_it_would_be(latest, config, fingerprint(config))
    if context is None or len(held(notebook_keys(context), [latest], NOTEBOOKS)) < len(NOTEBOOKS):
        return None
    return latest


def _as_it_would_be(folder: Path, config: Config, source_sha256: str) -> Context | None:
    """Return the context of a run as it would be settled now, None where it could be another for all we know."""
    try:
        context = Context.model_validate_json((folder / CONTEXT).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
    now = {"config": config.portable(), "source_sha256": source_sha256, "code_sha256": reading_key()}
    return context.model_copy(update={**now, "created_at": dt.datetime.now(dt.UTC)})


def _pages_of(folder: Path) -> str | None:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return str(record["keys"]["pages"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
