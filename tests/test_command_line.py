"""`clv score` has every setting of a config's source, and finds out what stops it before the work, not after."""

import errno
import inspect
import os
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from clv import cli
from clv.config import TransactionsTable
from clv.decisions import scoring
from clv.errors import ConfigError, DataError

OTHERWISE = {"path": "file", "columns": "customer"}  # settings with an option of another name
COLUMNS = {"customer_id": "customer", "ordered_at": "date"}


@pytest.fixture
def scored(monkeypatch):
    """Return a function that runs `clv score` up to the scoring; it returns the config that this would get."""
    given = []
    monkeypatch.setattr(scoring, "score_file", lambda config, out, **rest: given.append((config, rest)) or [])

    def scored(*options):
        ran = CliRunner().invoke(cli.app, ["score", "orders.csv", *options])
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        assert ran.exit_code == 0, ran.output
        return given[-1]

    return scored


def test_every_setting_of_the_source_and_every_column_has_an_option():
    options = set(inspect.signature(cli.score).parameters)
    of_companies = {"register_name", "attributes", "credentials"}  # who has registers or a server has a config
    assert {OTHERWISE.get(name, name) for name in TransactionsTable.model_fields.keys() - of_companies} <= options
    for column in ("customer_id", "ordered_at", "amount", "order_id", "product_id", "quantity", "currency"):
        assert COLUMNS.get(column, column) in options


def test_options_reach_the_source(scored):
    config, rest = scored(
        *("--timezone", "America/Mexico_City", "--order-id", "ticket", "--product-id", "sku", "--quantity", "n"),
        *("--currency", "cur", "--missing-ids", "guest, 0"),
        *("--column-names", "id, day,net", "--max-unreadable-share", "0.2", "--max-horizon-multiple", "3"),
        *("--rejected", "rejected.csv"),
    )
    source = config.source.transactions[0]
    assert (source.timezone, source.header, source.column_names) == ("America/Mexico_City", False, ("id", "day", "net"))
    assert {name: source.columns[name] for name in ("order_id", "product_id", "quantity")} == {
        "order_id": "ticket",
        "product_id": "sku",
        "quantity": "n",
    }
    assert (source.columns["currency"], source.missing_ids) == ("cur", ("guest", "0"))
    assert (config.max_unreadable_share, config.max_horizon_multiple) == (0.2, 3.0)
    assert rest == {"rejected": Path("rejected.csv")}
    assert scored()[0].source.transactions[0].header


def test_no_header_without_names_is_refused_with_the_setting(scored):
    with pytest.raises(ConfigError, match="column_names must be given when header is false"):
        scored("--no-header")


def test_a_long_file_name_is_no_reason_to_refuse(tmp_path, scored):
    from clv.config import config_for_file

    name = "o" * 206 + ".csv"
    config = config_for_file(tmp_path / name, {"columns": {"customer_id": "id", "ordered_at": "day"}})
    assert len(config.title) == 120
    assert config.source.transactions[0].path.endswith(name)


@pytest.fixture
def never_fitted(monkeypatch):
    def fit(*_, **__):
        raise AssertionError("the fit began")

    monkeypatch.setattr(scoring, "fit_forecaster", fit)
    monkeypatch.setattr(scoring, "settle", fit)


def refuse(tmp_path: Path, *options: str) -> str:
    """Return the one line with which `clv score` ends before any work."""
    (tmp_path / "orders.csv").write_text("customer_id,ordered_at,amount\na,2024-01-01,1\n")
    ran = CliRunner().invoke(cli.app, ["score", str(tmp_path / "orders.csv"), *options])
    assert isinstance(ran.exception, DataError | ConfigError), ran.exception
    assert "\n" not in str(ran.exception)
    return str(ran.exception)


@pytest.mark.parametrize("option", ["--out", "--rejected"])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none/s.csv", "none is no folder; make it, or choose another place with {option}"),
        ("s.txt", "unknown kind of table; the name must end in .csv or .parquet"),
        ("folder.csv", "cannot be written: is a folder; choose another place with {option}"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path, never_fitted, option, name, said):
    (tmp_path / "folder.csv").mkdir()
    other = [] if option == "--out" else ["--out", str(tmp_path / "s.csv")]
    assert said.format(option=option) in refuse(tmp_path, *other, option, str(tmp_path / name))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_or_read_only_device_is_told_before_the_work(tmp_path, never_fitted, monkeypatch, code):
    def fail(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    assert f"s.csv: cannot be written: {os.strerror(code)}" in refuse(tmp_path, "--out", str(tmp_path / "s.csv"))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["orders.csv"]


def test_a_read_only_file_is_not_replaced(tmp_path, never_fitted, monkeypatch):
    (tmp_path / "s.csv").write_text("kept")
    # the tests may run as root, who may write everything
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK or Path(path).name != "s.csv")
    assert "s.csv: cannot be written: is read-only" in refuse(tmp_path, "--out", str(tmp_path / "s.csv"))
    assert (tmp_path / "s.csv").read_text() == "kept"


def test_an_existing_table_survives_the_probe(tmp_path, never_fitted):
    (tmp_path / "s.csv").write_text("kept")
    with pytest.raises(AssertionError, match="the fit began"):
        raise (
            CliRunner()
            .invoke(cli.app, ["score", str(tmp_path / "orders.csv"), "--out", str(tmp_path / "s.csv")])
            .exception
        )
    assert (tmp_path / "s.csv").read_text() == "kept"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["s.csv"]


def test_a_fault_of_the_machine_is_one_line(monkeypatch, capsys):
    def fail(**_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/clv-score-x/days.parquet")  # noqa: S108

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert said.splitlines() == [
        "error: /tmp/clv-score-x/days.parquet: No space left on device; make room or give access"
    ]


MONTHS = (1, 2, 4)
LINES = [
    ("id", "day", "net", "ticket"),
    *(
        (f"c{n:02d}", f"2024-{month:02d}-{10 + n:02d}", "10.00", f"t{n}-{month}")
        for n in range(12)
        for month in (1, 2, 4)
    ),
    ("c00", "2024-01-10", "10.00", "t0-1"),  # an exact copy
    ("c01", "2024-02-20", "ten", "t9"),
    ("", "2024-02-21", "3.50", "t10"),
    ("=c02", "2024-03-21", "", "t11"),
    ("c03", "2024-05-01", "99.00", "t12"),  # later
]


def test_later_copied_and_rejected_lines_are_told_apart_and_kept(tmp_path, monkeypatch):
    """All of it but the fit, which is another's business."""
    monkeypatch.setattr(scoring, "fit_forecaster", lambda *_: None)
    monkeypatch.setattr(scoring, "_parts", lambda _: iter([pd.DataFrame({"customer_id": ["c00"]})]))
    told = []
    monkeypatch.setattr(
        scoring,
        "_said",
        lambda s, n: [scoring.account_of(s.basis.accounts, s.basis.as_of, "EUR"), *told],
    )
    (tmp_path / "orders.csv").write_text("\n".join(",".join(line) for line in LINES) + "\n")
    options = ["--customer", "id", "--date", "day", "--amount", "net", "--order-id", "ticket", "--as-of", "2024-04-30"]
    out, rejected = tmp_path / "s.csv", tmp_path / "rejected.csv"
    limits = ["--max-unreadable-share", "0.5", "--out", str(out), "--rejected", str(rejected)]
    ran = CliRunner().invoke(cli.app, ["score", str(tmp_path / "orders.csv"), *options, *limits])
    assert ran.exception is None, ran.exception
    said = " ".join(ran.stderr.split())
    assert (
        "36 of 41 lines used; 1 after 2024-04-30 (99.00 EUR), not used; 4 set aside (13.50 EUR), 2 of them of" in said
    )
    assert "amount_not_a_number: 1, duplicate_line: 1, no_amount: 1, no_customer_id: 1" in said
    assert "4 lines that were set aside are in" in said
    kept = pd.read_csv(rejected, dtype=str, keep_default_na=False).set_index("reason").sort_index()
    assert kept.index.tolist() == ["amount_not_a_number", "duplicate_line", "no_amount", "no_customer_id"]
    assert kept.loc["amount_not_a_number", ["customer_id", "ordered_at", "amount"]].tolist() == [
        "c01",
        "2024-02-20",
        "ten",
    ]
    assert kept.loc["no_amount", "customer_id"] == "'=c02"
    assert kept.loc["no_customer_id", "why"] == "no customer id"
    assert not {"ordered_on", "money"} & set(kept)
