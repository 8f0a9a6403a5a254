"""A config is right, or one error names the file, every fault in it and the rule each breaks."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from clv.cli import app
from clv.config import Config, config_for_file, load_config, override
from clv.data.connect import locate
from clv.decisions import scoring
from clv.errors import ConfigError, DataError

SHIPPED = sorted((Path(__file__).parents[1] / "data").glob("*.yaml"))
COLUMNS = "{customer_id: id, ordered_at: date, amount: amount}"
BASE = f"""\
name: my_shop
title: My shop
source:
  transactions:
    path: orders.csv
    columns: {COLUMNS}
"""


@pytest.fixture
def load(tmp_path):
    """Return a function that loads a config of this text."""

    def load(text: str | bytes) -> Config:
        file = tmp_path / "shop.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_config(file)

    return load


@pytest.fixture
def complaint(load):
    """Return a function that gives the error a text meets: one line that begins with the file."""

    def complaint(text: str | bytes) -> str:
        with pytest.raises(ConfigError) as error:
            load(text)
        message = str(error.value)
        assert "shop.yaml: " in message
        assert "\n" not in message
        return message.partition("shop.yaml: ")[2]

    return complaint


def table(line: str) -> str:
    """Return the base config with one more line in its transactions table."""
    return f"{BASE}    {line}\n"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_config_that_ships_loads_and_its_data_are_there(file):
    config = load_config(file)
    assert config.name == file.stem
    # the data of a simulated company are made by `clv simulate`
    assert config.simulated or Path(locate(config.source.transactions[0].path)).is_file()


def test_three_companies_ship():
    assert [file.stem for file in SHIPPED] == ["cdnow", "complete_journey", "demo"]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_config_survives_the_round_trip_through_json(file):
    config = override(load_config(file), {"notebooks": {"02_x": {"a": 1, "b": 0.5, "c": "x", "d": True}}}, where="test")
    assert Config.model_validate_json(config.model_dump_json()) == config


def test_every_setting_survives_json(load):
    config = load(
        table("column_names: [a, b, c]") + "as_of: 2017-12-31\nportfolios: {value_cuts: [0.5, 0.9]}\nlanguage: es\n"
    )
    again = Config.model_validate_json(config.model_dump_json())
    assert again == config
    assert (again.portfolios.value_cuts, str(again.as_of)) == ((0.5, 0.9), "2017-12-31")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BASE + "horizon_day: 3\n", "horizon_day: unknown key (value 3); did you mean 'horizon_days'?"),
        (BASE + "zzz: 3\n", "zzz: unknown key (value 3); known: name, title, source"),
        (table("delimeter: x"), "source.transactions.delimeter: unknown key (value 'x'); did you mean 'delimiter'?"),
        (BASE + "portfolios: {risk_cut: 1}\n", "portfolios.risk_cut: unknown key (value 1); did you mean 'risk_cuts'?"),
        (BASE.replace("customer_id:", "customr_id:"), "columns.customr_id: unknown column; did you mean 'customer_id'"),
        (BASE + "1: 2\n", "1 = 1: keys should be strings"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(complaint, text, said):
    assert said in complaint(text)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("horizon_days: '365'", "horizon_days = '365': input should be a valid integer (Length of the forecast, in da"),
        ("horizon_days: 36.5", "horizon_days = 36.5: input should be a valid integer"),
        ("horizon_days: true", "horizon_days = True: input should be a valid integer"),
        ("simulated: 'yes'", "simulated = 'yes': input should be a valid boolean"),
        ("portfolios: 3", "portfolios = 3: input should be a valid dictionary"),
        ("horizon_days: 0", "horizon_days = 0: input should be greater than or equal to 1"),
        ("horizon_days: 3651", "horizon_days = 3651: input should be less than or equal to 3650"),
        ("margin: 0", "margin = 0: input should be greater than 0 (Contribution margin as a fraction of sales)"),
        ("margin: 30", "margin = 30: input should be less than or equal to 1"),
        ("margin: .nan", "margin = nan: input should be"),
        ("annual_discount_rate: 10", "annual_discount_rate = 10: input should be less than 1 (Effective, a year"),
        ("max_unreadable_share: -0.1", "max_unreadable_share = -0.1: input should be greater than or equal to 0"),
        ("language: fr", "language = 'fr': input should be 'en' or 'es'"),
        ("purchase_rule: all", "purchase_rule = 'all': input should be 'positive_net' or 'any_order'"),
        (
            "portfolios: {value_cuts: [0.9, 0.8]}",
            "value_cuts must be two numbers with 0 < first < second < 1; got [0.9, 0.8]",
        ),
        ("portfolios: {risk_cuts: [0.3, 1]}", "risk_cuts must be two numbers with 0 < first < second < 1"),
        ("notebooks: {x: 3}", "notebooks.x = 3: input should be a valid dictionary"),
        ("as_of: yesterday", "as_of = 'yesterday': input should be a valid date (Last day that counts"),
        ("as_of: '2017-12-31'", "as_of = '2017-12-31': input should be a valid date"),
        ("as_of: 2017-02-31", "is not valid YAML: day is out of range for month"),
        ("currency: EURO", "currency = 'EURO': must be an ISO 4217 code such as EUR; did you mean 'EUR'?"),
        ("currency: eur", "did you mean 'EUR'?"),
        ("currency: 978", "currency = 978: input should be a valid string"),
    ],
)
def test_a_wrong_value_is_shown_with_its_rule(complaint, line, said):
    assert said in complaint(f"{BASE}{line}\n")


@pytest.mark.parametrize("name", ["latest", "failed", ".hidden", "..", "a/b", "../x", "", "a b", "x" * 65, "a\\n"])
def test_a_name_that_cannot_be_a_folder_of_reports_is_refused(complaint, name):
    assert "name = " in complaint(BASE.replace("my_shop", f'"{name}"', 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            table("timezone: Europe/Madird"),
            "timezone 'Europe/Madird' must be a name of the IANA table; did you mean 'Europe/Madrid'?",
        ),
        (table("timezone: ''"), "timezone '' must be a name of the IANA table"),
        (table("header: false"), "column_names must be given when header is false"),
        (table("decimal: ';'"), "source.transactions.decimal = ';': input should be '.' or ','"),
        (BASE.replace(COLUMNS, "{amount: net}"), "columns must name the source column of customer_id, ordered_at"),
        (BASE.replace("orders.csv", "''"), "source.transactions.path = '': string should have at least 1 character"),
        (BASE.replace("title: My shop\n", ""), "title: is required and missing"),
        ("name: x\ntitle: x\nsource: {}\n", "source.transactions: is required and missing"),
        (BASE + "title: again\n", "key given twice: title"),
        (table("path: again.csv"), "key given twice: path"),
        ("- a\n- b\n", "must hold keys and values, e.g. 'name: my_shop'; found list"),
        ("", "must hold keys and values, e.g. 'name: my_shop'; found NoneType"),
        ("a: [", "is not valid YAML: while parsing a flow node"),
        ("a: !!python/object/apply:os.getcwd []", "is not valid YAML: could not determine a constructor"),
        (BASE.encode("utf-16"), "cannot be read as UTF-8 text"),
    ],
)
def test_a_broken_file_says_what_is_broken(complaint, text, said):
    assert said in complaint(text)


def test_amounts_are_optional(load):
    config = load(BASE.replace(", amount: amount", ""))
    assert config.source.transactions[0].columns == {"customer_id": "id", "ordered_at": "date"}
    assert (config.source.transactions[0].has_amounts, load(BASE).source.transactions[0].has_amounts) == (False, True)


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ([], {"customer_id": "client", "ordered_at": "ordered_at", "amount": "amount"}),
        (["--no-amount"], {"customer_id": "client", "ordered_at": "ordered_at"}),
    ],
)
def test_the_command_line_maps_amounts_unless_told_that_there_are_none(monkeypatch, options, columns):
    scored = []
    monkeypatch.setattr(scoring, "score_file", lambda config, out, **_: scored.append(config) or [])
    ran = CliRunner().invoke(app, ["score", "orders.csv", "--customer", "client", *options])
    assert (ran.exit_code, scored[0].source.transactions[0].columns) == (0, columns)


def test_amounts_that_are_and_are_not_there_are_refused():
    ran = CliRunner().invoke(app, ["score", "orders.csv", "--amount", "net", "--no-amount"])
    assert isinstance(ran.exception, ConfigError)
    assert "--no-amount says that there are no amounts, --amount net where they are; give one" in str(ran.exception)


def test_several_faults_are_named_at_once(complaint):
    message = complaint(table("delimeter: x") + "margin: 2\nlanguage: fr\nhorzon_days: 4\n")
    for key in ("source.transactions.delimeter", "margin = 2", "language = 'fr'", "horzon_days: unknown key"):
        assert key in message


def test_a_missing_file_points_to_one_that_ships(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file; one that ships is data/complete_journey\.yaml"):
        load_config(tmp_path / "none.yaml")


def test_a_folder_is_no_config(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read as UTF-8 text"):
        load_config(tmp_path)


def test_a_byte_order_mark_is_no_fault(load):
    assert load(b"\xef\xbb\xbf" + BASE.encode()).name == "my_shop"


def test_a_relative_path_is_anchored_to_the_folder_of_the_file(tmp_path, monkeypatch):
    folder = tmp_path / "a company"
    folder.mkdir()
    (folder / "shop.yaml").write_text(BASE.replace("orders.csv", "in/*.csv"))
    monkeypatch.chdir(tmp_path)
    config = load_config("a company/shop.yaml")
    assert config.source.transactions[0].path == str(folder / "in" / "*.csv")


@pytest.mark.parametrize("path", ["/data/orders.csv", "package:lifetimes/datasets/x.txt"])
def test_an_absolute_path_and_a_file_of_a_package_stay_as_they_are(load, path):
    assert load(BASE.replace("orders.csv", path)).source.transactions[0].path == path


def test_a_file_of_a_package_is_located_where_the_package_is_installed():
    file = Path(locate("package:lifetimes/datasets/CDNOW_sample.txt"))
    assert file.is_file()
    assert locate("orders.csv") == "orders.csv"
    with pytest.raises(DataError, match=r"the package 'no_such_package' is not installed; install it, or give the pat"):
        locate("package:no_such_package/x.csv")


def test_defaults_say_their_units(load):
    config = load(BASE)
    assert (config.horizon.days, config.discount_rate.effective_annual, config.margin) == (365, 0.10, 1.0)


def test_a_loaded_config_does_not_change(load):
    with pytest.raises(ValueError, match="frozen"):
        load(BASE).margin = 0.5


def test_an_override_is_checked_and_names_its_origin(load):
    config = load(BASE)
    assert override(config, {"language": "es"}, where="--language").language == "es"
    assert override(config, {}, where="x") == config
    with pytest.raises(ConfigError, match=r"^--language: language = 'fr': input should be 'en' or 'es'"):
        override(config, {"language": "fr"}, where="--language")


@pytest.mark.parametrize(
    ("said", "first", "others"),
    [
        ("languages: [es, en]", "es", ("en",)),
        ("languages: [es, en]\nlanguage: en", "en", ("es",)),
        ("language: es", "es", ()),
        ("languages: [es, es]", "es", ()),
    ],
)
def test_pages_open_in_the_first_language_unless_another_is_named(load, said, first, others):
    config = load(f"{BASE}\n{said}\n")
    assert (config.language, config.other_languages) == (first, others)
    turned = override(config, {"language": "en"}, where="--language")
    assert (turned.language, "en" in turned.other_languages) == ("en", False)
    assert config.portable().other_languages == others


@pytest.mark.parametrize("said", ["languages: es", "languages: [fr]", "languages: {es: 1}"])
def test_languages_that_are_no_list_of_known_ones_are_refused(load, said):
    with pytest.raises(ConfigError, match="languages"):
        load(f"{BASE}\n{said}\n")


def test_no_setting_asks_for_a_credential():
    def names(schema):
        for name, inner in schema.get("properties", {}).items():
            yield name
            yield from names(inner)

    schema = Config.model_json_schema()
    known = {name for part in (schema, *schema["$defs"].values()) for name in names(part)}
    assert {"path", "columns", "margin"} <= known
    assert not [name for name in known if any(word in name for word in ("password", "secret", "token", "user", "key"))]


def test_a_single_file_needs_no_yaml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    columns = {"customer_id": "id", "ordered_at": "date", "amount": "amount"}
    config = config_for_file(Path("orders.csv"), {"columns": columns}, horizon_days=90)
    assert (config.source.transactions[0].path, config.horizon_days) == (str(tmp_path / "orders.csv"), 90)
    with pytest.raises(
        ConfigError, match=r"^orders\.csv: horizon_days = 0: input should be greater than or equal to 1"
    ):
        config_for_file(Path("orders.csv"), {"columns": columns}, horizon_days=0)
