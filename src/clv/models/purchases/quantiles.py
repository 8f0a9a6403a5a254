"""Quantiles of whole numbers, for many distributions at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]


def least_count(
    exceeds: Callable[[FloatArray, Positions], FloatArray], tail: float, size: int
) -> npt.NDArray[np.int64]:
    """Return the least whole n ≥ 0 with P(N > n) ≤ tail for each row: doubled until enough, then halved.

    Parameters
    ----------
    exceeds : callable
        From numbers n and the positions of the rows they are for to P(N > n) of each, falling in n to 0.
    tail : float
        Between 0 and 1.
    size : int
        Number of rows.

    Returns
    -------
    ndarray of int64, shape (size,)

    Examples
    --------
    A fair coin thrown until tails: P(N > n) = 0.5^(n + 1).

    >>> least_count(lambda n, rows: 0.5 ** (n + 1), 0.1, 1)
    array([3])
    """
    low, high = np.full(size, -1.0), np.zeros(size)  # not enough, and enough once the loop is done
    open_rows = np.arange(size)
    while open_rows.size:
        open_rows = open_rows[exceeds(high[open_rows], open_rows) > tail]
        low[open_rows] = high[open_rows]
        high[open_rows] = 2 * high[open_rows] + 1
    while (open_rows := np.flatnonzero(high - low > 1)).size:
        middle = np.floor((low[open_rows] + high[open_rows]) / 2)
        enough = exceeds(middle, open_rows) <= tail
        high[open_rows[enough]] = middle[enough]
        low[open_rows[~enough]] = middle[~enough]
    return high.astype(np.int64)
