"""The proof of a forecast: fitted on the past alone, held against a span it did not see and against simpler forecasts.

What is tried is the forecast as it is published, from the same call on earlier days; the holdout is never looked at
until everything has been forecast.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from ibis.expr.types import Table

from clv.data.origins import Origin, OriginPlan, read_origins
from clv.decisions.forecasting import fit_forecaster
from clv.errors import DataError
from clv.learning.candidates import NAIVE, Ground, View, rules_of_thumb
from clv.learning.forecaster import Forecaster, Outside
from clv.models.calendar.drift import cohort_tracking
from clv.models.evaluation.accuracy import calibration_by_decile, holdout_metrics, median_metrics
from clv.models.evaluation.comparison import Difference, bootstrap_difference
from clv.models.evaluation.expectations import conditional_expectation, count_classes, time_classes
from clv.models.evaluation.intervals import interval_metrics, randomised_pit
from clv.models.evaluation.probabilities import probability_histogram, probability_metrics, reliability_table
from clv.models.outcomes.scattered import HIGH, LOW, MIDDLE, Expectation, Levels
from clv.models.outcomes.totals import Total, total
from clv.models.purchases.base import PurchaseModel
from clv.units import Horizon, annual, days

FloatArray = npt.NDArray[np.float64]

MODEL: Final = "model"  # the forecast that is published
SIMULATED: Final = "BG/NBD"  # the model whose simulated outcomes stand beside the intervals, where it could be fitted
SILENT_WEEKS: Final = (0, 1, 2, 4, 8, 13, 26, 52)  # starts of the classes of the time since the last order
_SEED = 19_970_102


class Sum(NamedTuple):
    """A total that was forecast with its interval, what it came to, and whether that lay inside."""

    forecast: Total
    actual: float
    inside: bool


@dataclass(frozen=True, eq=False)
class HoldoutCheck:
    """A forecast made on the past alone beside what happened; every table is made when it is asked for.

    Attributes
    ----------
    forecaster
        Fitted on the days up to the start of the holdout, with the holdout as its horizon.
    origin
        The day of the forecast: its customers (`known`) and what they did in the holdout (`outcome`).
    forecast
        From `Forecaster.predict`.
    span
        Length of the holdout.
    flagged_from
        Forecast probability of no order in the window from which a customer counts as flagged, 0–1.
    """

    forecaster: Forecaster
    origin: Origin
    forecast: pd.DataFrame
    span: Horizon
    flagged_from: float

    @property
    def known(self) -> pd.DataFrame:
        """Return the customers of the day, from `clv.data.behaviour.behaviour`, indexed by customer_id."""
        return self.origin.known

    @property
    def outcome(self) -> pd.DataFrame:
        """Return what they did: orders (purchase days), revenue (net; missing without amounts), days_to_order."""
        return self.origin.outcome

    @property
    def window(self) -> Horizon:
        """Return the time of which silence is tested: the churn window, no longer than the holdout."""
        return self.forecaster.window

    @property
    def has_amounts(self) -> bool:
        """Return whether money was forecast: it is known, and purchases before the holdout brought some."""
        return self._ground.priced and bool(self.outcome["revenue"].notna().all())

    @cached_property
    def _orders(self) -> pd.DataFrame:
        """Return what each candidate expects each customer to order: "model", "naive" and the simpler ones."""
        ground = self._ground
        view = View(self.known, ground.over(self.known, self.span), self.span, self.forecaster.span)
        nothing = pd.DataFrame(), np.empty(0)
        rules = {
            "naive" if name == NAIVE else name: rule.fit(*nothing, view, ground)(view)
            for name, rule in rules_of_thumb().items()
        }
        family = ground.family_.expected_by_model(self.known, self.span)
        return pd.DataFrame({MODEL: self.forecast["expected_orders"]} | rules, index=self.known.index).join(family)

    @cached_property
    def _revenue(self) -> pd.DataFrame:
        """Return what each candidate expects each customer to bring: rules at the customer's own mean purchase."""
        own = self.known["mean_purchase"].fillna(0.0).clip(lower=0.0)
        family = self._ground.family_.models_
        spend = self._ground.spend_.predict(self.known)
        priced = {name: self._orders[name] * (spend if name in family else own) for name in self._orders}
        return pd.DataFrame(priced | {MODEL: self.forecast["expected_revenue"]})

    @cached_property
    def orders(self) -> pd.DataFrame:
        """Return the metrics of orders by candidate, see `clv.models.evaluation.accuracy.holdout_metrics`."""
        return holdout_metrics(self._orders, self.outcome["orders"], signed=True)

    @cached_property
    def revenue(self) -> pd.DataFrame | None:
        """Return the same for net sales, which may sum to less than nothing; None where no money was forecast."""
        return holdout_metrics(self._revenue, self.outcome["revenue"], signed=True) if self.has_amounts else None

    @cached_property
    def better_in_orders(self) -> Difference:
        """Return the error of the model less that of the naive rule, with its interval."""
        return self._against_naive(self._orders, self.outcome["orders"])

    @cached_property
    def better_in_revenue(self) -> Difference | None:
        """Return the same for net sales; None where no money was forecast."""
        return self._against_naive(self._revenue, self.outcome["revenue"]) if self.has_amounts else None

    @property
    def off(self) -> float:
        """Return the larger distance of the totals of orders and sales from their forecasts, as a share.

        Of what came, or of what was forecast where refunds left nothing.
        """
        tables = [self.orders, *([] if self.revenue is None else [self.revenue])]
        return max(_distance(table) for table in tables)

    @property
    def bias(self) -> float | None:
        """Return by how much the orders were forecast too high, as a share of them; None where nobody ordered."""
        return _bias(self.orders)

    @property
    def money_bias(self) -> float | None:
        """Return the same for net sales; None where no money was forecast, or refunds left none."""
        return None if self.revenue is None else _bias(self.revenue)

    @property
    def beats_naive(self) -> bool:
        """Return whether the error per customer in orders is no larger than the naive rule's."""
        return self.better_in_orders.estimate <= 0

    def total(self, of: Literal["orders", "revenue"]) -> Sum:
        """Return the total of the base with its 90 % interval beside what it came to."""
        expected, variance = self.forecast[f"expected_{of}"].sum(), self.forecast[f"{of}_variance"].sum()
        foreseen, actual = total(expected, variance, self.forecaster.level_error_), float(self.outcome[of].sum())
        return Sum(foreseen, actual, foreseen.low <= actual <= foreseen.high)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Return orders forecast and made by tenth of the forecast, and naive_mean, the naive rule's for the same."""
        by_rate = calibration_by_decile(self._orders[MODEL], self._orders["naive"], signed=True)["actual_mean"]
        made = calibration_by_decile(self._orders[MODEL], self.outcome["orders"], signed=True)
        return made.assign(naive_mean=by_rate)

    def by_frequency(self) -> pd.DataFrame:
        """Return mean orders forecast and made by number of earlier repeat orders."""
        return self._by(count_classes(self.known["frequency"]))

    def by_time_since_last(self) -> pd.DataFrame:
        """Return mean orders forecast and made by the weeks since the last order."""
        return self._by(time_classes(self.known["T"] - self.known["recency"], SILENT_WEEKS))

    @property
    def medians(self) -> pd.DataFrame:
        """Return how the medians did, row "orders" and, where there is money, "revenue"."""
        measured = ["orders", "revenue"] if self.has_amounts else ["orders"]
        rows = [median_metrics(self.forecast[[f"median_{of}"]], self.outcome[of]) for of in measured]
        return pd.concat(rows).set_axis(measured)

    @property
    def silent(self) -> pd.Series:
        """Return who made no order within the window."""
        return self.origin.silent_for(self.window) > 0

    @cached_property
    def probabilities(self) -> pd.DataFrame:
        """Return the metrics of the probability of no order in the window, by the model and each probability model."""
        each = {
            name: member.predict(self.known, self.window)["p_no_purchase"]
            for name, member in self._ground.family_.models_.items()
        }
        return probability_metrics(pd.DataFrame({MODEL: self.forecast["p_churn"]} | each), self.silent)

    @cached_property
    def reliability(self) -> pd.DataFrame:
        """Return how many stayed silent in the window by forecast probability of it."""
        return reliability_table(self.forecast["p_churn"], self.silent)

    def histogram(self) -> pd.DataFrame:
        """Return how many customers got which probability of no order in the window."""
        return probability_histogram(self.forecast["p_churn"])

    @property
    def flagged(self) -> dict[str, float]:
        """Return of the customers above `flagged_from`: n_customers, mean forecast, share that stayed silent."""
        high = self.forecast["p_churn"] >= self.flagged_from
        n = int(high.sum())
        means = (self.forecast["p_churn"][high].mean(), self.silent[high].mean()) if n else (0.0, 0.0)
        return {"n_customers": n, "forecast": float(means[0]), "actual": float(means[1])}

    @cached_property
    def pit(self) -> dict[str, FloatArray]:
        """Return where outcomes fell in their forecast distributions, 0–1: orders, simulated orders, revenue."""
        rng, made = np.random.default_rng(_SEED), self.outcome["orders"].to_numpy()
        expected, counts, money = self._expected, self.forecaster.counts_, self.forecaster.money_
        u = randomised_pit(counts.cdf(made - 1, expected), counts.cdf(made, expected), rng)
        found = {"orders": _recalibrated(u, counts.levels)}
        below, at = (_cdf(self.simulator, self.known, self.span, n) for n in (made - 1, made))
        found["simulated"] = randomised_pit(below, at, rng)
        if self.has_amounts and money is not None:
            earned = self.outcome["revenue"].to_numpy()
            nothing = rng.uniform(size=earned.size) * expected.p_no_order
            found["revenue"] = _recalibrated(np.where(earned > 0, money.cdf(earned, expected), nothing), money.levels)
        return found

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """Return the metrics of the 90 % intervals: rows orders, simulated (orders), and revenue where there is money.

        `clv.models.evaluation.intervals.interval_metrics` with pit_inside, the share of randomised PIT values inside
        the interval: 90 % where the distributions are right, also for whole numbers.
        """
        quantiles = self.simulator.outcome_quantiles(self.known, self.span, (LOW, HIGH))
        simulated = quantiles.set_axis(["low", "high"], axis="columns")
        made = interval_metrics({"orders": self._interval("orders"), "simulated": simulated}, self.outcome["orders"])
        tables = [made]
        if self.has_amounts:
            tables.append(interval_metrics({"revenue": self._interval("revenue")}, self.outcome["revenue"]))
        inside = {name: float(np.mean((u > LOW) & (u < HIGH))) for name, u in self.pit.items()}
        return pd.concat(tables).assign(pit_inside=pd.Series(inside))

    def cohorts(self, months_per_cohort: int) -> pd.DataFrame:
        """Return orders by period of the first order, see `clv.models.calendar.drift.cohort_tracking`."""
        frame = self.known[["first_order"]].assign(forecast=self._orders[MODEL], actual=self.outcome["orders"])
        return cohort_tracking(frame, months_per_cohort)

    @property
    def simulator(self) -> PurchaseModel[Any]:
        """Return the probability model that the intervals are compared with."""
        family = self._ground.family_
        return family.models_.get(SIMULATED, family.models_[family.best_])

    def _by(self, classes: pd.Series) -> pd.DataFrame:
        return conditional_expectation(self._orders[[MODEL, "naive"]], self.outcome["orders"], classes)

    def _interval(self, of: str) -> pd.DataFrame:
        return self.forecast[[f"{of}_low", f"{of}_high"]].set_axis(["low", "high"], axis="columns")

    @property
    def _ground(self) -> Ground:
        return self.forecaster.ground_

    @cached_property
    def _expected(self) -> Expectation:
        return self.forecaster.expectation(self.known, self.span)

    def _against_naive(self, forecasts: pd.DataFrame, actual: pd.Series) -> Difference:
        rng = np.random.default_rng(_SEED)
        return bootstrap_difference(forecasts[MODEL], forecasts["naive"], actual, "rmse", rng)


def _bias(table: pd.DataFrame) -> float | None:
    bias = float(table["bias"][MODEL])
    return None if np.isnan(bias) else bias


def _distance(table: pd.DataFrame) -> float:
    if (bias := _bias(table)) is not None:
        return abs(bias)
    forecast, actual = (float(table[name][MODEL]) for name in ("forecast_total", "actual_total"))
    return abs(forecast - actual) / forecast if forecast > 0 else 0.0


def check_on_holdout(
    purchase_days: Table,
    start: dt.date,
    as_of: dt.date,
    flagged_from: float,
    window: Horizon | None = None,
    candidates: Outside = (),
    *,
    contest: bool = True,
) -> HoldoutCheck:
    """Fit on the days up to `start` alone, forecast the span up to `as_of`, and put beside it what happened.

    Parameters
    ----------
    purchase_days
        From `clv.data.customers.customer_days`, with days up to `as_of`.
    start
        Last day of the calibration span; an order on this day is known.
    as_of
        Last day of the holdout, included.
    flagged_from
        Forecast probability of no order in the window from which a customer counts as flagged.
    window
        Silence that counts as churn, in which its probability is tested; where it is longer than the holdout, or not
        given, the holdout is the window.
    candidates, contest
        As for `clv.decisions.forecasting.fit_forecaster`: what is tried is what is published.

    Returns
    -------
    HoldoutCheck
        Of all customers with a purchase day up to `start`.

    Raises
    ------
    DataError
        If the calibration span holds too little to fit.
    """
    span = days((as_of - start).days)
    tested = span if window is None else min(window, span)
    try:
        forecaster = fit_forecaster(purchase_days, start, span, round(tested.days), candidates, contest=contest)
    except DataError as error:
        raise DataError(f"before the {span.days:.0f} days of the test, {error}, or shorten holdout_days") from None
    day = OriginPlan(round(span.days), (start,), round(forecaster.span.days))
    origin = read_origins(purchase_days, day, as_of)[0]
    return HoldoutCheck(forecaster, origin, forecaster.predict(origin.known, annual(0.0)), span, flagged_from)


def tracking(
    model: PurchaseModel[Any], firsts: pd.DataFrame, repeats: pd.DataFrame, until: pd.Timestamp
) -> pd.DataFrame:
    """Add up, week by week, the repeat purchases that a new customer's model expects and those that were made.

    Parameters
    ----------
    model
        Fitted on the calibration span, in weeks.
    firsts, repeats
        Of the same customers, from `clv.data.history.first_orders` and `repeat_orders`.
    until
        Last day.

    Returns
    -------
    pandas.DataFrame
        date (each seventh day), actual and forecast: cumulative repeat purchase days of all these customers.
    """
    began = pd.to_datetime(firsts["first_order"]).to_numpy()
    dates = pd.date_range(began.min(), until, freq="7D")[1:]
    age = np.maximum((dates.to_numpy()[:, None] - began[None, :]) / np.timedelta64(7, "D"), 0.0)
    expected = model.expected_purchases_new_customer(age) @ firsts["n"].to_numpy(dtype=float)
    made = pd.Series(repeats["n"].to_numpy(), index=pd.to_datetime(repeats["ordered_on"])).sort_index().cumsum()
    actual = made.reindex(made.index.union(dates)).ffill().fillna(0).reindex(dates)
    return pd.DataFrame({"date": dates, "actual": actual.to_numpy(dtype=float), "forecast": expected})


def _recalibrated(u: FloatArray, levels: Levels) -> FloatArray:
    """Return the transforms on the scale of the published percentiles, whose levels past trials have moved."""
    result: FloatArray = np.interp(u, [0.0, levels.low, levels.middle, levels.high, 1.0], [0.0, LOW, MIDDLE, HIGH, 1.0])
    return result


def _cdf(model: PurchaseModel[Any], known: pd.DataFrame, span: Horizon, n: FloatArray) -> FloatArray:
    """Return the model's P(orders ≤ n) of each customer, for whole n ≥ −1."""
    result = np.zeros(n.size)
    for count in np.unique(n[n >= 0]):
        rows = n == count
        result[rows] = 1 - model.p_at_least(known[rows], span, int(count) + 1).to_numpy()
    return np.clip(result, 0.0, 1.0)
