"""The naive rate forecast."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import ConfigError
from clv.models import naive
from clv.units import days, weeks


def test_the_rate_goes_on_and_an_unobserved_customer_gets_zero():
    customers = pd.DataFrame(
        {"frequency": [6, 0, 0], "recency": [10.0, 0, 0], "T": [12.0, 12.0, 0.0]}, index=["0012", "7", "3"]
    )
    forecast = naive.expected_purchases(customers, weeks(4))
    assert forecast.tolist() == [2.0, 0.0, 0.0]
    assert forecast.index.equals(customers.index)


def test_days_and_weeks_agree(cdnow):
    in_days = cdnow.assign(recency=cdnow["recency"] * 7, T=cdnow["T"] * 7)
    daily = naive.expected_purchases(in_days, days(273), time_unit="day")
    assert daily.to_numpy() == pytest.approx(naive.expected_purchases(cdnow, weeks(39)).to_numpy(), rel=1e-12)
    assert np.isfinite(daily).all()


def test_a_bare_number_is_no_horizon(cdnow):
    with pytest.raises(ConfigError, match="horizon must be a Horizon"):
        naive.expected_purchases(cdnow, 39)
