"""The application: sign-in, menu, idle lock; everything else is a screen of its own."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.timer import Timer

from sbk_tui.process import keep_memory_private
from sbk_tui.resources import ASSETS
from sbk_tui.screens.login import LoginScreen
from sbk_tui.services.desks import Desks
from sbk_tui.services.training import Tray
from sbk_tui.terminal.lean import LeanApp

_LOOK_S = 60
"""How often the clock of the idle lock is looked at: nothing ticks faster than a minute."""


_MENU_DEPTH = 2
"""Screens on the stack once the menu is open."""


class Stoppable(Protocol):
    """A process beside the screen."""

    def stop(self) -> None: ...


class Opened(Protocol):
    """A counter that is open for a clerk: what `wiring` builds."""

    @property
    def desks(self) -> Desks: ...

    def start_sender(self) -> Stoppable | None: ...

    def start_keeper(self) -> Stoppable | None: ...

    def close(self) -> None: ...


class SbkApp(LeanApp[None]):
    """The counter's full-screen program."""

    CSS_PATH = str(ASSETS / "styles" / "app.tcss")
    TITLE = "sbk"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 -- Textual's own

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+backslash", "tray", show=False, priority=True)
    ]

    def __init__(
        self,
        *,
        opened: Opened | None = None,
        sign_in: Callable[[str, str], Opened] | None = None,
        tray: Tray | None = None,
    ) -> None:
        """Show the menu of a counter that is open, or the door in front of one.

        Args:
            opened: a counter whose clerk is signed in (the training counter).
            sign_in: what opens the counter for a clerk and a password.
            tray: the simulated devices, when it is a training counter.
        """
        super().__init__()
        self._opened = opened
        self._sign_in = sign_in
        self.tray = tray
        self._last_key = time.monotonic()
        self._idle: Timer | None = None
        self._locked = False
        self._beside: list[Stoppable] = []

    def on_mount(self) -> None:
        """Begin with the menu or with the door."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self._hang_up, number)
        if self._opened is not None:
            self._show_menu(self._opened.desks)
        elif self._sign_in is not None:
            self.hold_keys()  # some are typed before the door is drawn
            self.push_screen(LoginScreen(self._open), self._show_menu)
            self.call_after_refresh(self.let_keys_go)

    def _open(self, clerk: str, password: str) -> Desks:
        assert self._sign_in is not None  # noqa: S101 -- the door is shown only with a key to it
        self._opened = self._sign_in(clerk, password)
        return self._opened.desks

    def _show_menu(self, desks: Desks | None) -> None:
        if desks is None:
            return
        from sbk_tui.screens.menu import MenuScreen

        self.push_screen(MenuScreen(desks))
        self.call_after_refresh(self.let_keys_go)
        self._idle = self.set_interval(_LOOK_S, self._look_at_clock)
        # After the menu was drawn: the first picture does not wait for another process.
        self.call_after_refresh(self._start_beside)

    def _start_beside(self) -> None:
        """Start what works beside the screen: who calls the city, who makes backups."""
        if self._opened is not None and not self.is_headless:
            started = (self._opened.start_sender(), self._opened.start_keeper())
            self._beside = [each for each in started if each is not None]

    def _hang_up(self, number: int) -> None:
        """The line dropped (SIGHUP) or somebody ends us politely: keep every draft, then leave."""
        from sbk_tui.screens.job import JobScreen

        for screen in self.screen_stack:
            if isinstance(screen, JobScreen):
                screen.keep_at_once()
        self.exit(return_code=128 + number)

    # ------------------------------------------------------------------ training

    def action_tray(self) -> None:
        """F9 in a training counter: change who stands there and what goes wrong."""
        if self.tray is None or self._locked or len(self.screen_stack) < _MENU_DEPTH:
            return
        from sbk_tui.screens.tray import TrayScreen

        if not isinstance(self.screen, TrayScreen):
            self.push_screen(TrayScreen(self.tray))

    # ------------------------------------------------------------------ idle lock

    async def on_event(self, event: events.Event) -> None:
        """Note when a key was pressed last, then go on as ever."""
        if isinstance(event, events.Key):
            self._last_key = time.monotonic()
        await super().on_event(event)

    def _look_at_clock(self) -> None:
        if self._opened is None:
            return
        door, idle_s = self._opened.desks.door, time.monotonic() - self._last_key
        if idle_s >= door.sign_out_after_s:
            self.exit()
        elif idle_s >= door.lock_after_s:
            self.lock()

    def lock(self) -> None:
        """Blank the screen until the same clerk types the password; drafts are kept as they are."""
        if self._opened is None or self._locked:
            return
        from sbk_tui.screens.ask import Locked

        self._locked = True
        desks = self._opened.desks
        self.push_screen(Locked(desks.seat.clerk_name, desks.door.check), self._unlocked)

    def _unlocked(self, open_again: bool | None) -> None:
        self._locked = False
        self._last_key = time.monotonic()
        if not open_again:
            self.exit()

    def close_counter(self) -> None:
        """End what works beside the screen and close the database, if it was opened."""
        for each in self._beside:
            each.stop()
        self._beside = []
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def run_from_command(home: Path) -> int:
    """Run the counter at `home` in this terminal: sign-in first. Returns the exit code."""
    from sbk_tui import wiring

    keep_memory_private()
    app = SbkApp(sign_in=lambda clerk, password: wiring.sign_in(home, clerk, password))
    try:
        app.run(mouse=False)
    finally:
        app.close_counter()
    return app.return_code or 0


def run(opened: Opened, *, tray: Tray | None = None) -> int:
    """Run a counter whose clerk is signed in (the training counter). Returns the exit code.

    Args:
        tray: the simulated devices of a training counter, for its screens.
    """
    keep_memory_private()
    app = SbkApp(opened=opened, tray=tray)
    try:
        app.run(mouse=False)
    finally:
        app.close_counter()
    return app.return_code or 0
