"""What every fitted model carries."""

import pytest

from clv.errors import ConfigError
from clv.models import BGNBD, GammaGamma
from clv.models.bgnbd import Params


def test_a_model_shows_its_parameters():
    model = BGNBD()
    assert repr(model) == "BGNBD(not fitted)"
    model.params_ = Params(0.2426, 4.414, 0.793, 2.426)
    assert repr(model) == "BGNBD(r=0.2426, alpha=4.414, a=0.793, b=2.426)"


def test_a_model_without_a_fit_names_itself():
    with pytest.raises(ConfigError, match="GammaGamma is not fitted: call fit"):
        _ = GammaGamma().population_mean_
