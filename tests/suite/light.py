"""A company of nine customers and a suite whose notebooks write ready artefacts: whole runs that cost seconds.

What is tried with it is the run around the notebooks; what these compute is tried elsewhere.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pandas as pd

from clv.checks.registry import as_table, judge_all
from clv.suite.graph import NOTEBOOKS

CHECKED = {"forecast_off": (0.2, 9), "risk_off": (None, 9)}
IDS = [f"C{number}" for number in range(9)]
YAML = """\
name: shop
title: Shop
source:
  transactions: {path: orders.csv, columns: {customer_id: client, ordered_at: day, amount: net}}
"""
PARAMETERS = 'config_path: str = ""  # of the company\nrun_dir: str = ""  # of the run\nlisted: int = 3  # rows\n'
WRITE = """\
from pathlib import Path
from shutil import copyfile
print("listed", listed, {saying!r})
folder = Path(run_dir) / "artefacts"
folder.mkdir(exist_ok=True)
for name in {writes!r}:
    copyfile(Path({ready!r}) / f"{{name}}.parquet", folder / f"{{name}}.parquet")
"""


def write_company(folder: Path) -> Path:
    """Write a log of nine customers and its config; return the latter."""
    lines = [f"{name},2024-{month:02d}-{5 + day},{10 + day}.50" for day, name in enumerate(IDS) for month in (1, 3, 6)]
    (folder / "orders.csv").write_text("\n".join(["client,day,net", *lines]) + "\n", encoding="utf-8")
    (folder / "shop.yaml").write_text(YAML, encoding="utf-8")
    return folder / "shop.yaml"


def write_suite(folder: Path) -> Path:
    """Write one notebook for each of the graph and what they write; return the folder of the notebooks."""
    ready, notebooks = folder / "ready", folder / "notebooks"
    ready.mkdir()
    notebooks.mkdir()
    table = pd.DataFrame({"customer_id": IDS, "n_orders": 3, "abc": "A", "rfm": "555", "portfolio": "A_steady"})
    of_its_own = {"current_value": ["abc", "rfm"], "portfolios": ["portfolio"], "customers": ["n_orders"]}
    for name in (name for notebook in NOTEBOOKS for name in notebook.writes):
        table[["customer_id", *of_its_own.get(name, [])]].to_parquet(ready / f"{name}.parquet")
    as_table(judge_all(CHECKED)).to_parquet(ready / "checks.parquet")
    for notebook in NOTEBOOKS:
        edit(notebooks, notebook.slug, WRITE.format(saying="", writes=notebook.writes, ready=str(ready)))
    return notebooks


def edit(notebooks: Path, slug: str, code: str = "", prose: str = "as written first") -> None:
    """Write a notebook of the suite with other code or other prose; without code, with the code that it has."""
    file = notebooks / f"{slug}.ipynb"
    code = code or nbformat.read(file, as_version=4).cells[-1].source
    content = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "x", "language": "python"}}
    )
    content.cells = [
        nbformat.v4.new_markdown_cell(f"# {slug}, {prose}", id="prose"),
        nbformat.v4.new_code_cell(PARAMETERS, id="parameters", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(code, id="code"),
    ]
    nbformat.write(content, file)


def code_of(notebooks: Path, slug: str) -> str:
    """Return the code of a notebook of the suite below its parameters."""
    return str(nbformat.read(notebooks / f"{slug}.ipynb", as_version=4).cells[-1].source)


def start(folder: Path, *options: str, before: str = "") -> subprocess.Popen[str]:
    """Start `clv run` on the company and the suite of a folder as a process of its own."""
    code = (
        "from pathlib import Path; from clv.suite import graph;"
        f"graph.notebook_folder = lambda: Path({str(folder / 'notebooks')!r});{before}"
        "from clv.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "run", str(folder / "shop.yaml"), "--reports", str(folder / "reports")]
    return subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def kill(process: subprocess.Popen[str], after_seconds: float) -> bool:
    """Kill a run at a moment after its first notebook may begin; return whether it was still going on."""
    time.sleep(after_seconds)
    going_on = process.poll() is None
    process.send_signal(signal.SIGKILL) if going_on else None
    process.communicate()
    return going_on


def record(run: Path) -> dict[str, object]:
    """Return the run.json of a published run."""
    return dict(json.loads((run / "run.json").read_text(encoding="utf-8")))


def whole(run: Path) -> bool:
    """Return whether every file that a published run promises lies in it, whole."""
    pages = [run / notebook.page for notebook in NOTEBOOKS]
    return (
        record(run)["status"] == "published"
        and all(page.read_text(encoding="utf-8").rstrip().endswith("</html>") for page in pages)
        and os.access(run / "export" / "customers.parquet", os.R_OK)
    )
