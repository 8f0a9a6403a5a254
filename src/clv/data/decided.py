"""What was decided about a source, from what, and which setting decides otherwise: one record for every such choice.

Errors, `run.json`, `clv validate` and the foot of the pages read these records, so that none can say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """One choice that the data left to us, or that a rule made.

    Attributes
    ----------
    topic
        What it is about, e.g. ``encoding``, ``delimiter``, ``date_order``, ``decimal_mark``, ``time_zone``,
        ``missing_ids``, ``refunds``, ``last_day``; a key of the vocabulary, not a sentence.
    value
        What was decided, as a reader sees it, e.g. ``cp1252`` or ``day first``.
    because
        From what, with counts, in one English clause.
    setting
        Key of the config (and option of `clv score`) that decides otherwise; None where nothing does.
    n
        Lines, values or customers that it touches; None where it touches all.
    examples
        Up to three values as they were found.
    place
        Name of the file or table that it is about, where a log has several.
    """

    topic: str
    value: str
    because: str
    setting: str | None = None
    n: int | None = None
    examples: tuple[str, ...] = ()
    place: str | None = None


def shown(decision: Decision) -> str:
    """Return a decision as a line of text; values from the data keep no control characters.

    Examples
    --------
    >>> shown(Decision("delimiter", ";", "it cuts the lines into the 4 columns of the header", "delimiter"))
    'delimiter          ;: it cuts the lines into the 4 columns of the header [delimiter]'
    """
    place = f"{decision.place}: " if decision.place else ""
    examples = f", e.g. {', '.join(decision.examples)}" if any(decision.examples) else ""
    setting = f" [{decision.setting}]" if decision.setting else ""
    text = f"{decision.topic:<18} {place}{decision.value}: {decision.because}{examples}{setting}"
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
