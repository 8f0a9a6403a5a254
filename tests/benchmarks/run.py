"""Time this package beside its peers on simulated orders, and write the result to RESULTS.md.

    python tests/benchmarks/run.py --customers 1000000 [--truth paretonbd] [--peer-python PATH]

Each side runs in a process of its own, one after the other, on the same file.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
AS_OF = "2024-12-30"  # the last day of the simulation
SIDES = {"clv": "side_clv.py", "lifetimes": "side_lifetimes.py", "PyMC-Marketing": "side_pymc_marketing.py"}
WHOLE_JOB = ("customer summary", "BG/NBD fit", "Gamma-Gamma fit", "CLV, 12 months")
STAGES = (*WHOLE_JOB, "BG/NBD fit, merged rows", "Pareto/NBD fit")
NOT_OFFERED = ("PyMC-Marketing", "BG/NBD fit, merged rows")  # it takes no weights
TRUTHS = {"bgnbd": "BG/NBD", "paretonbd": "Pareto/NBD"}

Side = dict[str, dict[str, Any]]  # what each stage said, by its name, and "versions"


def run_side(name: str, python: str, orders: Path, repeats: int, patience: float) -> Side:
    """Run one side and return what it said of each stage; a stage that outlasts `patience` seconds ends it."""
    command = [python, str(HERE / SIDES[name]), str(orders), AS_OF, str(repeats)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    said: Side = {}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True)
        try:
            for line in _lines(process, patience):
                heard = json.loads(line)
                said[heard.get("stage", "versions")] = heard
                _note(f"  {name:<15} {heard.get('stage', 'started'):<17} {_told(heard)}")
        except TimeoutError:
            ahead = (stage for stage in STAGES if stage not in said and (name, stage) != NOT_OFFERED)
            stopped = next(ahead, "end")
            said[stopped] = {"failure": f"not finished in {patience:,.0f} s", "peak_mb": float("nan")}
            _note(f"  {name:<15} {stopped:<17} {said[stopped]['failure']}")
        finally:
            process.kill()
            process.wait()
        errors.seek(0)
        if "versions" not in said:
            _note(f"  {name}: " + (errors.read().decode(errors="replace").strip().splitlines() or ["said nothing"])[-1])
    return said


def score_command(orders: Path) -> tuple[float, float]:
    """Return seconds and peak memory (MB) of `clv score` on the orders: the whole command, all customers."""
    columns = ["--customer", "customer_id", "--date", "ordered_on", "--amount", "amount", "--as-of", AS_OF]
    command = [str(Path(sys.executable).with_name("clv")), "score", str(orders), *columns]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--out", str(orders.with_name("scores.parquet"))], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    _note(f"  clv score         {time.perf_counter() - started:.1f} s, {used.ru_maxrss / 1024:,.0f} MB")
    return time.perf_counter() - started, used.ru_maxrss / 1024


def _lines(process: subprocess.Popen[str], patience: float) -> Any:
    """Yield lines as they come; raise TimeoutError when the next takes longer than `patience` seconds."""
    import selectors

    waiting = selectors.DefaultSelector()
    waiting.register(process.stdout, selectors.EVENT_READ)
    while waiting.select(patience):
        line = process.stdout.readline()  # a side writes whole lines at once
        if not line:
            return
        yield line
    raise TimeoutError


def _told(heard: dict[str, Any]) -> str:
    if "failure" in heard:
        return heard["failure"]
    if "seconds" in heard:
        return f"{statistics.median(heard['seconds']):.3f} s (median of {len(heard['seconds'])})"
    return ", ".join(f"{package} {number}" for package, number in heard["versions"].items())


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def report(n_customers: int, truth: str, sides: dict[str, Side], score: tuple[float, float]) -> str:
    """Return the section of one data set."""
    names, ours = list(sides), sides["clv"]
    n_orders = ours["customer summary"]["figures"]["orders"]
    header = ["stage", names[0], *(text for name in names[1:] for text in (name, "ratio"))]
    rows = [[stage, *_compared([_seconds(side, stage) for side in sides.values()])] for stage in STAGES]
    whole = [sum(_seconds(side, stage) for stage in WHOLE_JOB) for side in sides.values()]
    rows.insert(len(WHOLE_JOB), ["**from orders to CLV**", *_compared(whole)])
    peaks = [max((heard["peak_mb"] for heard in side.values()), default=float("nan")) for side in sides.values()]
    rows.append(["peak memory", *_compared(peaks, "{:,.0f} MB")])
    title = f"## {n_customers:,} customers of the {TRUTHS[truth]}, {n_orders:,.0f} purchase days\n\n"
    scored = f"\n`clv score`, the whole command: {score[0]:.1f} s, {score[1]:,.0f} MB at its peak.\n"
    return title + _table(header, rows) + scored + "\n" + _found(sides)


def _seconds(side: Side, stage: str) -> float:
    """Return the median seconds of a stage, nan where there is none."""
    return statistics.median(side.get(stage, {}).get("seconds", [float("nan")]))


def _compared(values: list[float], form: str = "{:.3g} s") -> list[str]:
    """Return cells: ours, then each peer's and how many times ours it is."""
    cells = [form.format(values[0])]
    for value in values[1:]:
        cells += [form.format(value), f"{value / values[0]:.1f} ×"] if value == value else ["–", "–"]
    return cells


def _found(sides: dict[str, Side]) -> str:
    """Return what the sides found, so that speed is seen to cost no accuracy, and what failed."""
    rows = []
    for stage in STAGES[1:]:
        for name, side in sides.items():
            heard = side.get(stage, {})
            if "failure" in heard:
                rows.append([stage, name, heard["failure"]])
            elif heard:
                figures = ", ".join(f"{key} {value:,.10g}" for key, value in heard["figures"].items())
                rows.append([stage, name, figures])
    return "\n" + _table(["stage", "side", "found"], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def machine() -> str:
    """Return what the figures depend on: processor, cores, memory, system and Python; no names."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    cpuinfo = Path("/proc/cpuinfo")
    models = (
        [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")] if cpuinfo.exists() else []
    )
    model = models[0].partition(":")[2].strip() if models else platform.processor() or platform.machine()
    return f"{model}, {cores} cores, {memory:.0f} GB; {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    """Simulate, run the sides and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000], help="one or more sizes")
    parser.add_argument("--truth", choices=TRUTHS, nargs="+", default=["bgnbd"], help="model the customers follow")
    parser.add_argument("--repeats", type=int, default=3, help="runs of a stage; a stage of a minute runs once")
    parser.add_argument("--patience", type=float, default=3600, help="seconds after which a side's stage is given up")
    parser.add_argument("--seed", type=int, default=20240607)
    parser.add_argument("--without", choices=[*SIDES][1:], nargs="*", default=[], help="peers to leave out")
    parser.add_argument(
        "--peer-python", default=os.environ.get("CLV_PEER_PYTHON"), help="a Python that has PyMC-Marketing"
    )
    parser.add_argument("--out", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    pythons = {"clv": sys.executable, "lifetimes": sys.executable, "PyMC-Marketing": given.peer_python}
    chosen = [name for name in SIDES if pythons[name] and name not in given.without]
    if not given.peer_python:
        _note("PyMC-Marketing is left out: name a Python that has it with --peer-python or CLV_PEER_PYTHON")
    sections, versions, load = [], {}, os.getloadavg()[0]
    for n_customers in given.customers:
        for truth in given.truth:
            with tempfile.TemporaryDirectory() as folder:
                orders = Path(folder) / "orders.parquet"
                _note(f"{n_customers:,} customers of the {TRUTHS[truth]}")
                sides = _run(orders, n_customers, truth, chosen, pythons, given)
                sections.append(report(n_customers, truth, sides, score_command(orders)))
            versions |= {name: side["versions"]["versions"] for name, side in sides.items()}
    given.out.write_text(_document(sections, versions, given, load), encoding="utf-8")
    _note(f"written: {given.out.name}")


def _run(
    orders: Path, n_customers: int, truth: str, chosen: list[str], pythons: dict[str, Any], given: argparse.Namespace
) -> dict[str, Side]:
    """Simulate one data set and run every side on it; one that cannot start is left out."""
    simulate = [sys.executable, str(HERE / "simulate.py"), str(orders), "--customers", str(n_customers)]
    started = time.perf_counter()
    subprocess.run([*simulate, "--truth", truth, "--seed", str(given.seed)], check=True)
    _note(f"  simulated in {time.perf_counter() - started:.1f} s, {orders.stat().st_size / 1024**2:.0f} MB")
    sides = {name: run_side(name, pythons[name], orders, given.repeats, given.patience) for name in chosen}
    return {name: side for name, side in sides.items() if "versions" in side}


def _document(sections: list[str], versions: dict[str, dict[str, str]], given: argparse.Namespace, load: float) -> str:
    left_out = [name for name in SIDES if name not in versions]
    used = "; ".join(
        f"{name}: " + ", ".join(f"{package} {number}" for package, number in found.items())
        for name, found in versions.items()
    )
    head = [
        "# Results of the benchmarks",
        f"Written by `run.py` on {dt.date.today()}; see README.md for what is timed. Median of up to {given.repeats} "
        "runs; ratio: how many times ours.",
        f"Machine: {machine()}; load average {load:.1f} before the first run. {used}.",
    ]
    if left_out:
        head.append(f"Not run here: {', '.join(left_out)}.")
    return "\n\n".join([*head, *sections])


if __name__ == "__main__":
    main()
