"""Where a notebook begins: the folder of the run it belongs to, or a scratch folder when it is opened by hand.

A scratch folder fills itself: an artefact that is missing is made by running the notebook that writes it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from clv.config import Config, load_config
from clv.errors import ConfigError
from clv.suite.graph import project_root, writer_of
from clv.suite.workspace import CONTEXT, Context, Workspace, code_fingerprint, fingerprint, prepare


def open_run(config_path: str = "data/complete_journey.yaml", run_dir: str = "") -> Workspace:
    """Open the folder of the run that a notebook belongs to.

    Parameters
    ----------
    config_path
        YAML of the company, relative to the working folder or to the checkout.
    run_dir
        Folder of the run, as `clv run` injects it. Empty when a notebook is opened by hand: then
        `reports/<name>/.by_hand` serves, made anew when the config, the source or the package has changed.

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
    return Workspace(folder, make=_make)


def _make(workspace: Workspace, artefact: str) -> None:
    """Run what writes an artefact, unless another notebook opened at the same time has done so meanwhile."""
    from clv.suite.execute import without_warnings  # papermill takes two seconds to import

    with FileLock(f"{workspace.folder}.lock"), without_warnings():
        _fill(workspace, artefact)


def _fill(workspace: Workspace, artefact: str) -> None:
    from clv.suite.execute import execute_notebook

    if workspace.has(artefact):
        return
    writer = writer_of(artefact)
    for needed in writer.reads:
        _fill(workspace, needed)
    execute_notebook(writer, workspace)


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
    wanted = (config.portable(), fingerprint(config), code_fingerprint())
    return (context.config, context.source_sha256, context.code_sha256) == wanted
