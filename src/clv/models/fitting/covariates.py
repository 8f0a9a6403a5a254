"""What is known about a customer besides purchases, as columns of numbers that shift the model's parameters.

Fader & Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models (note 019): a
customer with covariates z has alpha·exp(−γ₁ᵀz) for alpha, so that γ₁ > 0 means buying more often, and a·exp(γ₂ᵀz),
b·exp(γ₃ᵀz) for a and b.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from clv.errors import ConfigError, DataError
from clv.models.fitting.counts import Counts, numbers, refuse, require_columns
from clv.models.fitting.search import Objective, Space

FloatArray = npt.NDArray[np.float64]
P = TypeVar("P", bound=NamedTuple)
Covariates = Mapping[str, Sequence[str]]  # columns of the customer frame by the process that they act on
Effects = Mapping[str, Mapping[str, float]]  # by process: the parameters it shifts, with the sign of γᵀz
Formula = Callable[[Any, FloatArray, FloatArray, FloatArray], FloatArray]


def require_known(covariates: Covariates, effects: Effects, model: str) -> None:
    """Refuse processes that a model does not have, and empty lists of columns."""
    unknown = sorted(set(covariates) - set(effects))
    if unknown:
        raise ConfigError(f"{model}: no covariates for {unknown}; this model takes them for {sorted(effects)}")
    empty = [process for process, columns in covariates.items() if isinstance(columns, str) or not len(columns)]
    if empty:
        raise ConfigError(f'{model}: covariates of {empty} must be a list of columns, e.g. ["channel"]')


@dataclass(frozen=True)
class Number:
    """A column of numbers, taken in standard deviations from its mean over the customers of the fit."""

    name: str
    mean: float
    deviation: float

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the design columns."""
        return (self.name,)

    def columns(self, customers: pd.DataFrame) -> list[FloatArray]:
        """Return the design columns, each of shape (n,)."""
        (values,) = numbers(customers, (self.name,))
        return [(values - self.mean) / self.deviation]


@dataclass(frozen=True)
class Category:
    """A column of words, as one indicator per level but for the base, the most frequent one."""

    name: str
    base: str
    levels: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the design columns."""
        return tuple(f"{self.name}={level}" for level in self.levels)

    def columns(self, customers: pd.DataFrame) -> list[FloatArray]:
        """Return the design columns, each of shape (n,); a level that the fit has not seen is refused."""
        words = _words(customers, self.name)
        new = ~words.isin((self.base, *self.levels)).to_numpy()
        known = f"{self.name} of a level not seen at the fit, which knew {[self.base, *self.levels]}"
        refuse(customers, {known: new})
        return [np.asarray(words == level, dtype=float) for level in self.levels]


@dataclass(frozen=True)
class Design:
    """How customer columns become design columns, and which coefficient shifts which parameter.

    Parameters
    ----------
    encodings : tuple of Number and Category
        One per customer column.
    terms : tuple of (parameter, sign, position)
        One per coefficient: ln(parameter) grows by sign · coefficient · design column at that position.
    """

    encodings: tuple[Number | Category, ...]
    terms: tuple[tuple[str, float, int], ...]

    @classmethod
    def learn(
        cls, customers: pd.DataFrame, weight: FloatArray | None, covariates: Covariates, effects: Effects
    ) -> Self:
        """Return the design for these customers; raise a DataError for a column that is absent, missing or constant."""
        names = list(dict.fromkeys(name for columns in covariates.values() for name in columns))
        require_columns(customers, names)
        encodings = tuple(_learn(customers, name, weight) for name in names)
        owner = [encoding.name for encoding in encodings for _ in encoding.labels]
        terms = tuple(
            (parameter, sign, position)
            for process, columns in covariates.items()
            for parameter, sign in effects[process].items()
            for position, name in enumerate(owner)
            if name in columns
        )
        return cls(encodings, terms)

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Parameter and design column of each coefficient."""
        columns = [label for encoding in self.encodings for label in encoding.labels]
        return tuple((parameter, columns[position]) for parameter, _, position in self.terms)

    def columns(self, customers: pd.DataFrame) -> list[FloatArray]:
        """Return the design columns of these customers, each of shape (n,)."""
        require_columns(customers, [encoding.name for encoding in self.encodings])
        return [column for encoding in self.encodings for column in encoding.columns(customers)]

    def shift(self, p: P, coefficients: FloatArray, z: Sequence[FloatArray]) -> P:
        """Return the parameters of each customer: those with a coefficient become arrays of shape (n,)."""
        log_shift: dict[str, Any] = {}
        for (parameter, sign, position), coefficient in zip(self.terms, coefficients, strict=True):
            log_shift[parameter] = log_shift.get(parameter, 0.0) + sign * coefficient * z[position]
        return p._replace(**{name: getattr(p, name) * np.exp(shift) for name, shift in log_shift.items()})

    def space(self, space: Space) -> Space:
        """Return the space of the parameters and, after them, the coefficients."""
        n = len(self.terms)
        names = (*space.names, *(f"{parameter}: {label}" for parameter, label in self.labels))
        return Space(names, np.append(space.scale, np.ones(n)), np.append(space.lower, np.zeros(n)), space.names)

    def objective(
        self,
        log_likelihood: Formula,
        gradient: Formula,
        params: Callable[[Sequence[float]], Any],
        rows: tuple[Counts, list[FloatArray], FloatArray],
        space: Space,
    ) -> Objective:
        """Return the mean log-likelihood and its gradient as a function of log-parameters and coefficients.

        rows are distinct histories, their design columns and their shares of the customers.
        """
        counts, z, share = rows
        k = space.scale.size - len(self.terms)

        def objective(point: FloatArray) -> tuple[float, FloatArray]:
            p = self.shift(params(space.natural(point)[:k].tolist()), point[k:], z)
            # by ln(parameter) of each row: a base parameter shifts all rows, a coefficient those with its covariate
            slopes = gradient(p, *counts) * share
            by_log = {name: slopes[i] * getattr(p, name) for i, name in enumerate(space.names[:k])}
            by_coefficient = [sign * (by_log[name] @ z[position]) for name, sign, position in self.terms]
            base = [slope.sum() for slope in by_log.values()]
            return float(log_likelihood(p, *counts) @ share), np.array(base + by_coefficient)

        return objective


def of_rows(p: P, rows: npt.NDArray[np.intp]) -> P:
    """Return the parameters of some rows, where they differ by row."""
    return p._make(value[rows] if np.ndim(value) else value for value in p)


def _learn(customers: pd.DataFrame, name: str, weight: FloatArray | None) -> Number | Category:
    """Return the encoding of a column by its type: numbers are standardised, anything else has levels."""
    column = customers[name]
    if is_numeric_dtype(column) and not is_bool_dtype(column):
        (values,) = numbers(customers, (name,))
        mean = float(np.average(values, weights=weight))
        deviation = float(np.sqrt(np.average((values - mean) ** 2, weights=weight)))
        if not deviation > 0:
            raise DataError(
                f"customers: covariate {name} is {mean:g} for everyone, so it explains nothing; leave it out"
            )
        return Number(name, mean, deviation)
    size = pd.Series(1.0 if weight is None else weight, index=customers.index).groupby(_words(customers, name)).sum()
    levels = size.sort_index().sort_values(ascending=False, kind="stable").index.tolist()
    if len(levels) < 2:
        raise DataError(
            f"customers: covariate {name} is {levels[0]!r} for everyone, so it explains nothing; leave it out"
        )
    return Category(name, levels[0], tuple(sorted(levels[1:])))


def _constant(name: str, value: str) -> str:
    """Say that a covariate does not vary."""
    return f"customers: covariate {name} is {value} for everyone, so it explains nothing; leave it out"


def _words(customers: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as text; missing values are refused."""
    refuse(customers, {f"{name} missing: give it a level of its own": customers[name].isna().to_numpy()})
    return customers[name].astype(str)
