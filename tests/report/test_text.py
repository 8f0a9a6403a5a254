import datetime

import numpy as np
import pandas as pd
import pytest

from clv.errors import ConfigError
from clv.report import text as text_module
from clv.report.text import Text, message

EN, ES = Text("en", "USD"), Text("es", "EUR")
NB = "\N{NO-BREAK SPACE}"
MISSING = [None, float("nan"), np.nan, pd.NA, pd.NaT, float("inf"), np.float64("-inf")]


def test_english_numbers_have_commas_and_spanish_ones_points():
    assert EN.number(1234567.891, 1) == "1,234,567.9"
    assert ES.number(1234567.891, 1) == "1.234.567,9"
    assert ES.number(np.int64(1234)) == "1.234"


def test_halves_are_rounded_up_and_nothing_is_negative_zero():
    assert EN.number(2.5) == "3"
    assert EN.number(-0.2) == "0"


@pytest.mark.parametrize("value", MISSING)
def test_a_missing_value_is_said_to_be_missing_in_every_format(value):
    for write in ("number", "number_compact", "percent", "money", "money_compact"):
        assert getattr(EN, write)(value) == "n/a"
        assert getattr(ES, write)(value) == "s. d."


@pytest.mark.parametrize("value", [None, pd.NaT, float("nan")])
def test_a_missing_date_is_said_to_be_missing(value):
    assert {EN.date(value), EN.month(value), EN.month_short(value), EN.day_short(value)} == {"n/a"}


@pytest.mark.parametrize(
    ("share", "decimals", "english", "spanish"),
    [
        (0.2, 0, "20%", f"20{NB}%"),
        (0.2345, 1, "23.5%", f"23,5{NB}%"),
        (0.0004, 1, f"<{NB}0.1%", f"<{NB}0,1{NB}%"),
        (0.004, 0, f"<{NB}1%", f"<{NB}1{NB}%"),
        (0.9999, 1, f">{NB}99.9%", f">{NB}99,9{NB}%"),
        (-0.001, 0, f">{NB}−1%", f">{NB}−1{NB}%"),
        (0, 0, "0%", f"0{NB}%"),
        (1, 0, "100%", f"100{NB}%"),
        (1.004, 0, "100%", f"100{NB}%"),
    ],
)
def test_percentages_never_print_a_false_zero_or_a_false_hundred(share, decimals, english, spanish):
    assert EN.percent(share, decimals) == english
    assert ES.percent(share, decimals) == spanish


def test_money_stands_where_each_language_puts_it():
    assert EN.money(-1234.5, 2) == "−$1,234.50"
    assert ES.money(-1234.5, 2) == f"−1.234,50{NB}€"
    assert Text("es", "USD").money(12) == f"12{NB}US$"
    assert Text("en", "PEN").money(12) == f"PEN{NB}12"


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (0, "$0", f"0{NB}€"),
        (12.5, "$12.50", f"12,50{NB}€"),
        (950, "$950", f"950{NB}€"),
        (1462, "$1,462", f"1.462{NB}€"),
        (12345, "$12.3K", f"12,3{NB}mil{NB}€"),
        (999_950, "$1M", f"1{NB}M{NB}€"),
        (-1_250_000, "−$1.25M", f"−1,25{NB}M{NB}€"),
    ],
)
def test_compact_money_keeps_three_digits(value, english, spanish):
    assert EN.money_compact(value) == english
    assert ES.money_compact(value) == spanish


def test_a_deviation_carries_its_sign():
    assert [EN.deviation(share, 1) for share in (0.006, -0.143, 0.0, None)] == ["+0.6%", "−14.3%", "0.0%", "n/a"]


@pytest.mark.parametrize(
    "day", ["2017-12-31", datetime.date(2017, 12, 31), pd.Timestamp("2017-12-31 23:59"), np.datetime64("2017-12-31")]
)
def test_dates_are_words_whatever_their_type(day):
    assert EN.date(day) == f"31{NB}December 2017"
    assert ES.date(day) == f"31{NB}de{NB}diciembre de 2017"
    assert (EN.month(day), ES.month(day)) == ("December 2017", "diciembre de 2017")


def test_lists_end_with_and():
    assert EN.listing(["a", "b", "c"]) == "a, b and c"
    assert ES.listing(["a", "b"]) == "a y b"
    assert ES.listing(["ventas", "informes"]) == "ventas e informes"
    assert ES.listing(["agua", "hielo"]) == "agua y hielo"
    assert (EN.listing(["a"]), EN.listing([])) == ("a", "")


def test_plural_counts_and_formats_the_number():
    assert EN.plural("{n} customer", "{n} customers", 1) == "1 customer"
    assert (
        EN.plural("{n} customer of {city}", "{n} customers of {city}", 1500, city="Lima") == "1,500 customers of Lima"
    )


def test_a_message_is_translated_and_then_filled():
    showing = "Showing the first {shown} of {total}; the whole list is in the export."
    assert ES(showing, shown="50", total="2.469").startswith("Se muestran los primeros 50 de 2.469")


def test_a_message_without_translation_stays_english():
    assert ES("Nobody has translated {this}", this="it") == "Nobody has translated it"


def test_values_with_braces_are_not_formatted_again():
    assert EN("{name} left", name="{0.__class__}") == "{0.__class__} left"


def test_message_only_marks():
    assert message("At risk") == "At risk"


def test_an_unknown_language_is_refused():
    with pytest.raises(ConfigError, match="one of en, es; got 'fr'"):
        Text("fr", "EUR")


def test_the_catalogue_is_read_once(monkeypatch):
    ES("n/a")
    monkeypatch.setattr(text_module, "read_po", None)
    assert ES("n/a") == "s. d."
