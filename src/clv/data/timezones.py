"""Turn UTC timestamps into the wall-clock time of a zone with plain comparisons, which every engine runs fast.

Within the span of a data set a zone changes its offset a few times at most; the changes are looked up once.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import ibis
from ibis.expr.types import Table, TimestampColumn

from clv.errors import DataError

PLAUSIBLE = dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1)  # beyond lie placeholders, whose offset is of no use


def wall_clock(
    rows: Table, stamp: TimestampColumn, timezone: str, where: str, *, stated: bool = True
) -> TimestampColumn:
    """Return UTC timestamps of `rows` as local wall-clock time in a `timezone`, an IANA name or an offset as +02:00.

    Raises
    ------
    DataError
        If the zone is unknown, or the config has `stated` it and no timestamp has a time of day: dates belong to no
        zone and would all move to another day.
    """
    plausible = stamp.between(*PLAUSIBLE)
    timed = (stamp != stamp.truncate("D")).any()
    span = rows.aggregate(first=stamp.min(where=plausible), last=stamp.max(where=plausible), timed=timed).execute()
    if span.isna().any(axis=None):
        return stamp
    if stated and not span["timed"][0]:
        raise DataError(f"{where}: holds dates without a time of day, which are in no time zone; remove timezone")
    first, last = (span[name][0].to_pydatetime().replace(tzinfo=dt.UTC) for name in ("first", "last"))
    zone = _zone(timezone, where)
    branches = [
        (stamp < until.replace(tzinfo=None), stamp + ibis.interval(seconds=_offset(since, zone)))
        for since, until in pairwise([first, *offset_changes(first, last, zone)])
    ]
    final = stamp + ibis.interval(seconds=_offset(last, zone))
    return ibis.cases(*branches, else_=final) if branches else final


def has_times(rows: Table, stamp: TimestampColumn) -> bool:
    """Tell whether any timestamp has a time of day, so that its day depends on the zone."""
    return bool(rows.aggregate(timed=(stamp != stamp.truncate("D")).any()).execute()["timed"].fillna(False)[0])


def is_utc(timezone: str) -> bool:
    """Tell whether a zone says only when something happened, not where."""
    return timezone.upper().removeprefix("ETC/") in {"UTC", "GMT", "Z", "ZULU", "UNIVERSAL", "+00:00", "-00:00", "UCT"}


def _zone(timezone: str, where: str) -> dt.tzinfo:
    if found := re.fullmatch(r"([+-])([0-9]{2}):?([0-9]{2})", timezone):
        minutes = int(found[2]) * 60 + int(found[3])
        return dt.timezone(dt.timedelta(minutes=-minutes if found[1] == "-" else minutes))
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise DataError(f"{where}: is in the unknown time zone {timezone!r}; state timezone") from None


def offset_changes(first: dt.datetime, last: dt.datetime, zone: dt.tzinfo) -> list[dt.datetime]:
    """Return the UTC instants in (first, last] at which the zone's offset changes, to the second.

    Examples
    --------
    >>> span = dt.datetime(2017, 1, 1, tzinfo=dt.UTC), dt.datetime(2017, 12, 31, tzinfo=dt.UTC)
    >>> [f"{change:%m-%d %H:%M}" for change in offset_changes(*span, ZoneInfo("America/New_York"))]
    ['03-12 07:00', '11-05 06:00']
    """
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)] + [last]
    return [
        _first_second_after(since, until, zone)
        for since, until in pairwise(days)
        if _offset(since, zone) != _offset(until, zone)
    ]


def _first_second_after(since: dt.datetime, until: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    low, high = int(since.timestamp()), int(until.timestamp()) + 1
    before = _offset(since, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(dt.datetime.fromtimestamp(middle, dt.UTC), zone) == before:
            low = middle
        else:
            high = middle
    return dt.datetime.fromtimestamp(high, dt.UTC)


def _offset(instant: dt.datetime, zone: dt.tzinfo) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
