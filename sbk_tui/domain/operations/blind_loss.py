"""无记录挂失 (A5, 3.1, 3.2): a loss of a card that this counter knows nothing of.

The counter takes down what the caller says and changes nothing; the city finds the card.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import USABLE, Card, CardState
from sbk_tui.domain.identity import CardNumber, SocialNumber
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.text import PersonName
from sbk_tui.domain.world import Entity, Occasion, World
from sbk_tui.errors import Refusal


class BlindLoss(Operation, frozen=True, array_like=True, kw_only=True):
    """无记录挂失: by 社会保障号码, by card number, or both."""

    kind: ClassVar[str] = "loss.blind"

    number: str = ""
    """社会保障号码; empty when only the card's number is known."""
    card: str = ""
    name: str
    """The holder's, as the caller says it."""
    caller_name: str
    caller_phone: str
    until: date | None = None
    """The day a temporary loss ends; None: a formal one, the holder's ID was shown."""
    id_shown: bool = False

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        clause = "3.1" if self.until else "3.2"
        if not self.number and not self.card:
            raise Refusal("loss.nothing_known", clause=clause, field="loss_of")
        if self.number:
            SocialNumber.parse(self.number)
        if self.card:
            CardNumber.parse(self.card)
        PersonName.parse(self.name)
        if not self.caller_name or not self.caller_phone:
            raise Refusal("loss.caller_missing", clause=clause)
        if self.until is None and not self.id_shown:
            raise Refusal("loss.id_not_shown", clause="3.2")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        return tuple(
            replace(
                card,
                state=CardState.TEMP_LOST if self.until else CardState.FORMAL_LOST,
                lost_at=occasion.at,
                lost_until=self.until,
                social_account="2",
            )
            for card in self.cards(world)
            if self._worsens(card)
        )

    def cards(self, world: World) -> tuple[Card, ...]:
        """Return the cards meant: the one named, else every card of the person named."""
        named = world.card(self.card) if self.card else None
        if named is not None:
            return (named,)
        person = world.person_by_number(self.number) if self.number else None
        return world.cards_of(person.id) if person is not None else ()

    def _worsens(self, card: Card) -> bool:
        """Return whether the report takes something away; a card never enabled is not lost."""
        if self.until is not None:
            return card.state in USABLE
        return card.state in USABLE | {CardState.TEMP_LOST}
