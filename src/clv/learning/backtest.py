"""Trials of the past: at an origin each candidate forecasts what followed, from nothing but what was over by then.

Everything is keyed (origin, customer): an origin never learns from an outcome that was still open on its day, and a
customer who is in several origins is one customer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from clv.data.origins import Origin
from clv.errors import ConvergenceError, DataError
from clv.learning.candidates import Candidate, Forecast, Ground, View
from clv.learning.features import log_odds
from clv.models.purchases.mbgcnbd import MBGCNBD
from clv.units import Horizon

FloatArray = npt.NDArray[np.float64]
Kind = Literal["count", "amount", "probability"]

OUTCOME: Final = "outcome"  # column of the trials: what happened
FEWEST_OUTCOMES: Final = 200  # customers at the origins to learn from: ten for each feature
FEWEST_RETURNS: Final = 50  # of them with an outcome above zero
FEWEST_OF_A_KIND: Final = 20  # of a probability: to whom it happened, and to whom it did not; one for each feature
# customers of whom at least half as much was expected, at whose number learners are believed by half; chosen by
# tests/benchmarks/choices.py
BULK: Final = 5.0
COMPARABLE: Final = 0.5
_MOST_ROWS: Final = 60_000  # that a learner is fitted to; more customers say the same again
_RHYTHM_CUSTOMERS: Final = 3_000  # that the regularity is estimated from


@dataclass(frozen=True, eq=False)
class Case:
    """One day as candidates see it: who was a customer, the ground fitted on that day, and what came after.

    Attributes
    ----------
    origin
        From `clv.data.origins.read_origins`.
    ground
        Fitted on that day's customers alone.
    span
        Of the last period that the rules repeat.
    """

    origin: Origin
    ground: Ground
    span: Horizon
    _views: dict[float, View] = field(default_factory=dict, repr=False)

    @property
    def as_of(self) -> dt.date:
        """Return the last day that counts as known."""
        return self.origin.as_of

    def view(self, length: Horizon) -> View:
        """Return what a forecast over a length of time may look at."""
        if length.days not in self._views:
            known = self.origin.known
            self._views[length.days] = View(known, self.ground.over(known, length), length, self.span)
        return self._views[length.days]


@dataclass(frozen=True, eq=False)
class Target:
    """Something to be forecast of each customer, in a stated length of time after a day.

    Attributes
    ----------
    name
        For messages and tables.
    length
        Of the time after an origin in which the outcome falls.
    kind
        "count" or "amount" (≥ 0, judged by squared error, at the level of the first candidate) or "probability" (yes
        or no, judged by the logarithm of the probability of what happened).
    outcome
        From an origin to what happened to each of its customers within the length; missing where that is unknown.
    candidates
        Those that are blended, by name. The first stands where nothing can be learned; for counts and amounts it sets
        the total, because a level seen in one season misleads in the next.
    rules
        Those that compete, but are not blended.
    unit
        From a view to what one unit is of each customer: amounts are learned in the customer's own purchases.
    """

    name: str
    length: Horizon
    kind: Kind
    outcome: Callable[[Origin], FloatArray]
    candidates: Mapping[str, Candidate]
    rules: Mapping[str, Candidate] = field(default_factory=dict)
    unit: Callable[[View], FloatArray] = lambda view: np.ones(len(view.known))

    @property
    def first(self) -> str:
        """Return the name of the candidate that all learning starts from."""
        return next(iter(self.candidates))

    def is_over(self, origin: dt.date, by: dt.date) -> bool:
        """Return whether the time after an origin was over on a day, so that a forecast made then may learn of it."""
        return origin + dt.timedelta(days=self.length.days) <= by

    def earlier(self, cases: Sequence[Case], now: dt.date) -> list[Case]:
        """Return the cases that a forecast made on a day may learn from: their outcome was over by then."""
        return [case for case in cases if self.is_over(case.as_of, now)]

    def over(self, cases: Sequence[Case]) -> list[Case]:
        """Return the cases whose outcome is known today."""
        return [case for case in cases if np.isfinite(self.outcome(case.origin)).all()]

    def can_learn(self, cases: Sequence[Case]) -> bool:
        """Return whether the outcomes of some cases are enough to learn from."""
        y = np.concatenate([self.outcome(case.origin) for case in cases]) if cases else np.empty(0)
        happened = int((y > 0).sum())
        enough = FEWEST_RETURNS if self.kind != "probability" else FEWEST_OF_A_KIND
        other = y.size - happened if self.kind == "probability" else enough
        return y.size >= FEWEST_OUTCOMES and min(happened, other) >= enough


class Trained:
    """The candidates of a target, fitted at one origin to the cases that were over by then.

    Where a customer lies beyond almost all that the learners saw, they say what the first candidate says: trees and
    clipped features cannot tell what they never met, and the largest customers carry the money.
    """

    def __init__(self, target: Target, earlier: Sequence[Case], now: View, ground: Ground) -> None:
        views = [case.view(target.length) for case in earlier]
        X = pd.concat([view.X for view in views], ignore_index=True)
        unit = np.concatenate([target.unit(view) for view in views])
        y = np.concatenate([target.outcome(case.origin) for case in earlier]) / unit
        self._seen = np.sort(np.concatenate([view["expected_orders"] for view in views]))
        every = max(1, -(-len(X) // _MOST_ROWS))
        X, y = X.iloc[::every], np.maximum(y[::every], 0.0)
        self._target = target
        self._forecasts: dict[str, Forecast] = {
            name: candidate.fit(X, y, now, ground) for name, candidate in {**target.candidates, **target.rules}.items()
        }
        self._levels = dict.fromkeys(target.candidates, 1.0)
        if target.kind != "probability":
            raw, trust, first = self._raw(now), self.trust(now), target.first
            for name in target.candidates:
                total = float(trust @ raw[name])
                self._levels[name] = float(trust @ raw[first]) / total if total > 0 else 1.0

    def trust(self, view: View) -> FloatArray:
        """Return how far learners are followed, 0–1: by how many they saw of whom nearly as much was expected."""
        above = self._seen.size - np.searchsorted(self._seen, COMPARABLE * view["expected_orders"], side="left")
        return np.asarray(above / (above + BULK), dtype=float)

    def members(self, view: View) -> pd.DataFrame:
        """Return what each candidate forecasts, one column each, on the index of the view's customers."""
        raw, trust = self._raw(view), self.trust(view)
        if self._target.kind == "probability":
            odds = {name: log_odds(raw[name].to_numpy()) for name in self._levels}
            own = odds[self._target.first]
            return raw.assign(**{name: expit(trust * z + (1 - trust) * own) for name, z in odds.items()})
        first = raw[self._target.first].to_numpy()
        levelled = {n: trust * f * raw[n].to_numpy() + (1 - trust) * first for n, f in self._levels.items()}
        return raw.assign(**levelled)

    def _raw(self, view: View) -> pd.DataFrame:
        told = {name: forecast(view) for name, forecast in self._forecasts.items()}
        if self._target.kind == "amount":
            told = {name: values * self._target.unit(view) for name, values in told.items()}
        return pd.DataFrame(told, index=view.known.index)


def backtest(target: Target, cases: Sequence[Case], most_trials: int) -> pd.DataFrame:
    """Let all candidates of a target forecast the latest origins at which they can.

    Parameters
    ----------
    target : Target
    cases : sequence of Case
        Latest first.
    most_trials : int
        Origins to try, the latest ones.

    Returns
    -------
    DataFrame
        Index (origin, customer_id); a column for each candidate and rule, and "outcome". Empty where no origin has
        enough before it to learn from.
    """
    tables: dict[dt.date, pd.DataFrame] = {}
    for now in target.over(cases):
        earlier = target.earlier(cases, now.origin.until)
        if len(tables) < most_trials and target.can_learn(earlier):
            view = now.view(target.length)
            told = Trained(target, earlier, view, now.ground).members(view)
            tables[now.as_of] = told.assign(**{OUTCOME: target.outcome(now.origin)})
    names = [*target.candidates, *target.rules, OUTCOME]
    empty = pd.MultiIndex.from_arrays([[], []], names=["origin", "customer_id"])
    if not tables:
        return pd.DataFrame(columns=names, index=empty, dtype=float)
    return pd.concat(tables, names=["origin", "customer_id"])


class Habit(NamedTuple):
    """How customers buy: at any time, in a rhythm of their own, or on certain dates only.

    Parameters
    ----------
    stages : int
        1 where gaps are as if exponential, else the k of the MBG/CNBD-k.
    opportunities : tuple of float, or None
        When all customers of a panel can buy, in weeks from the day they are described as of.
    """

    stages: int = 1
    opportunities: tuple[float, ...] | None = None

    def at(self, origin: Origin) -> Habit:
        """Return the same as seen from an origin."""
        return self if self.opportunities is None else self._replace(opportunities=origin.opportunities)


_AT_ANY_TIME: Final = Habit()


def cases_of(
    known: pd.DataFrame, past: Sequence[Origin], span: Horizon, opportunities: Sequence[float] | None = None
) -> tuple[Habit, list[Case]]:
    """Return how customers buy, by what forecast best at the past origins, and the cases with it.

    The dates of a panel, and else the likelihood, propose a habit; it stands only if it also brought the forecasts
    closer. Where no origin can tell, a panel stands: its dates are seen, and not estimated.

    Parameters
    ----------
    known : DataFrame
        Today's customers or a sample; without a column log_gaps, see `clv.data.behaviour.log_gaps`, no rhythm is
        sought.
    past : sequence of Origin
        Latest first.
    span : Horizon
        Length of the spans after them.
    opportunities : sequence of float, optional
        Of a panel, in weeks from today, see `clv.data.periods.Panel.opportunities`.

    Returns
    -------
    Habit
        As seen from today.
    list of Case
        Origins at which a ground can be fitted.
    """
    plain = _cases(past, span)
    tried = [case for case in plain if np.isfinite(case.origin.outcome["orders"]).all()]
    if opportunities is not None:
        panel = Habit(opportunities=tuple(opportunities))
        on_dates = _cases(past, span, panel)
        if _closer(on_dates, tried, span) or not tried:
            return panel, on_dates
    if "log_gaps" not in known or not tried:
        return _AT_ANY_TIME, plain
    try:
        stages = MBGCNBD().fit(known.iloc[:: max(1, len(known) // _RHYTHM_CUSTOMERS)]).k_
    except (DataError, ConvergenceError):
        return _AT_ANY_TIME, plain
    if stages > 1 and _closer(_cases([case.origin for case in tried], span, Habit(stages)), tried, span):
        return Habit(stages), _cases(past, span, Habit(stages))
    return _AT_ANY_TIME, plain


def _closer(these: Sequence[Case], tried: Sequence[Case], span: Horizon) -> bool:
    """Return whether cases have forecast better than others, at each of whose origins they must be there."""
    days = {case.as_of for case in tried}
    same = [case for case in these if case.as_of in days]
    return len(same) == len(tried) and _squared_error(same, span) < _squared_error(tried, span)


def _squared_error(cases: Sequence[Case], span: Horizon) -> float:
    return sum(float(((c.view(span)["expected_orders"] - c.origin.outcome["orders"]) ** 2).sum()) for c in cases)


def _cases(past: Sequence[Origin], span: Horizon, habit: Habit = _AT_ANY_TIME) -> list[Case]:
    """Return the origins at which a ground can be fitted."""
    cases = []
    for origin in past:
        try:
            cases.append(Case(origin, Ground().fit(origin.known, None, *habit.at(origin)), span))
        except (DataError, ConvergenceError):
            continue  # too few came back by then; later origins tell
    return cases
