"""What is judged, by which rule, with which verdict: headings, badges, notices and gates all read these records.

`claim` is one verdict with its numbers, as the words of pages say it; `registry` holds the checks of a run, each a
measure with its limits. The other modules are the rules of one page or one matter each.
"""

from clv.checks.claim import Claim
from clv.checks.registry import Outcome

__all__ = ["Claim", "Outcome"]
