"""What must hold of every trial and forecast: used by ordinary tests, and shown to fail by `test_guards`."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd
from ibis.expr.types import Table
from sklearn.linear_model import LinearRegression
from tests.reference import companies

from clv.data import origins
from clv.data.origins import OriginPlan
from clv.learning import backtest, combine, distribution
from clv.learning.backtest import OUTCOME, Case, Target
from clv.learning.candidates import Ground, Learner, Rule
from clv.learning.combine import BLEND
from clv.learning.distribution import Miss
from clv.learning.forecaster import ORDERS_AT_SPEND, Forecaster
from clv.models.calendar import corrections, level
from clv.units import annual, days, weeks


def trials_learn_from_what_was_over(cases: list[Case], span: int) -> None:
    """Assert that no outcome still open on the day of a trial reaches its forecasts."""
    target = Target(
        "orders",
        days(span),
        "count",
        lambda origin: origin.outcome["orders"].to_numpy(dtype=float),
        {"models": Rule(lambda view, ground: view["expected_orders"]), "linear": Learner(LinearRegression())},
    )
    found = backtest.backtest(target, cases, 2)
    tried = found.index.get_level_values(0).unique()
    assert len(tried) == 2
    for day in tried:
        open_yet = [case for case in cases if case.as_of + dt.timedelta(days=span) > day]
        assert len(open_yet) >= 2  # the trial itself, and one whose span overlaps it
        other = backtest.backtest(target, [_turned(case) if case in open_yet else case for case in cases], 2)
        told = [table.xs(day).drop(columns=OUTCOME) for table in (found, other)]
        pd.testing.assert_frame_equal(*told)


def _turned(case: Case) -> Case:
    """Return a case of which each customer did what another one did."""
    turned = case.origin.outcome.assign(orders=case.origin.outcome["orders"].to_numpy()[::-1])
    return replace(case, origin=replace(case.origin, outcome=turned), _views={})


def reads_nothing_beyond(today: dt.date, purchase_days: Table, plan: OriginPlan) -> None:
    """Assert that what lies after a day leaves no trace in the origins that are read on it."""
    until = purchase_days.filter(purchase_days.ordered_on <= today)
    both = (origins.read_origins(table, plan, today) for table in (purchase_days, until))
    for whole, cut in zip(*both, strict=True):
        pd.testing.assert_frame_equal(whole.known, cut.known)
        pd.testing.assert_frame_equal(whole.outcome, cut.outcome)
        assert (whole.seen_days, whole.history) == (cut.seen_days, cut.history)
        past = purchase_days.filter(purchase_days.ordered_on <= whole.as_of)
        alone = origins.read_origins(past, OriginPlan(plan.span_days, (whole.as_of,)), today)[0]
        pd.testing.assert_frame_equal(whole.known, alone.known)


def corrections_see_the_weeks_up_to_their_origin() -> None:
    """Assert that no week after an origin reaches what might correct its level."""
    rng, ends = np.random.default_rng(0), pd.date_range("2021-01-03", periods=150, freq="7D")
    mean = 200 * np.exp(0.3 * np.cos(2 * np.pi * ends.day_of_year.to_numpy() / 365.25))
    base, origin = pd.DataFrame({"week_end": ends, "actual": rng.poisson(mean), "expected": 200.0}), ends[[119]]
    found = corrections.level_factors(base, origin, weeks(13))
    assert (found - 1).abs().min(axis=None) > 0.01
    later = base.assign(actual=base["actual"].where(base["week_end"] <= origin[0], 0))
    pd.testing.assert_frame_equal(found, corrections.level_factors(later, origin, weeks(13)))


def a_step_that_nobody_could_foresee_is_missed_in_full() -> None:
    """Assert that a trial of the level forecasts from the year before its origin alone."""
    ends = pd.date_range("2021-01-03", periods=130, freq="7D")
    actual = np.where(np.arange(130) < 117, 300.0, 600.0)  # twice as much in the last thirteen weeks
    base = pd.DataFrame({"week_end": ends, "actual": actual, "expected": 300.0})
    numbers = level._level_by(base, 13, 13, ["forecast", "actual", "recent_trend"]).numbers
    assert math.isclose(numbers["error_before"] * numbers["n_origins"], math.log(2), rel_tol=1e-9)


def the_error_of_the_level_grows_with_the_root_of_time() -> None:
    """Assert that over four times as long as was tried the error is twice as large."""
    missed = [Miss(0.2, 1e6, 1.0)] * 4
    assert math.isclose(distribution.level_error(missed, 0.0, 4.0), 2 * distribution.level_error(missed, 0.0, 1.0))
    assert distribution.level_error(missed, 0.0, 0.5) == distribution.level_error(missed, 0.0, 1.0)


def the_level_of_a_forecast_is_as_unsure_as_its_horizon_is_long(forecaster: Forecaster) -> None:
    """Assert that a forecast over more than the spans that were tried says so."""
    longer = forecaster.horizon.days / forecaster.span.days
    assert longer > 1.5
    forecaster._spread([])
    family = forecaster.ground_.family_
    of_parameters = distribution.parameter_error(family.models_[family.best_], forecaster.known_, forecaster.horizon)
    foreseen = [distribution.level_error(forecaster.misses_, of_parameters, stretch) for stretch in (1.0, longer)]
    assert foreseen[1] > foreseen[0]
    assert math.isclose(forecaster.level_error_, foreseen[1], rel_tol=1e-9)


def evidence_counts_the_stages_of_every_gap(known: pd.DataFrame, stages: int = 3) -> None:
    """Assert that a customer with a rhythm is known as well as by so many times the purchases."""
    ground = Ground().fit(known, stages=stages)
    shape = ground.family_.models_[ground.family_.best_].params_.r
    np.testing.assert_allclose(ground.evidence(known), shape + stages * known["frequency"], rtol=1e-12)


def money_is_blended(forecaster: Forecaster, known: pd.DataFrame) -> None:
    """Assert that the expected money is that of all members by their weights."""
    weights, span = forecaster.money_contest_.weights, forecaster.span
    assert forecaster.money_contest_.winner == BLEND
    assert min(weights.values()) > 0.02
    expected, view = forecaster.expectation(known, span), forecaster._hear(known, span).views[span]
    learned = forecaster._money.members(view).drop(columns=ORDERS_AT_SPEND)
    at_spend = expected.orders * view["spend"]
    blended = weights[ORDERS_AT_SPEND] * at_spend + sum(weights[name] * learned[name].to_numpy() for name in learned)
    assert np.median(np.abs(expected.revenue / blended - 1)) < 1e-9
    assert np.median(np.abs(at_spend / blended - 1)) > 1e-3


def nobody_is_scored_by_weights_that_were_learned_of_them(kind: str = "count") -> None:
    """Assert that what a customer did leaves the blend's row of that customer as it was, in all trials."""
    rng, n, names = np.random.default_rng(1), 61, ["models", "regression"]
    mean = rng.gamma(1.0, 2.0, n)
    table = pd.DataFrame({names[0]: mean, names[1]: mean * rng.gamma(0.5, 2.0, n), OUTCOME: rng.poisson(mean)})
    if kind == "probability":
        table = pd.DataFrame({name: table[name] / (1 + table[name]) for name in names}).assign(
            **{OUTCOME: (table[OUTCOME] > 1).astype(float)}
        )
    table = table.astype(float).set_axis([f"C{number:03d}" for number in range(n)])
    trials = pd.concat(dict.fromkeys(("2024-06-30", "2024-03-31"), table), names=["origin", "customer_id"])
    target = Target("orders", days(90), kind, lambda origin: np.empty(0), dict.fromkeys(names))
    before = combine.compete(target, trials, "few_customers").trials[BLEND]
    for name in ("C000", "C001", "C037"):
        moved = trials.copy()
        mine = moved.index.get_level_values("customer_id") == name
        moved.loc[mine, OUTCOME] = 1 - moved.loc[mine, OUTCOME] if kind == "probability" else 40.0
        after = combine.compete(target, moved, "few_customers").trials[BLEND]
        assert (after[mine] == before[mine]).all()
        assert not np.allclose(after[~mine], before[~mine], rtol=1e-6)


def silence_is_read_in_its_window(forecaster: Forecaster, known: pd.DataFrame) -> None:
    """Assert that churn is no order within the window, and not within the horizon."""
    table = forecaster.predict(known, annual(0.1))
    told = {length: forecaster.curve(known).at(length.days) for length in (forecaster.window, forecaster.horizon)}
    np.testing.assert_allclose(table["p_churn"], told[forecaster.window], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(table["p_no_order"], told[forecaster.horizon], rtol=1e-6, atol=1e-8)
    assert (table["p_churn"] > table["p_no_order"] + 0.01).mean() > 0.5


def company(seed: int = 5, n: int = 500, until: int = 540) -> tuple[pd.DataFrame, dt.date]:
    """Return the log of a company that all guards can be shown on, and its day."""
    return companies.buyers(n, seed, days=until, arrivals=300, alpha=5.0), companies.day(until)
