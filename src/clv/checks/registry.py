"""What the checks of a run found: badges, notices, gates and the record of a run read these outcomes.

`clv.definitions.checks` says what is measured and where the limits lie.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import pandas as pd

from clv.definitions.checks import CHECKS, Check, Limits
from clv.errors import GateError

Level = Literal["untold", "pass", "medium", "low", "refuse"]
Trust = Literal["high", "medium", "low"]
Measured = Mapping[str, tuple[float | None, int | None]]
"""What was measured by the code of its check, and on how many cases; None where nothing could be."""

DEFAULTS: Final[Mapping[str, Limits]] = {code: check.limits for code, check in CHECKS.items()}
_TRUST: Final[Mapping[str, Trust]] = {"untold": "high", "pass": "high", "medium": "medium", "low": "low"}


@dataclass(frozen=True)
class Outcome:
    """What one check found.

    Attributes
    ----------
    code
        Of the check.
    measured
        In its unit; None where it could not be measured.
    n
        Cases behind it; None where it counts none.
    level
        ``pass``, ``medium`` or ``low`` confidence, ``refuse`` (a gate), or ``untold`` where nothing was measured.
    medium, low, refuse
        The limits that it was held against.
    """

    code: str
    measured: float | None
    n: int | None
    level: Level
    medium: float | None
    low: float | None
    refuse: float | None

    @property
    def check(self) -> Check:
        """Return what was asked."""
        return CHECKS[self.code]

    def __str__(self) -> str:
        """Say it in one line.

        Examples
        --------
        >>> print(judge("forecast_off", 0.4, limits={"forecast_off": Limits(0.05, 0.15, 0.3)}))
        forecast_off = 0.4, refused from 0.3 on: distance of the test's totals from their forecasts
        """
        limit = None if self.level in {"untold", "pass"} else getattr(self, self.level)
        where = "below {}" if self.check.less_is_worse else "from {} on"
        said = "refused" if self.level == "refuse" else self.level
        reached = said if limit is None else f"{said} {where.format(f'{limit:g}')}"
        measured = "?" if self.measured is None else f"{self.measured:.4g}"
        return f"{self.code} = {measured}, {reached}: {self.check.rule}"


def judge(code: str, measured: float | None, n: int | None = None, limits: Mapping[str, Limits] = DEFAULTS) -> Outcome:
    """Hold what was measured against the limits of its check; the worst limit that is reached decides.

    Examples
    --------
    >>> judge("forecast_off", 0.04).level, judge("forecast_off", 0.05).level, judge("forecast_off", 0.15).level
    ('pass', 'medium', 'low')
    >>> judge("test_length", 0.5).level, judge("test_length", 0.4).level, judge("risk_off", None).level
    ('pass', 'medium', 'untold')
    """
    own = limits[code]
    level: Level = "pass"
    if measured is None or pd.isna(measured):
        measured, level = None, "untold"
    elif _reached(CHECKS[code], measured, own.refuse):
        level = "refuse"
    elif _reached(CHECKS[code], measured, own.low):
        level = "low"
    elif _reached(CHECKS[code], measured, own.medium):
        level = "medium"
    return Outcome(code, None if measured is None else float(measured), n, level, *own)


def _reached(check: Check, measured: float, limit: float | None) -> bool:
    return limit is not None and (measured < limit if check.less_is_worse else measured >= limit)


def judge_all(measured: Measured, limits: Mapping[str, Limits] = DEFAULTS) -> list[Outcome]:
    """Return the outcomes of what was measured, in the order of the checks."""
    return [judge(code, *measured[code], limits=limits) for code in CHECKS if code in measured]


def trust_in(outcomes: Iterable[Outcome]) -> Trust:
    """Return the confidence that the worst of some outcomes leaves; what is refused is trusted no more than low.

    Examples
    --------
    >>> trust_in([judge("forecast_off", 0.01), judge("test_length", 0.3)])
    'medium'
    """
    order: tuple[Trust, ...] = ("high", "medium", "low")
    return max((_TRUST.get(outcome.level, "low") for outcome in outcomes), key=order.index, default="high")


def require_publishable(outcomes: Iterable[Outcome]) -> None:
    """Refuse a report that a gate of the config forbids.

    Raises
    ------
    GateError
        Naming every check that refuses, what was measured, and the limit.
    """
    if refused := [str(outcome) for outcome in outcomes if outcome.level == "refuse"]:
        raise GateError(f"nothing is published: {'; '.join(refused)}")


def age_of_data(last: dt.date, today: dt.date, limits: Mapping[str, Limits] = DEFAULTS) -> Outcome:
    """Judge how old the data are: the days from the last that counts to today, which no notebook can know for long."""
    return judge("age_of_data", float((today - last).days), limits=limits)


def as_facts(measured: Measured) -> dict[str, float | None]:
    """Return what was measured as single figures that one notebook leaves to another."""
    found: dict[str, float | None] = {}
    for code, (value, n) in measured.items():
        found |= {f"check_{code}": value, f"check_{code}_n": n}
    return found


def of_facts(facts: Mapping[str, Any]) -> Measured:
    """Return what `as_facts` told; a missing value is None."""
    known = {name: None if pd.isna(value) else value for name, value in facts.items() if name.startswith("check_")}
    return {
        code: (known[f"check_{code}"], None if (n := known.get(f"check_{code}_n")) is None else int(n))
        for code in CHECKS
        if f"check_{code}" in known
    }


def as_table(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """Return one row a check: the attributes of its outcome, and the rule."""
    columns = ["code", "measured", "n", "level", "medium", "low", "refuse", "rule"]
    rows = [{**asdict(outcome), "rule": outcome.check.rule} for outcome in outcomes]
    numbers = dict.fromkeys(("measured", "n", "medium", "low", "refuse"), "Float64")
    return pd.DataFrame(rows, columns=columns).astype(numbers)


def of_table(table: pd.DataFrame) -> list[Outcome]:
    """Return the outcomes of `as_table`."""
    known = table.drop(columns="rule").astype(object).where(table.notna(), None)
    rows = ({str(name): value for name, value in row.items()} for row in known.to_dict("records"))
    return [Outcome(**{**row, "n": None if row["n"] is None else int(row["n"])}) for row in rows]
