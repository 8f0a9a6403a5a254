"""`import clv` costs nothing, knows its names, and loads what a call needs and no more."""

import json
import os
import pydoc
import subprocess
import sys

import pytest

import clv

NAMES = {"customers", "days", "forecast", "read", "run", "score", "weeks"}
HEAVY = ("numpy", "pandas", "scipy", "ibis", "duckdb", "sklearn", "matplotlib", "pydantic", "papermill")

ALONE = """
import clv, pandas as pd
counts = pd.DataFrame({"frequency": [3, 0, 1, 0, 5, 2] * 5, "recency": [30.0, 0, 9, 0, 36, 20] * 5, "T": [38.0] * 30})
clv.forecast(clv.customers(counts, unit="week"), clv.weeks(13)).table
"""
FROM_FILE = """
import clv
log = clv.read({file!r}, customer="client", date="day", amount="net")
clv.forecast(log, clv.weeks(13), contest=False).total
"""


def loaded(code):
    """Return the top-level modules that a fresh interpreter has after some code, and the seconds it computed."""
    ask = "\nimport json, sys, time; print(json.dumps([sorted(sys.modules), time.process_time()]))"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", code + ask], capture_output=True, text=True, env=environment, check=True
    )
    modules, seconds = json.loads(ran.stdout.splitlines()[-1])
    return set(modules), seconds


def test_the_names_are_known_before_anything_is_loaded():
    assert set(clv.__all__) == NAMES <= set(dir(clv))
    assert all(callable(getattr(clv, name)) for name in NAMES)
    assert clv.__version__
    text = pydoc.render_doc(clv, renderer=pydoc.plaintext)
    assert all(f"    {name}(" in text for name in NAMES)


def test_an_unknown_name_says_what_there_is():
    with pytest.raises(AttributeError, match="has no attribute 'forcast'; it has customers, days, forecast"):
        _ = clv.forcast


def test_importing_loads_nothing_that_takes_time():
    _, nothing = loaded("")
    modules, seconds = loaded("import clv")
    assert modules.isdisjoint(HEAVY)
    assert seconds - nothing < 0.3
    assert loaded("import clv; clv.weeks(39)")[0].isdisjoint(HEAVY)


def test_collecting_garbage_goes_on_after_an_import():
    code = "import gc, clv; clv.forecast; assert gc.isenabled(); gc.disable(); clv.run; assert not gc.isenabled()"
    loaded(code)


@pytest.mark.parametrize("from_file", [False, True])
def test_models_alone_load_no_learner_no_chart_and_no_other_source(from_file, shop):
    modules, _ = loaded(FROM_FILE.format(file=str(shop)) if from_file else ALONE)
    unused = {"sklearn", "scipy.stats", "matplotlib", "seaborn", "papermill", "psycopg", "phonenumbers", "splink"}
    assert modules.isdisjoint(unused), modules & unused
