"""The package lifetimes on the same orders, as its documentation uses it: python side_lifetimes.py FILE AS_OF REPEATS.

Its purchase models also take weights: the BG/NBD on merged rows is a stage of its own, and the Pareto/NBD, which takes
many minutes otherwise, is fitted so alone.
"""

from __future__ import annotations

import math
import sys
import warnings
from importlib.metadata import version

import pandas as pd
from stopwatch import introduce, stage

warnings.simplefilter("ignore")  # on import it sets a deprecated option, and its optimisers overflow

from lifetimes import BetaGeoFitter, GammaGammaFitter, ParetoNBDFitter  # noqa: E402
from lifetimes.utils import summary_data_from_transaction_data  # noqa: E402

MONTHLY_RATE = 1.10 ** (1 / 12) - 1
KEYS = ["frequency", "recency", "T"]


def summary(file: str, as_of: str) -> pd.DataFrame:
    """Return one row per customer, in weeks of seven days."""
    orders = pd.read_parquet(file)
    orders["amount"] = orders["amount"].astype(float)
    orders["ordered_on"] = pd.to_datetime(orders["ordered_on"])
    return summary_data_from_transaction_data(
        orders, "customer_id", "ordered_on", "amount", observation_period_end=as_of, freq="D", freq_multiplier=7
    )


def fit(model: type, customers: pd.DataFrame) -> object:
    """Fit a model of purchases, one row per customer."""
    return model().fit(*(customers[name] for name in KEYS))


def fit_merged(model: type, customers: pd.DataFrame) -> object:
    """Fit a model of purchases on equal rows merged, with the number of customers as the weight."""
    merged = customers.groupby(KEYS, as_index=False).size()
    return model().fit(*(merged[name] for name in KEYS), weights=merged["size"])


def fit_spend(customers: pd.DataFrame) -> GammaGammaFitter:
    """Fit the spend of those who came back."""
    returned = customers[customers["frequency"] > 0]
    return GammaGammaFitter().fit(returned["frequency"], returned["monetary_value"])


def found(model: BetaGeoFitter | ParetoNBDFitter | GammaGammaFitter) -> dict[str, float]:
    """Return the parameters and the total log-likelihood, which it keeps as a mean and in a time unit of its own."""
    weights, objective = model.data["weights"], -float(model._negative_log_likelihood_)
    total = objective * (weights.mean() if isinstance(model, ParetoNBDFitter) else weights.sum())
    in_weeks = float((weights * model.data["frequency"]).sum()) * math.log(getattr(model, "_scale", 1.0))
    return {**model.params_, "log_likelihood": total + in_weeks}


def value(purchases: BetaGeoFitter, spend: GammaGammaFitter, customers: pd.DataFrame) -> pd.Series:
    """Return discounted revenue over twelve months."""
    columns = (customers[name] for name in (*KEYS, "monetary_value"))
    return spend.customer_lifetime_value(purchases, *columns, time=12, discount_rate=MONTHLY_RATE, freq="W")


def main(file: str, as_of: str, repeats: int) -> None:
    """Run every stage."""
    introduce(**{name: version(name) for name in ("lifetimes", "numpy", "pandas", "scipy", "autograd")})
    customers = stage(
        "customer summary",
        lambda: summary(file, as_of),
        repeats,
        lambda t: {"customers": len(t), "orders": float(t["frequency"].sum() + len(t))},
    )
    purchases = stage("BG/NBD fit", lambda: fit(BetaGeoFitter, customers), repeats, found)
    stage("BG/NBD fit, merged rows", lambda: fit_merged(BetaGeoFitter, customers), repeats, found)
    spend = stage("Gamma-Gamma fit", lambda: fit_spend(customers), repeats, found)
    stage(
        "CLV, 12 months", lambda: value(purchases, spend, customers), repeats, lambda clv: {"total": float(clv.sum())}
    )
    stage("Pareto/NBD fit", lambda: fit_merged(ParetoNBDFitter, customers), repeats, found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
