"""`LeanApp`: a Textual application that writes only the cells that changed.

The one place that leans on a private method of Textual (`App._display`, 8.2). When Textual no
longer looks as expected, it is left alone and writes as it always did.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from typing import Any, ClassVar

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, RenderableType
from textual import events, on
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ReturnType
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.strip import Strip

from sbk_tui.terminal.cells import Canvas, cells_of, pen_of
from sbk_tui.terminal.diff import Terminal

_EXPECTED: tuple[tuple[type, str, tuple[str, ...]], ...] = (  # Textual 8.2
    (App, "_display", ("self", "screen", "renderable")),
    (LayoutUpdate, "__init__", ("self", "strips", "region")),
    (ChopsUpdate, "__init__", ("self", "chops", "spans", "chop_ends")),
)
_ENTER = frozenset({"enter", "ctrl+j"})
_SYNC_FROM = 512  # characters: a smaller frame reaches the screen in one piece anyway


def textual_is_as_expected() -> bool:
    """Tell whether the private parts of Textual still have the shape this module reads."""
    return all(_arguments(owner, method) == names for owner, method, names in _EXPECTED)


def _arguments(owner: type, method: str) -> tuple[str, ...] | None:
    code = getattr(getattr(owner, method, None), "__code__", None)
    return None if code is None else code.co_varnames[: code.co_argcount]


class LeanApp(App[ReturnType]):
    """Base of our application: cell diff, 16 colours of the terminal, no command palette.

    Ctrl+L repaints. `lean` is False when frames are written as plain Textual writes them.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "repaint", show=False, system=True),
    ]

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        super().__init__(driver_class=driver_class)
        self.lean = textual_is_as_expected()
        self._terminal = Terminal()
        self._canvas = Canvas(0, 0)
        self._held: list[events.Event] | None = None
        self.theme = "ansi-dark"

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that keeps nothing of what was typed; elsewhere Textual's own."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        # Late: only there is a terminal to read from.
        from sbk_tui.terminal import keyboard

        return keyboard.WipingDriver if keyboard.textual_is_as_expected() else chosen

    def action_repaint(self) -> None:
        """Draw the whole screen anew, for a terminal that somebody else wrote on."""
        self._terminal.forget()
        self.refresh()

    # ------------------------------------------------------------------ keys typed ahead

    def hold_keys(self) -> None:
        """Let every key from now on wait: it is meant for a screen that is not there yet."""
        if self._held is None:
            self._held = []

    def drop_keys(self) -> None:
        """Forget the keys that wait: what they were meant for does not come."""
        self._held = None

    def let_keys_go(self) -> None:
        """Hand out the keys that wait, in their order and before those that come now.

        An Enter at their head was pressed once too often where one was: it is not handed out.
        """
        self.call_later(self._hand_out)  # in the application's own turn: no key comes in between

    async def _hand_out(self) -> None:
        keys, self._held = deque(self._held or ()), None
        while keys and isinstance(keys[0], events.Key) and keys[0].key in _ENTER:
            keys.popleft()
        while keys and self._held is None:  # one of them may be the one others wait behind
            await super().on_event(keys.popleft())
        if self._held is not None:
            self._held.extend(keys)

    async def on_event(self, event: events.Event) -> None:
        """Put a key aside while keys wait, then go on as ever."""
        # One that was forwarded has come up again from whoever did not want it.
        typed = isinstance(event, events.Key | events.Paste) and not event.is_forwarded
        if typed and self._held is not None:
            self._held.append(event)
            return
        await super().on_event(event)

    @on(events.Resize)
    def _distrust_terminal(self, event: events.Resize) -> None:
        """Draw everything after a resize, or after coming back from the shell (SIGCONT)."""
        self._terminal.forget()
        if event.size == (self._canvas.width, self._canvas.height):
            self.refresh()  # nothing else would make Textual draw

    def on_ready(self) -> None:
        """Take what the start has built out of every later garbage collection."""
        if not self.is_headless:
            gc.freeze()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._lean_driver()
        if driver is None:
            super()._display(screen, renderable)
        elif isinstance(renderable, LayoutUpdate | ChopsUpdate):
            try:
                self._lay(screen, renderable)
                self._write_frame(driver)
            finally:
                self.post_display_hook()
        else:
            if renderable is not None:
                self._terminal.forget()
            super()._display(screen, renderable)

    def _lean_driver(self) -> Driver | None:
        """Return the driver if this frame may go out as a difference."""
        if not self.lean or not self._running or self._closed or self._batch_count:
            return None
        driver = self._driver
        if driver is None or driver.is_headless or driver.is_inline:
            return None
        return driver

    def _lay(self, screen: Screen[Any], update: LayoutUpdate | ChopsUpdate) -> None:
        """Lay an update on the canvas; a partial one on a canvas of other size becomes whole."""
        width, height = screen._compositor.size
        if (self._canvas.width, self._canvas.height) != (width, height):
            self._canvas = Canvas(width, height)
            if isinstance(update, ChopsUpdate):
                update = screen._compositor.render_full_update()
        system = COLOR_SYSTEMS.get(self.console.color_system or "", ColorSystem.TRUECOLOR)
        pieces = _whole(update) if isinstance(update, LayoutUpdate) else _partial(update)
        for x, y, strip in pieces:
            for segment in strip:
                if not segment.control:
                    cells = cells_of(segment.text, pen_of(segment.style, system))
                    self._canvas.put(x, y, cells)
                    x += len(cells)

    def _write_frame(self, driver: Driver) -> None:
        caret = self.screen.outer_size.clamp_offset(self.cursor_position)
        data = self._terminal.show(self._canvas, (caret.x, caret.y))
        if not data:
            return
        if len(data) < _SYNC_FROM:
            driver.write(data)
        else:
            self._begin_update()
            driver.write(data)
            self._end_update()
        driver.flush()


def _whole(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield column, row and strip of everything on the screen."""
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield x, y, strip
            x += strip.cell_length


def _partial(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """Yield column, row and strip of what may have changed, as `render_segments` would."""
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > last or end <= first:
                continue
            whole = last > x >= first and end <= last
            yield x, y, strip if whole else strip.crop(0, min(end, last) - x)
