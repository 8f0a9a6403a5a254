"""Blends move as far as the evidence carries them; nobody is scored on customers that its weights were learned of."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from tests.learning import guards

from clv.learning import combine
from clv.learning.backtest import OUTCOME, Target
from clv.learning.candidates import BOOSTING, HIATUS, LAST_PERIOD, NAIVE, PROBABILITY, REGRESSION, RULES
from clv.learning.combine import BLEND, compete, learn_weights, pooled
from clv.units import days

MEMBERS = (PROBABILITY, REGRESSION, BOOSTING)
ORIGINS = [dt.date(2024, 6, 30), dt.date(2024, 3, 31), dt.date(2024, 1, 1)]


def target(kind="count", candidates=MEMBERS, rules=RULES) -> Target:
    named = dict.fromkeys(candidates), dict.fromkeys(rules)
    return Target("orders", days(90), kind, lambda origin: np.empty(0), named[0], named[1])


def keyed(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one table of the trials of several origins, latest first, of the same customers."""
    return pd.concat(dict(zip(ORIGINS, tables, strict=False)), names=["origin", "customer_id"])


# --- weights


def trial(n: int, seed: int = 0, noise: tuple[float, ...] = (0.1, 1.0, 2.0)) -> pd.DataFrame:
    """Return forecasts of counts with more and more noise in their logarithms and one total, and the counts."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1.0, 1.0, n)
    members = np.column_stack([mean * np.exp(rng.normal(0, scale, n)) for scale in noise])
    table = pd.DataFrame(members * members[:, 0].sum() / members.sum(axis=0), columns=list(MEMBERS))
    table[OUTCOME] = rng.poisson(mean).astype(float)
    return table.set_axis([f"C{number}" for number in range(n)])


def weights_of(tables: list[pd.DataFrame], kind="count", names=MEMBERS) -> np.ndarray:
    return np.array(list(learn_weights(keyed(tables), names, kind).values()))


@pytest.mark.parametrize("kind", ["count", "amount", "probability"])
def test_weights_are_equal_without_a_trial(kind):
    nothing = pd.DataFrame(columns=[*MEMBERS, OUTCOME])
    assert learn_weights(nothing, MEMBERS, kind) == pytest.approx(dict.fromkeys(MEMBERS, 1 / 3))


@given(
    members=arrays.arrays(float, (12, 3), elements=st.sampled_from([0.0, 1e-9, 0.1, 0.5, 1.0, 3.0, 50.0])),
    orders=arrays.arrays(float, 12, elements=st.integers(0, 40).map(float)),
)
def test_weights_are_shares_whatever_happened(members, orders):
    weights = weights_of([pd.DataFrame(members, columns=list(MEMBERS)).assign(**{OUTCOME: orders})])
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1.0)


def test_weights_move_to_the_better_member_as_customers_grow():
    weight = [np.mean([weights_of([trial(n, seed)])[0] for seed in range(20)]) for n in (5, 50, 5_000)]
    assert weight == sorted(weight)
    assert weight[0] < 0.6
    assert weight[-1] > 0.9


@pytest.mark.parametrize("kind", ["count", "probability"])
def test_weights_do_not_depend_on_the_order_of_customers_or_of_trials(kind):
    one, other = (trial(300, 1), trial(200, 2)) if kind == "count" else (yes_or_no(300, 1), yes_or_no(200, 2))
    expected = weights_of([one, other], kind)
    np.testing.assert_allclose(weights_of([other, one.sample(frac=1, random_state=3)], kind), expected, atol=1e-5)


def test_weights_ask_who_orders_more_and_not_how_many_in_all():
    table = trial(2_000)
    tripled = table.assign(**{name: 3 * table[name] for name in MEMBERS})
    np.testing.assert_allclose(weights_of([tripled]), weights_of([table]), atol=1e-5)


def test_members_that_agree_share_alike():
    one = trial(500)[PROBABILITY]
    table = pd.DataFrame(dict.fromkeys([*MEMBERS, OUTCOME], one))
    assert weights_of([table]) == pytest.approx([1 / 3] * 3, abs=1e-4)


def yes_or_no(n: int, seed: int = 0, noise: tuple[float, ...] = (0.1, 1.0, 2.0)) -> pd.DataFrame:
    """Return probabilities with more and more noise in their log-odds, and what happened."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0, 1.5, n)
    table = pd.DataFrame({name: odds + rng.normal(0, scale, n) for name, scale in zip(MEMBERS, noise, strict=True)})
    happened = rng.uniform(size=n) < 1 / (1 + np.exp(-odds))
    return (1 / (1 + np.exp(-table))).assign(**{OUTCOME: happened.astype(float)})


def test_weights_of_log_odds_move_to_the_better_member_as_customers_grow():
    weight = [weights_of([yes_or_no(n)], "probability")[0] for n in (5, 200, 20_000)]
    assert weight == sorted(weight)
    assert weight[0] < 0.5
    assert weight[-1] == pytest.approx(1, abs=0.1)


def test_a_pool_may_be_bolder_than_timid_members():
    rng = np.random.default_rng(4)
    told = rng.normal(0, 1, (20_000, 2))  # each of two members knows one half of what matters
    happened = rng.uniform(size=20_000) < 1 / (1 + np.exp(-1.4 * told.sum(axis=1)))
    names = list(MEMBERS[:2])
    table = pd.DataFrame(1 / (1 + np.exp(-told)), columns=names).assign(**{OUTCOME: happened.astype(float)})
    assert weights_of([table], "probability", names) == pytest.approx([1.4, 1.4], abs=0.06)


@given(arrays.arrays(float, (5, 3), elements=st.floats(0.01, 0.99)))
def test_a_pool_of_shares_lies_between_its_members_and_mirrors_yes_and_no(chances):
    members, shares = pd.DataFrame(chances, columns=list(MEMBERS)), dict(zip(MEMBERS, [0.5, 0.3, 0.2], strict=True))
    for kind in ("count", "probability"):
        found = pooled(members, shares, kind)
        assert (found >= chances.min(axis=1) - 1e-12).all()
        assert (found <= chances.max(axis=1) + 1e-12).all()
        np.testing.assert_allclose(pooled(1 - members, shares, kind), 1 - found, atol=1e-9)


# --- the contest


def trials(best: str, n: int = 600, n_trials: int = 2, gain: float = 1.0) -> pd.DataFrame:
    """Return forecasts of which one is better than the others, that err alike; gain 0: all are equally bad."""
    rng, tables = np.random.default_rng(6), []
    for _ in range(n_trials):
        mean = rng.gamma(1.0, 2.0, n)
        noise = {name: rng.normal(0, 1 - gain if name == best else 1, n) for name in (*RULES, *MEMBERS)}
        table = pd.DataFrame({name: mean * np.exp(values - values.std() ** 2 / 2) for name, values in noise.items()})
        tables.append(table.assign(**{OUTCOME: rng.poisson(mean).astype(float)}).set_axis([f"C{i}" for i in range(n)]))
    return keyed(tables)


def judged(best: str, **changes):
    return compete(target(), trials(best, **changes), "few_customers")


@pytest.mark.parametrize("best", [NAIVE, LAST_PERIOD])
def test_a_rule_that_is_clearly_better_than_the_blend_forecasts(best):
    found = judged(best)
    assert (found.winner, found.reason) == (best, "clearly_better")
    assert found.table["rmse"].idxmin() == best


@pytest.mark.parametrize("best", MEMBERS)
def test_where_a_member_is_best_its_weight_is_next_to_all_and_the_blend_stands_or_gives_way_to_it(best):
    found = judged(best)
    assert found.winner in (BLEND, best)
    assert found.weights[best] > 0.7
    assert found.table["rmse"][found.winner] < 1.05 * found.table["rmse"].min()


def test_a_better_score_within_noise_does_not_dethrone_the_blend():
    found = judged(NAIVE, n=60, gain=0.02)
    assert (found.winner, found.reason) == (BLEND, "won")


def test_everyone_is_in_the_table_and_customers_of_all_trials_count():
    found = judged(PROBABILITY, n=200, n_trials=3)
    assert set(found.table.index) == {NAIVE, HIATUS, LAST_PERIOD, *MEMBERS, BLEND}
    assert found.table["n_customers"].eq(600).all()
    assert (found.n_origins, found.span_days) == (3, 90.0)
    assert found.weights == learn_weights(found.trials, MEMBERS, "count")


def test_the_same_trials_have_the_same_winner_in_any_order():
    one, other = judged(PROBABILITY), judged(PROBABILITY)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert (one.winner, one.reason) == (other.winner, other.reason)
    mixed = compete(target(), trials(PROBABILITY).sample(frac=1, random_state=1), "few_customers")
    pd.testing.assert_frame_equal(mixed.table, one.table, rtol=1e-5)


@pytest.mark.parametrize("reason", ["short_history", "few_customers"])
def test_without_a_trial_the_first_candidate_forecasts_and_the_reason_is_told(reason):
    found = compete(target(), trials(NAIVE).head(0), reason)
    assert (found.winner, found.reason, found.n_origins) == (PROBABILITY, reason, 0)
    assert found.table.empty


def test_a_contest_of_probabilities_is_one_of_the_logarithm_of_what_happened():
    tables = [yes_or_no(400, seed, (0.5, 1.0, 2.0)) for seed in range(2)]
    found = compete(target("probability", rules=()), keyed(tables), "few_customers")
    assert found.winner == BLEND
    told, happened = found.trials[BLEND].to_numpy(), found.trials[OUTCOME].to_numpy()
    log_loss = -np.mean(np.log(np.where(happened == 1, told, 1 - told)))
    assert found.table.loc[BLEND, "log_loss"] == pytest.approx(log_loss, rel=1e-9)


# --- the row of the blend


def lucky(n: int = 200, seed: int = 0) -> pd.DataFrame:
    """Return trials in which one member is right of the customers of one fold and far off of all others."""
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1.0, 2.0, n)
    table = pd.DataFrame({PROBABILITY: mean, REGRESSION: mean * rng.gamma(0.5, 2.0, n)})
    table[OUTCOME] = rng.poisson(mean).astype(float)
    mine = np.arange(n) % combine._FOLDS == 0
    table.loc[mine, REGRESSION] = table.loc[mine, OUTCOME]
    return keyed([table.set_axis([f"C{number:04d}" for number in range(n)])])


@pytest.mark.parametrize("kind", ["count", "probability"])
def test_the_weights_of_a_customers_rows_never_saw_what_the_customer_did_in_any_trial(kind):
    guards.nobody_is_scored_by_weights_that_were_learned_of_them(kind)


def test_who_is_right_of_the_customers_it_is_scored_on_alone_does_not_help_the_row_of_the_blend():
    table, names = lucky(), list(MEMBERS[:2])
    found = compete(target(candidates=names, rules=()), table, "few_customers")
    mine = table[REGRESSION] == table[OUTCOME]
    in_sample = pooled(table, learn_weights(table[mine], names, "count"), "count")
    error = [np.mean((row - table[OUTCOME])[mine] ** 2) for row in (in_sample, found.trials[BLEND])]
    assert error[0] < 0.5 * error[1]


def share_dethroned(n_contests: int = 200, n: int = 200) -> float:
    """Return how often an equal is called clearly better than the blend, in two trials whose spans are the same."""
    rng, dethroned = np.random.default_rng(11), 0
    for _ in range(n_contests):
        mean = rng.gamma(1.0, 2.0, n)
        table = pd.DataFrame({name: mean * np.exp(rng.normal(0, 0.5, n)) for name in (PROBABILITY, NAIVE)})
        table = table.assign(**{HIATUS: 9.0, LAST_PERIOD: 9.0, OUTCOME: rng.poisson(mean).astype(float)})
        found = compete(target(candidates=[PROBABILITY]), keyed([table, table]), "few_customers")
        dethroned += found.reason == "clearly_better"
    return dethroned / n_contests


def test_an_equal_is_rarely_called_clearly_better_because_customers_are_drawn_and_not_rows(monkeypatch):
    assert share_dethroned() <= 0.025  # a fourth of one in twenty, and chance
    draw = combine.resampled_difference

    def of_rows(losses, unit, rng, **options):
        return draw(losses, pd.RangeIndex(len(losses)), rng, **options)

    monkeypatch.setattr(combine, "resampled_difference", of_rows)
    assert share_dethroned() > 0.05
