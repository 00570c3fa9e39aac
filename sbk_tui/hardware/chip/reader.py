"""What every reader of chips does, whatever its line: the port, one powering for each call."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sbk_tui.hardware.chip import writing
from sbk_tui.hardware.chip.session import ChipSession
from sbk_tui.hardware.ports import KeyService, SocialCard, WriteJournal, WriteOrder


class ChipReader(ABC):
    """The calls of `SocialCardReader` on a card that `_powered` lends."""

    @abstractmethod
    def _powered(self, cancel: threading.Event) -> AbstractContextManager[ChipSession]:
        """Wait for a card, lend a talk with it, and power it down."""

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

    def write(
        self,
        cancel: threading.Event,
        card: SocialCard,
        order: WriteOrder,
        service: KeyService,
        journal: WriteJournal,
    ) -> tuple[str, ...]:
        """Write what differs, item by item; see the port."""
        with self._confirmed(cancel, card) as session:
            return writing.write(session, card, order, service, journal)

    @contextmanager
    def _confirmed(self, cancel: threading.Event, card: SocialCard) -> Iterator[ChipSession]:
        with self._powered(cancel) as session:
            session.confirm(card)
            yield session
