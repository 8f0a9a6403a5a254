"""Every section of the words is said of some company, in every language: what no rule can reach has no words.

The companies are made of facts, not run: each page below hands the rules of its notebook whatever can come in, with
amounts and without, and says what they answer.
"""

from __future__ import annotations

import ast
import datetime as dt
import itertools
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from clv.checks import (
    base,
    forecast,
    holdout,
    method,
    portfolios,
    registry,
    retention,
    rfm,
    summary,
    trust,
    value,
)
from clv.checks.business import kind_of_business
from clv.checks.claim import Claim
from clv.data.accounting import Accounts
from clv.data.identity.company import IdentityRecord
from clv.decisions.calls import calls_that_pay
from clv.decisions.cohorts import cohort_sizes, retention_grid
from clv.decisions.concentration import abc_classes
from clv.decisions.portfolios import PORTFOLIOS, RISK_BANDS, VALUE_CLASSES
from clv.decisions.proof import Track
from clv.decisions.reach import Reach
from clv.decisions.rfm import rfm_grid, rfm_scores
from clv.definitions.checks import CHECKS, Limits
from clv.learning.combine import Contest, Reason
from clv.models.calendar.level import LevelReason
from clv.models.calendar.season import Season
from clv.models.evaluation.comparison import Difference
from clv.report.text import Language, Text
from clv.report.written import FOLDER, Words, sections
from clv.suite.graph import notebook_folder

DAY = dt.date(2024, 6, 30)
COMMON = {"as_of": DAY, "first": DAY, "horizon_days": 365, "window_days": 60, "margin": 0.4, "rate": 0.1, "cents": 2}
MEASURES = (("money", True), ("orders", False))
PAGES = sorted({file.stem for file in FOLDER.glob("*/*.md")})


class Advice(list[Claim]):
    """Claims that say what to do."""


Said = Iterator[Claim | list[Claim] | tuple[Claim, ...] | None]


def accounts(aside: int, unknown: int, later: int, *, money: bool) -> Accounts:
    reasons = {"no_amount": aside} if aside else {}
    used = 200
    return Accounts(
        used + aside + later, used, later, aside, 0, reasons, unknown, Decimal(9), Decimal(1), Decimal(5), money
    )


def all_accounts(*, money: bool) -> list[Accounts]:
    return [accounts(aside, unknown, 3, money=money) for aside, unknown in ((0, 0), (9, 0), (9, 4), (90, 90))]


def kinds() -> list[Claim]:
    found = [
        kind_of_business({"customers": 300, "buyers": 300, "orders": orders, "once": once}, {"customers_for_80": share})
        for orders, once, share in ((310, 295, 0.5), (9000, 20, 0.04), (9000, 20, 0.5), (900, 100, 0.5))
    ]
    assert [claim.verdict for claim in found] == ["single", "accounts", "regular", "occasional"]
    return found


def portfolio_table(*codes: str, money: float = 100.0) -> pd.DataFrame:
    n = pd.Series(dict(zip(codes, (7_000, 30, 20), strict=False)), dtype=float)
    return pd.DataFrame(
        {
            "n_customers": n, "value_to_date": 60.0 * n, "expected_revenue": money * n, "expected_orders": money * n,
            "n_to_call": 3, "to_save": 5.0 * n,
        }
    ).rename_axis("portfolio")  # fmt: skip


def weights(of: str) -> Said:
    for table in (
        portfolio_table("A_steady", "C_leaving"),
        portfolio_table("A_steady"),
        portfolio_table("A_steady", money=0.0),
    ):
        weight = portfolios.weight(portfolios.weighed(table, of), of).with_facts(name="Key <b>")
        yield weight
        if weight.verdict in {"most", "largest"}:
            yield Claim("weights", facts=weight.facts)
    even = portfolio_table("A_steady", "B_steady", "C_leaving").assign(**{f"expected_{of}": 1.0})
    yield portfolios.weight(portfolios.weighed(even, of), of).with_facts(name="Key")


def page_00_summary(*, money: bool) -> Said:
    told = {
        "trust": "low", "expected_revenue": 400.0, "revenue_low": 300.0, "revenue_high": 500.0, "clv": 100.0,
        "clv_per_customer": 10.0, "expected_orders": 90.0, "orders_low": 60.0, "orders_high": 110.0,
    }  # fmt: skip
    known = {
        "customers": 10, "buyers": 9, "orders": 30, "sales": 500.0, "active": 6, "window_days": 60.0, "once": 2,
        "new": 0, "bought_lately": 9, "trend_change": 0.1,
    }  # fmt: skip
    held = {"top_share": 0.2, "held_by_top": 0.7, "class_a_active": 4}
    facts = summary.figures(known, held, told, portfolio_table("A_leaving", "C_steady"))
    yield from (Claim(name, facts=facts) for name in ("title", "tiles", "tiles_top"))
    yield [Claim("terms", facts=facts), *([Claim("terms", "money", facts)] if money else [])]
    yield from weights("revenue" if money else "orders")
    yield from (
        portfolios.slipping({**facts, "key_slipping": n}, kind, "tiles_slipping") for n in (0, 3) for kind in kinds()
    )
    yield kinds()
    if money:
        yield [Claim("tiles_clv", verdict, facts) for verdict in ("sales", "margin")]
    yield [summary.set_aside(one) for one in all_accounts(money=money)]
    tests = ({}, {"holdout_bias": None}, {"holdout_bias": 0.1}, {"holdout_bias": 0.1, "holdout_money_bias": 0.2})
    for level, test, far in itertools.product(("high", "medium", "low"), tests, (Reach(365, 90), None)):
        days = {"holdout_days": 90, "holdout_forecast": 4.0} if test else {}
        yield summary.trust({"trust": level, **days, **test}, far, has_amounts=money)
    trends = ("steady_on_year", "falling_on_year", "falling_on_quarter")
    for kind, trend, new, calls, margin in itertools.product(kinds(), trends, (0, 1, 60), (0, 3), (True, False)):
        busy = {**facts, "new": new, "bought_lately": 90, "calls": calls}
        yield Advice(summary.actions(busy, kind, trend, has_amounts=money, has_margin=margin))
        quiet = {**busy, "class_a_active": 0, "clv_per_customer": None}
        yield Advice(summary.actions(quiet, kind, trend, has_amounts=money, has_margin=margin))


def page_01_customer_base(*, money: bool) -> Said:
    customers = pd.DataFrame(
        {
            "n_orders": [1, 3, 0], "value_to_date": [10.0, 30.0, -2.0],
            "first_order": pd.to_datetime(["2024-06-20", "2023-01-01", None]),
            "last_order": pd.to_datetime(["2024-06-20", "2024-03-01", None]),
        }
    )  # fmt: skip
    facts = base.figures(customers, DAY, 60.0)
    yield [Claim("title", facts=facts), Claim("tiles", facts=facts), Claim("arrivals", facts=facts)]
    yield from (base.lines_used(one) for one in all_accounts(money=money))
    trends = [
        base.trend(pd.Series(monthly, dtype=float), 0.03)
        for monthly in (
            [], *([1.0] * months + [last] * 3 for months in (12, 3) for last in (1.0, 2.0, 0.5)),
            *([[1.0] * 3 + [-2.0] * 3] if money else []),
        )
    ]  # fmt: skip
    yield trends
    yield [Claim("months", "several" if one["months"] > 1 else "few", one.facts) for one in trends]
    new = [base.newcomers(*counts) for counts in ((0, 0), (0, 90), (9, 90))]
    made = [base.orders_made(pd.Series(orders)) for orders in ([1, 1, 2], [3, 4])]
    yield [*new, *made, *(Claim("classes", facts=one.facts) for one in made)]
    people = [base.people(identity(joined, review)) for joined, review in ((0, 0), (3, 2))]
    yield from people
    filled = [
        pd.DataFrame({"email": one}, index=list("ab")[: len(one)], dtype=bool)
        for one in ([], [True, False], [True] * 2)
    ]
    reached = [base.reached(one, pd.Series("A", index=list("ab")) if money else None, 3) for one in filled]
    yield reached
    yield [base.pace(10.0, 40.0, is_set=is_set, n=n) for is_set in (True, False) for n in (0, 9)]
    for trend, one, order, pair, reach, log in itertools.product(
        trends, new, made, people, reached, all_accounts(money=money)
    ):
        yield Advice(base.actions(trend, one, order, pair[1], reach, log, 7))
    yield [Claim("terms"), *([Claim("terms", "money")] if money else [])]


def identity(joined: int, review: int) -> IdentityRecord:
    return SimpleNamespace(records={"main": 40}, people=40 - joined, joined=joined, review=review)


def bases(*, money: bool) -> Iterator[tuple[pd.Series, pd.DataFrame]]:
    rng = np.random.default_rng(3)
    for most, amounts in itertools.product((1, 2, 6), ([0.0], [5.0], [5.0, 80.0, 3000.0], [-20.0, 5.0, 9.0], [-5.0])):
        for n in (1, 12, 700):
            orders = rng.integers(0 if n > 1 else 1, most + 1, n)
            silent = pd.to_timedelta(rng.choice([5, 40, 300], n, p=[0.6, 0.2, 0.2]), unit="D")
            customers = pd.DataFrame(
                {
                    "n_orders": orders, "value_to_date": rng.choice(amounts, n),
                    "last_order": pd.Series(pd.Timestamp(DAY) - silent).where(orders > 0),
                    "frequency": np.maximum(orders - 1, 0), "recency": np.maximum(orders - 1, 0) * 1.0,
                }
            )  # fmt: skip
            worth = customers["value_to_date"] if money else customers["n_orders"].astype(float)
            scored = rfm_scores(customers, DAY).assign(abc=abc_classes(worth, (0.8, 0.95)))
            yield worth, scored.join(customers[["n_orders", "frequency", "recency"]])
    for spread in (0.5, 1.65, 1.9, 2.2):  # of what customers bring, so that the best fifth brings little, or nearly all
        quantile = np.exp(spread * norm.ppf((np.arange(4_000) + 0.5) / 4_000))
        orders = np.maximum(1, np.round(quantile)).astype(int)
        days = pd.to_timedelta(np.where(np.arange(4_000) % 2, 300, np.arange(4_000, 0, -1) // 100), unit="D")
        customers = pd.DataFrame(
            {"n_orders": orders, "value_to_date": quantile, "last_order": pd.Timestamp(DAY) - days}
        )
        customers = customers.assign(frequency=orders - 1, recency=np.maximum(orders - 1, 0) * 1.0)
        worth = quantile if money else orders.astype(float)
        scored = rfm_scores(customers, DAY).assign(abc=abc_classes(pd.Series(worth), (0.8, 0.95)))
        yield pd.Series(worth), scored.join(customers[["n_orders", "frequency", "recency"]])
    nobody = rfm_scores(pd.DataFrame({"n_orders": [0, 0], "value_to_date": 0.0, "last_order": pd.NaT}), DAY)
    none = pd.DataFrame({"n_orders": [0, 0], "frequency": 0, "recency": 0.0})
    yield pd.Series([0.0, 0.0]), nobody.assign(abc="C").join(none)


def page_02_current_value(*, money: bool) -> Said:
    for (worth, scored), history in itertools.product(bases(money=money), (30, 400)):
        facts = value.figures(worth, scored, (0.8, 0.95), 0.2, 60.0)
        buyers = scored["n_orders"] > 0
        title = value.concentrated(facts)
        single = value.single(float(scored.loc[buyers, "n_orders"].eq(1).mean()) if buyers.any() else 0.0, len(worth))
        silent, apart = value.quiet(facts, single, history), value.classes(worth, scored, facts)
        former, _ = rfm.gone_quiet(worth, scored, 60.0, history)
        some = "none" if title.verdict == "nothing" else "some"
        found = [title, apart, former, *single, value.concentrated(facts, "concentration"), Claim("by_class", some)]
        found += [Claim("tiles", some), *([silent, Claim("curve")] if some == "some" else []), *value.beyond(worth)]
        yield Advice(value.actions(title, single, silent, apart, former, facts))
        if money:
            found.append(rfm.best_on_all(worth, scored["rfm"]))
        if buyers.any():
            found += rfm.scores(scored.loc[scored["r"] > 0, "n_orders"], rfm_grid(scored))
        yield [claim.with_facts(**{**facts, **claim.facts}) for claim in found]
    yield from (ledger(one) for one in all_accounts(money=money))
    for period, size, kept, months in itertools.product((1, 3, 12), (9, 80), (0, 5), (1, 9)):
        lines = [("2023-01-01", age, size if age == 0 else kept) for age in range(months)]
        lines += [("2023-02-01", age, 5 if age == 0 else kept) for age in range(months - 1)]
        activity = pd.DataFrame(lines, columns=["cohort", "age", "customers"]).assign(
            cohort=lambda f: pd.to_datetime(f["cohort"])
        )
        end = (pd.Timestamp("2023-01-01") + pd.DateOffset(months=months) - pd.Timedelta(days=1)).date()
        stay = retention.stay(retention_grid(activity, end, 1), cohort_sizes(activity), period)
        shown = stay.verdict not in {"too_short", "too_few"}
        yield [
            stay,
            *([Claim("cohorts", verdict, stay.facts) for verdict in ("all", "without_small")] if shown else []),
        ]
    cut = {"cut_a": 0.8, "cut_b": 0.95}
    yield Claim("terms", facts=cut)


def ledger(one: Accounts) -> list[Claim]:
    level, lines, *_ = base.lines_used(one)
    return [level, Claim("ledger", lines.verdict, {"total": 9.0, **lines.facts})]


def checks_of_forecasts(*, money: bool) -> Iterator[SimpleNamespace]:
    outcomes = [
        (None, None, money),
        (0.2, None, money),
        (0.01, 0.2 if money else None, money),
        *([(0.2, None, False)] if money else []),
    ]
    foreseen = SimpleNamespace(expected=5.0, low=1.0, high=9.0)
    for (bias, money_bias, has_amounts), inside in itertools.product(outcomes, (True, False)):
        yield SimpleNamespace(
            span=SimpleNamespace(days=90.0), bias=bias, money_bias=money_bias, off=0.1, known=[1, 2],
            has_amounts=has_amounts, forecast=pd.DataFrame({"expected_orders": [2.0, 3.0]}),
            total=lambda of, inside=inside: SimpleNamespace(actual=3.0, forecast=foreseen, inside=inside),
        )  # fmt: skip


def seasons() -> Iterator[Claim]:
    wave = np.r_[0.3, np.zeros(11)]
    months = ([0.0, 0.1, 0.9], [0.0, 0.1, 0.8]), ([0.0, 0.1, 0.9], [0.0, 0.1, -0.8]), ([0.0, 0.1, 0.1], [0.0, 0.0, 0.0])
    for reason, days, (above, before) in itertools.product(
        ("short_history", "few_purchases", "seen", "not_seen"), (390.0, 800.0), months
    ):
        numbers = {"days": days, "dispersion": 1.0, "memory": 0.0, "p_value": 0.5}
        month = pd.date_range("2022-01-01", periods=3, freq="MS")
        table = pd.DataFrame({"month": month, "orders": 9_000, "above": above, "above_before": before})
        yield forecast.season(Season(reason, numbers, wave), table)


def page_03_lifetime_value(*, money: bool) -> Said:
    facts = dict.fromkeys(
        ("sales", "sales_low", "sales_high", "orders", "orders_low", "orders_high", "clv", "at_risk"), 9.0
    )
    facts |= {"clv_low": 8.0, "clv_high": 10.0, "value_mean": 2.0, "value_median": 1.0, "cents": 2, "best_mean": 7.0}
    yield [Claim(name, verdict, facts) for name in ("title", "tiles") for verdict in ("margin", "no_margin")]
    levels = []
    for off, length, orders, sorts, rest in itertools.product(
        (0.0, 0.1, 0.3), (0.05, 0.3, 0.6), (9.0, 900.0), (True, False), (0.0, 1.0)
    ):
        measured = {
            "forecast_off": (off, 9), "total_outside": (rest, 9), "naive_better": (rest, 9),
            "test_length": (length, None), "test_orders": (orders, 9), "season_open": (rest, 9),
            "horizon_reach": (3 * rest, None),
        }  # fmt: skip
        named = {"test_days": 90, "horizon": 365, "history": 100, "times": 3.65, "orders_made": orders}
        limits = {**registry.DEFAULTS, "naive_better": Limits(1, 1)}
        levels.append(trust.trust(measured, limits if orders < 100 else registry.DEFAULTS, sorts=sorts, facts=named))
    held = []
    for check in checks_of_forecasts(money=money):
        test, total = holdout.outcome_of_test(check), holdout.total_held(check)
        held.append(total)
        yield holdout.tile_of_test(test)
        yield from (trust.trusted(level, test, total) for level in levels)
        for level, season, price, link in itertools.product(levels[::5], seasons(), (None, 9.0), (0.0, 0.5)):
            yield Advice(
                forecast.actions(level, test, season, facts, money=money, link=link, price=price if money else None)
            )
    yield list(seasons())
    for first_low, behind in ((np.nan, []), (1.0, [4.0, 6.0])):
        ahead = pd.DataFrame({"forecast": [5.0, 4.0], "low": first_low, "high": 9.0, "actual": np.nan})
        path = pd.concat([pd.DataFrame({"actual": behind or [3.0], "forecast": np.nan}), ahead])
        weeks = forecast.weeks(SimpleNamespace(path=path))
        yield [weeks, Claim("path", facts=weeks.facts)]
    yield [forecast.level(SimpleNamespace(reason=reason, factor=1.1, numbers={})) for reason in get_args(LevelReason)]
    if money:
        trends = ("rising", "falling", "none", "unknown")
        yield [
            forecast.spend(SimpleNamespace(verdict=one, change_per_year=0.1, low=0.05, high=0.2, n_customers=9))
            for one in trends
        ]
    race = pd.DataFrame({"n_customers": [9], "relative_error": [0.9], "is_used": [True]})
    for reason in get_args(Reason):
        ended = Contest(pd.DataFrame({"x": [1]}), "blend", reason, {"probability models": 0.3}, pd.DataFrame(), 90.0)
        contest = holdout.contest(ended, race, 90.0).with_facts(winner_name="<b>")
        yield [contest, Claim("race", facts=contest.facts)]
    yield [holdout.gain(Difference(middle, middle - 1, middle + 1, 0.5), 3.0, 9) for middle in (-2.0, 0.0, 2.0)]
    for bias, total in itertools.product((None, 0.01, 0.9), held):
        yield holdout.sum_and_single(1.0, 2.0, bias, total, 9)
    yield Claim("accuracy", facts={"test_from": DAY})
    for forecast_mean, actual, size in (
        (1.0, 1.0, 300),
        (2.0, 1.0, 300),
        (1.0, 2.0, 300),
        (1.0, 1.0, 9),
        (1.0, 0.0, 300),
    ):
        means = {"forecast_mean": forecast_mean, "actual_mean": actual, "actual_low": actual, "actual_high": actual}
        sums = {"forecast_total": size * forecast_mean, "actual_total": size * actual}
        tenths = holdout.tenths(pd.DataFrame({"n_customers": size, **means, **sums}, index=[1])).with_facts(
            test_days=90
        )
        yield [tenths, Claim("tenths_chart", facts=tenths.facts)]
    for inside, sales, n in itertools.product((0.5, 0.9, 0.99), (0.5, 0.9, 0.99) if money else (None,), (9, 900)):
        rows = {"orders": inside, "simulated": 0.9} | ({} if sales is None else {"revenue": sales})
        yield holdout.ranges(pd.DataFrame({"coverage": rows, "pit_inside": rows}), n)
    for gap, n, came in itertools.product((0.01, 0.1), (0, 9, 90), (0.1, 0.8, 1.0)):
        table = pd.DataFrame(
            {"forecast_mean": [0.1, 0.8], "actual_share": [0.1 + gap, 0.8 + gap], "n_customers": [80, 20]}
        )
        silence = holdout.silence(table, {"n_customers": n, "forecast": 0.8, "actual": came}, 0.7, 35.0)
        yield [silence, Claim("silence_chart", facts=silence.facts)]
        yield [Claim("silence_window", verdict, silence.facts) for verdict in ("shorter", "same")]
    for made, part in itertools.product((0.0, 90.0, 97.0, 120.0), (0.0, 0.3, 1.0)):
        track = pd.DataFrame(
            {"date": pd.date_range("2024-01-07", periods=2, freq="7D"), "actual": made, "forecast": 97.0}
        )
        ended = Contest(pd.DataFrame(), "blend", "won", {"probability models": part}, pd.DataFrame(), 90.0)
        first, *more = holdout.tracked(Track("BG/NBD", track, track, 0.1), ended)
        yield [first, *more, *([Claim("track_charts", facts=first.facts)] if more else [])]
    for off in (0, 1, 9):
        cohorts = pd.DataFrame(
            {"made_share_low": [1.2] * off + [0.9] * (20 - off), "made_share_high": 1.3, "n_customers": 9}
        )
        yield holdout.cohorts(cohorts)
    if money:
        table = {"share": 0.4, "value_mean": 9.0, "value_low": 8.0, "value_high": 10.0, "n_customers": 3}
        yield forecast.worth(pd.DataFrame([table, table]))
    yield [Claim("best", facts={"listed": 9}), Claim("terms"), *([Claim("terms", "money")] if money else [])]


def page_07_portfolios(*, money: bool) -> Said:
    of = "revenue" if money else "orders"
    customers = pd.DataFrame(
        {
            "portfolio": ["A_steady", "A_leaving"],
            "p_churn": [0.1, 0.9],
            "value_to_date": 9.0,
            "n_orders": 5,
            f"window_{of}": 3.0,
        }
    )
    facts = portfolios.figures(customers, pd.DataFrame({f"{of}_at_risk": [64.0]}), of)
    yield Claim("tiles_steady", facts=facts)
    for n, kind, name in itertools.product((0, 1), kinds(), ("title", "tiles_slipping")):
        yield portfolios.slipping({**facts, "key_slipping": n}, kind, name)
    yield [portfolios.at_stake(facts, kind) for kind in kinds()]
    flagged = {"flagged": 200, "flagged_forecast": 0.78, "flagged_silent": 0.25, "silence_tested_days": 90}
    yield from (
        portfolios.trust({"trust": level, **more}) for level in ("high", "medium", "low") for more in ({}, flagged)
    )
    for counts, kind in itertools.product(([900, 0, 0], [9, 9, 9], [0, 9, 9]), kinds()):
        grid = pd.DataFrame([counts] * 3, index=VALUE_CLASSES, columns=RISK_BANDS)
        steady = portfolios.steadiness(grid, kind, (0.3, 0.7))
        yield [steady, Claim("grid", facts=steady.facts)]
    yield from weights(of)
    yield [Claim("totals"), Claim("plan")]
    for saved, cost in itertools.product(([], [1.0], [90.0, 80.0]), (5.0, None) if money else (None,)):
        overdue = pd.DataFrame({f"{of}_to_save": saved}, dtype=float)
        to_call = portfolios.calls(overdue, calls_that_pay(overdue, 0.4, cost), 0.4, cost, of)
        yield [to_call, *(one for is_stated in (True, False) for one in portfolios.cost(to_call, is_stated=is_stated))]
        for codes, kind, n in itertools.product(
            (("A_steady",), ("B_steady", "C_steady"), ("C_steady", "A_steady")), kinds(), (9, 900, 9000)
        ):
            control = portfolios.control(portfolio_table(*codes).assign(n_customers=[n, 5][: len(codes)]))
            yield Advice(portfolios.actions(to_call, kind, control.with_facts(names=["<i>"]), n))
    cuts = {"class_a": 0.8, "class_b": 0.95}
    yield [Claim("terms", facts=cuts), Claim("terms", "money" if money else "orders", cuts)]


def page_12_method(*, money: bool) -> Said:
    tested = {
        "model": "BG/NBD", "contest_days": 90, "contest_forecasts": 9, "winner": "blend", "probability_weight": 0.3,
        "holdout_days": 90, "silence_tested_days": 60, "tested_customers": 9,
    }  # fmt: skip
    yield from (
        method.data(one, by_money=by_money and money) for one in all_accounts(money=money) for by_money in (True, False)
    )
    for reason, spend in itertools.product(get_args(Reason), ("GammaGamma", "MeanSpend", "NoneType")):
        models, *more = method.models({**tested, "contest": reason, "spend": spend}, has_amounts=money)
        yield [models.with_facts(winner_name="<b>"), *more]
    yield method.test(tested, DAY)
    yield [Claim("title", facts={"checked": 11}), Claim("assumptions"), Claim("references")]
    yield [Claim("window", verdict) for verdict in ("found", "set")]
    if money:
        yield [Claim("value", "margin"), Claim("value", "sales"), Claim("references_of_spend")]
    for off, risk in itertools.product((0.0, 0.1, 0.3), (0.0, None)):
        yield method.summed_up(registry.judge_all({"forecast_off": (off, 9), "risk_off": (risk, 9)}))


@cache
def claims(page: str, *, money: bool) -> tuple[list[Claim], set[str]]:
    """Return what the rules of a page answer, each verdict once by the names of its facts, and which claims advise."""
    found: dict[object, Claim] = {}
    advice: set[str] = set()
    known = sections("en", page)
    of_itself = [Claim("actions")] if "actions: always" in known else []
    of_itself += [Claim("notice", "no_amounts")] if "notice: no_amounts" in known and not money else []
    for said in itertools.chain(globals()[f"page_{page}"](money=money), [of_itself]):
        for claim in [said] if isinstance(said, Claim) else said or ():
            if claim is not None:
                found.setdefault((claim.name, claim.verdict, frozenset(claim.facts)), claim)
        advice |= {claim.name for claim in said} if isinstance(said, Advice) else set()
    return list(found.values()), advice


def say_all(page: str, language: Language) -> set[str]:
    """Say every claim of a page; a fact that its words need and nobody gives is an error."""
    said: set[str] = set()
    for measure, money in MEASURES:
        words = Words(page, Text(language, "EUR"), measure)
        for claim in claims(page, money=money)[0]:
            for piece in words.pieces(claim.name, claim.verdict, {**COMMON, "n": claim.n, **claim.facts}):
                text = " ".join(map(str, [piece.body, piece.title, piece.measure]))
                assert not re.search(r"\b(nan|NaN|inf|None(?! (of|was)\b))\b|<b>|\{\{", text), (claim, text)
        said |= set(words.said)
    return said


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", get_args(Language))
def test_every_section_is_said_of_some_company(page, language):
    assert set(sections(language, page)) - say_all(page, language) == set()


@pytest.mark.parametrize("page", PAGES)
def test_what_a_notebook_says_in_so_many_words_is_among_what_is_tried(page):
    """The companies above may not forget a claim that a notebook writes down itself."""
    tried = {claim.name for money in (True, False) for claim in claims(page, money=money)[0]}
    cells = json.loads((notebook_folder() / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    trees = [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    written = {call.args[0].value for call in calls if getattr(call.func, "id", "") == "Claim"}
    assert written <= tried


VERBS = re.compile(r"^(?:Esta semana: |Este mes: )?(?:No )?\w+(?:ar|er|ir)(?:lo|la|los|las)?\b")


@pytest.mark.parametrize("page", [page for page in PAGES if "actions: always" in sections("es", page)])
def test_what_to_do_is_told_in_infinitives(page):
    found = {name for money in (True, False) for name in claims(page, money=money)[1]}
    assert found
    for section in sections("es", page).values():
        if section.name in found:
            assert VERBS.match(section.source), section.key


def test_every_check_that_keeps_confidence_down_is_among_what_is_tried():
    reasons = {claim.verdict for claim in claims("03_lifetime_value", money=True)[0] if claim.name == "reason"}
    assert reasons == {code for code, check in CHECKS.items() if check.of_forecast} - trust.SAID_BY_THE_TEST
    assert set(PORTFOLIOS) >= {"A_steady", "B_steady", "C_steady", "C_leaving", "A_leaving"}
