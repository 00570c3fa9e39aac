"""The social-security cards of the training counter's visitors, and the reader they go into."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Protocol

from sbk_tui.data.lookup import Dossier, card_that_matters
from sbk_tui.hardware.chip.twin_card import VirtualCard
from sbk_tui.hardware.chip.twin_profiles import PERSON, social_card

READER = "training"
"""The reader's and the key service's name: `sim://training` in the configuration."""
FAULTS = (
    "tear_pin_after", "tear_pin_before", "pulled", "mute", "app_locked", "card_locked", "puk_dead",
)  # fmt: skip
"""What can go wrong at the chip; their words are `demo_chip_fault.<name>`."""
_VERSIONS = ("1.00", "2.00", "3.00")
_IDENTITY = 8
"""Bytes at the end of the 卡识别码 that tell two cards apart."""


def card_in_hand(seen: Dossier | None, place: int) -> VirtualCard | None:
    """Return the chip that a visitor brings; None: no card was ever made.

    Its PIN is 123456, as a batch card's is; `place` makes its identity its own.
    """
    card = card_that_matters(seen.cards) if seen else None
    if seen is None or card is None:
        return None
    person = seen.person
    held = {
        "social_number": person.number,
        "name": person.name,
        "sex": person.sex,
        "nation": person.nation,
        "birth": f"{person.birth:%Y%m%d}" if person.birth else "",
    }
    version = card.version if card.version in _VERSIONS else "2.00"
    profile = social_card(
        version=version,
        number=card.number,
        person=PERSON | {name: value for name, value in held.items() if value},
    )
    tag, identification = profile.ef05[0]
    own = identification[:-_IDENTITY] + place.to_bytes(_IDENTITY, "big")
    profile.ef05[0] = (tag, own)
    return VirtualCard(profile, secrets.token_bytes)


class Slot(Protocol):
    """Where a card goes in: the twin's reader, or the virtual one of a real card service."""

    def insert(self, card: VirtualCard) -> None:
        """Put `card` in."""

    def pull(self) -> None:
        """Take out what is there."""


class ChipTray:
    """The slot, and the cards that visitors have in their hands, by their places."""

    faults: tuple[str, ...] = FAULTS

    def __init__(self, reader: Slot, cards: Sequence[VirtualCard | None]) -> None:
        self._reader = reader
        self._cards = tuple(cards)
        self._inserted: int | None = None

    def has_card(self, place: int) -> bool:
        """Return whether that visitor brings a card."""
        return self._cards[place] is not None

    def insert(self, place: int) -> None:
        """Put the visitor's card into the reader; one without a card leaves the slot empty."""
        self.pull()
        card = self._cards[place]
        if card is not None:
            self._reader.insert(card)
            self._inserted = place

    def pull(self) -> None:
        """Take out what is in the slot."""
        self._reader.pull()
        self._inserted = None

    def block(self) -> None:
        """Let the PIN of the card in the slot be locked by wrong tries."""
        if self._inserted is not None and (card := self._cards[self._inserted]) is not None:
            card.tries = 0

    def fault(self, name: str) -> None:
        """Let the next command that it concerns go wrong, of the card in the slot.

        Raises:
            BadUsage: `chip.unknown_fault`.
        """
        if self._inserted is not None and (card := self._cards[self._inserted]) is not None:
            card.fault(name)
