"""What is judged, by which rule, with which verdict: headings, badges, notices and gates all read these records."""

from clv.checks.claim import Claim

__all__ = ["Claim"]
