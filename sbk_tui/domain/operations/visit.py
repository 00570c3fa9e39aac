"""走村发卡 (B10): somebody was not at home when the card was brought."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal


class NotAtHome(Operation, frozen=True, array_like=True, kw_only=True):
    """本人不在 (2.2.1, B10): noted with the day; the card stays in the counter's custody."""

    kind: ClassVar[str] = "visit.not_home"

    card: str

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        card = known_card(world, self.card, "2.2.1")
        move(card.state, self.kind)
        if card.collected_at is not None or card.custody != occasion.seat.counter:
            raise Refusal("unit.not_here", clause="2.2.1", card=card.number)
        if card.not_home_on == occasion.today:
            raise Refusal("visit.noted", clause="2.2.1")

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        card = world.card(self.card)
        return (replace(card, not_home_on=occasion.today),) if card else ()
