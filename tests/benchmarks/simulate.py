"""Write the orders of customers who follow a model exactly, in bounded memory however many they are.

python tests/benchmarks/simulate.py orders.parquet --customers 1000000 --truth bgnbd
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START, AS_OF = dt.date(2023, 1, 2), dt.date(2024, 12, 30)  # customers arrive over two years
LEAST_WEEKS = 1  # under observation
AT_ONCE = 100_000  # customers in memory; their orders are a few hundred thousand
SCHEMA = pa.schema({"customer_id": pa.string(), "ordered_on": pa.date32(), "amount": pa.decimal128(18, 4)})

# weeks and currency
BGNBD = {"r": 0.25, "alpha": 4.5, "a": 0.8, "b": 2.4}
PARETO_NBD = {"r": 0.55, "alpha": 10.5, "s": 0.6, "beta": 11.7}
GAMMA_GAMMA = {"p": 6.25, "q": 3.74, "gamma": 15.44}


def write_orders(file: Path, n_customers: int, truth: str, seed: int) -> int:
    """Write one line per order, customers in turn, and return the number of lines."""
    lines = 0
    seeds = np.random.SeedSequence(seed).spawn(-(-n_customers // AT_ONCE))
    with pq.ParquetWriter(file, SCHEMA) as writer:
        for part, child in enumerate(seeds):
            first = part * AT_ONCE
            table = _orders(first, min(AT_ONCE, n_customers - first), truth, np.random.default_rng(child))
            writer.write_table(table)
            lines += table.num_rows
    return lines


def _orders(first_number: int, n: int, truth: str, rng: np.random.Generator) -> pa.Table:
    """Return the orders of customers first_number, first_number + 1, …"""
    observed = rng.integers(7 * LEAST_WEEKS, (AS_OF - START).days + 1, n)  # days from the first order to the as-of date
    purchases = {"bgnbd": _bgnbd, "paretonbd": _pareto_nbd}[truth]
    who, days = purchases(observed / 7, rng)
    customer = np.concatenate([np.arange(n), who])
    day = np.concatenate([np.zeros(n), np.ceil(days * 7)]) - observed[customer] + AS_OF.toordinal()
    spend_rate = rng.gamma(GAMMA_GAMMA["q"], 1 / GAMMA_GAMMA["gamma"], n)
    amount = np.maximum(0.01, rng.gamma(GAMMA_GAMMA["p"], 1 / spend_rate[customer]).round(2))
    ids = pa.array(customer + first_number).cast(pa.string())
    since_1970 = (day - dt.date(1970, 1, 1).toordinal()).astype(np.int32)
    return pa.table(
        [ids, pa.array(since_1970).cast(pa.date32()), pa.array(amount).cast(SCHEMA.field("amount").type)], schema=SCHEMA
    )


def _bgnbd(weeks: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return who bought again and when (weeks after the first purchase); each purchase may be the last."""
    rate = rng.gamma(BGNBD["r"], 1 / BGNBD["alpha"], weeks.size)
    leaves = rng.beta(BGNBD["a"], BGNBD["b"], weeks.size)
    return _buy(rate, weeks, leaves, rng)


def _pareto_nbd(weeks: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return who bought again and when; customers leave at a time of their own."""
    rate = rng.gamma(PARETO_NBD["r"], 1 / PARETO_NBD["alpha"], weeks.size)
    life = rng.exponential(1 / rng.gamma(PARETO_NBD["s"], 1 / PARETO_NBD["beta"], weeks.size))
    return _buy(rate, np.minimum(weeks, life), np.zeros(weeks.size), rng)


def _buy(
    rate: np.ndarray, until: np.ndarray, leaves: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return customers and times of purchases at exponential gaps, purchase by purchase of all who still buy."""
    with np.errstate(divide="ignore"):  # a rate of 0 by underflow waits for ever
        wait = 1 / rate
    active, clock = np.arange(rate.size), np.zeros(rate.size)
    who, when = [], []
    while active.size:
        clock = clock + rng.standard_exponential(active.size) * wait[active]
        bought = clock <= until[active]
        active, clock = active[bought], clock[bought]
        who.append(active)
        when.append(clock)
        stays = rng.random(active.size) >= leaves[active]
        active, clock = active[stays], clock[stays]
    return np.concatenate(who), np.concatenate(when)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--truth", choices=["bgnbd", "paretonbd"], default="bgnbd")
    parser.add_argument("--seed", type=int, default=20240607)
    given = parser.parse_args()
    write_orders(given.file, given.customers, given.truth, given.seed)
