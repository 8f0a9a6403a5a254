"""One curve of silence per customer: P(no order by day t) for every t, never rising, read wherever silence matters."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_LEAST, _MOST = 1e-12, 700.0  # of a cumulative hazard: certainty either way


class Curve(NamedTuple):
    """Cumulative hazards −ln P(no order by day) at a few days; between them powers of time, before them a steady rate.

    Parameters
    ----------
    days : ndarray, shape (k,)
        Rising, > 0.
    hazard : ndarray, shape (n, k)
        Of n customers, never falling with the days.
    """

    days: FloatArray
    hazard: FloatArray

    @classmethod
    def through(cls, days: npt.ArrayLike, p_no_order: FloatArray) -> Self:
        """Return the curve through probabilities of no order at some days, shape (n, k).

        Whoever is silent in a time is so in every part of it: a probability that lies above an earlier one is lowered
        to it.

        Examples
        --------
        >>> curve = Curve.through([30, 90], np.array([[0.5, 0.25], [0.9, 0.95]]))
        >>> curve.at(90.0).round(3).tolist(), curve.at(15.0).round(3).tolist()
        ([0.25, 0.9], [0.707, 0.949])
        """
        hazard = np.clip(-np.log(np.maximum(p_no_order, np.exp(-_MOST))), _LEAST, _MOST)
        return cls(np.asarray(days, dtype=float), np.maximum.accumulate(hazard, axis=1))

    def at(self, day: float) -> FloatArray:
        """Return P(no order by the day), shape (n,); after the last day the last power goes on."""
        k = int(np.searchsorted(self.days, day))
        if k < self.days.size and self.days[k] == day:
            return np.asarray(np.exp(-self.hazard[:, k]), dtype=float)
        if k == 0:
            return np.asarray(np.exp(-self.hazard[:, 0] * day / self.days[0]), dtype=float)
        start, power = self._piece(min(k, self.days.size - 1) - 1)
        log_hazard = np.log(start) + power * np.log(day / self._begins(k))  # a steep power would leave the numbers
        return np.asarray(np.exp(-np.exp(np.minimum(log_hazard, np.log(_MOST)))), dtype=float)

    def day_of(self, share: float) -> FloatArray:
        """Return the days by which a share of such customers has ordered, shape (n,); inf after the last day.

        Examples
        --------
        >>> Curve.through([30, 90], np.array([[0.5, 0.25], [0.9, 0.8]])).day_of(0.5).tolist()
        [30.0, inf]
        """
        goal = -np.log1p(-share)
        found = np.full(len(self.hazard), np.inf)
        for k in range(self.days.size - 1, 0, -1):
            start, power = self._piece(k - 1)
            rows = (self.hazard[:, k] >= goal) & (power > 0)
            found[rows] = self.days[k - 1] * (goal / start[rows]) ** (1 / power[rows])
        first = self.hazard[:, 0] >= goal
        found[first] = self.days[0] * goal / self.hazard[first, 0]
        return found

    def refined(self, shape: Curve) -> Curve:
        """Return the curve with the days of another besides its own, between which its hazard grows as in the other.

        Parameters
        ----------
        shape : Curve
            Of the same customers; its days hold all of this curve's, and none later.

        Examples
        --------
        >>> curve, shape = Curve.through([30], np.array([[0.25]])), Curve.through([10, 30], np.array([[0.8, 0.64]]))
        >>> curve.refined(shape).at(10.0).round(3).tolist()
        [0.5]
        """
        start = Curve(np.append(0.0, self.days), np.pad(self.hazard, ((0, 0), (1, 0))))
        models = np.pad(shape.hazard, ((0, 0), (1, 0)))
        own = np.searchsorted(np.append(0.0, shape.days), start.days)
        columns = []
        for place, day in enumerate(shape.days, start=1):
            k = int(np.searchsorted(start.days, day))
            low, high = start.hazard[:, k - 1], start.hazard[:, k]
            grown = models[:, place] - models[:, own[k - 1]]
            share = grown / np.maximum(models[:, own[k]] - models[:, own[k - 1]], _LEAST)
            columns.append(low + np.clip(share, 0.0, 1.0) * (high - low) if day < start.days[k] else high)
        return Curve(shape.days, np.maximum(np.maximum.accumulate(np.column_stack(columns), axis=1), _LEAST))

    def _piece(self, k: int) -> tuple[FloatArray, FloatArray]:
        """Return the hazard where a piece begins, and its power of time; a single day is followed by a steady rate."""
        if self.days.size == 1:
            return self.hazard[:, 0], np.ones(len(self.hazard))
        ratio = np.log(self.hazard[:, k + 1] / self.hazard[:, k])
        return self.hazard[:, k], ratio / np.log(self.days[k + 1] / self.days[k])

    def _begins(self, k: int) -> float:
        return float(self.days[max(min(k, self.days.size - 1) - 1, 0)])
