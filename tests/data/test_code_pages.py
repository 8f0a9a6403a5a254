"""Files in the old code pages of many countries: read as they were written, or refused where their ids differ."""

import pytest
from tests.data.conftest import COLUMNS, GOOD, HEADER

from clv.errors import DataError

RUSSIAN = ["Иванов", "Петрова", "Сидоров", "Кузнецова", "Щербаков"]
CZECH = ["Dvořák", "Novotný", "Černý", "Žižka", "Kučera", "Růžička", "Němec"]
POLISH = ["Świątek", "Dąbrowski", "Żółkiewski", "Wójcik", "Kamiński"]
TURKISH = ["Şahin", "Yıldız", "Öztürk", "Çelik", "Güneş", "İnci", "Doğan"]
CHINESE = ["王伟", "李娜", "张敏", "刘洋", "陈静"]
TOLD = [
    ("gb18030", CHINESE),
    ("koi8_r", RUSSIAN),
    ("cp866", RUSSIAN),
    ("cp1250", CZECH),
    ("cp1250", POLISH),
    ("iso8859_2", POLISH),
    ("cp852", CZECH),
    ("cp1254", TURKISH),
    ("cp932", ["田中", "佐藤", "鈴木", "たなか"]),
    ("big5", ["王偉", "李娜", "張敏"]),
    ("cp1252", ["João", "Conceição", "Simões", "Araújo"]),
    ("cp1252", ["Hélène", "François", "Thérèse", "Benoît"]),
    ("cp1252", ["MUÑOZ", "PEÑA", "IBÁÑEZ"]),
    ("cp1252", ["PEÑA"]),
    ("cp1252", ["Guðrún", "Þórður", "Jónsdóttir"]),
]
SEVERAL = [
    ("koi8_r", [name.lower() for name in RUSSIAN]),  # in cp1251 the same in capitals
    ("cp1250", ["Kovács", "Szőke", "Erdős", "Tóth"]),  # in cp1252 with õ for ő
    ("cp949", ["김철수", "이영희", "박민수"]),  # frequent characters of Chinese as well
    ("iso8859_2", CZECH),
    ("cp1251", [name.upper() for name in RUSSIAN]),
]


def orders(ids, names=None):
    """Return a log of these ids, or of plain ids with these names beside them."""
    lines = [f"{one},2017-01-{n + 1:02d},1.5" for n, one in enumerate(ids)]
    if names is None:
        return HEADER + GOOD + "\n".join(lines) + "\n"
    return "name," + HEADER + "\n".join(f"{name},c{line}" for name, line in zip(names, lines, strict=True)) + "\n"


def decided(taken):
    [said] = [said for said in taken.intake.decisions if said.topic == "encoding"]
    return said


@pytest.mark.parametrize(("code_page", "names"), TOLD)
def test_ids_in_the_letters_of_any_country_arrive_as_they_were_written(take, code_page, names):
    taken = take(orders(names).encode(code_page))
    assert taken.ids[6:] == names
    assert (decided(taken).value, decided(taken).setting) == (code_page, "encoding")


@pytest.mark.parametrize(("code_page", "names"), SEVERAL)
def test_where_several_code_pages_fit_and_ids_differ_the_file_is_refused_until_one_is_stated(take, code_page, names):
    content = orders(names).encode(code_page)
    with pytest.raises(DataError, match=r"can be read in two encodings, e\.g\. the id .* in .* and .*; state 'enc"):
        take(content)
    assert take(content, encoding=code_page).ids[6:] == names


@pytest.mark.parametrize(("code_page", "names"), SEVERAL)
def test_where_several_fit_and_no_id_differs_the_others_are_said(take, code_page, names):
    taken = take(orders(range(len(names)), names).encode(code_page), columns=COLUMNS)
    assert taken.ids == [f"c{n}" for n in range(len(names))]
    assert "would do as well, with the same ids" in decided(taken).because
