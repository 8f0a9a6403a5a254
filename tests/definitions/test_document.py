"""What the users read of the tables is what the program takes."""

from pathlib import Path

import yaml

from clv.config import SourceTable, parse_config
from clv.definitions import TABLES
from clv.definitions.document import checks_as_markdown, columns_as_markdown, tables_as_markdown

README = (Path(__file__).parents[2] / "data" / "README.md").read_text(encoding="utf-8")


def test_the_page_on_the_data_holds_the_definitions_as_they_are():
    assert tables_as_markdown() in README, "run python -m clv.definitions.document"
    assert checks_as_markdown() in README, "run python -m clv.definitions.document"
    assert columns_as_markdown(TABLES["transactions"]) in README


def test_the_example_of_that_page_is_a_config():
    source = yaml.safe_load(README.partition("```yaml\n")[2].partition("```")[0])
    config = parse_config({"name": "x", "title": "X", **source}, where="README.md")
    assert [place.register_name for place in config.source.customers] == ["shop", "web"]


def test_every_setting_of_a_place_is_on_that_page():
    for name, field in SourceTable.model_fields.items():
        assert f"{field.alias or name}`" in README, name


def test_definitions_speak_of_columns_that_are_there():
    for table in TABLES.values():
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names)
        spoken_of = {*table.one_of, *(name for pair in table.in_order for name in pair), *table.key} - {"register"}
        assert spoken_of <= set(names), table.name
        for column in table.columns:
            assert column.name.isidentifier()
            if column.refers_to is not None:
                target, key = column.refers_to
                assert key in TABLES[target], column.name
