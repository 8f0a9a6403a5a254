"""Faults that would make every figure look better than it is: each is planted, and a guard must see it."""

from __future__ import annotations
import __future__

import datetime as dt
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from tests.learning import guards
from tests.reference import companies

from clv.data import origins
from clv.data.engine import open_engine
from clv.data.origins import OriginPlan
from clv.learning import backtest, candidates, combine, distribution, forecaster, learners
from clv.models.calendar import corrections, level
from clv.models.purchases import family
from clv.models.purchases.bgnbd import BGNBD
from clv.models.purchases.mbgcnbd import MBGCNBD
from clv.units import days

SPAN, WINDOW = 120, 40


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> SimpleNamespace:
    """Return a fitted company and what it was fitted on, made before any fault is planted."""
    rows, as_of = guards.company()
    span, past = companies.past(rows, as_of, SPAN, WINDOW)
    known = companies.known(rows, as_of, span)
    file = tmp_path_factory.mktemp("days") / "days.parquet"
    rows.assign(ordered_on=rows["ordered_on"].dt.date).to_parquet(file)
    engine = open_engine()
    table = engine.read_parquet(file)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(family, "MEMBERS", {"BG/NBD": BGNBD})
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 50)
        patch.setattr(distribution, "_PARAMETER_DRAWS", 5)
        terms = {"span": days(span), "window": days(WINDOW)}
        fitted = forecaster.Forecaster().fit(known, past, horizon=days(span), **terms)
        longer = forecaster.Forecaster().fit(known, past[2:3], horizon=days(4 * span), **terms)
        whole = [origin for origin in past if origin.outcome["orders"].notna().all()]
        cases = backtest.cases_of(known, whole, days(span))[1]
        yield SimpleNamespace(
            known=known,
            forecaster=fitted,
            longer=longer,
            cases=cases,
            purchase_days=table.mutate(net=table.net.cast("decimal(38, 4)")),
        )
    engine.disconnect()


Guard = Callable[[SimpleNamespace], None]
MIDDLE = companies.day(400)


def learns_from_what_was_over(world: SimpleNamespace) -> None:
    guards.trials_learn_from_what_was_over(world.cases, SPAN)


def reads_nothing_beyond_today(world: SimpleNamespace) -> None:
    plan = OriginPlan(60, (MIDDLE - dt.timedelta(days=30), MIDDLE - dt.timedelta(days=90)))
    guards.reads_nothing_beyond(MIDDLE, world.purchase_days, plan)


def corrections_see_no_later_week(world: SimpleNamespace) -> None:
    guards.corrections_see_the_weeks_up_to_their_origin()


def steps_are_missed_in_full(world: SimpleNamespace) -> None:
    guards.a_step_that_nobody_could_foresee_is_missed_in_full()


def error_grows_with_time(world: SimpleNamespace) -> None:
    guards.the_error_of_the_level_grows_with_the_root_of_time()


def level_is_as_unsure_as_the_horizon_is_long(world: SimpleNamespace) -> None:
    guards.the_level_of_a_forecast_is_as_unsure_as_its_horizon_is_long(world.longer)


def evidence_counts_stages(world: SimpleNamespace) -> None:
    guards.evidence_counts_the_stages_of_every_gap(world.known)


def money_is_blended(world: SimpleNamespace) -> None:
    guards.money_is_blended(world.forecaster, world.known)


def rows_are_cross_fitted(world: SimpleNamespace) -> None:
    guards.nobody_is_scored_by_weights_that_were_learned_of_them()


def silence_is_read_in_its_window(world: SimpleNamespace) -> None:
    guards.silence_is_read_in_its_window(world.forecaster, world.known)


FAULTS: dict[str, tuple[Guard, Any, str, str, str]] = {
    "a trial learns from itself": (
        learns_from_what_was_over, backtest.Target, "is_over",
        "origin + dt.timedelta(days=self.length.days) <= by", "origin <= by",
    ),
    "a trial learns from origins that overlap it": (
        learns_from_what_was_over, backtest.Target, "is_over", "self.length.days", "self.length.days / 2",
    ),
    "a trial learns from all origins": (
        learns_from_what_was_over, backtest, "backtest", "target.can_learn(earlier)", "(earlier := list(cases))",
    ),
    "the season of a trial is fitted to the weeks that it must foretell": (
        corrections_see_no_later_week, corrections, "_season_ahead",
        'fit_season(weeks[weeks["week_end"] <= origin])', "fit_season(weeks)",
    ),
    "the latest step of a trial is the one that it must foretell": (
        corrections_see_no_later_week, corrections, "level_factors",
        "_step(totals, here - span, span)", "_step(totals, here, span)",
    ),
    "the usual level of a trial is that of the weeks ahead too": (
        steps_are_missed_in_full, level, "_level_by",
        "year_before = totals[places + 1]", "year_before = totals[places + 1 + window]",
    ),
    "the error of the level does not grow with the horizon": (
        error_grows_with_time, distribution, "level_error", "level * max(1.0, stretch)", "level",
    ),
    "the forecaster tells its level error of no horizon": (
        level_is_as_unsure_as_the_horizon_is_long, forecaster.Forecaster, "_spread",
        "horizon.days / self.span.days", "1.0",
    ),
    "the evidence of a customer with a rhythm counts no stages": (
        evidence_counts_stages, candidates.Ground, "evidence",
        "best.evidence(known)", 'best.params_.r + known["frequency"]',
    ),
    "a regular model itself counts no stages": (
        evidence_counts_stages, MBGCNBD, "evidence", "p.r + p.k * ", "p.r + ",
    ),
    "money is the expected orders at the own spend": (
        money_is_blended, forecaster.Forecaster, "_revenue_within",
        "learned is None or said is None", "True or learned is None or said is None",
    ),
    "money has the weights of its first member alone": (
        money_is_blended, forecaster.Forecaster, "_revenue_within",
        'learned.weights, "amount"', '{ORDERS_AT_SPEND: 1.0}, "amount"',
    ),
    "an outcome is read beyond today": (
        reads_nothing_beyond_today, origins, "read_origins", "days.filter(_.ordered_on <= today)", "days",
    ),
    "what was known is read beyond its day": (
        reads_nothing_beyond_today, origins, "_read_origin",
        "behaviour(days, as_of,", "behaviour(days, as_of + dt.timedelta(days=60),",
    ),
    "weights are learned of the rows that they are scored on": (
        rows_are_cross_fitted, combine, "_cross_fitted",
        "learn_weights(trials[~mine], names, kind)", "learn_weights(trials, names, kind)",
    ),
    "folds are of rows and not of customers": (
        rows_are_cross_fitted, combine, "_cross_fitted", "codes % _FOLDS", "np.arange(len(trials)) % _FOLDS",
    ),
    "churn is read at the horizon": (
        silence_is_read_in_its_window, forecaster.Forecaster, "predict",
        "self._expectation(heard, self.window)", "self._expectation(heard, self.horizon)",
    ),
}  # fmt: skip


def plant(patch: pytest.MonkeyPatch, owner: Any, name: str, right: str, wrong: str) -> None:
    """Put a copy of a function or method with one expression replaced in its place."""
    function = inspect.getattr_static(owner, name)
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(right) == 1, f"{name} no longer holds {right!r} once: plant the fault elsewhere"
    code = compile(source.replace(right, wrong), f"<{name}>", "exec", __future__.annotations.compiler_flag)
    found: dict[str, Any] = {}
    exec(code, vars(sys.modules[function.__module__]), found)  # noqa: S102 - our own source
    patch.setattr(owner, name, found[name])


@pytest.mark.parametrize(
    "guard", dict.fromkeys(fault[0] for fault in FAULTS.values()), ids=lambda guard: guard.__name__
)
def test_a_guard_is_silent_where_nothing_is_wrong(world, guard):
    guard(world)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_guard_sees_the_fault(world, fault, monkeypatch):
    guard, *place = FAULTS[fault]
    plant(monkeypatch, *place)
    with pytest.raises(AssertionError):
        guard(world)


def test_a_fault_that_cannot_be_planted_is_told(monkeypatch):
    with pytest.raises(AssertionError, match="no longer holds"):
        plant(monkeypatch, combine, "pooled", "no such words", "")


def test_every_fault_is_gone_after_its_test():
    for _guard, owner, name, right, _wrong in FAULTS.values():
        assert right in inspect.getsource(inspect.getattr_static(owner, name))
    assert pd.notna(MIDDLE)
