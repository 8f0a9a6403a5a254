"""What is said of scores: which frequent customers have gone quiet, who is best on all, how scores are spread."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from clv.checks.claim import Claim
from clv.decisions.rfm import SCORES
from clv.units import DAYS_PER_WEEK

OFTEN: Final = 3  # orders, hence two intervals, from which a customer has a rhythm that can break
UPPER, LOWER = 4, 2  # scores: the upper two and the lower two of five
RHYTHM: Final = 3.0  # times their own mean interval; who orders at random is silent for so long once in twenty times
UNEVEN: Final = 0.5  # by which a score may hold more or fewer than a fifth before it is said


def gone_quiet(
    value: pd.Series, current: pd.DataFrame, window_days: float, history_days: float
) -> tuple[Claim, pd.Series]:
    """Say how many frequent customers have gone quiet, and which ones: for the churn window, and for their own rhythm.

    Parameters
    ----------
    value
        As for `figures`.
    current
        r, f, days_since_last, n_orders, frequency and recency (weeks).
    window_days, history_days
        As for `figures` and `quiet`.

    Returns
    -------
    Claim, pandas.Series
        ``nobody_frequent`` stands out by number of orders; ``too_early`` to tell; ``none``; ``frequent``, or
        ``returned`` where two orders are enough to stand out. Facts: quiet, money, least (orders of whoever is
        frequent), frequent. The series is true for those who are meant.
    """
    often = current["f"].ge(UPPER)
    since = current["days_since_last"].astype("float64")
    interval = DAYS_PER_WEEK * current["recency"] / current["frequency"].where(current["frequency"] > 0)
    former = often & current["r"].between(1, LOWER) & since.ge(window_days) & since.ge(RHYTHM * interval)
    facts: dict[str, Any] = {
        "quiet": int(former.sum()),
        "frequent": int(often.sum()),
        "money": float(value[former].sum()),
    }
    facts |= {"least": int(current.loc[often, "n_orders"].min()) if often.any() else None, "times": RHYTHM}
    if not often.any():
        verdict = "nobody_frequent"
    elif history_days < window_days:
        verdict = "too_early"
    elif not former.any():
        verdict = "none"
    else:
        verdict = "frequent" if facts["least"] >= OFTEN else "returned"
    return Claim("gone_quiet", verdict, facts, n=facts["frequent"]), former


def best_on_all(value: pd.Series, rfm: pd.Series) -> Claim:
    """Say who has the highest of all three scores, and what they bring."""
    best, brought = rfm.eq(str(SCORES) * 3), value.clip(lower=0.0).fillna(0.0)
    share = float(brought[best].sum() / brought.sum()) if brought.sum() > 0 else 0.0
    verdict = "some" if best.any() else "nobody"
    return Claim("best_on_all", verdict, {"best": int(best.sum()), "share": share}, n=len(rfm))


def scores(n_orders: pd.Series, grid: pd.DataFrame) -> list[Claim]:
    """Say whether frequency scores are fifths, and what their grid shows: who has ordered equally often shares one.

    Parameters
    ----------
    n_orders
        Of those who bought.
    grid
        From `clv.decisions.rfm.rfm_grid`: frequency from 5 down, recency from 1 up.

    Returns
    -------
    list of Claim
        ``ties``, where a score holds far more or fewer than a fifth; facts: share and orders of the most frequent
        number of orders. ``grid``; facts: frequency and recency of the cell with most customers, cell; best, those of
        5 and 5.
    """
    counts, held = n_orders.value_counts(), grid.sum(axis="columns") * SCORES / len(n_orders)
    cells = grid.to_numpy()
    row, column = (int(place) for place in np.unravel_index(int(cells.argmax()), cells.shape))
    facts = {
        "cell": int(cells.max()), "frequency": SCORES - row, "recency": column + 1, "best": int(cells[0, -1]),
    }  # fmt: skip
    found = [Claim("grid", facts=facts, n=len(n_orders))]
    if (held - 1).abs().gt(UNEVEN).any():
        of_ties = {"share": float(counts.iloc[0] / len(n_orders)), "orders": int(counts.index[0])}
        found.insert(0, Claim("ties", "many", of_ties, n=len(n_orders)))
    return found


def by_score(grid: pd.DataFrame) -> pd.DataFrame:
    """Return the grid of scores as a table: frequency_score and the customers of recency_1 to recency_5."""
    named = grid.rename(columns=lambda score: f"recency_{score}")
    return named.rename_axis("frequency_score").rename_axis(columns=None).reset_index()
