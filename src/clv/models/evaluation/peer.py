"""The same fits by the package `lifetimes`, the field's long-standing reference, to hold ours against."""

from __future__ import annotations

import math
import time
import warnings

import pandas as pd

from clv.models.fitting.counts import purchase_counts


def lifetimes_bgnbd(customers: pd.DataFrame) -> dict[str, float | str]:
    """Fit the BG/NBD of `lifetimes` to the same customers.

    Parameters
    ----------
    customers : DataFrame
        Columns frequency, recency and T, as for `clv.models.BGNBD.fit`.

    Returns
    -------
    dict
        r, alpha, a, b, log_likelihood (total) and seconds; or `failure`, the reason why it found no maximum.
    """
    x, t_x, T = purchase_counts(customers)
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on import it sets a deprecated option, and its optimiser overflows
        from lifetimes import BetaGeoFitter
        from lifetimes.utils import ConvergenceError

        try:
            peer = BetaGeoFitter().fit(x, t_x, T)
        except ConvergenceError as error:
            return {"failure": " ".join(str(error).split())[:120], "seconds": time.perf_counter() - started}
    # it keeps the mean, of times scaled to a longest T of its own; the density is per unit of time
    total = float(x.sum()) * math.log(peer._scale) - float(peer._negative_log_likelihood_) * len(x)
    return {**peer.params_.to_dict(), "log_likelihood": total, "seconds": time.perf_counter() - started}
