"""`clv validate` says what a run would make of a source, and leaves no trace."""

import datetime as dt
import json
import signal
import sys

import pytest
from tests.conftest import simulated_lines, write_csv
from tests.data.conftest import COLUMNS, GOOD, HEADER

from clv import cli
from clv.config import config_for_file, load_config
from clv.decisions.validation import tell, validate
from clv.errors import DataError
from clv.suite.workspace import Workspace, prepare

TODAY = dt.date(2026, 1, 1)
MAPPED = ("--customer", "id", "--date", "date")


@pytest.fixture
def call(monkeypatch, capsys):
    """Return a function that runs the command line in this process: exit code, stdout, stderr."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["clv", *map(str, arguments)])
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit) as stop:
            cli.main()
        printed = capsys.readouterr()
        return int(stop.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "orders.csv").write_text(HEADER + GOOD + "\\N,2017-01-09,5\nx,soon,1.5\nx,2017-01-09,free\n")
    config = tmp_path / "shop.yaml"
    config.write_text(
        "name: shop\ntitle: Shop\nmax_unreadable_share: 0.5\n"
        "source: {transactions: {path: orders.csv, columns: {customer_id: id, ordered_at: date, amount: amount}}}\n"
    )
    return config


def test_a_file_and_its_config_are_told_alike_and_nothing_is_left(call, shop):
    before = sorted(shop.parent.iterdir())
    code, told, _ = call("validate", shop)
    assert code == 0
    for line in ("9 read, 6 usable, 3 set aside", "1: no customer id", "2017-01-01 to 2017-01-06",
                 "6 with 6 days of orders",
                 "63.00 usable, 6.50 set aside; 1 lines of unknown worth", r"should: \N (1)",
                 "[decimal]"):  # fmt: skip
        assert line in told
    (shop.parent / "orders.csv").write_text(HEADER + GOOD)
    code, of_file, _ = call("validate", shop.parent / "orders.csv", *MAPPED)
    assert (code, of_file) == call("validate", shop)[:2]
    assert sorted(shop.parent.iterdir()) == before


def test_a_source_that_a_run_would_refuse_is_one_line_and_exit_code_1(call, shop):
    for content, says in ((HEADER + "a,03/04/2017,1\n", "state date_format"), ("id,date\na,2017-01-01\n", "'amount'")):
        (shop.parent / "orders.csv").write_text(content)
        code, told, error = call("validate", shop)
        assert (code, told) == (1, "")
        assert says in error
        assert "Traceback" not in error
    code, told, _ = call("validate", shop.parent / "orders.csv", *MAPPED, "--no-amount")
    assert code == 0
    assert "no amounts" in told


def test_options_describe_a_file_and_no_config(call, shop):
    code, _, error = call("validate", shop, "--customer", "client")
    assert code == 1
    assert "shop.yaml: says itself how its files are written; leave out customer" in error
    with_sign = HEADER + "".join(f"c{day},{day + 12}/01/2017,€1.{day}\n" for day in range(1, 7))
    (shop.parent / "orders.csv").write_text(with_sign)
    code, told, _ = call("validate", shop.parent / "orders.csv", *MAPPED, "--currency-sign", "€")
    assert code == 0
    assert "8.10 usable" in told  # six times 1, and .1 to .6


def test_values_of_the_data_move_no_cursor(tmp_path):
    (tmp_path / "orders.csv").write_text(HEADER + GOOD.replace("c1", "\x1b[2Jc") + "\x1b[2JC,2017-01-01,1\n")
    found = validate(config_for_file(tmp_path / "orders.csv", {"columns": COLUMNS}), TODAY)
    told = "\n".join(tell(found))
    assert "look_alike_ids" in told
    assert "\x1b" not in told


def test_decisions_stand_in_the_record_of_a_run(tmp_path):
    write_csv(tmp_path / "orders.csv", [*simulated_lines(30), ("NULL", "2024-03-01", "5")])
    config = tmp_path / "shop.yaml"
    config.write_text(
        "name: shop\ntitle: Shop\nsource: {transactions: {path: orders.csv, columns: {customer_id: client, "
        "ordered_at: day, amount: net}}}\n"
    )
    run = tmp_path / "run"
    run.mkdir()
    prepare(load_config(config), run, "test", TODAY)
    said = json.loads((run / "context.json").read_text())["intake"]["decisions"]
    assert {"missing_ids", "decimal_mark", "delimiter"} <= {decision["topic"] for decision in said}
    read_back = Workspace(run).context.intake.decisions
    assert [decision.topic for decision in read_back] == [decision["topic"] for decision in said]


def test_a_currency_that_the_source_names_must_be_that_of_the_config(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "id,date,amount,currency\n" + "".join(f"c{n},2017-01-0{n},1,CLP\n" for n in range(1, 8))
    )
    text = "name: shop\ntitle: Shop\ncurrency: {}\nsource: {{transactions: {{path: orders.csv, columns: {{customer_id: id, ordered_at: date, amount: amount}}}}}}\n"  # noqa: E501
    for currency, folder in (("EUR", "a"), ("CLP", "b")):
        (tmp_path / "shop.yaml").write_text(text.format(currency))
        (tmp_path / folder).mkdir()
        if currency == "EUR":
            with pytest.raises(DataError, match=r"'currency' says so in 7 lines: CLP, but currency is EUR; state curr"):
                prepare(load_config(tmp_path / "shop.yaml"), tmp_path / folder, "test", TODAY)
        else:
            assert prepare(load_config(tmp_path / "shop.yaml"), tmp_path / folder, "test", TODAY).as_of.day == 7


@pytest.mark.parametrize("sign", [".", ",", "1", "-", "(", "€."])
def test_a_part_of_a_number_is_no_currency_sign(call, shop, sign):
    code, _, error = call("validate", shop.parent / "orders.csv", *MAPPED, "--currency-sign", sign)
    assert code == 1
    assert "currency_sign must be a sign such as $ or EUR" in error
