"""Lists of customers that people open: all of them, and those of each portfolio, in the language of the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
from markupsafe import Markup

from clv.decisions.export import export_table
from clv.decisions.portfolios import PORTFOLIOS as CODES
from clv.report import columns
from clv.report.downloads import links, write_files, write_workbook
from clv.report.sheets import MOST_ROWS, Sheet
from clv.report.tables import sheet
from clv.suite.workspace import Workspace

FOLDER: Final = "export"
PORTFOLIOS: Final = "07_portfolios"
"""The page that leads to the lists."""


def customers_of(workspace: Workspace) -> pd.DataFrame:
    """Return what a run says of each customer, one row each, the columns of the export."""
    scores, portfolios = workspace.read("current_value"), workspace.read("portfolios")
    parts = (workspace.read("forecast"), scores[["abc", "rfm"]], portfolios[["portfolio"]])
    return export_table(workspace.read("customers"), *parts)


def write_lists(workspace: Workspace, folder: Path) -> Markup:
    """Write a workbook of all customers and the files of each portfolio beside pages; return the lines that lead there.

    The customers of a portfolio stand in the order of what is expected of them, the most first.
    """
    _ = workspace.text
    (folder / FOLDER).mkdir(exist_ok=True)
    customers = customers_of(workspace)
    lines = []
    if len(customers) <= MOST_ROWS:
        title = _("All customers")
        write_workbook(_sheet(workspace, customers, title), folder / FOLDER / "customers.xlsx", _)
        lines.append(links(title, [f"{FOLDER}/customers.xlsx"], _, named=True))
    order = next((name for name in ("expected_revenue", "expected_orders") if name in customers), "customer_id")
    for code in [code for code in CODES if (customers["portfolio"] == code).any()]:
        chosen = customers[customers["portfolio"] == code].sort_values(order, ascending=False, kind="stable")
        title = columns.entry("portfolio").codes[code][_.language]
        if len(chosen) > MOST_ROWS:
            counts = {"n": _.number(MOST_ROWS), "all": _.number(len(chosen))}
            title = _("{portfolio}, the first {n} of {all}", portfolio=title, **counts)
        files = write_files(_sheet(workspace, chosen, title), folder / FOLDER, f"portfolio_{code}", _)
        lines.append(links(title, [f"{FOLDER}/{file.name}" for file in files], _, named=True))
    heading = Markup("<summary>{}</summary>").format(_("Lists of customers, one file for each portfolio"))
    return Markup('<details class="lists">{}{}</details>').format(heading, Markup("").join(lines))


def _sheet(workspace: Workspace, customers: pd.DataFrame, title: str) -> Sheet:
    text, config = workspace.text, workspace.config
    facts = {"horizon_days": config.horizon_days, "window_days": workspace.read_facts("base_facts").get("window_days")}
    named = [columns.column(str(name), text, facts) for name in customers.columns]
    return sheet(columns.in_words(customers, text), named, title, text, "customers")
