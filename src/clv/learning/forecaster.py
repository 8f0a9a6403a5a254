"""The forecast of a company: who forecasts is settled in the past, then every customer gets one distribution.

Fitted on a sample of customers and on the counts of all; applied to customers in batches of any size, so that the
number of customers costs time but no memory.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from clv.data.origins import Origin
from clv.learning import candidates as who
from clv.learning.backtest import Case, Target, Trained, backtest, cases_of
from clv.learning.candidates import EXPECTED, PROBABILITY, Ground, Rule, View
from clv.learning.combine import BLEND, Contest, compete, pooled
from clv.learning.distribution import Miss, Trial, count_outcomes, level_error, money_outcomes, parameter_error
from clv.learning.features import log_odds
from clv.models.outcomes.scattered import Expectation, coherent
from clv.models.outcomes.silence import Curve
from clv.units import DiscountRate, Horizon, days

FloatArray = npt.NDArray[np.float64]
Outside = Sequence[Any] | Mapping[str, Any]

MOST_TRIALS: Final = 2  # origins at which the candidates compete, the latest ones; four tell no more (choices.py)
ORDERS_AT_SPEND: Final = "orders × spend"
_SMALLEST = 1e-12  # below every expectation
# orders of who orders at all, over those the models expect of such: learners of orders and of silence may disagree of
# customers who bought much and fell silent, and silence is then the better told
_MOST_OVER_MODELS = 2.0
_FIRST_DAYS = (1.0, 7.0)  # of the curve of silence: who buys every day is not silent for a week


class Learned(NamedTuple):
    """A target with who forecasts it, and the candidates fitted to all of the past; None where nothing is learned."""

    target: Target
    contest: Contest
    trained: Trained | None

    @property
    def weights(self) -> dict[str, float]:
        """Return the weights of who forecasts: the blend's, or all on the winner."""
        return self.contest.weights if self.contest.winner == BLEND else {self.contest.winner: 1.0}

    def members(self, view: View) -> pd.DataFrame | None:
        """Return what each candidate says; None where nothing was learned."""
        return None if self.trained is None else self.trained.members(view)


class Forecaster:
    """Forecasts orders and money within a horizon, and silence over any time, with the distribution of each.

    Attributes
    ----------
    known_ : DataFrame
        Customers of the fit: today's, or a sample of them.
    ground_ : Ground
        Probability models and spend, fitted on today's customers.
    contest_, money_contest_ : Contest
        Who competed at past origins for orders and for money, and who forecasts; that of money is None in a log
        without amounts, or where every purchase brings the same.
    silence_ : dict of float to Contest
        The same for silence, by days of its length.
    counts_ : CountOutcomes
    money_ : MoneyOutcomes or None
        How outcomes scatter; None where the log holds no amounts.
    level_error_ : float
        Relative standard error of the total of the forecast over the horizon.
    level : float
        Factor on what is expected in total, 1 after a fit; `clv.models.calendar.level` says when another one is in
        order.
    misses_ : list of Miss
        How far the totals of the probability models were off at past origins, latest first.
    """

    def fit(
        self,
        known: pd.DataFrame,
        past: Sequence[Origin],
        *,
        span: Horizon,
        horizon: Horizon,
        window: Horizon | None = None,
        triples: pd.DataFrame | None = None,
        candidates: Outside = (),
        opportunities: Sequence[float] | None = None,
    ) -> Self:
        """Fit, compete and learn.

        Parameters
        ----------
        known : DataFrame
            Today's customers or a sample of them, from `clv.data.behaviour.behaviour`.
        past : sequence of Origin
            Latest first.
        span : Horizon
            Length of the spans after the past origins, and of orders_in_span.
        horizon : Horizon
            Length of the forecast, at least the span.
        window : Horizon, optional
            Another length over which silence is asked for; it is learned and tried over that length.
        triples : DataFrame, optional
            All of today's customers as distinct (frequency, recency, T) with n_customers.
        candidates : sequence or mapping of name to candidate
            More of them, see `clv.learning.candidates.from_outside`.
        opportunities : sequence of float, optional
            Of a panel: when customers can buy, see `clv.learning.backtest.cases_of`.

        Raises
        ------
        DataError, ConvergenceError
            If no probability model can be fitted to today's customers.
        ConfigError
            If a candidate is of no kind that can forecast.
        """
        known = known.sort_index()  # what is drawn for a customer must not depend on the order of rows
        self.span, self.horizon, self.level, self.known_ = span, horizon, 1.0, known
        self.window = horizon if window is None else window
        habit, cases = cases_of(known, past, span, opportunities)
        self.ground_ = Ground().fit(known, triples, *habit)
        cases = [case for case in cases if case.ground.priced == self.ground_.priced]  # money known as today
        whole = [case for case in cases if np.isfinite(case.origin.outcome["orders"]).all()]
        self.misses_ = [_miss(case, span) for case in whole]
        dates = [origin.as_of for origin in past]
        self._orders = self._learn(_orders(span, candidates), whole, MOST_TRIALS, dates)
        varied = self.ground_.priced and not self.ground_.spend_.is_constant_
        self._money = self._learn(_money(span, candidates), whole, MOST_TRIALS, dates) if varied else None
        lengths = sorted({min(self.window, span), span})
        self._silence = {
            length: self._learn(_silence(length, candidates), cases, MOST_TRIALS, dates) for length in lengths
        }
        self._spread(whole)
        return self

    @property
    def contest_(self) -> Contest:
        """Return who competed for orders."""
        return self._orders.contest

    @property
    def money_contest_(self) -> Contest | None:
        """Return who competed for money."""
        return None if self._money is None else self._money.contest

    @property
    def silence_(self) -> dict[float, Contest]:
        """Return who competed for silence, by days of its length."""
        return {length.days: learned.contest for length, learned in self._silence.items()}

    def at_level(self, factor: float, error: float | None = None) -> Self:
        """Return the same forecaster at another level.

        Parameters
        ----------
        factor : float
            Takes the place of `level`, > 0; 1 is the level of the fit.
        error : float, optional
            Relative standard error of the total at that level, where past origins showed it.
        """
        moved = copy.copy(self)
        moved.level = factor
        if error is not None:
            moved.level_error_ = error
            moved.counts_ = replace(self.counts_, scatter=replace(self.counts_.scatter, level_error=error))
            if self.money_ is not None:
                moved.money_ = replace(self.money_, scatter=replace(self.money_.scatter, level_error=error))
        return moved

    def predict(self, known: pd.DataFrame, rate: DiscountRate) -> pd.DataFrame:
        """Return the forecast of each customer.

        Parameters
        ----------
        known : DataFrame
            From `clv.data.behaviour.behaviour`, as of the day of the fit; any part of the customers.
        rate : DiscountRate
            Annual, of present_share.

        Returns
        -------
        DataFrame
            On the index of `known`: p_alive (latent, 0–1), p_churn (no order within the window), p_no_order (none
            within the horizon), expected_orders, median_orders, orders_low, orders_high (purchase days),
            expected_revenue, median_revenue, revenue_low, revenue_high (currency; missing without amounts),
            window_orders and window_revenue (expected within the window), orders_variance, revenue_variance,
            days_to_next_order (by which half of such customers order again; inf beyond the horizon), present_share
            (what discounting leaves of the expected orders, 0–1). low and high are the 5th and 95th percentile of what
            may happen. All of it is one distribution: see `expectation`.
        """
        heard = self._hear(known)
        expected, within = self._expectation(heard, self.horizon), self._expectation(heard, self.window)
        ahead, counts, money = heard.views[self.horizon].ground, self.counts_, self.money_
        present = self.ground_.family_.discounted_purchases(known, self.horizon, rate)
        columns = {
            "p_alive": np.maximum(ahead["p_alive"].to_numpy(), 1 - expected.p_no_order),  # who orders has not left
            "p_churn": within.p_no_order,
            "p_no_order": expected.p_no_order,
            "expected_orders": expected.orders,
            "median_orders": counts.median(expected),
            "orders_low": counts.low(expected),
            "orders_high": counts.high(expected),
            "orders_variance": counts.variance(expected),
            "expected_revenue": expected.revenue,
            "window_orders": within.orders,
            "window_revenue": within.revenue,
            "days_to_next_order": heard.curve.day_of(0.5),
            "present_share": (present / ahead["expected_orders"].clip(lower=_SMALLEST)).clip(0.0, 1.0).to_numpy(),
        }
        unknown = np.full(len(known), np.nan)
        columns |= {
            "median_revenue": unknown if money is None else money.median(expected),
            "revenue_low": unknown if money is None else money.low(expected),
            "revenue_high": unknown if money is None else money.high(expected),
            "revenue_variance": unknown if money is None else money.variance(expected),
        }
        return pd.DataFrame(columns, index=known.index)

    def expectation(self, known: pd.DataFrame, length: Horizon) -> Expectation:
        """Return what is expected of each customer within any length of time, at the forecaster's level.

        Parameters
        ----------
        known : DataFrame
            As for `predict`.
        length : Horizon
            Any; what was learned over the span is carried over as the probability models change between the two.
        """
        return self._expectation(self._hear(known, length), length)

    def expectations(self, known: pd.DataFrame, lengths: Sequence[Horizon]) -> list[Expectation]:
        """Return `expectation` over several lengths of time: what all of them rest on is worked out once."""
        heard = self._hear(known, *lengths)
        return [self._expectation(heard, length) for length in lengths]

    def curve(self, known: pd.DataFrame) -> Curve:
        """Return P(no order by day t) of each customer, the one curve from which all silence is read."""
        return self._hear(known).curve

    # --- the steps of a fit

    def _learn(self, target: Target, cases: Sequence[Case], most_trials: int, dates: Sequence[dt.date]) -> Learned:
        """Let the candidates compete at past origins, then fit them to all of these for today."""
        trials = backtest(target, cases, most_trials)
        apart = any(target.is_over(a, b) for a in dates for b in dates)
        contest = compete(target, trials, "few_customers" if apart else "short_history")
        if trials.empty:
            return Learned(target, contest, None)
        today = View(self.known_, self.ground_.over(self.known_, target.length), target.length, self.span)
        return Learned(target, contest, Trained(target, target.over(cases), today, self.ground_))

    def _spread(self, cases: Sequence[Case]) -> None:
        """Estimate how outcomes lie around what is expected: the level of all, and each customer's own."""
        family, known, horizon = self.ground_.family_, self.known_, self.horizon
        of_parameters = parameter_error(family.models_[family.best_], known, horizon)
        self.level_error_ = level_error(self.misses_, of_parameters, horizon.days / self.span.days)
        trials = self._trials(cases)
        self.counts_ = count_outcomes(self.ground_, known, trials, horizon, self.level_error_)
        expected = self.expectation(known, horizon)
        self.money_ = money_outcomes(self.ground_, expected, self.counts_, trials, self.level_error_)

    def _trials(self, cases: Sequence[Case]) -> list[Trial]:
        """Return the forecasts of the latest origins as they would have been made there, and what happened."""
        days_tried = set(self._orders.contest.trials.index.get_level_values(0))
        tried = [case for case in cases if not days_tried or case.as_of in days_tried][:MOST_TRIALS]
        return [self._trial(case) for case in tried if case.origin.outcome["orders"].sum() > 0]

    def _trial(self, case: Case) -> Trial:
        view = case.view(self.span)
        most = np.full(len(view.known), case.ground.family_.most(self.span))
        orders = np.minimum(_tried(self._orders, case, view["expected_orders"]), most)
        quiet = coherent(orders, _tried(self._silence[self.span], case, view["p_no_order"]))
        revenue = orders * view["spend"]
        if self._money is not None and self._orders.contest.winner not in who.RULES:
            revenue = _tried(self._money, case, revenue)
        expected = Expectation(orders, quiet, revenue, self.ground_.evidence(view.known), most)
        return Trial(expected, *(case.origin.outcome[name].to_numpy(dtype=float) for name in ("orders", "revenue")))

    # --- the forecast of a set of customers

    def _hear(self, known: pd.DataFrame, *lengths: Horizon) -> _Heard:
        """Return what every part says of customers over the lengths asked for and those that were learned of."""
        views = {
            length: View(known, self.ground_.over(known, length), length, self.span)
            for length in {*lengths, self.window, self.horizon, self.span, *self._silence}
        }
        said = [None if one is None else one.members(views[self.span]) for one in (self._orders, self._money)]
        orders = {length: self._orders_within(views, said[0], length) for length in views}
        revenue = {length: self._revenue_within(views, said[1], orders[length], length) for length in views}
        learned = {self.window, self.horizon, *self._silence}
        asked = sorted(learned | {length for length in lengths if length > max(learned)})
        told = {length: one.members(views[length]) for length, one in self._silence.items()}
        silent = {length: self._silent_within(views, told, orders[length], length) ** self.level for length in asked}
        quiet = [coherent(self.level * orders[length], silent[length]) for length in asked]
        curve = Curve.through([length.days for length in asked], np.column_stack(quiet))
        return _Heard(views, orders, revenue, self._refined(known, curve, lengths))

    def _refined(self, known: pd.DataFrame, curve: Curve, lengths: Sequence[Horizon]) -> Curve:
        """Return a curve with more days, of which nothing was learned: between the others it falls as the models do."""
        between = np.sqrt(curve.days[1:] * curve.days[:-1])
        wanted = {*_FIRST_DAYS, *between.tolist(), *(length.days for length in lengths), *curve.days.tolist()}
        wanted |= self.ground_.family_.steps(self.horizon)
        at = sorted(day for day in wanted if day <= curve.days[-1])
        models = np.column_stack([self.ground_.family_.p_no_purchase(known, days(day)) for day in at])
        return curve.refined(Curve.through(at, models))

    def _expectation(self, heard: _Heard, length: Horizon) -> Expectation:
        """Return numbers of one distribution: who orders at all makes one order, and not many times the models'."""
        view, wanted = heard.views[length], self.level * heard.orders[length]
        most = np.full(len(view.known), self.ground_.family_.most(length))
        silent = coherent(np.minimum(wanted, most), heard.curve.at(length.days))
        orders = np.minimum(wanted, (1 - silent) * np.minimum(most, _MOST_OVER_MODELS * view.orders_if_any))
        revenue = self.level * heard.revenue[length] * orders / np.maximum(wanted, _SMALLEST)
        return Expectation(orders, silent, revenue, self.ground_.evidence(view.known), most)

    def _orders_within(self, views: dict[Horizon, View], said: pd.DataFrame | None, length: Horizon) -> FloatArray:
        """Return the expected orders: those of the span, and as many times more as the ground expects."""
        learned, view = self._orders, views[length]
        if said is None:
            return view["expected_orders"]
        if learned.contest.winner in who.RULES:
            rule = learned.target.rules[learned.contest.winner]
            return rule.fit(pd.DataFrame(), np.empty(0), view, self.ground_)(view)
        return pooled(said, learned.weights, "count") * _longer(views[self.span], view)

    def _revenue_within(
        self, views: dict[Horizon, View], said: pd.DataFrame | None, orders: FloatArray, length: Horizon
    ) -> FloatArray:
        """Return the expected money: expected orders at the own spend, blended with what was learned of money."""
        learned, revenue = self._money, orders * views[length]["spend"]
        # a rule that expects no orders of someone must not expect money
        if learned is None or said is None or self._orders.contest.winner in who.RULES:
            return revenue
        scaled = said.mul(_longer(views[self.span], views[length]), axis=0)
        return pooled(scaled.assign(**{ORDERS_AT_SPEND: revenue}), learned.weights, "amount")

    def _silent_within(
        self, views: dict[Horizon, View], told: dict[Horizon, pd.DataFrame | None], orders: FloatArray, length: Horizon
    ) -> FloatArray:
        """Return P(no order): as learned over this length, or carried over from the longest that was learned of."""
        base = max((known for known in self._silence if known <= length), default=length)
        learned, said = self._silence.get(base), told.get(base)
        if learned is None or said is None:
            return views[length]["p_no_order"]
        if base == length:
            return pooled(said, learned.weights, "probability")
        return _carried(learned, said, views[base], views[length], orders)


class _Heard(NamedTuple):
    """What is said of some customers, by length of time, and of silence as one curve; orders at the fit's level."""

    views: dict[Horizon, View]
    orders: dict[Horizon, FloatArray]
    revenue: dict[Horizon, FloatArray]
    curve: Curve


def _orders(span: Horizon, outside: Outside) -> Target:
    """Return the target of orders in the span."""
    models = {PROBABILITY: Rule(lambda view, ground: view["expected_orders"])}
    return Target(
        name="orders",
        length=span,
        kind="count",
        outcome=lambda origin: origin.outcome["orders"].to_numpy(dtype=float),
        candidates={**models, **who.count_learners(), **who.from_outside(outside, "count")},
        rules=who.rules_of_thumb(),
    )


def _money(span: Horizon, outside: Outside) -> Target:
    """Return the target of net sales in the span, learned in the customer's own purchases."""
    models = {ORDERS_AT_SPEND: Rule(lambda view, ground: view["expected_orders"])}
    return Target(
        name="money",
        length=span,
        kind="amount",
        outcome=lambda origin: origin.outcome["revenue"].to_numpy(dtype=float),
        candidates={**models, **who.count_learners(), **who.from_outside(outside, "amount")},
        unit=lambda view: view["spend"],
    )


def _silence(length: Horizon, outside: Outside) -> Target:
    """Return the target of silence: the models' own, that of the expected orders (a geometric count), and learners."""
    models = {
        PROBABILITY: Rule(lambda view, ground: view["p_no_order"]),
        EXPECTED: Rule(lambda view, ground: 1 / (1 + view["expected_orders"])),
    }
    return Target(
        name=f"silence of {length.days:.0f} days",
        length=length,
        kind="probability",
        outcome=lambda origin: origin.silent_for(length).to_numpy(),
        candidates={**models, **who.probability_learners(), **who.from_outside(outside, "probability")},
    )


def _carried(learned: Learned, said: pd.DataFrame, base: View, view: View, orders: FloatArray) -> FloatArray:
    """Return P(no order) over a longer time than was learned of.

    The models and the expected orders speak of the longer time themselves; learners stay as far above or below the
    models as they were. Weights that were learned over the shorter time are believed the less the longer the other is,
    and drawn to a half for the expected orders and a half for the learners; how bold they were is not carried over.
    """
    share = view.length.days / base.length.days
    models, before = log_odds(view["p_no_order"]), log_odds(base["p_no_order"])
    odds = {PROBABILITY: models, EXPECTED: -np.log(np.maximum(orders, _SMALLEST))}
    learners = [str(name) for name in said if name not in odds]
    for name in learners:
        odds[name] = models + log_odds(said[name].to_numpy()) - before
    weights = learned.weights
    if learned.contest.winner == BLEND:
        plain = {PROBABILITY: 0.0, EXPECTED: 0.5} | dict.fromkeys(learners, 0.5 / len(learners))
        bold = max(sum(weights.values()), _SMALLEST)
        weights = {name: w / bold / share + (1 - 1 / share) * plain[name] for name, w in weights.items()}
    return np.asarray(expit(sum(weight * odds[name] for name, weight in weights.items())), dtype=float)


def _tried(learned: Learned, case: Case, otherwise: FloatArray) -> FloatArray:
    """Return what was forecast at an origin by who forecasts today, or something else where nobody was tried there."""
    trials = learned.contest.trials
    if case.as_of not in trials.index.get_level_values(0):
        return otherwise
    return trials.xs(case.as_of)[learned.contest.winner].to_numpy(dtype=float)


def _miss(case: Case, span: Horizon) -> Miss:
    """Return how far the models' total was off at an origin."""
    made, expected = float(case.origin.outcome["orders"].sum()), float(case.view(span)["expected_orders"].sum())
    return Miss(float(np.log(made / expected)) if made > 0 else float("-inf"), made, case.origin.history)


def _longer(span: View, ahead: View) -> FloatArray:
    """Return how many times more orders the ground expects ahead than within the span."""
    result: FloatArray = ahead["expected_orders"] / np.maximum(span["expected_orders"], _SMALLEST)
    return result
