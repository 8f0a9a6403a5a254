"""Simulated companies as purchase days, and what is known of their customers, written without the data engine.

`known` says in pandas what `clv.data.behaviour.behaviour` says in Ibis: the one is tested against the other, and the
models are tested without an engine.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from clv.data.behaviour import HALF_LIVES, MONEY_WINDOWS, WINDOWS
from clv.data.origins import Origin, plan_origins

START = dt.date(2022, 1, 3)


def day(number: float) -> dt.date:
    """Return the date that many days after the start."""
    return START + dt.timedelta(days=int(number))


def buyers(
    n: int,
    seed: int,
    *,
    days: int,
    arrivals: int,
    r: float = 0.6,
    alpha: float = 8.0,
    a: float = 0.8,
    b: float = 2.5,
    spend: tuple[float, float, float] = (6.0, 4.0, 60.0),
) -> pd.DataFrame:
    """Return the purchase days of n customers who follow the BG/NBD (weeks) and the gamma-gamma (p, q, gamma) exactly.

    They come first on a day below `arrivals` and are followed up to `days`; a = 0 means that nobody leaves. Columns
    customer_id, ordered_on, net, is_purchase: those of `clv.data.customers.customer_days`.
    """
    rng = np.random.default_rng(seed)
    wait = 7 / np.maximum(rng.gamma(r, 1 / alpha, n), 1e-12)
    leaves = rng.beta(a, b, n) if a > 0 else np.zeros(n)
    clock = rng.integers(0, arrivals, n).astype(float)
    who, active, rows = np.arange(n), np.ones(n, dtype=bool), []
    while active.any():
        rows.append((who[active], clock[active]))
        clock = clock + rng.exponential(wait)
        stays = (rng.random(n) >= leaves) if len(rows) > 1 else np.ones(n, dtype=bool)
        active &= stays & (clock <= days)
    customer, when = (np.concatenate(column) for column in zip(*rows, strict=True))
    p, q, gamma = spend
    rate = rng.gamma(q, 1 / gamma, n)
    net = np.maximum(0.01, rng.gamma(p, 1 / rate[customer]).round(2))
    return purchase_days(customer, np.floor(when), net)


def purchase_days(customer: np.ndarray, number: np.ndarray, net: np.ndarray | float) -> pd.DataFrame:
    """Return one row per customer and day (a number of days after the start), of purchases that net above zero."""
    frame = pd.DataFrame({"customer_id": [f"C{name:06d}" for name in customer], "number": number, "net": net})
    merged = frame.groupby(["customer_id", "number"], as_index=False)["net"].sum(min_count=1)
    merged["ordered_on"] = pd.Timestamp(START) + pd.to_timedelta(merged["number"], unit="D")
    return merged.assign(is_purchase=True)[["customer_id", "ordered_on", "net", "is_purchase"]]


def known(rows: pd.DataFrame, as_of: dt.date, span_days: int) -> pd.DataFrame:
    """Return what `behaviour` must say of who has purchased by a date, column by column."""
    end = pd.Timestamp(as_of)
    seen = rows[rows["ordered_on"] <= end]
    bought = seen[seen["is_purchase"]].sort_values(["customer_id", "ordered_on"])
    customers = bought.groupby("customer_id")
    first, last, n = customers["ordered_on"].min(), customers["ordered_on"].max(), customers.size()
    seen = seen[seen["customer_id"].isin(n.index)]
    later = bought[bought["ordered_on"] > bought["customer_id"].map(first)]
    priced = rows["net"].notna().any()

    def per_customer(values: pd.Series, of: pd.DataFrame) -> pd.Series:
        return values.groupby(of["customer_id"]).sum().reindex(n.index, fill_value=0)

    def money(of: pd.DataFrame) -> pd.Series:
        return per_customer(of["net"].astype(float), of) if priced else pd.Series(np.nan, n.index)

    age_later, age_seen = (end - later["ordered_on"]).dt.days, (end - seen["ordered_on"]).dt.days
    age = (end - bought["ordered_on"]).dt.days
    columns = {
        "first_order": first,
        "last_order": last,
        "n_orders": n,
        "frequency": n - 1,
        "recency": (last - first).dt.days / 7,
        "T": (end - first).dt.days / 7,
        "monetary_value": later.groupby("customer_id")["net"].mean().reindex(n.index).astype(float),
        "value_to_date": money(seen),
        "mean_purchase": customers["net"].mean().astype(float),
        "orders_in_span": per_customer((age_later < span_days).astype(int), later),
        **{f"orders_{w}d": per_customer((age_later < w).astype(int), later) for w in WINDOWS},
        **{f"fading_orders_{h}d": per_customer(0.5 ** (age / h), bought) for h in HALF_LIVES},
        **{f"net_{w}d": money(seen[age_seen < w]) for w in MONEY_WINDOWS},
    }
    return pd.DataFrame(columns)


def outcome(rows: pd.DataFrame, as_of: dt.date, span_days: int, index: pd.Index) -> pd.DataFrame:
    """Return orders and revenue (missing in a log without amounts) of the span after a date, and days_to_order."""
    first, end = pd.Timestamp(as_of), pd.Timestamp(as_of) + pd.Timedelta(days=span_days)
    after = rows[rows["ordered_on"] > first]
    within = after[after["ordered_on"] <= end].groupby("customer_id")
    next_order = after[after["is_purchase"]].groupby("customer_id")["ordered_on"].min()
    found = pd.DataFrame({"orders": within["is_purchase"].sum(), "revenue": within["net"].sum(min_count=1)})
    found = found.reindex(index).astype(float)
    found["days_to_order"] = (next_order - first).dt.days.reindex(index).astype(float).fillna(np.inf)
    nothing = 0.0 if rows["net"].notna().any() else np.nan
    return found.fillna({"orders": 0.0, "revenue": nothing} if nothing == 0.0 else {"orders": 0.0})


def past(
    rows: pd.DataFrame, as_of: dt.date, horizon_days: int, window_days: int | None = None
) -> tuple[int, list[Origin]]:
    """Return the length of the spans and what was known and happened at every origin, latest first."""
    first_day = rows["ordered_on"].min().date()
    plan = plan_origins(first_day, as_of, horizon_days, window_days)
    origins = []
    for date in plan.dates:
        then = known(rows, date, plan.span_days)
        came = outcome(rows[rows["ordered_on"] <= pd.Timestamp(as_of)], date, plan.span_days, then.index)
        if date + dt.timedelta(days=plan.span_days) > as_of:
            came[["orders", "revenue"]] = np.nan  # not over yet
        share = (date - first_day).days / (as_of - first_day).days
        origins.append(Origin(date, then, came, (as_of - date).days, share))
    return plan.span_days, origins
