"""密码交接屏 (B11): where there is no PIN pad the holder types at this keyboard, seen by nobody.

The screen shows one question and a mask that never changes. A key goes straight into a queue that
the desk's thread empties; no widget, attribute or message ever holds the digits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from sbk_tui.domain.pin import BACK, ENTER, collect
from sbk_tui.errors import Cancelled, DeviceFault
from sbk_tui.services.pin_desk import Prompt
from sbk_tui.texts import word

LIMIT_S = 30.0  # B11
_SLICE_S = 0.1
_LEAVE = -1
_KEYS = {
    "enter": ENTER,
    "backspace": BACK,
    "escape": _LEAVE,
    "ctrl+b": _LEAVE,
    "full_stop": _LEAVE,
    **{digit: ord(digit) for digit in "0123456789"},
}


class SealedPad:
    """A `PinPad` made of this keyboard: `press` is called by the screen, `enter` by the desk."""

    def __init__(self, show: Callable[[Prompt, bool], None], limit_s: float = LIMIT_S) -> None:
        """Take what shows a prompt, and whether the count of digits was wrong before."""
        self._show = show
        self._limit_s = limit_s
        self._keys: SimpleQueue[int] = SimpleQueue()

    def press(self, key: int) -> None:
        """Take one key."""
        self._keys.put(key)

    def enter(self, cancel: threading.Event, prompt: Prompt) -> bytearray:
        """Return six digits; see the port. Keys pressed before the question are thrown away."""
        while not self._keys.empty():
            self._keys.get()
        self._show(prompt, False)
        return collect(self._typed(cancel), lambda: self._show(prompt, True))

    def _typed(self, cancel: threading.Event) -> Iterator[int]:
        last = monotonic()
        while True:
            if cancel.is_set():
                raise Cancelled("device.cancelled", device="pin_pad")
            try:
                key = self._keys.get(timeout=_SLICE_S)
            except Empty:
                if monotonic() - last > self._limit_s:
                    raise DeviceFault("pinpad.silent", seconds=round(self._limit_s)) from None
                continue
            if key == _LEAVE:
                raise DeviceFault("pinpad.cancelled")
            last = monotonic()
            yield key


class SealedScreen(Screen[None]):
    """Blank but for the question; it is taken away by whoever opened it."""

    BINDINGS: ClassVar[list[BindingType]] = []

    @dataclass
    class Prompted(Message):
        """The holder is asked for something."""

        prompt: Prompt
        wrong_count: bool

    def __init__(self, *, over_ssh: bool) -> None:
        super().__init__()
        self.pad = SealedPad(self._prompt)
        self._over_ssh = over_ssh
        self._over = False
        """Whether the work ended while another screen lay above."""

    def compose(self) -> ComposeResult:
        """Draw the question, the mask that says nothing, and the keys."""
        yield Static(word("sealed.wait"), id="sealed_question", markup=False)
        yield Static(word("sealed.mask"), id="sealed_mask", markup=False)
        yield Static(word("sealed.keys"), markup=False)
        yield Static("", id="sealed_note", markup=False)
        if self._over_ssh:
            yield Static(word("sealed.over_ssh"), id="sealed_risk", markup=False)

    def _prompt(self, prompt: Prompt, wrong_count: bool) -> None:
        self.post_message(self.Prompted(prompt, wrong_count))

    @on(Prompted)
    def _prompted(self, event: Prompted) -> None:
        question = word(f"sealed.{event.prompt.value}")
        self.query_one("#sealed_question", Static).update(Text(question, "bold"))
        note = word("sealed.wrong_count") if event.wrong_count else ""
        self.query_one("#sealed_note", Static).update(Text(note))

    def on_key(self, event: events.Key) -> None:
        """Hand a key on and forget it."""
        event.stop()
        event.prevent_default()
        if event.key in _KEYS:
            self.pad.press(_KEYS[event.key])

    def on_paste(self, event: events.Paste) -> None:
        """Take nothing that is pasted: a PIN comes from a head, not from a clipboard."""
        event.stop()
        event.prevent_default()

    def close(self) -> None:
        """Leave, at once or as soon as what lies above (the idle lock) is gone."""
        if self.is_current:
            self.dismiss(None)
        else:
            self._over = True

    def on_screen_resume(self) -> None:
        """Come back to light: leave if the work ended meanwhile.

        Once: it is also told of its first showing, which may come after the work has failed.
        """
        if self._over:
            self._over = False
            self.dismiss(None)
