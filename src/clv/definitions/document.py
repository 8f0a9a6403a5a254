"""The definitions as Markdown, for `data/README.md`; a test holds the two together.

Run `python -m clv.definitions.document` to see what belongs between the marks of that page.
"""

from __future__ import annotations

import sys

from clv.definitions import TABLES
from clv.definitions.checks import CHECKS, Check
from clv.definitions.column import KIND_WORDS, Column, Definition

BEGIN, END = "<!-- tables: written by clv.definitions.document -->", "<!-- end of tables -->"
CHECKS_BEGIN, CHECKS_END = "<!-- checks: written by clv.definitions.document -->", "<!-- end of checks -->"


def tables_as_markdown() -> str:
    """Return a section for each table beside the transactions."""
    return "\n".join([BEGIN, "", *(_table(table) for table in TABLES.values() if table.name != "transactions"), END])


def checks_as_markdown() -> str:
    """Return the checks of a run with their limits, one a line."""
    limits = {code: f"{_limit(check, check.medium)} | {_limit(check, check.low)}" for code, check in CHECKS.items()}
    rows = [f"| `{code}` | {check.rule} | {limits[code]} | {check.chosen} |" for code, check in CHECKS.items()]
    head = ["| Check | What is measured | medium | low | Why |", "|---|---|---|---|---|"]
    return "\n".join([CHECKS_BEGIN, "", *head, *rows, "", CHECKS_END])


def _limit(check: Check, limit: float | None) -> str:
    if limit is None:
        return "–"
    return "if so" if check.unit == "yes_no" else f"{'below ' if check.less_is_worse else ''}{limit:g}"


def columns_as_markdown(table: Definition) -> str:
    """Return the columns of a table, one a line."""
    rows = [f"| `{column.name}` | {_kind(column)} | {_meaning(column)} |" for column in table.columns]
    return "\n".join(["| Our column | Type | Meaning |", "|---|---|---|", *rows])


def _table(table: Definition) -> str:
    rules = [f"one row is {table.meaning}"]
    if table.key:
        rules.append(f"{' and '.join(f'`{name}`' for name in table.key)} occur{'s' * (len(table.key) == 1)} once")
    rules += [f"`{then}` is not before `{first}`" for first, then in table.in_order]
    if table.one_of:
        rules.append(f"{' or '.join(f'`{name}`' for name in table.one_of)} is there")
    head = f"### `{table.name}`\n\nLights up {table.lights_up}. Rules: {'; '.join(rules)}."
    return f"{head}\n\n{columns_as_markdown(table)}\n"


def _kind(column: Column) -> str:
    marks = ["required"] if column.required else []
    marks += ["personal"] if column.personal else []
    return ", ".join([KIND_WORDS[column.kind], *marks])


def _meaning(column: Column) -> str:
    notes = []
    low, high = column.range
    if high is not None:
        notes.append(f"{low:g} to {high:g}")
    elif low is not None:
        notes.append(f"{low:g} or more")
    if column.is_past:
        notes.append("not after today")
    if column.refers_to is not None:
        notes.append(f"looked for in `{column.refers_to[0]}`")
    return "; ".join([column.meaning, *notes])


if __name__ == "__main__":
    sys.stdout.write(f"{tables_as_markdown()}\n\n{checks_as_markdown()}\n")
