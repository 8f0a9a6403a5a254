"""Whoever does not see a chart reads numbers of it."""

import re
from typing import get_args

import pytest

from clv.report.text import Language
from clv.report.written import FOLDER

CHART = re.compile(r"!\[([^\]]*)\]\((\w+) ", re.DOTALL)


@pytest.mark.parametrize("language", get_args(Language))
def test_every_alternative_text_names_a_number_of_its_chart(language):
    found = [
        (file.name, *match) for file in (FOLDER / language).glob("*.md") for match in CHART.findall(file.read_text())
    ]
    assert len(found) > 10
    assert not [(page, chart) for page, alt, chart in found if "{{" not in alt]
