"""Cells, pens and the canvas."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from sbk_tui.terminal.cells import PLAIN, Canvas, Pen, blank, cells_of, fit, harmless, pen_of

ANSI = ColorSystem.STANDARD


def test_a_pen_has_attributes_and_the_colours_of_its_terminal() -> None:
    style = Style.parse("bold reverse red on #102030")
    assert pen_of(style, ANSI) == Pen(0b1000001, "31", "40")
    assert pen_of(style, ColorSystem.TRUECOLOR).back == "48;2;16;32;48"
    assert pen_of(style, ColorSystem.EIGHT_BIT).back.startswith("48;5;")


def test_links_and_actions_make_no_other_pen() -> None:
    style = Style.parse("red") + Style.from_meta({"@click": "app.quit"}) + Style(link="http://x")
    assert pen_of(style, ANSI) == pen_of(Style.parse("red"), ANSI)


def test_the_default_colours_are_no_colours() -> None:
    assert pen_of(Style.parse("default on default"), ANSI) == PLAIN
    assert pen_of(None, ANSI) == PLAIN


def test_nobody_sees_the_colour_or_the_weight_of_a_blank() -> None:
    assert blank(Pen(1, "31", "")) == (" ", PLAIN)
    assert blank(Pen(0, "31", "44")) == (" ", Pen(0, "", "44"))
    reverse = Pen(1 << 6, "31", "")
    assert blank(reverse) == (" ", reverse)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
@settings(deadline=None, max_examples=200)
def test_a_text_has_as_many_cells_as_textual_measures(text: str) -> None:
    if not {"\u200d", "\ufe0f"} & set(text):
        assert len(cells_of(text, PLAIN)) == cell_len(text)
    assert cells_of(text, PLAIN)[:1] != (("", PLAIN),)


def test_control_characters_never_reach_a_cell() -> None:
    assert cells_of("a\x1b[2J\x9bx", PLAIN) == cells_of("a[2Jx", PLAIN)
    assert harmless("a\x1b[2J\x07\x9b\u2028") == "a?[2J???"
    assert harmless("张\u202e三\ud800\u3000丰") == "张?三?\u3000丰"
    assert cells_of("张\ud800", PLAIN)[-1] == ("?", PLAIN)


def test_a_mark_sits_on_the_letter_before_it() -> None:
    assert cells_of("e\u0301x", PLAIN) == (("e\u0301", PLAIN), ("x", PLAIN))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("张三", 6, "张三  "),
        ("张三丰", 6, "张三丰"),
        ("张三丰", 5, "张三…"),
        ("张三丰", 4, "张… "),
        ("张三丰", 1, "…"),
        ("张三丰", 0, ""),
        ("abc", 2, "a…"),
        ("", 3, "   "),
        ("[red]张[/]", 10, "[red]张[/]"),
    ],
)
def test_a_text_is_fitted_by_cells(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected


@given(st.text("ab张三…\x1b ", max_size=12), st.integers(0, 12))
@settings(deadline=None, max_examples=200)
def test_a_fitted_text_has_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


def shown(canvas: Canvas) -> list[str]:
    return ["".join(text or "_" for text, _ in row) for row in canvas.rows]


@pytest.mark.parametrize(
    ("x", "text", "expected"),
    [
        (0, "a", "a 三_丁_"),
        (1, "a", " a三_丁_"),
        (1, "王", " 王_ 丁_"),
        (2, "王", "张_王_丁_"),
        (5, "王", "张_三_  "),
        (4, "李四", "张_三_李_"),
        (6, "x", "张_三_丁_"),
        (3, "ab", "张_ ab "),
    ],
)
def test_half_a_wide_character_becomes_blank(x: int, text: str, expected: str) -> None:
    canvas = Canvas(6, 1)
    canvas.put(0, 0, cells_of("张三丁", PLAIN))
    canvas.put(x, 0, cells_of(text, PLAIN))
    assert shown(canvas) == [expected]
