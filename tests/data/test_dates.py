"""What a date means is decided from the whole column, and said when it cannot be."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.data import dates
from clv.errors import DataError

WHERE = "orders.csv: date"
many = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def read_dates(read):
    def read_dates(texts, order="ymd", date_format=None, **options):
        found = read(texts, lambda text: dates.read_dates(text, order, date_format, **options))
        return [None if value is None else value.to_pydatetime() for value in found]

    return read_dates


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
    assert dates.detect_date_order(dict.fromkeys(tokens, 1), WHERE) == order


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
        dates.detect_date_order(dict.fromkeys(tokens, 1), WHERE)


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
