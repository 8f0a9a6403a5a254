"""A check reaches the worst limit that its measure passes, a gate refuses, and outcomes survive their artefact."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import registry
from clv.config import parse_config
from clv.definitions.checks import CHECKS, Limits
from clv.errors import ConfigError, GateError
from clv.report import columns

NUMBER = st.none() | st.floats(0, 5)
ORDER = ["pass", "medium", "low", "refuse"]


def limits(code, found):
    """Return limits that rise, or fall where less is worse, with gaps where none is set."""
    set_ones = iter(sorted((limit for limit in found if limit is not None), reverse=CHECKS[code].less_is_worse))
    return {**registry.DEFAULTS, code: Limits(*(None if limit is None else next(set_ones) for limit in found))}


@given(st.sampled_from(list(CHECKS)), NUMBER, st.tuples(NUMBER, NUMBER, NUMBER))
def test_no_level_contradicts_what_was_measured(code, measured, found):
    outcome = registry.judge(code, measured, 7, limits(code, found))
    assert (outcome.level == "untold") == (measured is None)
    if measured is None:
        return
    reached = {
        name: limit is not None and (measured < limit if CHECKS[code].less_is_worse else measured >= limit)
        for name, limit in (("medium", outcome.medium), ("low", outcome.low), ("refuse", outcome.refuse))
    }
    assert outcome.level == max((name for name in ORDER if reached.get(name, name == "pass")), key=ORDER.index)
    assert code in str(outcome)


@given(st.lists(st.tuples(st.sampled_from(list(CHECKS)), NUMBER), max_size=6))
def test_confidence_is_that_of_the_worst_and_a_gate_speaks_for_all_that_refuse(pairs):
    outcomes = [registry.judge(code, measured, None, limits(code, (1, 2, 3))) for code, measured in pairs]
    levels = {outcome.level for outcome in outcomes}
    trust = registry.trust_in(outcomes)
    assert trust == ("low" if levels & {"low", "refuse"} else "medium" if "medium" in levels else "high")
    if "refuse" in levels:
        with pytest.raises(GateError, match="nothing is published") as error:
            registry.require_publishable(outcomes)
        assert error.value.exit_code == 3
        assert all(outcome.code in str(error.value) for outcome in outcomes if outcome.level == "refuse")
    else:
        registry.require_publishable(outcomes)


@given(st.dictionaries(st.sampled_from(list(CHECKS)), st.tuples(NUMBER, st.none() | st.integers(0, 9))))
def test_outcomes_survive_facts_and_tables(measured):
    facts = dict(pd.DataFrame([registry.as_facts(measured)]).iloc[0])  # as an artefact of one row holds them
    assert registry.of_facts(facts) == {code: measured[code] for code in CHECKS if code in measured}
    outcomes = registry.judge_all(measured)
    assert registry.of_table(registry.as_table(outcomes)) == outcomes


def test_every_check_says_what_chose_its_limits_and_has_its_words():
    for code, check in CHECKS.items():
        assert check.chosen
        assert code in columns.entry("check").codes
    assert {"untold", *ORDER} == set(columns.entry("check_level").codes)


def test_the_config_sets_limits_and_refuses_what_makes_no_sense():
    company = {
        "name": "shop", "title": "Shop",
        "source": {"transactions": {"path": "x.csv", "columns": {"customer_id": "a", "ordered_at": "b"}}},
    }  # fmt: skip

    def limits_of(checks):
        return parse_config({**company, "checks": checks}, where="shop.yaml").limits

    assert limits_of({}) == registry.DEFAULTS
    assert limits_of({"forecast_off": {"refuse": 0.3}})["forecast_off"] == Limits(0.05, 0.15, 0.3)
    assert limits_of({"season_open": {"medium": None}})["season_open"] == Limits()
    for checks, says in (
        ({"forecast_of": {}}, r"checks\.forecast_of: unknown key .* did you mean 'forecast_off'"),
        ({"forecast_off": {"refus": 1}}, r"checks\.forecast_off\.refus: unknown key .* did you mean 'refuse'"),
        ({"forecast_off": {"refuse": 0.1}}, r"medium, low and refuse must rise; got \[0\.05, 0\.15, 0\.1\]"),
        ({"test_length": {"refuse": 0.2}}, r"medium, low and refuse must fall"),
    ):
        with pytest.raises(ConfigError, match=says):
            limits_of(checks)


def test_data_grow_old():
    own = {**registry.DEFAULTS, "age_of_data": Limits(3, 7, 14)}
    days = [registry.age_of_data(dt.date(2024, 1, 1), dt.date(2024, 1, day), own).level for day in (1, 4, 8, 15)]
    assert days == ORDER
    assert registry.age_of_data(dt.date(2004, 1, 1), dt.date(2024, 1, 1)).level == "pass"  # no limit unless set
