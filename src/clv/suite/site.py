"""Render the executed notebooks of a run as pages with one navigation and one provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import nbformat
from babel import Locale

from clv.config import Config, Language
from clv.data.schema import REASONS
from clv.report.decided import rows_of
from clv.report.page import Elsewhere, Page, Site, render_analyst_page, render_page
from clv.report.since import change_since
from clv.report.text import Text, message
from clv.suite.beside import files_beside
from clv.suite.execute import Executed
from clv.suite.graph import NOTEBOOKS, SUMMARY
from clv.suite.lists import PORTFOLIOS, write_lists
from clv.suite.workspace import Workspace, speak

REASON_LABELS: Final = {
    "malformed_line": message("lines without the columns of the table"),
    "no_customer_id": message("no customer id"),
    "no_date": message("no date"),
    "date_not_readable": message("date that cannot be read"),
    "date_in_future": message("date in the future"),
    "date_implausible": message("date before 1970"),
    "date_far_from_rest": message("date far from all others"),
    "no_amount": message("no amount"),
    "amount_not_a_number": message("amount that is not a number"),
    "duplicate_line": message("copy of another line"),
}
if REASON_LABELS.keys() != REASONS.keys():
    raise AssertionError("every reason of the quarantine needs a label for readers")


def render_site(
    workspace: Workspace,
    executed: list[Executed],
    entries: tuple[Mapping[str, Any] | None, Mapping[str, Any]] | None,
) -> None:
    """Write one page for readers and one for analysts per notebook and language into the run's folder.

    The first language lies in the folder of the run, each other one in a folder of its own within. `entries` are those
    of the history for the run before, if any, and for this one; None for a run that enters no history.
    """
    config = workspace.config
    for language in (config.language, *config.other_languages):
        speak(language)
        try:
            since = change_since(*entries, workspace.text) if entries is not None else None
            _render(workspace, executed, language, since)
        finally:
            speak(None)


def _render(workspace: Workspace, executed: list[Executed], language: Language, since: str | None) -> None:
    text, within = workspace.text, folder_of(language, workspace.config)
    pages = pages_of(text, {done.slug for done in executed})
    site = Site(
        title=workspace.config.title,
        pages=pages,
        text=text,
        provenance=_provenance(workspace),
        decisions=rows_of(workspace.context.intake.decisions, text),
        simulated=workspace.config.simulated,
        languages=elsewhere(language, workspace.config),
        home=None if since is None else f"../../{within}/index.html" if within else "../index.html",
        since=since,
    )
    folder = workspace.folder / within
    folder.mkdir(exist_ok=True)
    by_slug = {page.slug: page for page in pages}
    for done in executed:
        notebook = nbformat.read(done.file.parent / within / done.file.name, as_version=4)
        page = by_slug[done.slug]
        files = files_beside(notebook, page, folder, text)
        if since is not None and done.slug == PORTFOLIOS:
            files = {**files, "plan": [*files.get("plan", ()), write_lists(workspace, folder)]}
        (folder / page.file).write_text(render_page(notebook, page, site, files), encoding="utf-8")
        (folder / page.analyst_file).write_text(render_analyst_page(notebook, page, site), encoding="utf-8")


def folder_of(language: Language, config: Config) -> str:
    """Return the folder of the pages in a language, within that of the run."""
    return "" if language == config.language else language


def elsewhere(here: Language, config: Config) -> list[Elsewhere]:
    """Return the other languages of the pages, each with the way to its folder."""
    up = "" if here == config.language else "../"
    found = []
    for other in (config.language, *config.other_languages):
        folder = folder_of(other, config)
        name = str(Locale(other).get_display_name(other)).capitalize()
        found.append(Elsewhere(other, name, up + (f"{folder}/" if folder else "")))
    return [elsewhere for elsewhere in found if elsewhere.language != here]


def pages_of(text: Text, slugs: set[str]) -> list[Page]:
    """Return the pages of some notebooks in the order of the navigation, the summary first."""
    shown = [notebook for notebook in NOTEBOOKS if notebook.slug in slugs]
    first = sorted(shown, key=lambda notebook: (notebook.slug != SUMMARY, notebook.slug))
    return [Page(notebook.slug, text(notebook.title), notebook.page) for notebook in first]


def _provenance(workspace: Workspace) -> list[tuple[str, str]]:
    _, config, context = workspace.text, workspace.config, workspace.context
    accounts = context.accounts
    return [
        (_("Data as of"), _.date(context.as_of)),
        (_("First day of the data"), _.date(context.intake.first_day)),
        (_("Lines read"), _.number(accounts.rows_read)),
        (_("Lines used"), _.number(accounts.rows_used)),
        (_("Lines set aside"), _set_aside(workspace)),
        *_not_yet(workspace),
        (_("Forecast horizon"), _.plural("{n} day", "{n} days", config.horizon_days)),
        *_terms_of_money(workspace),
        (_("List of all customers"), "export/customers.csv"),
        (_("Run"), context.run_id),
        (_("Created"), _.date(context.created_at)),
        (_("Software"), f"clv {context.version}"),
    ]


def _terms_of_money(workspace: Workspace) -> list[tuple[str, str]]:
    """Return what amounts rest on; nothing where the log holds none."""
    _, config = workspace.text, workspace.config
    if not workspace.has_amounts:
        return []
    return [
        (_("Currency"), config.currency),
        (_("Margin"), _.percent(config.margin) if config.margin < 1 else _("not configured")),
        (_("Annual discount rate"), _.percent(config.annual_discount_rate)),
    ]


def _not_yet(workspace: Workspace) -> list[tuple[str, str]]:
    """Name the lines of later days: those that could be used, and those that could not."""
    _, accounts = workspace.text, workspace.context.accounts
    money = f" ({_.money(accounts.amount_later, 2)})" if workspace.has_amounts else ""
    rows = [
        (_("Lines after that day, not counted"), accounts.rows_later, money),
        (_("Lines after that day that cannot be used"), accounts.rows_set_aside_later, ""),
    ]
    return [(label, f"{_.number(n)}{worth}") for label, n, worth in rows if n]


def _set_aside(workspace: Workspace) -> str:
    _, accounts = workspace.text, workspace.context.accounts
    total = _.number(accounts.rows_set_aside)
    if not accounts.reasons:
        return total
    named = [f"{_(REASON_LABELS[reason])}: {_.number(n)}" for reason, n in accounts.reasons.items()]
    return f"{total}{_worth(workspace)} ({_.listing(named)})"


def _worth(workspace: Workspace) -> str:
    """Return what is known of the money of the lines that were set aside, and of how many it is unknown."""
    _, accounts = workspace.text, workspace.context.accounts
    if not workspace.has_amounts:
        return ""
    unknown = accounts.rows_of_unknown_worth
    known = unknown < accounts.rows_set_aside
    money = [_.money(accounts.amount_set_aside, 2)] if known else []
    of_unknown = [_("{n} of unknown worth", n=_.number(unknown))] if unknown else []
    return "".join(f", {part}" for part in [*money, *of_unknown])
