"""Figures of the customer base as a whole: full months, trend, classes of buyers, pace."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from clv.units import DAYS_PER_WEEK

MOST_SINGLE_CLASSES = 10  # customers by 1, 2, … orders one by one; beyond, in classes of equal width


def months_in_full(months: pd.DataFrame, first_day: dt.date, as_of: dt.date) -> pd.DataFrame:
    """Return the calendar months that lie wholly between the first day and the as-of date.

    Parameters
    ----------
    months
        With a column `month`, the first day of each.
    first_day, as_of
        Span of the data, both included.

    Returns
    -------
    pandas.DataFrame
        Some or all rows of `months`.
    """
    start = pd.to_datetime(months["month"])
    end = start + pd.offsets.MonthEnd(0)
    return months[(start >= pd.Timestamp(first_day)) & (end <= pd.Timestamp(as_of))]


def since_months_before(as_of: dt.date, number: int) -> pd.Timestamp:
    """Return the first day of the span of so many months that ends on `as_of`.

    Examples
    --------
    >>> since_months_before(dt.date(2017, 12, 31), 3)
    Timestamp('2017-10-01 00:00:00')
    """
    return pd.Timestamp(as_of) + pd.Timedelta(days=1) - pd.DateOffset(months=number)


def every_month(months: pd.DataFrame) -> pd.DataFrame:
    """Return the months without a gap: one in which nothing happened is a row of zeros, not a missing row."""
    known = months.assign(month=pd.to_datetime(months["month"])).set_index("month")
    span = pd.date_range(known.index.min(), known.index.max(), freq="MS", name="month")
    return known.reindex(span, fill_value=0).reset_index()


def change(series: pd.Series, span: int) -> float | None:
    """Return the relative change of the last `span` values against those before; None when there are too few.

    Examples
    --------
    >>> change(pd.Series([1.0, 1.0, 1.0, 1.1, 1.1, 1.1]), span=3)
    0.1
    """
    if len(series) < 2 * span or series.iloc[-2 * span : -span].sum() <= 0:
        return None
    return round(float(series.iloc[-span:].sum() / series.iloc[-2 * span : -span].sum() - 1), 6)


def order_classes(n_orders: pd.Series) -> pd.DataFrame:
    """Count customers by number of orders: one by one up to ten if most are there, else in ten classes of one width.

    Parameters
    ----------
    n_orders
        Purchase days per customer, at least 1.

    Returns
    -------
    pandas.DataFrame
        orders (label such as "3", "11–20", "91+") and customers; the last class is open.
    """
    width = 1 if n_orders.quantile(0.9) <= MOST_SINGLE_CLASSES else -(-int(n_orders.quantile(0.95)) // 10)
    last = MOST_SINGLE_CLASSES
    number = ((n_orders - 1) // width).clip(upper=last)
    counted = number.value_counts().reindex(range(int(number.max()) + 1), fill_value=0)
    labels = [str(i + 1) if width == 1 else f"{i * width + 1}–{(i + 1) * width}" for i in counted.index]
    if len(labels) > last:
        labels[last] = f"{last * width + 1}+"
    return pd.DataFrame({"orders": labels, "customers": counted.to_numpy()})


def pace_quantile(customers: pd.DataFrame, share: float) -> float:
    """Return the mean days between orders that `share` of the returning customers keep to, each counting once."""
    returned = customers[customers["frequency"] > 0]
    return float((returned["recency"] * DAYS_PER_WEEK / returned["frequency"]).quantile(share))
