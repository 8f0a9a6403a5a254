"""What the base makes of any model's formulas: outcomes, their quantiles, draws, large bases."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from tests.models.conftest import simulate

from clv.errors import ConfigError, DataError
from clv.models import BGNBD, MBGCNBD, MBGNBD, ParetoNBD
from clv.models.fitting import search as fitting
from clv.models.fitting.counts import Counts, coarsen, compress, purchase_counts
from clv.models.purchases import base, bgnbd, mbgnbd, pareto_nbd
from clv.models.purchases import stages as purchase_stages
from clv.models.purchases.base_score import beta_geometric_score
from clv.models.purchases.bgnbd import Params
from clv.models.purchases.interpolation import smooth_in_time
from clv.models.purchases.quantiles import least_count
from clv.units import annual, weeks

MODELS = [
    (BGNBD, Params(0.6, 4.0, 0.8, 2.5)),
    (MBGNBD, Params(0.6, 4.0, 0.8, 2.5)),
    (MBGCNBD, purchase_stages.Params(0.6, 2.0, 0.8, 2.5, 2)),
    (ParetoNBD, pareto_nbd.Params(0.55, 10.6, 0.6, 11.7)),
]
EVERY_MODEL = pytest.mark.parametrize(("kind", "params"), MODELS, ids=lambda value: getattr(value, "__name__", ""))


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    """Enough distinct rows to be searched on a coarse picture."""
    return simulate(40_000, 0.6, 4.0, 0.8, 2.5, seed=8)


def given(kind, params):
    model = kind()
    model.params_ = params
    return model


# --- formulas that must agree with each other, whatever the model


@EVERY_MODEL
def test_expectation_and_silence_follow_from_the_probabilities_of_at_least_n(kind, params, simulated):
    model, few = given(kind, params), simulated.head(300)
    forecast = model.predict(few, weeks(30))
    tail = pd.concat([model.p_at_least(few, weeks(30), n) for n in range(1, 150)], axis=1)
    assert (np.diff(tail.to_numpy(), axis=1) <= 1e-12).all()
    enough = tail.iloc[:, -1] < 1e-11
    assert enough.mean() > 0.8
    assert tail.sum(axis=1)[enough].to_numpy() == pytest.approx(forecast["expected_purchases"][enough], rel=1e-6)
    assert (1 - tail.iloc[:, 0]).to_numpy() == pytest.approx(forecast["p_no_purchase"].to_numpy(), abs=1e-9)
    assert (model.p_at_least(few, weeks(30), 0) == 1).all()


@EVERY_MODEL
def test_silence_is_the_ratio_of_likelihoods(kind, params, simulated):
    model, counts = given(kind, params), purchase_counts(simulated.head(500))
    ratio = base.PurchaseModel._p_no_purchase(model, params, *counts, 13.0)
    assert model._p_no_purchase(params, *counts, 13.0) == pytest.approx(ratio, rel=1e-9)


@EVERY_MODEL
def test_a_new_customer_is_one_without_history(kind, params):
    """The probabilities of a new customer sum to one and have the mean that is expected."""
    model, n = given(kind, params), np.arange(3000)
    pmf = model.pmf_new_customer(n, 40.0)
    assert pmf.sum() == pytest.approx(1, abs=1e-9)
    assert n @ pmf == pytest.approx(float(model.expected_purchases_new_customer(40.0)), rel=1e-7)


@EVERY_MODEL
def test_discounting_agrees_with_adaptive_quadrature(kind, params):
    rate, history = annual(0.10).per("week"), Counts(*np.array([[8.0], [33.0], [39.0]]))
    model = given(kind, params)

    def expected(t: float) -> float:
        return float(model._expected_purchases(params, *history, t)[0])

    total, _ = quad(lambda t: np.exp(-rate * t) * expected(t), 0, 104, epsabs=1e-11)
    exact = np.exp(-rate * 104) * expected(104.0) + rate * total
    assert model._discounted_purchases(params, *history, 104.0, rate)[0] == pytest.approx(exact, rel=1e-9)


# --- quantiles of outcomes


@EVERY_MODEL
def test_quantiles_are_the_least_number_that_is_enough(kind, params, simulated):
    model, few = given(kind, params), simulated.head(200)
    levels = (0.05, 0.5, 0.95)
    found = model.outcome_quantiles(few, weeks(39), levels)
    assert found.columns.tolist() == list(levels)
    assert (found.dtypes == np.int64).all()
    assert found.index.equals(few.index)
    assert found.to_numpy().max() > 5
    counts = purchase_counts(few)
    for level in levels:
        n = found[level].to_numpy()
        assert (1 - model._p_at_least(params, n + 1, *counts, 39.0) >= level - 1e-12).all()
        below = 1 - model._p_at_least(params, n, *counts, 39.0)
        assert ((n == 0) | (below < level)).all()


def test_quantiles_cover_what_simulated_customers_do():
    customers = simulate(20_000, 0.6, 4.0, 0.8, 2.5, seed=21, horizon=39.0)
    found = given(*MODELS[0]).outcome_quantiles(customers, weeks(39), (0.1, 0.9))
    below, above = customers["future"] < found[0.1], customers["future"] > found[0.9]
    noise = 4 * np.sqrt(0.09 / 20_000)
    assert below.mean() < 0.1 + noise
    assert 0.02 < above.mean() < 0.1 + noise  # whole numbers: at most a tenth lie above


@pytest.mark.parametrize("enough", [0, 1, 2, 3, 7, 8, 1000])
def test_the_search_finds_every_number(enough):
    assert least_count(lambda n, rows: (n < enough).astype(float), 0.5, 2).tolist() == [enough, enough]


def test_levels_outside_zero_and_one_are_refused(simulated):
    with pytest.raises(ConfigError, match=r"levels of quantiles must be above 0 and below 1; got \[0\.5, 95\]"):
        given(*MODELS[0]).outcome_quantiles(simulated, weeks(4), (0.5, 95))


# --- uncertainty of the parameters


def test_drawn_models_spread_as_the_standard_errors_say(simulated):
    model = BGNBD().fit(simulated)
    drawn = np.log(model.draw_params(4000, np.random.default_rng(4)))
    errors, covariance = model.standard_errors_.to_numpy(), model.covariance_.to_numpy()
    assert drawn.std(axis=0) == pytest.approx(errors / np.array(model.params_), rel=0.05)
    assert np.corrcoef(drawn.T) == pytest.approx(covariance / np.outer(errors, errors), abs=0.05)
    one = model.draw_models(1, np.random.default_rng(4))[0]
    assert type(one) is BGNBD
    assert one.params_ == pytest.approx(np.exp(drawn[0]), rel=1e-9)
    assert one.predict(simulated.head(3)).index.equals(simulated.head(3).index)


def test_a_parameter_at_the_boundary_is_not_drawn():
    x = np.tile([1.0, 2.0, 3.0, 5.0, 9.0, 14.0], 50)
    loyal = pd.DataFrame({"frequency": x, "recency": 40 - 20 / (x + 1) / 2, "T": 40.0})
    model = BGNBD().fit(loyal)
    drawn = pd.DataFrame(model.draw_params(50, np.random.default_rng(1)))
    assert "a" in model.at_boundary_
    assert drawn["a"].to_numpy() == pytest.approx(model.params_.a, rel=1e-12)
    assert drawn["r"].std() > 0


def test_parameters_by_hand_have_no_uncertainty():
    with pytest.raises(ConfigError, match=r"BGNBD is not fitted: call fit\(customers\) before drawing"):
        given(*MODELS[0]).draw_params(1, np.random.default_rng(1))


# --- large bases: looked up, merged and interpolated, and yet the same


@pytest.mark.parametrize(("formulas", "at_start"), [(bgnbd, 0), (mbgnbd, 1)])
@pytest.mark.parametrize("p", [Params(0.25, 4.5, 0.8, 2.4), Params(1e-3, 1e-3, 1e-3, 1e3), Params(30.0, 1e4, 5.0, 0.1)])
def test_the_fast_likelihood_is_the_sum_of_the_formulas(simulated, formulas, at_start, p):
    columns, weight = compress(purchase_counts(simulated)._asdict(), None)
    counts, share = Counts(*columns), weight / weight.sum()
    value, slope = beta_geometric_score(counts, share, at_start)(p)
    assert value == pytest.approx(formulas.log_likelihood(p, *counts) @ share, rel=1e-12)
    exact = formulas.gradient(p, *counts) @ share
    assert slope * p == pytest.approx(exact * p, rel=1e-9, abs=1e-12)


def test_a_coarse_search_leads_to_the_same_top(large, monkeypatch):
    calls = []
    monkeypatch.setattr(base, "coarsen", lambda *rows: calls.append(rows) or coarsen(*rows))
    model = BGNBD().fit(large)
    assert coarsen(*calls[0][:2])[2].size < calls[0][1].size / 8
    monkeypatch.setattr(base, "coarsen", lambda *rows: None)
    full = BGNBD().fit(large)
    assert model.params_ == pytest.approx(full.params_, rel=1e-9)
    assert model.log_likelihood_ == pytest.approx(full.log_likelihood_, rel=1e-13)
    assert model.covariance_.to_numpy() == pytest.approx(full.covariance_.to_numpy(), rel=1e-5)
    assert (model.fit_.gradient_norm < 1e-10, model.fit_.starts_agreeing) == (True, 3)


def test_the_order_of_a_large_base_does_not_matter(large):
    one, other = (BGNBD().fit(large.sample(frac=1, random_state=seed)) for seed in (1, 2))
    assert one.params_ == other.params_


def test_merged_rows_keep_the_customers_and_their_times(large):
    columns, weight = compress(purchase_counts(large)._asdict(), None)
    counts, others, share = coarsen(Counts(*columns), weight)
    assert others == []
    assert share.sum() == pytest.approx(1, abs=1e-12)
    for merged, column in zip(counts, columns, strict=True):
        assert merged @ share == pytest.approx(column @ weight / weight.sum(), rel=1e-12)
    assert ((counts.t_x <= counts.T) & ((counts.x > 0) == (counts.t_x > 0))).all()


def test_a_coarse_objective_only_guides():
    """Its top is elsewhere and its curvature wrong: the top found is still that of the objective."""

    def bell(u):
        return -float((u - 1) @ (u - 1)), -2 * (u - 1)

    def elsewhere(u):
        return -float((u + 2) @ (u + 2)) * 9, -18 * (u + 2)

    space = fitting.Space(("m", "n"), np.ones(2), np.zeros(2))
    fit = fitting.maximise(bell, space, [[0.0, 0.0], [3.0, 1.0]], n=10, model="bell", coarse=elsewhere)
    assert fit.log_params == pytest.approx([1.0, 1.0], abs=1e-9)
    assert fit.starts_agreeing == 2


@pytest.mark.parametrize("p", [Params(0.25, 4.5, 0.8, 2.4), Params(3.0, 0.2, 0.05, 30.0)])
def test_interpolated_forecasts_are_those_computed_one_by_one(large, p):
    x, t_x, T = purchase_counts(large)
    some = slice(None, None, 97)
    whole = bgnbd.expected_purchases(p, x, t_x, T, 52.0)[some]
    each = [bgnbd.expected_purchases(p, *row, 52.0) for row in zip(x[some], t_x[some], T[some], strict=True)]
    assert whole == pytest.approx(np.array(each), rel=1e-10)


def test_interpolation_is_exact_from_the_first_day_to_decades():
    T = np.linspace(0.0, 2000.0, 5000)
    rate = smooth_in_time(lambda x, times: (1 + x) / (0.5 + times), np.zeros(5000), T, 0.5)
    assert rate * (0.5 + T) == pytest.approx(np.ones(5000), abs=1e-10)


def test_weeks_and_days_are_scaled_by_every_model(simulated):
    few = simulated.head(1500)
    daily = few.assign(recency=few["recency"] * 7, T=few["T"] * 7)
    for kind in (BGNBD, MBGNBD, ParetoNBD):
        week, day = kind().fit(few).predict(few, weeks(20)), kind("day").fit(daily).predict(daily, weeks(20))
        pd.testing.assert_frame_equal(week, day, rtol=1e-5)


def test_every_model_refuses_a_base_without_repeat_purchases():
    once = pd.DataFrame({"frequency": [0, 0], "recency": [0.0, 0.0], "T": [9.0, 8.0]})
    for kind in (BGNBD, MBGNBD, ParetoNBD):
        with pytest.raises(DataError, match=r"every customer bought once \(2 customers\)"):
            kind().fit(once)
