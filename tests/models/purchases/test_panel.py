"""The BG/BB of a panel: the BG/BB itself, with times for numbers of opportunities."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from tests.models.purchases.test_bgbb import simulate

from clv.errors import ConfigError, DataError
from clv.models.purchases import bgbb, panel
from clv.models.purchases.bgbb import BGBB
from clv.models.purchases.family import ON_DATES, ModelFamily
from clv.models.purchases.panel import Opportunities, PanelBGBB, Params
from clv.units import annual, days, weeks

TRUTH = bgbb.Params(1.2, 0.75, 0.66, 2.8)
MONTHS = pd.date_range("2022-01-01", "2024-12-01", freq="MS")
COHORTS, AS_OF = (0, 3, 4, 11), MONTHS[17]  # opportunities so far: 17, 14, 13 and 6


def times(as_of: pd.Timestamp, unit: float = 7.0) -> tuple[float, ...]:
    """Return all months as times from a date."""
    return tuple(((MONTHS - as_of).days / unit).tolist())


def as_times(counts: pd.DataFrame, entry: pd.Series, as_of: pd.Timestamp, unit: float = 7.0) -> pd.DataFrame:
    """Return the same histories in time, of customers who entered in a month by number."""
    first, last = MONTHS[entry], MONTHS[entry + counts["recency"]]
    in_time = {"recency": (last - first).days / unit, "T": (as_of - first).days / unit}
    return counts[["frequency"]].assign(**in_time)


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    """Customers of four cohorts as numbers of opportunities, with the month of their entry."""
    parts = [simulate(500, TRUTH, 17 - entry, entry).assign(entry=entry) for entry in COHORTS]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def customers(counts) -> pd.DataFrame:
    return as_times(counts, counts["entry"], AS_OF)


@pytest.fixture(scope="module")
def plain(counts) -> BGBB:
    return BGBB().fit(counts)


@pytest.fixture(scope="module")
def fitted(customers) -> PanelBGBB:
    return PanelBGBB(times(AS_OF)).fit(customers)


# --- the same model


def test_the_fit_is_that_of_the_bgbb_to_the_same_counts(fitted, plain):
    assert fitted.params_[:4] == pytest.approx(plain.params_, rel=1e-6)
    assert fitted.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-12)
    assert fitted.standard_errors_.to_numpy() == pytest.approx(plain.standard_errors_.to_numpy(), rel=1e-4)
    assert list(fitted.standard_errors_.index) == ["alpha", "beta", "gamma", "delta"]
    assert fitted.fit_.starts_agreeing == 3


@pytest.mark.parametrize(("horizon", "chances"), [(30, 1), (31, 1), (60, 1), (61, 2), (184, 6), (366, 12), (900, 29)])
def test_the_forecasts_are_those_of_the_bgbb_at_as_many_opportunities(
    fitted, plain, customers, counts, horizon, chances
):
    """From 1 June 2023 the next ones follow after 30, 61 … days, and beyond the last that is given evenly."""
    said, expected = fitted.predict(customers, days(horizon)), plain.predict(counts, chances)
    pd.testing.assert_frame_equal(said, expected, rtol=1e-6)


def test_a_horizon_without_an_opportunity_expects_nothing(fitted, customers):
    said = fitted.predict(customers, days(29))
    assert (said["expected_purchases"].eq(0).all(), said["p_no_purchase"].eq(1).all()) == (True, True)
    assert fitted.discounted_purchases(customers, days(29), annual(0.1)).eq(0).all()
    assert fitted.outcome_quantiles(customers, days(29), (0.05, 0.95)).eq(0).all(axis=None)


@pytest.mark.parametrize("late", [1, 14, 29])
def test_a_later_day_in_the_same_month_changes_nothing_but_the_time_that_is_left(counts, plain, late):
    as_of = AS_OF + pd.Timedelta(days=late)
    model = PanelBGBB(times(as_of)).fit(as_times(counts, counts["entry"], as_of))
    assert model.params_[:4] == pytest.approx(plain.params_, rel=1e-6)
    assert [model.params_.opportunities.within(n / 7) for n in (29 - late, 30 - late, 61 - late)] == [0, 1, 2]


def test_days_say_the_same_as_weeks(fitted, customers, counts):
    daily = as_times(counts, counts["entry"], AS_OF, unit=1.0)
    model = PanelBGBB(times(AS_OF, unit=1.0), "day").fit(daily)
    pd.testing.assert_frame_equal(model.predict(daily, weeks(26)), fitted.predict(customers, weeks(26)), rtol=1e-6)
    assert model.dates_within(days(61)).tolist() == pytest.approx(fitted.dates_within(days(61)).tolist()) == [30, 61]


# --- laws


def test_outcomes_have_the_chances_of_the_bgbb(fitted, customers, counts):
    p, few = fitted.params_, counts.drop_duplicates(["frequency", "recency", "n_opportunities"])
    rows = customers.loc[few.index]
    k = np.arange(8.0)[:, np.newaxis]
    history = (few[name].to_numpy(dtype=float) for name in ("frequency", "recency", "n_opportunities"))
    chances = bgbb.pmf(p.fitted, k, *history, 6)
    in_time = rows["frequency"].to_numpy(), rows["recency"].to_numpy(), rows["T"].to_numpy()
    at_least = panel.p_at_least(p, k, *in_time, 26.5)
    assert at_least[:-1] - at_least[1:] == pytest.approx(chances[:-1], abs=1e-12)
    assert (at_least[0], at_least[7]) == (pytest.approx(np.ones(len(few))), pytest.approx(np.zeros(len(few))))
    assert panel.p_no_purchase(p, *in_time, 26.5) == pytest.approx(chances[0], rel=1e-9)
    assert at_least[1:].sum(axis=0) == pytest.approx(panel.expected_purchases(p, *in_time, 26.5), rel=1e-9)
    middle = fitted.outcome_quantiles(rows, weeks(26.5), (0.5,))[0.5].to_numpy()
    assert middle == pytest.approx((np.cumsum(chances, axis=0) < 0.5).sum(axis=0))


def test_discounting_takes_each_date_at_its_time(fitted, customers):
    rate = annual(0.1)
    ends = fitted.dates_within(days(366))
    total = [fitted.predict(customers, days(float(end)))["expected_purchases"].to_numpy() for end in ends]
    worth = [
        np.exp(-rate.per("day") * end) * step
        for end, step in zip(ends, np.diff(total, axis=0, prepend=0.0), strict=True)
    ]
    found = fitted.discounted_purchases(customers, days(366), rate)
    assert found.to_numpy() == pytest.approx(np.sum(worth, axis=0), rel=1e-3)  # months are taken as even
    none = fitted.discounted_purchases(customers, days(366), annual(0.0))
    assert none.to_numpy() == pytest.approx(total[-1], rel=1e-12)


def test_new_customers_buy_as_those_of_the_bgbb(fitted, plain):
    ages = np.array([0.0, 28, 31, 92, 365, 731]) / 7
    chances = [0, 1, 1, 3, 12, 24]
    expected = [bgbb.expected_purchases_new_customer(plain.params_, n) for n in chances]
    assert fitted.expected_purchases_new_customer(ages) == pytest.approx(expected, rel=1e-5)
    pmf = fitted.pmf_new_customer(np.arange(25)[:, np.newaxis], ages)
    assert pmf.sum(axis=0) == pytest.approx(np.ones(6))
    assert np.arange(25) @ pmf == pytest.approx(expected, rel=1e-5)


# --- times as opportunities


def test_a_purchase_between_the_dates_belongs_to_the_nearest_one():
    weekly = Opportunities(tuple(np.arange(-4.0, 3.0)))
    x, t_x, T = (
        np.array([2.0, 2.0, 1.0, 0.0, 3.0]),
        np.array([1.9, 3.2, 0.3, 0.0, 9.0]),
        np.array([3.1, 4.4, 0.4, 0.7, 9.0]),
    )
    assert [values.tolist() for values in weekly.so_far(x, t_x, T)] == [
        [2.0, 2.0, 0.0, 0.0, 3.0],
        [2.0, 3.0, 0.0, 0.0, 4.0],
        [3.0, 4.0, 0.0, 1.0, 4.0],
    ]


def test_dates_that_were_left_out_are_no_opportunities():
    closed = Opportunities((-5.0, -4.0, -1.0, 0.0, 1.0, 4.0))
    assert [values.tolist() for values in closed.so_far(np.array([2.0]), np.array([4.0]), np.array([5.0]))] == [
        [2.0], [2.0], [3.0],
    ]  # fmt: skip
    assert [closed.within(length) for length in (0.5, 1.0, 3.9, 4.0)] == [0, 1, 1, 2]


def test_without_dates_to_come_the_period_goes_on():
    seen = Opportunities((-25.0, -15.0, -5.0))
    assert [seen.within(length) for length in (4.9, 5.0, 14.9, 15.0, 105.0)] == [0, 1, 1, 2, 11]
    assert seen.ahead(25.0).tolist() == [5.0, 15.0, 25.0]


# --- among the other models


def test_it_is_copied_and_shown_as_the_others_are(fitted):
    copy = clone(fitted)
    assert copy.get_params() == {"opportunities": times(AS_OF), "time_unit": "week"}
    assert not hasattr(copy, "params_")
    assert repr(fitted).startswith("PanelBGBB(alpha=")
    assert "every 4.3" in repr(fitted)
    drawn = fitted.draw_models(3, np.random.default_rng(1))
    assert [isinstance(model.params_, Params) for model in drawn] == [True] * 3
    assert drawn[0].params_.opportunities == fitted.params_.opportunities


def test_evidence_is_the_shape_of_what_is_known_of_buying(fitted, customers):
    assert fitted.evidence(customers).to_numpy() == pytest.approx(fitted.params_.alpha + customers["frequency"])


def test_in_the_family_it_stands_alone(customers, fitted):
    family = ModelFamily().fit(customers, opportunities=times(AS_OF))
    assert list(family.models_) == [family.best_] == [ON_DATES]
    pd.testing.assert_frame_equal(family.predict(customers, weeks(26)), fitted.predict(customers, weeks(26)))
    assert [family.most(days(n)) for n in (29, 61, 184)] == [1.0, 2.0, 6.0]
    assert sorted(family.steps(days(62))) == pytest.approx([29, 30, 60, 61])
    usual = ModelFamily()
    usual.models_ = {}
    assert (usual.most(days(61.5)), usual.steps(days(61.5))) == (61.0, set())


@pytest.mark.parametrize("wrong", [(), (0.0,), (0.0, -1.0), (1.0, 2.0), (-1.0, float("nan"))])
def test_impossible_opportunities_are_refused(wrong):
    with pytest.raises(ConfigError, match="opportunities must be two or more rising times, the first not after 0"):
        PanelBGBB(wrong)


def test_customers_who_never_came_back_are_refused(customers):
    with pytest.raises(DataError, match="every customer bought once"):
        PanelBGBB(times(AS_OF)).fit(customers.assign(frequency=0, recency=0.0))
