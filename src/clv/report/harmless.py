"""HTML of notebooks made harmless: nothing in it runs or fetches, whatever the data say.

nh3 (the Rust library ammonia) parses as browsers do and keeps what is listed here; all else goes. It cannot keep SVG
safely, so drawings within the HTML go, too: charts come as images with their data in the address, where nothing runs.
"""

from __future__ import annotations

import re
from typing import Final

import nh3

_PICTURES: Final = frozenset({("img", "src"), ("source", "srcset")})
_ADDRESSES: Final = frozenset({"href", "src", "srcset", "cite"})
_LEADS_AWAY: Final = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", re.IGNORECASE)
_CLEANER: Final = nh3.Cleaner(
    tags=set(nh3.ALLOWED_TAGS) | {"picture", "section", "source", "tfoot"},
    attributes={
        "*": {"class", "id", "role", "style", "tabindex", "title", "lang"},
        "a": {"href"},
        "details": {"open"},
        "img": {"alt", "height", "src", "width"},
        "ol": {"start"},
        "source": {"media", "srcset"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan", "scope"},
    },
    generic_attribute_prefixes={"aria-", "data-"},
    attribute_filter=lambda tag, name, value: value if _stays(tag, name, value) else None,
    clean_content_tags={"form", "iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"},
    filter_style_properties={"--columns", "width"},  # of tiles and of bars
    url_schemes={"data"},
    link_rel=None,
)


def harmless(html: str) -> str:
    """Return HTML without what could run or fetch something; the words of a link to elsewhere stay.

    Examples
    --------
    >>> harmless('<p onclick="x()">Hi<script>x()</script> <a href="https://example.org">there</a></p>')
    '<p>Hi <a>there</a></p>'
    """
    return _CLEANER.clean(html)


def _stays(tag: str, name: str, value: str) -> bool:
    """Tell whether an address stays: those within the folder of the page, and pictures that hold their data."""
    if name not in _ADDRESSES or not _LEADS_AWAY.match(value):
        return True
    return (tag, name) in _PICTURES and value.startswith("data:image/")
