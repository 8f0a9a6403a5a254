"""The report of a company from Python, as `clv run` makes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def run(
    config: str | Path,
    *,
    reports: str | Path = "reports",
    language: str | None = None,
    progress: Callable[[str, str], None] | None = None,
) -> Path:
    """Run the suite for a company and publish its report.

    Parameters
    ----------
    config : path
        The company's YAML file.
    reports : path
        Folder that reports are published in.
    language : {"en", "es"}, optional
        Default: the config's.
    progress : callable, optional
        Called with a step and what happened to it.

    Returns
    -------
    Path
        First page of the report.

    Raises
    ------
    ClvError
        If the config or the data cannot be used, or a notebook failed; what was published before is untouched.
    """
    from clv.config import load_config, override
    from clv.suite.publish import run_suite  # papermill and nbconvert take seconds to import

    settings = load_config(config)
    if language is not None:
        settings = override(settings, {"language": language}, where="language")
    published = run_suite(settings, Path(reports), progress or (lambda step, event: None))
    return published.folder.parent / "latest" / "index.html"
