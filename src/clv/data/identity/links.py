"""How likely each candidate pair is one person: blocked, compared, weighed against two alternatives."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import duckdb
import numpy as np
import pandas as pd

from clv.data.identity.alternatives import Households, against_both, count_households, weights_query
from clv.data.identity.blocking import Rule, block
from clv.data.identity.fields import fields_of
from clv.data.identity.levels import Field
from clv.data.identity.model import Model
from clv.data.identity.records import Records
from clv.data.identity.surplus import raise_to_surplus
from clv.errors import DataError


class Scored(NamedTuple):
    """Candidate pairs that may be one person, and how the model came to be."""

    pairs: pd.DataFrame  # record_l, record_r, probability, weight (bits), gamma_<field>
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    trained_on: tuple[tuple[str, ...], ...]
    n_candidates: int
    has_households: bool


def score(records: Records) -> Scored:
    """Compare all candidate pairs and return those that may be one person.

    Parameters
    ----------
    records
        From `prepare`.

    Raises
    ------
    DataError
        If the engine fails; its own message may hold values of the records and is not shown.
    """
    filled = frozenset(str(column) for column in records.features if records.features[column].notna().any())
    fields = fields_of(filled)
    keys, rules = block(records.features)
    if not rules or not fields:
        return Scored(_no_pairs(fields), fields, rules, (), 0, has_households=True)
    # half a second that `import clv` must not pay; all of it at once, so that no logger is made later
    from splink.internals.exceptions import SplinkException

    with _quiet():
        try:
            return _scored(records, keys, rules, fields)
        except (duckdb.Error, SplinkException) as error:
            kind = type(error).__name__
            raise DataError(
                f"registers: the engine cannot compare the records ({kind}); check the types of their columns"
            ) from None


def _scored(records: Records, keys: pd.DataFrame, rules: tuple[Rule, ...], fields: tuple[Field, ...]) -> Scored:
    model = Model(records.features, keys, fields)
    try:
        trained_on = model.train()
        n_candidates, predicted = model.predict()
        households: Households = count_households(model.connection, fields)
        query = weights_query(predicted, fields, households.odds)
        pairs: pd.DataFrame = model.connection.sql(query).to_arrow_table().to_pandas()
        chances = model.chances()
    finally:
        model.connection.close()
    pairs["random"] = np.round(raise_to_surplus(pairs, records.features, fields, chances), 6)
    weighed = against_both(pairs, model.n_supposed)
    return Scored(weighed, fields, rules, trained_on, n_candidates, households.present)


def _no_pairs(fields: tuple[Field, ...]) -> pd.DataFrame:
    columns = {"record_l": "int64", "record_r": "int64", "probability": "float64", "weight": "float64"}
    columns |= {f"gamma_{field.name}": "int64" for field in fields}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's own messages, which may quote the data, out of every log."""
    loggers = [
        logger
        for name, logger in logging.Logger.manager.loggerDict.items()
        if name.partition(".")[0] == "splink" and isinstance(logger, logging.Logger) and not logger.disabled
    ]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger in loggers:
            logger.disabled = False
