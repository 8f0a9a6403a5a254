"""Trials of the past: nobody learns from what was not over, nor forecasts far beyond whom it learned of."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LogisticRegression
from tests.learning import guards
from tests.reference import companies

from clv.data.origins import Origin
from clv.learning import backtest as backtest_module
from clv.learning import candidates, learners
from clv.learning.backtest import OUTCOME, Case, Habit, Target, Trained, backtest, cases_of
from clv.learning.candidates import Learner, Rule, count_learners
from clv.learning.combine import BLEND, compete
from clv.units import days

SPAN, END = 90, 540


@pytest.fixture(scope="module", autouse=True)
def few_trees():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        yield


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return companies.buyers(600, 3, days=END, arrivals=200)


@pytest.fixture(scope="module")
def cases(rows) -> list[Case]:
    """Return the cases of a company, latest first, half a span apart."""
    span, past = companies.past(rows, companies.day(END), SPAN)
    return cases_of(companies.known(rows, companies.day(END), span), past, days(span))[1]


def of(outcome: str, origin: Origin) -> np.ndarray:
    return origin.outcome[outcome].to_numpy(dtype=float)


ORDERS = Target(
    "orders",
    days(SPAN),
    "count",
    lambda origin: of("orders", origin),
    {"models": Rule(lambda view, ground: view["expected_orders"]), **count_learners()},
)
MONEY = Target(
    "money",
    days(SPAN),
    "amount",
    lambda origin: of("revenue", origin),
    {"models": Rule(lambda view, ground: view["expected_orders"]), **count_learners()},
    unit=lambda view: view["spend"],
)


# --- who may learn from what


def test_a_time_is_over_on_its_last_day_and_not_before():
    day = dt.date(2024, 3, 1)
    assert ORDERS.is_over(day, day + dt.timedelta(days=SPAN))
    assert not ORDERS.is_over(day, day + dt.timedelta(days=SPAN - 1))
    assert not ORDERS.is_over(day, day)


def test_an_origin_learns_from_those_before_it_whose_time_was_over(cases):
    for number, now in enumerate(cases):
        earlier = ORDERS.earlier(cases, now.as_of)
        assert earlier == cases[number + 2 :]  # half a span apart: the next one was still open
        assert all((now.as_of - case.as_of).days >= SPAN for case in earlier)


def test_what_is_not_over_today_is_no_trial(rows):
    window = 30
    span, past = companies.past(rows, companies.day(END), SPAN, window)
    found = [Case(origin, candidates.Ground(), days(span)) for origin in past]
    assert [case for case in found if case not in ORDERS.over(found)] == found[:2]
    silence = replace(ORDERS, length=days(window), outcome=lambda origin: origin.silent_for(days(window)))
    assert silence.over(found) == found


@pytest.mark.parametrize(
    ("kind", "y", "can"),
    [
        ("count", [0.0] * 150 + [1.0] * 50, True),
        ("count", [0.0] * 149 + [1.0] * 50, False),
        ("count", [0.0] * 250 + [1.0] * 49, False),
        ("amount", [-1.0] * 150 + [3.0] * 50, True),
        ("amount", [-1.0] * 250, False),
        ("probability", [1.0] * 180 + [0.0] * 20, True),
        ("probability", [1.0] * 250 + [0.0] * 19, False),
        ("probability", [0.0] * 250, False),
    ],
)
def test_enough_to_learn_from_is_enough_outcomes_of_each_kind(cases, kind, y, can):
    target = replace(ORDERS, kind=kind, outcome=lambda origin: np.array(y))
    assert target.can_learn(cases[:1]) == can
    assert not target.can_learn([])


def test_trials_are_keyed_by_origin_and_customer_and_hold_what_happened(cases):
    found = backtest(ORDERS, cases, 2)
    assert found.index.names == ["origin", "customer_id"]
    assert list(found) == [*ORDERS.candidates, OUTCOME]
    assert list(found.index.get_level_values(0).unique()) == [case.as_of for case in cases[:2]]
    for case in cases[:2]:
        pd.testing.assert_series_equal(found.xs(case.as_of)[OUTCOME], case.origin.outcome["orders"], check_names=False)


def test_a_trial_learns_from_what_was_over_on_its_day(cases):
    guards.trials_learn_from_what_was_over(cases, SPAN)
    found = backtest(ORDERS, cases, 1).xs(cases[0].as_of)
    then = backtest(ORDERS, [cases[0], *cases[2:]], 1).xs(cases[0].as_of)  # what was still open is not there at all
    pd.testing.assert_frame_equal(found, then)


def test_an_origin_with_nothing_before_it_is_no_trial(cases):
    assert backtest(ORDERS, cases[:2], 2).empty
    assert list(backtest(ORDERS, cases[:2], 2)) == [*ORDERS.candidates, OUTCOME]


# --- what is learned


def trained(target: Target, cases: list[Case]) -> pd.DataFrame:
    now = cases[0]
    return Trained(target, cases[2:], now.view(target.length), now.ground).members(now.view(target.length))


def test_the_first_member_is_the_models_own_and_all_are_positive(cases):
    members = trained(ORDERS, cases)
    np.testing.assert_allclose(members["models"], cases[0].view(days(SPAN))["expected_orders"], rtol=1e-12)
    assert (members > 0).all(axis=None)
    assert np.isfinite(members).all(axis=None)


def test_members_have_the_total_of_the_first_but_for_those_beyond_the_bulk(cases):
    for target in (ORDERS, MONEY):
        members, view = trained(target, cases), cases[0].view(days(SPAN))
        trust = Trained(target, cases[2:], view, cases[0].ground).trust(view)
        of_first = (trust * members["models"]).sum()
        for name in members:
            own = (members[name] - (1 - trust) * members["models"]).sum()
            assert own == pytest.approx(of_first, rel=1e-9), name


def test_beyond_almost_all_that_was_seen_the_models_speak(cases):
    now = cases[0]
    known = now.origin.known
    far = known.iloc[[0]].assign(frequency=2_000, orders_28d=28, orders_in_span=90).set_axis(["far"])
    ground = now.ground.over(known, days(SPAN)).iloc[[0]].assign(expected_orders=80.0).set_axis(["far"])
    view = candidates.View(far, ground, days(SPAN), days(SPAN))
    trained = Trained(ORDERS, cases[2:], now.view(days(SPAN)), now.ground)
    assert trained.trust(view) == pytest.approx([0.0])
    assert trained.members(view).iloc[0].tolist() == pytest.approx([80.0] * 2)
    middle = np.median(now.view(days(SPAN))["expected_orders"])
    usual = candidates.View(far, ground.assign(expected_orders=middle), days(SPAN), days(SPAN))
    assert trained.trust(usual)[0] > 0.9


def test_what_is_learned_does_not_depend_on_the_currency(rows):
    said = []
    for unit in (1, 1_000):
        log = rows.assign(net=unit * rows["net"])
        span, past = companies.past(log, companies.day(END), SPAN)
        some = [past[0], past[1], past[2]]
        said.append(trained(MONEY, cases_of(companies.known(log, companies.day(END), span), some, days(span))[1]))
    np.testing.assert_allclose(said[1], 1_000 * said[0], rtol=0.01)


def test_a_fit_of_more_customers_than_need_be_takes_some_evenly(cases, monkeypatch):
    monkeypatch.setattr(backtest_module, "_MOST_ROWS", 500)
    seen = []

    class Counting(DummyRegressor):
        def fit(self, X, y, sample_weight=None):
            seen.append((len(X), float(np.mean(y))))
            return super().fit(X, y)

    trained(replace(ORDERS, candidates={**ORDERS.candidates, "counting": Learner(Counting())}), cases)
    y = np.concatenate([case.origin.outcome["orders"] for case in cases[2:]])
    assert 250 < seen[0][0] <= 500
    assert seen[0][1] == pytest.approx(y.mean(), rel=0.3)


# --- a target of one's own


def test_a_target_from_outside_the_package_is_learned_tried_and_forecast(rows, cases):
    """Who brings more than 100 within 60 days: a target made of what this file can see of the log."""
    length, today = days(60), companies.day(END)

    def brings_much(origin: Origin) -> np.ndarray:
        first, last = pd.Timestamp(origin.as_of), pd.Timestamp(origin.as_of + dt.timedelta(days=60))
        within = rows[(rows["ordered_on"] > first) & (rows["ordered_on"] <= last)]
        much = within.groupby("customer_id")["net"].sum().reindex(origin.known.index).fillna(0.0) > 100
        return much.to_numpy(dtype=float) if last <= pd.Timestamp(today) else np.full(len(much), np.nan)

    def by_the_models(view, ground):
        return 1 - np.exp(-view["expected_orders"] * view["spend"] / 100)

    target = Target(
        "brings more than 100",
        length,
        "probability",
        brings_much,
        {"models": Rule(by_the_models), "mine": Learner(LogisticRegression(max_iter=2_000))},
        {"never": Rule(lambda view, ground: np.full(len(view.known), 0.01))},
    )
    trials = backtest(target, cases, 2)
    contest = compete(target, trials, "few_customers")
    assert contest.n_origins == 2
    assert set(contest.table.index) == {"models", "mine", "never", BLEND}
    assert contest.table.loc[BLEND, "log_loss"] < 0.8 * contest.table.loc["never", "log_loss"]
    assert contest.table.loc[BLEND, "log_loss"] < 1.01 * contest.table.loc["models", "log_loss"]

    now = cases[0].view(length)
    told = Trained(target, target.over(cases), now, cases[0].ground).members(now)
    assert told[["models", "mine"]].apply(lambda column: column.between(0, 1).all()).all()
    assert told["mine"].mean() == pytest.approx(trials[OUTCOME].mean(), rel=0.2)


# --- whether customers have a rhythm

DAYS, RHYTHM_SPAN = 540, 120


def with_gaps(regularity: float, seed: int = 3, n: int = 500) -> pd.DataFrame:
    """Return the days of customers with gamma gaps of a mean of their own; 1 is exponential, more is more regular."""
    rng = np.random.default_rng(seed)
    mean, clock = 20 + rng.gamma(3, 8, n), rng.integers(0, 120, n).astype(float)
    life = clock + rng.exponential(500, n)
    who, rows = np.arange(n), []
    while (active := clock <= np.minimum(life, DAYS)).any() or not rows:
        rows.append((who[active], clock[active]))
        clock = clock + rng.gamma(regularity, mean / regularity)
    customer, when = (np.concatenate(column) for column in zip(*rows, strict=True))
    return companies.purchase_days(customer, np.floor(when), 10.0)


def known_of(rows: pd.DataFrame, *, gaps: bool = True) -> pd.DataFrame:
    known = companies.known(rows, companies.day(DAYS), RHYTHM_SPAN)
    apart = rows.sort_values(["customer_id", "ordered_on"]).groupby("customer_id")["ordered_on"].diff().dt.days / 7
    logs = np.log(apart).groupby(rows["customer_id"]).sum()
    return known.assign(log_gaps=logs.reindex(known.index).fillna(0.0)) if gaps else known


def origins(rows: pd.DataFrame) -> list[Origin]:
    found = []
    for back in (1, 2):
        as_of = companies.day(DAYS - back * RHYTHM_SPAN)
        known = companies.known(rows, as_of, RHYTHM_SPAN)
        found.append(Origin(as_of, known, companies.outcome(rows, as_of, RHYTHM_SPAN, known.index), back * RHYTHM_SPAN))
    return found


def test_customers_with_a_rhythm_are_forecast_as_such():
    rows, span = with_gaps(regularity=6.0), days(RHYTHM_SPAN)
    habit, cases = cases_of(known_of(rows), origins(rows), span)
    assert habit.stages >= 3
    assert len(cases) == 2
    plain = cases_of(known_of(rows, gaps=False), origins(rows), span)[1]
    for case, without in zip(cases, plain, strict=True):
        made = case.origin.outcome["orders"]
        error = [np.mean((one.view(span)["expected_orders"] - made) ** 2) for one in (case, without)]
        assert error[0] < 0.95 * error[1]


@pytest.mark.parametrize("regularity", [1.0, 0.5])
def test_exponential_and_clumpy_gaps_are_no_rhythm(regularity):
    rows = with_gaps(regularity)
    assert cases_of(known_of(rows), origins(rows), days(RHYTHM_SPAN))[0] == Habit()


def test_without_past_origins_or_gaps_no_rhythm_is_claimed():
    rows = with_gaps(regularity=6.0, n=120)
    assert cases_of(known_of(rows), [], days(RHYTHM_SPAN)) == (Habit(), [])
    assert cases_of(known_of(rows, gaps=False), origins(rows), days(RHYTHM_SPAN))[0] == Habit()


def test_an_origin_at_which_too_few_had_come_back_is_left_out(rows):
    past = companies.past(rows, companies.day(END), SPAN)[1]
    nobody = replace(past[1], known=past[1].known.assign(frequency=0, recency=0.0))
    known = companies.known(rows, companies.day(END), SPAN)
    assert [case.origin for case in cases_of(known, [past[0], nobody], days(SPAN))[1]] == [past[0]]
