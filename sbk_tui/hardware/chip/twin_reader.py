"""A simulated 社保卡读写器 in the program's own process, for drills where no pcscd runs.

The chip, the commands and every answer are the same as in the virtual reader; only the card
service between them is missing. Its URL is `sim://NAME` while the `with` block of NAME lasts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from sbk_tui.errors import Cancelled, CardRemoved, DeviceAbsent, DeviceFault
from sbk_tui.hardware.chip.session import ChipSession, KeyJob
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_line import CardBeside
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin
from sbk_tui.hardware.ports import KeyService, SocialCard

_SLICE_S = 0.1
_running: dict[str, SocialCardReaderTwin] = {}


class SocialCardReaderTwin:
    """A reader with a slot: `insert` and `pull`; it implements `SocialCardReader`."""

    def __init__(self, name: str) -> None:
        """Take the name by which `sim://NAME` finds it."""
        self.name = name
        self.keys = KeyServiceTwin()
        """The key service beside it, for the same cards; `sim://NAME` as `key_service`."""
        self._card: VirtualCard | None = None
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        _running[self.name] = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _running.pop(self.name, None)

    def insert(self, card: VirtualCard) -> None:
        """Put `card` in."""
        with self._changed:
            self._card = card
            self._changed.notify_all()

    def pull(self) -> None:
        """Take the card out."""
        with self._changed:
            self._card = None

    def read(self, cancel: threading.Event, *, bank: bool = False) -> SocialCard:
        """Wait for a card and read it; see the port."""
        with self._changed:
            while not self._changed.wait_for(lambda: self._card is not None, _SLICE_S):
                if cancel.is_set():
                    raise Cancelled("device.cancelled", device="card_reader")
        with self._powered() as session:
            return session.read(bank=bank)

    def tries_left(self, card: SocialCard) -> int | None:
        """Return the tries left, spending none; see the port."""
        with self._confirmed(card) as session:
            return session.tries_left()

    def verify(self, card: SocialCard, pin: bytearray) -> None:
        """Check a PIN once; see the port."""
        with self._confirmed(card) as session:
            session.verify(pin)

    def change_pin(self, card: SocialCard, old: bytearray, new: bytearray) -> None:
        """Change the PIN, sent once; see the port."""
        with self._confirmed(card) as session:
            session.change_pin(old, new)

    def unblock(
        self, cancel: threading.Event, card: SocialCard, service: KeyService, *, op: str
    ) -> None:
        """Give the tries back, sent once; see the port."""
        with self._confirmed(card) as session:
            session.unblock(KeyJob(op, card, service, cancel))

    def reset_pin(
        self,
        cancel: threading.Event,
        card: SocialCard,
        new: bytearray,
        service: KeyService,
        *,
        op: str,
    ) -> None:
        """Set a new PIN, sent once; see the port."""
        with self._confirmed(card) as session:
            session.reset_pin(new, KeyJob(op, card, service, cancel))

    def identify(self) -> str:
        """Return the twin's name."""
        return f"sim://{self.name}"

    @contextmanager
    def _powered(self) -> Iterator[ChipSession]:
        card = self._card
        if card is None:
            raise CardRemoved("chip.card_removed")
        if len(card.atr) < 2:
            raise DeviceFault("chip.unpowered")
        line = CardBeside(card)
        try:
            yield ChipSession(line)
        finally:
            card.power_off()
            if line.gone:
                self.pull()

    @contextmanager
    def _confirmed(self, card: SocialCard) -> Iterator[ChipSession]:
        with self._powered() as session:
            session.confirm(card)
            yield session


def running(name: str) -> SocialCardReaderTwin:
    """Return the twin of that name in this process.

    Raises:
        DeviceAbsent: `chip.no_twin`.
    """
    if name not in _running:
        raise DeviceAbsent("chip.no_twin", name=name)
    return _running[name]
