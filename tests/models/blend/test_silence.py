"""Silence learned: over the span it is what the learners say if believed, over other lengths it follows the models."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clv.models.blend.features import log_odds
from clv.models.blend.silence import Silence, SilenceLearners, over_length

probabilities = arrays.arrays(float, 6, elements=st.floats(1e-6, 1 - 1e-6))
shifts = arrays.arrays(float, 6, elements=st.floats(-5.0, 5.0))
shares = st.floats(0.01, 20.0)


@given(shifts, st.floats(-3.0, 3.0), probabilities)
def test_over_the_span_silence_is_what_was_learned(shift, shared, span):
    found = over_length(Silence(shift, 1.0), shared, span, span)
    np.testing.assert_allclose(log_odds(found), np.clip(log_odds(span) + shift, *log_odds(np.array([0, 1]))), atol=1e-6)


@given(shifts, st.floats(-3.0, 3.0), probabilities, probabilities, st.floats(0.0, 1.0), shares)
def test_silence_in_a_time_is_silence_in_its_parts(shift, shared, span, other, trust, share):
    ahead = np.minimum(span, other) if share > 1 else np.maximum(span, other)
    of_span, found = (over_length(Silence(shift, trust), shared, span, *at) for at in ((span, 1.0), (ahead, share)))
    assert ((found >= 0) & (found <= 1)).all()
    assert (found <= of_span).all() if share > 1 else (found >= of_span).all()


def test_over_longer_times_only_what_speaks_for_a_customers_silence_fades():
    models, shift = np.full(2, 0.5), np.array([-1.0, -3.0])
    silence = Silence(shift, 1.0)
    found = log_odds(over_length(silence, -2.0, np.full(2, 0.9), models, 16.0))
    np.testing.assert_allclose(found, [-1.5, -3.0])  # one shift of +1 beyond what all share, by the fourth root of 16


@given(shifts, probabilities, st.floats(0.0, 0.99))
def test_as_many_are_silent_in_the_span_as_was_learned(shift, span, trust):
    silence = Silence(shift, trust)
    found = over_length(silence, silence.shared(span), span, span)
    assert found.sum() == pytest.approx(over_length(Silence(shift, 1.0), 0.0, span, span).sum(), abs=1e-6)


@pytest.mark.parametrize("shift", [np.empty(0), np.full(3, 0.7)])
def test_customers_who_share_it_all_share_what_there_is(shift):
    assert Silence(shift, 0.5).shared(np.full(shift.size, 0.5)) == (0.7 if shift.size else 0.0)


def test_a_customers_own_shift_counts_as_far_as_it_is_believed():
    models, shift = np.full(2, 0.5), np.array([-1.0, 1.0])
    for trust in (0.0, 0.4, 1.0):
        np.testing.assert_allclose(log_odds(over_length(Silence(shift, trust), 0.0, models, models)), trust * shift)


def test_nothing_was_learned_of_the_first_days():
    silence, models = Silence(np.array([-3.6]), 1.0), np.array([0.9])
    found = [over_length(silence, -1.0, models, models, share)[0] for share in (1e-9, 0.25, 0.5, 1.0)]
    assert found[0] == pytest.approx(0.9)
    assert np.all(np.diff(found) < 0)


def test_the_more_was_seen_the_more_is_believed():
    rng = np.random.default_rng(5)

    def learned(n: int) -> Silence:
        X = rng.normal(size=(n, 3))
        return SilenceLearners().fit(X, rng.uniform(size=n) < 1 / (1 + np.exp(X[:, 0]))).says(X, np.full(n, 0.5))

    few, many = learned(150), learned(6_000)
    assert 0.3 < few.trust < 0.5
    assert many.trust > 0.95


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_customers_next_to_certain_have_a_shared_shift(certain):
    shift = np.array([1e-8, 2e-8, 3e-8])
    assert shift.min() <= Silence(shift, 0.5).shared(np.full(3, certain)) <= shift.max()
