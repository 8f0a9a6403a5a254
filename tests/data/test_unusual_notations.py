"""Amounts and dates in notations that companies do write: read right, or refused with line and example."""

from decimal import Decimal

import pytest
from tests.data.conftest import GOOD, HEADER

from clv.errors import DataError


def priced(*amounts):
    return HEADER + GOOD + "".join(f'c1,2017-01-0{n % 9 + 1},"{amount}"\n' for n, amount in enumerate(amounts))


@pytest.fixture
def worth(take):
    """What three amounts add to the money of the log."""
    base = take(HEADER + GOOD).intake.amount_clean

    def worth(amount):
        return take(priced(*[amount] * 3)).intake.amount_clean - base

    return worth


@pytest.mark.parametrize("minus", "-−–‒‐‑﹣－˗➖\u00ad")
def test_any_character_that_stands_for_a_minus_makes_a_refund(worth, minus):
    assert worth(f"{minus}4.25") == Decimal("-12.75")


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u200b", "\u202d", "\u2066", "\ufeff"])
def test_marks_without_width_are_no_part_of_an_amount(worth, mark):
    assert worth(f"{mark}-4.25") == Decimal("-12.75")


@pytest.mark.parametrize("gap", ["’", "\u2009", "\u2007", "_", "'", "\u00a0"])
def test_thousands_may_be_parted_by_any_apostrophe_or_narrow_space(worth, gap):
    assert worth(f"1{gap}234.50") == Decimal("3703.5")


@pytest.mark.parametrize("amount", ["5.00 CR", "<5.00>", "minus 5.00", "[5.00]", "5.00H", "(-5.00)"])
def test_a_notation_that_several_amounts_share_is_refused_for_it_may_be_that_of_refunds(take, amount):
    with pytest.raises(DataError, match=r"3 .*amounts.* cannot be read, e.g. .* in line 8, .*refunds"):
        take(priced(*[amount] * 3))
    assert take(priced(amount)).intake.n_unreadable_amounts == 1


@pytest.mark.parametrize("sign", ["R$", "kr", "zł", "₡", "S/", "Bs."])
def test_any_sign_beside_most_amounts_is_named_as_the_setting_wants_it(take, sign):
    lines = HEADER + "".join(f"c{n},2017-01-0{n},{sign} {n}.25\n" for n in range(1, 5))
    bare = sign.rstrip(".")
    with pytest.raises(DataError, match="4 of 4 amounts carry a currency sign") as refusal:
        take(lines)
    assert f"state currency_sign: '{bare}'" in str(refusal.value)


@pytest.mark.parametrize("twin", ["К1", "K\u200b1", "Ｋ1", "K１", "k1", "K1\u3000"])
def test_ids_that_no_eye_tells_apart_are_said(take, twin):
    taken = take(HEADER + GOOD + f"K1,2017-01-01,1\n{twin},2017-01-02,1\n")
    assert [said.n for said in taken.intake.decisions if said.topic == "look_alike_ids"] == [2]
    assert twin in taken.ids


@pytest.mark.parametrize("short", ["1.23457E+11", "1,23457E+11", "9.88e+15"])
def test_ids_that_a_spreadsheet_cut_to_a_few_digits_are_said(take, short):
    taken = take(HEADER + GOOD + f'"{short}",2017-01-01,1\n' * 3)
    (said,) = [said for said in taken.intake.decisions if said.topic == "shortened_ids"]
    assert (said.n, said.examples) == (3, (short,))


@pytest.mark.parametrize("pair", [("$", "€"), ("Pesos", "Dólares"), ("peso", "UF")])
def test_a_column_of_currencies_in_signs_or_words_is_one_of_currencies(take, pair):
    lines = "id,date,amount,moneda\n" + "".join(f"c{n},2017-01-0{n},1.5,{pair[n % 2]}\n" for n in range(1, 7))
    with pytest.raises(DataError, match="moneda names 2 currencies"):
        take(lines)
    assert take(lines.replace(pair[0], pair[1])).intake.rows_clean == 6


@pytest.mark.parametrize("date", ["23-06-01", "05/06/2017", "1.2.17"])
def test_one_date_that_can_be_read_in_two_ways_does_not_decide_for_all_others(take, date):
    lines = HEADER + "".join(f"c{n},2017-01-{n % 28 + 1:02d},1.5\n" for n in range(60))
    taken = take(lines + f"c1,{date},7\n")
    assert (taken.intake.rows_clean, taken.reasons) == (60, ["date_not_readable"])
    assert take(lines + "c1,25/06/2017,7\n").days[-1] == "2017-06-25"


@pytest.mark.parametrize("breaks", [("\n", "\r\n"), ("\r\n", "\n"), ("\n", "\r\n\r\n")])
def test_lines_that_end_in_two_ways_are_read_alike(take, breaks):
    rows = [f'"c{n}\r\nx",2017-01-{n + 1:02d},1.5' for n in range(20)]
    content = HEADER.strip() + breaks[0] + breaks[0].join(rows[:10]) + breaks[0] + breaks[1].join(rows[10:]) + breaks[1]
    taken = take(content)
    assert taken.ids == [f"c{n}\r\nx" for n in range(20)]
    assert taken.intake.amount_clean == 30
