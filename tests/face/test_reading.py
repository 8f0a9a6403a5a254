"""A file, a frame and a company's YAML are read alike; what is wrong with a frame is said in one line."""

import datetime as dt
import gc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import clv
from clv.errors import ClvError, ConfigError, DataError

COLUMNS = {"customer": "client", "date": "day", "amount": "net"}


def test_a_frame_is_read_as_its_file_is(orders, log):
    frame = clv.read(orders, **COLUMNS, as_of=log.as_of)
    pd.testing.assert_frame_equal(frame.table, log.table)
    assert repr(frame) == repr(log).replace("orders.csv", "frame")
    assert frame.basis.accounts == log.basis.accounts


def test_no_line_and_no_money_is_lost(orders, log):
    assert log.basis.intake.rows_read == len(orders) == log.basis.accounts.rows_used
    assert log.table["net"].sum() == pytest.approx(orders["net"].sum(), abs=1e-6)
    assert not log.table.duplicated(["customer_id", "ordered_on"]).any()
    assert log.notes[0] == f"{len(orders):,} of {len(orders):,} lines used"


def test_the_frame_of_the_caller_is_left_as_it_is(orders):
    before = orders.copy(deep=True)
    clv.read(orders, **COLUMNS)
    pd.testing.assert_frame_equal(orders, before)


def test_ids_keep_their_text_and_whole_numbers_are_no_floats():
    numbers = pd.DataFrame({"customer_id": [7, 7, 12], "ordered_at": pd.to_datetime(["2024-01-01"] * 3), "amount": 1.0})
    assert set(clv.read(numbers).table["customer_id"]) == {"7", "12"}
    with_gap = numbers.assign(customer_id=[7.0, np.nan, 12.0])
    found = clv.read(with_gap)
    assert set(found.table["customer_id"]) == {"7", "12"}
    assert found.basis.intake.reasons == {"no_customer_id": 1}


@pytest.mark.parametrize(
    "client",
    [
        lambda ids: ids.astype("category"),
        lambda ids: ids.astype(object),
        lambda ids: ids.astype("string[pyarrow]"),
    ],
)
def test_columns_of_any_type_of_text_are_read_alike(orders, log, client):
    found = clv.read(orders.assign(client=client(orders["client"])), **COLUMNS, as_of=log.as_of)
    pd.testing.assert_frame_equal(found.table, log.table)


def test_a_column_that_nobody_asked_for_may_hold_anything(orders, log):
    odd = orders.assign(note=[{"a": 1}, "text", 3, None] * (len(orders) // 4) + [0] * (len(orders) % 4))
    pd.testing.assert_frame_equal(clv.read(odd, **COLUMNS, as_of=log.as_of).table, log.table)


def test_without_amounts_orders_are_counted(orders):
    found = clv.read(orders, **{**COLUMNS, "amount": None})
    assert found.table["net"].isna().all()
    assert found.table["is_purchase"].all()


def test_settings_of_a_config_are_settings_of_a_reading(orders, tmp_path):
    file = tmp_path / "orders.csv"
    text = orders.assign(net=orders["net"].map("{:.2f}".format).str.replace(".", ","))
    text.to_csv(file, index=False, sep=";", date_format="%d/%m/%Y")
    found = clv.read(file, **COLUMNS, delimiter=";", decimal=",", date_format="%d/%m/%Y", purchase_rule="any_order")
    assert float(found.basis.intake.amount_clean) == pytest.approx(orders["net"].sum())
    assert found.config.purchase_rule == "any_order"


def test_the_yaml_of_a_company_says_how_it_is_read(shop, orders, tmp_path):
    yaml = tmp_path / "shop.yaml"
    columns = "{customer_id: client, ordered_at: day, amount: net}"
    yaml.write_text(
        f"name: shop\ntitle: Shop\nsource: {{transactions: {{path: {shop}, columns: {columns}}}}}\ncurrency: USD\n"
        "margin: 0.3\nhorizon_days: 100\n",
        encoding="utf-8",
    )
    found = clv.read(yaml)
    assert (found.basis.intake.rows_read, found.currency) == (len(orders), "USD")
    forecast = clv.forecast(found, contest=False)
    assert (forecast.terms.horizon, forecast.terms.margin) == (clv.days(100), 0.3)


def test_what_a_log_holds_is_gone_with_it(orders):
    found = clv.read(orders, **COLUMNS)
    folder = Path(found.days.get_backend().con.sql("select current_setting('temp_directory')").fetchone()[0])
    assert folder.is_dir()
    del found
    gc.collect()
    assert not folder.exists()


FAULTS = [
    (lambda o: o, {"customer": "clint"}, DataError, "frame: 1 of 3 columns are missing: 'clint' (for customer;"),
    (lambda o: o, {"date": "Day"}, DataError, "'Day' (for date; did you mean 'day'?)"),
    (lambda o: o.iloc[:0], {}, DataError, "frame: has no rows"),
    (lambda o: o.set_axis(["client", "day", "day"], axis=1), {}, DataError, "columns that have one name: day"),
    (lambda o: o.assign(net=["x", *o["net"].iloc[1:]]), {}, DataError, "frame: column 'net' holds values of"),
    (lambda o: o.assign(net=o["net"] > 20), {}, DataError, "frame: net: amounts are of type boolean"),
    (lambda o: o.assign(day="soon"), {}, DataError, "frame:"),
    (lambda o: o.assign(day=pd.Timestamp("2099-01-01")), {}, DataError, "frame: none of"),
    (lambda o: o, {"delimeter": ";"}, ConfigError, "unknown setting 'delimeter'; did you mean 'delimiter'?"),
    (lambda o: o, {"as_of": "tomorrow"}, ConfigError, "as_of must be a date such as 2024-12-31; got 'tomorrow'"),
    (lambda o: o, {"as_of": dt.date(2020, 1, 1)}, DataError, "as_of 2020-01-01 lies before the first usable line"),
    (lambda o: o.to_numpy(), {}, ConfigError, "source must be a path or a pandas DataFrame; got ndarray"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "settings", "kind", "said"), FAULTS)
def test_a_fault_of_a_frame_is_one_line_that_names_the_frame(orders, change, settings, kind, said):
    with pytest.raises(ClvError) as raised:
        clv.read(change(orders), **{**COLUMNS, **settings})
    text = str(raised.value)
    assert type(raised.value) is kind
    assert said in text
    assert "\n" not in text
    assert "clv-log-" not in text
