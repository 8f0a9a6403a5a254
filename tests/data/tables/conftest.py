"""Write tables, read them as a run does, and look at what comes out."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from clv.config import Config, parse_config
from clv.data.tables import Orphans, TableRecord, TablesRead, read_tables

TODAY = dt.date(2026, 1, 1)


def company(tables: dict[str, object], **settings) -> Config:
    """Return the config of a company with these tables; its transactions are not read."""
    log = {"path": "none.csv", "columns": {"customer_id": "id", "ordered_at": "day", "product_id": "product"}}
    source = {"transactions": log} | tables
    return parse_config({"name": "shop", "title": "Shop", "source": source, **settings}, where="shop.yaml")


@dataclass
class Tables:
    """What was read, and where it lies."""

    read: TablesRead
    folder: Path

    def __getitem__(self, name: str) -> TableRecord:
        return next(record for record in self.read.tables if record.table == name)

    def clean(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def quarantine(self, name: str) -> pd.DataFrame:
        file = self.folder / f"{name}_quarantine.parquet"
        return pd.read_parquet(file) if file.exists() else pd.DataFrame()

    def orphans(self, table: str, column: str, target: str) -> Orphans:
        [found] = [o for o in self.read.orphans if (o.table, o.column, o.target) == (table, column, target)]
        return found


@pytest.fixture
def take(tmp_path, engine):
    """Return a function that reads the tables of a config; rows read are rows clean and rows quarantined."""

    def take(config: Config, folder: Path | None = None) -> Tables:
        folder = folder or tmp_path / f"read_{len(list(tmp_path.iterdir()))}"
        folder.mkdir(exist_ok=True)
        taken = Tables(read_tables(config, engine, folder, TODAY), folder)
        for record in taken.read.tables:
            assert record.rows_read == record.rows_clean + record.rows_quarantined
            assert record.rows_clean == len(taken.clean(record.table))
            assert record.rows_quarantined == len(taken.quarantine(record.table)) == sum(record.reasons.values())
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
        return taken

    return take


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a CSV of this text and returns its place, columns mapped by their own names."""

    def write(name: str, text: str, attributes: str = "", **settings) -> dict[str, object]:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        names = text.partition("\n")[0].split(
            settings.get("delimiter") or ("," if "," in text.partition("\n")[0] else ";")
        )
        further = attributes.split()
        columns = {column: column for column in names if column not in further}
        return {
            "path": str(file),
            "columns": columns,
            "attributes": dict(zip(further, further, strict=True)),
            **settings,
        }

    return write
