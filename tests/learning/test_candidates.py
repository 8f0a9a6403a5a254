"""Who competes: rules as by hand, learners that find what they are made for, and whatever is brought from outside."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.learning import guards
from tests.reference import companies

from clv.errors import ConfigError
from clv.learning.candidates import (
    BOOSTING,
    HIATUS,
    LAST_PERIOD,
    NAIVE,
    REGRESSION,
    RULES,
    Ground,
    Learner,
    OfModel,
    View,
    count_learners,
    from_outside,
    patience,
    probability_learners,
    rules_of_thumb,
)
from clv.learning.learners import quietly
from clv.models import BGNBD, MBGCNBD, ParetoNBD
from clv.units import days, weeks

N = 3_000
KNOWN = pd.DataFrame(
    {
        "frequency": [6, 2, 0, 3, 0],
        "recency": [28.0, 10.0, 0.0, 9.0, 0.0],
        "T": [30.0, 20.0, 10.0, 10.0, 0.0],
        "orders_in_span": [2, 0, 0, 1, 0],
    },
    index=list("abcde"),
)


# --- rules of thumb


def test_rules_of_thumb_are_as_by_hand():
    view, ground = View(KNOWN, pd.DataFrame(index=KNOWN.index), weeks(10), weeks(5)), Ground()
    ground.hiatus_ = 4.0
    found = {name: rule.fit(pd.DataFrame(), np.empty(0), view, ground)(view) for name, rule in rules_of_thumb().items()}
    assert list(found) == list(RULES)
    assert found[NAIVE].tolist() == [2.0, 1.0, 0.0, 3.0, 0.0]  # the newcomer of today has no rate yet
    assert found[HIATUS].tolist() == [2.0, 0.0, 0.0, 3.0, 0.0]  # b has been silent for ten weeks
    assert found[LAST_PERIOD].tolist() == [4.0, 0.0, 0.0, 2.0, 0.0]  # twice the length of the span


def test_patience_is_the_interval_of_nine_in_ten_returning_customers():
    gaps = np.arange(1.0, 12.0)
    known = pd.DataFrame({"frequency": [2.0] * 11 + [0.0], "recency": [*(2 * gaps), 0.0]})
    assert patience(known) == pytest.approx(10.0)
    assert patience(known.tail(1)) == float("inf")


# --- learners


@pytest.fixture(scope="module")
def case():
    """Return features, expected and actual counts: twice the expected where the second feature is high, half below."""
    rng = np.random.default_rng(8)
    X = rng.normal(size=(N, 3))
    expected = np.exp(0.5 * X[:, 0])
    mean = expected * np.where(X[:, 1] > 0, 2.0, 0.5)
    return X, expected, mean, rng.poisson(mean).astype(float)


def regression():
    return clone(count_learners()[REGRESSION].estimator)


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e4])
def test_a_regression_has_the_total_of_its_fit_in_any_unit(case, unit):
    X, _, _, y = case
    found = regression().fit(X, unit * y).predict(X)
    assert found.sum() == pytest.approx(unit * y.sum(), rel=1e-4)  # a Poisson regression with an intercept
    np.testing.assert_allclose(found / unit, regression().fit(X, y).predict(X), rtol=1e-5)


def test_a_regression_finds_an_exponential(case):
    X, _, _, _ = case
    mean = np.exp(X @ [0.5, -0.3, 0.0])
    y = np.random.default_rng(2).poisson(mean).astype(float)
    assert np.corrcoef(regression().fit(X, y).predict(X), mean)[0, 1] > 0.99


def test_a_regression_does_not_extrapolate(case):
    X, _, _, y = case
    model = regression().fit(X, y)
    far = np.array([[1e3, 1e3, 1e3], [-1e3, -1e3, -1e3]])
    inside = np.clip(far, X.min(axis=0), X.max(axis=0))
    np.testing.assert_array_equal(model.predict(far), model.predict(inside))


@pytest.mark.parametrize(("learner", "off"), [(REGRESSION, 0.12), (BOOSTING, 0.07)])
def test_probabilities_of_silence_are_calibrated(case, learner, off):
    X, _, mean, y = case
    found = clone(probability_learners()[learner].estimator).fit(X, y == 0).predict_proba(X)[:, 1]
    assert ((found > 0) & (found < 1)).all()
    assert found.mean() == pytest.approx((y == 0).mean(), abs=0.01)
    assert np.mean(np.abs(found - np.exp(-mean))) < off


def test_a_constant_feature_disturbs_nobody(case):
    X, _, _, y = case
    constant = np.column_stack([X, np.ones(N)])
    np.testing.assert_allclose(
        quietly(regression(), constant, y).predict(constant), regression().fit(X, y).predict(X), rtol=1e-4
    )


# --- the ground


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return companies.known(companies.buyers(700, 5, days=400, arrivals=200), companies.day(400), 90)


@pytest.fixture(scope="module")
def ground(known) -> Ground:
    return Ground().fit(known)


def test_the_mean_spend_is_that_of_the_fit_whoever_is_forecast(known, ground):
    whole, part = (ground.over(rows, weeks(26)) for rows in (known, known.tail(3)))
    assert whole["mean_spend"].to_numpy() == pytest.approx(whole["spend"].mean())
    pd.testing.assert_frame_equal(part, whole.tail(3))


def test_distinct_counts_of_all_stand_for_the_customers(known, ground):
    keys = ["frequency", "recency", "T"]
    triples = known.groupby(keys, as_index=False).size().rename(columns={"size": "n_customers"})
    by_triples = Ground().fit(known, triples).over(known, weeks(26))
    pd.testing.assert_frame_equal(by_triples, ground.over(known, weeks(26)), rtol=1e-6)


@pytest.mark.parametrize("stages", [1, 3])
def test_evidence_is_the_shape_of_what_is_known_of_a_customers_own_rate(known, stages):
    guards.evidence_counts_the_stages_of_every_gap(known, stages)


# --- candidates from outside

PIPELINE = make_pipeline(StandardScaler(), LinearRegression())


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("count", ["LinearRegression", "BGNBD"]),
        ("amount", ["LinearRegression"]),
        ("probability", ["LogisticRegression", "BGNBD"]),
    ],
)
def test_each_candidate_from_outside_forecasts_what_it_can(kind, names):
    found = from_outside([PIPELINE, LogisticRegression(), BGNBD()], kind)
    assert list(found) == names  # a pipeline is named by what it ends in


def test_candidates_from_outside_have_the_names_that_they_are_given():
    assert list(from_outside({"mine": LinearRegression(), "theirs": PIPELINE}, "count")) == ["mine", "theirs"]


@pytest.mark.parametrize("one", [StandardScaler(), "BG/NBD", object(), np.mean, LinearRegression])
def test_what_can_forecast_nothing_is_refused_by_name(one):
    with pytest.raises(ConfigError, match="candidate 'odd' must be a regressor, a classifier or a purchase model"):
        from_outside({"odd": one}, "count")


def view_of(known: pd.DataFrame, ground: Ground) -> View:
    return View(known, ground.over(known, days(90)), days(90), days(90))


def test_a_purchase_model_from_outside_forecasts_what_it_says_alone(known, ground):
    view = view_of(known, ground)
    model = from_outside([BGNBD()], "count")["BGNBD"]
    found = model.fit(pd.DataFrame(), np.empty(0), view, ground)(view)
    np.testing.assert_allclose(found, BGNBD().fit(known).predict(known, days(90))["expected_purchases"], rtol=1e-9)


def test_what_is_brought_is_copied_and_never_fitted_itself(known, ground):
    view, y = view_of(known, ground), known["orders_28d"].to_numpy(dtype=float)
    brought = LinearRegression(), DummyClassifier(), BGNBD()
    for one in brought:
        kind = OfModel(one, "expected_purchases") if isinstance(one, BGNBD) else Learner(one)
        assert kind.fit(view.X, y, view, ground)(view).shape == (len(known),)
    assert not hasattr(brought[0], "coef_")
    assert not hasattr(brought[1], "classes_")
    assert repr(brought[2]) == "BGNBD(not fitted)"


class MeanOfAll:
    """Has fit and predict, and no other habit of scikit-learn."""

    def fit(self, X, y):
        self.mean = float(np.mean(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.mean)


def test_what_has_fit_and_predict_can_forecast(known, ground):
    view, y, one = view_of(known, ground), known["orders_28d"].to_numpy(dtype=float), MeanOfAll()
    candidate = from_outside([one], "count")["MeanOfAll"]
    np.testing.assert_allclose(candidate.fit(view.X, y, view, ground)(view), y.mean())
    assert not hasattr(one, "mean")


def test_no_learner_forecasts_less_than_nothing_and_a_classifier_forecasts_that_something_happens(known, ground):
    view, y = view_of(known, ground), known["orders_28d"].to_numpy(dtype=float)
    assert (Learner(LinearRegression()).fit(view.X, -y - 1, view, ground)(view) == 0).all()
    share = Learner(DummyClassifier(strategy="prior")).fit(view.X, y, view, ground)(view)
    np.testing.assert_allclose(share, (y > 0).mean())


@pytest.mark.parametrize("model", [BGNBD(), ParetoNBD(time_unit="day"), MBGCNBD(k=3)])
def test_a_purchase_model_is_cloned_with_its_settings_and_without_its_fit(known, model):
    model.fit(known)
    copy = clone(model)
    assert type(copy) is type(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "params_")


def test_an_unknown_setting_of_a_purchase_model_is_named():
    assert BGNBD().set_params(time_unit="day").time_unit == "day"
    with pytest.raises(ConfigError, match=r"BGNBD has no parameter \['speed'\]; it has time_unit, covariates"):
        BGNBD().set_params(speed=1)
