"""The README's lines of Python run, and the reference is built without a warning."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_reference_is_built_and_knows_the_face(tmp_path):
    pytest.importorskip("pdoc", reason="make docs needs the packages of the lock")
    environment = {**os.environ, "PYTHON": sys.executable, "MPLBACKEND": "agg"}
    command = ["bash", str(ROOT / ".ci" / "docs"), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert "Warn" not in ran.stderr
    page = (tmp_path / "clv.html").read_text(encoding="utf-8")
    assert all(f'id="{name}"' in page for name in ("read", "customers", "forecast", "score", "run", "days", "weeks"))
    assert (tmp_path / "clv" / "face" / "forecasts.html").exists()


def test_the_lines_of_the_readme_run(shop, quick, tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## For data scientists") : text.index("## On a schedule")]
    blocks = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
    assert len(blocks) >= 2
    (tmp_path / "my_orders.csv").write_bytes(shop.read_bytes().replace(b"day", b"date", 1))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102
    assert len(names["forecast"].table)
