"""Text of every make arrives cell by cell as it is, and a line that does not fit its table is kept and counted."""

import gzip

import pytest
from tests.data.conftest import COLUMNS, GOOD, HEADER

from clv.errors import DataError

IDS = ["007", "7", "a", "A", " inner  and outer ", "ñandú €", "e\u0301", "\u00e9", "#1", "NULL", "1e5", "-", "'", "\\N",
       '=HYPERLINK("x")', "<script>alert(1)</script>", 'with "quotes"', "with, comma", "with\nnewline", "with\r\nboth",
       "日本", "🦆", "x" * 100_000]  # fmt: skip


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def table(rows: list[tuple[str, ...]], mark: str = ",") -> str:
    return "".join(mark.join(map(quoted, row)) + "\n" for row in rows)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_ids_arrive_byte_for_byte_whatever_the_delimiter(take, mark):
    text = table([("id", "date", "amount"), *((name, "2017-01-31", "1.50") for name in IDS)], mark)
    taken = take(text, missing_ids=[])  # some of them are what exports write for no customer
    assert sorted(taken.ids) == sorted(IDS)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("ñ€", code) for code in ("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32")]
    + [("José Núñez", "cp1252"), ("ascii", "utf-16-le")],
)
def test_the_encoding_is_detected_from_a_single_name(take, name, encoding):
    taken = take((HEADER + f"{name},2017-01-31,1.5\n" + GOOD).encode(encoding))
    assert taken.ids[0] == name
    assert taken.intake.rows_clean == 7


def test_a_stated_encoding_is_followed(take):
    assert take((HEADER + "Жук,2017-01-31,1.5\n").encode("cp1251"), encoding="cp1251").ids == ["Жук"]


def test_a_wrong_or_unknown_encoding_is_refused(take):
    with pytest.raises(DataError, match=r"orders\.csv: is not text in the encoding nonsense: .*; state 'encoding'"):
        take(HEADER + GOOD, encoding="nonsense")
    with pytest.raises(DataError, match=r"is not text in the encoding utf-16"):
        take(HEADER + GOOD, encoding="utf-16-be")


def test_a_line_that_is_not_in_the_stated_encoding_is_malformed(take):
    taken = take((HEADER + "ñ,2017-01-31,1.5\n" + GOOD).encode("cp1252"), encoding="utf-8")
    assert (taken.reasons, taken.intake.rows_clean) == (["malformed_line"], 6)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_one_way(take, end):
    taken = take((HEADER + GOOD).replace("\n", end))
    assert taken.ids == ["c1", "c2", "c3", "c4", "c5", "c6"]
    assert set(map(str, taken.amounts)) == {"10.5000"}


@pytest.mark.parametrize("text", ["\n\n" + HEADER + GOOD, HEADER + "\n" + GOOD + "\n\n", HEADER + GOOD.rstrip("\n")])
def test_empty_lines_and_a_missing_last_line_end_change_nothing(take, text):
    assert take(text).intake.rows_read == 6


@pytest.mark.parametrize("name", ["orders.csv.gz", "ORDERS.CSV.GZ"])
def test_compressed_text_is_read(take, name):
    taken = take(gzip.compress((HEADER + GOOD).encode()), name=name)
    assert taken.intake.rows_clean == 6


PACKED = gzip.compress("".join(f"c{n},2017-01-{n % 28 + 1:02d},{n}.5\n" for n in range(20_000)).encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip at all", "is no gzip archive; give text a name without .gz, or copy it again"),
        (PACKED[:-9], "the archive ends too early or is damaged, after .* bytes of text or a little more; copy it"),
        (PACKED[: len(PACKED) // 2], "the archive ends too early or is damaged"),
        (PACKED[:5000] + b"\xff\x00" * 50 + PACKED[5100:], "the archive ends too early or is damaged"),
        (PACKED + b"appended", "the archive ends too early or is damaged"),
    ],
)
def test_a_broken_archive_is_one_clear_error(take, content, message):
    with pytest.raises(DataError, match=rf"orders\.csv\.gz: {message}") as refusal:
        take(content, name="orders.csv.gz")
    assert "quotes" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"the file is empty \(0 bytes\); export it again"),
        (" \n\n", r"the file holds no text; export it again"),
        (HEADER, r"has a header and no line of data; export it again"),
        (HEADER.strip(), r"has a header and no line of data; export it again"),
    ],
)
def test_a_file_without_data_says_what_it_lacks(take, text, message):
    with pytest.raises(DataError, match=rf"orders\.csv: {message}"):
        take(text)


@pytest.mark.parametrize(
    "bad",
    ["too,few\n", "one\n", "far,2017-01-01,1.5,too,many\n", "   \n", '"quoted"junk,2017-01-01,1.5\n'],
)
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_line_with_other_columns_is_malformed_wherever_it_stands(take, bad, place):
    taken = take(HEADER + (bad + GOOD if place == "first" else GOOD + bad))
    assert (taken.reasons, taken.intake.rows_read, taken.intake.rows_clean) == (["malformed_line"], 7, 6)
    assert taken.quarantine["line"].tolist() == [bad.rstrip("\n")]


def test_a_line_of_more_than_two_megabytes_is_malformed(take):
    taken = take(HEADER + "x" * 2_500_000 + ",2017-01-01,1.5\n" + GOOD)
    assert (taken.reasons, taken.intake.rows_clean) == (["malformed_line"], 6)


@pytest.mark.parametrize("bad", ['"open,2017-01-01,1.5\n', 'open,"2017-01-01,1.5\n'])
def test_a_quote_that_is_never_closed_is_refused_because_it_swallows_lines(take, bad):
    message = r"orders\.csv: line 8 or one near it opens a quote that it does not close, so that 300 lines .*; close it"
    with pytest.raises(DataError, match=message):
        take(HEADER + GOOD + bad + GOOD * 50)


def test_lines_lost_where_the_engine_splits_the_file_are_missed(take):
    many = "".join(f"customer{number:012d},2017-01-01,10.50\n" for number in range(900_000))  # 34 MB, two parts
    text = HEADER + many[: 38 * 300_000] + '"' + many[38 * 300_000 :]
    with pytest.raises(DataError, match=r"opens a quote that it does not close, so that \d{3},\d{3} lines after it"):
        take(text, limit=0.05)


def test_lines_inside_a_quote_that_closes_too_late_are_all_malformed(take):
    swallowed = ['bad,"2017-01-01,5', "inside,2017-01-02,7", 'x",2017-01-03,9']
    taken = take(HEADER + "".join(line + "\n" for line in swallowed) + GOOD)
    assert (taken.intake.rows_read, taken.intake.rows_clean) == (9, 6)
    assert sorted(taken.quarantine["line"]) == sorted(swallowed)


def test_archives_of_several_encodings_are_read_together(take, tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((HEADER + GOOD).encode()))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress((HEADER + GOOD + "ñ,2017-01-31,1\n").encode("cp1252")))
    assert take(tmp_path / "*.csv.gz").ids.count("ñ") == 1


def test_lines_that_look_like_comments_are_lines(take):
    assert take(HEADER + "#1,2017-01-31,1.5\n" * 30 + GOOD).ids.count("#1") == 30


def test_a_trailing_delimiter_on_every_line_is_no_fault(take):
    assert take(HEADER + GOOD.replace("\n", ",\n")).intake.rows_clean == 6


def test_a_header_may_be_quoted_accented_and_spaced(take):
    columns = {"customer_id": "nº de cliente", "ordered_at": "día, hora", "amount": ' importe "neto" '}
    taken = take(table([tuple(columns.values()), ("007", "31/12/2017", "1.234,50")], ";"), columns=columns)
    assert (taken.ids, taken.days, [str(x) for x in taken.amounts]) == (["007"], ["2017-12-31"], ["1234.5000"])


def test_a_mapped_column_that_occurs_twice_is_refused(take):
    with pytest.raises(DataError, match=r"orders\.csv: the header names 'id' twice; rename one of the columns"):
        take("id,date,amount,id\n" + GOOD.replace("\n", ",x\n"))


def test_other_columns_may_repeat_or_have_no_name(take):
    taken = take("id,date,amount,x,X,,x\n" + GOOD.replace("\n", ",1,2,3,4\n"))
    assert taken.ids[0] == "c1"


def test_a_single_column_is_reported_with_what_the_file_has(take):
    with pytest.raises(DataError, match=r"3 of 3 columns are missing: .*the file has: 'only'$"):
        take("only\na\nb\n")


def test_a_wrong_delimiter_shows_the_header_as_one_column(take):
    with pytest.raises(DataError, match=r"3 of 3 columns are missing: .*the file has: 'id,date,amount'$"):
        take(HEADER + GOOD, delimiter=";")


def test_a_delimiter_is_one_character(take):
    with pytest.raises(DataError, match=r"delimiter '::' must be a 1-character text"):
        take(HEADER + GOOD, delimiter="::")


def test_commas_inside_quotes_do_not_decide_the_delimiter(take):
    text = "id;date;amount\n" + "".join(f'"a,b,c,{n}";2017-01-31;1,50\n' for n in range(5))
    assert take(text).ids[0] == "a,b,c,0"


NAMED = {"delimiter": "whitespace", "columns": COLUMNS}


def test_columns_separated_by_spaces_are_read_without_a_header(take):
    text = " 00004 0001 19970101  2   29.33\n\n 00021\t0002 19970102 3 -63.34  \n broken\n"
    names = ("master", "id", "date", "n", "amount")
    taken = take(text, header=False, column_names=names, **NAMED)
    assert (taken.ids, taken.days) == (["0001", "0002"], ["1997-01-01", "1997-01-02"])
    assert [str(x) for x in taken.amounts] == ["29.3300", "-63.3400"]
    assert taken.quarantine["line"].str.strip().tolist() == ["broken"]


def test_columns_separated_by_spaces_are_read_with_a_header(take):
    taken = take("\ufeffid date amount\n007 2017-01-31 1.5\n", **NAMED)
    assert (taken.ids, taken.intake.rows_read) == (["007"], 1)


def test_names_may_be_given_for_a_file_without_a_header(take):
    assert take(GOOD, header=False, column_names=("id", "date", "amount")).intake.rows_clean == 6


def test_several_files_of_one_layout_are_read_as_one(take, tmp_path):
    folder = tmp_path / "o'brien [2017] ñ"
    folder.mkdir()
    for name in ("jan.csv", "feb.csv"):
        (folder / name).write_text(HEADER + GOOD)
    (folder / "feb.csv").write_text(HEADER + GOOD + "broken\n")
    taken = take(folder / "*.csv")
    assert (taken.intake.rows_read, taken.reasons) == (13, ["malformed_line"])


def test_files_with_other_headers_are_refused(take, tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + GOOD)
    (tmp_path / "b.csv").write_text("date,id,amount\n2017-01-31,x,1.5\n")
    with pytest.raises(DataError, match=r"b\.csv: its header is not that of a\.csv; give all files the same columns"):
        take(tmp_path / "?.csv")


def test_a_name_with_brackets_is_a_name(take):
    assert take(HEADER + GOOD, name="orders [1].csv").intake.rows_clean == 6
