"""What every reader of chips does, whatever its line: the port, one powering for each call."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sbk_tui.errors import CardRemoved
from sbk_tui.hardware.chip import writing
from sbk_tui.hardware.chip.session import ChipSession, KeyJob
from sbk_tui.hardware.ports import KeyService, SocialCard, WriteJournal, WriteOrder


class ChipReader(ABC):
    """The calls of `SocialCardReader` on the card that `_powered` lends."""

    @abstractmethod
    def await_card(self, cancel: threading.Event, *, present: bool = True) -> None:
        """Wait until a card comes or goes; see the port."""

    @abstractmethod
    def _card_present(self) -> bool:
        """Look whether a card is there."""

    @abstractmethod
    def _powered(self) -> AbstractContextManager[ChipSession]:
        """Lend a talk with the card that is there, and power it down."""

    def _refuse_if_stuck(self) -> None:  # noqa: B027 -- most readers cannot be stuck
        """Refuse while an earlier call still hangs at a card that does not answer."""

    def read(self, cancel: threading.Event, *, bank: bool = False) -> SocialCard:
        """Return what the chip says without any key; see the port."""
        self._refuse_if_stuck()
        self.await_card(cancel)
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

    def verify_at_pad(self, card: SocialCard) -> None:
        """Check the PIN typed at the reader; see the port."""
        with self._confirmed(card) as session:
            session.verify_at_pad()

    def change_pin_at_pad(self, card: SocialCard) -> None:
        """Change the PIN at the reader; see the port."""
        with self._confirmed(card) as session:
            session.change_pin_at_pad()

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

    def write(
        self,
        cancel: threading.Event,
        card: SocialCard,
        order: WriteOrder,
        service: KeyService,
        journal: WriteJournal,
        *,
        op: str,
    ) -> tuple[str, ...]:
        """Write what differs, item by item; see the port."""
        with self._confirmed(card) as session:
            return writing.write(session, KeyJob(op, card, service, cancel), order, journal)

    @contextmanager
    def _confirmed(self, card: SocialCard) -> Iterator[ChipSession]:
        self._refuse_if_stuck()
        # No waiting: work must not begin by itself when a card appears.
        if not self._card_present():
            raise CardRemoved("chip.card_removed")
        with self._powered() as session:
            session.confirm(card)
            yield session
