"""Tables for readers: labels instead of column names, numbers in their language, nothing that data can inject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd
from markupsafe import Markup

from clv.errors import ConfigError, DataError
from clv.report.blocks import Block, bare, joined, plain
from clv.report.sheets import MOST_ROWS, Kind, Sheet, SheetColumn, unit_of, values_of
from clv.report.text import Text

TOTAL = "_total"
"""Index of a row that adds up the others: it stands at the foot of the table and stays there when rows are sorted."""
ONE_BY_ONE = frozenset({"customer_id", "portfolio"})  # first columns of tables that are read row by row

_MOST_TEXT_COLUMNS = 2


@dataclass(frozen=True)
class Column:
    """One column of a table: where its values are, what readers call it, and how they are written.

    Parameters
    ----------
    name : str
        Column or index level of the frame.
    label : str
        Heading, already translated. The unit of money and days is added to it.
    kind : {"text", "number", "money", "percent", "date", "month", "days", "written"}
        Percent takes shares from 0 to 1. Written is a number that is text already, where rows differ in unit.
    decimals : int
        Digits after the decimal sign.
    bar : bool
        Whether a bar from zero to the largest value of the column lies under each number.
    alone, meaning : str
        For files: what the column is called where none beside it explains it, and what it means.
    """

    name: str
    label: str
    kind: Kind = "text"
    decimals: int = 0
    bar: bool = False
    alone: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        """Refuse a kind that no reader was promised."""
        if self.kind not in get_args(Kind):
            raise ConfigError(f"kind of column {self.name!r} must be one of {', '.join(get_args(Kind))}")


@dataclass(frozen=True)
class Table(Block):
    """A block that holds a table; only these go under a figure."""


def table(
    frame: pd.DataFrame, columns: Sequence[Column], caption: str, text: Text, limit: int | None = 50, name: str = ""
) -> Table:
    """Return a table that scrolls sideways on a phone; missing values read "n/a".

    The script of the page lets readers sort and filter it, and turn over its leaves where it is long; without it, all
    rows are there.

    Parameters
    ----------
    frame : DataFrame
        One row per line of the table, in the order to show; one whose index is `TOTAL` goes to the foot.
    columns : sequence of Column
        Columns to show; the first one names the row.
    caption : str
        What the table holds.
    text : Text
        Language and currency.
    limit : int, optional
        Largest number of rows shown; a note says how many there are. None shows all.
    name : str
        Of the files that hold the whole table; without one there are none.

    Raises
    ------
    DataError
        If the frame lacks a column.

    Examples
    --------
    >>> top = pd.DataFrame({"name": ["A", "B"], "revenue": [1200.0, None]})
    >>> columns = [Column("name", "Customer"), Column("revenue", "Revenue", "money")]
    >>> shown = table(top, columns, "Best customers", Text("en", "USD"))
    >>> "Revenue ($)" in shown.html, "1,200" in shown.html, "n/a" in shown.html
    (True, True, True)
    """
    totals = frame.index == TOTAL
    listed = frame[~totals]
    n_shown = len(listed) if limit is None else min(limit, len(listed))
    head = joined([_heading(column, text) for column in columns])
    label, note = plain(caption), _note(n_shown, len(listed), text)
    body = _rows(listed.head(n_shown), columns, text) or _empty(len(columns), text)
    foot = Markup("<tfoot>{}</tfoot>").format(_rows(frame[totals], columns, text)) if totals.any() else Markup("")
    html = Markup(
        '<div class="table"{}><div class="scroll" role="region" aria-label="{}" tabindex="0"><table class="{}">'
        "<caption><span>{}</span></caption><thead><tr>{}</tr></thead><tbody>{}</tbody>{}</table></div>{}</div>"
    ).format(_named(name), label, _shape(columns), label, head, body, foot, note)
    return Table(html, (sheet(frame, columns, caption, text, name),) if name else ())


def sheet(frame: pd.DataFrame, columns: Sequence[Column], title: str, text: Text, name: str) -> Sheet:
    """Return what a table holds, its first `MOST_ROWS` rows, for the files beside it."""
    totals = frame.index == TOTAL
    kinds = [column.kind for column in columns]
    rows, foot = (
        values_of([values for _column, values in _series(part, columns)], kinds)
        for part in (frame[~totals].head(MOST_ROWS), frame[totals])
    )
    named: list[SheetColumn] = [
        {
            "name": column.name,
            "label": bare(column.alone or column.label),
            "kind": column.kind,
            "decimals": column.decimals,
            "unit": unit_of(column.kind, text),
            "meaning": column.meaning,
        }
        for column in columns
    ]
    return {"name": name, "title": bare(title), "columns": named, "rows": rows, "totals": foot}


def with_total(table: pd.DataFrame, **known: Any) -> pd.DataFrame:
    """Return a frame with a row `TOTAL` that adds up the others; columns that do not add up are given.

    Examples
    --------
    >>> two = pd.DataFrame({"n_customers": [2, 3], "high": [9.0, 7.0]}, index=["A_steady", "C_leaving"])
    >>> with_total(two, high=14.0).loc[TOTAL].tolist()
    [5.0, 14.0]
    """
    total = table.sum(numeric_only=True).to_frame(TOTAL).T.assign(**known)
    return pd.concat([table, total])


def _named(name: str) -> Markup:
    return Markup(' data-sheet="{}"').format(plain(name)) if name else Markup("")


def _rows(frame: pd.DataFrame, columns: Sequence[Column], text: Text) -> Markup:
    cards = bool(_shape(columns))
    cells = [
        _cells(values, column, text, first=column is columns[0], cards=cards)
        for column, values in _series(frame, columns)
    ]
    return joined([Markup("<tr>{}</tr>").format(joined(row)) for row in zip(*cells, strict=True)])


def _series(frame: pd.DataFrame, columns: Sequence[Column]) -> list[tuple[Column, pd.Series]]:
    """Return the values of each column, taken from the columns of the frame or from its index."""
    levels = [name for name in frame.index.names if name is not None and name not in frame.columns]
    flat = frame.reset_index(level=levels) if levels else frame
    lacking = [column.name for column in columns if column.name not in flat.columns]
    if lacking:
        raise DataError(f"the table asks for {lacking}, which the frame lacks; it has {[*map(str, flat.columns)]}")
    return [(column, flat[column.name]) for column in columns]


def _shape(columns: Sequence[Column]) -> str:
    """Call tables of sentences, customers and portfolios wordy: on a phone their rows become cards, hiding nothing."""
    wordy = sum(column.kind == "text" for column in columns) > _MOST_TEXT_COLUMNS or columns[0].name in ONE_BY_ONE
    return "wordy" if wordy else ""


def _heading(column: Column, text: Text) -> Markup:
    """Return a column heading with its unit; the script of the page turns it into a sort button."""
    return Markup('<th scope="col" class="{}">{}</th>').format(_look(column), _with_unit(column, text))


def _with_unit(column: Column, text: Text) -> str:
    _ = text
    units = {"money": text.currency_symbol, "days": _("days")}
    return plain(column.label) + (f" ({units[column.kind]})" if column.kind in units else "")


def _cells(values: pd.Series, column: Column, text: Text, first: bool, cards: bool) -> list[Markup]:
    """Return the cells of one column; the first column names the row, and on cards each cell is named."""
    written = _writer(column, text)
    largest = _largest(values) if column.bar else 0.0
    tag, scope = ("th", Markup(' scope="row"')) if first else ("td", Markup(""))
    label = Markup(' data-label="{}"').format(_with_unit(column, text)) if cards else Markup("")
    return [
        Markup('<{tag}{scope} class="{look}"{label} data-sort-value="{key}">{bar}{shown}</{tag}>').format(
            tag=tag,
            label=label,
            scope=scope,
            look=_look(column),
            key=_sort_key(value, column.kind),
            bar=_bar(value, largest),
            shown=plain(written(value)),
        )
        for value in values
    ]


def _look(column: Column) -> str:
    """Return the class of a column's cells: numbers stand right, so that their digits line up."""
    return column.kind if column.kind in {"text", "date"} else "date" if column.kind == "month" else "number"


def _writer(column: Column, text: Text) -> Callable[[Any], str]:
    """Return how a value of this kind is written; money and days carry their unit in the heading."""
    writers: dict[Kind, Callable[[Any], str]] = {
        "text": lambda value: text.not_available if pd.isna(value) else plain(value),
        "percent": lambda value: text.percent(value, column.decimals),
        "date": text.date_short,
        "month": text.month_short,
        "written": plain,
    }
    return writers.get(column.kind, lambda value: text.number(value, column.decimals))


def _sort_key(value: Any, kind: Kind) -> str:
    """Return what the table is sorted by: empty for a missing value, which the script puts last."""
    if pd.isna(value):
        return ""
    if kind in {"date", "month"}:
        return pd.Timestamp(value).isoformat()
    return bare(value) if kind in {"text", "written"} else repr(float(value))


def _largest(values: pd.Series) -> float:
    largest = pd.to_numeric(values, errors="coerce").max()
    return float(largest) if pd.notna(largest) else 0.0


def _bar(value: Any, largest: float) -> Markup:
    """Return a bar whose length is the share of the largest value; none for missing and negative values."""
    if not largest > 0 or pd.isna(value) or not value > 0:
        return Markup("")
    return Markup('<span class="bar" style="width:{}%" aria-hidden="true"></span>').format(
        f"{100 * value / largest:.1f}"
    )


def _empty(n_columns: int, text: Text) -> Markup:
    _ = text
    return Markup('<tr><td colspan="{}">{}</td></tr>').format(n_columns, plain(_("There is nothing to list.")))


def _note(n_shown: int, n_rows: int, text: Text) -> Markup:
    _ = text
    if n_shown == n_rows:
        return Markup("")
    note = _(
        "Showing the first {shown} of {total}; the whole list is in the export.",
        shown=_.number(n_shown),
        total=_.number(n_rows),
    )
    return Markup('<p class="table-note">{}</p>').format(plain(note))
