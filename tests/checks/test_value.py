"""What is said of value to date follows its own numbers, whatever they are."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.checks import retention, rfm, value
from clv.checks.claim import Claim
from clv.decisions.cohorts import cohort_sizes, retention_grid
from clv.decisions.concentration import abc_classes
from clv.decisions.rfm import rfm_grid, rfm_scores
from clv.report.text import Text
from clv.report.written import Words

CUTS, WINDOW = (0.8, 0.95), 60.0
AS_OF = dt.date(2024, 6, 30)
WORTH = st.lists(st.floats(-1e4, 1e6, allow_subnormal=False), min_size=1, max_size=60)


@st.composite
def bases(draw):
    """Return value and scores of a base: some with one value for all, some with refunds, some who never bought."""
    n = draw(st.integers(1, 60))
    few = draw(st.integers(1, 4))
    orders = np.array(draw(st.lists(st.integers(0, few), min_size=n, max_size=n)))
    amounts = np.array(draw(st.lists(st.sampled_from([-20.0, 0.0, 5.0, 5.0, 80.0, 3000.0]), min_size=n, max_size=n)))
    silent = np.array(draw(st.lists(st.integers(0, 400), min_size=n, max_size=n)))
    last = pd.Series(pd.Timestamp(AS_OF) - pd.to_timedelta(silent, unit="D")).where(orders > 0)
    customers = pd.DataFrame(
        {
            "n_orders": orders,
            "value_to_date": amounts,
            "last_order": last.to_numpy(),
            "frequency": np.maximum(orders - 1, 0),
            "recency": np.maximum(orders - 1, 0) * draw(st.sampled_from([1.0, 4.0, 30.0])),
        },
        index=pd.Index([f"c{number:03d}" for number in range(n)], name="customer_id"),
    )
    worth = customers["value_to_date"] if draw(st.booleans()) else customers["n_orders"].astype(float)
    scored = rfm_scores(customers, AS_OF).assign(abc=abc_classes(worth, CUTS))
    return worth, scored.join(customers[["n_orders", "frequency", "recency"]])


def figures(worth, scored, share=0.2):
    return value.figures(worth, scored, CUTS, share, WINDOW)


@given(WORTH, st.sampled_from([0.01, 0.2, 0.5, 1.0]))
def test_no_share_passes_one_and_classes_hold_what_the_page_says(amounts, share):
    worth = pd.Series(amounts, index=[f"c{number:03d}" for number in range(len(amounts))])
    scored = pd.DataFrame({"abc": abc_classes(worth, CUTS), "days_since_last": 10})
    facts = figures(worth, scored, share)
    title = value.concentrated(facts)
    table = value.by_class(worth, scored["abc"], money=True)
    assert facts["top"] == round(facts["top_share"] * len(worth)) >= 1
    assert facts["total"] == pytest.approx(table.loc[value.TOTAL, "value_to_date"])
    assert table.loc[value.TOTAL, "n_customers"] == len(worth) == table["n_customers"].iloc[:-1].sum()
    if title.verdict == "nothing":
        assert not (worth > 0).any()
        assert facts["class_a"] == 0
        return
    assert 0 < facts["held_by_top"] <= 1 + 1e-12
    assert facts["class_a_held"] == pytest.approx(table.loc["A", "share_of_value"])
    assert facts["class_a_held"] >= CUTS[0] - 1e-8  # who crosses the cut is still in A: it brings the cut at least
    assert table.loc[value.TOTAL, ["share_of_customers", "share_of_value"]].tolist() == [1.0, 1.0]
    curve = value.curve(worth)
    assert curve["share_of_value"].between(0, 1 + 1e-12).all()
    assert curve["n_customers"].iloc[-1] == len(worth)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_base_depends_on_one_customer_or_is_held_against_four_fifths(held, largest):
    claim = value.concentrated({"held_by_top": held, "largest": largest, "customers": 9})
    off = round(held - 0.8, 9)
    if claim.verdict == "dependent":
        assert largest >= 0.1
        assert claim.severity == "amber"
    else:
        assert largest < 0.1
        assert {"more": off > 0.05, "less": off < -0.05, "usual": abs(off) <= 0.05}[claim.verdict]


@given(bases(), st.integers(0, 400))
def test_every_sentence_of_a_base_follows_its_numbers_and_can_be_said(base, history_days):
    worth, scored = base
    facts = figures(worth, scored)
    once = scored["n_orders"].eq(1).sum() / max(int((scored["n_orders"] > 0).sum()), 1)
    kinds = value.single(float(once), len(worth))
    assert bool(kinds) == (once >= 0.8)
    title, silent = value.concentrated(facts), value.quiet(facts, kinds, history_days)
    apart = value.classes(worth, scored, facts)
    former, who = rfm.gone_quiet(worth, scored, WINDOW, history_days)
    told = value.actions(title, kinds, silent, apart, former, facts)

    in_a = scored["abc"].eq("A")
    mine, rest = worth[in_a], worth[~in_a]
    assert (apart.verdict == "nobody") == mine.empty
    if apart.verdict == "apart":
        assert apart["times"] >= 1
        assert apart["once_share"] < 0.5
    if apart.verdict == "tied":
        assert rest.eq(apart["at"]).sum() == apart["tied_below"] > 0
        assert mine.eq(apart["at"]).sum() >= 0.5 * len(mine)
    if apart.verdict == "once":
        assert 2 * scored.loc[in_a, "n_orders"].eq(1).sum() >= len(mine)

    assert (silent.verdict == "too_early") == (history_days < WINDOW)
    if silent.verdict == "none":
        assert not (in_a & scored["days_since_last"].ge(WINDOW).fillna(value=False)).any()
    assert facts["class_a_active"] + facts["class_a_quiet"] == (in_a & scored["n_orders"].gt(0)).sum()

    assert former["quiet"] == who.sum()
    if former.verdict in {"frequent", "returned"}:
        assert who.any()
        assert scored.loc[who, "n_orders"].ge(former["least"]).all()
        assert scored.loc[who, "days_since_last"].ge(WINDOW).all()
        assert (former["least"] == 2) == (former.verdict == "returned")
    if former.verdict == "none":
        assert not who.any()

    names = {claim.name for claim in told}
    assert names
    assert ("plan_for_the_largest" in names) == (title.verdict == "dependent")
    assert not (kinds and names & {"serve", "ask_the_quiet", "win_back"})
    assert not (apart.verdict in {"tied", "nobody"} and names & {"serve", "ask_the_quiet"})
    tiles = Claim("tiles", "none" if title.verdict == "nothing" else "some", facts)
    concentration = value.concentrated(facts, "concentration")
    for claim in [title, concentration, tiles, silent, apart, former, *kinds, *told, *value.beyond(worth)]:
        say(claim, facts)


def say(claim, facts):
    """Fill the words of a claim in both languages, with amounts and without."""
    common = {"as_of": AS_OF, "first": AS_OF, **facts}
    for language in ("en", "es"):
        for measure in ("money", "orders"):
            words = Words("02_current_value", Text(language, "EUR"), measure)
            for piece in words.pieces(claim.name, claim.verdict, {**common, "n": claim.n, **claim.facts}):
                assert "n/a" not in str(piece.body)
                assert "nan" not in str(piece.body)


def scored_of(n_orders, silent, weeks=8.0):
    """Return scores of customers by number of orders and days since the last, whose orders lie `weeks` apart."""
    n_orders, index = np.array(n_orders), [f"c{number:04d}" for number in range(len(n_orders))]
    last = pd.Timestamp(AS_OF) - pd.to_timedelta(np.array(silent), unit="D")
    customers = pd.DataFrame(
        {"n_orders": n_orders, "value_to_date": n_orders * 10.0, "last_order": last}, index=index
    ).assign(frequency=n_orders - 1, recency=(n_orders - 1) * weeks)
    worth = customers["n_orders"].astype(float)
    scored = rfm_scores(customers, AS_OF).assign(abc=abc_classes(worth, CUTS))
    return worth, scored.join(customers[["n_orders", "frequency", "recency"]])


def test_a_base_that_nobody_leaves_has_nobody_gone_quiet():
    """Silent for two of their usual weeks, beyond a churn window of ten days: still in rhythm."""
    worth, scored = scored_of([50, 51, 52, 53, 54] * 20, [3, 6, 9, 12, 14] * 20, weeks=1.0)
    claim, who = rfm.gone_quiet(worth, scored, window_days=10, history_days=400)
    assert (claim.verdict, who.sum()) == ("none", 0)
    assert rfm.gone_quiet(worth, scored, window_days=10, history_days=9)[0].verdict == "too_early"
    _, far = scored_of([50, 51, 52, 53, 54] * 20, [3, 6, 9, 30, 3] * 20, weeks=1.0)
    assert rfm.gone_quiet(worth, far, window_days=10, history_days=400)[0].verdict == "frequent"


def test_where_nearly_all_bought_once_classes_and_scores_tell_nobody_apart():
    worth, scored = scored_of([1] * 990 + [2] * 10, list(range(1000)))
    facts = figures(worth, scored)
    (single,) = value.single(0.99, 1000)
    apart = value.classes(worth, scored, facts)
    assert (single["once_share"], apart.verdict, apart["at"]) == (0.99, "tied", 1)
    ties, grid = rfm.scores(scored["n_orders"], rfm_grid(scored))
    assert (ties.name, ties["share"], ties["orders"], grid["frequency"]) == ("ties", 0.99, 1, 3)
    silent = value.quiet(facts, [single], 1000)
    assert silent.verdict == "expected"
    former = rfm.gone_quiet(worth, scored, WINDOW, 1000)[0]
    assert former["least"] == 2
    told = value.actions(value.concentrated(facts), [single], silent, apart, former, facts)
    assert [claim.name for claim in told] == ["second_order"]


@pytest.mark.parametrize(
    ("amounts", "verdict"),
    [
        ([90.0, 5, 5], "dependent"),
        ([10.0] * 20 + [0.1] * 80, "more"),
        ([8.0] * 20 + [0.5] * 80, "usual"),
        ([1.0] * 100, "less"),
        ([0.0, -5.0], "nothing"),
    ],
)
def test_each_verdict_of_concentration_has_its_base(amounts, verdict):
    worth = pd.Series(amounts, index=[f"c{number:03d}" for number in range(len(amounts))])
    scored = pd.DataFrame({"abc": abc_classes(worth, CUTS), "days_since_last": 10})
    assert value.concentrated(figures(worth, scored)).verdict == verdict


@pytest.mark.parametrize(
    ("amounts", "orders", "verdict"),
    [
        ([90.0, 40, 10, 1, 1], [5] * 5, "apart"),
        ([90.0], [5], "alone"),
        ([90.0, 40, 10, 1, 1], [1, 1, 1, 5, 5], "once"),
        ([1.0] * 10, [5] * 10, "tied"),
        ([0.0, -1.0], [1, 1], "nobody"),
    ],
)
def test_each_verdict_of_classes_has_its_base(amounts, orders, verdict):
    worth = pd.Series(amounts, index=list("abcdefghij")[: len(amounts)])
    scored = pd.DataFrame({"abc": abc_classes(worth, CUTS), "n_orders": orders}, index=worth.index)
    assert value.classes(worth, scored, {}).verdict == verdict


@pytest.mark.parametrize(
    ("quiet", "history", "verdict"), [(0, 90, "none"), (4, 90, "expected"), (5, 90, "some"), (0, 59, "too_early")]
)
def test_a_reader_is_warned_from_more_quiet_customers_than_chance_makes(quiet, history, verdict):
    facts = {"class_a": 100, "class_a_quiet": quiet, "window_days": 60}
    assert value.quiet(facts, [], history).verdict == verdict


def test_nobody_is_frequent_where_all_order_equally_often_and_two_orders_are_a_return():
    worth, scored = scored_of([4] * 10, range(0, 400, 40))
    assert rfm.gone_quiet(worth, scored, WINDOW, 400)[0].verdict == "nobody_frequent"
    worth, scored = scored_of([1, 2] * 10, [300] * 10 + [5] * 10)
    assert rfm.gone_quiet(worth, scored, WINDOW, 400)[0].verdict == "returned"


def test_class_a_of_single_large_orders_is_called_that():
    worth = pd.Series([900.0, 800, 700, 20, 10], index=list("abcde"))
    scored = pd.DataFrame({"abc": abc_classes(worth, CUTS), "n_orders": [1, 1, 5, 9, 9]}, index=worth.index)
    assert value.classes(worth, scored, {}).verdict == "once"


@pytest.mark.parametrize(
    ("quiet", "way"), [(1, "by_name"), (50, "by_name"), (51, "offer"), (399, "offer"), (400, "compared")]
)
def test_advice_follows_the_number_of_customers(quiet, way):
    facts = {"class_a_active": quiet, "class_a_quiet": quiet, "largest": 0.01}
    told = value.actions(
        Claim("title", "usual"), [], Claim("quiet", "some"), Claim("classes", "apart"),
        Claim("gone_quiet", "frequent", {"quiet": quiet}), facts,
    )  # fmt: skip
    few = quiet <= 50
    assert [(claim.name, claim.verdict) for claim in told] == [
        ("serve", "by_name" if few else "as_a_class"),
        ("ask_the_quiet", "by_name" if few else "many"),
        ("win_back", way),
    ]


def test_nothing_to_do_is_said():
    facts = {"class_a_active": 0, "class_a_quiet": 0}
    told = value.actions(Claim("t", "usual"), [], Claim("q", "none"), Claim("c", "apart"), Claim("g", "none"), facts)
    assert [claim.name for claim in told] == ["nothing_to_do"]


def activity(sizes, kept, months):
    """Return the activity of one cohort a month, of which `kept` customers buy in each later month."""
    firsts = pd.date_range("2023-01-01", periods=len(sizes), freq="MS")
    rows = [
        (first.date(), age, size if age == 0 else kept(size, age))
        for number, (first, size) in enumerate(zip(firsts, sizes, strict=True))
        for age in range(months - number)
    ]
    return pd.DataFrame(rows, columns=["cohort", "age", "customers"])


def grid_of(sizes, kept, months=18):
    as_of = (pd.Timestamp("2023-01-01") + pd.DateOffset(months=months) - pd.Timedelta(days=1)).date()
    lines = activity(sizes, kept, months)
    return retention_grid(lines, as_of, 1), cohort_sizes(lines)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=17), st.floats(0, 1))
def test_how_many_stay_rests_on_enough_customers_and_is_in_the_table(sizes, share):
    grid, n = grid_of(sizes, lambda size, age: round(size * share))
    claim = retention.stay(grid, n, 1)
    table = retention.followed(grid, n)
    assert table.loc[value.TOTAL, "n_customers"] == sum(sizes)
    assert table["n_customers"].iloc[:-1].tolist() == sizes
    assert "after_13" not in table
    if claim.verdict == "too_few":
        assert claim.n < 30
        return
    assert claim.n >= 30
    assert claim["age"] <= 12
    assert table.loc[value.TOTAL, f"after_{claim['age']}"] == pytest.approx(claim["share"])
    assert claim.verdict == ("hardly" if claim["share"] < 0.02 else "by_month")
    assert claim["small"] == sum(size < 30 for size in sizes)
    named = table.assign(cohort="x")
    drawn = retention.drawn(named, str)
    assert len(drawn) == sum(size >= 30 for size in sizes) + (sum(sizes) >= 30)
    assert set(drawn.columns) <= {str(age) for age in range(1, 13)}
    assert (2 * claim.n >= sum(sizes)) or claim["age"] == 1


def test_a_share_is_of_customers_not_of_cohorts():
    grid, n = grid_of([300, 100], lambda size, age: 150 if size == 300 else 100, months=4)
    claim = retention.stay(grid, n, 1)
    assert (claim["age"], claim["share"], claim.n) == (3, 0.5, 300)
    assert retention.followed(grid, n).loc[value.TOTAL, "after_1"] == pytest.approx(250 / 400)


def test_a_log_of_one_period_is_too_short_to_follow():
    grid, n = grid_of([80], lambda size, age: 0, months=1)
    assert retention.stay(grid, n, 1).verdict == "too_short"
    say(retention.stay(grid, n, 1), {})


@pytest.mark.parametrize("months", [1, 3, 12])
def test_periods_have_words(months):
    grid, n = grid_of([80], lambda size, age: 40)
    claim = retention.stay(grid, n, months)
    assert claim.verdict == f"by_{retention.PERIODS[months]}"
    say(claim, {})
    for verdict in ("all", "without_small"):
        say(Claim("cohorts", verdict, claim.facts), {})


def test_every_verdict_of_the_words_is_one_that_the_rules_give():
    reached = {
        "title": {"dependent", "more", "usual", "less", "nothing"},
        "concentration": {"dependent", "more", "usual", "less", "nothing"},
        "quiet": {"some", "expected", "none", "too_early"},
        "classes": {"apart", "alone", "once", "tied", "nobody"},
        "gone_quiet": {"frequent", "returned", "none", "too_early", "nobody_frequent"},
        "stay": {"by_month", "by_quarter", "by_year", "hardly", "too_short", "too_few"},
    }
    words = Words("02_current_value", Text("en", "EUR"))
    for name, verdicts in reached.items():
        written = {section.verdict for section in words._sections.values() if section.name == name}
        assert written == verdicts
