"""Where a notebook begins: the folder of the run it belongs to, or a scratch folder when it is opened by hand.

A scratch folder fills itself: an artefact that is missing, or that its notebook would make otherwise by now, is made by
running the notebook that writes it.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from clv.config import Config, load_config
from clv.errors import ConfigError
from clv.suite.code import reading_key
from clv.suite.graph import project_root, writer_of
from clv.suite.keys import awaits_a_day, holds, notebook_keys, stamp
from clv.suite.remnants import clear_sockets
from clv.suite.workspace import CONTEXT, Context, Workspace, fingerprint, prepare


def open_run(config_path: str = "data/complete_journey.yaml", run_dir: str = "") -> Workspace:
    """Open the folder of the run that a notebook belongs to.

    Parameters
    ----------
    config_path
        YAML of the company, relative to the working folder or to the checkout.
    run_dir
        Folder of the run, as `clv run` injects it. Empty when a notebook is opened by hand: then
        `reports/<name>/.by_hand` serves, made anew when the config, the source or the code that reads it has changed.

    Returns
    -------
    Workspace
        Ready to read from and write to.
    """
    if run_dir:
        from clv.suite.kernels import require_own_package  # jupyter_client takes time to import; kernels have it

        require_own_package()
        return Workspace(Path(run_dir))
    file = _find(config_path)
    config = load_config(file)
    folder = project_root() / "reports" / config.name / ".by_hand"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not _is_current(folder, config):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            prepare(config, folder, run_id="by_hand")
    return Workspace(folder, make=_make, made=_made)


def _make(workspace: Workspace, artefact: str) -> None:
    """Run what writes an artefact, unless another notebook opened at the same time has done so meanwhile."""
    keys = notebook_keys(workspace.context)
    if _is_made(workspace, artefact, keys):
        return
    from clv.suite.execute import without_warnings  # papermill takes two seconds to import

    with FileLock(f"{workspace.folder}.lock"), without_warnings():
        clear_sockets(workspace.folder)
        _fill(workspace, artefact, keys)


def _fill(workspace: Workspace, artefact: str, keys: dict[str, str]) -> None:
    from clv.suite.execute import execute_notebook

    if _is_made(workspace, artefact, keys):
        return
    writer = writer_of(artefact)
    for needed in writer.reads:
        _fill(workspace, needed, keys)
    execute_notebook(writer, workspace)
    stamp(workspace.folder, writer.writes, keys[writer.slug])


def _is_made(workspace: Workspace, artefact: str, keys: dict[str, str]) -> bool:
    """Tell whether an artefact is what its notebook, as it is saved, would write of what it reads by now."""
    writer = writer_of(artefact)
    return holds(workspace.folder, writer, keys[writer.slug])


def _made(workspace: Workspace, artefact: str) -> None:
    """Note the key of what a notebook opened by hand has written; what it read was current, since it was read."""
    stamp(workspace.folder, [artefact], notebook_keys(workspace.context)[writer_of(artefact).slug])


def _find(config_path: str) -> Path:
    """Notebooks start in their own folder, papermill in the caller's: look here first, then in the checkout."""
    for base in (Path.cwd(), project_root()):
        if (base / config_path).exists():
            return base / config_path
    raise ConfigError(f"{config_path}: no such file in {Path.cwd()} or {project_root()}; check config_path")


def _is_current(folder: Path, config: Config) -> bool:
    try:
        context = Context.model_validate_json((folder / CONTEXT).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return False
    if awaits_a_day(context) and context.created_at.date() != dt.datetime.now(dt.UTC).date():
        return False
    wanted = (config.portable(), fingerprint(config), reading_key())
    return (context.config, context.source_sha256, context.code_sha256) == wanted
