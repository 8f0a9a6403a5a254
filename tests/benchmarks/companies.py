"""Simulated companies of many kinds, day by day: what constants are chosen on, and forecasts are compared on.

Rates are gamma, log-normal or Pareto; customers leave after an order, at any time, or sleep for a while; gaps are
regular or not; seasons, trends and rates that wander move everybody. Nobody's kind is a model of this package.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

START: Final = np.datetime64("2021-01-04")
BUSIEST = 1.5  # orders a day

KINDS: Final[dict[str, dict[str, Any]]] = {
    "textbook": {"n": 3000, "days": 900, "arrivals": 0.8},
    "gone_often": {"n": 4000, "days": 800, "leave_per_order": 0.35, "mean_gap": 30, "arrivals": 0.9},
    "loyal": {"n": 1500, "days": 1000, "leave_per_order": 0.01, "mean_gap": 25, "arrivals": 0.4},
    "regular": {"n": 2000, "days": 800, "stages": 4, "mean_gap": 35, "leave_per_order": 0.06, "arrivals": 0.6},
    "heavy_pace": {"n": 2500, "days": 800, "rate": "lognormal", "sigma": 1.6, "mean_gap": 25, "leave_per_order": 0.04,
                   "arrivals": 0.6},
    "pareto_pace": {"n": 2500, "days": 700, "rate": "pareto", "leave_per_order": 0.05, "spend_tail": 1.8,
                    "arrivals": 0.6},
    "season": {"n": 2500, "days": 1100, "season": 0.35, "arrivals": 0.7, "mean_gap": 35},
    "drift": {"n": 2500, "days": 900, "drift": 1.2, "arrivals": 0.7, "leave_per_order": 0.03},
    "dormant": {"n": 2500, "days": 900, "sleep": 0.008, "wake": 0.006, "leave_per_order": 0.02, "mean_gap": 20,
                "arrivals": 0.6},
    "shrinking": {"n": 3000, "days": 900, "trend": -0.35, "arrivals": 0.7, "mean_gap": 30},
    "growing": {"n": 3000, "days": 700, "trend": 0.4, "arrivals": 1.0, "mean_gap": 35},
    "one_timers": {"n": 6000, "days": 700, "leave_per_order": 0.6, "mean_gap": 60, "arrivals": 0.95},
    "short": {"n": 2500, "days": 240, "mean_gap": 20, "arrivals": 0.8},
    "grocer": {"n": 1500, "days": 500, "shape": 1.5, "mean_gap": 8, "leave_per_order": 0.004, "arrivals": 0.3,
               "drift": 0.6},
    "wholesaler": {"n": 500, "days": 800, "rate": "lognormal", "sigma": 1.3, "mean_gap": 18, "stages": 2,
                   "leave_per_order": 0.01, "spend_tail": 1.5, "arrivals": 0.4},
    "time_leavers": {"n": 3000, "days": 900, "leave_a_day": 0.003, "leave_per_order": 0.0, "arrivals": 0.7,
                     "mean_gap": 30},
}  # fmt: skip


def company(
    n: int,
    days: int,
    seed: int,
    *,
    rate: str = "gamma",
    shape: float = 0.8,
    mean_gap: float = 40.0,
    sigma: float = 1.2,
    leave_a_day: float = 0.0,
    leave_per_order: float = 0.08,
    stages: int = 1,
    season: float = 0.0,
    trend: float = 0.0,
    drift: float = 0.0,
    arrivals: float = 1.0,
    sleep: float = 0.0,
    wake: float = 0.0,
    spend_tail: float | None = None,
) -> pd.DataFrame:
    """Return the purchase days of n customers over so many days.

    Parameters
    ----------
    n, days, seed
        Customers, length of the history in days, source of randomness.
    rate, shape, sigma, mean_gap
        Distribution of the customers' own rates (gamma of a shape, lognormal of a sigma, pareto), and the mean gap of
        an average one in days.
    leave_a_day, leave_per_order
        Mean probabilities of leaving on a day, and after an order.
    stages
        Of a gap; above 1 customers have a rhythm.
    season, trend, drift
        Amplitude of the year, change a year, and standard deviation a year of each customer's own rate (log).
    arrivals
        Share of the days over which customers first come.
    sleep, wake
        Probabilities a day of falling asleep, and of waking.
    spend_tail
        Of a Pareto distribution of mean spend; log-normal without.
    """
    rng = np.random.default_rng(seed)
    own = np.minimum(_rates(rng, n, rate, shape, sigma) / mean_gap, BUSIEST)
    first = rng.integers(0, max(1, int(days * arrivals)), n)
    fickle = rng.beta(leave_per_order * 8 + 1e-9, (1 - leave_per_order) * 8, n) if leave_per_order else np.zeros(n)
    mortal = leave_a_day * rng.gamma(0.6, 1 / 0.6, n)
    alive, awake, passed, wander = np.ones(n, bool), np.ones(n, bool), np.zeros(n, int), np.zeros(n)
    bought = []
    for day in range(days):
        here, comes = (first < day) & alive, first == day
        busy = _season(day, season) * (1 + trend) ** (day / 365.25)
        wander += drift * (rng.standard_normal(n) - drift / 2 / np.sqrt(365)) / np.sqrt(365) if drift else 0.0
        hit = here & awake & (rng.random(n) < 1 - np.exp(-stages * own * np.exp(wander) * busy))
        passed += hit
        order = hit & (passed >= stages)
        passed[order] = 0
        bought.append(np.flatnonzero(order | comes))
        alive &= ~((order | comes) & (rng.random(n) < fickle)) & ~(here & (rng.random(n) < mortal))
        awake = np.where(awake, rng.random(n) >= sleep, rng.random(n) < wake) if sleep else awake
    customer = np.concatenate(bought)
    when = np.repeat(np.arange(days), [len(buyers) for buyers in bought])
    level = 30 * np.exp(0.8 * rng.standard_normal(n)) if spend_tail is None else 10 * (rng.pareto(spend_tail, n) + 0.5)
    return pd.DataFrame(
        {
            "customer_id": np.char.add("C", np.char.zfill(customer.astype(str), 6)),
            "ordered_on": START + when.astype("timedelta64[D]"),
            "net": np.round(level[customer] * rng.gamma(5, 1 / 5, customer.size) + 0.01, 2),
            "is_purchase": True,
        }
    )


def _rates(rng: np.random.Generator, n: int, kind: str, shape: float, sigma: float) -> np.ndarray:
    if kind == "gamma":
        return rng.gamma(shape, 1 / shape, n)
    if kind == "lognormal":
        return np.exp(sigma * rng.standard_normal(n) - sigma**2 / 2)
    return 0.35 * (rng.pareto(1.6, n) + 0.2)


def _season(day: int, amplitude: float) -> float:
    if not amplitude:
        return 1.0
    before_christmas = 1.5 * amplitude if 320 < day % 365.25 < 355 else 0.0
    return 1 + amplitude * np.sin(2 * np.pi * day / 365.25) + before_christmas
