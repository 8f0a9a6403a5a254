"""The page of all reports says what its runs said, and the line of the summary what has changed between two of them."""

import pytest

from clv.report.blocks import together
from clv.report.history import comparable, headlines, history_blocks
from clv.report.since import change_since
from clv.report.text import Text

EN, ES = Text("en", "EUR"), Text("es", "EUR")


def entry(day: str, sales: float | None = 1000.0, **more):
    money = {"expected_revenue": sales, "revenue_low": sales and sales * 0.8, "revenue_high": sales and sales * 1.2}
    headline = {"customers": 400, "active": 160.0, "sales": 5e4, "clv": 300.0, "expected_orders": 80.0, **money}
    return {
        "run_id": f"{day}-{len(more)}",
        "as_of": day,
        "created_at": f"{day}T08:00:00Z",
        "currency": "EUR",
        "horizon_days": 365,
        "kept": True,
        "headline": {**headline, "trust": "medium", **more.pop("headline", {})},
        **more,
    }


def shown(entries, text=EN, way=""):
    return str(together(history_blocks(headlines(entries), "A <b>shop</b>", text, way)).html)


def test_runs_stand_newest_first_with_a_way_to_those_that_are_kept(read):
    entries = [entry("2024-01-31", kept=False), entry("2024-02-29"), entry("2024-03-31", 1100.0)]
    page = read(shown(entries, way="en/"))
    links = [link.attrs["href"] for link in page.all("a")]
    assert links == [
        "../latest/en/index.html",
        "../2024-03-31-0/en/index.html",
        "../2024-02-29-0/en/index.html",
    ]
    assert page.all("h1")[0].text == "Reports of A <b>shop</b>"
    assert "3 reports so far" in page.all("h2")[0].text


def test_the_chart_shows_comparable_forecasts_and_says_its_numbers(read):
    entries = [
        entry("2024-01-31", 9.0, currency="USD"),
        entry("2024-01-31", 1000.0, headline={}),
        entry("2024-02-29", 9.0, horizon_days=30),
        entry("2024-03-31", 1100.0),
    ]
    assert list(comparable(headlines(entries))["expected_revenue"]) == [1000.0, 1100.0]
    page = read(shown(entries))
    assert page.all("img")[0].attrs["alt"] == (
        "Line of expected sales from €1,000 on 31\xa0January 2024 to €1,100 on 31\xa0March 2024."
    )
    assert not read(shown(entries[-1:])).all("img")


def test_a_history_of_runs_that_said_less_is_shown(read):
    old = {"run_id": "x", "as_of": "2020-01-01", "created_at": None, "headline": {"customers": 3}, "kept": False}
    page = read(shown([old, entry("2024-03-31")]))
    assert "n/a" in [cell.text for cell in page.all("td")]
    without = entry("2024-03-31", None, headline={"clv": None, "sales": None})
    assert "Expected orders" in shown([without])
    assert "€" not in shown([without])


def test_the_first_report_says_so():
    assert change_since(None, entry("2024-03-31"), ES) == "Primer informe: el próximo dirá aquí qué ha cambiado."


def test_what_has_changed_is_said_with_its_sign():
    now = entry("2024-03-31", 1100.0, headline={"customers": 412, "active": 150.0})
    said = change_since(entry("2024-02-29"), now, EN)
    assert (
        said == "Since the report of 29\xa0February 2024: customers +12; active customers −10; expected sales +10.0%."
    )
    assert "ventas previstas +10,0\xa0%" in change_since(entry("2024-02-29"), now, ES)


@pytest.mark.parametrize("other", [{"currency": "USD"}, {"horizon_days": 30}])
def test_forecasts_of_another_span_or_currency_are_not_compared(other):
    said = change_since(entry("2024-02-29", **other), entry("2024-03-31", 1100.0), EN)
    assert "expected sales" not in said


def test_where_nothing_has_changed_that_is_said():
    said = change_since(entry("2024-02-29"), entry("2024-03-31"), EN)
    assert said.endswith("no change in customers or forecast.")
