"""The vocabulary of columns: what a column of a table or chart is called, in which form its values are written.

`columns.yaml` holds one entry a column, in all languages, so that a table needs no list of labels:

    revenue: {en: Sales, es: Ventas, form: money}
    portfolio: {en: Portfolio, es: Cartera, values: {A_steady: {en: "Key, steady", es: "Clave, estable"}}}

A label may hold values in the way of the words of pages, e.g. ``No order in {{ window_days | count }} days``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field

from clv.errors import ConfigError
from clv.report.blocks import bare
from clv.report.sheets import Kind
from clv.report.tables import Column
from clv.report.text import Text
from clv.report.written import fill

FILE: Final = Path(__file__).parent / "columns.yaml"


class Entry(BaseModel):
    """A column: its label in each language, the form of its values, and the words for values that are codes.

    For files: `alone` is its label where no column beside it explains it ("High"), `meaning` says what it holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: str
    es: str
    form: Kind = "text"
    decimals: int = 0
    bar: bool = False
    codes: dict[str, dict[str, str]] = Field(default_factory=dict, alias="values")
    alone: dict[str, str] = Field(default_factory=dict)
    meaning: dict[str, str] = Field(default_factory=dict)


@cache
def entries(file: Path = FILE) -> dict[str, Entry]:
    """Return every column that has words."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: Entry.model_validate(entry) for name, entry in content.items()}


def entry(name: str) -> Entry:
    """Return what is known of a column.

    Raises
    ------
    ConfigError
        If the vocabulary lacks it.
    """
    found = entries()
    if name not in found:
        raise ConfigError(f"columns.yaml: no column {name!r}; give it a label in each language and a form")
    return found[name]


def label(name: str, text: Text, facts: Mapping[str, Any] | None = None) -> str:
    """Return what readers call a column."""
    return fill(getattr(entry(name), text.language), text, facts or {})


def column(name: str, text: Text, facts: Mapping[str, Any] | None = None) -> Column:
    """Return a column with its label and form, for `clv.report.tables.table`."""
    found, said = entry(name), facts or {}
    alone, meaning = (fill(words[text.language], text, said) if words else "" for words in (found.alone, found.meaning))
    return Column(name, label(name, text, facts), found.form, found.decimals, found.bar, alone, bare(meaning))


def in_words(frame: pd.DataFrame, text: Text) -> pd.DataFrame:
    """Return a frame whose codes are words; a code that the vocabulary lacks stays as it is."""
    words = {}
    for name in map(str, frame.columns):
        if codes := entry(name).codes:
            words[name] = (
                frame[name].map({code: word[text.language] for code, word in codes.items()}).fillna(frame[name])
            )
    return frame.assign(**words)
