"""The card in the reader: read it, find whose it is, and stop when it is not the one chosen."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sbk_tui.data.lookup import Dossier, Lookup
from sbk_tui.domain.card import Card
from sbk_tui.domain.temp_card import TempCard, held
from sbk_tui.errors import DeviceAbsent, Refusal
from sbk_tui.hardware.ports import SocialCard, SocialCardReader

__all__ = ["ChipDesk", "SocialCard"]


class ChipDesk:
    """The social-card reader of one counter; opened for each call, it may be unplugged between."""

    def __init__(self, reader: Callable[[], SocialCardReader] | None, lookup: Lookup) -> None:
        """Take what makes a driver, or None when no reader is configured."""
        self._reader = reader
        self._lookup = lookup

    @property
    def present(self) -> bool:
        """Whether a reader is configured."""
        return self._reader is not None

    def driver(self) -> SocialCardReader:
        """Return the reader.

        Raises:
            DeviceAbsent: `chip.none_configured`.
        """
        if self._reader is None:
            raise DeviceAbsent("chip.none_configured")
        return self._reader()

    def read(self, cancel: threading.Event) -> SocialCard:
        """Wait for a card and return what it says without a key.

        Raises:
            DeviceFault: as `driver` and the port say.
            Refusal: `chip.no_number`, a blank card.
        """
        chip = self.driver().read(cancel)
        if not chip.number:
            raise Refusal("chip.no_number")
        return chip

    def read_temp_card(self, cancel: threading.Event) -> TempCard:
        """Wait for a temporary card and return what is known here of it.

        A chip is known by its 卡识别码 once a counter with a reader has written it; before that by
        the number it bears, or by the holder it names.

        Raises:
            Refusal: `temp.social_card`, `temp.chip_unknown`; DeviceFault, Cancelled: as the port.
        """
        chip = self.driver().read(cancel)
        if chip.number and self._lookup.card(chip.number) is not None:
            raise Refusal("temp.social_card")
        number = chip.holder.number if chip.holder else ""
        seen = self._lookup.dossier(number) if number else None
        for card in (
            self._lookup.temp_card_with(chip.identification),
            self._lookup.temp_card(chip.number) if chip.number else None,
            held(seen.temp_cards) if seen else None,
        ):
            if card is not None and card.chip in {"", chip.identification}:
                return card
        raise Refusal("temp.chip_unknown")

    def holder_of(self, chip: SocialCard) -> Dossier:
        """Return what is known here of the holder of `chip`, found by its number.

        Raises:
            Refusal: `card.unknown`; `chip.other_holder`, the chip names somebody else.
        """
        seen = self._lookup.dossier(chip.number)
        card = next((c for c in seen.cards if c.number == chip.number), None) if seen else None
        if seen is None or card is None:
            raise Refusal("card.unknown", card=chip.number)
        refuse_another(seen, card, chip)
        return seen


def refuse_another(seen: Dossier, card: Card, chip: SocialCard) -> None:
    """Stop when the card in the reader is not the card chosen on the screen, always.

    Raises:
        Refusal: `chip.not_chosen`, `chip.other_holder`.
    """
    if chip.number != card.number:
        raise Refusal("chip.not_chosen", inserted=chip.number or "-", chosen=card.number)
    if not is_holder(seen, chip):
        raise Refusal("chip.other_holder")


def is_holder(seen: Dossier, chip: SocialCard) -> bool:
    """Return whether `chip` names this person, by a number of now or before, or names nobody.

    A third generation card does not say who holds it (None); a blank one says nothing.
    """
    numbers = {seen.person.number, *(former.number for former in seen.formers)}
    return chip.holder is None or not chip.holder.number or chip.holder.number in numbers
