"""Who forecasts: the blend, unless another was clearly better where both were tried."""

import numpy as np
import pandas as pd
import pytest

from clv.models.blend.tournament import (
    BLEND,
    BOOSTING,
    HIATUS,
    LAST_PERIOD,
    NAIVE,
    PROBABILITY,
    REGRESSION,
    RULES,
    judge,
    patience,
    rules_of_thumb,
)

WEIGHTS = {"probability": 0.5, "regression": 0.3, "boosting": 0.2}
KNOWN = pd.DataFrame(
    {
        "frequency": [6, 2, 0, 3, 0],
        "recency": [28.0, 10.0, 0.0, 9.0, 0.0],
        "T": [30.0, 20.0, 10.0, 10.0, 0.0],
        "orders_in_span": [2, 0, 0, 1, 0],
    },
    index=list("abcde"),
)


def test_rules_of_thumb_are_as_by_hand():
    found = rules_of_thumb(KNOWN, length=10.0, span=5.0, hiatus=4.0)
    assert list(found) == list(RULES)
    assert found.index.equals(KNOWN.index)
    assert found[NAIVE].tolist() == [2.0, 1.0, 0.0, 3.0, 0.0]  # the newcomer of today has no rate yet
    assert found[HIATUS].tolist() == [2.0, 0.0, 0.0, 3.0, 0.0]  # b has been silent for ten weeks
    assert found[LAST_PERIOD].tolist() == [4.0, 0.0, 0.0, 2.0, 0.0]  # twice the length of the span


def test_patience_is_the_interval_of_nine_in_ten_returning_customers():
    gaps = np.arange(1.0, 12.0)
    known = pd.DataFrame({"frequency": [2.0] * 11 + [0.0], "recency": [*(2 * gaps), 0.0]})
    assert patience(known) == pytest.approx(10.0)
    assert patience(known.tail(1)) == float("inf")


def trials(best: str, n: int = 600, n_trials: int = 2, gain: float = 1.0) -> list[tuple[pd.DataFrame, pd.Series]]:
    """Return forecasts of which one is better than the others, that err alike; gain 0: all are equally bad."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(n_trials):
        mean = rng.gamma(1.0, 2.0, n)
        others = (NAIVE, HIATUS, LAST_PERIOD, PROBABILITY, REGRESSION, BOOSTING, BLEND)
        noise = {name: rng.normal(0, 1 - gain if name == best else 1, n) for name in others}
        index = [f"C{number}" for number in range(n)]
        table = pd.DataFrame({name: mean * np.exp(values - values.std() ** 2 / 2) for name, values in noise.items()})
        found.append((table.set_axis(index), pd.Series(rng.poisson(mean).astype(float), index=index)))
    return found


def judged(best: str, **changes):
    return judge(trials(best, **changes), WEIGHTS, 90.0, np.random.default_rng(1))


@pytest.mark.parametrize("best", [NAIVE, LAST_PERIOD, PROBABILITY])
def test_who_is_clearly_better_than_the_blend_forecasts(best):
    found = judged(best)
    assert (found.winner, found.reason) == (best, "clearly_better")
    assert found.table["rmse"].idxmin() == best


@pytest.mark.parametrize("best", [BLEND, REGRESSION, BOOSTING])
def test_the_blend_stands_where_it_or_one_of_its_learners_is_best(best):
    assert (judged(best).winner, judged(best).reason) == (BLEND, "won")


def test_a_better_score_within_noise_does_not_dethrone_the_blend():
    found = judged(NAIVE, n=60, gain=0.02)
    assert (found.winner, found.reason) == (BLEND, "won")


def test_everyone_is_in_the_table_and_customers_of_all_trials_count():
    found = judged(BLEND, n=200, n_trials=3)
    assert set(found.table.index) == {NAIVE, HIATUS, LAST_PERIOD, PROBABILITY, REGRESSION, BOOSTING, BLEND}
    assert found.table["n_customers"].eq(600).all()
    assert (found.n_origins, found.span_days, found.weights) == (3, 90.0, WEIGHTS)


def test_the_same_trials_have_the_same_winner():
    one, other = judged(PROBABILITY), judged(PROBABILITY)
    pd.testing.assert_frame_equal(one.table, other.table)
    assert (one.winner, one.reason) == (other.winner, other.reason)
