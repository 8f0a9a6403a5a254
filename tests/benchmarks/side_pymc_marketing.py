"""PyMC-Marketing on the same orders, by MAP, its fastest: PEER_PYTHON side_pymc_marketing.py FILE AS_OF REPEATS.

Runs under a Python of its own, which has that package and not this one.
"""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import version

import pandas as pd
from stopwatch import introduce, stage

warnings.simplefilter("ignore")

from pymc_marketing import clv  # noqa: E402

MONTHLY_RATE = 1.10 ** (1 / 12) - 1


def summary(file: str, as_of: str) -> pd.DataFrame:
    """Return one row per customer; days over seven, since its own weeks are whole."""
    orders = pd.read_parquet(file)
    orders["amount"] = orders["amount"].astype(float)
    orders["ordered_on"] = pd.to_datetime(orders["ordered_on"])
    customers = clv.rfm_summary(
        orders, "customer_id", "ordered_on", "amount", observation_period_end=as_of, time_unit="D"
    )
    return customers.assign(recency=customers["recency"] / 7, T=customers["T"] / 7)


def fit(model: type, customers: pd.DataFrame) -> object:
    """Fit by maximum a posteriori, in the words of the version at hand."""
    made = model(data=customers)
    try:
        made.fit(method="map", progressbar=False)
    except (TypeError, ValueError):
        made.fit(fit_method="map", progressbar=False)
    return made


def fitted(model: object) -> dict[str, float]:
    """Return the parameters found."""
    return {str(name): float(value) for name, value in model.fit_summary().items()}


def main(file: str, as_of: str, repeats: int) -> None:
    """Run every stage."""
    introduce(**{name: version(name) for name in ("pymc-marketing", "pymc", "numpy", "pandas")})
    customers = stage(
        "customer summary",
        lambda: summary(file, as_of),
        repeats,
        lambda t: {"customers": len(t), "orders": float(t["frequency"].sum() + len(t))},
    )
    returned = customers[customers["frequency"] > 0]
    purchases = stage("BG/NBD fit", lambda: fit(clv.BetaGeoModel, customers), repeats, fitted)
    spend = stage("Gamma-Gamma fit", lambda: fit(clv.GammaGammaModel, returned), repeats, fitted)
    stage(
        "CLV, 12 months",
        lambda: spend.expected_customer_lifetime_value(
            purchases, customers, future_t=12, discount_rate=MONTHLY_RATE, time_unit="W"
        ),
        repeats,
        lambda values: {"total": float(values.mean(("chain", "draw")).sum())},
    )
    stage("Pareto/NBD fit", lambda: fit(clv.ParetoNBDModel, customers), repeats, fitted)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
