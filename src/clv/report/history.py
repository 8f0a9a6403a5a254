"""The page of a company's reports: what the latest says, headline numbers of all runs over time, and a way to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd
from markupsafe import Markup

from clv.report import charts
from clv.report.blocks import LEVEL_WORDS, Block, Tile, Written, finding, page_title, tiles
from clv.report.figures import figure
from clv.report.tables import Column, Table, table
from clv.report.text import Text, message

MONEY: Final = {
    "expected_revenue": message("Expected sales"),
    "revenue_low": message("Low"),
    "revenue_high": message("High"),
}
ORDERS: Final = {"expected_orders": message("Expected orders")}
COUNTS: Final = {
    "customers": message("Customers"),
    "active": message("Active customers"),
}
_ANY_MONEY: Final = {"sales": message("Sales to date"), **MONEY, "clv": message("Lifetime value")}


def headlines(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the runs of a history, the newest first, with their headline numbers as columns; missing ones are null.

    Parameters
    ----------
    entries
        Of ``history.json``, oldest first.
    """
    told = (*COUNTS, *_ANY_MONEY, *ORDERS, "trust")
    rows = [
        {
            "run_id": entry["run_id"],
            "as_of": pd.Timestamp(entry["as_of"]) if entry.get("as_of") else pd.NaT,
            "created": pd.Timestamp(str(entry["created_at"])[:10]) if entry.get("created_at") else pd.NaT,
            "horizon_days": entry.get("horizon_days"),
            "currency": entry.get("currency"),
            "kept": bool(entry.get("kept")),
            **{name: (entry.get("headline") or {}).get(name) for name in told},
        }
        for entry in entries
    ]
    return pd.DataFrame(rows[::-1]).reset_index(drop=True)


def comparable(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs whose forecasts can be held against that of the newest, one for each day that their data reach.

    They speak of the same currency and of as many days; of several on one day the newest counts. Oldest first.
    """
    newest = runs.iloc[0]
    alike: pd.Series = (runs["currency"] == newest["currency"]) & (runs["horizon_days"] == newest["horizon_days"])
    return runs.loc[alike & runs["as_of"].notna()].drop_duplicates("as_of").sort_values("as_of")


def history_blocks(runs: pd.DataFrame, company: str, text: Text, way: str = "") -> list[Block]:
    """Return the page, block by block.

    Parameters
    ----------
    runs
        From `headlines`, at least one.
    company
        Its name.
    text
        Language and currency.
    way
        From a folder of runs to its pages in this language, e.g. ``en/``; runs lie beside the page, or above ``way``.
    """
    _, newest = text, runs.iloc[0]
    money = bool(runs["expected_revenue"].notna().iloc[0])
    answer = _("The latest report rests on data up to {day}.", day=_.date(newest["as_of"]))
    return [
        page_title(_("Reports of {company}", company=company), answer),
        _way_in(text, way),
        tiles(*_tiles(newest, text, money=money)),
        finding(_heading(runs, text)),
        *_course(runs, text, money=money),
        _table(runs, text, way, money=money),
    ]


def _way_in(text: Text, way: str) -> Block:
    _ = text
    address = f"{_up(way)}latest/{way}index.html"
    return Block(
        Markup('<p class="way-in"><a href="{}">{}</a></p>').format(address, _("Open the summary of the latest report"))
    )


def _tiles(newest: pd.Series, text: Text, *, money: bool) -> list[Tile]:
    _ = text
    shown = [Tile(_("Customers"), _.number(newest["customers"]), _active(newest, text))]
    if money:
        shown.append(Tile(_("Expected sales"), _.money_compact(newest["expected_revenue"]), _range(newest, text)))
        shown.append(Tile(_("Lifetime value"), _.money_compact(newest["clv"]), _days_ahead(newest, text)))
    elif pd.notna(newest["expected_orders"]):
        shown.append(Tile(_("Expected orders"), _.number_compact(newest["expected_orders"]), _days_ahead(newest, text)))
    return shown


def _active(newest: pd.Series, text: Text) -> str:
    _ = text
    return "" if pd.isna(newest["active"]) else _("{n} active", n=_.number(newest["active"]))


def _range(newest: pd.Series, text: Text) -> str:
    _ = text
    if pd.isna(newest["revenue_low"]) or pd.isna(newest["revenue_high"]):
        return _days_ahead(newest, text)
    ends = {end: _.money_compact(newest[f"revenue_{end}"]) for end in ("low", "high")}
    return _("{low} to {high} in nine of ten cases", **ends)


def _days_ahead(newest: pd.Series, text: Text) -> str:
    return text.plural("next {n} day", "next {n} days", int(newest["horizon_days"]))


def _heading(runs: pd.DataFrame, text: Text) -> str:
    _ = text
    if len(runs) == 1:
        return _("This is the first report; the next ones will stand beside it")
    return _.plural("{n} report so far", "{n} reports so far", len(runs))


def _course(runs: pd.DataFrame, text: Text, *, money: bool) -> list[Block]:
    """Return the chart of what was expected from one report to the next; none for a single one."""
    _ = text
    names = {name: _(label) for name, label in (MONEY if money else ORDERS).items()}
    main, label = next(iter(names.items()))
    alike = comparable(runs).dropna(subset=[main])
    if len(alike) < 2:
        return []
    kind: Literal["money", "number"] = "money" if money else "number"
    write = _.money_compact if money else _.number_compact
    told = {"first": write(alike[main].iloc[0]), "last": write(alike[main].iloc[-1])}
    told |= {"from_day": _.date(alike["as_of"].iloc[0]), "to_day": _.date(alike["as_of"].iloc[-1])}
    days = _days_ahead(runs.iloc[0], text)
    drawn = charts.time_lines(alike, "as_of", names, f"{label}, {days}", text, kind)
    shown = [Column("as_of", _("Data as of"), "date"), *(Column(name, words, kind) for name, words in names.items())]
    alt = _("Line of {what} from {first} on {from_day} to {last} on {to_day}.", what=label.lower(), **told)
    title = _("{what}: {first} on {from_day}, {last} on {to_day}", what=label, **told)
    measure = _("What each report expects of the {days}; reports with the same currency and span", days=days)
    return [figure(drawn, title, measure, alt, text, table(alike, shown, label, text, None))]


def _table(runs: pd.DataFrame, text: Text, way: str, *, money: bool) -> Table:
    _ = text
    pages = [
        _link(f"{_up(way)}{run.run_id}/{way}index.html", _.date_short(run.as_of))
        if run.kept
        else _.date_short(run.as_of)
        for run in runs.itertuples()
    ]
    levels = [_(LEVEL_WORDS[level]) if level in LEVEL_WORDS else None for level in runs["trust"]]
    shown = runs.assign(report=pd.Series(pages, dtype=object), trust=pd.Series(levels, dtype=object))
    kinds: list[Column] = [
        Column("report", _("Data as of")),
        Column("created", _("Created"), "date"),
        *(Column(name, _(label), "number") for name, label in COUNTS.items()),
        *(Column(name, _(label), "money") for name, label in _ANY_MONEY.items() if money),
        *(Column(name, _(label), "number") for name, label in ORDERS.items() if not money),
        Column("trust", _("Confidence")),
    ]
    return table(shown, kinds, _("All reports, the newest first; dates without a link are no longer kept"), text, None)


def _link(address: str, words: str) -> Written:
    return Written(Markup('<a href="{}">{}</a>').format(address, words))


def _up(way: str) -> str:
    return "../" if way else ""
