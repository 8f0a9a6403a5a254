"""What an amount means is decided from the whole column, and said when it cannot be."""

from decimal import Decimal

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.data import amounts
from clv.data.reading import small_table
from clv.errors import DataError

NB, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
WHERE = "orders.csv: amount"
many = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def decide(engine):
    """Return a function that tells the decimal mark of texts."""

    def decide(texts):
        frame = pd.DataFrame({"amount": texts}, dtype="object")
        table = small_table(engine, "texts", frame, ibis.schema({"amount": "string"}))
        found = amounts.shapes(table, "amount")
        engine.raw_sql("DROP TABLE texts")
        return amounts.detect_decimal_mark(found, WHERE)

    return decide


@pytest.fixture
def read_amounts(read):
    def read_amounts(texts, decimal, sign=None):
        return read(texts, lambda text: amounts.read_amounts(text, decimal, sign))

    return read_amounts


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
        (["0.125", "1.704", "2.250"], "."),  # a leading zero stands before no thousands
        (["12.5"] + ["1.704"] * 4, "."),
        (["(1.234,50)", "−12,50"], ","),
    ],
)
def test_the_decimal_mark_is_told_by_the_amounts_that_leave_no_choice(decide, texts, mark):
    assert decide(texts) == mark


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["1,234"], r"1 amounts such as '1,234' can mean thousands or decimals; state decimal: '\.' or ','"),
        (["1.234", "12"], r"such as '1\.234'"),
        (["  1,234"], r"such as '  1,234'"),
        (["-1,234"], r"such as '-1,234'"),
        (
            ["1,5", "2,5", "1.5"],
            r"2 amounts have a decimal comma, e\.g\. '1,5', and 1 a decimal point, e\.g\. '1\.5'; write them",
        ),
        (["$1.50", "$2", "3"], r"2 of 3 amounts carry a currency sign \(\$\); state currency_sign: '\$'; e\.g\. '\$"),
        (["1,50 €", "2 €"], r"2 of 2 amounts carry a currency sign \(€\); state currency_sign: '€'; e\.g\. '"),
        (["12 EUR"], r"1 of 1 amounts carry a currency sign \(EUR\)"),
        (
            ["1.704"] * 338 + ["12.5"],
            r"338 amounts can mean .*'1\.704', too many for 1, e\.g\. '12\.5', to decide; state dec",
        ),
        (["1,704"] * 338 + ["12,5"], r"338 amounts can mean .*'1,704', too many for 1, e\.g\. '12,5', to decide"),
        (["12.5"] + ["1.704"] * 5, r"5 amounts can mean thousands or decimals"),
        (
            ["1 €", "US$ 3"],
            r"2 of 2 amounts carry a currency sign \(US\$, €\); convert them to one currency",
        ),
    ],
)
def test_amounts_that_can_be_read_in_two_ways_are_refused(decide, texts, message):
    with pytest.raises(DataError, match=rf"^{WHERE}: .*{message}"):
        decide(texts)


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
     ("12 50", "."), ("1 2", ","), ("(-12.5)", "."), ("-12.5-", "."), ("$5", "."), ("NULL", "."), ("inf", "."),
     ("(12.5", "."), ("-", "."), ("", "."), ("--5", "."), ("999999999999999", "."), ("0x10", "."),
     ("1e400", "."), ("e", ".")],
)  # fmt: skip
def test_what_is_no_amount_is_missing_and_never_another_number(read_amounts, text, decimal):
    assert read_amounts([text], decimal) == [None]


def test_a_stated_currency_sign_is_stripped_wherever_it_stands(read_amounts):
    assert read_amounts(["-$1.50", "$-1.50", "1.50 $", "$ 1,234"], ".", "$") == [
        Decimal(text) for text in ("-1.5", "-1.5", "1.5", "1234")
    ]


@pytest.mark.parametrize(
    "text",
    ["-12.50", "−12.50", "–12.50", "－12.50", "12.50-", "12.50 -", "12.50−", "(12.50)", " ( 12.50 ) ", "- 12.50",
     "€-12.50", "-€12.50", "−€ 12.50", "12.50- €", "12.50 €-", "(€12.50)", "€(12.50)", "(12.50) €", f"−{NB}12.50"],
)  # fmt: skip
def test_every_way_to_write_a_negative_amount_is_read(read_amounts, text):
    assert read_amounts([text], ".", "€") == [Decimal("-12.5")]


money = st.decimals(-(10**10), 10**10, places=4)
CONVENTIONS = [("", "."), ("", ","), (",", "."), (".", ","), (" ", ","), (NB, ","), (NARROW, ","), ("'", ".")]


@many
@given(st.lists(money, min_size=1, max_size=40), st.integers(0, 4))
def test_any_amount_with_up_to_four_decimals_is_read_back_in_every_convention(read_amounts, values, places):
    values = [value.quantize(Decimal(1).scaleb(-places)) for value in values]
    for thousands, decimal in CONVENTIONS:
        texts = [f"{value:,f}".replace(",", "T").replace(".", decimal).replace("T", thousands) for value in values]
        assert read_amounts(texts, decimal) == values
