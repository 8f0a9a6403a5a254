"""Simple estimators that know the tables alone, and of the truth only who is who and when people left."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa

from clv.data.simulate.block import make_block
from clv.data.simulate.catalogue import draw_catalogue
from clv.data.simulate.clock import AS_OF, HISTORY_DAYS, START, week_of_year

Z = 1.96


def company_tables(n: int, seed: int) -> dict[str, pa.Table]:
    """Return the tables of a company of one block, by our names."""
    root = np.random.SeedSequence(seed)
    of_company, of_block = root.spawn(2)
    return make_block(0, n, draw_catalogue(np.random.default_rng(of_company)), of_block)


def orders(tables: dict[str, pa.Table]) -> pd.DataFrame:
    """Return the first line of each order: person, day since the start."""
    lines = tables["transactions"].to_pandas()
    bought = lines[lines["quantity"] > 0].drop_duplicates("order_id")
    return _with_person(tables, bought).assign(day=lambda rows: _day(rows["ordered_at"]))


def campaign_effect(tables: dict[str, pa.Table], campaign: str, message: str, days: int) -> tuple[float, float]:
    """Return the log of the ratio of mean orders in the window, treated to control, and its standard error."""
    contacts = tables["campaign_contacts"].to_pandas()
    contacts = _with_person(tables, contacts[contacts["campaign_id"] == campaign])
    contacts["day"] = _day(contacts["contacted_on"])
    bought = contacts.merge(orders(tables)[["person_id", "day"]], on="person_id", suffixes=("", "_ordered"))
    bought = bought[(bought["day_ordered"] >= bought["day"]) & (bought["day_ordered"] < bought["day"] + days)]
    n = bought.groupby("person_id").size().reindex(contacts["person_id"], fill_value=0).to_numpy()
    groups = [n[(contacts["message"] == message).to_numpy()], n[contacts["is_control"].to_numpy()]]
    variance = sum(group.var(ddof=1) / group.size / group.mean() ** 2 for group in groups)
    return float(np.log(groups[0].mean() / groups[1].mean())), float(np.sqrt(variance))


def hazard_ratio(tables: dict[str, pa.Table]) -> tuple[float, float]:
    """Return the log hazard ratio of weeks with a bad case in the last half year, by a Cox model on person-weeks.

    Weeks of life are the time scale; the log of the orders a week so far, which bring cases about, is held fixed.
    """
    people = tables["truth/customers"].to_pandas().reset_index(drop=True)
    first, left = _day(people["first_order_on"]), _day(people["left_on"])
    end = np.minimum(np.where(np.isnan(left), np.inf, left), HISTORY_DAYS)
    cases = tables["truth/cases"].to_pandas().query("is_bad")
    row_of = pd.Series(people.index, people["person_id"])
    weeks = np.floor((end - first) / 7).astype(int) + 1
    person = np.repeat(np.arange(len(people)), weeks)
    week = np.arange(person.size) - np.repeat(np.cumsum(weeks) - weeks, weeks)
    day = first[person] + 7 * week
    leaves = (week == weeks[person] - 1) & (left[person] < HISTORY_DAYS)
    exposed = np.zeros(person.size, bool)
    start_of = np.cumsum(weeks) - weeks
    for who, since, until in zip(
        row_of[cases["person_id"]], _day(cases["felt_from"]), _day(cases["felt_until"]), strict=True
    ):
        begins = start_of[who]
        inside = slice(begins, begins + weeks[who])
        exposed[inside] |= (day[inside] >= since) & (day[inside] < until)
    pace = people["rate_per_week"].to_numpy()[person]
    return _cox(week, leaves, np.column_stack([exposed, np.log(pace)]))


def season(tables: dict[str, pa.Table]) -> tuple[np.ndarray, np.ndarray]:
    """Return the log of the 52 weekly indices and their covariance, whatever the customers' rates and lives.

    Between his first and last order a customer is there; given how many orders lie between, each falls on a day with a
    chance proportional to the index. Orders that a campaign caused are left out.
    """
    found = orders(tables)
    found = found[~found["order_id"].isin(tables["truth/caused_orders"]["order_id"].to_pylist())]
    found = found.sort_values(["person_id", "ordered_at"])
    rank = found.groupby("person_id").cumcount()
    size = found.groupby("person_id")["day"].transform("size")
    length = found.groupby("person_id")["day"].transform("max") - found.groupby("person_id")["day"].transform("min")
    inner = found[(rank > 0) & (rank < size - 1) & (length > 0)]
    spans = found.groupby("person_id")["day"].agg(["min", "max"]).loc[inner["person_id"].unique()].astype(int)
    many = inner.groupby("person_id").size().loc[spans.index].to_numpy()
    week = _week_of_day()
    before = np.concatenate([np.zeros((1, 52)), np.cumsum(np.eye(52)[week], axis=0)])
    open_days = before[spans["max"].to_numpy() + 1] - before[spans["min"].to_numpy()]
    for edge in ("min", "max"):  # of the first and the last day only a part lies between the orders
        open_days[np.arange(len(spans)), week[spans[edge].to_numpy()]] -= 0.5
    counts = np.bincount(week[inner["day"].to_numpy().astype(int)], minlength=52)
    index = np.ones(52)
    for _ in range(300):
        index = counts / (open_days * (many / (open_days @ index))[:, None]).sum(axis=0)
        index /= index[week_of_year(np.arange(365))].mean()
    share = open_days * index / (open_days @ index)[:, None]
    information = np.diag(many @ share) - (share * many[:, None]).T @ share
    return np.log(index), np.linalg.pinv(information)


def _cox(time: np.ndarray, event: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Return the first coefficient of a Cox model on rows of person and week, and its standard error (Breslow)."""
    beta, n_weeks = np.zeros(x.shape[1]), int(time.max()) + 1
    died = np.bincount(time[event], minlength=n_weeks)
    for _ in range(12):
        weight = np.exp(x @ beta)
        total = np.bincount(time, weight, n_weeks)
        mean = np.column_stack([np.bincount(time, weight * column, n_weeks) for column in x.T]) / total[:, None]
        score = x[event].sum(axis=0) - died @ mean
        square = np.array([[np.bincount(time, weight * a * b, n_weeks) / total for a in x.T] for b in x.T])
        information = square @ died - np.einsum("t,ti,tj->ij", died, mean, mean)
        beta = beta + np.linalg.solve(information, score)
    return float(beta[0]), float(np.sqrt(np.linalg.inv(information)[0, 0]))


def _with_person(tables: dict[str, pa.Table], rows: pd.DataFrame) -> pd.DataFrame:
    return rows.merge(tables["truth/identity"].to_pandas(), on=["register", "customer_id"], validate="many_to_one")


def _day(dates: pd.Series) -> np.ndarray:
    return ((pd.to_datetime(dates) - pd.Timestamp(START)) // pd.Timedelta(days=1)).to_numpy(dtype=float)


def _week_of_day() -> np.ndarray:
    days = pd.date_range(START, AS_OF + dt.timedelta(days=1))
    return week_of_year(days.day_of_year.to_numpy() - 1)
