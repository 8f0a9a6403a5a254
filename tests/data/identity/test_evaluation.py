import pandas as pd
import pytest
from tests.data.identity.evaluation import quality


def test_the_measures_by_hand():
    truth = pd.Series(list("AABBC"))
    found = pd.Series([1, 1, 1, 2, 3])  # one of B with A: pairs found 3, right 1, true 2
    result = quality(found, truth)
    assert result.precision == pytest.approx(1 / 3)
    assert result.recall == pytest.approx(1 / 2)
    assert result.b_cubed_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert result.b_cubed_recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2 + 1) / 5)
    assert result.exact == pytest.approx(1 / 3)
    assert result.largest == 3
