"""Past origins as the learners see them, and what they say of the customers' rhythm."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, NamedTuple

import pandas as pd

from clv.errors import ConvergenceError, DataError
from clv.models.blend.lessons import Case
from clv.models.purchases.mbgcnbd import MBGCNBD
from clv.units import Horizon

_RHYTHM_CUSTOMERS: Final = 3_000  # that the regularity is estimated from


class Past(NamedTuple):
    """A day in the past: what was known (from `clv.data.behaviour.behaviour`) and what happened in the span after."""

    as_of: dt.date
    known: pd.DataFrame
    outcome: pd.DataFrame


def cases_with_rhythm(known: pd.DataFrame, past: Sequence[Past], span: Horizon) -> tuple[int, list[Case]]:
    """Return the stages of a gap between purchases that forecast best at the past origins, and the cases with them.

    The likelihood proposes how regular customers are; it stands only if it also brought the forecasts closer.

    Parameters
    ----------
    known : DataFrame
        Today's customers or a sample; without a column log_gaps, see `clv.data.behaviour.log_gaps`, no rhythm is
        sought.
    past : sequence of Past
        Latest first.
    span : Horizon
        Length of the spans after them.

    Returns
    -------
    int
        1 where gaps are as if exponential, else the k of the MBG/CNBD-k.
    list of Case
        Origins at which a baseline can be fitted and something happened.
    """
    plain = _cases(past, span)
    if "log_gaps" not in known or not plain:
        return 1, plain
    try:
        stages = MBGCNBD().fit(known.iloc[:: max(1, len(known) // _RHYTHM_CUSTOMERS)]).k_
        regular = _cases(past, span, stages) if stages > 1 else []
    except (DataError, ConvergenceError):
        return 1, plain
    days = {case.as_of for case in regular}
    missed = [_squared_error(cases) for cases in (regular, [case for case in plain if case.as_of in days])]
    return (stages, regular) if regular and missed[0] < missed[1] else (1, plain)


def _squared_error(cases: Sequence[Case]) -> float:
    return sum(float(((case.baseline["expected_orders"] - case.orders) ** 2).sum()) for case in cases)


def _cases(past: Sequence[Past], span: Horizon, stages: int = 1) -> list[Case]:
    """Return the origins at which a baseline can be fitted and something happened."""
    cases = []
    for origin in past:
        if origin.outcome["orders"].sum() == 0:
            continue
        try:
            then = origin.known.sort_index()
            cases.append(Case.at(origin.as_of, then, origin.outcome.loc[then.index], span, stages))
        except (DataError, ConvergenceError):
            continue  # too few came back by then; later origins tell
    return cases
