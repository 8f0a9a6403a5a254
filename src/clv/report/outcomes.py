"""Checks of a run as readers see them: what is asked, what was measured in its own unit, the limits, the level."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from clv.checks.registry import Outcome
from clv.definitions.checks import Unit
from clv.report.text import Text


def in_rows(outcomes: Iterable[Outcome], _: Text) -> pd.DataFrame:
    """Return one row a check: check (its code, which columns.yaml words), measured, limits and level.

    Limits are those of medium and of low confidence, and from where on no report is published, as far as they are set.
    """
    rows = [
        {
            "check": outcome.code,
            "measured": _written(outcome.measured, outcome.check.unit, _),
            "limits": _limits(outcome, _),
            "check_level": outcome.level,
        }
        for outcome in outcomes
    ]
    return pd.DataFrame(rows, columns=["check", "measured", "limits", "check_level"])


def _limits(outcome: Outcome, _: Text) -> str:
    limits = [limit for limit in (outcome.medium, outcome.low, outcome.refuse) if limit is not None]
    return " · ".join(_written(limit, outcome.check.unit, _) for limit in limits)


def _written(value: float | None, unit: Unit, _: Text) -> str:
    if value is None:
        return "–"
    match unit:
        case "share":
            return _.percent(value, 1)
        case "times":
            return f"× {_.number(value, 1)}"
        case "yes_no":
            return _("yes") if value else _("no")
        case "days" | "orders" | "models":
            return _.number(value)
