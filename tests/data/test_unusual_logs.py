"""Logs that say more, or less, than they seem: read right, said, or refused with the line."""

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.conftest import GOOD, HEADER

from clv.data.engine import open_engine
from clv.data.odd_amounts import find_odd
from clv.errors import DataError


def decided(taken, topic):
    return [said for said in taken.intake.decisions if said.topic == topic]


@pytest.mark.parametrize("mark", ["^", "~", "¦", "\x1f", "\x01"])
def test_what_stands_between_the_names_of_the_columns_parts_the_lines(take, mark):
    taken = take((HEADER + GOOD).replace(",", mark))
    assert (taken.intake.rows_clean, taken.intake.amount_clean) == (6, 63)
    assert decided(taken, "delimiter")[0].value == (mark if mark.isprintable() else f"\\x{ord(mark):02x}")
    bare = take(GOOD.replace(",", mark), header=False, column_names=("id", "date", "amount"))
    assert (bare.ids, bare.intake.amount_clean) == (taken.ids, 63)


@pytest.mark.parametrize("time", ["24:00:00", "24:00", "24:00:00.000", "24:00:00+02:00"])
@pytest.mark.parametrize("day", ["2017-01-31 ", "2017-01-31T", "31/01/2017 "])
def test_the_end_of_a_day_is_no_day_after_it(take, day, time):
    if day.startswith("2017") or "+" not in time:
        assert take(HEADER + f"c1,{day}{time},1.5\n").days == ["2017-01-31"]
    beyond = take(HEADER + "c1,2017-01-31 23:10,1\nc1,2017-01-31 24:10,1\nc1,2017-01-31 25:00,1\n")
    assert beyond.reasons == ["date_not_readable"] * 2


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("a,03/04/2017,1\nb,05/06/2017,1\n", "see line 8"),
        ("a,13/04/2017,1\nb,04/13/2017,1\n", "see lines 8 and 9"),
        ('a,2017-01-01,"1,23"\n\n"b\nb",2017-01-01,1\n', "see lines 8 and 2"),
        ("a,03/04/17,1\n", "see line 8"),
    ],
)
def test_a_column_that_can_be_read_in_two_ways_is_refused_with_the_lines_of_its_examples(take, lines, place):
    dated = "".join(f"c{n},,10.5\n" for n in range(6)) if "/" in lines else GOOD
    with pytest.raises(DataError, match=place + "$"):
        take(HEADER + dated + lines)


def totals(lines):
    """Return a log of twenty orders of so many lines each, amounts being what a function of order and line says."""
    return "order_id,product,id,date,amount\n" + "".join(
        f"o{order},p{line},c{order % 5},2017-01-{order + 1:02d},{amount}\n"
        for order in range(20)
        for line, amount in enumerate(lines(order))
    )


MAPPED = {"order_id": "order_id", "customer_id": "id", "ordered_at": "date", "amount": "amount"}


def test_an_orders_total_on_each_of_its_lines_is_said_with_the_money_that_is_too_much(take):
    taken = take(totals(lambda order: [f"{order + 7}.25"] * 3), columns=MAPPED)
    [said] = decided(taken, "order_totals")
    assert (said.n, said.setting) == (20, "amount")
    assert "20 of 20 orders" in said.because
    assert f"{2 * sum(order + 7.25 for order in range(20)):,.2f} is counted too much" in said.because


@pytest.mark.parametrize(
    "lines",
    [
        lambda order: ["9.99"] * 3,  # everything costs the same
        lambda order: [f"{order}.25", f"{order + line_of(order)}.75"],
        lambda order: [f"{order + 7}.25"],
        lambda order: [f"{order + 7}.25"] * (1 + (order < 3)),  # a few of the same item
    ],
)
def test_equal_amounts_of_items_are_no_repeated_total(take, lines):
    assert not decided(take(totals(lines), columns=MAPPED), "order_totals")


def line_of(order):
    return order % 4 + 1


@pytest.mark.parametrize(("text", "refused"), [("1.017", True), ("1,017", True), ("-2.500", True), ("1.02", False)])
def test_text_among_the_numbers_of_a_workbook_is_refused_where_it_can_mean_thousands(take, tmp_path, text, refused):
    book = openpyxl.Workbook()
    for row in [
        ("id", "date", "amount"),
        *[(f"c{n}", "2017-01-03", 12.5 + n) for n in range(5)],
        ("x", "2017-01-04", text),
    ]:
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    if not refused:
        assert float(take(tmp_path / "orders.xlsx").intake.amount_clean) == pytest.approx(73.52)
        return
    with pytest.raises(
        DataError, match=rf"amount: 1 of 6 cells hold text among numbers, e.g. '{text}' in row 7.*decimal"
    ):
        take(tmp_path / "orders.xlsx")
    for decimal in (".", ","):
        worth = float(text.replace(",", "") if decimal == "." else text.replace(".", "").replace(",", "."))
        assert float(take(tmp_path / "orders.xlsx", decimal=decimal).intake.amount_clean) == pytest.approx(72.5 + worth)


@pytest.mark.parametrize("ids", [["1.017", 2, 3.5], ["1.017", "1,017", 7.0]])
def test_ids_of_a_workbook_that_look_like_amounts_are_ids(take, tmp_path, ids):
    book = openpyxl.Workbook()
    for row in [("id", "date", "amount"), *[(name, "2017-01-03", 12.5) for name in ids]]:
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    assert take(tmp_path / "orders.xlsx").ids == [f"{name:g}" if isinstance(name, float) else str(name) for name in ids]


@pytest.mark.parametrize(
    ("amounts", "said"),
    [([1e12], True), ([5, 1e12], True), ([0] * 30 + [7], False), ([3] * 9 + [20], False), ([5], False)],
)
def test_an_amount_beyond_all_is_said_even_where_nothing_stands_beside_it(lines, amounts, said):
    days = lines([(f"c{n}", "2017-01-05", f"{amount:.2f}") for n, amount in enumerate(amounts)])
    days = days.select("customer_id", "ordered_on", net=days.amount, is_purchase=days.amount > 0)
    found = [decision for decision in find_odd(days).decisions if decision.topic == "largest_amount"]
    assert len(found) == said
    if said:
        assert found[0].because.startswith("1,000,000,000,000.00 on one day of one customer is 100% of all money")


def test_the_engine_never_draws_a_bar_into_the_output_of_another_program():
    [(shown,)] = open_engine().raw_sql("SELECT current_setting('enable_progress_bar')").fetchall()
    assert not shown


@pytest.mark.parametrize("ids", [pa.array(np.array([1.0, 2.0**53])), pa.array([b"a", b"b"]), pa.array([[1], [2]])])
def test_ids_that_lost_digits_or_are_no_ids_are_refused_in_a_log(take, tmp_path, ids):
    pq.write_table(pa.table({"id": ids, "date": ["2017-01-01"] * 2, "amount": [1.0, 2.0]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a\.parquet: id: .*(ids are of type|cannot tell apart)"):
        take(tmp_path / "a.parquet")
