"""The charts of a forecast; Matplotlib is imported when the first is drawn."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING, Final

import pandas as pd

from clv.errors import ConfigError, DataError
from clv.face.log import Log

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clv.decisions.holdout import HoldoutCheck
    from clv.face.forecasts import Forecast
    from clv.report.charts.style import ChartKind
    from clv.report.text import Text

_SHARE_HELD: Final = 3  # a third of the history is kept back, as in a run
_RISKY: Final = 0.7  # from which a customer counts as flagged in a run; no chart here shows it


class Plots:
    """Charts of one forecast, each a `matplotlib.figure.Figure` that pyplot does not know of; notebooks show it.

    `contest` and `customers` draw what is forecast. `deciles` and `cumulative` forecast once more, from the first part
    of the log alone, and draw that beside the rest; `holdout` returns this test with all its tables.
    """

    def __init__(self, forecast: Forecast) -> None:
        self._of = forecast
        self.holdout = cache(self._holdout)

    def contest(self) -> Figure:
        """Return the error of each candidate at past days over that of the naive rule; left is better.

        Raises
        ------
        DataError
            If nothing was tried.
        """
        from clv.learning.candidates import NAIVE
        from clv.report import charts

        tried = self._of.contest
        if tried.empty:
            raise DataError(
                "nobody competed: "
                + ("the history is too short" if self._of.is_contested else "the probability models forecast alone")
            )
        error = tried["rmse"]
        race = pd.DataFrame({"forecast": error.index, "relative_error": (error / error[NAIVE]).to_numpy()})
        return charts.contest(race, self._text, "Error per customer, naive rate = 100%", NAIVE, self._of.winner)

    def customers(self) -> Figure:
        """Return the lifetime value, or the orders where no money is known, expected of each tenth of customers."""
        from clv.models.evaluation.accuracy import deciles
        from clv.report import charts

        table = self._of.table
        by, label = ("clv", "Lifetime value") if "clv" in table else ("expected_orders", "Orders")
        kind: ChartKind = "money" if by == "clv" and self._currency else "number"
        values = table[by].fillna(0.0)
        means = values.groupby(deciles(values)).mean().rename_axis("tenth").reset_index(name="mean")
        said = f"{label} per customer over {self._of.terms.horizon.days:.0f} days, by tenth of customers (1 = highest)"
        return charts.bars(means, "tenth", "mean", said, self._text, kind)

    def deciles(self, holdout_days: int | None = None) -> Figure:
        """Return orders forecast and made by tenth of customers, in a test on the last days of the log.

        Parameters
        ----------
        holdout_days : int, optional
            Length of the test; default: that of the YAML, else a third of the history and at most the horizon.
        """
        from clv.report import charts

        made = self.holdout(holdout_days).calibration
        frame = pd.DataFrame(
            {
                "group": made.index,
                "forecast": made["forecast_mean"].to_numpy(),
                "actual": made["actual_mean"].to_numpy(),
                "naive": made["naive_mean"].to_numpy(),
            }
        )
        label = "Tenth of customers by forecast, 1 = highest"
        return charts.forecast_against_actual(frame, self._text, "Orders per customer in the test", label)

    def cumulative(self, holdout_days: int | None = None) -> Figure:
        """Return repeat orders added up week by week, expected by the best probability model and made.

        Parameters
        ----------
        holdout_days : int, optional
            As for `deciles`; the model saw only what lies before.
        """
        from clv.data.history import first_orders, repeat_orders
        from clv.decisions.holdout import tracking
        from clv.report import charts

        check, log = self.holdout(holdout_days), self._log
        family, start = check.forecaster.ground_.family_, check.origin.as_of
        firsts, repeats = (found(log.days, start).execute() for found in (first_orders, repeat_orders))
        track = tracking(family.models_[family.best_], firsts, repeats, pd.Timestamp(log.as_of))
        return charts.cumulative_tracking(track, start, self._text, "Repeat orders, cumulative")

    def _holdout(self, holdout_days: int | None = None) -> HoldoutCheck:
        """Return the same forecast made from the first part of the log alone, beside the rest.

        Parameters
        ----------
        holdout_days : int, optional
            As for `deciles`.
        """
        from clv.decisions.holdout import check_on_holdout

        log, terms = self._log, self._of.terms
        length = (log.as_of - log.basis.intake.first_day).days
        held = log.config.holdout_days if holdout_days is None else holdout_days
        held = max(1, min(length // _SHARE_HELD, round(terms.horizon.days))) if held is None else held
        if not 0 < held < length:
            raise ConfigError(f"holdout_days must be above 0 and below the {length:,} days of history; got {held!r}")
        start = log.as_of - dt.timedelta(days=held)
        return check_on_holdout(
            log.days, start, log.as_of, _RISKY, terms.window, self._of.candidates, contest=self._of.is_contested
        )

    @property
    def _log(self) -> Log:
        source = self._of.source
        log = source if isinstance(source, Log) else source.log
        if log is None:
            raise DataError("a test needs the transactions, and this forecast is of a table of counts: use clv.read")
        return log

    @property
    def _currency(self) -> str:
        """Return the currency of the log; empty where none is known, and money is then a number."""
        source = self._of.source
        log = source if isinstance(source, Log) else source.log
        return "" if log is None else log.currency

    @property
    def _text(self) -> Text:
        from clv.report.text import Text

        return Text("en", self._currency or "XXX")
