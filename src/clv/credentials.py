"""Who enters a database: read from the environment, never from a file, and shown nowhere."""

from __future__ import annotations

import os
import re
from typing import Final
from urllib.parse import urlsplit

SCHEMES: Final = ("postgresql://", "postgres://")
HIDDEN: Final = "***"
_SECRET_KEY = re.compile(r"pass(word|wd)?|pwd|secret|token|credential|api_?key|^user(name)?$", re.IGNORECASE)
_SECRET_VARIABLE = re.compile(r"pass(word|wd)?$|secret|token|api_?key", re.IGNORECASE)
_SHORTEST: Final = 4  # characters of a password; a shorter value stands in many a word
_IN_ADDRESS = re.compile(r"(?<=://)[^\s'\"]*@")
_IN_PAIR = re.compile(
    r"(pass(?:word|wd)?|pwd|secret|token)(['\"]?\s*[:=]\s*)('[^']*'|\"[^\"]*\"|[^\s,;&}]+)", re.IGNORECASE
)


def is_database(path: str) -> bool:
    """Tell whether a path is the address of a database server rather than a file."""
    return path.lower().startswith(SCHEMES)


def holds_credentials(path: str) -> bool:
    """Tell whether the address of a database names a user or a password."""
    address = urlsplit(path)
    return "@" in address.netloc + address.path or bool(
        re.search(r"(^|&)(user|password|passfile)=", address.query, re.IGNORECASE)
    )


def is_secret(key: str) -> bool:
    """Tell whether a setting of this name may hold what nobody should see.

    >>> is_secret("password"), is_secret("path")
    (True, False)
    """
    return bool(_SECRET_KEY.search(key))


def login(prefix: str | None) -> tuple[str | None, str | None]:
    """Return user and password from the environment.

    Parameters
    ----------
    prefix
        Reads `<prefix>_USER` and `<prefix>_PASSWORD`. None leaves both to PostgreSQL's own variables and files:
        PGUSER, PGPASSWORD, PGPASSFILE.
    """
    if prefix is None:
        return None, None
    return os.environ.get(f"{prefix}_USER"), os.environ.get(f"{prefix}_PASSWORD")


def without_secrets(text: str) -> str:
    """Return a message without passwords: those of the environment, and what looks like one.

    >>> without_secrets("cannot reach postgresql://ana:pa55@db/shop")
    'cannot reach postgresql://***@db/shop'
    """
    for name, value in os.environ.items():
        if len(value) >= _SHORTEST and _SECRET_VARIABLE.search(name) and value in text:
            text = text.replace(value, HIDDEN)
    return _IN_PAIR.sub(rf"\1\2{HIDDEN}", _IN_ADDRESS.sub(f"{HIDDEN}@", text))
