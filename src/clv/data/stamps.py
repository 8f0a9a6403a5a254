"""Read a column of dates or timestamps, text or typed, as the wall clock of the place where it was written."""

from __future__ import annotations

from dataclasses import replace

from ibis import _

from clv.config import SourceTable
from clv.data import dates
from clv.data.dates import DatesRead
from clv.data.decided import Decision
from clv.data.reading import Reading, naming_lines
from clv.data.timezones import has_times, is_utc, wall_clock
from clv.errors import DataError


def read_stamps(reading: Reading, name: str, source: SourceTable, *, may_be_days: bool = False) -> DatesRead:
    """Read a column as timestamps of the place where it was written, null where it is no date.

    Parameters
    ----------
    reading
        The source as it is.
    name
        Its column.
    source
        States date_format and timezone, or leaves them to the data.
    may_be_days
        Whether a column of days is none of what a stated timezone is about; else it is refused.

    Raises
    ------
    DataError
        If the column is of another type, can be read in two ways, or holds moments in UTC without a stated timezone.
    """
    rows, where = reading.rows, f"{source.path}: {name}"
    when = _read(reading, name, source, where)
    if source.timezone is None:
        return _at_home(reading, when, reading.zones.get(name, "UTC"), where) if when.in_utc else when
    if may_be_days and not has_times(rows, when.stamp):
        return when
    said = Decision("time_zone", source.timezone, "stated", "timezone")
    stamp = wall_clock(rows, when.stamp, source.timezone, where)
    return replace(when, stamp=stamp, decisions=(*when.decisions, said))


def _read(reading: Reading, name: str, source: SourceTable, where: str) -> DatesRead:
    """Read the column as it stands, in UTC where it has a time zone or the zone of its place is stated."""
    kind = reading.rows[name].type()
    if kind.is_timestamp() or kind.is_date():
        in_utc = kind.is_timestamp() and kind.timezone is not None
        return DatesRead(reading.rows[name].cast("timestamp"), in_utc, ())
    if kind.is_string() or kind.is_numeric():
        in_utc = source.timezone is not None
        with naming_lines(reading, name):
            when = dates.read_text(reading.rows, name, where, date_format=source.date_format, in_utc=in_utc)
        if when.is_number or not kind.is_floating():
            return when
    raise DataError(f"{where}: dates are of type {kind}; give dates, timestamps or text")


def _at_home(reading: Reading, when: DatesRead, zone: str, where: str) -> DatesRead:
    """Turn moments into the clock of the zone that the source keeps for them; UTC says when, but not where."""
    if not is_utc(zone):
        said = Decision("time_zone", zone, "the column is stored with this time zone", "timezone")
        stamp = wall_clock(reading.rows, when.stamp, zone, where, stated=False)
        return replace(when, stamp=stamp, decisions=(*when.decisions, said))
    if has_times(reading.rows, when.stamp):
        example = reading.rows.select(at=when.stamp).filter(_.at != _.at.truncate("D")).limit(1).execute()["at"][0]
        raise DataError(
            f"{where}: holds moments in UTC, e.g. {example}, whose day depends on the place of the order; state "
            "timezone, such as America/Mexico_City, or UTC where its days are meant"
        )
    return when
