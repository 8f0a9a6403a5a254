"""Parameters of notebooks: what each declares, what a config or the command line gives, checked first."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable
from typing import Any, Final

import papermill

from clv.config import Config, override
from clv.errors import ConfigError
from clv.suite import graph
from clv.suite.graph import NOTEBOOKS, Notebook

OWN_PARAMETERS: Final = ("config_path", "run_dir")  # set by the run itself, never by a config
_TRUTH: Final = {"true": True, "false": False}


def notebook_named(name: str, where: str) -> Notebook:
    """Return the notebook of a name, or of the beginning of one, such as 03; `where` names its origin in errors."""
    found = [notebook for notebook in NOTEBOOKS if notebook.slug == name or (name and notebook.slug.startswith(name))]
    if len(found) == 1:
        return found[0]
    slugs = [notebook.slug for notebook in NOTEBOOKS]
    near = difflib.get_close_matches(name, slugs, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the suite has {', '.join(slugs)}"
    raise ConfigError(f"{where} {name!r}: no such notebook; {hint}")


def with_parameters(config: Config, given: Iterable[str]) -> Config:
    """Return a config with parameters from the command line, e.g. ``07_portfolios.listed=30``.

    Raises
    ------
    ConfigError
        If the text is not NOTEBOOK.NAME=VALUE, the notebook or the parameter does not exist, or the value is not of the
        kind of its default.
    """
    merged = {slug: dict(values) for slug, values in config.notebooks.items()}
    for text in given:
        address, equals, value = text.partition("=")
        name, dot, parameter = address.strip().partition(".")
        if not (equals and dot and parameter):
            raise ConfigError(f"--param {text!r}: must be NOTEBOOK.NAME=VALUE, e.g. 07_portfolios.listed=30")
        notebook = notebook_named(name, "--param")
        default = declared_parameters(notebook).get(parameter)
        merged.setdefault(notebook.slug, {})[parameter] = _as_kind_of(default, value.strip())
    changed = override(config, {"notebooks": merged}, where="--param") if merged != config.notebooks else config
    check_parameters(changed)
    return changed


def _as_kind_of(default: object, text: str) -> bool | int | float | str:
    """Read a value as its default is written; what cannot be read so stays text, which the check then refuses."""
    if isinstance(default, bool):
        return _TRUTH.get(text.lower(), text)
    if isinstance(default, int | float):
        try:
            return type(default)(text)
        except ValueError:
            return text
    return text


def check_parameters(config: Config) -> None:
    """Refuse parameters that no notebook has, or of another type than the notebook's own, before anything runs.

    Raises
    ------
    ConfigError
        One line with every fault.
    """
    known = {notebook.slug: declared_parameters(notebook) for notebook in NOTEBOOKS}
    faults = []
    for slug, given in config.notebooks.items():
        if slug not in known:
            faults.append(f"notebooks.{slug}: no such notebook; the suite has {', '.join(known)}")
            continue
        own = {name: value for name, value in known[slug].items() if name not in OWN_PARAMETERS}
        for name, value in given.items():
            if name not in own:
                faults.append(f"notebooks.{slug}.{name}: no such parameter; it has {', '.join(own) or 'none'}")
            elif not _same_kind(value, own[name]):
                kind = type(own[name]).__name__
                faults.append(f"notebooks.{slug}.{name} = {value!r}: must be {kind}, as its default {own[name]!r}")
    if faults:
        raise ConfigError("; ".join(faults))


def _same_kind(value: object, default: object) -> bool:
    if isinstance(default, float) and not isinstance(value, bool):
        return isinstance(value, int | float)
    return type(value) is type(default)


def declared_parameters(notebook: Notebook) -> dict[str, Any]:
    """Return the parameters that a notebook declares, with their defaults."""
    found = papermill.inspect_notebook(str(graph.notebook_folder() / f"{notebook.slug}.ipynb"))
    return {name: ast.literal_eval(parameter["default"]) for name, parameter in found.items()}
