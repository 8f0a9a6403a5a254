"""The command line: a light layer over `clv.suite` and `clv.decisions.scoring`."""

from __future__ import annotations

import datetime as dt
import gc
import inspect
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from clv.errors import ClvError, ConfigError

INTERRUPTED = {signal.SIGINT: 130, signal.SIGTERM: 143}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Customer value, churn and portfolios from one transaction log.",
)
log = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command(epilog="Example: clv run data/complete_journey.yaml --language es")
def run(
    config: Annotated[Path, typer.Argument(help="YAML file of the company, e.g. data/complete_journey.yaml")],
    language: Annotated[str | None, typer.Option(help="Language of the pages, en or es; default: the config's")] = None,
    reports: Annotated[Path, typer.Option(help="Folder that reports are published in")] = Path("reports"),
    only: Annotated[
        str | None, typer.Option(help="Run this notebook alone, e.g. 03; what it reads is taken from runs before")
    ] = None,
    until: Annotated[str | None, typer.Option(help="End with this notebook, e.g. 03; nothing is published")] = None,
    param: Annotated[
        list[str] | None, typer.Option(help="NOTEBOOK.NAME=VALUE, e.g. 07.listed=30; may be given again")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Take over what failed or killed runs finished")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run every notebook, whatever has changed")] = False,
    keep: Annotated[int | None, typer.Option(help="Published runs that stay, the newest; default: all")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would run; changes nothing")] = False,
) -> None:
    """Run the suite and publish its report; prints the first page's path.

    Notebooks whose code, parameters, data and inputs are those of the latest report are not run again.
    """
    from clv.config import load_config, override
    from clv.suite.parameters import with_parameters  # papermill and nbconvert take seconds to import
    from clv.suite.plan import Options, foresee
    from clv.suite.publish import run_suite
    from clv.suite.watching import Watch

    settings = load_config(config)
    if language is not None:
        settings = override(settings, {"language": language}, where="--language")
    settings = with_parameters(settings, param or [])
    options = Options(only=only, until=until, resume=resume, force=force, keep=keep)
    if dry_run:
        for line in foresee(settings, reports / settings.name, options):
            typer.echo(line)
        return
    with Watch(log) as watch:
        done = run_suite(settings, reports, watch, options)
    log.print(str(done), style="green", markup=False)
    typer.echo(done.index if done.status == "partial" else done.folder.parent / "latest" / "index.html")


@app.command(epilog="Example: clv score orders.csv --customer client --date day --amount net --out scores.parquet")
def score(
    file: Annotated[Path, typer.Argument(help="Transactions: text, Parquet, workbook, SQLite or DuckDB file")],
    customer: Annotated[str, typer.Option(help="Column of the customer id")] = "customer_id",
    date: Annotated[str, typer.Option(help="Column of the date or timestamp")] = "ordered_at",
    amount: Annotated[str, typer.Option(help="Column of the amount")] = "amount",
    no_amount: Annotated[bool, typer.Option("--no-amount", help="There are no amounts: count orders only")] = False,
    as_of: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day that counts")] = None,
    horizon_days: Annotated[int, typer.Option(help="Length of the forecast, in days")] = 365,
    churn_window_days: Annotated[
        int | None, typer.Option(help="Days without order that count as churn; default: from the customers' own pace")
    ] = None,
    purchase_rule: Annotated[
        str, typer.Option(help="positive_net: a day is a purchase when its net is above zero; any_order: always")
    ] = "positive_net",
    margin: Annotated[float, typer.Option(help="Contribution margin, fraction of sales")] = 1.0,
    annual_discount_rate: Annotated[float, typer.Option(help="Effective, a year; 0.10 is 10 %")] = 0.10,
    delimiter: Annotated[str | None, typer.Option(help="One character, tab or whitespace; default: detected")] = None,
    encoding: Annotated[str | None, typer.Option(help="e.g. cp1252; default: detected")] = None,
    decimal: Annotated[str | None, typer.Option(help="Decimal mark, . or ,; default: detected")] = None,
    date_format: Annotated[str | None, typer.Option(help="strptime format, e.g. %d/%m/%Y; default: detected")] = None,
    currency_sign: Annotated[str | None, typer.Option(help="Sign to strip from amounts")] = None,
    table: Annotated[str | None, typer.Option(help="Table of a database, or sheet of a workbook, with several")] = None,
    keep_far_dates: Annotated[
        bool, typer.Option("--keep-far-dates", help="Use a few lines dated far from all others; default: set aside")
    ] = False,
    timezone: Annotated[str | None, typer.Option(help="The shops' zone, when timestamps are in UTC")] = None,
    header: Annotated[bool, typer.Option(help="Whether the first line of a text file names its columns")] = True,
    column_names: Annotated[str | None, typer.Option(help="Names of the columns, e.g. id,day,net: no header")] = None,
    order_id: Annotated[str | None, typer.Option(help="Column of the order id; tells copies of lines")] = None,
    product_id: Annotated[str | None, typer.Option(help="Column of the product id")] = None,
    quantity: Annotated[str | None, typer.Option(help="Column of the quantity")] = None,
    currency: Annotated[str | None, typer.Option(help="Column of the currency; default: one that is named so")] = None,
    missing_ids: Annotated[
        str | None, typer.Option(help="Words that stand for no customer, e.g. guest,0; default: what exports write")
    ] = None,
    max_unreadable_share: Annotated[float, typer.Option(help="Share of unreadable lines that is too many")] = 0.05,
    max_horizon_multiple: Annotated[float, typer.Option(help="Horizon over history that is too far")] = 8.0,
    rejected: Annotated[Path | None, typer.Option(help="Table of the lines set aside, .csv or .parquet")] = None,
    out: Annotated[Path, typer.Option(help="Table to write, .csv or .parquet")] = Path("scores.csv"),
) -> None:
    """Score every customer of one transaction file; prints the path of the table."""
    from clv.config import config_for_file
    from clv.decisions.scoring import score_file

    settings = config_for_file(
        file,
        _table(locals()),
        as_of=None if as_of is None else as_of.date(),
        horizon_days=horizon_days,
        churn_window_days=churn_window_days,
        purchase_rule=purchase_rule,
        margin=margin,
        annual_discount_rate=annual_discount_rate,
        max_unreadable_share=max_unreadable_share,
        max_horizon_multiple=max_horizon_multiple,
    )
    for note in score_file(settings, out, rejected=rejected):
        log.print(note, markup=False)
    typer.echo(out)


@app.command(epilog="Example: clv simulate --customers 20000 --seed 7 --out data/demo")
def simulate(
    customers: Annotated[int, typer.Option(help="People and firms behind the registers, up to 1,500,000")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed and number give the same bytes")] = 7,
    out: Annotated[Path, typer.Option(help="Folder to write, which data/demo.yaml describes")] = Path("data/demo"),
) -> None:
    """Write a simulated company: all tables as real exports, and its truth; prints the folder."""
    from clv.data.simulate.company import simulate_company

    lines = simulate_company(out, customers, seed)
    log.print(f"{customers:,} customers, {lines:,} lines; what is true of them lies in {out / 'truth'}", markup=False)
    typer.echo(out)


NOT_OF_READING = frozenset(
    {
        *("as_of", "horizon_days", "churn_window_days", "purchase_rule", "margin", "annual_discount_rate"),
        *("max_horizon_multiple", "max_unreadable_share", "rejected", "out"),
    }
)
"""Options of `score` about the forecast; all others say how a file is written, and `validate` has them too."""


def validate(
    source: Annotated[Path, typer.Argument(help="Transactions as for score, or the YAML file of a company")],
    **options: Any,
) -> None:
    """Read and check a file or a company's data, print what was found and decided; changes nothing."""
    from clv.config import config_for_file, load_config
    from clv.decisions.validation import tell, validate_company
    from clv.decisions.validation import validate as check

    given = {name: value for name, value in options.items() if value != _reading_options()[name].default}
    if source.suffix.lower() in {".yaml", ".yml"}:
        if given:
            raise ConfigError(f"{source}: says itself how its files are written; leave out {', '.join(sorted(given))}")
        found = validate_company(load_config(source))
    else:
        found = check(config_for_file(source, _table(options)))
    for line in tell(found):
        typer.echo(line)


def _reading_options() -> dict[str, inspect.Parameter]:
    """Return the options of `score` that say how a file is written."""
    every = inspect.signature(score, eval_str=True).parameters
    return {name: option for name, option in every.items() if name not in NOT_OF_READING | {"file"}}


def _table(options: dict[str, Any]) -> dict[str, Any]:
    """Turn options of the command line into the settings of the table in a config."""
    from clv.config import TransactionsTable

    if options["no_amount"] and options["amount"] != "amount":
        raise ConfigError(
            f"--no-amount says that there are no amounts, --amount {options['amount']} where they are; give one"
        )
    named = {"customer_id": "customer", "ordered_at": "date"} | {
        name: name for name in ("amount", "order_id", "product_id", "quantity", "currency") if name in options
    }
    columns = {ours: options[option] for ours, option in named.items() if options[option] is not None}
    if options["no_amount"]:
        del columns["amount"]
    settings = {name: value for name, value in options.items() if name in TransactionsTable.model_fields}
    if settings["missing_ids"] is not None:
        settings["missing_ids"] = tuple(word.strip() for word in settings["missing_ids"].split(",") if word.strip())
    names = options["column_names"]
    if names is not None:
        settings |= {"column_names": tuple(name.strip() for name in names.split(",")), "header": False}
    return {**settings, "columns": columns}


def _offer_validate() -> None:
    """Give `validate` the options of `score` that say how a file is written, so that both always have the same."""
    own = inspect.signature(validate, eval_str=True).parameters["source"]
    parameters = [own, *_reading_options().values()]
    validate.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    validate.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(epilog="Example: clv validate orders.csv --customer client --date day --amount net")(validate)


_offer_validate()


def main() -> NoReturn:
    """Run the command line; an error that we raise on purpose is one line and an exit code, never a traceback."""
    for number in INTERRUPTED:
        signal.signal(number, _interrupt)
    gc.set_threshold(50_000, 20, 20)  # imports and expressions make much that stays: a twentieth of the time of score
    try:
        app(standalone_mode=True)
    except ClvError as error:
        log.print(f"error: {' '.join(str(error).split())}", style="red", markup=False)
        sys.exit(error.exit_code)
    except OSError as error:  # a full disk, a folder that may not be read: no fault of ours, so no traceback
        place = f"{error.filename}: " if error.filename else ""
        log.print(f"error: {place}{error.strerror or error}; make room or give access", style="red", markup=False)
        sys.exit(ClvError.exit_code)
    except _Interruption as stop:
        log.print("interrupted; nothing was published", style="red")
        # the threads that wait for kernels would keep the process; kernels end by themselves without it
        os._exit(INTERRUPTED[stop.number])
    sys.exit(0)


class _Interruption(BaseException):
    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"signal {number.name}")
        self.number = number


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise _Interruption(signal.Signals(number))
