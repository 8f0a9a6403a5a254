"""How likely each candidate pair is one person: a Fellegi–Sunter model trained on the data at hand, by splink on DuckDB.

Two alternatives are weighed. Against two people drawn at random every agreement counts in full. Against two members of
one household (one surname, address, perhaps mail and phone) only what differs within a household counts: given name,
birth date, tax id. The published probability is that of one person against both.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import duckdb
import numpy as np
import pandas as pd
from scipy.special import expit

from clv.data.connect import open_engine
from clv.data.identity import levels
from clv.data.identity.columns import arrow_table
from clv.data.identity.comparing import columns_of, levels_query
from clv.data.identity.blocking import Rule, block
from clv.data.identity.levels import Field
from clv.data.identity.records import Records
from clv.errors import DataError

SEED: Final = 7
SAMPLED_PAIRS: Final = 300_000  # to learn how two people agree by chance; levels rarer than one in 30,000 keep their start
TRAINING_PAIRS: Final = 300_000.0  # a rule of training: shares are then exact to a tenth of a percent
FEWEST_TRAINING_PAIRS: Final = 100  # below that the starting values of `levels` say more
M_RANGE: Final = 5.0  # times its starting value, up or down, that training may move a share
M_DIFFERS_RANGE: Final = 2.0
"""The same downwards for fields of one person that differ: where few fields are left, training takes each such pair for
two people, and nothing in the data says otherwise.
"""
HOUSEHOLD_ODDS_RANGE: Final = (0.25, 256.0)  # what counts of a few pairs can be trusted to say
NO_HOUSEHOLDS: Final = (50, 16.0)
"""Pairs of one person, and of these to each pair of two members, from which on registers hold single people only.

Then a given name or birth date that differs where all else agrees is an error rather than a twin, a parent or a sibling.
"""
ONE_SURNAME_OF_TWO: Final = -4.0  # bits, for a given name that agrees: one in sixteen such pairs is one person
BOTH_SURNAMES: Final = 3.0  # bits, likewise: one in eight parents and children of one name has cousins for parents
PRIOR_ROUNDS: Final = 5  # the expected number of pairs then moves by less than a hundredth
PRIOR_SHIFT: Final = (0.0, 3.0)  # bits by which the first guess may be short: up to eight times too few, never too many
LEAST_WEIGHT: Final = -3.0  # bits, one in nine: pairs below are forgotten
LEAST_RANDOM_WEIGHT: Final = -10.0  # bits: members of a household, who must be counted, stay above it

TRAINING: Final = (
    ("tax",),
    ("email", "g1"),
    ("phone", "g1"),
    ("birth", "g1"),
    ("birth", "f1"),
    ("g1", "family"),
    ("house", "g1"),
    ("email",),
    ("firm",),
    ("birth", "postal"),
)
"""Columns on which pairs agree while the shares of the other fields are learned."""


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
    filled = frozenset(column for column in records.features if records.features[column].notna().any())
    fields = levels.fields_of(filled)
    keys, rules = block(records.features)
    if not rules or not fields:
        return Scored(_no_pairs(fields), fields, rules, (), 0, has_households=True)
    from splink.internals.exceptions import SplinkException  # noqa: PLC0415 – see `_Model`

    with _quiet():
        try:
            model = _Model(records, keys, fields)
            pairs, trained_on, n_candidates = model.pairs()
        except (duckdb.Error, SplinkException) as error:
            kind = type(error).__name__
            raise DataError(f"registers: the engine cannot compare the records ({kind}); check their columns' types") from None
    return Scored(pairs, fields, rules, trained_on, n_candidates, model.has_households)


def _no_pairs(fields: tuple[Field, ...]) -> pd.DataFrame:
    columns = {"record_l": "int64", "record_r": "int64", "probability": "float64", "weight": "float64"}
    columns |= {f"gamma_{field.name}": "int64" for field in fields}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's own messages, which may quote the data, out of every log."""
    logger = logging.getLogger("splink")
    before = logger.disabled, logger.level
    logger.disabled, logger.level = True, logging.CRITICAL + 1
    children = [
        child for name, child in logging.Logger.manager.loggerDict.items()
        if name.startswith("splink.") and isinstance(child, logging.Logger) and not child.disabled
    ]
    for child in children:
        child.disabled = True
    try:
        yield
    finally:
        logger.disabled, logger.level = before
        for child in children:
            child.disabled = False


def _against_both(pairs: pd.DataFrame, n_supposed: float) -> pd.DataFrame:
    """Add the weight against both alternatives and its probability; leave out pairs not worth a look.

    `n_supposed` pairs were supposed to be one person; how many there are in expectation replaces that, until both agree.
    """
    random, household = pairs["random"].to_numpy(), pairs["household"].to_numpy()
    shift = 0.0
    for _ in range(PRIOR_ROUNDS):
        weight = -np.logaddexp2(-(random + shift), -household)
        expected = float(expit(weight * np.log(2)).sum())
        shift = float(np.clip(np.log2(max(expected, 1.0) / n_supposed), *PRIOR_SHIFT))
    weight = np.round(-np.logaddexp2(-(random + shift), -household), 6)
    found = pairs.assign(probability=expit(weight * np.log(2)), weight=weight)
    same_tax = found["gamma_tax"] == levels.TAX.gamma("same") if "gamma_tax" in found else False
    return found[(weight >= LEAST_WEIGHT) | same_tax].reset_index(drop=True)


class _Model:
    """The library's linker on tables of its own, closed with them."""

    def __init__(self, records: Records, keys: pd.DataFrame, fields: tuple[Field, ...]) -> None:
        import splink  # noqa: PLC0415 – half a second that `import clv` and `clv score` must not pay

        self._splink = splink
        self._fields = fields
        self._n = len(records.features)
        self.has_households = True
        self._con: Any = open_engine().con
        needed = {*columns_of(fields), *(column for rule in TRAINING for column in rule)}
        table = pd.concat([records.features[["record", *sorted(needed)]], keys], axis=1)
        api = splink.DuckDBAPI(connection=self._con)
        self._con.register("incoming", arrow_table(table))
        self._con.execute("create table records as from incoming")
        self._con.unregister("incoming")
        self._table = api.register("records")
        self._prior_share = self._prior()
        settings = splink.SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record",
            comparisons=[levels.comparison(field) for field in fields],
            blocking_rules_to_generate_predictions=[splink.block_on(key) for key in keys],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=True,
            probability_two_random_records_match=self._prior_share,
            max_iterations=15,
            em_convergence=0.001,
            linker_uid="identity",
        )
        self._linker = splink.Linker(self._table, settings, log_level=None)

    def pairs(self) -> tuple[pd.DataFrame, tuple[tuple[str, ...], ...], int]:
        """Train, compare and return the pairs worth a look, the training rules used and the number of candidates."""
        try:
            trained_on = self._train()
            inference = self._linker.inference
            blocked = inference.compute_blocked_pairs_for_predict().physical_name
            n_candidates = int(self._con.sql(f"select count(*) from {blocked}").fetchone()[0])  # noqa: S608
            predicted = inference.predict(threshold_match_weight=LEAST_RANDOM_WEIGHT, warning_mode="never").physical_name
            self._con.execute(f"create table compared as {levels_query(predicted, self._fields)}")
            table = self._con.sql(self._weighed(predicted)).to_arrow_table().to_pandas()
            return _against_both(table, self._prior_share * self._n * (self._n - 1) / 2), trained_on, n_candidates
        finally:
            self._con.close()

    def _count(self, columns: tuple[str, ...]) -> int:
        """Return how many pairs agree on all of these columns."""
        names = ", ".join(columns)
        known = " and ".join(f"{column} is not null" for column in columns)
        sql = f"select sum(n * (n - 1) / 2) from (select count(*) n from records where {known} group by {names})"  # noqa: S608
        return int(self._con.sql(sql).fetchone()[0] or 0)

    def _prior(self) -> float:
        """Return the share of pairs that are one person, from those that agree on two things of their own."""
        rules = [("tax",), ("email", "g1"), ("phone", "g1"), ("g1", "family", "birth"), ("g1", "family", "house")]
        parts = [
            f"select l.record a, r.record b from records l join records r on l.record < r.record and "  # noqa: S608
            + " and ".join(f"l.{column} = r.{column}" for column in rule)
            for rule in rules
        ]
        n_sure = int(self._con.sql(f"select count(*) from ({' union '.join(parts)})").fetchone()[0])  # noqa: S608
        n_pairs = self._n * (self._n - 1) / 2
        return float(min(max(n_sure, 1) * 1.25 / max(n_pairs, 1), 0.2))  # such rules find about four in five

    def _train(self) -> tuple[tuple[str, ...], ...]:
        training = self._linker.training
        # one thread: the order in which threads take rows would decide on the sample
        threads = self._con.sql("select current_setting('threads')").fetchone()[0]
        self._con.execute("SET threads = 1")
        training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
        self._con.execute(f"SET threads = {threads}")
        used = tuple(
            rule
            for rule in TRAINING
            if any(set(rule).isdisjoint(field.columns) for field in self._fields)  # else nothing is left to learn
            and self._count(rule) >= FEWEST_TRAINING_PAIRS
        )
        for rule in used:
            training.estimate_parameters_using_expectation_maximisation(
                self._splink.block_on(*rule),
                estimate_without_term_frequencies=True,
                max_pairs=TRAINING_PAIRS,
            )
        self._keep_in_range()
        return used

    def _keep_in_range(self) -> None:
        """Hold the learned shares near their starting values: few pairs, or households taken for people, mislead."""
        for field in self._fields:
            comparison = next(
                each
                for each in self._linker._settings_obj.core_model_settings.comparisons
                if each.output_column_name == field.name
            )
            found = {level.label_for_charts: level for level in comparison.comparison_levels}
            shares = {}
            for level in field.levels:
                learned = found[level.name].m_probability
                learned = learned if isinstance(learned, float) else level.m
                down = M_DIFFERS_RANGE if level.condition == "else" else M_RANGE
                shares[level.name] = min(max(learned, level.m / down), level.m * M_RANGE)
                chance = found[level.name].u_probability
                if not isinstance(chance, float) or chance <= 0:
                    chance = level.u
                found[level.name].u_probability = float(chance)
            total = sum(shares.values())
            for name, share in shares.items():
                found[name].m_probability = share / total

    def _household_odds(self) -> float:
        """Return how many pairs are one person for each of two members of a household, among those that share something.

        Two members are told by given names that differ, and birth dates that do not agree; one person by a given name
        that agrees. In a register of single people the first are rare, and sharing an address says much.
        """
        by_name = {field.name: field for field in self._fields}
        if "given" not in by_name or "family" not in by_name:
            return HOUSEHOLD_ODDS_RANGE[1]
        enough = {"home": "similar", "email": "same", "phone": "same"}
        shared = [f"gamma_{name} >= {by_name[name].gamma(level)}" for name, level in enough.items() if name in by_name]
        given, birth = by_name["given"], by_name.get("birth")
        related = f"gamma_family > {by_name['family'].gamma('half')} and ({' or '.join(shared) or 'true'})"
        if birth is None or not shared:
            other, same = "true", "true"
        else:
            other, same = f"gamma_birth < {birth.gamma('slip')}", f"gamma_birth <> {birth.gamma('differs')}"
        sql = f"""
            select count(*) filter (gamma_given >= {given.gamma("first")} and {same}),
                count(*) filter (gamma_given = {given.gamma("differs")} and {other}) from compared where {related}
        """  # noqa: S608
        n_same, n_other = self._con.sql(sql).fetchone()
        least, most = HOUSEHOLD_ODDS_RANGE
        self.has_households = not (n_same >= NO_HOUSEHOLDS[0] and n_same >= NO_HOUSEHOLDS[1] * n_other)
        return float(min(max((n_same + 1) / (n_other + 1), least), most))

    def _weighed(self, predicted: str) -> str:
        """Return the query for the probability against both alternatives."""
        odds = self._household_odds()
        weights = {}
        for field in self._fields:
            column = f"mw_{field.name}"
            if any(level.frequency for level in field.levels):
                column = f"({column} + mw_tf_adj_{field.name})"
            weights[field.name] = column
        # weights are rounded, so that the order in which threads add does not reach the last digit
        random = "round(match_weight, 6)"
        household = f"round(log2({odds}) + {self._within_a_household(weights)}, 6)"
        gammas = ", ".join(f"gamma_{field.name}" for field in self._fields)
        parts = ", ".join(f"round({weight}, 2) as bits_{name}" for name, weight in weights.items())
        return f"""
            select record_l, record_r, {random} as random, {household} as household, {gammas}, {parts}
            from {predicted} join compared using (record_l, record_r) order by record_l, record_r
        """  # noqa: S608

    def _within_a_household(self, weights: dict[str, str]) -> str:
        """Return the expression for the bits by which a pair is one person rather than two of a household."""
        terms = {}
        for field in self._fields:
            least, most = field.household
            terms[field.name] = f"greatest({least}, least({weights[field.name]}, {most}))"
        if {"given", "family"} <= terms.keys():
            gamma = levels.FAMILY.gamma
            # parents and children of one name share one surname of two; brothers share both, but not the given name
            terms["family"] = f"""case when gamma_family = {gamma("half")} then {ONE_SURNAME_OF_TWO}
                when gamma_family = {gamma("both")} and gamma_given >= {levels.GIVEN.gamma("first")}
                    then least({weights["family"]}, {BOTH_SURNAMES}) else {terms["family"]} end"""
        return " + ".join(terms.values())
