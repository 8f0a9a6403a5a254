"""This package on the orders of a Parquet file: python side_clv.py FILE AS_OF REPEATS."""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from importlib.metadata import version

import pandas as pd
from stopwatch import introduce, stage

from clv.data.customers import customer_days, customer_summary, summary_frame
from clv.data.engine import open_engine
from clv.models import BGNBD, GammaGamma
from clv.units import annual, days

HORIZON, RATE = days(365), annual(0.10)


def summary(file: str, as_of: dt.date) -> pd.DataFrame:
    """Return one row per customer."""
    engine = open_engine()
    orders = engine.read_parquet(file)
    customers = summary_frame(customer_summary(customer_days(orders, as_of), as_of))
    engine.disconnect()
    return customers


def pareto_nbd() -> type | None:
    """Return the Pareto/NBD, if this version has one."""
    try:
        return getattr(importlib.import_module("clv.models.purchases.pareto_nbd"), "ParetoNBD", None)
    except ImportError:
        return None


def fitted(model: object) -> dict[str, float]:
    """Return what a fit found."""
    return {**model.params_._asdict(), "log_likelihood": model.log_likelihood_}


def main(file: str, as_of: dt.date, repeats: int) -> None:
    """Run every stage."""
    introduce(**{name: version(name) for name in ("clv", "duckdb", "numpy", "pandas", "scipy")})
    customers = stage(
        "customer summary",
        lambda: summary(file, as_of),
        repeats,
        lambda t: {"customers": len(t), "orders": float(t["n_orders"].sum())},
    )
    purchases = stage("BG/NBD fit", lambda: BGNBD().fit(customers), repeats, fitted)
    spend = stage("Gamma-Gamma fit", lambda: GammaGamma().fit(customers), repeats, fitted)
    stage(
        "CLV, 12 months",
        lambda: purchases.discounted_purchases(customers, HORIZON, RATE) * spend.expected_spend(customers),
        repeats,
        lambda clv: {"total": float(clv.sum())},
    )
    stage("BG/NBD fit, merged rows", lambda: BGNBD().fit(customers), repeats, fitted)  # it always merges by itself
    if (model := pareto_nbd()) is not None:
        stage("Pareto/NBD fit", lambda: model().fit(customers), repeats, fitted)


if __name__ == "__main__":
    main(sys.argv[1], dt.date.fromisoformat(sys.argv[2]), int(sys.argv[3]))
