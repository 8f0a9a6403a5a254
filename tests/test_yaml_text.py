"""YAML by the rules of 1.2, within the size of what a person writes, and refused at once beyond it."""

import datetime as dt
import time

import pytest

from clv.config import load_config
from clv.errors import ConfigError
from clv.yaml_text import read_yaml

BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
        return read_yaml(tmp_path / "x.yaml")

    return read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12:30", "12:30"),  # 750 by YAML 1.1
        ("1:02:03", "1:02:03"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("0x5a", 90),
        ("0o132", 90),
        ("0", 0),
        ("-12", -12),
        ("1e3", 1000.0),
        ("0.10", 0.1),
        (".5", 0.5),
        ("true", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("2017-12-31", dt.date(2017, 12, 31)),
        ("2017-12-31 10:00:00", "2017-12-31 10:00:00"),
        ("'007'", "007"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_plain_words_are_what_yaml_1_2_says(read, written, value):
    found = read(f"a: {written}\n")["a"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "better"), [("0132", "132"), ("08", "8"), ("-05", "-5"), ("00", "0"), ("00.10", "0.10"), ("0_1", "1")]
)
def test_a_number_with_a_leading_zero_is_refused_with_both_ways_to_write_it(tmp_path, written, better):
    (tmp_path / "x.yaml").write_text(f"horizon_days: {written}\n", encoding="utf-8")
    said = (
        rf"{written} begins with a zero; write {better} if it is a number, '{written}' in quotes if it is text line 1"
    )
    with pytest.raises(ConfigError, match=said):
        load_config(tmp_path / "x.yaml")


def test_aliases_of_a_person_are_read(read):
    assert read("a: &columns {id: x}\nb: *columns\n") == {"a": {"id": "x"}, "b": {"id": "x"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: " + "[" * 3_000 + "]" * 3_000, "is more than 40 levels deep"),
        ("{a: " * 3_000, "is more than 40 levels deep"),
        ("- " * 3_000, "is more than 40 levels deep"),
        ("".join(" " * i + "a:\n" for i in range(500)), "is more than 40 levels deep"),
        (BILLION_LAUGHS, "its aliases stand for 4,412,961,516 values, more than 5,000"),
        ("a: &a [*a]\n", "holds an alias of what that alias stands in"),
        ("".join(f"k{i}: 1\n" for i in range(9_000)), "holds more than 5,000 values; is it a config?"),
        ("#" * 500_000, "has more than 200,000 characters; is it a config?"),
    ],
    ids=["brackets", "braces", "dashes", "indents", "aliases", "itself", "keys", "size"],
)
def test_what_no_person_writes_is_one_line_in_well_under_a_second(tmp_path, text, said):
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    started = time.process_time()
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "x.yaml")
    assert time.process_time() - started < 1.0
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300 + len(str(tmp_path))
