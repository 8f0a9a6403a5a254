"""What a date and an amount mean is decided from the whole column, and said when it cannot be."""

import datetime as dt
from decimal import Decimal

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.data import parse
from clv.errors import DataError

WHERE = "orders.csv: date"
NB, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
many = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def read(engine):
    """Return a function that applies an expression to texts and returns the values, None where there is none."""

    def read(texts, expression):
        table = ibis.memtable(pd.DataFrame({"position": range(len(texts)), "text": texts}, dtype="object"))
        table = table.cast({"position": "int64", "text": "string"})
        found = engine.execute(table.select("position", value=expression(table.text)).order_by("position"))
        return [None if pd.isna(value) else value for value in found["value"]]

    return read


@pytest.fixture
def read_dates(read):
    def read_dates(texts, order="ymd", date_format=None, **options):
        found = read(texts, lambda text: parse.read_dates(text, order, date_format, **options))
        return [None if value is None else value.to_pydatetime() for value in found]

    return read_dates


@pytest.fixture
def read_amounts(read):
    def read_amounts(texts, decimal, sign=None):
        return read(texts, lambda text: parse.read_amounts(text, decimal, sign))

    return read_amounts


@pytest.mark.parametrize(
    ("tokens", "order"),
    [
        (["2017-01-31", "2017/02/01", "2017.3.1"], "ymd"),
        (["20170131"], "ymd"),
        ([], "ymd"),
        (["03/04/2017", "25/04/2017"], "dmy"),
        (["31.12.2017"], "dmy"),
        (["03-04-2017", "04-25-2017"], "mdy"),
        (["31/12/2017", "2017-12-30", "20171229"], "dmy"),  # ISO dates are clear beside any order
        (["31/12/2017", "99/99/9999", "00/00/0000"], "dmy"),  # a placeholder says nothing about the order
        (["2017-01-31", "0000-00-00", "0001-01-01", "31/31/2017"], "ymd"),
    ],
)
def test_the_order_of_a_date_is_told_by_the_dates_that_fit_one_order_only(tokens, order):
    assert parse.detect_date_order(dict.fromkeys(tokens, 1), WHERE) == order


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (
            ["01/02/2017", "03/04/2017"],
            r"cannot be told apart in 2 distinct dates, e\.g\. '01/02/2017'; state date_for",
        ),
        (
            ["31/12/2017", "30/12/2017", "12/31/2017"],
            r"2 distinct dates begin with the day and 1 with the month.*2017-1",
        ),
        (["31/12/17"], r"years have two digits, e\.g\. '31/12/17'; state date_format, such as '%d/%m/%y'"),
        (["17-01-31"], r"years have two digits"),
    ],
)
def test_dates_that_can_be_read_in_two_ways_are_refused(tokens, message):
    with pytest.raises(DataError, match=rf"^{WHERE}: .*{message}"):
        parse.detect_date_order(dict.fromkeys(tokens, 1), WHERE)


@pytest.mark.parametrize("text", ["2017-01-31", " 2017-01-31 ", "2017/01/31", "2017.1.31", "2017-1-31", "20170131"])
def test_iso_dates_are_read_in_every_spelling(read_dates, text):
    assert read_dates([text]) == [dt.datetime(2017, 1, 31)]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2017-01-31T23:59:58", (23, 59, 58)),
        ("2017-01-31T23:59:58Z", (23, 59, 58)),
        ("2017-01-31 23:59", (23, 59)),
        ("20170131 23:59", (23, 59)),
        ("2017-01-31T00:30:00+02:00", (0, 30)),  # the shops' own clock
    ],
)
def test_a_time_of_day_is_kept(read_dates, text, time):
    assert read_dates([text]) == [dt.datetime(2017, 1, 31, *time)]


def test_an_offset_is_taken_off_when_utc_is_wanted(read_dates):
    texts = ["2017-01-31T00:30:00+02:00", "2017-01-31T00:30:00Z", "2017-01-31 00:30:00"]
    assert [value.day for value in read_dates(texts, in_utc=True)] == [30, 31, 31]


def test_spanish_dates_are_read_with_and_without_a_time(read_dates):
    texts = ["31/12/2017", "1/2/2017 9:05", "01-02-2017 09:05:30", "31.12.2017", "2017-12-31", "20171231"]
    days = ["2017-12-31", "2017-02-01", "2017-02-01", "2017-12-31", "2017-12-31", "2017-12-31"]
    assert [str(value.date()) for value in read_dates(texts, "dmy")] == days


@pytest.mark.parametrize(
    "text",
    ["2017-02-29", "2017-13-01", "0000-00-00", "31/12/2017", "2017-01-31 foo", "2017-01-012", "1483228800", "", "today",
     "epoch", "infinity", "20170132", "201701310", "2017-01-31 25:00"],
)  # fmt: skip
def test_what_is_no_date_is_missing(read_dates, text):
    assert read_dates([text]) == [None]


@pytest.mark.parametrize("text", ["31/12/17", "1/1/20170", "12/31/2017", "31/12/2017x"])
def test_a_date_in_another_order_or_with_a_year_of_two_or_five_digits_is_missing(read_dates, text):
    assert read_dates([text], "dmy") == [None]


def test_a_stated_format_is_followed_to_the_letter(read_dates):
    found = read_dates(["31/12/17", " 01/02/17 ", "2017-01-31", "32/01/17"], date_format="%d/%m/%y")
    assert found == [dt.datetime(2017, 12, 31), dt.datetime(2017, 2, 1), None, None]


@many
@given(st.lists(st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 31)), min_size=1, max_size=30), st.sampled_from("-/."))
def test_any_date_is_read_back_in_every_order(read_dates, days, mark):
    for order, layout in {"ymd": "%Y{0}%m{0}%d", "dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y"}.items():
        texts = [day.strftime(layout.format(mark)) for day in days]
        assert [value.date() for value in read_dates(texts, order)] == days


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.234,56"], ","),
        (["12,5"], ","),
        (["1.234.567"], ","),  # two equal marks can only stand between thousands
        (["1 234,56", "7"], ","),
        ([f"1{NB}234,5"], ","),
        ([f"1{NARROW}234,5"], ","),
        (["-3,50", "1.234"], ","),
        (["1,234.56"], "."),
        (["12.5"], "."),
        (["1,234,567"], "."),
        (["1'234.50"], "."),
        (["1.2345"], "."),
        (["1234.567"], "."),
        ([".5"], "."),
        (["1234", "-5", ""], "."),
        ([], "."),
        (["1,234", "0.5"], "."),
    ],
)
def test_the_decimal_mark_is_told_by_the_amounts_that_leave_no_choice(texts, mark):
    assert parse.detect_decimal_mark(_shapes(texts), "orders.csv: amount") == mark


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["1,234"], r"such as '9,999' \(9 for a digit\) can mean thousands or decimals; state decimal: '\.' or ','"),
        (["1.234", "12"], r"such as '9\.999'"),
        (["  1,234"], r"such as '  9,999'"),
        (["-1,234"], r"such as '-9,999'"),
        (["1,5", "2,5", "1.5"], r"2 amounts have a decimal comma and 1 a decimal point; write them in one way"),
        (["$1.50", "$2", "3"], r"2 of 3 amounts carry a currency sign \(\$\); state currency_sign: '\$'"),
        (["1,50 €", "2 €"], r"2 of 2 amounts carry a currency sign \(€\); state currency_sign: '€'"),
        (["12 EUR"], r"1 of 1 amounts carry a currency sign \(EUR\)"),
        (["1 €", "US$ 3"], r"2 of 2 amounts carry a currency sign \(US\$, €\); convert them to one currency"),
    ],
)
def test_amounts_that_can_be_read_in_two_ways_are_refused(texts, message):
    with pytest.raises(DataError, match=rf"^orders\.csv: amount: .*{message}"):
        parse.detect_decimal_mark(_shapes(texts), "orders.csv: amount")


def _shapes(texts):
    shapes = [parse.re.sub("[0-9]", "9", text) for text in texts]
    return {shape: shapes.count(shape) for shape in shapes}


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1.234,56", ",", "1234.56"),
        ("1,234.56", ".", "1234.56"),
        ("12,5", ",", "12.5"),
        ("1234", ",", "1234"),
        (f"1{NB}234,56", ",", "1234.56"),
        (f"-1{NARROW}234{NARROW}567,5", ",", "-1234567.5"),
        (" - 4,5 ", ",", "-4.5"),
        ("+4.5", ".", "4.5"),
        (".5", ".", "0.5"),
        ("5.", ".", "5"),
        ("1.5e3", ".", "1500"),
        ("5.551115e-17", ".", "0"),
        ("-8,9E-16", ",", "0"),
        ("1.25e-2", ".", "0.0125"),
        ("1.234", ",", "1234"),
        ("1,234", ".", "1234"),
        ("99999999999999.9999", ".", "99999999999999.9999"),
    ],
)
def test_an_amount_is_read_exactly(read_amounts, text, decimal, value):
    assert read_amounts([text], decimal) == [Decimal(value)]


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("1.234,56", "."), ("1,234.56", ","), ("12,50", "."), ("1,234,56", "."), ("1.234.5", ","), ("12.34.567", ","),
     ("12 50", "."), ("1 2", ","), ("(12.5)", "."), ("12.5-", "."), ("$5", "."), ("NULL", "."), ("inf", "."),
     ("", "."), ("--5", "."), ("999999999999999", "."), ("0x10", "."), ("1e400", "."), ("e", ".")],
)  # fmt: skip
def test_what_is_no_amount_is_missing_and_never_another_number(read_amounts, text, decimal):
    assert read_amounts([text], decimal) == [None]


def test_a_stated_currency_sign_is_stripped_wherever_it_stands(read_amounts):
    assert read_amounts(["-$1.50", "$-1.50", "1.50 $", "$ 1,234"], ".", "$") == [
        Decimal(text) for text in ("-1.5", "-1.5", "1.5", "1234")
    ]


money = st.decimals(-(10**10), 10**10, places=4)
CONVENTIONS = [("", "."), ("", ","), (",", "."), (".", ","), (" ", ","), (NB, ","), (NARROW, ","), ("'", ".")]


@many
@given(st.lists(money, min_size=1, max_size=40), st.integers(0, 4))
def test_any_amount_with_up_to_four_decimals_is_read_back_in_every_convention(read_amounts, values, places):
    values = [value.quantize(Decimal(1).scaleb(-places)) for value in values]
    for thousands, decimal in CONVENTIONS:
        texts = [f"{value:,f}".replace(",", "T").replace(".", decimal).replace("T", thousands) for value in values]
        assert read_amounts(texts, decimal) == values
