"""Whatever decisions and the learning machine speak of has a name for readers."""

from typing import get_args

import pytest

from clv.decisions.portfolios import PORTFOLIOS, RISK_BANDS, VALUE_CLASSES
from clv.learning.candidates import BOOSTING, PROBABILITY, REGRESSION, RULES
from clv.learning.combine import BLEND, Reason
from clv.report import vocabulary
from clv.report.text import Text


def test_every_forecast_that_ships_and_every_end_of_a_contest_has_its_words():
    assert {PROBABILITY, REGRESSION, BOOSTING, BLEND, *RULES} <= set(vocabulary.FORECASTERS)
    assert set(vocabulary.CONTEST) == set(get_args(Reason))


def test_every_portfolio_class_and_risk_has_its_words():
    assert tuple(vocabulary.PORTFOLIOS) == PORTFOLIOS
    assert tuple(vocabulary.VALUE_CLASSES) == VALUE_CLASSES
    assert tuple(vocabulary.RISKS) == RISK_BANDS


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_forecast_from_outside_goes_by_its_own_name(language):
    said = Text(language, "EUR")(vocabulary.CONTEST["clearly_better"], winner="ExtraTreesRegressor")
    assert "ExtraTreesRegressor" in said
