"""How concentrated the value of a customer base is: ABC classes, the Lorenz curve, top shares."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from clv.errors import ConfigError

ABC_CUTS: Final = (0.80, 0.95)  # cumulative share of value where class A, then B, ends: Pareto convention


def ranked(value: pd.Series) -> pd.Series:
    """Sort values from highest to lowest; equal values by their index, so that no order of rows changes a class."""
    return value.sort_index().sort_values(ascending=False, kind="stable")


def _held(value: pd.Series) -> pd.Series:
    return ranked(value.clip(lower=0.0).fillna(0.0))


def abc_classes(value: pd.Series, cuts: tuple[float, float] = ABC_CUTS) -> pd.Series:
    """Put each customer in class A, B or C by the cumulative share of value.

    Parameters
    ----------
    value
        Money per customer, indexed by customer_id; missing and negative values belong to class C.
    cuts
        Cumulative share of the positive value where class A, then class B, ends. The customer who crosses a cut
        still belongs to the higher class.

    Returns
    -------
    pandas.Series
        "A", "B" or "C", in the order of `value`.

    Examples
    --------
    >>> abc_classes(pd.Series([5.0, 80.0, 15.0], index=["x", "y", "z"])).to_dict()
    {'x': 'C', 'y': 'A', 'z': 'B'}
    """
    positive = _held(value)
    total = positive.sum()
    if total <= 0:
        return pd.Series("C", index=value.index)
    before = positive.cumsum().shift(fill_value=0.0) / total + 1e-9  # share held by those ahead; sums round
    classes = np.select([positive <= 0, before < cuts[0], before < cuts[1]], ["C", "A", "B"], "C")
    return pd.Series(classes, index=positive.index).reindex(value.index)


def concentration_curve(value: pd.Series, points: int = 200) -> pd.DataFrame:
    """Return the Lorenz curve from the best customer down.

    Parameters
    ----------
    value
        Money per customer; missing counts as zero.
    points
        At most so many steps, evenly spread over the customers.

    Returns
    -------
    pandas.DataFrame
        share_of_customers and share_of_value, both from 0 to 1. Who has a negative value holds nothing.
    """
    held = _held(value).cumsum().to_numpy()
    n = len(held)
    if n == 0 or held[-1] <= 0:
        return pd.DataFrame({"share_of_customers": [0.0, 1.0], "share_of_value": [0.0, 1.0]})
    at = np.unique(np.linspace(0, n, min(points, n) + 1).round().astype(int))
    return pd.DataFrame({"share_of_customers": at / n, "share_of_value": np.concatenate(([0.0], held))[at] / held[-1]})


def top_share(value: pd.Series, share: float = 0.20) -> float:
    """Return the part of all value that the best `share` of customers hold, at least one customer, 0 to 1.

    Whoever got more back than ever paid holds nothing: shares of a sum that refunds have shrunk would pass 1, or have
    no meaning.
    """
    if not 0 < share <= 1:
        raise ConfigError(f"top_share = {share}: must be above 0 and at most 1 (0.20 is 20 %)")
    ordered = _held(value)
    best = max(1, round(share * len(ordered)))
    total = ordered.sum()
    return float(ordered.iloc[:best].sum() / total) if total > 0 else float("nan")


def customers_for(value: pd.Series, part: float = 0.80) -> float:
    """Return the share of customers that together hold `part` of the value, 0 to 1."""
    ordered = _held(value)
    total = ordered.sum()
    if total <= 0:
        return float("nan")
    needed = int(np.searchsorted(ordered.cumsum().to_numpy(), part * total - 1e-9 * total)) + 1
    return min(needed, len(ordered)) / len(ordered)


def gini_concentration(value: pd.Series) -> float:
    """Return the Gini coefficient of the values: 0 when all are equal, near 1 when one customer holds everything.

    Trapezoid rule on the Lorenz curve of the values clipped at zero, exact for a finite base.
    """
    ordered = np.sort(value.fillna(0.0).clip(lower=0).to_numpy())
    n, total = len(ordered), ordered.sum()
    if n == 0 or total <= 0:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def share_by_class(value: pd.Series, classes: pd.Series) -> pd.DataFrame:
    """Total customers and money by ABC class; the classes hold every customer once.

    Returns
    -------
    pandas.DataFrame
        Index A, B, C (those that occur): n_customers, share_of_customers, value, share_of_value (see `top_share`),
        value_per_customer.
    """
    groups, held = value.fillna(0.0).groupby(classes), _held(value).groupby(classes).sum()
    table = pd.DataFrame({"n_customers": groups.size(), "value": groups.sum()})
    return table.assign(
        share_of_customers=table["n_customers"] / table["n_customers"].sum(),
        share_of_value=held / held.sum(),
        value_per_customer=table["value"] / table["n_customers"],
    )
