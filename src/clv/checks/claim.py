"""A claim: the one record that a heading, its sentence, its badge, its alternative text and a gate are written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from clv.errors import ConfigError

Severity = Literal["pass", "amber", "refuse"]
ALWAYS: Final = "always"


@dataclass(frozen=True)
class Claim:
    """What is said, and all that it is said from.

    Parameters
    ----------
    name
        Of the section of words that says it, e.g. ``sales_trend``.
    verdict
        Which of its ways is true, e.g. ``rising``; decided by a rule, never in a template. What is said in one way only
        is ``always`` true.
    facts
        The numbers that the words may name, in plain units (shares from 0 to 1, money in currency, dates as dates).
    n
        Cases that the verdict rests on; None where it counts nothing.
    severity
        What it means for a reader who trusts the page: ``pass``, ``amber`` (said on the page) or ``refuse`` (a gate).

    Examples
    --------
    >>> Claim("sales_trend", "rising", {"change": 0.13}, n=6)["change"]
    0.13
    """

    name: str
    verdict: str = ALWAYS
    facts: Mapping[str, Any] = field(default_factory=dict)
    n: int | None = None
    severity: Severity = "pass"

    def __post_init__(self) -> None:
        """Refuse names that no section of words can have."""
        for word in (self.name, self.verdict):
            if not word.isidentifier():
                raise ConfigError(f"claim {self.name!r}: {word!r} must be one word of letters, digits and _")

    def __getitem__(self, fact: str) -> Any:
        """Return one of its numbers."""
        return self.facts[fact]

    def with_facts(self, **more: Any) -> Claim:
        """Return the claim with further facts."""
        return Claim(self.name, self.verdict, {**self.facts, **more}, self.n, self.severity)
