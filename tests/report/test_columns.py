"""The vocabulary of columns: what the export says of its columns is what the dictionaries of workbooks say."""

from typing import get_args

import pytest

from clv.decisions.export import DICTIONARY
from clv.report import columns
from clv.report.text import Language


@pytest.mark.parametrize("name", DICTIONARY)
def test_a_column_of_the_export_has_its_meaning_in_every_language(name):
    meaning = columns.entry(name).meaning
    assert set(meaning) == set(get_args(Language))
    assert meaning["en"] == DICTIONARY[name]
    assert meaning["es"] != meaning["en"]


def test_what_is_said_of_a_column_is_said_in_every_language():
    for name, entry in columns.entries().items():
        for words in (entry.alone, entry.meaning):
            assert not words or set(words) == set(get_args(Language)), name
