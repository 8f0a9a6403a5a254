"""Wall-clock days by plain comparisons, against the standard library moment by moment."""

import datetime as dt
from zoneinfo import ZoneInfo

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clv.data.timezones import offset_changes, wall_clock
from clv.errors import DataError

ZONES = ["Europe/Madrid", "America/New_York", "America/Lima", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]


def local_times(engine, moments, zone):
    table = ibis.memtable(pd.DataFrame({"position": range(len(moments)), "at": pd.to_datetime(moments)}))
    found = table.select("position", here=wall_clock(table, table["at"], zone, "orders.csv: at")).order_by("position")
    return [moment.to_pydatetime() for moment in engine.execute(found)["here"]]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.datetimes(dt.datetime(1995, 1, 1, 0, 0, 1), dt.datetime(2030, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(ZONES),
)
def test_any_moment_is_told_as_the_clocks_of_the_zone_told_it(engine, moments, zone):
    moments = [moment.replace(microsecond=0) for moment in moments] + [dt.datetime(2000, 1, 1, 12)]
    expected = [m.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) for m in moments]
    assert local_times(engine, moments, zone) == expected


def test_the_hour_of_a_change_is_exact_to_the_second_both_ways(engine):
    moments = [dt.datetime(2017, *rest) for rest in ((3, 26, 0, 59, 59), (3, 26, 1), (10, 29, 0, 59, 59), (10, 29, 1))]
    shown = [f"{moment:%H:%M:%S}" for moment in local_times(engine, moments, "Europe/Madrid")]
    assert shown == ["01:59:59", "03:00:00", "02:59:59", "02:00:00"]


def test_a_span_without_a_change_has_none():
    span = dt.datetime(2017, 4, 1, tzinfo=dt.UTC), dt.datetime(2017, 10, 1, tzinfo=dt.UTC)
    assert offset_changes(*span, ZoneInfo("Europe/Madrid")) == []


def test_moments_without_a_time_of_day_are_dates(engine):
    with pytest.raises(DataError, match=r"^orders\.csv: at: holds dates without a time of day.*remove timezone"):
        local_times(engine, [dt.datetime(2017, 1, 1), dt.datetime(2017, 1, 2)], "Europe/Madrid")
