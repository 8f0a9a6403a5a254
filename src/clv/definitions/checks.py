"""The checks of a run: what is measured, and from where on confidence falls or publication is refused.

Here stand the limits of every badge, notice and gate, each with what chose it; a config may set others (``checks``).
`clv.checks.registry` judges by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Unit = Literal["share", "days", "times", "orders", "yes_no", "models"]


class Limits(NamedTuple):
    """From where on (of what is better large: below which) confidence is medium, low, or publication refused."""

    medium: float | None = None
    low: float | None = None
    refuse: float | None = None


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes
    ----------
    code
        Of its outcome and its setting.
    rule
        What is measured, in words that go before "from … on" or "below …".
    unit
        ``share`` (0 to 1), ``days``, ``times``, ``orders``, ``models``, or ``yes_no``: 1 where it is so, 0 where not.
    chosen
        What chose the limits.
    medium, low
        From where on (`less_is_worse`: below which) confidence is medium, and low; None: never.
    less_is_worse
        Whether small numbers are bad ones.
    of_forecast
        Whether the confidence in the sums of the forecast falls with it.
    """

    code: str
    rule: str
    unit: Unit
    chosen: str
    medium: float | None = None
    low: float | None = None
    less_is_worse: bool = False
    of_forecast: bool = False

    @property
    def limits(self) -> Limits:
        """Return the limits that hold unless a config sets others."""
        return Limits(self.medium, self.low)


CHECKS: Final = {
    check.code: check
    for check in (
        Check(
            "lines_set_aside",
            "lines that could not be used, of those up to the as-of date",
            "share",
            "one line in a hundred moves no figure that a reader decides by; one in twenty may hide a cause",
            medium=0.01,
            low=0.05,
        ),
        Check(
            "forecast_off",
            "distance of the test's totals from their forecasts",
            "share",
            "a budget is commonly kept within a twentieth; beyond three of them a plan is another plan",
            medium=0.05,
            low=0.15,
            of_forecast=True,
        ),
        Check(
            "total_outside",
            "the test's total lay outside the range foreseen for it",
            "yes_no",
            "a range that is left once in ten times by chance is left more often by error",
            medium=1,
            of_forecast=True,
        ),
        Check(
            "naive_better",
            "the naive rule was nearer, customer by customer",
            "yes_no",
            "a forecast that a rule of thumb beats earns no high confidence",
            medium=1,
            of_forecast=True,
        ),
        Check(
            "test_length",
            "length of the test over that of the forecast",
            "share",
            "errors grow with the span: half of it bounds them, a tenth says next to nothing",
            medium=0.50,
            low=0.10,
            less_is_worse=True,
            of_forecast=True,
        ),
        Check(
            "test_orders",
            "orders made in the test",
            "orders",
            "of a hundred orders chance alone moves the total by a tenth, twice what high confidence allows",
            medium=100,
            less_is_worse=True,
            of_forecast=True,
        ),
        Check(
            "season_open",
            "a season was neither seen nor ruled out",
            "yes_no",
            "a test within one season says nothing of the others",
            medium=1,
            of_forecast=True,
        ),
        Check(
            "horizon_reach",
            "length of the forecast over that of the history",
            "times",
            "a span of twice the history cannot be tried even once on half of it",
            medium=2.0,
            of_forecast=True,
        ),
        Check(
            "ranges_off",
            "share of customers inside their ranges, its distance from nine of ten",
            "share",
            "a thousand customers scatter by two points (two standard errors)",
            medium=0.03,
        ),
        Check(
            "risk_off",
            "risk of no order of those flagged, its distance from the share of them that made none",
            "share",
            "thirty customers, the fewest that are judged, scatter by fifteen points (two standard errors)",
            medium=0.15,
        ),
        Check(
            "models_left_out",
            "probability models that found no maximum and were left out",
            "models",
            "the others carry the forecast, so nothing follows unless it is asked for",
        ),
        Check(
            "age_of_data",
            "days between the last line that counts and today",
            "days",
            "only the company knows how fresh its data must be",
        ),
    )
}
"""By code, in the order in which they are told."""
