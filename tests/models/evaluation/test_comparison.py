"""A difference of errors is called one only where it is: coverage on simulated truth, and the laws of the bootstrap."""

import numpy as np
import pandas as pd
import pytest

from clv.errors import DataError
from clv.models.evaluation.comparison import bootstrap_difference, resampled_difference


def sample(rng, n, slack_a=0.0, slack_b=0.0):
    """Return outcomes and two forecasts of their rate, each too high by its own slack."""
    rate = rng.gamma(0.8, 2.0, n)
    return pd.Series(rate + slack_a), pd.Series(rate + slack_b), pd.Series(rng.poisson(rate).astype(float))


def test_the_estimate_is_the_difference_of_the_errors():
    a, b, y = sample(np.random.default_rng(1), 500, slack_b=0.5)
    rmse = bootstrap_difference(a, b, y, "rmse", np.random.default_rng(2), n=100)
    mae = bootstrap_difference(a, b, y, "mae", np.random.default_rng(2), n=100)
    assert rmse.estimate == pytest.approx(np.sqrt(((a - y) ** 2).mean()) - np.sqrt(((b - y) ** 2).mean()), rel=1e-12)
    assert mae.estimate == pytest.approx((a - y).abs().mean() - (b - y).abs().mean(), rel=1e-12)
    assert rmse.low < rmse.estimate < rmse.high


def test_a_forecast_against_itself_is_a_tie():
    a, _b, y = sample(np.random.default_rng(1), 200)
    assert bootstrap_difference(a, a, y, "rmse", np.random.default_rng(2), n=50) == (0, 0, 0, 0.5)


def test_swapping_the_forecasts_changes_the_sign_alone():
    a, b, y = sample(np.random.default_rng(3), 400, slack_b=0.3)
    one = bootstrap_difference(a, b, y, "rmse", np.random.default_rng(4), n=200)
    other = bootstrap_difference(b, a, y, "rmse", np.random.default_rng(4), n=200)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), rel=1e-9)
    assert one.share_a_better == pytest.approx(1 - other.share_a_better)


def test_the_interval_holds_the_true_difference_nine_times_in_ten():
    """Slack 0.6 against none: with outcomes of Poisson variance the true squared errors are 1.6 and 1.6 + 0.36."""
    rng, truth = np.random.default_rng(5), np.sqrt(1.6) - np.sqrt(1.6 + 0.36)
    found = [bootstrap_difference(*sample(rng, 600, slack_b=0.6), "rmse", rng, n=200) for _turn in range(200)]
    inside = np.mean([low <= truth <= high for _estimate, low, high, _share in found])
    assert 0.84 <= inside <= 0.95  # three standard errors below; percentile intervals run slightly short


def test_equally_good_forecasts_are_rarely_called_different():
    rng = np.random.default_rng(6)
    found = [bootstrap_difference(*sample(rng, 500, 0.4, -0.4), "rmse", rng, n=200) for _turn in range(150)]
    assert np.mean([low > 0 or high < 0 for _estimate, low, high, _share in found]) < 0.17


def test_random_groups_of_customers_vary_as_their_customers_do():
    """Beyond 10,000 customers groups are drawn; the width must be that of the textbook formula for a paired mean."""
    a, b, y = sample(np.random.default_rng(7), 55_000, slack_b=0.5)
    found = [bootstrap_difference(a, b, y, "mae", np.random.default_rng(seed)) for seed in range(5)]
    apart = (a - y).abs() - (b - y).abs()
    width = 2 * 1.6449 * apart.std() / np.sqrt(len(apart))
    assert [high - low for _estimate, low, high, _share in found] == pytest.approx([width] * 5, rel=0.08)
    assert found[0].estimate == pytest.approx(apart.mean(), rel=1e-12)


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_rows():
    a, b, y = sample(np.random.default_rng(9), 300, slack_b=0.2)
    one = bootstrap_difference(a, b, y, "mae", np.random.default_rng(1), n=100)
    order = np.random.default_rng(2).permutation(300)
    other = bootstrap_difference(a.iloc[order], b.iloc[order], y, "mae", np.random.default_rng(1), n=100)
    assert one == other


def test_an_unknown_metric_and_other_customers_are_refused():
    a, b, y = sample(np.random.default_rng(1), 10)
    with pytest.raises(DataError, match="metric must be 'rmse' or 'mae'; got 'mape'"):
        bootstrap_difference(a, b, y, "mape", np.random.default_rng(1))
    with pytest.raises(DataError, match="1 customers"):
        bootstrap_difference(a, b.iloc[1:], y, "mae", np.random.default_rng(1))


# --- several cases of one customer


def cases(rng, n, copies, better=0.0):
    """Return the losses of two forecasts in several trials of the same customers, each time the same."""
    loss = rng.gamma(1.0, 2.0, (n, 1)) + np.array([-better, 0.0]) + rng.normal(0, 1, (n, 2))
    return pd.DataFrame(np.repeat(loss, copies, axis=0), columns=["a", "b"]), pd.Index(np.repeat(np.arange(n), copies))


def test_the_estimate_is_the_difference_of_the_mean_losses():
    losses, unit = cases(np.random.default_rng(1), 200, 3, better=0.2)
    found = resampled_difference(losses, unit, np.random.default_rng(2), n=100)
    assert found.estimate == pytest.approx(losses["a"].mean() - losses["b"].mean(), rel=1e-12)
    assert found.low < found.estimate < found.high


def test_the_same_cases_told_twice_make_nothing_surer():
    once = resampled_difference(*cases(np.random.default_rng(3), 400, 1), np.random.default_rng(4))
    losses, unit = cases(np.random.default_rng(3), 400, 4)
    fourfold = resampled_difference(losses, unit, np.random.default_rng(4))
    assert fourfold == pytest.approx(once, rel=1e-9)
    as_if_new = resampled_difference(losses, pd.RangeIndex(len(losses)), np.random.default_rng(4))
    assert as_if_new.high - as_if_new.low == pytest.approx((once.high - once.low) / 2, rel=0.1)


def test_customers_with_more_cases_count_more():
    losses = pd.DataFrame({"a": [0.0, 1.0, 1.0, 1.0], "b": [1.0, 0.0, 0.0, 0.0]})
    found = resampled_difference(losses, pd.Index(["A", "B", "B", "B"]), np.random.default_rng(1), n=200)
    assert found.estimate == pytest.approx(0.5)
    assert (found.low, found.high) == (-1, 1)  # two customers: one alone may be drawn


def test_one_case_of_each_customer_is_compared_as_by_the_paired_bootstrap():
    a, b, y = sample(np.random.default_rng(5), 500, slack_b=0.4)
    losses = pd.DataFrame({"a": (a - y).abs(), "b": (b - y).abs()})
    one = bootstrap_difference(a, b, y, "mae", np.random.default_rng(6), n=300)
    assert resampled_difference(losses, losses.index, np.random.default_rng(6), n=300) == pytest.approx(one, rel=1e-9)


def test_more_customers_than_are_drawn_vary_as_their_customers_do():
    losses, unit = cases(np.random.default_rng(7), 25_000, 2, better=0.1)
    found = [resampled_difference(losses, unit, np.random.default_rng(seed)) for seed in range(3)]
    apart = (losses["a"] - losses["b"])[::2]
    width = 2 * 1.6449 * apart.std() / np.sqrt(len(apart))
    assert [high - low for _estimate, low, high, _share in found] == pytest.approx([width] * 3, rel=0.08)
