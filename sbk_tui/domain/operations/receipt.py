"""回执管理 (2.3.1): what became of cards that a unit or village took for its people."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from msgspec.structs import replace

from sbk_tui.domain.card import Card, move
from sbk_tui.domain.operations.base import Operation
from sbk_tui.domain.operations.issue_unit import OF_UNIT, OF_VILLAGE
from sbk_tui.domain.operations.returned import taken_back
from sbk_tui.domain.rules import Rules
from sbk_tui.domain.world import CHINA, Entity, Occasion, World, holder_of, known_card
from sbk_tui.errors import Refusal

CLAUSE = "2.3.1"
MOST = 200
"""Cards an operation holds at most, as a list that arrives does."""
OWED = "owed"
"""What `receipt_state` says of a card for which nobody has said yet whether it arrived."""


class RecordReceipts(Operation, frozen=True, array_like=True, kw_only=True):
    """保存回执信息: cards of one unit or village were signed for, or came back for one reason."""

    kind: ClassVar[str] = "receipt.record"

    codes: tuple[str, ...]
    """The unit's or village's number as it was asked for, and today's code of an old one."""
    cards: tuple[str, ...]
    reason: str
    """回执原因, a code of the table `receipt_reason`."""
    on: date
    """回执日期: the day on which it was signed, or came back."""
    bearer: str = ""
    """送回人: who brought the receipts."""
    phone: str = ""

    def admit(self, world: World, occasion: Occasion, rules: Rules) -> None:
        if not 0 < len(self.cards) <= MOST:
            raise Refusal("receipt.size", clause=CLAUSE, most=MOST)
        if len(set(self.cards)) < len(self.cards):
            raise Refusal("receipt.twice", clause=CLAUSE)
        if not rules.knows("receipt_reason", self.reason):
            raise Refusal("receipt.reason", clause=CLAUSE)
        if self.on > occasion.today:
            raise Refusal("receipt.future", clause=CLAUSE)
        for number in self.cards:
            self._admit_card(known_card(world, number, CLAUSE), world)

    def _admit_card(self, card: Card, world: World) -> None:
        move(card.state, self.kind)
        if card.collected_at is None or card.receiver is None:
            raise Refusal("receipt.not_out", clause=CLAUSE, card=card.number)
        if card.receipt_reason:
            raise Refusal("receipt.recorded", clause=CLAUSE, card=card.number)
        if receipt_state(card) != OWED:
            raise Refusal("receipt.of_holder", clause=CLAUSE, card=card.number)
        issued = card.collected_at.astimezone(CHINA).date()
        if self.on < issued:
            at = issued.isoformat()
            raise Refusal("receipt.before", clause=CLAUSE, card=card.number, at=at)
        holder = holder_of(world, card)
        if holder.unit_code not in self.codes and holder.village_code not in self.codes:
            raise Refusal("unit.of_another", clause=CLAUSE, card=card.number)

    def effect(self, world: World, occasion: Occasion) -> tuple[Entity, ...]:
        found = (world.card(number) for number in dict.fromkeys(self.cards))
        return tuple(
            replace(taken_back(card, self.reason, occasion), receipt_on=self.on)
            for card in found
            if card
        )


def receipt_state(card: Card) -> str:
    """Return a code of `receipt_reason`, `OWED`, or empty when nobody has to say anything.

    A card is owed a receipt while somebody of its unit or village has it for its holder.
    """
    if card.receipt_reason:
        return card.receipt_reason
    by_others = card.receiver is not None and card.receiver.type in (OF_UNIT, OF_VILLAGE)
    return OWED if by_others and card.collected_at is not None else ""
