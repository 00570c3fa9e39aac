"""`sbk kiosk`: one full screen for the holder of the card in the reader, and no way out of it.

A clerk opens it once with the password. From then on this process holds a kiosk's desk alone:
no other desk is ever built, and its ledger refuses whatever a kiosk may not do.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from sbk_tui import sender, wiring
from sbk_tui.counter_chips import has_pad_on_reader, pin_pad_of, social_reader_of
from sbk_tui.data.access import AccessLog
from sbk_tui.data.drafts import Drafts
from sbk_tui.data.keyring import Keyring
from sbk_tui.data.line import is_enrolled
from sbk_tui.data.lookup import Lookup
from sbk_tui.data.store import Store
from sbk_tui.domain.capability import KIOSK, Capability
from sbk_tui.errors import DeviceAbsent, Refusal
from sbk_tui.hardware.ports import SocialCardReader
from sbk_tui.pinyin import initials
from sbk_tui.process import keep_memory_private
from sbk_tui.resources import ASSETS
from sbk_tui.screens.kiosk import KioskScreen
from sbk_tui.screens.login import LoginScreen
from sbk_tui.sender import Sender
from sbk_tui.services.chip_desk import ChipDesk
from sbk_tui.services.draft_desk import DraftDesk
from sbk_tui.services.kiosk_desk import KioskDesk, Limits
from sbk_tui.services.pin_desk import PinDesk
from sbk_tui.services.slips import Desk
from sbk_tui.terminal.lean import LeanApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Kiosk:
    """A counter that is open as a kiosk."""

    desk: KioskDesk
    store: Store
    start_sender: Callable[[], Sender | None]

    def close(self) -> None:
        """Close the database in this thread."""
        self.store.close()


def sign_in(home: Path, clerk: str, password: str) -> Kiosk:
    """Open the counter at `home` as a kiosk, in the name of `clerk`.

    Raises:
        DeviceAbsent: `kiosk.no_reader`; NotPermitted: no 综合自助服务 here; and as
            `wiring.sign_in`.
    """
    keyring = Keyring(home, wiring.now_ms)
    begun = wiring.opening(home, keyring.unlock(clerk, password), encrypted=keyring.encrypted)
    try:
        return build(home, begun, social_reader_of(begun.config))
    except BaseException:
        begun.opened.store.close()
        raise


def build(
    home: Path, begun: wiring.Opening, reader: Callable[[], SocialCardReader] | None
) -> Kiosk:
    """Build a kiosk on an open counter.

    Raises:
        DeviceAbsent: `kiosk.no_reader`; Refusal: `kiosk.pin_forbidden`.
        NotPermitted: the counter's level or its configuration does not have 综合自助服务.
    """
    if reader is None:
        raise DeviceAbsent("kiosk.no_reader", clause="A3")
    begun.seat.authority.require(Capability.SELF_SERVICE)
    pad, on_reader = pin_pad_of(begun.config), has_pad_on_reader(begun.config)
    if pad is None and not on_reader and not begun.rules.settings.pin_on_screen:
        raise Refusal("kiosk.pin_forbidden", clause="B11")
    seat = replace(begun.seat, authority=begun.seat.authority.narrowed_to(KIOSK))
    store, held = begun.opened.store, begun.opened.certificate
    ledger = wiring.ledger_of(begun.opened, seat, begun.session, begun.rules, wiring.now_ms)
    lookup, device = Lookup(store, initials), reader()
    pins = PinDesk(
        chips=ChipDesk(lambda: device, lookup),
        keys=None,
        pad=pad,
        pad_on_reader=on_reader,
        ledger=ledger,
        lookup=lookup,
        # Not the clerk's own drafts: what is cut off here is settled here.
        drafts=DraftDesk(Drafts(store), f"kiosk {begun.session.clerk}", wiring.now_ms),
        rules=begun.rules,
        desk=Desk(held.office, held.counter, begun.session.name),
        has_id_reader=False,
        over_ssh=False,
        today=ledger.today,
        new_id=wiring.new_id,
        owes_paper=False,
    )
    desk = KioskDesk(
        ledger,
        lookup,
        AccessLog(store, begun.session.clerk),
        reader=lambda: device,
        pins=pins,
        rules=begun.rules,
        office=held.office,
        counter=held.counter,
        level=held.level,
        district=held.district,
        limits=Limits(begun.config.kiosk.pin_seconds, begun.config.kiosk.idle_seconds),
        now_ms=wiring.now_ms,
        new_id=wiring.new_id,
    )
    return Kiosk(desk=desk, store=store, start_sender=partial(_send, home, begun.key, store))


def _send(home: Path, key: bytes | None, store: Store) -> Sender | None:
    return sender.start(home, key) if is_enrolled(store) else None


class KioskApp(LeanApp[None]):
    """The kiosk's program: a door for the clerk once, then one screen for ever."""

    CSS_PATH = str(ASSETS / "styles" / "app.tcss")
    TITLE = "sbk"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 -- Textual's own

    def __init__(
        self,
        *,
        opened: Kiosk | None = None,
        sign_in: Callable[[str, str], Kiosk] | None = None,
    ) -> None:
        """Show the kiosk that is open, or the door in front of one."""
        super().__init__()
        self._opened = opened
        self._sign_in = sign_in
        self._sender: Sender | None = None

    def on_mount(self) -> None:
        """Begin with the kiosk or with the door."""
        if not self.is_headless:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self._hang_up, number)
        if self._opened is not None:
            self._show(self._opened)
        elif self._sign_in is not None:
            self.hold_keys()  # some are typed before the door is drawn
            self.push_screen(LoginScreen(self._sign_in), self._show)
            self.call_after_refresh(self.let_keys_go)

    def _show(self, kiosk: Kiosk | None) -> None:
        if kiosk is None:
            return
        self._opened, self._sign_in = kiosk, None
        self.drop_keys()  # whoever comes first has typed none of them
        self.push_screen(KioskScreen(kiosk.desk))
        if not self.is_headless:
            self._sender = kiosk.start_sender()

    def _hang_up(self, number: int) -> None:
        self.exit(return_code=128 + number)

    # No key ends a kiosk: its line is closed, or its service is stopped (SIGTERM).

    async def action_quit(self) -> None:
        """Do nothing once the kiosk is open."""
        if self._opened is None:
            await super().action_quit()

    def action_help_quit(self) -> None:
        """Do nothing: nobody is told how to leave."""

    def action_suspend_process(self) -> None:
        """Do nothing: a shell would lie behind."""

    def close_counter(self) -> None:
        """End the sender and close the database, if it was opened."""
        if self._sender is not None:
            self._sender.stop()
            self._sender = None
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def run_from_command(home: Path) -> int:
    """Run the kiosk at `home` in this terminal: sign-in first. Returns the exit code."""
    keep_memory_private()
    app = KioskApp(sign_in=partial(sign_in, home))
    try:
        app.run(mouse=False)
    finally:
        app.close_counter()
    return app.return_code or 0
