"""A forecast of customers from Python: one table, its total, who competed for it, and its charts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.decisions.export import TableWriter, export_table
from clv.decisions.forecasting import customers_in_parts, fit_forecaster, fit_models_alone
from clv.decisions.lifetime_value import forecast as forecast_customers
from clv.decisions.reach import Reach, reach_of, reach_of_buyers, require_reach
from clv.errors import ConfigError
from clv.face.log import Log, read
from clv.face.people import Customers, customers
from clv.face.plots import Plots
from clv.learning.forecaster import Forecaster, Outside
from clv.models.outcomes.totals import total
from clv.units import DiscountRate, Horizon, annual, days, require_horizon


@dataclass(frozen=True)
class Terms:
    """What a forecast is asked for.

    Attributes
    ----------
    horizon
        Its length.
    window
        Silence that counts as churn; None where the customers' own pace says.
    margin
        Contribution margin as a fraction of sales, above 0 and at most 1.
    rate
        A year.
    """

    horizon: Horizon
    window: Horizon | None
    margin: float
    rate: DiscountRate

    @property
    def window_days(self) -> int | None:
        """Return the window in whole days."""
        return None if self.window is None else round(self.window.days)


FloatArray = npt.NDArray[np.float64]

_OTHERWISE: Final = Terms(days(365), None, 1.0, annual(0.10))  # as a config that states none of them


@dataclass(frozen=True, eq=False)
class Forecast:
    """What customers are expected to do, with what may happen instead; made by `forecast` and `score`.

    Attributes
    ----------
    table
        One row per customer, on the caller's index in its order (that of customer_id from a log): the columns of
        `clv.decisions.export.DICTIONARY`, which says what each is; low and high are the 5th and 95th percentile.
    total
        Of all customers together: rows orders and, where money is known, revenue and clv; columns expected, low, high.
    forecaster
        Fitted; what it learned and how outcomes scatter, see `clv.learning.forecaster.Forecaster`.
    source
        What was forecast.
    terms
        Horizon, window, margin and discount rate.
    """

    table: pd.DataFrame
    total: pd.DataFrame
    forecaster: Forecaster = field(repr=False)
    source: Log | Customers
    terms: Terms
    candidates: Outside = ()
    is_contested: bool = False

    @property
    def as_of(self) -> dt.date | None:
        """Return the last day that counts; None where a table of counts did not say it."""
        return self.source.as_of

    @property
    def winner(self) -> str:
        """Return who forecasts the orders."""
        return self.forecaster.contest_.winner

    @property
    def contest(self) -> pd.DataFrame:
        """Return who competed for the orders at past origins, the best first.

        Columns of `clv.models.evaluation.accuracy.holdout_metrics` and weight (of the blend's members; missing for
        others), one row a candidate. Empty where nothing was tried.
        """
        found = self.forecaster.contest_
        if found.table.empty:
            return pd.DataFrame(columns=["rmse", "weight"], index=pd.Index([], name="forecast"), dtype=float)
        return found.table.sort_values("rmse").assign(weight=pd.Series(found.weights))

    @cached_property
    def plot(self) -> Plots:
        """Return the charts: contest, customers, and deciles and cumulative on a holdout."""
        return Plots(self)

    def write(self, file: str | Path) -> list[str]:
        """Write the table as .csv or .parquet, as `clv score` does; returns what its reader must know."""
        named = self.table.reset_index(names="customer_id")
        with TableWriter(Path(file), "file") as writer:
            writer.write(named)
        return writer.notes

    def __repr__(self) -> str:
        seen = "" if self.as_of is None else f" from {self.as_of}"
        sums = "; ".join(
            f"{name} {row.expected:,.0f} ({row.low:,.0f} to {row.high:,.0f})"
            for name, row in self.total.iterrows()  # three rows at most
        )
        return (
            f"<Forecast of {len(self.table):,} customers over {self.terms.horizon.days:.0f} days{seen} by "
            f"{self.winner}: {sums}>"
        )


def forecast(
    source: Log | Customers,
    horizon: Horizon | None = None,
    *,
    window: Horizon | None = None,
    margin: float | None = None,
    annual_discount_rate: float | None = None,
    candidates: Outside = (),
    contest: bool = True,
) -> Forecast:
    """Forecast each customer's orders, money and risk of silence.

    Parameters
    ----------
    source : Log or Customers
        From `clv.read`, or from `clv.customers` for the probability models alone.
    horizon : Horizon, optional
        Length of the forecast, e.g. ``clv.days(365)``, a bare number being refused; default: that of a company's YAML,
        else 365 days.
    window : Horizon, optional
        Silence that counts as churn; default: from the customers' own pace.
    margin : float, optional
        Contribution margin, fraction of sales; default: the YAML's, else 1.
    annual_discount_rate : float, optional
        Effective, 0.10 being 10 % a year; default: the YAML's, else 0.10.
    candidates : sequence or mapping, optional
        scikit-learn estimators and purchase models to compete beside those that ship.
    contest : bool
        Whether candidates compete at past days and the best or their blend forecasts, as `clv score` does. Without it
        the probability models (BG/NBD, MBG/NBD, Pareto/NBD) forecast alone: faster, and not tried on this history.

    Returns
    -------
    Forecast

    Raises
    ------
    ConfigError
        If a term carries no unit or is out of range.
    DataError, ConvergenceError
        If there are too few buyers, or the horizon is too long for the history.

    Examples
    --------
    >>> rhythm = {"frequency": [3, 0, 1, 0, 5, 2] * 5, "recency": [30.0, 0, 9, 0, 36, 20] * 5, "T": [38.0] * 30}
    >>> found = forecast(customers(pd.DataFrame(rhythm), unit="week"), days(91))
    >>> found.table["expected_orders"].head(3).round(2).tolist()
    [0.87, 0.18, 0.52]
    >>> found.winner
    'probability models'
    """
    if not isinstance(source, Log | Customers):
        raise ConfigError(
            f"forecast takes what clv.read or clv.customers returns; got {type(source).__name__}: "
            'clv.read(transactions), or clv.customers(counts, unit="week")'
        )
    terms = _terms(source, horizon, window, margin, annual_discount_rate)
    if isinstance(source, Log) and contest:
        _require(reach_of(source.days, source.as_of, round(terms.horizon.days)), source)
        fitted = fit_forecaster(source.days, source.as_of, terms.horizon, terms.window_days, candidates)
        return _collected(source, terms, fitted, customers_in_parts(source.days, source.as_of, fitted), candidates)
    if candidates:
        raise ConfigError("candidates compete at past days: give a log from clv.read, and leave contest=False out")
    people = customers(source) if isinstance(source, Log) else source
    return _collected(source, terms, _alone(people, terms), iter([people.known]))


def score(
    source: str | Path | pd.DataFrame,
    horizon: Horizon | None = None,
    *,
    out: str | Path | None = None,
    **settings: Any,
) -> Forecast:
    """Read transactions and forecast every customer, as `clv score` does: `forecast` of `read`.

    Parameters
    ----------
    source, **settings
        As for `clv.read`; window, margin, annual_discount_rate, candidates and contest as for `clv.forecast`.
    horizon : Horizon, optional
        Length of the forecast.
    out : path, optional
        A .csv or .parquet file to write the table to.

    Returns
    -------
    Forecast

    Raises
    ------
    ClvError
        As `read` and `forecast`.
    """
    asked = {name: settings.pop(name) for name in _ASKED if name in settings}
    found = forecast(read(source, **settings), horizon, **asked)
    if out is not None:
        found.write(out)
    return found


_MONEY: Final = [
    *("value_to_date", "monetary_value", "expected_revenue", "median_revenue", "revenue_low", "revenue_high"),
    *("clv", "clv_low", "clv_high"),
]
_ASKED: Final = ("window", "margin", "annual_discount_rate", "candidates", "contest")


def _terms(
    source: Log | Customers,
    horizon: Horizon | None,
    window: Horizon | None,
    margin: float | None,
    rate: float | None,
) -> Terms:
    """Return what is asked for, from the arguments first, then from the company's settings."""
    log = source if isinstance(source, Log) else source.log
    stated = _OTHERWISE
    if log is not None:
        silence = log.config.churn_window_days
        window_of = None if silence is None else days(silence)
        stated = Terms(log.config.horizon, window_of, log.config.margin, log.config.discount_rate)
    share = stated.margin if margin is None else margin
    if not 0 < share <= 1:
        raise ConfigError(f"margin must be above 0 and at most 1, a fraction of sales; got {share!r}")
    return Terms(
        require_horizon(stated.horizon if horizon is None else horizon),
        stated.window if window is None else require_horizon(window),
        share,
        stated.rate if rate is None else annual(rate),
    )


def _alone(people: Customers, terms: Terms) -> Forecaster:
    """Fit the probability models, of a log that is recorded in periods on its dates."""
    panel = None
    if (log := people.log) is not None:
        from clv.data.periods import panel_of

        buyers = people.buyers
        horizon_days = round(terms.horizon.days)
        reach = reach_of_buyers(buyers["first_order"], buyers["frequency"], log.as_of, horizon_days)
        _require(reach, log)
        panel = panel_of(log.days)
    return fit_models_alone(people.buyers, terms.horizon, terms.window_days, panel, as_of=people.as_of)


def _require(reach: Reach | None, log: Log) -> None:
    if reach is not None:
        require_reach(reach, log.config.max_horizon_multiple)


def _collected(
    source: Log | Customers,
    terms: Terms,
    fitted: Forecaster,
    parts: Iterator[pd.DataFrame],
    candidates: Outside | None = None,
) -> Forecast:
    """Forecast customers part by part, and add up."""
    unknown = [] if fitted.money_ is not None else _MONEY
    if source.as_of is None:
        unknown = [*unknown, "next_order"]
    tables, sums = [], np.zeros((len(_SUMMED), 2))
    for known in parts:
        predicted = forecast_customers(known, fitted, as_of=source.as_of, margin=terms.margin, rate=terms.rate)
        tables.append(_exported(known, predicted, unknown))
        sums += _sums(predicted)
    rows = [total(mean, variance, fitted.level_error_) for mean, variance in sums.tolist()]
    totals = pd.DataFrame(rows, index=list(_SUMMED))[["expected", "low", "high"]]
    if fitted.money_ is None:
        totals = totals.loc[["orders"]]
    table = tables[0] if len(tables) == 1 else pd.concat(tables).sort_index()
    return Forecast(table, totals, fitted, source, terms, candidates or (), candidates is not None)


def _exported(known: pd.DataFrame, predicted: pd.DataFrame, unknown: list[str]) -> pd.DataFrame:
    """Return what is published, on the index of the customers; columns of what nobody knows are left out."""
    kept = export_table(known, predicted).set_index("customer_id").set_axis(known.index, axis="index")
    return kept.drop(columns=unknown, errors="ignore")


_SUMMED: Final = ("orders", "revenue", "clv")


def _sums(predicted: pd.DataFrame) -> FloatArray:
    """Return expected values and variances of a part, as `_SUMMED`; a lifetime value is a share of its money."""
    share = (predicted["clv"] / predicted["expected_revenue"]).where(predicted["expected_revenue"] > 0, 0.0)
    columns = (
        (predicted["expected_orders"], predicted["orders_variance"]),
        (predicted["expected_revenue"], predicted["revenue_variance"]),
        (predicted["clv"], share**2 * predicted["revenue_variance"]),
    )
    return np.array([[float(part.sum()) for part in parts] for parts in columns])
