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
from sbk_tui.hardware.chip.reader import ChipReader
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_line import CardBeside
from sbk_tui.hardware.chip.twin_pad import ReaderPadTwin
from sbk_tui.hardware.chip.twin_service import KeyServiceTwin

_SLICE_S = 0.1
_running: dict[str, SocialCardReaderTwin] = {}


class SocialCardReaderTwin(ChipReader):
    """A reader with a slot: `insert` and `pull`; it implements `SocialCardReader`."""

    def __init__(self, name: str, pad: ReaderPadTwin | None = None) -> None:
        """Take the name by which `sim://NAME` finds it, and a pad if it has one."""
        self.name = name
        self.pad = pad
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
        """Take the card out, also in the middle of an exchange."""
        with self._changed:
            self._card = None
            self._changed.notify_all()

    def await_card(self, cancel: threading.Event, *, present: bool = True) -> None:
        """Wait until a card comes or goes; see the port."""
        with self._changed:
            while not self._changed.wait_for(lambda: self._card_present() == present, _SLICE_S):
                if cancel.is_set():
                    raise Cancelled("device.cancelled", device="card_reader")

    def identify(self) -> str:
        """Return the twin's name."""
        return f"sim://{self.name}"

    def pad_on_reader(self) -> bool:
        """Return whether it has a pad."""
        return self.pad is not None

    def holds(self, card: VirtualCard) -> bool:
        """Return whether `card` is in the slot."""
        return self._card is card

    def _card_present(self) -> bool:
        return self._card is not None

    @contextmanager
    def _powered(self) -> Iterator[ChipSession]:
        card = self._card
        if card is None:
            raise CardRemoved("chip.card_removed")
        if len(card.atr) < 2:
            raise DeviceFault("chip.unpowered")
        line = _SlotLine(self, card)
        try:
            yield ChipSession(line)
        finally:
            card.power_off()
            if line.gone:
                self.pull()


class _SlotLine(CardBeside):
    """The line to the card in the slot, as long as a hand leaves it there."""

    def __init__(self, slot: SocialCardReaderTwin, card: VirtualCard) -> None:
        super().__init__(card, slot.pad)
        self._slot = slot
        self._in_slot = card

    def transmit(self, command: bytes | bytearray) -> bytes:
        """Send `command`, unless the card was pulled meanwhile."""
        if not self._slot.holds(self._in_slot):
            raise CardRemoved("chip.card_removed")
        return super().transmit(command)


def running(name: str) -> SocialCardReaderTwin:
    """Return the twin of that name in this process.

    Raises:
        DeviceAbsent: `chip.no_twin`.
    """
    if name not in _running:
        raise DeviceAbsent("chip.no_twin", name=name)
    return _running[name]
