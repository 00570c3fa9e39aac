"""Initials of names, and the shipped table behind them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.domain.people import Person
from sbk_tui.pinyin import MOST_READINGS, initials, matches
from sbk_tui.resources import ASSETS
from tests.people import EVERYBODY


@pytest.mark.clause("2.4.2")
@pytest.mark.parametrize(
    ("name", "readings"),
    [
        ("刘洋", ("ly",)),
        ("王秀英", ("wxy",)),
        ("曾乐", ("zl", "zy", "cl", "cy")),
        ("单小明", ("sxm", "dxm")),
        ("仇英", ("qy", "cy")),
        ("查良", ("zl", "cl")),
        ("解放", ("xf", "jf")),
        ("区小红", ("oxh", "qxh")),
        ("尉迟敬德", ("ycjd",)),
        ("尉小刚", ("wxg", "yxg")),
        ("乐嘉", ("yj", "lj")),
        ("单于飞", ("cyf",)),
        ("麦麦提江·艾力", ("mmtjal",)),
        ("𠮷㐂", ("jx",)),
        ("MARIE DUPONT", ("md",)),
        ("刘Marie", ("lm",)),
        ("101厂", ("101c",)),
        ("", ("",)),
    ],
)
def test_initials_with_the_main_reading_first(name: str, readings: tuple[str, ...]) -> None:
    assert initials(name) == readings


@pytest.mark.parametrize(
    ("typed", "name", "fits"),
    [
        ("l", "刘洋", True),
        ("LY", "刘洋", True),
        ("y", "刘洋", False),
        ("lyx", "刘洋", False),
        ("cl", "曾乐", True),
        ("zy", "曾乐", True),
        ("dzy", "大召营村民委员会", True),
        ("dsy", "大召营村民委员会", True),
        ("", "刘洋", True),
    ],
)
def test_typed_letters_fit_any_reading(typed: str, name: str, fits: bool) -> None:
    assert matches(typed, name) is fits


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=150)
def test_any_text_has_few_readings_and_each_of_them_fits(text: str) -> None:
    readings = initials(text)
    assert 1 <= len(readings) <= MOST_READINGS
    assert len(readings) == len(set(readings))
    assert all(matches(reading, text) for reading in readings)


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda person: person.id[:2])
def test_everybody_can_be_found(person: Person) -> None:
    assert all(reading.isalpha() for reading in initials(person.name))


def test_the_table_knows_every_character_of_gb2312() -> None:
    row_cells = [(row, cell) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    characters = [bytes(pair).decode("gb2312", "ignore") for pair in row_cells]
    known = [char for char in characters if char]
    assert len(known) == 6763
    assert [char for char in known if not initials(char)[0]] == []


def test_the_table_is_small_and_plain() -> None:
    text = (ASSETS / "pinyin.txt").read_text("ascii")
    assert len(text) < 40_000
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz-0123456789ABCDEF \n")
