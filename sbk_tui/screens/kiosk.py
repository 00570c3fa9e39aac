"""综合自助服务: insert the card, type the PIN, look, go; nothing stays (A3).

Every key ends here: this screen has no bindings. What it shows of a visitor lies in its widgets
alone and is overwritten when the card goes, the time is up or the visitor ends.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from sbk_tui.domain.pin import wipe
from sbk_tui.errors import (
    Cancelled,
    CardRemoved,
    DeviceAbsent,
    Refusal,
    SbkError,
)
from sbk_tui.resources import ASSETS
from sbk_tui.screens.bars import MessageLine
from sbk_tui.screens.sealed import SealedScreen
from sbk_tui.screens.work import Background
from sbk_tui.services.kiosk_desk import AtReader, Done, Guest, KioskDesk, Reported, Visit
from sbk_tui.texts import explain, word

_RETRY_S = 5.0
"""How long a kiosk without its reader waits before it looks again."""
_FEWEST, _MOST = 4, 16
"""Digits of a PIN that the chip takes."""
_MASK = "＊ " * 6
_PLACES = {True: "kiosk.at_the_reader", False: "kiosk.at_the_pad"}
_ENDED_THERE = {
    "pinpad.silent": "kiosk.time_is_up",
    "pinpad.too_long": "kiosk.time_is_up",
    "pinpad.cancelled": "kiosk.take",
    "pin.length": "kiosk.take",
}
"""What the visitor did at a pad, and how the visit ends."""


class At(Enum):
    """Where the visit is."""

    WAIT = auto()
    """For a card."""
    LAST = auto()
    """One try is left: does the holder want to spend it?"""
    PIN = auto()
    HOME = auto()
    SURE = auto()
    """Of the temporary loss."""
    TAKE = auto()
    """The visit is over, the card is still there."""


class KioskScreen(Background, Screen[None]):
    """The one screen of a kiosk."""

    CSS_PATH = str(ASSETS / "styles" / "kiosk.tcss")
    BINDINGS: ClassVar[list[object]] = []  # type: ignore[assignment]

    @dataclass
    class Gone(Message):
        """No card is in the reader any more."""

        number: int

    def __init__(self, desk: KioskDesk) -> None:
        """Take the desk; the first card is waited for once the screen is there."""
        super().__init__()
        self._desk = desk
        self._at = At.WAIT
        self._guest: Guest | None = None
        self._visit: Visit | None = None
        self._pin = bytearray(_MOST)
        """What was typed so far: one place, overwritten; one that grew would be copied about."""
        self._typed = 0
        self._op = ""
        self._number = 0
        self._timer: Timer | None = None
        self._leave = threading.Event()
        self._sealed: SealedScreen | None = None

    def compose(self) -> ComposeResult:
        """Draw office, page, message and keys."""
        yield Static(word("kiosk.title", office=self._desk.office), id="office", markup=False)
        yield Static("", id="page", markup=False)
        yield MessageLine()
        yield Static("", id="keys", markup=False)

    def on_mount(self) -> None:
        """Wait for the first card."""
        self._wait()

    def on_unmount(self) -> None:
        """Let the waiting threads go."""
        self._leave.set()
        self.cancel.set()

    # ------------------------------------------------------------------ what is shown

    def _show(self, lines: Sequence[str], keys: str, *, message: str = "", tone: str = "") -> None:
        self.query_one("#page", Static).update(Text("\n".join(lines)))
        self.query_one("#keys", Static).update(Text(keys))
        self.query_one(MessageLine).say(message, tone)

    def _forget(self) -> None:
        """Blank everything that is about a visitor."""
        self._wipe()
        self._guest = self._visit = None
        self._op = ""
        self._show((), "")
        gc.collect()

    def _limit(self, seconds: float | None, then: Callable[[], None] | None = None) -> None:
        """Start the clock anew; None stops it."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = None if seconds is None else self.set_timer(seconds, then)

    # ------------------------------------------------------------------ a card comes and goes

    def _wait(self) -> None:
        self._forget()
        self._limit(None)
        self._at = At.WAIT
        self._number += 1
        self._show((word("kiosk.insert"), "", word("kiosk.offer")), "")
        self.in_background(lambda: self._desk.meet(self.cancel), self._met)

    def _met(self, guest: Guest) -> None:
        self._guest = guest
        self._watch(self._number)
        self._ask_pin(guest.tries)

    @work(thread=True, description="a thread", exit_on_error=False, group="presence")
    def _watch(self, number: int) -> None:
        # In a thread: touch nothing of the screen but post_message.
        try:
            self._desk.await_removal(self._leave)
        except Cancelled:
            return
        except SbkError as error:
            self.log(repr(error))  # the reader went, and the card with it
        self.post_message(self.Gone(number))

    @on(Gone)
    def _gone(self, event: Gone) -> None:
        event.stop()
        if event.number != self._number:
            return
        self.cancel.set()
        self._unseal()
        self._attempt += 1  # an answer that is still under way is about nobody
        self.busy = False
        self._wait()

    def _farewell(self, key: str, error: SbkError | None = None) -> None:
        """End the visit; the card is still in the reader."""
        self._forget()
        self._limit(None)
        self._at = At.TAKE
        said = explain(error).message if error else ""
        self._show((word(key),), "", message=said, tone="bad")

    def failed(self, error: SbkError) -> None:
        """An error ends the visit, but for a wrong PIN and a rule that says no."""
        self._unseal()
        if isinstance(error, Cancelled):
            return
        match self._at:
            case At.WAIT:
                self._not_met(error)
            case At.PIN if error.code == "chip.pin_wrong":
                self._again(error)
            case At.PIN if error.code in _ENDED_THERE:
                self._farewell(_ENDED_THERE[error.code])
            case At.SURE | At.HOME if _stays(error):
                self._home(explain(error).message, "bad")
            case _ if isinstance(error, CardRemoved):
                self._forget()  # the watch says when it is out
            case _:
                self._farewell("kiosk.take_and_ask", error)

    def _not_met(self, error: SbkError) -> None:
        if isinstance(error, DeviceAbsent):
            self._show((word("kiosk.out_of_order"),), "", message=explain(error).message)
            self._limit(_RETRY_S, self._wait)
            return
        self._watch(self._number)
        self._farewell("kiosk.take_and_ask", error)

    # ------------------------------------------------------------------ the PIN

    def _ask_pin(self, tries: int, message: str = "") -> None:
        """Ask for the PIN; the last try only after another key (B11)."""
        self._limit(self._desk.limits.pin_s, partial(self._farewell, "kiosk.time_is_up"))
        if self._guest is None:
            return
        self._guest = self._guest._replace(tries=tries)
        greeting = word("kiosk.greeting", name=self._guest.name)
        self._at = At.LAST if tries == 1 else At.PIN
        if self._at is At.LAST:
            self._show(
                (greeting, "", word("kiosk.last_try")), word("kiosk.keys_last"), message=message
            )
        else:
            self._begin_pin(message)

    def _begin_pin(self, message: str = "") -> None:
        pad, guest = self._desk.pad(), self._guest
        if pad is None or guest is None:
            self._show_pin(message)
            return
        # It has limits of its own, and goes dark when the card does.
        self._limit(None)
        lines = (
            word("kiosk.greeting", name=guest.name),
            "",
            word("kiosk.pin", tries=guest.tries),
            "",
            word(_PLACES[isinstance(pad, AtReader)]),
        )
        self._show(lines, word("kiosk.keys_at_pad"), message=message, tone="bad")
        self.in_background(lambda: self._desk.verify_at(self.cancel, guest, pad), self._verified)

    def _show_pin(self, message: str = "") -> None:
        # The mask is the same for any number of digits: who looks on learns nothing.
        if self._guest is None:
            return
        lines = (
            word("kiosk.greeting", name=self._guest.name),
            "",
            word("kiosk.pin", tries=self._guest.tries),
            "",
            f"    {_MASK if self._typed else word('kiosk.pin_empty')}",
        )
        self._show(lines, word("kiosk.keys_pin"), message=message, tone="bad")

    def _again(self, error: SbkError) -> None:
        left = error.facts.get("left", 0)
        self._ask_pin(int(left), word("kiosk.pin_wrong", left=left))

    def _pin_key(self, event: events.Key) -> None:
        if event.key == "backspace":
            self._wipe()
        elif event.key == "enter" and self._typed >= _FEWEST:
            self._verify()
            return
        elif event.character and event.character in "0123456789" and self._typed < _MOST:
            self._pin[self._typed] = ord(event.character)
            self._typed += 1
        elif event.key == "escape":
            self._farewell("kiosk.take")
            return
        else:
            return
        self._show_pin()

    def _verify(self) -> None:
        guest, pin = self._guest, self._pin[: self._typed]
        self._wipe()
        if guest is None:
            wipe(pin)
            return
        self._show((word("kiosk.checking"),), "")
        self.in_background(partial(self._desk.verify, guest, pin), self._verified)

    def _wipe(self) -> None:
        wipe(self._pin)
        self._typed = 0

    def _verified(self, visit: Visit) -> None:
        self._visit = visit
        self._home()

    # ------------------------------------------------------------------ what may be done

    def _home(self, message: str = "", tone: str = "") -> None:
        self._at = At.HOME
        self._awake()
        lines = [word(f"kiosk.choice_{key}") for key in ("1", "2", "3", "4", "5", "0")]
        self._show(lines, word("kiosk.keys_home"), message=message, tone=tone)

    def _awake(self) -> None:
        self._limit(self._desk.limits.idle_s, partial(self._farewell, "kiosk.time_is_up"))

    def _home_key(self, key: str) -> None:
        visit = self._visit
        pages = {"1": self._desk.own, "2": self._desk.progress, "3": self._desk.where}
        if visit is None:
            return
        if key in pages:
            self.in_background(partial(pages[key], visit), self._page)
        elif key == "4":
            self.in_background(partial(self._desk.losable, visit), self._ask_loss)
        elif key == "5":
            self._change_pin(visit)
        elif key in {"0", "escape"}:
            self._farewell("kiosk.take")

    def _change_pin(self, visit: Visit) -> None:
        """Ask at a pad, else on the sealed screen; each has limits of its own (B11)."""
        self._limit(None)
        pad = self._desk.pad()
        if pad is not None:
            self._show(
                (word("kiosk.change_there"), "", word(_PLACES[isinstance(pad, AtReader)])), ""
            )
            self.in_background(
                lambda: self._desk.change_pin(self.cancel, visit, pad), self._changed
            )
            return
        self._sealed = sealed = SealedScreen(over_ssh=False)
        self.app.push_screen(sealed)
        self.in_background(
            lambda: self._desk.change_pin(self.cancel, visit, sealed.pad), self._changed
        )

    def _changed(self, done: Done) -> None:
        self._unseal()
        self._home(word("kiosk.pin_changed", code=done.code), "ok")

    def _unseal(self) -> None:
        if self._sealed is not None:
            self._sealed.close()
            self._sealed = None

    def _page(self, lines: tuple[str, ...]) -> None:
        self._awake()
        self._show(lines, word("kiosk.keys_home"))

    def _ask_loss(self, card: str) -> None:
        self._at, self._op = At.SURE, self._desk.new_id()
        self._awake()
        self._show((word("kiosk.loss", card=card), "", word("kiosk.sure")), word("kiosk.keys_sure"))

    def _sure_key(self, key: str) -> None:
        visit, op = self._visit, self._op
        if visit is None:
            return
        if key == "9":
            self.in_background(partial(self._desk.report, visit, op=op), self._reported)
        elif key in {"0", "escape"}:
            self._home()

    def _reported(self, reported: Reported) -> None:
        self._home(word("kiosk.reported", until=reported.until, code=reported.done.code), "ok")

    # ------------------------------------------------------------------ keys

    async def _on_key(self, event: events.Key) -> None:
        """Take every key; none goes further up."""
        event.stop()
        event.prevent_default()
        if self.busy:
            return
        if self._at is At.PIN:
            self._pin_key(event)
            return
        key = event.character if event.character and event.character.isdigit() else event.key
        match self._at:
            case At.LAST if key == "1":
                self._at = At.PIN
                self._begin_pin()
            case At.LAST if key in {"0", "escape"}:
                self._farewell("kiosk.take")
            case At.HOME:
                self._awake()
                self._home_key(key)
            case At.SURE:
                self._awake()
                self._sure_key(key)

    def on_paste(self, event: events.Paste) -> None:
        """Take no pasted text: a PIN is typed (B11)."""
        event.stop()
        event.prevent_default()


def _stays(error: SbkError) -> bool:
    """Return whether the visit goes on: a rule or the visitor said no, the card is as it was."""
    by_visitor = error.code.startswith("pinpad.") or error.code == "chip.pin_wrong"
    return by_visitor or (isinstance(error, Refusal) and not error.code.startswith("chip."))
