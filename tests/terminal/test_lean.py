"""Frames as differences show the same as frames as Textual writes them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from rich.console import RenderableType
from rich.control import Control
from textual import events
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from sbk_tui.terminal import lean
from sbk_tui.terminal.diff import CLEAR
from sbk_tui.terminal.listview import PagedList
from tests.terminal.emulators import Pyte
from tests.terminal.small_app import SmallApp

SIZE = (80, 24)


class Recorder(HeadlessDriver):
    """A driver without a terminal that Textual nevertheless writes to."""

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        self._app.written(data)  # type: ignore[attr-defined]

    def flush(self) -> None:
        pass


class Compared(SmallApp):
    """Feeds each frame to one screen as Textual writes it, to another as we do."""

    def __init__(self) -> None:
        super().__init__(driver_class=Recorder)
        self.plain, self.ours = Pyte(*SIZE), Pyte(*SIZE)
        self.plain_bytes = self.our_bytes = self.frames = 0
        self.comparable = False  # not between a resize and the first frame of the new size
        self.last = ""

    def written(self, data: str) -> None:
        self.ours.feed(data)
        self.our_bytes += len(data.encode())
        self.last = data

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        writes = self._lean_driver() is not None and isinstance(renderable, CompositorUpdate)
        if writes:
            assert isinstance(renderable, CompositorUpdate)
            caret = self.screen.outer_size.clamp_offset(self.cursor_position)
            frame = renderable.render_segments(self.console) + str(Control.move_to(*caret))
            self.plain.feed(frame.replace("\n", "\r\n"))
            self.plain_bytes += len(frame.encode())
            if isinstance(renderable, LayoutUpdate):
                size = (self.plain.columns, self.plain.lines)
                self.comparable = renderable.region.size == size
        super()._display(screen, renderable)
        if writes and self.comparable:
            self.frames += 1
            for y, (ours, plain) in enumerate(
                zip(self.ours.picture(), self.plain.picture(), strict=True)
            ):
                assert ours == plain, f"row {y}"
            assert self.ours.caret() == self.plain.caret()


KEYS = [
    *("tab", "shift+tab", "backspace", "left", "delete", "home", "end", "space", "enter"),
    *("down", "down", "up", "pagedown", "pageup", "张", "三", "丰", "a", "b"),
    *("f2", "escape", "f3", "f4", "ctrl+l"),
]


async def work(app: Compared, pilot: Pilot[None], keys: list[str]) -> None:
    """Press keys as fast as a keyboard buffer gives them: frames may join several."""
    assert app._driver is not None
    for key in keys:
        app._driver.send_message(events.Key(key, key if len(key) == 1 else None))
    await pilot.pause(0)


async def resized(app: Compared, size: tuple[int, int]) -> None:
    for screen in (app.plain, app.ours):
        screen.resize(size[1], size[0])
    app.comparable = False
    app._driver._size = size  # type: ignore[union-attr]
    app.post_message(events.Resize(Size(*size), Size(*size)))


@pytest.mark.parametrize(
    ("seed", "theme"), [(1, "ansi-dark"), (2, "ansi-light"), (3, "ansi-dark"), (4, "textual-dark")]
)
async def test_long_random_work_looks_the_same_with_and_without_the_layer(
    seed: int, theme: str
) -> None:
    dice = random.Random(seed)
    app = Compared()
    app.theme = theme
    async with app.run_test(headless=False, size=SIZE) as pilot:
        for turn in range(150):
            await work(app, pilot, dice.choices(KEYS, k=dice.randint(1, 5)))
            if turn % 15 == 14:
                await resized(app, dice.choice([(80, 24), (81, 25), (60, 12), (100, 30)]))
        await pilot.pause()
        assert "社会保障卡" in app.ours.text()
    assert app.frames > 50
    assert app.our_bytes < app.plain_bytes / 2


async def test_the_real_cursor_stands_at_the_caret_of_the_field() -> None:
    app = Compared()
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.press("张", "a")
        await pilot.pause()
        # Textual itself counts one cell more while the caret is behind the last letter.
        assert app.ours.caret() == app.query(Input).first().cursor_screen_offset
        assert app.ours.caret() == (4, 1)


async def test_a_repaint_draws_everything_again() -> None:
    app = Compared()
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.pause()
        before = app.ours.picture()
        app.ours.reset()
        await pilot.press("ctrl+l")
        await pilot.pause()
        assert app.last.startswith(CLEAR)
        assert app.ours.picture() == before


async def test_coming_back_to_a_terminal_of_the_same_size_draws_everything_again() -> None:
    app = Compared()
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.resize_terminal(*SIZE)
        await pilot.pause()
        assert app.last.startswith(CLEAR)


async def test_a_letter_costs_a_few_bytes_and_a_row_less_than_two_rows() -> None:
    app = Compared()
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.press("z")
        await pilot.pause()
        start = app.our_bytes
        await pilot.press("张")
        await pilot.pause()
        assert app.our_bytes - start <= 45  # G5
        app.query_one(PagedList).focus()
        await pilot.pause()
        start = app.our_bytes
        await pilot.press("down")
        await pilot.pause()
        assert app.our_bytes - start <= 200


async def test_big_frames_are_wrapped_where_the_terminal_can_and_small_ones_are_not() -> None:
    app = Compared()
    async with app.run_test(headless=False, size=SIZE) as pilot:
        app._sync_available = True
        written: list[str] = []
        app.written = written.append  # type: ignore[method-assign]
        app.ours = app.plain  # the comparison has no second screen here
        await pilot.press("a")
        await pilot.press("ctrl+l")
        await pilot.pause()
    assert [data for data in written if data.startswith("\x1b[?2026")] == [
        "\x1b[?2026h",
        "\x1b[?2026l",
    ]


@pytest.mark.parametrize(
    "expected",
    [
        (App, "_display", ("self", "screen", "update")),
        (App, "_no_such_method", ("self",)),
        (lean.LayoutUpdate, "__init__", ("self", "lines")),
    ],
)
async def test_a_textual_that_looks_different_writes_by_itself(
    monkeypatch: pytest.MonkeyPatch, expected: tuple[type, str, tuple[str, ...]]
) -> None:
    monkeypatch.setattr(lean, "_EXPECTED", (expected,))
    app = Compared()
    assert not app.lean
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.press("张", "tab", "tab", "down")
        await pilot.pause()
        assert "社会保障卡" in app.ours.text()
        assert "张" in app.ours.text()


async def test_without_a_terminal_nothing_is_written() -> None:
    app = SmallApp()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("tab", "tab", "down", "f2")
        await pilot.pause()
        assert app.lean
        assert app._terminal._shown is None
