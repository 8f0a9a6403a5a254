"""Two hundred simulated bases of every kind: each fit reaches one top, whatever the start and the unit of time.

The grid runs from rare to frequent buyers (r 0.1 to 5), from almost nobody to most leaving at once (a below and above
1), from observations too short to see anybody leave to two years, with 200 and with 500 customers.
"""

from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from tests.models.conftest import simulate

from clv.models import BGNBD, MBGNBD, ParetoNBD
from clv.models.fitting.search import GRADIENT_TOLERANCE

OTHER_STARTS = ((0.1, 3.0, 3.0, 0.3), (5.0, 1.0, 0.3, 0.3), (0.7, 0.02, 5.0, 5.0))
SHAPES, GAPS = (0.1, 0.5, 1.5, 5.0), (2.0, 9.0)  # r, and mean weeks between purchases
DROPOUT = ((0.5, 2.5), (1.0, 1.0), (2.0, 1.0), (0.3, 9.0), (3.0, 12.0))
LIFETIMES = ((0.6, 12.0), (1.0, 20.0), (2.5, 20.0))  # s and beta of the Pareto/NBD, weeks
BASES = ((200, (40, 100)), (500, (100, 730)))  # customers, and days under observation


class Case(NamedTuple):
    """One simulated base: the model, its true parameters and its customers."""

    kind: type
    truth: tuple[float, float, float, float]
    customers: pd.DataFrame


class Outcome(NamedTuple):
    """Its fits: as they come, from other starts, and for every second base in days."""

    case: Case
    fit: object
    other: object
    daily: object


def simulate_pareto(n, truth, seed, days):
    """Return n customers with gamma purchase rates and gamma rates of leaving."""
    r, alpha, s, beta = truth
    rng = np.random.default_rng(seed)
    rate, T = rng.gamma(r, 1 / alpha, n), rng.integers(*days, n) / 7
    end = np.minimum(T, rng.exponential(1 / rng.gamma(s, 1 / beta, n)))
    x = rng.poisson(rate * end)
    # given their number, the times of a Poisson process are uniform: the last is the largest of x
    t_x = np.where(x > 0, end * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return pd.DataFrame({"frequency": x, "recency": t_x, "T": T})


def cases() -> list[Case]:
    found = []
    for seed, (r, gap, (a, b), (n, days)) in enumerate(product(SHAPES, GAPS, DROPOUT, BASES)):
        truth = (r, r * gap, a, b)
        found.append(Case(BGNBD, truth, simulate(n, *truth, seed=seed, days=days)))
        found.append(Case(MBGNBD, truth, simulate(n, *truth, seed=1000 + seed, at_start=True, days=days)))
    for seed, (r, gap, (s, beta), (n, days)) in enumerate(product(SHAPES[:-1], GAPS, LIFETIMES, BASES)):
        truth = (r, r * gap, s, beta)
        found.append(Case(ParetoNBD, truth, simulate_pareto(n, truth, 2000 + seed, days)))
    for seed in range(4):  # time and again the same: the spread of estimates, not of truths
        truth = (1.0, 6.0, 0.8, 2.5)
        found.append(Case(BGNBD, truth, simulate(500, *truth, seed=3000 + seed)))
    return found


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    result = []
    for number, case in enumerate(cases()):
        elsewhere = type(case.kind.__name__, (case.kind,), {"_starts": OTHER_STARTS})
        in_days = case.customers.assign(recency=case.customers["recency"] * 7, T=case.customers["T"] * 7)
        daily = case.kind("day").fit(in_days) if number % 4 < 2 else None
        result.append(Outcome(case, case.kind().fit(case.customers), elsewhere().fit(case.customers), daily))
    return result


def test_every_fit_converges(outcomes):
    assert len(outcomes) == 200
    assert max(o.fit.fit_.gradient_norm for o in outcomes) < GRADIENT_TOLERANCE
    assert np.mean([o.fit.fit_.gradient_norm < 1e-9 for o in outcomes]) > 0.95


def test_other_starts_reach_the_same_likelihood(outcomes):
    pairs = np.array([(o.fit.log_likelihood_, o.other.log_likelihood_) for o in outcomes])
    assert pairs[:, 1] == pytest.approx(pairs[:, 0], rel=1e-6)


def test_the_unit_of_time_only_scales(outcomes):
    for case, fit, _, daily in (o for o in outcomes if o.daily is not None):
        shift = case.customers["frequency"].sum() * np.log(7)
        assert daily.log_likelihood_ == pytest.approx(fit.log_likelihood_ - shift, rel=1e-6, abs=1e-4)
        if not fit.at_boundary_ and np.linalg.cond(fit.fit_.hessian) < 1e6:
            in_time = [name in fit._time_params for name in fit.params_._fields]
            assert daily.params_ == pytest.approx(np.where(in_time, 7.0, 1.0) * fit.params_, rel=1e-4)


def test_the_truth_is_never_likelier_than_the_fit(outcomes):
    for case, fit, *_ in outcomes:
        x, t_x, T = (case.customers[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
        at_truth = fit._log_likelihood(fit._params(case.truth), x, t_x, T).sum()
        assert at_truth <= fit.log_likelihood_ + 1e-6


def test_the_truth_lies_within_the_stated_errors(outcomes):
    """Of all parameters of bases with nothing at a boundary, 95 % should; by logarithms, being positive."""
    inside = []
    for case, fit, *_ in outcomes:
        error = fit.standard_errors_.to_numpy() / np.array(fit.params_)
        if not fit.at_boundary_ and np.isfinite(error).all():
            inside.extend(np.abs(np.log(np.array(fit.params_) / case.truth)) < 1.96 * error)
    assert len(inside) > 400
    assert 0.91 < np.mean(inside) < 0.99
