"""The forecast of a company: who forecasts is settled in the past, then every customer gets a distribution.

Fitted on a sample of customers and on the counts of all; applied to customers in batches of any size, so that the
number of customers costs time but no memory.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.models.blend.baseline import Baseline
from clv.models.blend.cases import Past, cases_with_rhythm
from clv.models.blend.features import features
from clv.models.blend.lessons import Case, Learned, Lessons
from clv.models.blend.outcomes import Expectation, coherent
from clv.models.blend.scatter import FEWEST_RETURNS, Trial, count_outcomes, level_error, money_outcomes, parameter_error
from clv.models.blend.silence import over_length
from clv.models.blend.tournament import (
    BLEND,
    BOOSTING,
    PROBABILITY,
    REGRESSION,
    RULES,
    Reason,
    Tournament,
    judge,
    patience,
    rules_of_thumb,
)
from clv.models.blend.weights import MEMBERS, levelled, stack_weights
from clv.units import DiscountRate, Horizon

FloatArray = npt.NDArray[np.float64]
Heard = tuple[pd.DataFrame, Lessons | None]

SEED: Final = 19_970_101
_SMALLEST = 1e-12  # below every expectation
MOST_TRIALS: Final = 2  # origins at which the candidates compete, the latest ones
FEWEST_OUTCOMES: Final = 200  # customers at the origins to learn from


class _Shared(NamedTuple):
    """What today's customers have in common, settled at the fit: a part of them must not be measured by itself."""

    money: float = 0.0  # factor on the learned revenue
    silence: float = 0.0  # shift of the log-odds of silence


class Forecaster:
    """Forecasts orders and money within a horizon, with the distribution of each.

    Attributes
    ----------
    known_ : DataFrame
        Customers of the fit: today's, or a sample of them.
    baseline_ : Baseline
        Probability models and spend, fitted on today's customers.
    tournament_ : Tournament
        Who competed at past origins, and who forecasts.
    counts_ : CountOutcomes
    money_ : MoneyOutcomes or None
        How outcomes scatter; None where the log holds no amounts.
    level_error_ : float
        Relative standard error of the total of the forecast over the horizon.
    level : float
        Factor on what is expected in total, 1 after a fit; `clv.models.calendar.level` says when another one is in
        order.
    level_trials_ : list of float
        ln(orders made / orders expected by the probability models) at each past origin, latest first.
    """

    def fit(
        self,
        known: pd.DataFrame,
        past: Sequence[Past],
        *,
        span: Horizon,
        horizon: Horizon,
        triples: pd.DataFrame | None = None,
    ) -> Self:
        """Fit, compete and learn.

        Parameters
        ----------
        known : DataFrame
            Today's customers or a sample of them, from `clv.data.behaviour.behaviour`.
        past : sequence of Past
            Latest first; all spans end today or before.
        span : Horizon
            Length of the spans after the past origins, and of orders_in_span.
        horizon : Horizon
            Length of the forecast, at least the span.
        triples : DataFrame, optional
            All of today's customers as distinct (frequency, recency, T) with n_customers.

        Raises
        ------
        DataError, ConvergenceError
            If no probability model can be fitted to today's customers.
        """
        rng = np.random.default_rng(SEED)
        known = known.sort_index()  # what is drawn for a customer must not depend on the order of rows
        self.span, self.horizon, self.level = span, horizon, 1.0
        self.known_, self._hiatus = known, patience(known)
        stages, cases = cases_with_rhythm(known, past, span)
        self.baseline_ = Baseline().fit(known, triples, stages)
        priced = self.baseline_.spend_.repeat_ is not None
        cases = [case for case in cases if case.baseline["spend"].notna().any() == priced]  # money known as today
        self.level_trials_ = [float(np.log(c.orders.sum() / c.baseline["expected_orders"].sum())) for c in cases]
        trials = self._compete(cases, [origin.as_of for origin in past], rng)
        self._learn(known, cases)
        self._spread(known, trials)
        return self

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

    def predict(self, known: pd.DataFrame, window: Horizon, rate: DiscountRate) -> pd.DataFrame:
        """Return the forecast of each customer.

        Parameters
        ----------
        known : DataFrame
            From `clv.data.behaviour.behaviour`, as of the day of the fit; any part of the customers.
        window : Horizon
            Silence that counts as churn.
        rate : DiscountRate
            Annual, of present_share.

        Returns
        -------
        DataFrame
            On the index of `known`: p_alive (latent, 0–1), p_churn (no order within the window), p_no_order (none
            within the horizon), expected_orders, median_orders, orders_low, orders_high (purchase days),
            expected_revenue, median_revenue, revenue_low, revenue_high (currency; missing without amounts),
            orders_variance, revenue_variance, days_to_next_order, present_share (what discounting leaves of the
            expected orders, 0–1). low and high are the 5th and 95th percentile of what may happen.
        """
        ahead, heard = self.baseline_.predict(known, self.horizon), self._hear(known)
        expected = self._expectation(known, self.horizon, ahead, heard)
        at_window = ahead if window == self.horizon else self.baseline_.predict(known, window)
        counts, money = self.counts_, self.money_
        present = self.baseline_.family_.discounted_purchases(known, self.horizon, rate)
        columns = {
            "p_alive": ahead["p_alive"].to_numpy(),
            "p_churn": self._expectation(known, window, at_window, heard).silent,
            "p_no_order": expected.silent,
            "expected_orders": expected.orders,
            "median_orders": counts.median(expected),
            "orders_low": counts.low(expected),
            "orders_high": counts.high(expected),
            "orders_variance": counts.variance(expected),
            "expected_revenue": expected.revenue,
            "days_to_next_order": self.baseline_.time_to_next_order(known).to_numpy(),
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

    # --- the steps of a fit

    def _compete(self, cases: Sequence[Case], dates: Sequence[dt.date], rng: np.random.Generator) -> list[Trial]:
        """Let the candidates forecast the latest origins from what was known before each; choose; keep the winner's."""
        span = dt.timedelta(days=self.span.days)
        before = {case.as_of: [c for c in cases if c.as_of + span <= case.as_of] for case in cases[:MOST_TRIALS]}
        tried = [
            (case, Learned().fit(before[case.as_of])) for case in cases[:MOST_TRIALS] if _enough(before[case.as_of])
        ]
        heard = [learned.says(case.X, case.baseline) for case, learned in tried]
        members = [levelled(lessons.orders)[0] for lessons in heard]
        weights = stack_weights([(m, case.orders) for m, (case, _) in zip(members, tried, strict=True)])
        named = dict(zip(MEMBERS, weights.tolist(), strict=True))
        if not tried:
            reason: Reason = "few_customers" if any(a + span <= b for a in dates for b in dates) else "short_history"
            self.tournament_ = Tournament(pd.DataFrame(), PROBABILITY, reason, named, 0, self.span.days)
            return [
                self._trial(case, None, MEMBERS[0], case.baseline["expected_orders"]) for case in cases[:MOST_TRIALS]
            ]
        tables = [self._candidates(case, m, weights) for m, (case, _) in zip(members, tried, strict=True)]
        self.tournament_ = judge(
            [(t, pd.Series(case.orders, index=t.index)) for t, (case, _) in zip(tables, tried, strict=True)],
            named,
            self.span.days,
            rng,
        )
        winner = self.tournament_.winner
        return [
            self._trial(case, lessons, winner, table[winner])
            for table, lessons, (case, _) in zip(tables, heard, tried, strict=True)
        ]

    def _trial(self, case: Case, lessons: Lessons | None, winner: str, orders: pd.Series) -> Trial:
        """Return the forecast of an origin as it would have been made there, and what happened."""
        heard = case.baseline, lessons
        orders_then, is_rule = orders.to_numpy(), winner in RULES
        expected = _assembled(orders_then, case.baseline, heard, share=1.0, money=not is_rule, shared=None)
        return Trial(expected._replace(evidence=self.baseline_.evidence(case.known)), case.orders, case.revenue)

    def _candidates(self, case: Case, members: FloatArray, weights: FloatArray) -> pd.DataFrame:
        """Return every candidate's expected orders at an origin, by column."""
        length = self.span.in_units("week")
        rules = rules_of_thumb(case.known, length, length, patience(case.known))
        learned = {PROBABILITY: members[:, 0], REGRESSION: members[:, 1], BOOSTING: members[:, 2]}
        return rules.assign(**learned, **{BLEND: members @ weights})

    def _learn(self, known: pd.DataFrame, cases: Sequence[Case]) -> None:
        """Learn from all origins; settle on today's customers what brings the learners to the models' totals."""
        self._learned: Learned | None = None
        self._shared = _Shared()
        if self.tournament_.reason in ("short_history", "few_customers"):
            return
        self._learned = Learned().fit(cases)
        heard = self._hear(known)
        span, lessons = heard
        if lessons is None:
            return
        _, self._factors = levelled(lessons.orders)
        if lessons.silence is not None:
            self._shared = _Shared(silence=lessons.silence.shared(span["p_no_order"].to_numpy()))
        if lessons.revenue is not None and lessons.revenue.sum() > 0:
            without = self._expectation(known, self.span, span, (span, lessons._replace(revenue=None)))
            self._shared = self._shared._replace(money=float(without.revenue.sum() / lessons.revenue.sum()))

    def _spread(self, known: pd.DataFrame, trials: Sequence[Trial]) -> None:
        """Estimate how outcomes lie around what is expected: the level of all, and each customer's own."""
        family, span, horizon = self.baseline_.family_, self.span, self.horizon
        self.level_error_ = level_error(
            [miss for miss in self.level_trials_ if np.isfinite(miss)],
            parameter_error(family.models_[family.best_], known, horizon),
            horizon.days / span.days,
        )
        self.counts_ = count_outcomes(self.baseline_, known, trials, horizon, self.level_error_)
        expected = self.expectation(known, horizon)
        self.money_ = money_outcomes(self.baseline_, expected, self.counts_, trials, self.level_error_)

    # --- the forecast of a set of customers

    def expectation(self, known: pd.DataFrame, length: Horizon) -> Expectation:
        """Return what the winner expects of each customer within any length of time, at the forecaster's level.

        Parameters
        ----------
        known : DataFrame
            As for `predict`.
        length : Horizon
            Any; what was learned over the span is carried over as the probability models change between the two.
        """
        return self._expectation(known, length, self.baseline_.predict(known, length), self._hear(known))

    def _hear(self, known: pd.DataFrame) -> Heard:
        """Return what the baseline and the learners say of the span, from which every other length follows."""
        span = self.baseline_.predict(known, self.span)
        return span, None if self._learned is None else self._learned.says(features(known, span), span)

    def _expectation(self, known: pd.DataFrame, length: Horizon, ahead: pd.DataFrame, heard: Heard) -> Expectation:
        """Return the expectation within `length`; `ahead` is the baseline over it."""
        winner, (span, lessons) = self.tournament_.winner, heard
        orders = ahead["expected_orders"].to_numpy()
        if winner in RULES:
            lengths = length.in_units("week"), self.span.in_units("week")
            orders = rules_of_thumb(known, *lengths, self._hiatus)[winner].to_numpy()
        if winner == BLEND and lessons is not None:
            weights = np.array([self.tournament_.weights[name] for name in MEMBERS])
            orders = (lessons.orders * self._factors) @ weights * _longer(span, ahead)
        share = length.days / self.span.days
        expected = _assembled(orders, ahead, heard, share=share, money=winner not in RULES, shared=self._shared)
        # the level scales what is expected, and the hazard of an order with it
        orders = self.level * expected.orders
        silent = coherent(orders, expected.silent**self.level)
        return Expectation(orders, silent, self.level * expected.revenue, self.baseline_.evidence(known))


def _enough(cases: Sequence[Case]) -> bool:
    """Return whether there is something to learn from."""
    n = sum(case.orders.size for case in cases)
    return n >= FEWEST_OUTCOMES and sum(int((case.orders > 0).sum()) for case in cases) >= FEWEST_RETURNS


def _assembled(
    orders: FloatArray, ahead: pd.DataFrame, heard: Heard, *, share: float, money: bool, shared: _Shared | None
) -> Expectation:
    """Put silence and revenue beside the expected orders of a length of time.

    `ahead` is the baseline over that length and `share` the length over the learners' span; `money` says whether the
    learned revenue counts (a rule that expects no orders of someone must not expect money); without `shared` these
    customers are all there are.
    """
    span, lessons = heard
    in_span, silent = span["p_no_order"].to_numpy(), ahead["p_no_order"].to_numpy()
    if lessons is not None and lessons.silence is not None:
        by_all = lessons.silence.shared(in_span) if shared is None else shared.silence
        silent = over_length(lessons.silence, by_all, in_span, silent, share)
    revenue = orders * ahead["spend"].to_numpy()
    if money and lessons is not None and lessons.revenue is not None:
        by_regression = lessons.revenue * _longer(span, ahead)
        scale = revenue.sum() / max(float(by_regression.sum()), _SMALLEST) if shared is None else shared.money
        revenue = (revenue + scale * by_regression) / 2
    return Expectation(orders, coherent(orders, silent), revenue, np.ones_like(orders))


def _longer(span: pd.DataFrame, ahead: pd.DataFrame) -> FloatArray:
    """Return how many times more orders the baseline expects ahead than within the span."""
    result: FloatArray = ahead["expected_orders"].to_numpy() / np.maximum(span["expected_orders"].to_numpy(), _SMALLEST)
    return result
