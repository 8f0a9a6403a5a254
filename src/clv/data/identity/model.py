"""A Fellegi–Sunter model of the records at hand, by splink on DuckDB: its shares learned by EM, nothing downloaded."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import pyarrow as pa

from clv.data.engine import open_engine
from clv.data.identity import levels
from clv.data.identity.columns import arrow_table
from clv.data.identity.comparing import columns_of, levels_query
from clv.data.identity.levels import Field

SEED: Final = 7  # any number will do: the same cards must give the same people again
SAMPLED_PAIRS: Final = (
    300_000  # to learn how two people agree by chance; levels rarer than one in 30,000 keep their start
)
TRAINING_PAIRS: Final = 300_000.0  # a rule of training: shares are then exact to a tenth of a percent
FEWEST_TRAINING_PAIRS: Final = 100  # below that the starting values of `levels` say more
M_RANGE: Final = 5.0  # times its starting value, up or down, that training may move a share
M_DIFFERS_RANGE: Final = 2.0
"""The same downwards for fields of one person that differ: where few fields are left, training takes each such pair for
two people, and nothing in the data says otherwise. Round, chosen by hand: fields of one
person differ at least half as often as `levels` says.
"""
PRIOR_RECORDS: Final = 500
"""Records that the general shares of `levels` count for beside those at hand when the frequency of a value is reckoned:
in a register of ten cards a name on two of them is not the name of a fifth of mankind. Round,
chosen by hand: from a few thousand cards on, the data decide.
"""
PRIOR_PAIRS: Final = 20_000.0  # pairs that they count for beside those sampled, likewise
SURE_RECALL: Final = 0.8  # share of the pairs of one person that agree on two things of their own
MOST_COMMON_PRIOR: Final = 0.2  # share of pairs, for tables of a few records
LEAST_RANDOM_WEIGHT: Final = -10.0  # bits: members of a household, who must be counted, stay above it
SURE: Final = (("tax",), ("email", "g1"), ("phone", "g1"), ("g1", "family", "birth"), ("g1", "family", "house"))
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


class Model:
    """The library's linker on tables of its own; whoever makes it closes its `connection`.

    Parameters
    ----------
    features
        One row a record.
    keys
        Blocking keys of the records, one column a rule.
    fields
        Fields to compare.
    """

    def __init__(self, features: pd.DataFrame, keys: pd.DataFrame, fields: tuple[Field, ...]) -> None:
        import splink  # half a second that `import clv` and `clv score` must not pay

        self._splink = splink
        self._fields = fields
        self.connection: Any = open_engine().con
        needed = {*columns_of(fields), *(column for rule in (*TRAINING, *SURE) for column in rule)}
        table = pd.concat([features[["record", *sorted(needed)]], keys], axis=1)
        self.connection.register("incoming", arrow_table(table))
        self.connection.execute("create table records as from incoming")
        self.connection.unregister("incoming")
        n_pairs = len(features) * (len(features) - 1) / 2
        prior = min(max(self._n_sure(), 1) / SURE_RECALL / n_pairs, MOST_COMMON_PRIOR)
        self.n_supposed = prior * n_pairs
        settings = splink.SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record",
            comparisons=[levels.comparison(field) for field in fields],
            blocking_rules_to_generate_predictions=[splink.block_on(str(key)) for key in keys],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=True,
            probability_two_random_records_match=prior,
            max_iterations=15,
            em_convergence=0.001,
            linker_uid="identity",
        )
        api = splink.DuckDBAPI(connection=self.connection)
        self._n_sampled = min(n_pairs, float(SAMPLED_PAIRS))
        self._linker = splink.Linker(api.register("records"), settings, log_level=None)
        for column, chance in self._frequency_columns().items():
            frequencies = api.register(self._frequencies(column, chance, len(features)), table_name=f"tf_{column}")
            self._linker.table_management.register_term_frequency_lookup(frequencies, column)

    def train(self) -> tuple[tuple[str, ...], ...]:
        """Learn how two people and how two records of one person agree; return the rules that had enough pairs."""
        training = self._linker.training
        # one thread: the order in which threads take rows would decide on the sample
        threads = self.connection.sql("select current_setting('threads')").fetchone()[0]
        self.connection.execute("SET threads = 1")
        training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
        self.connection.execute(f"SET threads = {threads}")
        used = tuple(
            rule
            for rule in TRAINING
            if any(set(rule).isdisjoint(field.columns) for field in self._fields)  # else nothing is left to learn
            and self._n_alike(rule) >= FEWEST_TRAINING_PAIRS
        )
        for rule in used:
            training.estimate_parameters_using_expectation_maximisation(
                self._splink.block_on(*rule), estimate_without_term_frequencies=True, max_pairs=TRAINING_PAIRS
            )
        for field in self._fields:
            self._keep_in_range(field)
        return used

    def predict(self) -> tuple[int, str]:
        """Weigh all candidates; return their number and the table of those with weight, levels in table `compared`."""
        blocked = self._linker.inference.compute_blocked_pairs_for_predict().physical_name
        n_candidates = int(self.connection.sql(f"select count(*) from {blocked}").fetchone()[0])  # noqa: S608
        predicted: str = self._linker.inference.predict(
            threshold_match_weight=LEAST_RANDOM_WEIGHT, warning_mode="never"
        ).physical_name
        # the library gives levels only along with all values compared, which takes four times the memory
        self.connection.execute(f"create table compared as {levels_query(predicted, self._fields)}")
        return n_candidates, predicted

    def chances(self) -> dict[str, dict[int, float]]:
        """Return the share of pairs of two random people at each level, by field and number of the level."""
        return {
            field.name: {level.comparison_vector_value: level.u_probability for level in self._levels(field).values()}
            for field in self._fields
        }

    def _frequency_columns(self) -> dict[str, float]:
        """Return the columns whose rare values weigh more, with the chance that two people agree there."""
        return {level.frequency: level.u for field in self._fields for level in field.levels if level.frequency}

    def _frequencies(self, column: str, chance: float, n: int) -> pa.Table:
        """Return the share of other records that hold each value: one record of it is the one that is compared."""
        counts = f"select {column}, count(*) n from records where {column} is not null group by {column}"  # noqa: S608
        share = f"(n - 1 + {PRIOR_RECORDS * chance}) / ({n} - 1 + {PRIOR_RECORDS})"
        table: pa.Table = self.connection.sql(
            f"select {column}, {share}::double as tf_{column} from ({counts}) order by {column}"  # noqa: S608
        ).to_arrow_table()
        return table

    def _levels(self, field: Field) -> dict[str, Any]:
        """Return the library's levels of a field by our names."""
        comparisons = self._linker._settings_obj.core_model_settings.comparisons
        mine = next(comparison for comparison in comparisons if comparison.output_column_name == field.name)
        return {level.label_for_charts: level for level in mine.comparison_levels if not level.is_null_level}

    def _n_alike(self, columns: tuple[str, ...]) -> int:
        """Return how many pairs agree on all of these columns."""
        known = " and ".join(f"{column} is not null" for column in columns)
        groups = f"select count(*) n from records where {known} group by {', '.join(columns)}"  # noqa: S608
        return int(self.connection.sql(f"select sum(n * (n - 1) / 2) from ({groups})").fetchone()[0] or 0)  # noqa: S608

    def _n_sure(self) -> int:
        """Return how many pairs agree on two things of their own."""
        parts = [
            "select l.record a, r.record b from records l join records r on l.record < r.record and "  # noqa: S608
            + " and ".join(f"l.{column} = r.{column}" for column in rule)
            for rule in SURE
        ]
        return int(self.connection.sql(f"select count(*) from ({' union '.join(parts)})").fetchone()[0])  # noqa: S608

    def _keep_in_range(self, field: Field) -> None:
        """Hold the learned shares near their starting values: few pairs, or households taken for people, mislead."""
        found, shares = self._levels(field), {}
        for level in field.levels:
            learned, chance = found[level.name].m_probability, found[level.name].u_probability
            if not isinstance(learned, float):  # a level that no pair of training had
                learned = level.m
            down = M_DIFFERS_RANGE if level.condition == "else" else M_RANGE
            shares[level.name] = min(max(learned, level.m / down), level.m * M_RANGE)
            chance = chance if isinstance(chance, float) else 0.0  # a level that no sampled pair had
            weighed = chance * self._n_sampled + level.u * PRIOR_PAIRS
            found[level.name].u_probability = weighed / (self._n_sampled + PRIOR_PAIRS)
        for name, share in shares.items():
            found[name].m_probability = share / sum(shares.values())
