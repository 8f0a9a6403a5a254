"""Dates in the ways in which companies write them: each read to the right day, or refused with a remedy."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.data.conftest import HEADER

from clv.errors import DataError

NOON = dt.datetime(2024, 6, 15, 10, 0)
SPREAD = [NOON + dt.timedelta(days=5 * n, hours=n) for n in range(12)]  # days below and above the 12th
MONTHS_ES = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
LONG_ES = ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre")  # fmt: skip
DAYS_ES = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")


def epoch(moment, unit=1):
    return str(round(moment.replace(tzinfo=dt.UTC).timestamp() * unit))


WAYS = {
    "ISO with Z": lambda t: f"{t:%Y-%m-%dT%H:%M:%SZ}",
    "ISO with an offset": lambda t: f"{t:%Y-%m-%d %H:%M:%S}+0200",
    "GMT": lambda t: f"{t:%Y-%m-%d %H:%M:%S} GMT",
    "a zone's name": lambda t: f"{t:%Y-%m-%d %H:%M:%S} CEST",
    "slashes": lambda t: f"{t:%Y/%m/%d}",
    "points and minutes": lambda t: f"{t:%d.%m.%Y %H:%M}",
    "points in the time": lambda t: f"{t:%d.%m.%Y %H.%M}",
    "hours with h": lambda t: f"{t:%d/%m/%Y %Hh%M}",
    "comma before the time": lambda t: f"{t:%d/%m/%Y, %H:%M:%S}",
    "month's name": lambda t: f"{t:%d-%b-%Y}",
    "month's name, small": lambda t: f"{t:%d %b %Y}".lower(),
    "month's name, two digits": lambda t: f"{t:%d-%b-%y}".upper(),
    "month first by name": lambda t: f"{t:%b %d, %Y}",
    "month first, long, with time": lambda t: f"{t:%B %d, %Y %I:%M %p}",
    "Spanish month": lambda t: f"{t:%d}-{MONTHS_ES[t.month - 1]}-{t:%Y}",
    "Spanish month, two digits": lambda t: f"{t:%d}/{MONTHS_ES[t.month - 1]}/{t:%y}",
    "Spanish words": lambda t: f"{t.day} de {LONG_ES[t.month - 1]} de {t:%Y}",
    "Spanish weekday": lambda t: f"{DAYS_ES[t.weekday()]}, {t.day} de {LONG_ES[t.month - 1]} de {t:%Y}",
    "mail header": lambda t: f"{t:%a, %d %b %Y %H:%M:%S} +0200",
    "JavaScript": lambda t: f"{t:%a %b %d %Y %H:%M:%S} GMT+0200 (CEST)",
    "C": lambda t: f"{t:%a %b %d %H:%M:%S %Y}",
    "SAS": lambda t: f"{t:%d%b%Y:%H:%M:%S}".upper(),
    "web server": lambda t: f"{t:%d/%b/%Y:%H:%M:%S} +0000",
    "AM and PM": lambda t: f"{t:%m/%d/%Y %I:%M %p}",
    "a. m. and p. m.": lambda t: f"{t:%d/%m/%Y %I:%M:%S} " + ("a. m." if t.hour < 12 else "p. m."),
    "small am and pm": lambda t: f"{t:%Y-%m-%d %I:%M:%S}{t:%p}".lower(),
    "compact": lambda t: f"{t:%Y%m%d}",
    "compact with time": lambda t: f"{t:%Y%m%d %H%M%S}",
    "compact with T and Z": lambda t: f"{t:%Y%m%dT%H%M%SZ}",
    "fourteen digits": lambda t: f"{t:%Y%m%d%H%M%S}",
    "twelve digits": lambda t: f"{t:%Y%m%d%H%M}",
    "serial day": lambda t: str((t - dt.datetime(1899, 12, 30)).days),
    "serial moment": lambda t: f"{(t - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1):.6f}",
}


def lines(values):
    return HEADER + "".join(f'c{number},"{value}",1.5\n' for number, value in enumerate(values))


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_write_dates_is_read_to_the_day(take, way):
    taken = take(lines(WAYS[way](moment) for moment in SPREAD))
    assert taken.days == [str(moment.date()) for moment in SPREAD]
    assert "date_order" in {decision.topic for decision in taken.intake.decisions}


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("kind", ["text", "number"])
def test_seconds_since_1970_say_no_place_and_ask_for_a_time_zone(take, unit, kind, tmp_path):
    values = [epoch(moment, unit) for moment in SPREAD]
    source = lines(values)
    if kind == "number":
        source = tmp_path / "epoch.parquet"
        pq.write_table(pa.table({"id": values, "date": [int(v) for v in values], "amount": [1.0] * 12}), source)
    with pytest.raises(DataError, match=r"date: holds moments in UTC, e\.g\. 2024-06-15 10:00:00, .*; state timezone"):
        take(source)
    away = take(source, timezone="Asia/Tokyo")  # nine hours on
    assert away.days == [str((moment + dt.timedelta(hours=9)).date()) for moment in SPREAD]


def test_serial_days_as_numbers_of_a_typed_source_are_read(take, tmp_path):
    for values in ([45_458, 45_459], [45_458.0, 45_459.75]):
        pq.write_table(pa.table({"id": ["a", "b"], "date": values, "amount": [1.0, 2.0]}), tmp_path / "s.parquet")
        assert take(tmp_path / "s.parquet").days == ["2024-06-15", "2024-06-16"]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2024-W24", r"the date cannot be read \(12\); state .*date_format.*; e\.g\. '2024-W24' in line 2"),
        ("15/06/24", r"years have two digits, e\.g\. '15/06/24'; state date_format, such as '%d/%m/%y'"),
        ("240615", r"the date cannot be read .*e\.g\. '240615'"),
        ("06-2024", r"the date cannot be read .*e\.g\. '06-2024'"),
        ("soon", r"the date cannot be read .*e\.g\. 'soon' in line 2"),
    ],
)
def test_what_cannot_be_read_is_one_line_with_an_example_and_the_setting(take, value, says):
    with pytest.raises(DataError, match=says):
        take(lines([value] * 12), limit=0.05)


def swapped(moment, apart):
    return f"{moment:%Y-%d-%m %H:%M}" if moment.day <= 12 else f"{moment:{apart}}"


@pytest.mark.parametrize(
    ("write", "one", "other"),
    [
        (lambda t: swapped(t, "%d/%m/%Y %H:%M"), "2024-", "2024 "),  # real dates beside text
        (lambda t: f"{t:%m/%d/%Y 00:00:00}" if t.day <= 12 else f"{t:%d/%m/%Y}", "00:00:00", "2024"),
        (lambda t: f"{t.month}/{t.day}/{t:%Y}" if t.day <= 12 else f"{t:%d/%m/%Y}", "/2024", "/2024"),
        (lambda t: f"{t:%m-%d-%Y}" if t.day <= 12 else f"{t:%d/%m/%Y}", "-2024", "/2024"),
    ],
)
def test_a_spreadsheet_that_swapped_days_up_to_the_12th_is_refused_with_both_ways(take, write, one, other):
    days = [NOON + dt.timedelta(days=3 * n) for n in range(50)]
    with pytest.raises(DataError, match=r"date: dates are written in two ways that part at the 12th") as error:
        take(lines(write(day) for day in days))
    shown = str(error.value).split("'")[1:4:2]
    assert one in shown[0]
    assert other.strip() in shown[1]


def test_serial_numbers_beside_text_are_refused_as_swapped_too(take):
    days = [NOON + dt.timedelta(days=3 * n) for n in range(50)]
    serial = WAYS["serial day"]
    with pytest.raises(DataError, match=r"dates are written as numbers, e\.g\. '45\d{3}'.*in another way, e\.g\. '\d"):
        take(lines(serial(day) if day.day <= 12 else f"{day:%d/%m/%Y}" for day in days))


def test_two_ways_of_writing_that_do_not_part_at_the_12th_are_read(take):
    days = [NOON + dt.timedelta(days=3 * n) for n in range(50)]
    taken = take(lines(f"{day:%Y-%m-%d}" if n % 3 else f"{day:%d/%m/%Y}" for n, day in enumerate(days)))
    assert taken.days == [str(day.date()) for day in days]


def test_one_date_does_not_decide_for_all(take):
    early = [f"{day:02d}/{month:02d}/{year}" for year in (2021, 2022) for month in (1, 2, 3) for day in range(1, 8)]
    with pytest.raises(DataError, match=r"42 of 43 distinct dates .* two ways, e\.g\. '01/01/2021', too many for 1"):
        take(lines([*early, "13/01/2021"]))


def test_a_column_of_text_with_offsets_keeps_the_day_as_written_and_says_so(take):
    taken = take(lines(f"{t:%Y-%m-%d} 23:30:00-06:00" for t in SPREAD))
    assert taken.days == [str(t.date()) for t in SPREAD]
    (said,) = [decision for decision in taken.intake.decisions if decision.topic == "time_zone"]
    assert (said.value, said.setting, said.n) == ("the day as written", "timezone", 12)
    for plain in (f"{t:%Y-%m-%d}" for t in SPREAD[:1]):
        assert "time_zone" not in {decision.topic for decision in take(lines([plain])).intake.decisions}


EVENINGS = [dt.datetime(2024, 1, 5, 21, 30), dt.datetime(2024, 7, 5, 23, 59), dt.datetime(2024, 7, 6, 9)]


def zoned(zone, moments=EVENINGS):
    naive = pa.array(moments, pa.timestamp("us"))
    return pa.table({"id": ["a", "b", "c"], "date": pc.assume_timezone(naive, zone), "amount": [1.0, 2.0, 3.0]})


@pytest.mark.parametrize("zone", ["America/Mexico_City", "Asia/Tokyo", "Europe/Madrid", "-06:00", "+05:30"])
def test_a_column_with_a_time_zone_keeps_the_days_of_its_place(take, tmp_path, zone):
    pq.write_table(zoned(zone), tmp_path / "zone.parquet")
    taken = take(tmp_path / "zone.parquet")
    assert taken.days == ["2024-01-05", "2024-07-05", "2024-07-06"]
    assert [d.value for d in taken.intake.decisions if d.topic == "time_zone"] == [zone]


def test_a_column_in_utc_asks_for_the_place_unless_it_holds_days(take, tmp_path):
    pq.write_table(zoned("UTC"), tmp_path / "utc.parquet")
    with pytest.raises(DataError, match=r"date: holds moments in UTC, e\.g\. 2024-01-05 21:30:00, .* or UTC where"):
        take(tmp_path / "utc.parquet")
    assert take(tmp_path / "utc.parquet", timezone="UTC").days == ["2024-01-05", "2024-07-05", "2024-07-06"]
    assert take(tmp_path / "utc.parquet", timezone="Asia/Tokyo").days == ["2024-01-06", "2024-07-06", "2024-07-06"]
    days = [moment.replace(hour=0, minute=0) for moment in EVENINGS]
    pq.write_table(zoned("UTC", days), tmp_path / "days.parquet")
    assert take(tmp_path / "days.parquet").days == ["2024-01-05", "2024-07-05", "2024-07-06"]


def test_files_in_two_time_zones_are_refused(take, tmp_path):
    pq.write_table(zoned("Europe/Madrid"), tmp_path / "a.parquet")
    for other in (zoned("Asia/Tokyo"), zoned("Asia/Tokyo").set_column(1, "date", pa.array(EVENINGS))):
        pq.write_table(other, tmp_path / "b.parquet")
        with pytest.raises(DataError, match=r"b\.parquet: date is in .*but in Europe/Madrid in a\.parquet; give all"):
            take(tmp_path / "?.parquet")


def parquet_of(tmp_path, name, **columns):
    pq.write_table(pa.table({"id": ["a", "b"], "date": [dt.date(2024, 1, 5)] * 2, "amount": [1, 2]} | columns),
                   tmp_path / f"{name}.parquet")  # fmt: skip


@pytest.mark.parametrize(
    ("column", "values", "ids", "money"),
    [
        ("amount", [1.25, 2.5], ["a", "b", "a", "b"], Decimal("6.75")),
        ("amount", [Decimal("1.25"), Decimal("2.50")], ["a", "b", "a", "b"], Decimal("6.75")),
        ("amount", ["1.25", "2.50"], ["a", "b", "a", "b"], Decimal("6.75")),
        ("id", [7, 8], ["a", "b", "7", "8"], Decimal(6)),
        ("date", [dt.datetime(2024, 1, 5, 23)] * 2, ["a", "b", "a", "b"], Decimal(6)),
        ("date", ["2024-01-05"] * 2, ["a", "b", "a", "b"], Decimal(6)),
    ],
)
@pytest.mark.parametrize("first", ["a", "b"])
def test_no_file_decides_the_types_of_another(take, tmp_path, column, values, ids, money, first):
    other = "b" if first == "a" else "a"
    parquet_of(tmp_path, first)
    parquet_of(tmp_path, other, **{column: values})
    taken = take(tmp_path / "?.parquet")
    assert sorted(taken.ids) == sorted(ids)
    assert taken.intake.amount_clean == money
    assert set(taken.days) == {"2024-01-05"}


def test_whole_ids_of_one_file_and_floats_of_another_stay_the_same_customers_or_are_refused(take, tmp_path):
    parquet_of(tmp_path, "a", id=[7, 8])
    parquet_of(tmp_path, "b", id=[7.0, None])
    assert sorted(take(tmp_path / "?.parquet").ids) == ["7", "7", "8"]
    parquet_of(tmp_path, "a", id=[2**53 + 1, 8])
    with pytest.raises(DataError, match=r"id holds whole numbers in one file and floating ones in another.*as text"):
        take(tmp_path / "?.parquet")


def test_files_may_have_their_columns_in_another_order_but_not_lack_one(take, tmp_path):
    parquet_of(tmp_path, "a")
    table = pq.read_table(tmp_path / "a.parquet")
    pq.write_table(table.select(["amount", "id", "date"]), tmp_path / "b.parquet")
    assert take(tmp_path / "?.parquet").intake.amount_clean == 6
    pq.write_table(table.select(["id", "date"]), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet: lacks the column 'amount' that a\.parquet"):
        take(tmp_path / "?.parquet")
