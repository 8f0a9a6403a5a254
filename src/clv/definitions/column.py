"""What a column and a table are: declarations that the config, the reading, the checks and the documents share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "day", "moment", "money", "number", "share", "score", "flag"]
KIND_WORDS: dict[Kind, str] = {
    "id": "id",
    "text": "text",
    "day": "date",
    "moment": "timestamp",
    "money": "money",
    "number": "number",
    "share": "share",
    "score": "score",
    "flag": "yes or no",
}
RANGES: dict[Kind, tuple[float, float]] = {"share": (0, 1), "score": (0, 10)}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name
        As it is called in the config, and in the table once read.
    kind
        What its values are; see `KIND_WORDS`.
    meaning
        For who maps it, with its unit.
    required
        Without it a table cannot be read, and without a value of it a row cannot be used.
    personal
        Reaches no artefact, page or export of a run, unless asked.
    at_least
        Smallest value that is possible.
    is_past
        Cannot lie after today.
    refers_to
        Table and column whose values these are: what has none there is an orphan, counted and kept.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    personal: bool = False
    at_least: float | None = None
    is_past: bool = False
    refers_to: tuple[str, str] | None = None

    @property
    def range(self) -> tuple[float | None, float | None]:
        """Return the smallest and the largest value that are possible."""
        low, high = RANGES.get(self.kind, (None, None))
        return (low if self.at_least is None else self.at_least), high


@dataclass(frozen=True)
class Definition:
    """A table of a company.

    Attributes
    ----------
    name
        Under `source` in the config.
    meaning
        What one row is.
    columns
        In the order of the table once read.
    key
        Columns whose values together occur once; empty where rows have no identity.
    in_order
        Pairs of columns of which the second cannot lie before the first.
    one_of
        Columns of which a row must have at least one.
    lights_up
        What becomes possible with the table.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    lights_up: str
    key: tuple[str, ...] = ()
    in_order: tuple[tuple[str, str], ...] = ()
    one_of: tuple[str, ...] = ()

    @property
    def speaks_of_customers(self) -> bool:
        """Return whether rows name customers by the ids of a register."""
        return self.name == CUSTOMER[0] or any(column.refers_to == CUSTOMER for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Return the columns that every source of the table must map."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def optional(self) -> tuple[str, ...]:
        """Return the other columns."""
        return tuple(column.name for column in self.columns if not column.required)

    @property
    def personal(self) -> tuple[str, ...]:
        """Return the columns that reach no artefact unless asked."""
        return tuple(column.name for column in self.columns if column.personal)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def __contains__(self, name: object) -> bool:
        return any(column.name == name for column in self.columns)


CUSTOMER = ("customers", "customer_id")


def customer_id(meaning: str = "the customer, by the id of the register", *, required: bool = True) -> Column:
    """Return the column by which most tables speak of a customer."""
    return Column("customer_id", "id", meaning, required=required, refers_to=CUSTOMER)
