"""回卡入库 (2.3.3): cards in a counter's custody are put into a place, many at once."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec.structs import replace

from sbk_tui.domain.card import Card, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.stock import Place
from sbk_tui.domain.world import Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

CLAUSE = "2.3.3"
MOST = 200
"""Cards an operation holds at most, as a list that arrives does."""


class Slot(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One card and where it goes."""

    card: str
    place: str


class StoreCards(Operation, frozen=True, array_like=True, kw_only=True):
    """回卡入库: several cards may share a place, or each has a position of its own."""

    kind: ClassVar[str] = "card.store"

    slots: tuple[Slot, ...]

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.slots) <= MOST:
            raise Refusal("store.size", clause=CLAUSE, most=MOST)
        if len({slot.card for slot in self.slots}) < len(self.slots):
            raise Refusal("store.twice", clause=CLAUSE)
        for slot in self.slots:
            if Place.parse(slot.place) != slot.place:
                raise Refusal("store.place", clause=CLAUSE, place=slot.place)
            card = known_card(world, slot.card, CLAUSE)
            move(card.state, self.kind)
            if not lies_at(card, occasion):
                raise Refusal("store.not_here", clause=CLAUSE, card=card.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        changed = []
        for slot in self.slots:
            card = world.card(slot.card)
            if card is not None:
                changed.append(replace(card, place=slot.place, stored_at=occasion.at))
        return tuple(changed)


def lies_at(card: Card, occasion: Occasion) -> bool:
    """Return whether the counter that acts has the card in its drawers."""
    return card.collected_at is None and card.custody == occasion.seat.counter
