"""Write a source, read it as the product does, and look at both files that come out."""

import datetime as dt
import itertools
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.data.postgres import running_server

from clv.config import TransactionsTable
from clv.data.engine import open_engine
from clv.data.ingest import ingest
from clv.data.intake import Intake

COLUMNS = {"customer_id": "id", "ordered_at": "date", "amount": "amount"}
TODAY = dt.date(2026, 1, 1)
HEADER = "id,date,amount\n"
GOOD = "".join(f"c{day},2017-01-{day:02d},10.5\n" for day in range(1, 7))  # six lines, 63.00


@dataclass
class Taken:
    """What `ingest` says and what lies in the two files that it wrote."""

    intake: Intake
    clean: pd.DataFrame
    quarantine: pd.DataFrame

    @property
    def ids(self) -> list[str]:
        return self.clean["customer_id"].tolist()

    @property
    def days(self) -> list[str]:
        return [str(day)[:10] for day in self.clean["ordered_on"]]

    @property
    def amounts(self) -> list[Decimal]:
        return self.clean["amount"].tolist()

    @property
    def reasons(self) -> list[str]:
        return self.quarantine["reason"].tolist()


@pytest.fixture
def take(tmp_path):
    """Return a function that ingests a file of this content; every line that comes in must come out."""
    number = itertools.count()

    def take(content: str | bytes | Path, *, name: str = "orders.csv", limit: float = 1.0, **settings) -> Taken:
        folder = tmp_path / f"take_{next(number)}"
        folder.mkdir()
        path = content if isinstance(content, Path) else folder / name
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        source = TransactionsTable(path=str(path), **{"columns": COLUMNS} | settings)
        intake = ingest(source, folder, today=TODAY, max_unreadable_share=limit)
        clean, quarantine = (pd.read_parquet(folder / f"{part}.parquet") for part in ("transactions", "quarantine"))
        assert not (folder / ".staging").exists()
        assert (intake.rows_clean, intake.rows_quarantined) == (len(clean), len(quarantine))
        assert intake.rows_read == len(clean) + len(quarantine)
        assert intake.amount_clean == sum(clean["amount"], Decimal(0))
        return Taken(intake, clean, quarantine)

    return take


@pytest.fixture(scope="session")
def engine():
    engine = open_engine()
    yield engine
    engine.disconnect()


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
def lines(engine, tmp_path):
    """Return a function that makes the clean table of (customer, day, amount) lines."""
    number = itertools.count()

    def lines(rows: list[tuple[str, str, float | str | Decimal]]) -> ibis.Table:
        customers, days, amounts = zip(*rows, strict=True)
        table = {
            "customer_id": pa.array(customers, pa.string()),
            "ordered_on": pa.array([dt.date.fromisoformat(day) for day in days], pa.date32()),
            "amount": pa.array([Decimal(str(amount)) for amount in amounts], pa.decimal128(18, 4)),
        }
        file = tmp_path / f"lines_{next(number)}.parquet"
        pq.write_table(pa.table(table), file)
        return engine.read_parquet(file)

    return lines


@pytest.fixture(scope="session")
def postgres():
    """Return a PostgreSQL server of this session; it starts when the first test asks for it."""
    with running_server() as server:
        yield server
