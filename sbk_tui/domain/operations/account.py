"""金融账户激活 (第三条): a bank's own window, its own cards, the holder standing there."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.application import is_minor
from sbk_tui.domain.card import Card, move
from sbk_tui.domain.identity import SocialNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.people import Person
from sbk_tui.domain.pin import Presence
from sbk_tui.domain.rules import Rules, Settings
from sbk_tui.domain.world import Entity, Occasion, Seat, World, holder_of, known_card
from sbk_tui.errors import Refusal

_CLAUSE = "第三条"
ACTIVATED = "1"
_ENABLING = "11"
"""The notice of 领卡启用: what the bank could not do of it is done here."""
_NOT_NOW = {
    # 金融账户    refusal
    ACTIVATED: "activate.already",
    "2": "activate.lost_at_bank",
    "3": "activate.lost_at_bank",
    "9": "activate.closed",
}
"""States of the account in which it is not activated; 0 and U (unknown) are."""


def refuse_card(card: Card, seat: Seat) -> None:
    """Return when `card` is one whose account this window may activate.

    Raises:
        Refusal: `card.no_such_move`, `activate.no_bank`, `activate.other_bank`,
            `activate.already`, `activate.lost_at_bank`, `activate.closed`.
    """
    move(card.state, ActivateAccount.kind)
    if not seat.bank:
        raise Refusal("activate.no_bank", clause=_CLAUSE)
    if card.bank != seat.bank:
        raise Refusal("activate.other_bank", clause=_CLAUSE, card=card.number, bank=card.bank)
    code = _NOT_NOW.get(card.financial_account)
    if code is not None:
        raise Refusal(
            code, clause=_CLAUSE, card=card.number, financial_account=card.financial_account
        )


def needs_guardian(person: Person, today: date, settings: Settings) -> bool:
    """Return whether a guardian must act for the holder (domain rule 4.7, [1] W4)."""
    birth = person.birth
    if birth is None:
        try:
            birth = SocialNumber.parse(person.number).birth
        except Refusal:
            return False
    return birth is not None and is_minor(birth, today, settings)


class ActivateAccount(Operation, frozen=True, array_like=True, kw_only=True):
    """金融账户激活: the holder in person; for a minor the guardian with both papers."""

    kind: ClassVar[str] = "account.activate"

    card: str
    presence: str
    """谁到场, a code of the table `pin_presence`."""
    guardian_name: str = ""
    guardian_number: str = ""
    register_shown: bool = False
    """Whether the household register that ties guardian and minor together was seen."""
    chip_read: bool = False
    """Whether the card lay in the reader; False: its number was typed."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, _CLAUSE)
        refuse_card(card, occasion.seat)
        if not needs_guardian(holder_of(world, card), occasion.today, rules.settings):
            # At a bank window nobody acts for an adult: no proxy, no machine.
            if self.presence not in {Presence.HOLDER, Presence.SEEN}:
                raise Refusal("activate.in_person", clause=_CLAUSE)
            return
        if self.presence not in {Presence.GUARDIAN, Presence.SEEN} or not self.guardian_name:
            raise Refusal("activate.guardian", clause=_CLAUSE)
        SocialNumber.parse(self.guardian_number)
        if not self.register_shown:
            raise Refusal("activate.register", clause=_CLAUSE)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.card(self.card)
        if card is None:
            return ()
        todo = "" if card.bank_todo == _ENABLING else card.bank_todo
        return (
            replace(card, financial_account=ACTIVATED, financial_at=occasion.at, bank_todo=todo),
        )
