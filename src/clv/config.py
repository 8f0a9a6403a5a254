"""One YAML file describes a company: its source, the money and the time of its forecasts, its language.

`load_config` reads the file and answers with a `Config` or with one `ConfigError` that names the file, each
faulty key, the value seen, the rule, and the nearest known key where one was misspelt.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args, get_origin

import yaml
from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from clv.credentials import HIDDEN, holds_credentials, is_database, is_secret, without_secrets
from clv.date_formats import require_date_format
from clv.definitions import REGISTER, TABLES, Definition
from clv.definitions.checks import CHECKS, Check, Limits
from clv.errors import ConfigError
from clv.units import DiscountRate, Horizon, annual, days
from clv.yaml_text import UNNAMED, read_yaml

Language = Literal["en", "es"]
PurchaseRule = Literal["positive_net", "any_order"]
Scalar = str | int | float | bool


def _known_currency(code: str) -> str:
    if code not in list_currencies() or code in NO_CURRENCIES:
        near = difflib.get_close_matches(code.upper(), list_currencies(), n=1)
        raise ValueError(f"must be an ISO 4217 code such as EUR{_suggest(near)}")
    return code


def _portable_name(name: str) -> str:
    if name.startswith(".") or name in NOT_COMPANIES:
        raise ValueError(f"must not be {' or '.join(map(repr, NOT_COMPANIES))} nor begin with a dot")
    return name


NOT_COMPANIES = ("latest", "failed", "pictures", "schedules")  # the last two lie in reports/ already
TITLE_LENGTH = 120  # characters, as many as fit into a heading
NO_CURRENCIES = ("XXX", "XTS")  # codes of the table for no currency and for tests


class _Settings(BaseModel):
    """Unknown keys are errors, values are never coerced, a loaded config does not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, serialize_by_alias=True)


class SourceTable(_Settings):
    """Where a table lies, how it is written, and which of its columns we read."""

    path: str = Field(
        min_length=1,
        description="File or glob, relative to the YAML file; package:NAME/FILE; or postgresql://HOST:PORT/DATABASE",
    )
    columns: dict[str, str] = Field(description="Our column name: the column's name in the source")
    attributes: dict[str, str] = Field(default_factory=dict, description="Further columns, our name: theirs")
    register_name: str = Field(  # a class of pydantic has a method register
        REGISTER, alias="register", min_length=1, max_length=64, description="Customer register whose ids it carries"
    )
    credentials: str | None = Field(
        None, pattern="^[A-Z][A-Z0-9_]*$", description="Reads NAME_USER and NAME_PASSWORD from the environment"
    )
    table: str | None = Field(None, description="Table to read, for a database or workbook with more than one")
    delimiter: str | None = Field(None, description="One character, 'tab' or 'whitespace'; detected when absent")
    encoding: str | None = Field(None, description="e.g. utf-8, cp1252; detected when absent")
    decimal: Literal[".", ","] | None = Field(None, description="Decimal mark of amounts; detected when absent")
    date_format: str | None = Field(None, description="strptime format, e.g. %d/%m/%Y; detected when absent")
    currency_sign: str | None = Field(None, min_length=1, description="Sign to strip from amounts, e.g. $")
    header: bool = Field(True, description="Whether the first line of a text file names its columns")
    column_names: tuple[str, ...] | None = Field(None, strict=False, description="Names when there is no header")
    timezone: str | None = Field(None, description="The shops' time zone, when timestamps are in UTC")
    missing_ids: tuple[str, ...] | None = Field(
        None, strict=False, description="Words that stand for no customer, as guests; default: what exports write"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        both = {*self.columns} & {*self.attributes}
        if both:
            raise ValueError(f"attributes.{min(both)}: is a column already; give the attribute another name")
        if len({*self.columns.values(), *self.attributes.values()}) < len(self.columns) + len(self.attributes):
            raise ValueError("columns must name a source column of its own for each of ours")
        if not self.header and not self.column_names:
            raise ValueError("column_names must be given when header is false")
        if self.timezone is not None:
            _require_timezone(self.timezone)
        if self.currency_sign is not None and (wrong := set(self.currency_sign) & set("0123456789.,+-()'")):
            raise ValueError(f"currency_sign must be a sign such as $ or EUR; {min(wrong)!r} is part of a number")
        if self.date_format is not None:
            require_date_format(self.date_format)
        if is_database(self.path) and holds_credentials(self.path):
            raise ValueError(
                "path must not hold user or password; take them out and set PGUSER and PGPASSWORD in the environment"
            )
        return self

    @property
    def mapped(self) -> dict[str, str]:
        """Return our name of every column that is read, with the source's."""
        return self.columns | self.attributes


class TransactionsTable(SourceTable):
    """Where the transaction log lies, how it is written, and which of its columns we read."""

    keep_far_dates: bool = Field(False, description="Use a few lines dated far from all others; default: set aside")

    @model_validator(mode="after")
    def _of_transactions(self) -> Self:
        _require_known_columns(TABLES["transactions"], self)
        if self.attributes:
            raise ValueError("attributes are for the other tables; transactions have none")
        return self

    @property
    def has_amounts(self) -> bool:
        """Return whether lines carry money; without it orders are counted and nothing is valued."""
        return "amount" in self.columns


def _require_known_columns(table: Definition, source: SourceTable) -> None:
    known = [column.name for column in table.columns]
    for name in source.columns:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ValueError(
                f"columns.{name}: unknown column{_suggest(near)}; known are {', '.join(known)}"
                + ("" if table.name == "transactions" else "; others stand under attributes")
            )
    missing = [name for name in table.required if name not in source.columns]
    if missing:
        raise ValueError(f"columns must name the source column of {', '.join(missing)}")
    if table.one_of and not set(table.one_of) & set(source.columns):
        raise ValueError(f"columns must name the source column of {' or '.join(table.one_of)}")
    odd = [name for name in source.attributes if not name.isidentifier()]
    if odd:
        raise ValueError(f"attributes.{odd[0]}: must be one word of letters, digits and _")
    taken = [name for name in source.attributes if name in {*known, "register"}]
    if taken:
        raise ValueError(f"attributes.{taken[0]}: is a column of the table; map it under columns")


def _require_timezone(name: str) -> None:
    from zoneinfo import available_timezones  # reads the system's table, needed only here

    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"timezone {name!r} must be a name of the IANA table{_suggest(near)}")


def _as_list(given: object) -> object:
    return [given] if isinstance(given, dict | BaseModel) else given


Kind = TypeVar("Kind", bound=SourceTable)
OneOrMore = Annotated[tuple[Kind, ...], BeforeValidator(_as_list), Field(strict=False)]
"""A table in one place, or a list of places that are read one below the other."""


class Source(_Settings):
    """The tables of a company; only the transaction log is required."""

    transactions: OneOrMore[TransactionsTable] = Field(min_length=1)
    customers: OneOrMore[SourceTable] = ()
    products: OneOrMore[SourceTable] = ()
    stores: OneOrMore[SourceTable] = ()
    campaigns: OneOrMore[SourceTable] = ()
    campaign_contacts: OneOrMore[SourceTable] = ()
    campaign_responses: OneOrMore[SourceTable] = ()
    cases: OneOrMore[SourceTable] = ()
    tasks: OneOrMore[SourceTable] = ()
    surveys: OneOrMore[SourceTable] = ()
    prospects: OneOrMore[SourceTable] = ()
    opportunities: OneOrMore[SourceTable] = ()
    costs: OneOrMore[SourceTable] = ()
    plan: OneOrMore[SourceTable] = ()
    subscriptions: OneOrMore[SourceTable] = ()

    @field_validator(*(name for name in TABLES if name != "transactions"))
    @classmethod
    def _with_known_columns(cls, places: tuple[SourceTable, ...], info: ValidationInfo) -> tuple[SourceTable, ...]:
        for place in places:
            _require_known_columns(TABLES[str(info.field_name)], place)
        return places

    @field_validator("transactions")
    @classmethod
    def _all_with_money_or_none(cls, places: tuple[TransactionsTable, ...]) -> tuple[TransactionsTable, ...]:
        priced = sum(place.has_amounts for place in places)
        if 0 < priced < len(places):
            raise ValueError(f"{priced} of {len(places)} logs map amount; map it in all of them, or in none")
        return places

    @property
    def has_amounts(self) -> bool:
        """Return whether lines carry money; without it orders are counted and nothing is valued."""
        return self.transactions[0].has_amounts

    @property
    def tables(self) -> dict[str, tuple[SourceTable, ...]]:
        """Return the places of every table that is mapped beside the transactions, by its name."""
        places = {name: getattr(self, name) for name in TABLES if name != "transactions"}
        return {name: found for name, found in places.items() if found}

    @property
    def registers(self) -> list[str]:
        """Return the names of the customer registers whose ids the tables carry, sorted."""
        places = {"transactions": self.transactions, **self.tables}
        speaking = [found for name, found in places.items() if TABLES[name].speaks_of_customers]
        return sorted({place.register_name for found in speaking for place in found})

    @property
    def places(self) -> list[SourceTable]:
        """Return every place that is read, transactions first."""
        return [*self.transactions, *(place for places in self.tables.values() for place in places)]


class IdentityRules(_Settings):
    """How the cards of the customer registers become people."""

    resolve: bool = Field(True, description="Whether cards are joined at all")
    threshold: float = Field(0.9, ge=0.5, lt=1, description="Probability of one person from which cards are joined")
    region: str | None = Field(
        None, pattern="^[A-Z]{2}$", description="Country of phones and tax ids, ISO 3166; default: what the data tell"
    )
    never_links: str | None = Field(None, description="CSV of pairs that are never one person, as the list to review")
    precedence: tuple[str, ...] = Field((), strict=False, description="Registers, the most trusted first")
    survivorship: dict[str, Literal["recent", "complete", "common", "precedence"]] = Field(
        default_factory=dict, description="Field of the card: which value survives, where it differs from the rule"
    )


class PortfolioRules(_Settings):
    """How customers are cut into the value × risk grid."""

    value_cuts: tuple[float, float] = Field(
        (0.80, 0.95), strict=False, description="Cumulative share of sales to date where class A, then B, ends"
    )
    risk_cuts: tuple[float, float] = Field(
        (0.30, 0.70), strict=False, description="Probability of no order in the churn window: medium from, high from"
    )
    cost_of_a_call: float | None = Field(
        None,
        gt=0,
        strict=False,
        description="Of a call to a customer, in currency; default: 15 minutes of work, some 5 euros",
    )

    @model_validator(mode="after")
    def _ordered(self) -> PortfolioRules:
        for name, (low, high) in (("value_cuts", self.value_cuts), ("risk_cuts", self.risk_cuts)):
            if not 0 < low < high < 1:
                raise ValueError(f"{name} must be two numbers with 0 < first < second < 1; got [{low}, {high}]")
        return self


_LIMITS: dict[str, str] = {
    "medium": "Confidence is medium from there on; null: never",
    "low": "Confidence is low from there on; null: never",
    "refuse": "No report is published from there on; null: never",
}


def _limits_of(check: Check) -> type[_Settings]:
    """Return the settings of a check, which have its own limits as their defaults."""

    def _ordered(limits: BaseModel) -> BaseModel:
        given = [limit for name in _LIMITS if (limit := getattr(limits, name)) is not None]
        if given != sorted(given, reverse=check.less_is_worse):
            raise ValueError(f"medium, low and refuse must {'fall' if check.less_is_worse else 'rise'}; got {given}")
        return limits

    fields: dict[str, Any] = {
        name: (float | None, Field(getattr(check, name, None), ge=0, strict=False, description=meaning))
        for name, meaning in _LIMITS.items()
    }
    after: dict[str, Any] = {"ordered": model_validator(mode="after")(_ordered)}
    return create_model(f"LimitsOf_{check.code}", __base__=_Settings, __validators__=after, **fields)


def _limits_of_all() -> type[_Settings]:
    kinds = {code: _limits_of(check) for code, check in CHECKS.items()}
    fields: dict[str, Any] = {
        code: (kind, Field(default_factory=kind, description=CHECKS[code].rule)) for code, kind in kinds.items()
    }
    return create_model("CheckLimits", __base__=_Settings, **fields)


_CheckLimits = _limits_of_all()
"""Limits of every check by its code: those of `clv.definitions.checks`, unless the file sets others."""


class Config(_Settings):
    """Everything a run needs to know about a company."""

    name: Annotated[str, AfterValidator(_portable_name)] = Field(
        pattern=r"^[A-Za-z0-9._-]{1,64}$", description="Folder of the reports, e.g. my_shop"
    )
    title: str = Field(min_length=1, max_length=TITLE_LENGTH, description="Name of the company as readers know it")
    source: Source
    simulated: bool = Field(False, description="True when the data are invented; every page then says so")
    as_of: dt.date | None = Field(None, description="Last day that counts; default: the last day with an order")
    horizon_days: int = Field(365, ge=1, le=3650, description="Length of the forecast, in days")
    max_horizon_multiple: float = Field(
        8.0, gt=0, description="Length of the forecast over that of the history, above which the run stops"
    )
    holdout_days: int | None = Field(None, ge=1, description="Days kept back to test the forecast; default: a third")
    churn_window_days: int | None = Field(None, ge=1, le=3650, description="Days without order that count as churn")
    currency: Annotated[str, AfterValidator(_known_currency)] = Field("EUR", description="ISO 4217 code of all amounts")
    margin: float = Field(1.0, gt=0, le=1, description="Contribution margin as a fraction of sales")
    annual_discount_rate: float = Field(0.10, ge=0, lt=1, description="Effective, a year; 0.10 is 10 %")
    languages: tuple[Language, ...] = Field(
        (), strict=False, description="Languages that the pages are written in, e.g. [es, en]"
    )
    language: Language = Field(
        default_factory=lambda settings: (settings.get("languages") or ("en",))[0],
        description="Of the pages that open first; default: the first of languages",
    )
    purchase_rule: PurchaseRule = Field(
        "positive_net",
        description="A day is a purchase when its net is above zero, or (any_order, and always without amounts) "
        "whatever its money",
    )
    max_unreadable_share: float = Field(
        0.05, ge=0, le=1, description="Share of lines with unreadable dates or amounts above which the run stops"
    )
    personal_columns: Literal["drop", "keep"] = Field(
        "drop", description="Whether columns marked personal stay in the tables of a run, once identity has used them"
    )
    identity: IdentityRules = Field(default_factory=IdentityRules)
    portfolios: PortfolioRules = Field(default_factory=PortfolioRules)
    checks: _CheckLimits = Field(  # type: ignore[valid-type]  # made from the checks, so that each has its settings
        default_factory=_CheckLimits, description="Limits of single checks, e.g. forecast_off: {refuse: 0.3}"
    )
    notebooks: dict[str, dict[str, Scalar]] = Field(
        default_factory=dict, description="Parameters of single notebooks, e.g. 02_current_value: {top_share: 0.1}"
    )

    notebook_minutes: float = Field(60.0, gt=0, description="Minutes after which a notebook of a run is stopped")

    _folder: str | None = PrivateAttr(None)  # of the YAML file

    @property
    def other_languages(self) -> tuple[Language, ...]:
        """Return the languages that the pages are written in beside the first one."""
        return tuple(dict.fromkeys(one for one in self.languages if one != self.language))

    def __eq__(self, other: object) -> bool:
        """Compare settings, wherever the file lies that they came from."""
        return isinstance(other, Config) and self.model_dump() == other.model_dump()

    def portable(self) -> Config:
        """Return the config as it may travel: source paths as written, and where these were absolute, the file name."""
        content = self.model_dump()
        _shorten_paths(content["source"], f"{self._folder}/")
        if never := content["identity"]["never_links"]:
            content["identity"]["never_links"] = Path(never).name
        return Config.model_validate(content)

    @property
    def horizon(self) -> Horizon:
        """Return the length of the forecast with its unit."""
        return days(self.horizon_days)

    @property
    def limits(self) -> dict[str, Limits]:
        """Return the limits of every check by its code."""
        return {code: Limits(**getattr(self.checks, code).model_dump()) for code in CHECKS}

    @property
    def discount_rate(self) -> DiscountRate:
        """Return the discount rate with its unit."""
        return annual(self.annual_discount_rate)


def load_config(path: str | Path) -> Config:
    """Read and check a company's YAML file.

    Parameters
    ----------
    path
        The YAML file. Relative paths inside it are resolved against its folder.

    Returns
    -------
    Config
        Frozen settings, `source` paths resolved.

    Raises
    ------
    ConfigError
        If the file cannot be read, or any key or value is wrong; all faults are named at once.
    """
    path = Path(path)
    try:
        content = read_yaml(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; one that ships is data/complete_journey.yaml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2017-02-31
        raise ConfigError(f"{path}: is not valid YAML: {_one_line(error).replace(UNNAMED, '')}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: must hold keys and values, e.g. 'name: my_shop'; found {type(content).__name__}")
    return parse_config(content, where=str(path), base=path.resolve().parent)


def parse_config(content: dict[str, Any], where: str, base: Path | None = None) -> Config:
    """Check settings that were read elsewhere; `where` names their origin in errors, `base` anchors paths."""
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(_fault(item, content) for item in error.errors())
        raise ConfigError(without_secrets(f"{where}: {faults}")) from None
    return config if base is None else _anchored(config, base)


def override(config: Config, changes: dict[str, Any], where: str) -> Config:
    """Return a config with top-level settings replaced and checked anew; `where` names their origin in errors."""
    changed = parse_config({**config.model_dump(), **changes}, where=where)
    changed._folder = config._folder
    return changed


def config_for_file(path: Path, table: dict[str, Any], **settings: Any) -> Config:
    """Return the config of a single transaction file that has no YAML, for `clv score`."""
    source = {"transactions": {"path": str(path.absolute()), **table}}
    title = path.name[: TITLE_LENGTH - 1] + "…" if len(path.name) > TITLE_LENGTH else path.name
    return parse_config({"name": "score", "title": title, "source": source, **settings}, where=str(path))


def _anchored(config: Config, base: Path) -> Config:
    places = {
        name: tuple(place.model_copy(update={"path": _anchored_path(place.path, base)}) for place in found)
        for name, found in {"transactions": config.source.transactions, **config.source.tables}.items()
    }
    identity = config.identity
    if identity.never_links is not None:
        identity = identity.model_copy(update={"never_links": _anchored_path(identity.never_links, base)})
    source = config.source.model_copy(update=places)
    anchored = config.model_copy(update={"source": source, "identity": identity})
    anchored._folder = str(base)
    return anchored


def _anchored_path(path: str, base: Path) -> str:
    is_elsewhere = path.startswith("package:") or is_database(path) or Path(path).is_absolute()
    return path if is_elsewhere else str(base / path)


def _shorten_paths(content: Any, folder: str) -> None:
    for place in content if isinstance(content, list | tuple) else [content]:
        if isinstance(place, dict):
            if Path(path := place.get("path") or "").is_absolute():
                place["path"] = path.removeprefix(folder) if path.startswith(folder) else Path(path).name
            for value in place.values():
                _shorten_paths(value, folder)


def _fault(item: ErrorDetails, content: dict[str, Any]) -> str:
    key = _key(item["loc"], content)
    shown = HIDDEN if is_secret(str(item["loc"][-1])) else _short(item["input"])
    match item["type"]:
        case "extra_forbidden":
            known = _known_keys(_model_of(item["loc"]))
            near = difflib.get_close_matches(str(item["loc"][-1]), known, n=1)
            hint = _suggest(near) or f"; known: {', '.join(known)}"
            return f"{key}: unknown key (value {shown}){hint}"
        case "missing":
            return f"{key}: is required and missing"
        case _:
            rule = item["msg"].removeprefix("Value error, ")
            value = "" if isinstance(item["input"], dict | list | tuple) else f" = {shown}"
            return f"{key}{value}: {rule[0].lower()}{rule[1:]}{_meaning(item['loc'])}"


def _key(location: tuple[int | str, ...], content: object) -> str:
    """Return the path to a key as the file has it: a table given as one mapping has no position in a list."""
    parts: list[str] = []
    for part in location:
        if isinstance(part, int) and isinstance(content, dict) and part not in content:
            continue
        parts.append(str(part))
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list | tuple) and isinstance(part, int) and part < len(content):
            content = content[part]
    return ".".join(parts)


def _known_keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _meaning(location: tuple[int | str, ...]) -> str:
    fields = _model_of(location).model_fields
    field = next((found for name, found in fields.items() if location[-1] in {name, found.alias}), None)
    return f" ({field.description})" if field is not None and field.description else ""


def _model_of(location: tuple[int | str, ...]) -> type[BaseModel]:
    model: type[BaseModel] = Config
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        kind = field.annotation if field is not None else None
        if get_origin(kind) is tuple:
            kind = get_args(kind)[0]
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            break
        model = kind
    return model


def _suggest(near: Iterable[str]) -> str:
    return "".join(f"; did you mean {name!r}?" for name in near)


def _short(value: object) -> str:
    text = without_secrets(repr(value))
    return text if len(text) <= 60 else text[:57] + "..."


def _one_line(error: Exception) -> str:
    return without_secrets(" ".join(str(error).split()))
