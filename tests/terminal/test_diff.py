"""The diff alone: whatever two screens hold, the bytes between them turn one into the other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbk_tui.terminal.cells import BLANK, PLAIN, Canvas, Pen, cells_of
from sbk_tui.terminal.diff import CLEAR, Terminal, move, sgr
from tests.terminal.emulators import Pyte, Strict

WIDTH, HEIGHT = 14, 5
PENS = st.sampled_from(
    [
        PLAIN,
        PLAIN,
        Pen(1 << 6, "", ""),
        Pen(0b1, "31", ""),
        Pen(0b11, "97", "104"),
        Pen(0b10, "", "44"),
        Pen(0b1000, "38;5;7", ""),
        Pen(1 << 12, "38;2;1;2;3", "48;2;4;5;6"),
        Pen(0b1000001000, "", ""),
    ]
)
PUTS = st.lists(
    st.tuples(
        st.integers(0, WIDTH - 1),
        st.integers(0, HEIGHT - 1),
        st.text("ab 张三…─\u0301", min_size=1, max_size=WIDTH),
        PENS,
    ),
    max_size=8,
)
CARETS = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
FRAMES = st.lists(st.tuples(PUTS, CARETS, st.booleans()), min_size=1, max_size=5)
TERMINALS = [(True, True), (True, False), (False, True), (False, False)]


def canvas_of(puts: list[tuple[int, int, str, Pen]], under: Canvas | None = None) -> Canvas:
    canvas = Canvas(WIDTH, HEIGHT)
    if under is not None:
        canvas.rows = [row.copy() for row in under.rows]
    for x, y, text, pen in puts:
        canvas.put(x, y, cells_of(text, pen))
    return canvas


@pytest.mark.parametrize(("lf_returns", "stays_on_edge"), TERMINALS)
@given(frames=FRAMES)
@settings(deadline=None, max_examples=150)
def test_every_frame_is_shown_exactly(
    lf_returns: bool, stays_on_edge: bool, frames: list[tuple[list, tuple[int, int], bool]]
) -> None:
    screen = Strict(WIDTH, HEIGHT, lf_returns=lf_returns, stays_on_edge=stays_on_edge)
    terminal, canvas = Terminal(), None
    for puts, caret, keep in frames:
        canvas = canvas_of(puts, canvas if keep else None)
        screen.feed(terminal.show(canvas, caret))
        assert screen.rows == canvas.rows
        assert (screen.x, screen.y) == caret
        assert screen.pen == PLAIN
        assert terminal.show(canvas, caret) == ""


@given(frames=FRAMES)
@settings(deadline=None, max_examples=100)
def test_another_emulator_sees_the_same_text(
    frames: list[tuple[list, tuple[int, int], bool]],
) -> None:
    screen, fresh = Pyte(WIDTH, HEIGHT), Pyte(WIDTH, HEIGHT)
    terminal, canvas = Terminal(), None
    for puts, caret, keep in frames:
        canvas = canvas_of([p for p in puts if "\u0301" not in p[2]], canvas if keep else None)
        screen.feed(terminal.show(canvas, caret))
        fresh.feed(Terminal().show(canvas, caret))
        assert screen.picture() == fresh.picture()
        assert screen.caret() == fresh.caret() == caret


def test_what_was_forgotten_is_cleared_and_drawn_whole() -> None:
    canvas, terminal = canvas_of([(0, 0, "张三", PLAIN)]), Terminal()
    first = terminal.show(canvas, (0, 0))
    terminal.forget()
    assert terminal.show(canvas, (0, 0)) == first
    assert first.startswith(CLEAR)


def test_a_screen_of_another_size_is_drawn_whole() -> None:
    terminal = Terminal()
    terminal.show(Canvas(4, 2), (0, 0))
    assert terminal.show(Canvas(5, 2), (0, 0)).startswith(CLEAR)
    assert terminal.show(Canvas(5, 3), (0, 0)).startswith(CLEAR)


def test_a_typed_letter_costs_the_letter() -> None:
    terminal = Terminal()
    terminal.show(canvas_of([(0, 1, "zhan", PLAIN)]), (4, 1))
    assert terminal.show(canvas_of([(0, 1, "zhang", PLAIN)]), (5, 1)) == "g"


def test_a_short_gap_is_printed_again() -> None:
    terminal = Terminal()
    terminal.show(canvas_of([(0, 0, "abcde", PLAIN)]), (0, 0))
    assert terminal.show(canvas_of([(0, 0, "xbcdy", PLAIN)]), (5, 0)) == "xbcdy"


def test_a_caret_inside_a_wide_letter_does_not_cut_it() -> None:
    canvas, terminal = canvas_of([(0, 0, "张三", PLAIN)]), Terminal()
    screen = Strict(WIDTH, HEIGHT, lf_returns=False, stays_on_edge=True)
    screen.feed(terminal.show(canvas, (3, 0)))
    canvas = canvas_of([(0, 0, "张三x", PLAIN)])
    screen.feed(terminal.show(canvas, (0, 0)))
    assert screen.rows == canvas.rows


def test_the_end_of_a_row_is_erased() -> None:
    terminal = Terminal()
    terminal.show(canvas_of([(0, 0, "abcdefghij", PLAIN)]), (0, 0))
    assert terminal.show(Canvas(WIDTH, HEIGHT), (0, 0)) == "\x1b[K"


def test_nothing_is_erased_where_the_background_has_a_colour() -> None:
    blue = Pen(0, "", "44")
    terminal = Terminal()
    terminal.show(canvas_of([(0, 0, "abcdefghij", PLAIN)]), (0, 0))
    assert "\x1b[K" not in terminal.show(canvas_of([(0, 0, " " * WIDTH, blue)]), (0, 0))


def test_after_a_letter_of_doubtful_width_the_way_is_absolute() -> None:
    terminal = Terminal()
    terminal.show(Canvas(WIDTH, HEIGHT), (0, 0))
    canvas = canvas_of([(0, 0, "─", PLAIN), (7, 0, "x", PLAIN)])
    assert terminal.show(canvas, (8, 0)) == "─\x1b[8Gx"


@pytest.mark.parametrize(
    ("start", "end", "way"),
    [
        ((3, 3), (3, 3), ""),
        ((3, 3), (0, 3), "\r"),
        ((3, 3), (2, 3), "\b"),
        ((3, 3), (4, 3), "\x1b[C"),
        ((30, 3), (10, 3), "\x1b[11G"),
        ((3, 3), (0, 4), "\r\n"),
        ((3, 3), (3, 4), "\x1b[B"),
        ((3, 3), (0, 0), "\x1b[H"),
        ((None, 3), (5, 3), "\x1b[6G"),
        ((None, 3), (0, 9), "\x1b[10H"),
    ],
)
def test_the_cursor_takes_the_shortest_way(
    start: tuple[int | None, int], end: tuple[int, int], way: str
) -> None:
    assert move(*start, *end) == way


@pytest.mark.parametrize(
    ("held", "pen", "expected"),
    [
        (PLAIN, Pen(1 << 6, "", ""), "\x1b[7m"),
        (Pen(1 << 6, "31", "44"), PLAIN, "\x1b[m"),
        (Pen(0b11, "31", ""), Pen(0b10, "31", ""), "\x1b[22;2m"),
        (Pen(0b1001, "31", "44"), Pen(0b10, "", ""), "\x1b[0;2m"),
        (Pen(0, "31", ""), Pen(0, "32", ""), "\x1b[32m"),
        (Pen(0, "31", "44"), Pen(0, "", "44"), "\x1b[39m"),
    ],
)
def test_the_pen_changes_by_the_shortest_sequence(held: Pen, pen: Pen, expected: str) -> None:
    assert sgr(held, pen) == expected


def test_a_blank_canvas_is_blank() -> None:
    assert Canvas(2, 1).rows == [[BLANK, BLANK]]
