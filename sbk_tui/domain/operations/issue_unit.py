"""单位发卡 (2.2.1): many finished cards go to one person of a unit, a community or a village."""

from __future__ import annotations

from typing import ClassVar

from sbk_tui.domain.card import Card, Receiver, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue import check_receiver, handed_over
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Entity, Occasion, World, holder_of, known_card
from sbk_tui.errors import Refusal

CLAUSE = "2.2.1"
MOST = 200
"""Cards an operation holds at most, as a list that arrives does."""
OF_UNIT, OF_VILLAGE = "3", "4"
"""领卡人类型 单位经办, 社区（村）经办: who may take cards for others (1.6)."""


class IssueToUnit(Operation, frozen=True, array_like=True, kw_only=True):
    """单位发卡 (2.2.1): cards of one unit or village, to one receiver, with one proof."""

    kind: ClassVar[str] = "issue.unit"

    codes: tuple[str, ...]
    """The unit's or village's number as it was asked for, and today's code of an old one."""
    cards: tuple[str, ...]
    receiver: Receiver
    proof: str = ""
    """Blob id of the scanned 证明材料; empty: 未配备高拍仪, which is recorded so."""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.cards) <= MOST:
            raise Refusal("unit.size", clause=CLAUSE, most=MOST)
        if len(set(self.cards)) < len(self.cards):
            raise Refusal("unit.twice", clause=CLAUSE)
        if self.receiver.type not in (OF_UNIT, OF_VILLAGE):
            raise Refusal("unit.receiver", clause=CLAUSE)
        check_receiver(self.receiver, CLAUSE)
        for number in self.cards:
            self._admit_card(known_card(world, number, CLAUSE), world, occasion)

    def _admit_card(self, card: Card, world: World, occasion: Occasion) -> None:
        if card.collected_at is not None:
            raise Refusal("unit.taken", clause=CLAUSE, card=card.number, **_by_whom(card))
        move(card.state, self.kind)
        if card.custody != occasion.seat.counter:
            raise Refusal("unit.not_here", clause=CLAUSE, card=card.number)
        holder = holder_of(world, card)
        if holder.unit_code not in self.codes and holder.village_code not in self.codes:
            raise Refusal("unit.of_another", clause=CLAUSE, card=card.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        found = (world.card(number) for number in dict.fromkeys(self.cards))
        return tuple(handed_over(card, self.receiver, occasion) for card in found if card)


def _by_whom(card: Card) -> dict[str, str]:
    """Return who handed a card out and when, at the counters' time."""
    at = card.collected_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if card.collected_at else ""
    return {"clerk": card.issuing.clerk if card.issuing else "", "at": at}
