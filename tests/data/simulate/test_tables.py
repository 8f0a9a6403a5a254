"""Keys, money and time of the simulated tables: nothing refers to what is not there."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from clv.data.simulate import truths
from clv.data.simulate.clock import AS_OF

KEYS = ["register", "customer_id"]
END = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def frames(tables):
    return {name: table.to_pandas() for name, table in tables.items()}


def pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(frame[KEYS].itertuples(index=False, name=None))


def test_every_row_of_every_table_belongs_to_a_card(frames):
    cards = pairs(frames["customers"])
    assert len(cards) == len(frames["customers"])
    for name in (
        "transactions",
        "campaign_contacts",
        "campaign_responses",
        "cases",
        "surveys",
        "tasks",
        "subscriptions",
    ):
        assert pairs(frames[name]) <= cards, name
    assert pairs(frames["truth/identity"]) == cards
    assert pairs(frames["truth/future_transactions"]) <= cards


def test_ids_of_the_crm_exist_in_the_shop(frames):
    cards = frames["customers"]
    shop = set(cards.loc[cards["register"] == "shop", "customer_id"])
    assert set(frames["prospects"]["converted_to"].dropna()) <= shop
    assert set(frames["opportunities"]["customer_id"].dropna()) <= shop
    assert set(frames["opportunities"]["prospect_id"].dropna()) <= set(frames["prospects"]["prospect_id"])
    assert (frames["opportunities"]["customer_id"].notna() | frames["opportunities"]["prospect_id"].notna()).all()
    for register, rows in cards.groupby("register"):
        known = set(cards.loc[cards["register"] == register, "customer_id"])
        assert set(rows["referred_by"].dropna()) <= known


@pytest.mark.parametrize("table", ["cases", "tasks", "subscriptions", "prospects", "opportunities"])
def test_keys_are_unique(frames, table):
    key = {"opportunities": "opportunity_id"}.get(table, table[:-1] + "_id")
    assert frames[table][key].is_unique


def test_an_order_has_one_customer_and_each_line_adds_up(frames):
    lines = frames["transactions"]
    assert lines.groupby("order_id")[KEYS].nunique().eq(1).all(axis=None)
    bought = lines[lines["quantity"] > 0]
    price = (bought["amount"] + bought["discount"]) / bought["quantity"].map(Decimal)
    assert price.groupby(bought["product_id"]).nunique().eq(1).all()  # one list price a product
    assert (lines["discount"] >= 0).all()
    assert (bought["cost"] > 0).all()


def test_refunds_return_lines_of_their_order_and_come_after_them(frames):
    lines = pd.concat([frames["transactions"], frames["truth/future_transactions"]])
    back, bought = lines[lines["quantity"] < 0], lines[lines["quantity"] > 0]
    firsts = bought.groupby("order_id")["ordered_at"].min()
    assert (back["ordered_at"] >= back["order_id"].map(firsts)).all()
    net = lines.groupby(["order_id", "product_id"])["amount"].sum()
    assert (net >= 0).all()
    share = back["order_id"].nunique() / bought["order_id"].nunique()
    assert share == pytest.approx(truths.REFUND_PER_ORDER, abs=0.006)
    days = (back["ordered_at"].dt.normalize() - back["order_id"].map(firsts).dt.normalize()).dt.days
    assert 0.3 < (days == 0).mean() < 0.5
    assert days.max() <= 29


def test_money_of_the_truth_is_the_money_of_the_lines(frames):
    people = frames["truth/customers"].set_index("person_id")
    log = frames["transactions"].merge(frames["truth/identity"], on=KEYS)
    future = frames["truth/future_transactions"]
    for lines, money in ((log, "money_to_date"), (future, "future_money_730")):
        total = lines.groupby("person_id")["amount"].sum().reindex(people.index)
        assert (total.where(total.notna(), Decimal(0)) == people[money]).all()
    orders = future[future["quantity"] > 0].groupby("person_id")["order_id"].nunique()
    assert (orders.reindex(people.index, fill_value=0) == people["future_orders_730"]).all()


def test_nothing_in_the_log_is_later_than_the_as_of_date_and_nothing_in_the_future_earlier(frames):
    for table, column in (
        ("transactions", "ordered_at"), ("customers", "registered_on"), ("campaign_contacts", "contacted_on"),
        ("campaign_responses", "responded_on"), ("cases", "opened_at"), ("cases", "resolved_at"), ("tasks", "done_on"),
        ("surveys", "answered_on"), ("prospects", "created_on"), ("opportunities", "closed_on"),
        ("subscriptions", "ended_on"),
    ):  # fmt: skip
        assert pd.to_datetime(frames[table][column]).max() < END, table
    future = frames["truth/future_transactions"]["ordered_at"]
    assert future.min() >= END
    assert future.max() < END + dt.timedelta(days=730)


def test_nobody_orders_after_he_left_nor_before_his_card_was_made(frames):
    lines = frames["transactions"].merge(frames["truth/identity"], on=KEYS).merge(frames["customers"], on=KEYS)
    bought = lines[lines["quantity"] > 0]
    left = frames["truth/customers"].set_index("person_id")["left_on"]
    day = bought["ordered_at"].dt.normalize()
    gone = pd.to_datetime(bought["person_id"].map(left))
    assert (gone.isna() | (day <= gone)).all()
    assert (day >= pd.to_datetime(bought["registered_on"])).all()


def test_no_card_is_written_to_before_it_was_made(frames):
    cards = frames["customers"][[*KEYS, "registered_on"]]
    for table, column in (
        ("campaign_contacts", "contacted_on"), ("campaign_responses", "responded_on"), ("cases", "opened_at"),
        ("surveys", "answered_on"), ("tasks", "due_on"), ("subscriptions", "started_on"),
    ):  # fmt: skip
        rows = frames[table].merge(cards, on=KEYS)
        assert (pd.to_datetime(rows[column]) >= pd.to_datetime(rows["registered_on"])).all(), table


def test_a_bad_case_is_what_the_rule_says(frames):
    cases = frames["cases"].merge(frames["truth/cases"], on="case_id")
    known = cases[cases["resolved_at"].notna() & (cases["severity"] == truths.BAD_SEVERITY)]
    days = (known["resolved_at"] - known["opened_at"]) / pd.Timedelta(days=1)
    assert ((days > truths.BAD_AFTER_DAYS) == known["is_bad"]).all()
    assert not cases.loc[cases["severity"] != truths.BAD_SEVERITY, "is_bad"].any()
    assert (cases["first_response_at"].isna() | (cases["first_response_at"] >= cases["opened_at"])).all()
    ordered = frames["transactions"].groupby("order_id")["ordered_at"].min()
    assert (cases["opened_at"] > cases["order_id"].map(ordered)).all()


def test_bad_cases_only_bring_the_leaving_forward(frames):
    people = frames["truth/customers"]
    with_, without = (pd.to_datetime(people[name]) for name in ("left_on", "left_without_bad_cases_on"))
    assert (with_.isna() <= without.isna()).all()  # who stays with them stays without them
    both = without.notna()
    assert (with_[both] <= without[both]).all()
    touched = set(frames["truth/cases"].query("is_bad")["person_id"])
    changed = people.loc[with_.ne(without) & ~(with_.isna() & without.isna())]
    early = changed[pd.to_datetime(changed["left_on"]) < END]
    assert len(early) > 0
    assert set(early["person_id"]) <= touched


def test_control_is_drawn_by_lot_and_gets_neither_message_nor_response(frames):
    contacts = frames["campaign_contacts"]
    assert contacts["is_control"].mean() == pytest.approx(truths.CONTROL_SHARE, abs=0.03)
    assert contacts.loc[contacts["is_control"], "message"].isna().all()
    assert contacts.loc[~contacts["is_control"], "message"].notna().all()
    held = set(contacts[contacts["is_control"]].merge(frames["truth/identity"], on=KEYS)
               [["campaign_id", "person_id"]].itertuples(index=False, name=None))  # fmt: skip
    answers = frames["campaign_responses"].merge(frames["truth/identity"], on=KEYS)
    assert not held & set(answers[["campaign_id", "person_id"]].itertuples(index=False, name=None))
    assert frames["truth/caused_orders"]["order_id"].isin(frames["transactions"]["order_id"]).all()


def test_the_ceiling_lies_above_what_is_spent(frames):
    potential = frames["truth/potential"]
    assert (potential["ceiling_annual_spend"] >= potential["expected_annual_spend"]).all()
    assert (potential["expected_annual_spend"] == 0).mean() > 0.4  # categories that are not bought from us at all


def test_clones_are_worth_more_and_look_like_their_models(frames):
    truth = frames["truth/prospects"]
    worth = truth.groupby("is_clone")["expected_money_of_two_years"].median()
    assert worth[True] > 3 * worth[False]
    people = frames["truth/customers"].set_index("person_id")
    clones = truth[truth["is_clone"]].merge(frames["prospects"], on="prospect_id")
    clones = clones[clones["occupation"].notna()]
    assert (clones["occupation"] == clones["clone_of"].map(people["occupation"])).all()


def test_sales_win_at_the_stated_chances():
    assert truths.win_probabilities()["negociación"] == pytest.approx(0.65)
    assert truths.win_probabilities()["contacto"] == pytest.approx(0.6 * 0.55 * 0.6 * 0.65)


def test_a_prospect_who_was_sold_to_became_a_customer_that_day(frames):
    sold = frames["opportunities"].query("is_won == True").dropna(subset=["prospect_id"])
    prospects = frames["prospects"].set_index("prospect_id")
    became = sold["prospect_id"].map(prospects["converted_to"])
    assert len(sold) > 0
    assert became.notna().all()
    identity = frames["truth/identity"].query("register == 'shop'").set_index("customer_id")["person_id"]
    first = frames["truth/customers"].set_index("person_id")["first_order_on"]
    assert (became.map(identity).map(first) == sold["closed_on"]).all()
