"""A stated date format is one that the engine reads; anything else is refused where it is given."""

import string

import duckdb
import pytest

from clv.config import config_for_file
from clv.date_formats import _UNPADDED, DIRECTIVES, require_date_format
from clv.errors import ConfigError


def engine_reads(layout: str) -> bool:
    try:
        duckdb.execute("SELECT try_strptime('x', ?)", [layout]).fetchall()
    except duckdb.Error:
        return False
    return True


def test_the_directives_are_those_of_the_engine():
    letters = string.ascii_letters + "%"
    assert {letter for letter in letters if engine_reads(f"%{letter}")} == set(DIRECTIVES)
    assert {letter for letter in letters if engine_reads(f"%-{letter}")} == set(_UNPADDED)


@pytest.mark.parametrize(
    "layout", ["%d/%m/%Y", "%Y-%m-%d %H:%M:%S", "%-d.%-m.%y", "%Y-%j", "%d %B %Y", "%x", "%c", "%Y%m%d", "%% %d%m%Y"]
)
def test_what_says_a_day_is_taken(layout):
    require_date_format(layout)
    assert engine_reads(layout)


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("%Q", "%Q is not known"),
        ("%d/%m/%", "% is not known"),
        ("%d/%m/%-Y", "%-Y is not known"),
        ("%d/%m/%ñ", "%ñ is not known"),
        ("dd/mm/yyyy", "does not say year, month and day"),
        ("%d/%m", "does not say year, month and day"),
        ("%H:%M", "does not say year, month and day"),
        ("", "does not say year, month and day"),
    ],
)
def test_any_other_is_refused_at_the_door_with_one_that_is_right(tmp_path, layout, said):
    columns = {"customer_id": "id", "ordered_at": "day"}
    with pytest.raises(ConfigError) as error:
        config_for_file(tmp_path / "x.csv", {"columns": columns, "date_format": layout})
    assert said in str(error.value)
    assert "write e.g. %d/%m/%Y" in str(error.value)
