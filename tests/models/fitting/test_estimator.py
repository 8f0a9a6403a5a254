"""What every fitted model carries."""

import numpy as np
import pytest

from clv.errors import ConfigError
from clv.models import BGNBD, MBGCNBD, GammaGamma
from clv.models.purchases.bgnbd import Params


def test_a_model_shows_its_parameters():
    model = BGNBD()
    assert repr(model) == "BGNBD(not fitted)"
    model.params_ = Params(0.2426, 4.414, 0.793, 2.426)
    assert repr(model) == "BGNBD(r=0.2426, alpha=4.414, a=0.793, b=2.426)"


def test_a_model_without_a_fit_names_itself():
    with pytest.raises(ConfigError, match="GammaGamma is not fitted: call fit"):
        _ = GammaGamma().population_mean_


def test_fields_with_a_default_are_settings_and_not_fitted(cdnow):
    model = MBGCNBD(k=2).fit(cdnow)
    assert model.standard_errors_.index.tolist() == ["r", "alpha", "a", "b"]
    assert model.params_.k == 2
    assert all(drawn.k == 2 for drawn in model.draw_params(3, np.random.default_rng(1)))


def test_draws_repeat_with_the_same_seed(cdnow):
    model = BGNBD().fit(cdnow)
    first, again = (model.draw_params(5, np.random.default_rng(9)) for _ in range(2))
    assert first == again
    assert len(set(first)) == 5
