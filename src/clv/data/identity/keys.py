"""Normal forms of what belongs to one person: e-mail, phone and tax id.

Each function returns None for what cannot identify anybody: no value, a placeholder, a wrong check digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import phonenumbers
from stdnum.br import cnpj, cpf
from stdnum.cl import rut
from stdnum.es import cif, nie, nif
from stdnum.exceptions import ValidationError
from stdnum.mx import rfc

from clv.errors import ConfigError

MIN_DIGITS: Final = 7  # a subscriber's number without area has seven; fewer is an extension or rubbish
_NO_MAIL: Final = (
    "no noemail nomail sincorreo sinemail sinmail notiene none na n/a test prueba xxx correo email mail noreply"
)
PLACEHOLDER_MAILS: Final = frozenset(_NO_MAIL.split())
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})  # these providers ignore dots before the at sign


def email_key(text: str | None) -> str | None:
    """Return an e-mail address in lower case, without a +tag, and without dots where the provider ignores them.

    >>> email_key(" Ana.Soto+shop@GMAIL.com ")
    'anasoto@gmail.com'
    >>> email_key("no tiene")
    """
    found = _MAIL.fullmatch((text or "").strip().strip("<>").lower())
    if found is None:
        return None
    local, _, domain = found.group().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    if local in PLACEHOLDER_MAILS or not local:
        return None
    return f"{local}@{domain}"


def phone_key(text: str | None, region: str) -> str | None:
    """Return a phone number in the form +country number; digits that fit no numbering plan are kept as they are.

    Parameters
    ----------
    text
        As written.
    region
        Country of a number without country code, ISO 3166.

    Examples
    --------
    >>> phone_key("9 8765 4321", "CL") == phone_key("+56 (9) 87654321", "CL")
    True
    >>> phone_key("000000000", "CL")
    """
    text = text or ""
    digits = re.sub(r"\D", "", text)
    if len(digits) < MIN_DIGITS or len(set(digits)) <= 2 or digits in "01234567890123456789":
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(number):
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _checked(validate: Callable[[str], str]) -> Callable[[str], str | None]:
    """Turn a function that raises into one that returns the normal form, or None."""

    def normal(text: str) -> str | None:
        try:
            return validate(text)
        except ValidationError:
            return None

    return normal


TAX_RULES: Final[dict[str, Callable[[str], str | None]]] = {
    "RUT": _checked(rut.validate),
    "NIF": _checked(nif.validate),
    "NIE": _checked(nie.validate),
    "CIF": _checked(cif.validate),
    "RFC": _checked(lambda text: rfc.validate(text, validate_check_digits=True)),
    "CNPJ": _checked(cnpj.validate),
    "CPF": _checked(cpf.validate),
}
"""Name of a tax id: function from its text to its normal form, None where the check digit is wrong. Add your own."""

REGION_TAX_RULES: Final[dict[str, tuple[str, ...]]] = {
    "CL": ("RUT",),
    "ES": ("NIF", "NIE", "CIF"),
    "MX": ("RFC",),
    "BR": ("CNPJ", "CPF"),
}
"""Which tax ids a country issues, ISO 3166. A country that is not listed has no rule: its ids are compared as text."""


def tax_rules(region: str) -> tuple[str, ...]:
    """Return the names of the rules of a region, after a check that each exists."""
    names = REGION_TAX_RULES.get(region.upper(), ())
    if unknown := [name for name in names if name not in TAX_RULES]:
        raise ConfigError(f"tax ids of {region}: no rule called {unknown[0]!r}; add it to TAX_RULES")
    return names


def tax_key(text: str | None, rules: Sequence[str]) -> str | None:
    """Return a tax id in normal form after the name of the first rule that it passes.

    >>> tax_key("12.345.678-5", ["RUT"])
    'RUT 123456785'
    >>> tax_key("12.345.678-9", ["RUT"])
    """
    if not text:
        return None
    for name in rules:
        if found := TAX_RULES[name](text):
            return f"{name} {found}"
    return None


def bare_id(text: str | None) -> str | None:
    """Return the letters and digits of an id, in capitals; None where there are fewer than five, or one repeated.

    >>> bare_id("12.345.678-k")
    '12345678K'
    """
    bare = re.sub(r"[\W_]", "", text or "").upper()
    return bare if len(bare) >= 5 and len(set(bare)) > 1 else None


def birth_key(value: object) -> str | None:
    """Return a birth date as eight digits, year first; impossible dates keep their digits, since they hold errors.

    >>> birth_key("31/12/1980"), birth_key("1980-12-31"), birth_key("19801331")
    ('19801231', '19801231', '19801331')
    """
    text = str(value).strip()
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", text):
        year, month, day = found.groups()
    elif found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", text):
        day, month, year = found.groups()
        if int(month) > 12 >= int(day):
            day, month = month, day
    elif re.fullmatch(r"\d{8}", text):
        year, month, day = text[:4], text[4:6], text[6:]
    else:
        return None
    return f"{year}{int(month):02d}{int(day):02d}"
