"""Logs that are odd in their money, their dates or their length get a report that says so."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import simulated_lines, write_csv
from tests.suite.test_run import PAGES, Words

from clv.config import load_config
from clv.suite import execute, graph, workspace
from clv.suite.publish import run_suite

YAML = """\
name: shop
title: Shop
source: {transactions: {path: orders.csv, columns: {customer_id: client, ordered_at: day, amount: net}}}
"""
AS_OF = "2025-04-30"
LINES = simulated_lines(60)
REFUND = ("C00020", "2025-03-20", "-90000.00")  # beyond all sales of the holdout, and of the log
RETURNED_ON = "2025-03-25"  # within the holdout
LATER = [line for line in LINES if line[1] > AS_OF]
SET_ASIDE = [("", "2025-01-10", "12.00"), ("C00021", "2025-01-11", "ten"), ("", "2025-05-20", "5000.00")]


def returned(share: float) -> list[tuple[str, str, str]]:
    """Return a refund of a share of what each customer bought before the holdout."""
    spent: dict[str, float] = {}
    for name, day, net in LINES:
        spent[name] = spent.get(name, 0.0) + (float(net) if day < "2024-11-01" else 0.0)
    return [(name, RETURNED_ON, f"{-share * net:.2f}") for name, net in spent.items() if net > 0]


RETURNS = returned(0.95)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """Return the folder of the report of a log with a large refund, lines after the date and lines set aside."""
    folder = tmp_path_factory.mktemp("shop")
    write_csv(folder / "orders.csv", [*LINES, REFUND, *RETURNS, *SET_ASIDE])
    (folder / "shop.yaml").write_text(f"{YAML}as_of: {AS_OF}\nhorizon_days: 970\nlanguage: es\n", encoding="utf-8")
    return run_suite(load_config(folder / "shop.yaml"), folder / "reports", lambda *_: None).folder


def shown(folder: Path, page: str) -> str:
    return Words((folder / page).read_text(encoding="utf-8")).shown


def test_the_refund_is_in_the_value_to_date_and_the_forecast_is_made(shop):
    record = json.loads((shop / "run.json").read_text(encoding="utf-8"))["accounts"]
    used = [float(net) for _, day, net in LINES if day <= AS_OF]
    assert record["has_amounts"]
    assert float(record["amount_used"]) == pytest.approx(sum(used) - 90_000 + sum(float(net) for _, _, net in RETURNS))
    assert (record["rows_used"], record["rows_later"]) == (len(used) + 1 + len(RETURNS), len(LATER))
    assert (record["rows_set_aside"], record["rows_set_aside_later"]) == (2, 1)
    assert (float(record["amount_set_aside"]), record["rows_of_unknown_worth"]) == (12.0, 1)
    assert record["rows_read"] == len(LINES) + len(RETURNS) + 4


def test_the_pages_say_what_is_used_what_is_later_and_what_is_of_unknown_worth(shop):
    foot = shown(shop, "index.html")
    assert f"Líneas posteriores a esa fecha, no incluidas {len(LATER)} (" in foot
    assert "Líneas posteriores a esa fecha que no se pueden usar 1" in foot
    assert re.search(r"Líneas apartadas 2, 12,00.€, 1 de valor desconocido", foot)
    base = shown(shop, "01_customer_base.html")
    assert "En los últimos tres meses se ha devuelto más de lo vendido" in base
    assert "00:00:00" not in base
    assert "líneas posteriores a ese día no se cuentan" in base
    assert "de 1 no se conoce el valor" in base


def test_the_pages_say_that_money_could_not_be_tested_and_how_far_the_forecast_looks(shop):
    page = shown(shop, "03_lifetime_value.html")
    assert "En dinero la prueba no da ningún porcentaje: tras las devoluciones quedaron" in page
    assert "Confianza baja" in page
    assert "las ventas no se pudieron probar" in shown(shop, "index.html")
    for name in ("index.html", "03_lifetime_value.html"):
        assert re.search(r"Mira 970 días (hacia )?adelante, 2,0 veces los 4[78]\d días de historial", shown(shop, name))
    assert "1 cliente ha recibido de vuelta más de lo que pagó" in shown(shop, "02_current_value.html")
    assert not any(re.search(r"\b(nan|NaN|None|inf)\b", shown(shop, name)) for name in PAGES)


@pytest.mark.parametrize("kind", ["silent test", "three days", "zeros"])
def test_histories_of_other_kinds_are_forecast_with_a_page_that_says_so(kind, tmp_path):
    """The notebook of the forecast and what it reads: the others see nothing of these kinds."""
    rng = np.random.default_rng(3)
    three = [
        (f"K{number:03d}", f"2024-06-{26 + day}", "9.50")
        for number in range(80)
        for day in range(3)
        if day == 0 or rng.random() < 0.4
    ]
    silent = [line for line in LINES if line[1] < "2024-11-30"] + [("C00020", "2025-05-20", "-30.00")]
    lines, setting, says = {
        "silent test": (silent, "horizon_days: 200", "kept for the test nobody ordered"),
        "three days": (three, "horizon_days: 14", "The history is too short to follow the orders week by week"),
        "zeros": ([(name, day, "0.00") for name, day, _ in LINES], "", "holds no amounts, or none but zero"),
    }[kind]
    write_csv(tmp_path / "orders.csv", lines)
    yaml = (
        YAML.replace("path: orders.csv,", "path: orders.csv, keep_far_dates: true,") if kind == "silent test" else YAML
    )
    (tmp_path / "shop.yaml").write_text(f"{yaml}{setting}\n", encoding="utf-8")
    folder = tmp_path / "run"
    folder.mkdir()
    run = workspace.prepare(load_config(tmp_path / "shop.yaml"), folder, run_id="test", today=dt.date(2026, 1, 1))
    base, forecast = (notebook for notebook in graph.NOTEBOOKS if notebook.slug[:2] in {"01", "03"})
    execute.execute_notebook(base, run)
    done = execute.execute_notebook(forecast, run)
    assert says in done.file.read_text(encoding="utf-8")
    assert run.read("forecast")["expected_orders"].sum() > 0
    assert run.read("forecast")["expected_revenue"].isna().all() == (kind == "zeros")
