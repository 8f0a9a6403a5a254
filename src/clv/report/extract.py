"""Which messages the product says, and which of them a language still lacks.

``python -m clv.report.extract`` brings the catalogues up to date after a change of wording: translations are kept, new
messages are added empty, and those that nothing says any more are dropped.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import nbformat
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from clv.report.text import LOCALE_DIR, Language

PROJECT_ROOT = Path(__file__).parents[3]

KEYWORDS: dict[str, Any] = {"_": None, "plural": (1, 2), "message": None}

_PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}")
_SOURCE_LANGUAGE = "en"


def catalogue_of(root: Path = PROJECT_ROOT) -> Catalog:
    """Return every message marked under `root`: in ``src/clv`` (code and templates) and in the notebooks.

    Parameters
    ----------
    root : Path
        Folder that holds ``src/clv`` and ``notebooks``; by default that of this checkout.
    """
    catalogue = Catalog(project="clv", charset="utf-8")
    for place, content, method in _sources(root):
        for _line, found, comments, context in extract(method, io.BytesIO(content), KEYWORDS):
            catalogue.add(found, locations=[(place, 0)], auto_comments=comments, context=context)
    return catalogue


def catalogue_path(language: Language) -> Path:
    """Return where the translations of `language` are kept."""
    return LOCALE_DIR / language / "LC_MESSAGES" / "clv.po"


def missing(catalogue: Catalog, language: Language) -> list[str]:
    """Return one line for each message that `language` lacks, has only as a guess, or fills differently.

    Parameters
    ----------
    catalogue : Catalog
        Messages of the product, from `catalogue_of`.
    language : {"en", "es"}
        English is the language of the messages, so nothing can be missing there.
    """
    if language == _SOURCE_LANGUAGE:
        return []
    translated = _read(language)
    complaints = ((_key(entry), _complaint(entry, translated.get(_key(entry)))) for entry in catalogue if entry.id)
    return [f"{key}: {complaint}" for key, complaint in complaints if complaint]


def update(language: Language, catalogue: Catalog) -> None:
    """Rewrite the catalogue of `language` in place with the messages of `catalogue`."""
    translated = _read(language)
    catalogue.creation_date = translated.creation_date  # else the file would change without a change of words
    translated.msgid_bugs_address = ""
    translated.update(catalogue, no_fuzzy_matching=True)
    translated.obsolete.clear()
    with catalogue_path(language).open("wb") as file:
        write_po(file, translated, width=100, sort_output=True, include_lineno=False)


def main() -> None:
    """Update every catalogue and say what is still to be translated."""
    catalogue = catalogue_of()
    for language in get_args(Language):
        if language != _SOURCE_LANGUAGE:
            update(language, catalogue)
            open_messages = missing(catalogue, language)
            sys.stdout.write("\n".join([f"{language}: {len(open_messages)} to translate", *open_messages, ""]))


def _sources(root: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yield place, content and Babel's extraction method of every file that may say something."""
    for path in sorted((root / "src" / "clv").rglob("*.py")):
        yield path.relative_to(root).as_posix(), path.read_bytes(), "python"
    for path in sorted((root / "src" / "clv").rglob("*.j2")):
        yield path.relative_to(root).as_posix(), path.read_bytes(), "jinja2.ext:babel_extract"
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        yield path.relative_to(root).as_posix(), code.encode(), "python"


def _read(language: Language) -> Catalog:
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


def _key(entry: Message) -> str:
    """Return the message in the singular, by which a catalogue is searched."""
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def _complaint(source: Message, translation: Message | None) -> str:
    """Return what is wrong with a translation, or nothing."""
    if translation is None or source.pluralizable != translation.pluralizable:
        return "not in the catalogue"
    if translation.fuzzy:
        return "marked as fuzzy"
    targets = [translation.string] if isinstance(translation.string, str) else list(translation.string or [])
    if not targets or not all(targets):
        return "not translated"
    sources = [source.id] if isinstance(source.id, str) else list(source.id)
    allowed = set().union(*(_placeholders(text) for text in sources))
    required = set.intersection(*(_placeholders(text) for text in sources))
    if any(not required <= _placeholders(text) <= allowed for text in targets):
        return "placeholders differ"
    return ""


def _placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


if __name__ == "__main__":
    main()
