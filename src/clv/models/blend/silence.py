"""What was learned of silence: how much likelier no order is than the probability models say, over any length of time.

What all customers share is the level of the company; what is a customer's own rests on little, is believed as far as
the outcomes seen carry it, and says less of a time farther off where it speaks for silence.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from clv.models.blend.features import log_odds
from clv.models.blend.learned import BoostedSilence, SilenceRegression

FloatArray = npt.NDArray[np.float64]

_PRIOR_OUTCOMES: Final = 100.0  # of the rarer kind: silent, or not; counted at every origin, though they overlap
_SAME: Final = 1e-9  # log-odds
_FADING: Final = 0.25  # a customer's own shift towards silence falls with the fourth root of the length


class Silence(NamedTuple):
    """The learners' log-odds of no order in the span, less those of the probability models.

    Parameters
    ----------
    shift : ndarray, shape (n,)
        Mean over the learners; the models' own opinion is among the features of each.
    trust : float
        How far a customer's own part of it is believed, 0–1.
    """

    shift: FloatArray
    trust: float

    def shared(self, span: FloatArray) -> float:
        """Return the shift that all customers share: with it, as many are silent in the span as was learned.

        Each customer's own shift is believed only in part, so that the mean would move the total. `span` is as in
        `over_length`.
        """
        ends = (float(self.shift.min()), float(self.shift.max())) if self.shift.size else (0.0, 0.0)
        if ends[1] - ends[0] < _SAME:
            return ends[0]
        odds = log_odds(span)
        learned = expit(odds + self.shift).mean()

        def too_many(shared: float) -> float:
            return float(expit(odds + shared + self.trust * (self.shift - shared)).mean() - learned)

        if too_many(ends[0]) >= 0:  # next to certainty, rounding is all that is left
            return ends[0]
        return ends[1] if too_many(ends[1]) <= 0 else float(brentq(too_many, *ends))


class SilenceLearners:
    """A regression and a boosting of silence in the span."""

    def fit(self, X: FloatArray, silent: npt.NDArray[np.bool_]) -> Self:
        """Fit to rows of `features`; `silent` of shape (n,) holds both kinds."""
        self._learners = SilenceRegression().fit(X, silent), BoostedSilence().fit(X, silent)
        rarer = min(int(silent.sum()), int((~silent).sum()))
        self._trust = rarer / (rarer + _PRIOR_OUTCOMES)
        return self

    def says(self, X: FloatArray, span: FloatArray) -> Silence:
        """Return what was learned of each customer; `span` of shape (n,) is the models' P(no order in the span)."""
        learned = np.mean([log_odds(learner.predict(X)) for learner in self._learners], axis=0)
        return Silence(np.asarray(learned - log_odds(span), dtype=float), self._trust)


def over_length(silence: Silence, shared: float, span: FloatArray, ahead: FloatArray, share: float = 1.0) -> FloatArray:
    """Return P(no order) within another length of time than the span that was learned of.

    The probability models say how the odds of silence fall with time, the learners by how much they lie higher or
    lower. Below the span that shift grows with time, since nothing was learned of the first days. Above it the shift
    stays, but for what makes a customer's own silence likelier: that wears off. Whoever is silent in a time is so in
    every part of it, so that the result never rises with the length.

    Parameters
    ----------
    silence : Silence
    shared : float
        Shift that all customers share, from `Silence.shared` of today's, of which these may be a part.
    span, ahead : ndarray, shape (n,)
        The models' P(no order) over the span and over the other length.
    share : float, default 1
        The other length over the span, > 0.

    Examples
    --------
    >>> models = np.array([0.5, 0.5])
    >>> over_length(Silence(np.array([1.0, -1.0]), 1.0), 0.0, models, models).round(2).tolist()
    [0.73, 0.27]
    """
    own = silence.trust * (silence.shift - shared)

    def at(models: FloatArray, shift: FloatArray) -> FloatArray:
        return np.asarray(expit(log_odds(models) + shift), dtype=float)

    if share < 1:
        return np.maximum(at(ahead, share * (shared + own)), at(span, shared + own))
    return at(ahead, shared + np.where(own > 0, own * share**-_FADING, own))
