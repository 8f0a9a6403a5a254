"""Every decision of the package has words for readers."""

import ast
from pathlib import Path

import pytest

import clv
from clv.data.decided import Decision
from clv.report.decided import TOPICS, VALUES, rows_of
from clv.report.text import Text


def decisions():
    """Yield topic and value of each decision that the code takes; None where a value comes from the data."""
    for file in sorted(Path(clv.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Decision":
                topic, value = (part.value if isinstance(part, ast.Constant) else None for part in node.args[:2])
                yield topic, value


def test_every_topic_and_every_value_in_words_has_its_own():
    found = list(decisions())
    assert {topic for topic, _ in found} == set(TOPICS)
    assert {value for _, value in found if value and " " in value} <= set(VALUES)


@pytest.mark.parametrize("language", ["en", "es"])
def test_rows_in_the_words_of_the_reader(language):
    taken = [
        Decision("date_order", "day first", "12 dates", "date_format", examples=("31/12/2024",), place="web.csv"),
        Decision("encoding", "cp1252", "3 lines", "encoding", 1234),
    ]
    first, second = rows_of(taken, Text(language, "EUR"))
    assert first.value == {"en": "day first", "es": "primero el día"}[language]
    assert first.topic.endswith("(web.csv)")
    assert (second.value, second.touched, second.setting) == (
        "cp1252",
        {"en": "1,234", "es": "1.234"}[language],
        "encoding",
    )
