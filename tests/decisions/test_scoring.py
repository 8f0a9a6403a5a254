"""From one file to one scored row per customer; every bad file is one line that says what, how many and what to do."""

import csv
import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from clv.config import config_for_file
from clv.decisions import forecasting, scoring
from clv.decisions.export import DICTIONARY
from clv.decisions.scoring import score, score_file
from clv.errors import DataError
from clv.learning import distribution, learners

COLUMNS = {"customer_id": "client", "ordered_at": "day", "amount": "net"}
TODAY = dt.date(2026, 1, 1)
FORMULAS = ['=HYPERLINK("http://x","y")', "@me", "-1+1", "+cmd|x"]
IDS = ["007", "7", "abc", "ABC", " inner  and outer ", "ñandú €", "e\u0301", "\u00e9", "<script>alert(1)</script>",
       'with "quotes"', "with, comma", "with\nnewline", "#1", "'", "x" * 5_000, *FORMULAS]  # fmt: skip
HEADER = "client,day,net\n"
DATES = ["first_order", "last_order", "next_order"]
OF_THE_WHOLE_BASE = {"abc", "rfm", "portfolio"}  # classes are cut across all customers, in a run


def history(seed: int = 11, n_others: int = 60) -> list[tuple[str, str, str]]:
    """Return lines of customers who buy at their own pace for half a year or leave before; the hostile ids first."""
    rng = np.random.default_rng(seed)
    lines = []
    for name in [*IDS, *(f"c{number:03d}" for number in range(n_others))]:
        gaps = rng.exponential(1 / rng.gamma(2, 1 / 40), size=60)
        days = np.cumsum(np.concatenate([[rng.integers(0, 60)], gaps]))
        for day in days[: rng.geometric(0.15)]:
            if day < 182:
                lines.append((name, str(np.datetime64("2024-01-01") + int(day)), f"{rng.gamma(6, 4):.2f}"))
    return lines


@pytest.fixture(scope="module")
def lines():
    return [*history(), ("only refunds", "2024-02-01", "-9.50"), ("", "2024-02-01", "3"), ("c000", "soon", "3")]


@pytest.fixture(scope="module")
def config(lines, tmp_path_factory):
    file = tmp_path_factory.mktemp("shop") / "orders.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([HEADER.strip().split(","), *lines])
    return config_for_file(file, {"columns": COLUMNS}, margin=0.3)


@pytest.fixture(scope="module", autouse=True)
def fit_once():
    """Fit the same history once, with few trees: what is tested here is what comes of a fit."""
    fitted, fit = {}, scoring.fit_forecaster

    def remembered(purchase_days, as_of, horizon, window_days):
        key = (as_of, horizon, window_days, purchase_days.count().execute(), purchase_days.net.sum().execute())
        if key not in fitted:
            fitted[key] = fit(purchase_days, as_of, horizon, window_days)
        return fitted[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(learners._BOOSTING, "max_iter", 10)
        patch.setattr(distribution, "_PSEUDO_CUSTOMERS", 100)
        patch.setattr(scoring, "fit_forecaster", remembered)
        yield


@pytest.fixture(scope="module")
def scores(config):
    return score(config, TODAY)


def test_every_customer_has_one_row_with_the_money_of_the_source(scores, lines):
    usable = pd.DataFrame([line for line in lines if line[0] and line[1] != "soon"], columns=["id", "day", "net"])
    assert scores["customer_id"].tolist() == sorted(usable["id"].unique(), key=str.encode)
    assert set(IDS) <= set(scores["customer_id"])
    assert scores["value_to_date"].sum() == pytest.approx(usable["net"].astype(float).sum(), abs=0.005)


def test_scores_have_the_columns_of_the_dictionary_and_possible_values(scores):
    forecast = ["expected_orders", "expected_revenue", "clv", "p_alive", "p_churn", "p_no_order", "orders_high"]
    assert list(scores) == [name for name in DICTIONARY if name not in OF_THE_WHOLE_BASE]
    buyers, other = scores[scores["n_orders"] > 0], scores[scores["n_orders"] == 0]
    assert other["customer_id"].tolist() == ["only refunds"]
    assert other[forecast].isna().all(axis=None)
    assert np.isfinite(buyers[forecast]).all(axis=None)
    assert buyers["p_alive"].between(0, 1).all()
    assert buyers["p_churn"].between(0, 1).all()
    assert (buyers["clv"] < 0.3 * buyers["expected_revenue"]).all()  # margin, and then discounted
    for name in ("orders", "revenue"):
        assert (buyers[f"{name}_low"] <= buyers[f"median_{name}"]).all()
        assert (buyers[f"median_{name}"] <= buyers[f"{name}_high"]).all()
    assert (buyers["clv_low"] <= buyers["clv_high"]).all()
    assert (buyers["next_order"].dropna() > buyers["last_order"].max()).all()


def test_the_base_is_expected_to_order_about_as_it_did(scores):
    assert 0.2 < scores["expected_orders"].sum() / scores["frequency"].sum() < 5
    per_order = scores["expected_revenue"].sum() / scores["expected_orders"].sum()
    assert per_order == pytest.approx(scores["value_to_date"].sum() / scores["n_orders"].sum(), rel=0.2)


def test_parts_make_the_table_of_the_whole(config, scores, tmp_path, monkeypatch):
    monkeypatch.setattr(forecasting, "CUSTOMERS_PER_PART", 20)
    parts = score(config, TODAY)
    assert sorted(parts["customer_id"]) == sorted(scores["customer_id"])
    pd.testing.assert_frame_equal(
        parts.set_index("customer_id").reindex(scores["customer_id"]),
        scores.set_index("customer_id"),
        check_exact=False,
        rtol=1e-9,
        check_dtype=False,
    )
    score_file(config, tmp_path / "s.parquet", TODAY)
    assert pd.read_parquet(tmp_path / "s.parquet")["customer_id"].tolist() == parts["customer_id"].tolist()


def test_a_log_without_amounts_has_orders_and_no_money(lines, tmp_path):
    file = tmp_path / "visits.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([["client", "day"], *(line[:2] for line in lines)])
    columns = {name: column for name, column in COLUMNS.items() if name != "amount"}
    visits = score(config_for_file(file, {"columns": columns}), TODAY)
    money = [name for name in visits if "revenue" in name or "clv" in name or "value" in name]
    assert len(money) == 9
    assert visits[money].isna().all(axis=None)
    counts = ["expected_orders", "orders_low", "orders_high", "median_orders", "p_alive", "p_churn", "p_no_order"]
    assert np.isfinite(visits[counts]).all(axis=None)
    assert (visits.loc[visits["customer_id"] == "only refunds", "n_orders"] == 1).all()  # a line is a visit


def test_parquet_keeps_every_id_byte_for_byte(config, scores, tmp_path):
    notes = score_file(config, tmp_path / "s.parquet", TODAY)
    written = pd.read_parquet(tmp_path / "s.parquet")
    assert written["customer_id"].tolist() == scores["customer_id"].tolist()
    pd.testing.assert_frame_equal(written.drop(columns=DATES), scores.drop(columns=DATES))
    pd.testing.assert_frame_equal(written[DATES].astype("datetime64[s]"), scores[DATES].astype("datetime64[s]"))
    assert scores.loc[scores["p_no_order"] > 0.5, "next_order"].isna().all()
    n = len(history())
    assert notes[0] == (
        f"{n + 1:,} of {n + 3:,} lines used; 2 set aside (6.00): date_not_readable: 1, no_customer_id: 1"
    )
    assert notes[1].startswith(f"{len(scores):,} customers as of 2024-")
    assert notes[2].startswith("forecast by: ")
    assert notes[3].startswith("caution: the forecast looks 365 days ahead, 2.0 times the 182 days of history")
    said = [note.split()[1] for note in notes[4:]]
    assert said == ["missing_ids", "look_alike_ids", "odd_refunds"]
    assert "'007' and '7', 'ABC' and 'abc'" in notes[5]


def test_csv_keeps_every_id_but_marks_formulas(config, scores, tmp_path):
    notes = score_file(config, tmp_path / "s.csv", TODAY)
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        written = [row["customer_id"] for row in csv.DictReader(file)]
    assert written == [f"'{name}" if name in FORMULAS else name for name in scores["customer_id"]]
    assert notes[-1].startswith("4 values begin like a formula and carry a leading apostrophe in s.csv")


def test_the_as_of_day_ends_what_is_known(config):
    early = score(config.model_copy(update={"as_of": dt.date(2024, 6, 1)}), TODAY)
    assert pd.to_datetime(early["last_order"]).max() <= pd.Timestamp("2024-06-01")


REGULAR = "".join(f"c{n:02d},2024-{month:02d}-{n + 13},10.50\n" for n in range(15) for month in (1, 2, 4))
BAD = [
    ("empty", "", r"the file is empty \(0 bytes\); export it again"),
    ("header only", HEADER, r"has a header and no line of data; export it again"),
    ("a missing column", REGULAR.join(["client,dia,net\n", ""]), r"1 of 3 columns are missing: 'day' \(for ordered_at"),
    (
        "no ids",
        HEADER + ",2024-01-01,5\n" * 8,
        r"none of 8 lines can be used: no customer id \(8\); check the columns map",
    ),
    (
        "no dates",
        HEADER + "a,soon,5\n" * 8,
        r"8 of 8 lines cannot be read: the date cannot be read \(8\); state delimiter, date_format",
    ),
    (
        "two-digit years",
        HEADER + "a,31/12/24,5\n" * 8,
        r"day: years have two digits, e\.g\. '31/12/24'; state date_format",
    ),
    (
        "one customer",
        HEADER + "a,2024-01-01,5\na,2024-02-01,5\n",
        r"only 1 customers bought; a forecast needs at least 10: take a longer history",
    ),
    (
        "one-time buyers",
        HEADER + "".join(f"{n},2024-01-{n},5\n" for n in range(11, 30)),
        r"only 0 of 19 customers bought on more than one day, .*: take a longer history",
    ),
    (
        "currency signs",
        HEADER + "a,2024-01-31,$5.00\n" * 8,
        r"net: 8 of 8 amounts carry a currency sign \(\$\); state currency_sign: '\$'",
    ),
    (
        "refunds only",
        HEADER + REGULAR.replace(",10", ",-10"),
        r"nobody has bought: not one day of a customer nets above zero; check the sign",
    ),
    (
        "only in the future",
        HEADER + REGULAR.replace("2024-", "2030-"),
        r"none of 45 lines can be used: the date lies in the future \(45\)",
    ),
    (
        "an open quote",
        HEADER + REGULAR + '"a,2024-01-31,5\n' + REGULAR,
        r"line 47 or one near it opens a quote that it does not close, so that 45 lines",
    ),
    ("binary", b"\x89PNG\r\n\x1a\n\x00\x01\x02" * 20, r"orders\.csv: .*(cannot be read|are missing|is not text)"),
]


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_one_line_and_nothing_is_written(tmp_path, content, said):
    file = tmp_path / "orders.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as error:
        score_file(config_for_file(file, {"columns": COLUMNS}), tmp_path / "scores.csv", TODAY)
    message = str(error.value)
    assert re.search(said, message), message
    assert "\n" not in message
    assert len(message) < 500
    assert not (tmp_path / "scores.csv").exists()


def test_an_as_of_day_before_the_data_and_an_unknown_kind_of_table_are_refused(config, tmp_path):
    with pytest.raises(DataError, match=r"as_of 2020-01-01 lies before the first usable line, 2024-.*a later date"):
        score(config.model_copy(update={"as_of": dt.date(2020, 1, 1)}), TODAY)
    with pytest.raises(DataError, match=r"s\.xlsx: unknown kind of table"):
        score_file(config, tmp_path / "s.xlsx", TODAY)
