"""The forecast of a company: who forecasts is settled in the past, then every customer gets a distribution.

Fitted on a sample of customers and on the counts of all; applied to customers in batches of any size, so that the
number of customers costs time but no memory.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from clv.errors import ConvergenceError, DataError
from clv.models.baseline import Baseline
from clv.models.blend import MEMBERS, Case, Learned, levelled, mean_silence, over_horizon, stack_weights
from clv.models.features import features
from clv.models.outcomes import CountOutcomes, MoneyOutcomes, Scatter, coherent
from clv.models.tournament import (
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
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]

SEED: Final = 19_970_101
MOST_TRIALS: Final = 3  # origins at which the candidates compete, the latest ones
FEWEST_OUTCOMES: Final = 200  # customers at the origins to learn from,
FEWEST_RETURNS: Final = 50  # and those of them who ordered in the span
_PSEUDO_LEVELS = tuple((np.arange(20) + 0.5) / 20)  # of a model's own distribution, as if they were outcomes
_PSEUDO_CUSTOMERS = 1_000
_PARAMETER_DRAWS = 40
_LEVEL_PRIOR = 0.10  # relative error of a base's total before any trial, as published holdouts have it
_LEVEL_PRIOR_WEIGHT = 2.0  # trials' worth of belief in it


class Past(NamedTuple):
    """A day in the past: what was known (from `clv.data.behaviour.behaviour`) and what happened in the span after."""

    as_of: dt.date
    known: pd.DataFrame
    outcome: pd.DataFrame


class Forecast(NamedTuple):
    """Expected orders, probability of none and expected revenue of each customer, shape (n,)."""

    orders: FloatArray
    silent: FloatArray
    revenue: FloatArray


class Forecaster:
    """Forecasts orders and money within a horizon, with the distribution of each.

    Attributes
    ----------
    baseline_ : Baseline
        Probability models and spend, fitted on today's customers.
    tournament_ : Tournament
        Who competed at past origins, and who forecasts.
    counts_ : CountOutcomes
    money_ : MoneyOutcomes or None
        How outcomes scatter; None where the log holds no amounts.
    level_error_ : float
        Relative standard error of the total of the forecast over the horizon.
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
        level: float = 1.0,
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
        level : float, default 1
            Factor on the total that the models expect, > 0; see `clv.models.level`.

        Raises
        ------
        DataError, ConvergenceError
            If no probability model can be fitted to today's customers.
        """
        rng = np.random.default_rng(SEED)
        self.span, self.horizon, self.level = span, horizon, level
        self.baseline_ = Baseline().fit(known, triples)
        self._hiatus = patience(known)
        cases = _cases(past, span)
        self.level_trials_ = [float(np.log(c.orders.sum() / c.baseline["expected_orders"].sum())) for c in cases]
        trials = self._compete(cases, rng)
        self._learn(known, cases)
        self._scatter(known, trials, rng)
        self.level_error_ = self._level_error(known, rng)
        return self

    def predict(self, known: pd.DataFrame, window: Horizon) -> pd.DataFrame:
        """Return the forecast of each customer.

        Parameters
        ----------
        known : DataFrame
            From `clv.data.behaviour.behaviour`, as of the day of the fit; any part of the customers.
        window : Horizon
            Silence that counts as churn.

        Returns
        -------
        DataFrame
            On the index of `known`: p_alive (latent, 0–1), p_churn (no order within the window), p_no_order (none
            within the horizon), expected_orders, median_orders, orders_low, orders_high (purchase days),
            expected_revenue, median_revenue, revenue_low, revenue_high (currency; missing without amounts),
            orders_variance, revenue_variance, days_to_next_order. low and high are the 5th and 95th percentile of what
            may happen.
        """
        orders, silent, revenue = self._forecast(known, self.horizon)
        counts = self.counts_
        columns = {
            "p_alive": self.baseline_.predict(known, self.horizon)["p_alive"].to_numpy(),
            "p_churn": self._forecast(known, window).silent,
            "p_no_order": silent,
            "expected_orders": orders,
            "median_orders": counts.median(orders, silent),
            "orders_low": counts.low(orders, silent),
            "orders_high": counts.high(orders, silent),
            "expected_revenue": revenue,
            "orders_variance": counts.variance(orders, silent),
            "days_to_next_order": self.baseline_.time_to_next_order(known).to_numpy(),
        }
        money = self.money_
        if money is not None:
            columns["median_revenue"] = money.median(orders, revenue, silent)
            columns["revenue_low"] = money.low(orders, revenue, silent)
            columns["revenue_high"] = money.high(orders, revenue, silent)
            columns["revenue_variance"] = money.variance(orders, revenue, silent)
        else:
            columns |= dict.fromkeys(
                ("median_revenue", "revenue_low", "revenue_high", "revenue_variance"), np.full(len(known), np.nan)
            )
        return pd.DataFrame(columns, index=known.index)

    # --- the steps of a fit

    def _compete(self, cases: Sequence[Case], rng: np.random.Generator) -> list[tuple[Case, Forecast]]:
        """Let the candidates forecast the latest origins from what was known before each; choose; keep the winner's."""
        span = dt.timedelta(days=self.span.days)
        before = {case.as_of: [c for c in cases if c.as_of + span <= case.as_of] for case in cases[:MOST_TRIALS]}
        tried = [
            (case, Learned().fit(before[case.as_of])) for case in cases[:MOST_TRIALS] if _enough(before[case.as_of])
        ]
        members = [levelled(learned.orders(case.X, case.baseline))[0] for case, learned in tried]
        weights = stack_weights([(m, case.orders) for m, (case, _) in zip(members, tried, strict=True)])
        named = dict(zip(MEMBERS, weights.tolist(), strict=True))
        if not tried:
            reason: Reason = "few_customers" if any(before.values()) else "short_history"
            self.tournament_ = Tournament(pd.DataFrame(), PROBABILITY, reason, named, 0, self.span.days)
            return [(case, self._of_baseline(case)) for case in cases[:MOST_TRIALS]]
        tables = [self._candidates(case, m, weights) for m, (case, _) in zip(members, tried, strict=True)]
        self.tournament_ = judge(
            [(t, pd.Series(case.orders, index=t.index)) for t, (case, _) in zip(tables, tried, strict=True)],
            named,
            self.span.days,
            rng,
        )
        winner = self.tournament_.winner
        return [
            (case, _assembled(case.baseline, case.X, learned, table[winner].to_numpy()))
            for table, (case, learned) in zip(tables, tried, strict=True)
        ]

    def _candidates(self, case: Case, members: FloatArray, weights: FloatArray) -> pd.DataFrame:
        """Return every candidate's expected orders at an origin, by column."""
        length = self.span.in_units("week")
        rules = rules_of_thumb(case.known, length, length, patience(case.known))
        learned = {PROBABILITY: members[:, 0], REGRESSION: members[:, 1], BOOSTING: members[:, 2]}
        return rules.assign(**learned, **{BLEND: members @ weights})

    def _of_baseline(self, case: Case) -> Forecast:
        orders = case.baseline["expected_orders"].to_numpy()
        silent = coherent(orders, case.baseline["p_no_order"].to_numpy())
        return Forecast(orders, silent, orders * case.baseline["spend"].to_numpy())

    def _learn(self, known: pd.DataFrame, cases: Sequence[Case]) -> None:
        """Learn from all origins, and note by how much each learner's total must be scaled to the models'."""
        self._learned: Learned | None = None
        if self.tournament_.reason in ("short_history", "few_customers"):
            return
        self._learned = Learned().fit(cases)
        baseline = self.baseline_.predict(known, self.span)
        _, self._factors = levelled(self._learned.orders(features(known, baseline), baseline))
        self._money_factor = 1.0
        orders, _, revenue = self._forecast(known, self.span, blend_money=False)
        money = self._learned.revenue(features(known, baseline), baseline)
        if money is not None and money.sum() > 0:
            self._money_factor = float(revenue.sum() / money.sum())

    def _scatter(
        self, known: pd.DataFrame, trials: Sequence[tuple[Case, Forecast]], rng: np.random.Generator
    ) -> None:
        """Estimate how outcomes scatter at the trials; carry it to the horizon as the models' own scatter changes."""
        at_horizon = self._model_scatter(known, self.horizon)
        self.counts_ = CountOutcomes(at_horizon)
        self.money_ = self._model_money(known) if self.baseline_.spend_.repeat_ is not None else None
        if not trials:
            return
        orders, silent, revenue = (np.concatenate(parts) for parts in zip(*(f for _, f in trials), strict=True))
        made = np.concatenate([case.orders for case, _ in trials])
        if (made > 0).sum() >= FEWEST_RETURNS:
            fitted = CountOutcomes.fit(orders, silent, made).calibrated(orders, silent, made, rng)
            moved = fitted.scatter.plus(at_horizon, minus=self._model_scatter(known, self.span))
            self.counts_ = CountOutcomes(moved, fitted.levels)
        earned = np.concatenate([case.revenue for case, _ in trials])
        if self.money_ is not None and (earned > 0).sum() >= FEWEST_RETURNS:
            money = MoneyOutcomes.fit(orders, revenue, silent, earned)
            self.money_ = money.calibrated(orders, revenue, silent, earned, rng)

    def _model_scatter(self, known: pd.DataFrame, length: Horizon) -> Scatter:
        """Return the scatter of orders that the best probability model itself implies."""
        some = known.sample(min(len(known), _PSEUDO_CUSTOMERS), random_state=SEED)
        model = self.baseline_.family_.models_[self.baseline_.family_.best_]
        expected = model.predict(some, length)
        counts = model.outcome_quantiles(some, length, _PSEUDO_LEVELS).to_numpy(dtype=float)
        orders, silent = (np.repeat(expected[n].to_numpy(), len(_PSEUDO_LEVELS)) for n in _MODEL_COLUMNS)
        return CountOutcomes.fit(orders, coherent(orders, silent), counts.ravel()).scatter

    def _model_money(self, known: pd.DataFrame) -> MoneyOutcomes:
        """Return the scatter of sales that follows from that of orders and that of single purchases."""
        expected = self.baseline_.predict(known, self.horizon)
        orders = expected["expected_orders"].to_numpy()
        silent = coherent(orders, expected["p_no_order"].to_numpy())
        if_any = np.maximum(orders / (1 - silent), 1.0)
        beyond = if_any - 1
        variance = (beyond + self.counts_.scatter.at(if_any) * beyond**2) / if_any**2
        variation = np.maximum(variance + self.baseline_.spend_.variation_**2 / if_any, 1e-3)
        x = np.log(if_any)
        slope = float(np.cov(x, np.log(variation))[0, 1] / np.var(x, ddof=1)) if np.ptp(x) > 1e-6 else 0.0
        return MoneyOutcomes(Scatter(float(np.log(variation).mean() - slope * x.mean()), slope))

    def _level_error(self, known: pd.DataFrame, rng: np.random.Generator) -> float:
        """Return the relative standard error of the total: misses at past origins and the parameters' own error."""
        some = known.sample(min(len(known), _PSEUDO_CUSTOMERS), random_state=SEED)
        model = copy.copy(self.baseline_.family_.models_[self.baseline_.family_.best_])
        totals = []
        for params in model.draw_params(_PARAMETER_DRAWS, rng):
            model.params_ = params
            totals.append(model.predict(some, self.horizon)["expected_purchases"].sum())
        missed = [t for t in self.level_trials_ if np.isfinite(t)]
        prior = _LEVEL_PRIOR_WEIGHT * _LEVEL_PRIOR**2
        seen = (sum(t**2 for t in missed) + prior) / (len(missed) + _LEVEL_PRIOR_WEIGHT)
        # a level drifts: its error grows with the root of time beyond the spans that were tried
        drifted = seen * max(1.0, self.horizon.days / self.span.days)
        return float(np.sqrt(drifted + np.var(totals) / max(np.mean(totals), 1e-12) ** 2))

    # --- the forecast of a set of customers

    def _forecast(self, known: pd.DataFrame, length: Horizon, blend_money: bool = True) -> Forecast:
        """Return the winner's forecast over any length."""
        ahead = self.baseline_.predict(known, length)
        expected = ahead["expected_orders"].to_numpy()
        winner = self.tournament_.winner
        if winner in RULES:
            hiatus, span = self._hiatus, self.span.in_units("week")
            expected = rules_of_thumb(known, length.in_units("week"), span, hiatus)[winner].to_numpy()
        if self._learned is None:
            return self._finished(expected, ahead["p_no_order"].to_numpy(), expected * ahead["spend"].to_numpy())
        span = self.baseline_.predict(known, self.span)
        X = features(known, span)
        longer = ahead["expected_orders"].to_numpy() / np.maximum(span["expected_orders"].to_numpy(), 1e-12)
        if winner == BLEND:
            weights = np.array([self.tournament_.weights[name] for name in MEMBERS])
            expected = (self._learned.orders(X, span) * self._factors) @ weights * longer
        ends = (span["p_no_order"].to_numpy(), ahead["p_no_order"].to_numpy())
        learned = [over_horizon(p, *ends) for p in self._learned.silence(X, span)]
        revenue = expected * ahead["spend"].to_numpy()
        money = self._learned.revenue(X, span) if blend_money else None
        if money is not None:
            revenue = (revenue + self._money_factor * money * longer) / 2
        return self._finished(expected, mean_silence(ends[1], learned), revenue)

    def _finished(self, orders: FloatArray, silent: FloatArray, revenue: FloatArray) -> Forecast:
        """Apply the level: it scales what is expected, and the hazard of an order with it."""
        orders = orders * self.level
        return Forecast(orders, coherent(orders, silent**self.level), revenue * self.level)


_MODEL_COLUMNS = ("expected_purchases", "p_no_purchase")


def _cases(past: Sequence[Past], span: Horizon) -> list[Case]:
    """Return the origins at which a baseline can be fitted and something happened."""
    cases = []
    for origin in past:
        if origin.outcome["orders"].sum() == 0:
            continue
        try:
            cases.append(Case.at(origin.as_of, origin.known, origin.outcome, span))
        except (DataError, ConvergenceError):
            continue  # too few came back by then; later origins tell
    return cases


def _enough(cases: Sequence[Case]) -> bool:
    """Return whether there is something to learn from."""
    n = sum(case.orders.size for case in cases)
    return n >= FEWEST_OUTCOMES and sum(int((case.orders > 0).sum()) for case in cases) >= FEWEST_RETURNS


def _assembled(baseline: pd.DataFrame, X: FloatArray, learned: Learned, orders: FloatArray) -> Forecast:
    """Return the forecast at an origin as it would have been made there."""
    silent = mean_silence(baseline["p_no_order"].to_numpy(), learned.silence(X, baseline))
    revenue = orders * baseline["spend"].to_numpy()
    money = learned.revenue(X, baseline)
    if money is not None and money.sum() > 0:
        revenue = (revenue + money * revenue.sum() / money.sum()) / 2
    return Forecast(orders, coherent(orders, silent), revenue)
