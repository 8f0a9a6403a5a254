"""Tables for whoever works on the forecast: contests, distributions, classes of customers, fits, a peer's fit."""

from __future__ import annotations

from typing import Any

import pandas as pd

from clv.decisions.holdout import HoldoutCheck
from clv.learning.combine import BLEND, Contest
from clv.learning.forecaster import Forecaster
from clv.models.evaluation.expectations import expected_frequency_table
from clv.models.evaluation.intervals import pit_histogram
from clv.models.evaluation.peer import lifetimes_bgnbd
from clv.models.spend.mean_spend import MeanSpend


def contests(forecaster: Forecaster) -> pd.DataFrame:
    """Return how every candidate did at past origins: one row a target and candidate, the best of each target first.

    Columns are those of `clv.learning.combine.Contest.table`, weight (in the blend), forecasts (whether it does),
    reason, n_origins and span_days; a target without a trial has the one row of who forecasts.
    """
    targets: dict[str, Contest | None] = {"orders": forecaster.contest_, "money": forecaster.money_contest_} | {
        f"no order in {length:.0f} days": contest for length, contest in forecaster.silence_.items()
    }
    tables = {name: _table(contest) for name, contest in targets.items() if contest is not None}
    return pd.concat(tables, names=["target", "candidate"])


def distributions(check: HoldoutCheck) -> dict[str, pd.DataFrame]:
    """Return what a holdout says of distributions: intervals, medians, probabilities and PIT histograms.

    Randomised PIT values are flat where the distributions are right; pit_inside is the share inside the 90 % interval
    free of the whole numbers that make intervals of counts cover more. "simulated" are the outcomes of one probability
    model, `HoldoutCheck.simulator`.
    """
    histograms = {of: pit_histogram(values).set_index(["low", "high"]) for of, values in check.pit.items()}
    return {
        "intervals": check.intervals,
        "medians": check.medians,
        "probabilities": check.probabilities,
        "PIT": pd.concat({of: table["share"] for of, table in histograms.items()}, axis="columns"),
    }


def by_class(check: HoldoutCheck) -> pd.DataFrame:
    """Return mean orders forecast and made in the holdout by repeat orders before it and by weeks since the last."""
    classes = {"repeat orders": check.by_frequency(), "weeks since the last": check.by_time_since_last()}
    return pd.concat(classes, names=["by", "class"])


def frequency_fits(forecaster: Forecaster, buyers: pd.DataFrame) -> pd.DataFrame:
    """Return customers by repeat orders as they are and as each probability model expects them.

    Parameters
    ----------
    forecaster
        Fitted on these customers.
    buyers
        frequency and T (weeks).
    """
    tables = {
        name: expected_frequency_table(buyers["frequency"], buyers["T"], model.pmf_new_customer)
        for name, model in forecaster.ground_.family_.models_.items()
    }
    actual = next(iter(tables.values()))["actual"]
    return pd.DataFrame({name: table["expected"] for name, table in tables.items()} | {"actual": actual})


def parameters(forecaster: Forecaster) -> pd.DataFrame:
    """Return estimate and standard error of every parameter, by model, with its log likelihood and any boundary."""
    spend = forecaster.ground_.spend_.repeat_
    fitted: list[Any] = [*forecaster.ground_.family_.models_.values()]
    if spend is not None and not isinstance(spend, MeanSpend):
        fitted.append(spend)
    tables = {
        type(model).__name__: pd.DataFrame(
            {"estimate": pd.Series(model.params_._asdict()), "standard error": model.standard_errors_}
        ).assign(log_likelihood=model.log_likelihood_, at_boundary=str(model.at_boundary_))
        for model in fitted
    }
    return pd.concat(tables, names=["model", "parameter"])


def against_lifetimes(forecaster: Forecaster, buyers: pd.DataFrame) -> pd.DataFrame:
    """Return our BG/NBD beside that of the package lifetimes, which may stop early or depend on the order of rows.

    Parameters
    ----------
    forecaster, buyers
        As for `frequency_fits`; buyers with recency, too.

    Returns
    -------
    pandas.DataFrame
        Empty where the BG/NBD is not among the models.
    """
    ours = forecaster.ground_.family_.models_.get("BG/NBD")
    if ours is None:
        return pd.DataFrame()
    rows = {
        "clv": {**ours.params_._asdict(), "log_likelihood": ours.log_likelihood_},
        "lifetimes": lifetimes_bgnbd(buyers),
        "lifetimes, rows shuffled": lifetimes_bgnbd(buyers.sample(frac=1, random_state=0)),
    }
    return pd.DataFrame(rows).T


def race_of(found: Contest, check: HoldoutCheck) -> pd.DataFrame:
    """Return the error of each method over that of the naive rule: at past origins, or in the test where none competed.

    Returns
    -------
    pandas.DataFrame
        Best first: forecaster (code), relative_error, weight (in the blend; missing for others), rmse, n_customers,
        is_used.
    """
    tried, rule, used = found.table, "naive rate", found.winner
    if tried.empty:
        tried, rule, used = check.orders, "naive", "model"
    share = found.weights if found.winner == BLEND and len(found.table) else {}
    race = tried.assign(
        relative_error=tried["rmse"] / float(tried["rmse"][rule]),
        weight=pd.Series(share, dtype=float).reindex(tried.index),
        is_used=tried.index == used,
    ).rename_axis("forecaster")
    columns = ["forecaster", "relative_error", "weight", "rmse", "n_customers", "is_used"]
    return race.sort_values("relative_error", kind="stable").reset_index()[columns]


def _table(contest: Contest) -> pd.DataFrame:
    measure = next((name for name in ("rmse", "log_loss") if name in contest.table), None)
    rows = contest.table if measure is None else contest.table.sort_values(measure, kind="stable")
    rows = rows if len(rows) else pd.DataFrame(index=[contest.winner])
    return rows.assign(
        weight=pd.Series(contest.weights, dtype=float),
        forecasts=rows.index == contest.winner,
        reason=contest.reason,
        n_origins=contest.n_origins,
        span_days=contest.span_days,
    )
