"""社保卡读写器 on PC/SC: the port `SocialCardReader`, one powering of the card for each call."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sbk_tui.errors import BadUsage, DeviceFault
from sbk_tui.hardware.chip.pcsc import Context, PcscCard
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.device_url import parse_device_url
from sbk_tui.hardware.ports import KeyService, SocialCard

LIMIT_S = 10.0
"""How long a card may take over one command [A]."""


class PcscSocialCardReader:
    """A reader of the card service; its URL is `pcsc://NAME`, `pcsc://` for the first one."""

    def __init__(
        self, url: str, variables: Mapping[str, str] | None = None, limit_s: float = LIMIT_S
    ) -> None:
        """Take the place of the reader; nothing is opened before it is asked.

        Raises:
            BadUsage: as `parse_device_url`; `device.unknown_scheme` for another kind of line.
        """
        place = parse_device_url(url, variables)
        if place.scheme != "pcsc":
            raise BadUsage("device.unknown_scheme", url=str(place), known="pcsc")
        self._reader = place.place
        self._limit_s = limit_s
        self._stuck: PcscCard | None = None

    def read(self, cancel: threading.Event, *, bank: bool = False) -> SocialCard:
        """Return what the chip says without any key; see the port."""
        with self._powered(cancel) as session:
            return session.read(bank=bank)

    def tries_left(self, cancel: threading.Event, card: SocialCard) -> int | None:
        """Return the tries left, spending none; see the port."""
        with self._confirmed(cancel, card) as session:
            return session.tries_left()

    def verify(self, cancel: threading.Event, card: SocialCard, pin: str) -> None:
        """Check a PIN once; see the port."""
        with self._confirmed(cancel, card) as session:
            session.verify(pin)

    def change_pin(self, cancel: threading.Event, card: SocialCard, old: str, new: str) -> None:
        """Change the PIN, sent once; see the port."""
        with self._confirmed(cancel, card) as session:
            session.change_pin(old, new)

    def unblock(self, cancel: threading.Event, card: SocialCard, service: KeyService) -> None:
        """Give the tries back, sent once; see the port."""
        with self._confirmed(cancel, card) as session:
            session.unblock(card, service)

    def reset_pin(
        self, cancel: threading.Event, card: SocialCard, new: str, service: KeyService
    ) -> None:
        """Set a new PIN, sent once; see the port."""
        with self._confirmed(cancel, card) as session:
            session.reset_pin(card, new, service)

    def identify(self) -> str:
        """Return the reader's name."""
        context = Context(self._reader)
        try:
            context.card_present()  # refuses a reader that was unplugged
            return context.reader
        finally:
            context.close()

    def await_card(self, cancel: threading.Event, *, present: bool = True) -> None:
        """Wait until a card is put in, or (`present=False`) taken out.

        Raises:
            DeviceAbsent: `chip.no_service`, `chip.no_reader`; Cancelled: `device.cancelled`.
        """
        context = Context(self._reader)
        try:
            context.await_presence(cancel, present=present)
        finally:
            context.close()

    @contextmanager
    def _powered(self, cancel: threading.Event) -> Iterator[ChipSession]:
        if self._stuck is not None and self._stuck.hangs:
            # A second connection would hang as the first one does, until the card is pulled.
            self._refuse_while_there()
        self._stuck = None
        self.await_card(cancel)
        card = PcscCard(self._reader, self._limit_s)
        try:
            with card:
                yield ChipSession(card)
        finally:
            if card.hangs:
                self._stuck = card

    @contextmanager
    def _confirmed(self, cancel: threading.Event, card: SocialCard) -> Iterator[ChipSession]:
        with self._powered(cancel) as session:
            session.confirm(card)
            yield session

    def _refuse_while_there(self) -> None:
        context = Context(self._reader)
        try:
            if context.card_present():
                raise DeviceFault("chip.silent")
        finally:
            context.close()
