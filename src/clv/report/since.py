"""What has changed since the report before, in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clv.report.history import COUNTS, MONEY, ORDERS
from clv.report.text import Text

_LEAST_CHANGE: Final = 0.0005  # of a forecast; less reads as 0.0 %


def change_since(before: Mapping[str, Any] | None, now: Mapping[str, Any], text: Text) -> str:
    """Say in one line what has changed since the report before: the first screen of the summary has room for no more.

    Parameters
    ----------
    before, now
        Entries of a history; None for the first report. Forecasts of another span or currency are not compared.
    """
    _ = text
    if before is None:
        return _("First report: the next one will say here what has changed.")
    old, new = before.get("headline") or {}, now.get("headline") or {}
    day = _.date(before.get("as_of"))
    counts = [_counted(_(label), old.get(name), new.get(name), text) for name, label in COUNTS.items()]
    alike = all(before.get(name) == now.get(name) for name in ("currency", "horizon_days"))
    forecasts = {"expected_revenue": MONEY["expected_revenue"]} if _known(new, "expected_revenue") else ORDERS
    shares = [_moved(_(label), old.get(name), new.get(name), text) for name, label in forecasts.items() if alike]
    changes = [change for change in (*counts, *shares) if change]
    if not changes:
        return _("Since the report of {day}: no change in customers or forecast.", day=day)
    return _("Since the report of {day}: {changes}.", day=day, changes="; ".join(changes))


def _known(headline: Mapping[str, Any], name: str) -> bool:
    return headline.get(name) is not None and bool(pd.notna(headline[name]))


def _counted(label: str, old: Any, new: Any, text: Text) -> str:
    if pd.isna(old) or pd.isna(new) or old == new:
        return ""
    return f"{label.lower()} {'+' if new > old else ''}{text.number(new - old)}"


def _moved(label: str, old: Any, new: Any, text: Text) -> str:
    if pd.isna(old) or pd.isna(new) or not old:
        return ""
    change = new / old - 1
    return f"{label.lower()} {text.deviation(change, 1)}" if abs(change) >= _LEAST_CHANGE else ""
