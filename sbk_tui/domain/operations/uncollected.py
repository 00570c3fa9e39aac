"""滞留 (2.3.3): cards that nobody fetches are marked; the third mark makes a 滞留卡 ([1] K3)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import Card, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.stock import GOOD, MARKS
from sbk_tui.domain.world import CHINA, Entity, Occasion, World, known_card
from sbk_tui.errors import Refusal

CLAUSE = "2.3.3"
MOST = 200
"""Cards an operation holds at most, as a list that arrives does."""


class MarkUncollected(Operation, frozen=True, array_like=True, kw_only=True):
    """滞留标记: cards lie here and nobody came; a card is marked at most once a day [A]."""

    kind: ClassVar[str] = "card.mark_uncollected"

    cards: tuple[str, ...]

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.cards) <= MOST:
            raise Refusal("store.size", clause=CLAUSE, most=MOST)
        if len(set(self.cards)) < len(self.cards):
            raise Refusal("store.twice", clause=CLAUSE)
        for number in self.cards:
            card = known_card(world, number, CLAUSE)
            markable(card, counter=occasion.seat.counter, today=occasion.today)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        day = occasion.at.astimezone(CHINA).date()
        found = (world.card(number) for number in dict.fromkeys(self.cards))
        return tuple(
            replace(card, uncollected=(*card.uncollected, day)[:MARKS]) for card in found if card
        )


def markable(card: Card, *, counter: str, today: date) -> None:
    """Return when `counter` may note today that nobody fetched `card`.

    Raises:
        Refusal: `uncollected.issued`, `uncollected.faulty`, `uncollected.already`,
            `uncollected.today`, `store.not_here`, or the card's state does not allow it.
    """
    move(card.state, MarkUncollected.kind)
    if card.collected_at is not None:
        raise Refusal("uncollected.issued", clause=CLAUSE, card=card.number)
    if card.custody != counter:
        raise Refusal("store.not_here", clause=CLAUSE, card=card.number)
    if card.check_result not in ("", GOOD):
        raise Refusal("uncollected.faulty", clause=CLAUSE, card=card.number)
    if len(card.uncollected) >= MARKS:
        raise Refusal("uncollected.already", clause=CLAUSE, card=card.number)
    if today in card.uncollected:
        raise Refusal("uncollected.today", clause=CLAUSE, card=card.number)
