"""A reader and its slot in the same process: the driver's calls against a virtual card, no PC/SC.

For tests of whoever works with a reader, and for a training counter without a card service.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sbk_tui.errors import Cancelled, CardRemoved, DeviceFault
from sbk_tui.hardware.chip.reader import ChipReader
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.chip.twin_card import VirtualCard

_LOOK_S = 0.05


class SocialCardReaderTwin(ChipReader):
    """A reader with a slot: `insert` and `pull` are what a hand does."""

    def __init__(self) -> None:
        """Begin with an empty slot."""
        self._changed = threading.Condition()
        self._card: VirtualCard | None = None

    def insert(self, card: VirtualCard) -> None:
        """Put `card` in; it has no power yet."""
        with self._changed:
            card.power_off()
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
            while not cancel.is_set():
                if (self._card is not None) == present:
                    return
                self._changed.wait(_LOOK_S)
        raise Cancelled("device.cancelled", device="card_reader")

    def identify(self) -> str:
        """Return a name that nobody takes for a real device."""
        return "sim"

    def holds(self, card: VirtualCard) -> bool:
        """Return whether `card` is in the slot."""
        return self._card is card

    @contextmanager
    def _powered(self, cancel: threading.Event) -> Iterator[ChipSession]:
        self.await_card(cancel)
        card = self._card
        if card is None:
            raise CardRemoved("chip.card_removed")
        card.power_off()
        try:
            yield ChipSession(_SlotLine(self, card))
        finally:
            card.power_off()


class _SlotLine:
    """A `CardLine` to the card in the slot, as long as it is there."""

    def __init__(self, slot: SocialCardReaderTwin, card: VirtualCard) -> None:
        self._slot = slot
        self._card = card

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._card.atr

    def transmit(self, command: bytes) -> bytes:
        """Send `command`; a mute card is told at once instead of after the time limit."""
        if not self._slot.holds(self._card):
            raise CardRemoved("chip.card_removed")
        wire = self._card.exchange(command)
        if wire.hang_up:
            self._slot.pull()
            raise CardRemoved("chip.card_removed")
        if wire.data is None:
            raise DeviceFault("chip.silent")
        return wire.data
