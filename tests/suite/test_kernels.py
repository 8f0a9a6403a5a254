"""Notebooks run with the interpreter and the package that started them, whatever else lies on any path."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

import clv
from clv.errors import ConfigError
from clv.suite import execute, kernels, session

LOOK = "import sys, clv, clv.units; print(sys.executable, clv.__file__, clv.units.__file__)"


def seen_by_a_kernel(folder: Path) -> list[str]:
    """Execute a notebook of one cell as the suite does; return the interpreter and the modules that it saw."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}}
    )
    notebook.cells = [nbformat.v4.new_code_cell("run_dir = ''", metadata={"tags": ["parameters"]})]
    notebook.cells.append(nbformat.v4.new_code_cell(LOOK))
    nbformat.write(notebook, folder / "look.ipynb")
    execute._papermill(folder / "look.ipynb", folder / "seen.ipynb", {"run_dir": "x"})
    (output,) = nbformat.read(folder / "seen.ipynb", as_version=4).cells[-1].outputs
    return output.text.split()


@pytest.fixture
def traps(tmp_path, monkeypatch):
    """Put another interpreter, another copy of the package and a start-up file of IPython first on every path."""
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": ["false"], "display_name": "x", "language": "python"}))
    other = tmp_path / "other" / "clv"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("__version__ = 'another'")
    start_up = tmp_path / "ipython" / "profile_default" / "startup"
    start_up.mkdir(parents=True)
    (start_up / "00.py").write_text(f"import sys; sys.path.insert(0, {str(other.parent)!r}); sys.modules.pop('clv', 0)")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(other.parent), os.environ.get("PYTHONPATH", "")]))
    return tmp_path


def test_a_kernel_is_our_interpreter_with_our_package_though_others_come_first(traps):
    package = Path(clv.__file__)
    assert seen_by_a_kernel(traps) == [sys.executable, str(package), str(package.parent / "units.py")]


def test_a_kernel_lives_where_the_folder_for_temporary_files_has_a_long_path(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(deep))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with kernels.kernel_folder() as folder:
        assert len(f"{folder}/k-5") <= kernels.LONGEST_SOCKET
    assert not Path(folder).exists()
    monkeypatch.setattr(kernels, "_SHORT_FOLDERS", ())  # nowhere a short path: over ports
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with kernels.kernel_folder() as folder:
        assert folder.startswith(str(deep))
        assert "ip" not in kernels.kernel_sockets(folder).KernelManager
    assert seen_by_a_kernel(tmp_path)[0] == sys.executable


def test_a_kernel_with_another_copy_of_the_package_is_refused_with_both(tmp_path, monkeypatch):
    monkeypatch.setenv("CLV_PACKAGE", "9.9 of /elsewhere/clv")
    with pytest.raises(
        ConfigError, match=r"started with clv 9\.9 of /elsewhere/clv, but its notebooks import .*src/clv;"
    ):
        session.open_run(run_dir=str(tmp_path))
