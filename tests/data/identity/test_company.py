"""From the cards of a company to tables that name people: no row and no money is lost, nothing personal is kept."""

import datetime as dt
from decimal import Decimal

import pandas as pd
import pytest

from clv.config import parse_config
from clv.data.engine import open_engine
from clv.data.identity.company import CARDS, MAP, REVIEW, choose_region, identify
from clv.data.logs import ingest_all
from clv.data.tables import read_tables
from clv.errors import ConfigError

TODAY = dt.date(2026, 1, 1)
SHOP = (
    "id,name,mail,rut,since\n1,Ana Soto Rojas,ana@mail.cl,12.345.678-5,2020-01-01\n2,Luis Díaz,,11.111.111-1,2021-05-05"
)
WEB = (
    "user,first,last,mail,tax,by\na,ANA,SOTO ROJAS,ANA@mail.cl,12345678-5,b\nb,Marta,Pino,marta@pino.cl,22222222-2,a\n"
)
BOUGHT = "id,day,net\n1,2024-01-05,10\n2,2024-01-06,20\n9,2024-01-07,30\n"
ORDERED = "user,day,net\na,2024-02-05,1.5\nb,2024-02-06,2.5\n9,2024-02-07,4\n,2024-02-08,8\n"
LOG = {"ordered_at": "day", "amount": "net"}
SURVEY = "user,day,score\na,2024-03-01,9\n"


def company(folder, *, cards=True, **settings):
    for name, content in {
        "shop.csv": SHOP, "web.csv": WEB, "bought.csv": BOUGHT, "ordered.csv": ORDERED, "survey.csv": SURVEY
    }.items():  # fmt: skip
        (folder / name).write_text(content)
    shop = {"name": "name", "email": "mail", "tax_id": "rut", "registered_on": "since"}
    web = {"given_name": "first", "family_name": "last", "email": "mail", "tax_id": "tax", "referred_by": "by"}
    source = {
        "transactions": [
            {"path": "bought.csv", "register": "shop", "columns": {"customer_id": "id"} | LOG},
            {"path": "ordered.csv", "register": "web", "columns": {"customer_id": "user"} | LOG},
        ],
        "surveys": {
            "path": "survey.csv",
            "register": "web",
            "columns": {"customer_id": "user", "answered_on": "day", "score": "score"},
        },
    }
    if cards:
        source["customers"] = [
            {"path": "shop.csv", "register": "shop", "columns": {"customer_id": "id"} | shop},
            {"path": "web.csv", "register": "web", "columns": {"customer_id": "user"} | web},
        ]
    content = {"name": "c", "title": "C", "currency": "CLP", "source": source, "max_unreadable_share": 0.5} | settings
    return parse_config(content, "test", folder)


@pytest.fixture
def settled(tmp_path):
    """Return a function that reads a company and gives its tables as frames, and the record."""

    def settled(config):
        run, engine = tmp_path / "run", open_engine()
        run.mkdir()
        ingest_all(config.source.transactions, run, today=TODAY, max_unreadable_share=0.5)
        read_tables(config, engine, run, TODAY)
        record = identify(config, engine, run, TODAY)
        engine.disconnect()
        assert not [file for file in run.iterdir() if file.name.startswith(".")]
        return {file.name: pd.read_parquet(file) for file in run.iterdir()}, record

    return settled


def test_every_table_names_people_and_no_row_or_money_is_lost(tmp_path, settled):
    files, record = settled(company(tmp_path))
    log = files["transactions.parquet"]
    spent = log.groupby("customer_id")["amount"].sum()
    assert spent.to_dict() == {
        "shop:1": Decimal("11.5"),  # Ana, in both registers
        "shop:2": Decimal(20),
        "web:b": Decimal("2.5"),
        "shop:9": Decimal(30),  # two people without a card, though both ids are 9
        "web:9": Decimal(4),
    }
    assert files["surveys.parquet"]["customer_id"].tolist() == ["shop:1"]
    assert (record.records, record.people, record.joined, record.review) == ({"shop": 2, "web": 2}, 3, 1, 0)
    assert len(files[MAP]) == 4
    assert len(files[REVIEW]) == 0


def test_people_carry_what_survived_and_nothing_personal(tmp_path, settled):
    files, _ = settled(company(tmp_path))
    people = files["customers.parquet"].set_index("customer_id")
    assert people.index.tolist() == ["shop:1", "shop:2", "web:b"]
    assert people["n_records"].tolist() == [2, 1, 1]
    assert people["referred_by"].tolist()[::2] == ["web:b", "shop:1"]  # ids of people, too
    assert not {"name", "given_name", "family_name", "email", "tax_id"} & set(people)
    for name, frame in files.items():
        held = frame.astype(str).to_csv()
        assert not [word for word in ("Soto", "SOTO", "mail.cl", "12345678", "12.345") if word in held], name
    cards = files[CARDS].set_index("customer_id")
    assert cards.loc["shop:1", ["email", "name", "tax_id"]].all()
    assert not cards.loc["shop:2", "email"]


def test_personal_columns_stay_where_the_config_keeps_them(tmp_path, settled):
    files, _ = settled(company(tmp_path, personal_columns="keep"))
    assert files["customers.parquet"].set_index("customer_id").loc["shop:1", "email"] in {"ana@mail.cl", "ANA@mail.cl"}


def test_a_pair_that_is_never_one_person_stays_two(tmp_path, settled):
    (tmp_path / "never.csv").write_text("register_l,customer_id_l,register_r,customer_id_r\nshop,1,web,a\n")
    files, record = settled(company(tmp_path, identity={"never_links": "never.csv"}))
    assert record.people == 4
    assert set(files["transactions.parquet"]["customer_id"]) >= {"shop:1", "web:a"}


def test_registers_without_cards_keep_their_ids_apart(tmp_path, settled):
    for settings in ({"cards": False}, {"identity": {"resolve": False}}):
        folder = tmp_path / str(len(settings) + len(list(tmp_path.iterdir())))
        folder.mkdir()
        config = company(folder, **settings)
        if "run" in {file.name for file in tmp_path.iterdir()}:
            (tmp_path / "run").rename(folder / "before")
        files, record = settled(config)
        assert record is None
        assert sorted(files["transactions.parquet"]["customer_id"]) == [
            *("shop:1", "shop:2", "shop:9", "web:9", "web:a", "web:b"),
        ]


def test_one_register_keeps_its_ids(tmp_path, settled):
    config = company(tmp_path)
    one = {"path": "bought.csv", "columns": {"customer_id": "id"} | LOG}
    content = {"name": "c", "title": "C", "source": {"transactions": one}, "max_unreadable_share": 0.5}
    files, record = settled(parse_config(content, "test", tmp_path))
    assert record is None
    assert files["transactions.parquet"]["customer_id"].tolist() == ["1", "2", "9"]
    assert config.source.registers == ["shop", "web"]


@pytest.mark.parametrize(
    ("ids", "currency", "region"),
    [
        (["12.345.678-5", "11.111.111-1", None], "EUR", "CL"),  # check digits tell more than the currency
        (["12345678Z", "00000000T"], "CLP", "ES"),
        ([None], "MXN", "MX"),
        (["17", "x"], "BRL", "BR"),
    ],
)
def test_the_country_is_what_the_tax_ids_or_the_currency_tell(tmp_path, ids, currency, region):
    found, decisions = choose_region(company(tmp_path, currency=currency), pd.DataFrame({"tax_id": ids}))
    assert (found, decisions[0].topic) == (region, "region")


def test_a_currency_of_no_known_country_asks(tmp_path):
    with pytest.raises(ConfigError, match=r"identity\.region: state the country"):
        choose_region(company(tmp_path, currency="JPY"), pd.DataFrame({"tax_id": [None]}))
    stated = company(tmp_path, currency="JPY", identity={"region": "JP"})
    assert choose_region(stated, pd.DataFrame())[0] == "JP"


@pytest.mark.parametrize("content", ["register_l,customer_id_l\nshop,1\n", None])
def test_a_list_of_pairs_that_cannot_be_read_is_said(tmp_path, settled, content):
    if content is not None:
        (tmp_path / "never.csv").write_text(content)
    with pytest.raises(ConfigError, match=r"identity\.never_links: .*(has no column|cannot be read)"):
        settled(company(tmp_path, identity={"never_links": "never.csv"}))


NEVER = "register_l,customer_id_l,register_r,customer_id_r\n"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"region": "XX"}, "identity.region: 'XX' is no country of ISO 3166"),
        ({"region": "UK"}, "identity.region: 'UK' is no country of ISO 3166"),
        ({"precedence": ["shop", "crm"]}, "identity.precedence: no register is called 'crm'; name shop, web"),
        ({"never_links": "shop,1,web,nobody\n"}, "1 of 2 records are in no register, e.g. 'nobody' of 'web'"),
        ({"never_links": "crm,1,web,a\n"}, "1 of 2 records are in no register, e.g. '1' of 'crm'.* one of shop, web"),
        ({"never_links": "web,a,web,a\n"}, "'a' of 'web' is kept apart from itself"),
        ({"never_links": "web;a;shop;1\n"}, "in no register"),
    ],
)
def test_a_setting_of_identity_that_names_nothing_is_refused_by_its_name(tmp_path, settled, settings, message):
    if "never_links" in settings:
        (tmp_path / "never.csv").write_text(NEVER + settings["never_links"])
        settings = {"never_links": "never.csv"}
    with pytest.raises(ConfigError, match=message):
        settled(company(tmp_path, identity=settings))


@pytest.mark.parametrize("threshold", [0, 1, 0.4, 1.5, -1])
def test_a_threshold_that_joins_all_or_none_is_refused(tmp_path, threshold):
    with pytest.raises(ConfigError, match=r"identity.threshold = .* should be"):
        company(tmp_path, identity={"threshold": threshold})


def test_a_pair_that_is_listed_both_ways_and_twice_stays_two_once(tmp_path, settled):
    (tmp_path / "never.csv").write_text(NEVER + "shop,1,web,a\nweb,a,shop,1\nshop,1,web,a\n")
    _, record = settled(company(tmp_path, identity={"never_links": "never.csv"}))
    assert record.joined == 0
