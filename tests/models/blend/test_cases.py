"""Whether customers have a rhythm, settled by the likelihood and by the forecasts of past origins."""

import numpy as np
import pandas as pd
import pytest
from tests.reference import companies

from clv.models.blend.cases import Past, cases_with_rhythm
from clv.units import days

DAYS, SPAN = 540, 120


def with_gaps(regularity: float, seed: int = 3, n: int = 500) -> pd.DataFrame:
    """Return the days of customers with gamma gaps of a mean of their own; 1 is exponential, more is more regular."""
    rng = np.random.default_rng(seed)
    mean, clock = 20 + rng.gamma(3, 8, n), rng.integers(0, 120, n).astype(float)
    life = clock + rng.exponential(500, n)
    who, rows = np.arange(n), []
    while (active := clock <= np.minimum(life, DAYS)).any() or not rows:
        rows.append((who[active], clock[active]))
        clock = clock + rng.gamma(regularity, mean / regularity)
    customer, when = (np.concatenate(column) for column in zip(*rows, strict=True))
    return companies.purchase_days(customer, np.floor(when), 10.0)


def known_with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    as_of = companies.day(DAYS)
    known = companies.known(rows, as_of, SPAN)
    gaps = rows.sort_values(["customer_id", "ordered_on"]).groupby("customer_id")["ordered_on"].diff().dt.days / 7
    logs = np.log(gaps).groupby(rows["customer_id"]).sum()
    return known.assign(log_gaps=logs.reindex(known.index).fillna(0.0))


def past(rows: pd.DataFrame) -> list[Past]:
    origins = [companies.day(DAYS - SPAN), companies.day(DAYS - 2 * SPAN)]
    tables = [companies.known(rows, origin, SPAN) for origin in origins]
    return [Past(o, k, companies.outcome(rows, o, SPAN, k.index)) for o, k in zip(origins, tables, strict=True)]


def test_customers_with_a_rhythm_are_forecast_as_such():
    rows = with_gaps(regularity=6.0)
    stages, cases = cases_with_rhythm(known_with_gaps(rows), past(rows), days(SPAN))
    assert stages >= 3
    assert len(cases) == 2
    plain = [case.baseline["expected_orders"] for case in cases_with_rhythm(known(rows), past(rows), days(SPAN))[1]]
    for case, without in zip(cases, plain, strict=True):
        error = [np.mean((table - case.orders) ** 2) for table in (case.baseline["expected_orders"], without)]
        assert error[0] < 0.95 * error[1]


@pytest.mark.parametrize("regularity", [1.0, 0.5])
def test_exponential_and_clumpy_gaps_are_no_rhythm(regularity):
    rows = with_gaps(regularity)
    assert cases_with_rhythm(known_with_gaps(rows), past(rows), days(SPAN))[0] == 1


def known(rows: pd.DataFrame) -> pd.DataFrame:
    return known_with_gaps(rows).drop(columns="log_gaps")


def test_without_past_origins_or_gaps_no_rhythm_is_claimed():
    rows = with_gaps(regularity=6.0, n=120)
    assert cases_with_rhythm(known_with_gaps(rows), [], days(SPAN)) == (1, [])
    assert cases_with_rhythm(known(rows), past(rows), days(SPAN))[0] == 1
