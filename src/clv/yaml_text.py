"""YAML as we read it: by the rules of YAML 1.2, no key twice, and of a size that a person could have written.

By YAML 1.1, which PyYAML follows, ``0132`` is 90, ``12:30`` is 750 and ``no`` is false. Here words are text unless they
are true, false or null, and a number with a leading zero is refused: as a number it is one thing, as an id another.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml
from yaml.constructor import ConstructorError

MOST_CHARACTERS: Final = 200_000  # a config of a company has some thousands
MOST_DEPTH: Final = 40  # a config has six levels; the parser calls itself once a level
MOST_VALUES: Final = 5_000  # keys included, before and after aliases are written out
UNNAMED: Final = ' in "<unicode string>",'

_TAG: Final = "tag:yaml.org,2002:"
_WORDS: Final = {  # of the core schema of YAML 1.2, and days; tried in this order
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "leading_zero": (r"[-+]?0[0-9_]+(\.[0-9]*)?", list("-+0")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    "timestamp": (r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
}


class _Loader(yaml.SafeLoader):
    """PyYAML's own, with other rules for plain words, and two equal keys a mistake instead of the last of them."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises
    ------
    OSError, UnicodeDecodeError
        If it cannot be read as UTF-8.
    yaml.YAMLError, ValueError
        If it is not YAML, or larger or deeper than a person writes; found before any of it is built.
    """
    with path.open(encoding="utf-8") as file:
        text = file.read(MOST_CHARACTERS + 1)
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"has more than {MOST_CHARACTERS:,} characters; is it a config?")
    _refuse_size(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if (n_values := _written_out(node, {})) > MOST_VALUES:
            raise ValueError(f"its aliases stand for {n_values:,} values, more than {MOST_VALUES:,}; write it without")
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_size(text: str) -> None:
    depth = n_values = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        n_values += isinstance(event, yaml.NodeEvent)
        if n_values > MOST_VALUES:
            raise ValueError(f"holds more than {MOST_VALUES:,} values; is it a config?")
        if depth > MOST_DEPTH:
            raise ValueError(f"is more than {MOST_DEPTH} levels deep")


def _written_out(node: yaml.Node, seen: dict[int, int]) -> int:
    """Return how many values a node stands for; one that holds itself has no end."""
    if id(node) in seen:
        if not seen[id(node)]:
            raise ValueError("holds an alias of what that alias stands in")
        return seen[id(node)]
    seen[id(node)] = 0
    inside = node.value if isinstance(node, yaml.CollectionNode) else []
    parts = [part for item in inside for part in (item if isinstance(item, tuple) else (item,))]
    seen[id(node)] = 1 + sum(_written_out(part, seen) for part in parts)
    return seen[id(node)]


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    keys = [str(loader.construct_object(key, deep=True)) for key, _ in node.value]
    if len(set(keys)) < len(keys):
        twice = sorted({key for place, key in enumerate(keys) if key in keys[:place]})
        raise ConstructorError(None, None, f"key given twice: {', '.join(twice[:5])}", node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = node.value
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _leading_zero(loader: _Loader, node: yaml.ScalarNode) -> None:
    bare = re.sub(r"^([-+]?)0+(?=[0-9])", r"\1", node.value.replace("_", ""))
    problem = f"{node.value} begins with a zero; write {bare} if it is a number, '{node.value}' in quotes if it is text"
    raise ConstructorError(None, None, problem, node.start_mark)


for _name, (_pattern, _first) in _WORDS.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(rf"^(?:{_pattern})$"), _first)
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor(_TAG + "int", _integer)
_Loader.add_constructor(_TAG + "leading_zero", _leading_zero)
