"""The real program in a real pseudo-terminal, with and without the layer."""

from __future__ import annotations

import os
import signal

import pytest

from sbk_tui.terminal.diff import CLEAR
from tests.terminal.ptys import Window, window

APP = ("-m", "tests.terminal.small_app")
FIRST = "第 0 行"
DOWN, PAGE_DOWN, F2, ESCAPE, F10 = "\x1b[B", "\x1b[6~", "\x1bOQ", "\x1b", "\x1b[21~"


def worked_with(shown: Window) -> tuple[object, tuple[int, int], str, int]:
    """Fill a field, page through the list, open and close the box; return what is to be seen."""
    shown.wait(lambda: FIRST in shown.screen.text())
    shown.press("张三abc")
    shown.wait(lambda: "张三abc" in shown.screen.text())
    shown.press("\t\t" + DOWN * 3)
    shown.wait(lambda: "第 3 行" in shown.screen.text())
    shown.press(PAGE_DOWN)
    shown.wait(lambda: "第 22 行" in shown.screen.text())
    shown.press(F2)
    shown.wait(lambda: "确认挂失" in shown.screen.text())
    shown.press(ESCAPE)
    shown.wait(lambda: "确认挂失" not in shown.screen.text())
    shown.settle()
    return shown.screen.picture(), shown.screen.caret(), shown.screen.text(), len(shown.written)


def test_the_screen_is_the_same_as_plain_textual_draws_it() -> None:
    with window(*APP) as ours:
        picture, caret, text, lean_bytes = worked_with(ours)
    with window(*APP, PLAIN="1") as plain:
        expected_picture, expected_caret, expected_text, plain_bytes = worked_with(plain)
    assert text == expected_text
    assert picture == expected_picture
    assert caret == expected_caret
    assert lean_bytes < plain_bytes / 2


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
def test_a_resize_and_a_return_from_the_shell_draw_the_whole_screen(size: tuple[int, int]) -> None:
    with window(*APP) as shown:
        shown.wait(lambda: FIRST in shown.screen.text())
        shown.settle()
        shown.resize(size)
        shown.settle()
        before = shown.screen.picture()
        shown.screen.reset()
        shown.written.clear()
        shown.process.send_signal(signal.SIGCONT)
        shown.wait(lambda: FIRST in shown.screen.text())
        shown.settle()
        assert CLEAR.encode() in shown.written
        assert shown.screen.picture() == before


def test_the_program_leaves_the_terminal_with_a_plain_pen_and_a_cursor() -> None:
    with window(*APP) as shown:
        shown.wait(lambda: FIRST in shown.screen.text())
        shown.press(F10)
        assert shown.process.wait(20) == 0
        shown.settle()
        assert not shown.screen.cursor.hidden
        assert shown.screen.cursor.attrs == shown.screen.default_char


def test_nothing_is_written_while_nobody_presses_a_key() -> None:
    with window(*APP) as shown:
        shown.wait(lambda: FIRST in shown.screen.text())
        shown.settle()
        shown.written.clear()
        shown.settle(1.2)  # G10: longer than a cursor blinks or a clock ticks
        assert not shown.written


def test_a_character_in_two_packets_is_one_and_a_broken_byte_ends_nothing() -> None:
    with window(*APP) as shown:
        shown.wait(lambda: FIRST in shown.screen.text())
        first, second = "张".encode()[:1], "张".encode()[1:]
        shown.press("甲")
        os.write(shown.master, first)
        shown.wait(lambda: "甲" in shown.screen.text())
        os.write(shown.master, second + b"\xff" + "乙".encode())
        shown.wait(lambda: "甲张" in shown.screen.text() and "乙" in shown.screen.text())
