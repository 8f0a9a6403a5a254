"""A small shop as a file and as a frame, read and forecast once."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import clv
from clv.learning import distribution, learners

AS_OF = dt.date(2025, 6, 29)


@pytest.fixture(scope="session")
def orders():
    """Return lines of 400 customers who buy at their own pace for eighteen months or leave before."""
    rng = np.random.default_rng(3)
    lines = []
    for number in range(400):
        days = rng.integers(0, 300) + np.cumsum(np.concatenate([[0], rng.exponential(1 / rng.gamma(2, 1 / 60), 200)]))
        for day in days[: rng.geometric(0.06)]:
            if day < 546:
                when = pd.Timestamp("2024-01-01") + pd.Timedelta(int(day), unit="D")
                lines.append((f"{number:04d}", when, round(float(rng.gamma(6, 4)), 2)))
    return pd.DataFrame(lines, columns=["client", "day", "net"])


@pytest.fixture(scope="session")
def shop(orders, tmp_path_factory):
    file = tmp_path_factory.mktemp("shop") / "orders.csv"
    orders.to_csv(file, index=False, date_format="%Y-%m-%d")
    return file


@pytest.fixture(scope="session")
def log(shop):
    return clv.read(shop, customer="client", date="day", amount="net", as_of=AS_OF)


@pytest.fixture(scope="session")
def quick():
    """Fit few trees and draw few parameters: what is tested is what comes of a fit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PARAMETER_DRAWS", 5)
        yield


@pytest.fixture(scope="session")
def contested(log, quick):
    return clv.forecast(log, clv.days(91), margin=0.4)


@pytest.fixture(scope="session")
def alone(log, quick):
    return clv.forecast(log, clv.days(91), margin=0.4, contest=False)
